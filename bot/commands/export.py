"""``huiyin export figures`` and ``huiyin freeze figures``: the supervisors' monthly report as a workbook."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.reports.bulletin import bulletin
from bot.reports.month import Report, gather_report
from bot.reports.workbook import write_workbook
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid
from bot.wording import LABELS
from routing.departments import UnitLevel
from routing.duty.roster_store import MongoRosterStore
from routing.figures.counting import Period
from routing.figures.queries import FigureReads
from routing.figures.scores import (
    PeerGroup,
    ScoreProfile,
    ScoreProfileInvalid,
    load_peers,
    load_score_profile,
    peers_by_level,
    score_profile_names,
)
from routing.figures.snapshots import MonthNotOver, Snapshots, month_before
from routing.mongo_store import AWARE, Document
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import ReferenceTables, demo_reference
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role


def register(exports: typer.Typer, freezes: typer.Typer) -> None:
    """Add the commands to the groups ``huiyin export`` and ``huiyin freeze``."""
    exports.command("figures", help="导出考核指标工作簿（不含任何市民信息）。")(export_figures)
    freezes.command("figures", help="封存一个已结束的月份：封存后不再改变。")(freeze_figures)


def export_figures(
    first: Annotated[str, typer.Option("--from", help="第一天，如 2026-10-01。")],
    last: Annotated[str, typer.Option("--to", help="最后一天，包括当天。")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个 .xlsx 文件。")],
    profile: Annotated[str, typer.Option(help=f"计分方案：{'、'.join(score_profile_names())}。")] = "county",
    peers: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="可比分组（TOML）；默认按层级。")
    ] = None,
    by: Annotated[str, typer.Option(help="导出人，写在每一页上。")] = "命令行",
    as_json: Annotated[bool, typer.Option("--json", help="另外输出一行 JSON：合计指标。")] = False,
) -> None:
    """Exit 0 with the workbook written, 2 when nothing could be done."""
    period = _period(first, last)
    if out.suffix.lower() != ".xlsx" or not out.parent.is_dir():
        raise typer.BadParameter("请给出已有文件夹里的 .xlsx 文件名", param_hint="--out")
    try:
        scoring = load_score_profile(profile, extra=_data_dir())
        groups = load_peers(peers) if peers else None
    except (ScoreProfileInvalid, KeyError, ValueError) as wrong:
        raise typer.BadParameter(str(wrong)) from None
    report, reference = asyncio.run(_report(period, scoring, groups, by=by))
    write_workbook(report, out, units=reference.units)
    if as_json:
        typer.echo(json.dumps(_as_json(report), ensure_ascii=False))
    else:
        typer.echo(bulletin(report, units=reference.units))
        typer.echo(f"已写入 {out}：{len(report.groups)} 个单位，明细 {len(report.lines)} 行。")


def freeze_figures(
    month: Annotated[str, typer.Option(help="哪个月，如 2026-10；默认上个月。")] = "",
    by: Annotated[str, typer.Option(help="封存人。")] = "命令行",
) -> None:
    """Exit 0 when the month is frozen (now or before), 2 when it cannot be."""
    try:
        taken_at = asyncio.run(_frozen(month or month_before(utc_now()), by=by))
    except MonthNotOver:
        raise typer.BadParameter("这个月还没有结束", param_hint="--month") from None
    except ValueError:
        raise typer.BadParameter("应如 2026-10", param_hint="--month") from None
    typer.echo(f"封存于 {taken_at.astimezone(CHINA):%Y-%m-%d %H:%M}，此后不再改变。")


def _data_dir() -> Path | None:
    """Where a place keeps score profiles of its own; what is wrong with the settings is told when they are needed."""
    try:
        return Settings.from_environment().data_dir
    except SettingsInvalid:
        return None


def _period(first: str, last: str) -> Period:
    days = []
    for option, text in (("--from", first), ("--to", last)):
        try:
            days.append(date.fromisoformat(text.strip()))
        except ValueError:
            raise typer.BadParameter(f"不认识日期“{text}”，应如 2026-10-01", param_hint=option) from None
    if days[1] < days[0]:
        raise typer.BadParameter("最后一天早于第一天", param_hint="--to")
    since, until = (
        datetime.combine(day, time(), tzinfo=CHINA) for day in (days[0], days[1] + timedelta(days=1))
    )
    return Period(since, until, as_of=utc_now())


async def _report(
    period: Period, scoring: ScoreProfile, peers: tuple[PeerGroup, ...] | None, *, by: str
) -> tuple[Report, ReferenceTables]:
    async with _stored() as (figures, snapshots, rosters, reference):
        report = await gather_report(
            figures,
            snapshots,
            period,
            reader=Actor("export", by, Role.SYSTEM),
            profile=scoring,
            peers=peers or peers_by_level(reference.units, LABELS[UnitLevel]),
            units=reference.units,
            rosters=rosters,
        )
        return report, reference


async def _frozen(month: str, *, by: str) -> datetime:
    async with _stored() as (_, snapshots, _rosters, _reference):
        return (await snapshots.freeze(month, by=by, now=utc_now())).taken_at


@asynccontextmanager
async def _stored() -> AsyncIterator[tuple[FigureReads, Snapshots, MongoRosterStore, ReferenceTables]]:
    """The installation's own database; a message and exit 2 when there is none to reach."""
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        raise typer.BadParameter(str(error)) from None
    if not settings.mongo_url:
        typer.echo("请设置 HUIYIN_MONGO_URL，指明从哪个数据库导出。", err=True)
        raise typer.Exit(2)
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    try:
        database = client[settings.database]
        figures = FigureReads(database.get_collection("tickets", codec_options=AWARE))
        reference = await MongoReferenceStore(database).load() or demo_reference()
        yield figures, Snapshots(database, figures), MongoRosterStore(database), reference
    except PyMongoError as error:
        typer.echo(f"读不了数据库：{type(error).__name__}", err=True)
        raise typer.Exit(2) from None
    finally:
        client.close()


def _as_json(report: Report) -> dict[str, object]:
    return {
        "from": report.first_day,
        "to": report.last_day,
        "as_of": report.as_of,
        "figures": {
            name.value: {
                "numerator": f.numerator,
                "denominator": f.denominator,
                "value": f.value,
                "excluded": f.excluded,
            }
            for name, f in report.totals.items()
        },
    }
