"""``huiyin profile``: time-limit profiles as data: list, show, check, preview and save a new version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.stores import with_database
from bot.commands.what_if_words import applied_line, preview_lines, preview_record
from bot.limit_words import limit_lines
from bot.rules import Applied, Previewed, apply_to_open, other_profiles, preview_open
from bot.services import utc_now
from bot.settings import Settings
from routing.mongo_store import Database
from routing.timing.calendar_store import MongoCalendarStore, in_force
from routing.timing.official_days import OfficialDay, official_days
from routing.timing.profile_files import profile_from_text
from routing.timing.profile_store import (
    MongoProfileStore,
    ProfileChanged,
    ProfileVersion,
    changed_lines,
    shipped_text,
)
from routing.timing.sla import Profile, ProfileInvalid, UnknownProfile
from routing.timing.working_calendar import CHINA

AsJson = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="TOML 文件；文件名即方案名。")]


def register(app: typer.Typer) -> None:
    """Add the group ``huiyin profile``."""
    profiles = typer.Typer(help="时限方案：查看、检查、预览、保存新版本。", no_args_is_help=True)
    profiles.command("list", help="列出方案及其版本。")(list_profiles)
    profiles.command("show", help="显示方案全文，或其修改历史。")(show_profile)
    profiles.command("check", help="检查一份方案文件，列出各项时限；不连接数据库。")(check_profile)
    profiles.command("import", help="预览或保存方案的新版本。")(import_profile)
    app.add_typer(profiles, name="profile")


def list_profiles(as_json: AsJson = False) -> None:
    """The profile in use is marked."""

    async def run(database: Database, settings: Settings) -> list[tuple[str, int, bool]]:
        store = MongoProfileStore(database)
        return [
            (name, await store.current_number(name), name == settings.profile) for name in await store.names()
        ]

    found = with_database(run)
    if as_json:
        listed = [{"name": name, "version": number, "in_use": used} for name, number, used in found]
        typer.echo(json.dumps(listed, ensure_ascii=False))
        return
    for name, number, used in found:
        version = f"第 {number} 版" if number else "随程序提供"
        typer.echo(f"{'*' if used else ' '} {name}  {version}")


def show_profile(
    name: Annotated[str, typer.Argument(help="方案名称。")],
    history: Annotated[
        bool, typer.Option("--history", help="列出历次修改：何时、何人、为何、改了什么。")
    ] = False,
) -> None:
    """Exit 2 for a name nobody knows."""

    async def run(database: Database, _settings: Settings) -> str:
        store = MongoProfileStore(database)
        current = await store.current(name)
        if not history:
            return current.text
        return "\n".join(_history_lines(await store.history(name)))

    try:
        typer.echo(with_database(run))
    except UnknownProfile as unknown:
        typer.echo(str(unknown), err=True)
        raise typer.Exit(2) from None


def _history_lines(versions: Sequence[ProfileVersion]) -> list[str]:
    """The newest first, each with the lines it changed; the first is compared with the text that ships."""
    lines = []
    for place, version in enumerate(versions):
        before = versions[place + 1].text if place + 1 < len(versions) else shipped_text(version.name) or ""
        at = version.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if version.at else ""
        lines.append(f"第 {version.number} 版  {at}  {version.by}  {version.why}")
        lines += [f"    {line}" for line in changed_lines(before, version.text)]
    return lines or ["还没有修改过。"]


def check_profile(file: File) -> None:
    """Exit 1 with what is wrong."""
    typer.echo("\n".join(limit_lines(_read(file, official_days()))))


def import_profile(
    file: File,
    why: Annotated[str, typer.Option("--why", help="修改理由，记入版本历史。")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查并预览，不保存。")] = False,
    apply: Annotated[
        bool, typer.Option("--apply-to-open", help="同时改动在办工单的期限；默认已承诺的日期不变。")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="谁修改的，记入版本历史。")] = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 when the file cannot be used, or somebody saved another version meanwhile. Open tickets are compared
    only when the profile is the one in use."""

    async def run(database: Database, settings: Settings) -> _Outcome:
        return await _import(database, settings, file, why=why, dry_run=dry_run, apply=apply, by=by)

    try:
        outcome = with_database(run)
    except ProfileInvalid as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from None
    except ProfileChanged:
        typer.echo("另有一次修改刚刚保存，请先查看再导入。", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(_record(outcome), ensure_ascii=False) if as_json else _readable(outcome))


@dataclass(frozen=True, slots=True)
class _Outcome:
    version: int | None
    lines: tuple[str, ...]
    """What the text changes."""
    found: Previewed | None
    """None for a profile that is not in use."""
    applied: Applied | None


async def _import(
    database: Database, settings: Settings, file: Path, *, why: str, dry_run: bool, apply: bool, by: str
) -> _Outcome:
    store, name, text = MongoProfileStore(database), file.stem, _text(file)
    await store.prepare()
    days = in_force((await MongoCalendarStore(database).current()).days)
    proposed = profile_from_text(text, name=name, days=days)
    known = name in await store.names()
    current = await store.current(name) if known else ProfileVersion(name, 0, "")
    lines = changed_lines(current.text, text)
    found = None
    own = name == settings.profile
    if known and (own or name in await other_profiles(database, settings.profile)):
        present = profile_from_text(current.text, name=name, days=days)
        found = await preview_open(database, present=present, proposed=proposed, installation=own)
    if dry_run:
        return _Outcome(None, lines, found, None)
    now, number = utc_now(), None
    if lines:
        number = await store.save(name, text, base=current.number, by=by, at=now, why=why)
    applied = None
    if apply and found is not None:
        applied = await apply_to_open(
            database,
            found,
            proposed=proposed,
            by=by,
            now=now,
            reason=f"时限方案修改（第{number or current.number}版）：{why or current.why}",
        )
    return _Outcome(number, lines, found, applied)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ProfileInvalid(f"时限方案 {file.name}：应为 UTF-8 文本") from None


def _read(file: Path, days: Iterable[OfficialDay]) -> Profile:
    try:
        return profile_from_text(_text(file), name=file.stem, days=days)
    except ProfileInvalid as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(1) from None


def _record(outcome: _Outcome) -> dict[str, Any]:
    applied = outcome.applied
    return {
        "version": outcome.version,
        "lines": list(outcome.lines),
        **(preview_record(outcome.found.preview) if outcome.found else {}),
        "applied": list(applied.done) if applied else [],
        "passed_over": list(applied.passed_over) if applied else [],
    }


def _readable(outcome: _Outcome) -> str:
    lines = [*outcome.lines, f"共 {len(outcome.lines)} 行有变动。"]
    lines += (
        preview_lines(outcome.found.preview, now=utc_now())
        if outcome.found
        else ["这一方案没有在用，不影响在办工单。"]
    )
    if outcome.version is None:
        lines.append("没有保存。")
    else:
        lines += [
            f"已保存为第 {outcome.version} 版；运行中的服务随即采用，不必重启。",
            applied_line(outcome.applied),
        ]
    return "\n".join(lines)
