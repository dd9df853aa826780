"""``huiyin deadline``: the due date a profile promises, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from bot.commands.stores import with_database
from bot.settings import Settings
from bot.wording import LABELS
from routing.citizen_request import RequestType, Urgency
from routing.errors import UnknownYear
from routing.mongo_store import Database
from routing.timing.profile_files import load_profile, profile_names
from routing.timing.profile_store import MongoProfileStore
from routing.timing.sla import ClockName, Profile
from routing.timing.working_calendar import CHINA

Word = TypeVar("Word", bound=StrEnum)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("deadline", help="按时限方案计算期限，并说明理由。")(deadline)


def deadline(
    request_type: Annotated[
        str, typer.Option("--type", help="诉求类型：咨询、求助、投诉、举报、建议、表扬，或其英文值。")
    ],
    at: Annotated[
        str, typer.Option("--at", help="收到时间，如 2026-09-30T16:30；不带时区按北京时间。默认现在。")
    ] = "",
    profile: Annotated[str, typer.Option(help=f"时限方案：{'、'.join(profile_names())}。")] = "demo-county",
    clock: Annotated[str, typer.Option(help=f"时限：{'、'.join(ClockName)}。")] = ClockName.REPLY.value,
    tier: Annotated[str, typer.Option(help="方案的级别，如 utilities、disclosure。")] = "",
    urgent: Annotated[bool, typer.Option("--urgent", help="按紧急诉求计算。")] = False,
    unit_calendar: Annotated[
        str, typer.Option("--unit-calendar", help="承办单位自己的日历，如 24x7（全年值守）。")
    ] = "",
    days: Annotated[bool, typer.Option("--days", help="逐日列出每一天算不算、为什么。")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Print the due date in Asia/Shanghai with the calendar version and the explanation; exit 2 on bad input."""
    try:
        rules = _rules(profile, unit_calendar)
        received_at, kind = _instant(at), _word(RequestType, request_type, "--type")
        urgency = Urgency.URGENT if urgent else Urgency.ORDINARY
        promise = rules.promise(
            _word(ClockName, clock, "--clock"),
            at=received_at,
            request_type=kind,
            urgency=urgency,
            tier=tier or None,
        )
    except UnknownYear as unknown:
        raise typer.BadParameter(f"没有{unknown.year}年的放假安排，无法计算", param_hint="--at") from None
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None
    if promise is None:
        raise typer.BadParameter(f"方案 {profile} 对此类诉求没有 {clock} 时限", param_hint="--clock")
    due_at = promise.due_at.astimezone(CHINA).isoformat(timespec="seconds")
    lines = (
        rules.days(promise, at=received_at, request_type=kind, urgency=urgency, tier=tier or None)
        if days
        else ()
    )
    if as_json:
        told: dict[str, object] = {
            "due_at": due_at,
            "calendar_version": promise.calendar_version,
            "explanation": promise.explanation,
        }
        if days:
            told["days"] = [
                {"day": line.day.isoformat(), "what": line.what, "counted": line.counted} for line in lines
            ]
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo(f"到期：{due_at}\n理由：{promise.explanation}\n日历：{promise.calendar_version}")
    for line in lines:
        typer.echo(str(line))


def _rules(profile: str, unit_calendar: str) -> Profile:
    """The profile, for a unit with that calendar of its own: as the service promises by it, with the calendars and
    versions imported there, where settings name a database; as shipped where none is named."""
    if Settings.database_is_named():
        rules = with_database(lambda database, _: _imported(database, profile))
    else:
        rules = load_profile(profile)
    if unit_calendar and unit_calendar not in rules.own_calendars:
        known = "、".join(rules.own_calendars)
        raise typer.BadParameter(
            f"方案没有日历“{unit_calendar}”，可用：{known}", param_hint="--unit-calendar"
        )
    return rules.for_unit(unit_calendar or None)


async def _imported(database: Database, profile: str) -> Profile:
    return (await MongoProfileStore(database).rules(profile)).profile


def _word(vocabulary: type[Word], text: str, option: str) -> Word:
    """A stored value or its Chinese label; 签收 is as good as 签收时限."""
    labels: dict[Word, str] = LABELS[vocabulary]
    wanted = text.strip()
    for word in vocabulary:
        if wanted.lower() == word.value or wanted in (labels[word], labels[word].removesuffix("时限")):
            return word
    raise typer.BadParameter(
        f"不认识“{text}”，可用：{'、'.join(f'{labels[word]}({word.value})' for word in vocabulary)}",
        param_hint=option,
    )


def _instant(text: str) -> datetime:
    """An aware instant; a time without offset is Beijing time."""
    if not text:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(f"不认识时间“{text}”，应如 2026-09-30T16:30", param_hint="--at") from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)
