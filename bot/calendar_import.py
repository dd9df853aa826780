"""The yearly notice on its way in: what it would change of days and of promises on open tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bot.rules import Applied, Previewed, apply_to_open, other_profiles, preview_open, together
from bot.services import utc_now
from bot.settings import Settings
from routing.mongo_store import Database
from routing.timing.calendar_store import CalendarChanged, CalendarVersion, MongoCalendarStore, in_force
from routing.timing.official_days import (
    DayKind,
    OfficialDay,
)
from routing.timing.profile_files import profile_from_text
from routing.timing.profile_store import MongoProfileStore
from routing.timing.sla import Profile

_KINDS = {DayKind.HOLIDAY: "放假", DayKind.WORKDAY: "上班"}


@dataclass(frozen=True, slots=True)
class CalendarOutcome:
    """What an import did, or would do."""

    version: int | None
    """None for a preview, or when the file changes nothing."""
    days: tuple[tuple[date, str], ...]
    """The dates whose meaning changes, with what they become."""
    found: Previewed
    applied: Applied | None


async def import_days(
    database: Database,
    settings: Settings,
    rows: tuple[OfficialDay, ...],
    name: str,
    *,
    dry_run: bool,
    apply: bool,
    by: str,
) -> CalendarOutcome:
    """Look at what these days change, and unless ``dry_run`` take them; raises ``CalendarChanged``."""
    current = await MongoCalendarStore(database).current()
    reason = "导入放假安排（日历第{number}版）"
    asked = _Asked(
        days=current.with_rows(rows), file=name, by=by, reason=reason, apply=apply, dry_run=dry_run
    )
    return await _replace(database, settings, current, asked)


async def back_to(
    database: Database,
    settings: Settings,
    earlier: CalendarVersion,
    *,
    base: int,
    dry_run: bool,
    apply: bool,
    by: str,
    why: str,
) -> CalendarOutcome:
    """The days of an earlier version once more, as a version of its own; raises ``CalendarChanged`` where ``base`` is
    the newest no longer."""
    current = await MongoCalendarStore(database).current()
    if current.number != base:
        raise CalendarChanged
    asked = _Asked(
        days=earlier.days,
        file=f"退回到第 {earlier.number} 版" if earlier.number else "退回到随系统提供的",
        by=by,
        reason=f"放假安排退回（日历第{{number}}版）：{why}",
        apply=apply,
        dry_run=dry_run,
        why=why,
    )
    return await _replace(database, settings, current, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """All days as they are to be. ``reason`` is written on every promise that moves; ``{number}`` stands in it."""

    days: tuple[OfficialDay, ...]
    file: str
    by: str
    reason: str
    apply: bool
    dry_run: bool
    why: str = ""


async def _replace(
    database: Database, settings: Settings, current: CalendarVersion, asked: _Asked
) -> CalendarOutcome:
    calendars, profiles = MongoCalendarStore(database), MongoProfileStore(database)
    days = asked.days
    proposed = await _on(profiles, settings.profile, days)
    changed = changed_days(current.days, days)
    found = together(
        [
            await preview_open(
                database,
                present=(await profiles.rules(name)).profile,
                proposed=await _on(profiles, name, days),
                installation=name == settings.profile,
            )
            for name in (settings.profile, *await other_profiles(database, settings.profile))
        ]
    )
    if asked.dry_run:
        return CalendarOutcome(None, changed, found, None)
    now, number = utc_now(), None
    if set(days) != set(current.days):
        number = await calendars.append(
            days, base=current.number, by=asked.by, at=now, file=asked.file, why=asked.why
        )
    applied = None
    if asked.apply:
        # Also for a file that is in force already: it may have been imported without touching promises.
        reason = asked.reason.replace("{number}", str(number or current.number))
        applied = await apply_to_open(database, found, proposed=proposed, by=asked.by, now=now, reason=reason)
    return CalendarOutcome(number, changed, found, applied)


async def _on(profiles: MongoProfileStore, name: str, days: Iterable[OfficialDay]) -> Profile:
    """The profile as it would be with these days off."""
    return profile_from_text((await profiles.current(name)).text, name=name, days=in_force(days))


def changed_days(
    before: tuple[OfficialDay, ...], after: tuple[OfficialDay, ...]
) -> tuple[tuple[date, str], ...]:
    """The dates that mean something else with those imported days than with these, and what they become."""

    def meanings(rows: tuple[OfficialDay, ...]) -> dict[date, str]:
        ordered = sorted(rows, key=lambda row: row.local)
        return {row.day: f"{row.name}{_KINDS[row.kind]}" for row in ordered}

    old, new = meanings(in_force(before)), meanings(in_force(after))
    days = sorted(day for day in {*old, *new} if old.get(day) != new.get(day))
    return tuple((day, new.get(day, "照常（周一至周五上班）")) for day in days)
