"""Time-limit profiles from their TOML: checked entry by entry, since a misspelt limit would silently not run."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from routing.duty.alarm_ladder import Ladder
from routing.timing.limits import ClockRule, Limit
from routing.timing.official_days import OfficialDay, official_days
from routing.timing.sla import ClockName, PauseReason, Profile, ProfileInvalid, UnknownProfile, VisitStart
from routing.timing.working_calendar import WorkingCalendar
from routing.timing.working_hours import ROUND_THE_CLOCK, WorkingHours

SHIPPED = Path(__file__).parent.parent / "data" / "profiles"


def profile_names(*, extra: Path | None = None) -> tuple[str, ...]:
    """The profiles that can be loaded; ``extra`` is a data directory with its own ``profiles/*.toml``."""
    return tuple(sorted(_files(extra)))


def load_profile(name: str, *, extra: Path | None = None) -> Profile:
    """The profile of that name; files under ``extra`` (``profiles/``, ``calendar/``) win over shipped ones.

    Shipped profiles are read once per process; with ``extra`` every call reads the files anew.
    Raises ``UnknownProfile``, ``ProfileInvalid``.
    """
    return _shipped(name) if extra is None else _read(name, extra)


@cache
def _shipped(name: str) -> Profile:
    return _read(name, None)


def _files(extra: Path | None) -> dict[str, Path]:
    folders = [SHIPPED, *([extra / "profiles"] if extra else [])]
    return {file.stem: file for folder in folders for file in folder.glob("*.toml")}


def _read(name: str, extra: Path | None) -> Profile:
    files = _files(extra)
    if name not in files:
        raise UnknownProfile(name, tuple(sorted(files)))
    days = official_days(extra / "calendar" if extra else None)
    return profile_from_text(files[name].read_text(encoding="utf-8"), name=name, days=days)


def profile_from_text(text: str, *, name: str, days: Iterable[OfficialDay]) -> Profile:
    """The profile a TOML text describes, on a calendar of these official days; raises ``ProfileInvalid``."""
    try:
        data = tomllib.loads(text)
        days = tuple(days)
        hours = WorkingHours.parse(name, data.pop("hours"))
        own = {ROUND_THE_CLOCK.name: ROUND_THE_CLOCK}
        for other, table in data.pop("calendars", {}).items():
            own[other] = _own_hours(other, dict(table), profile=name)
        calendars = {each: WorkingCalendar(days, hours=hours) for each, hours in own.items()}
        return _profile(name, data, WorkingCalendar(days, hours=hours), calendars)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ProfileInvalid(f"时限方案 {name}.toml：缺少或不能识别 {wrong}") from wrong
    except ValueError as wrong:
        raise ProfileInvalid(f"时限方案 {name}.toml：{wrong}") from wrong


def _own_hours(name: str, table: dict[str, Any], *, profile: str) -> WorkingHours:
    """``[calendars.market] every_day = true, hours = { "01-01..12-31" = ["08:00-20:00"] }``."""
    # A promise names its calendar in its version, so the names must be told apart there.
    if name in (ROUND_THE_CLOCK.name, profile, profile.partition("+")[0]) or "/" in name or "+" in name:
        raise ValueError(f"calendars.{name}：不能用这个名称")
    hours, every_day = table.pop("hours"), table.pop("every_day", False)
    if table or not isinstance(every_day, bool):
        raise ValueError(f"calendars.{name}：不能识别 {'、'.join(table) or 'every_day'}")
    return WorkingHours.parse(name, hours, every_day=every_day)


def _profile(
    name: str, data: dict[str, Any], calendar: WorkingCalendar, own: Mapping[str, WorkingCalendar]
) -> Profile:
    """Build the profile; an entry nobody reads is an error, since a misspelt limit would silently not run."""
    tiers = dict(data.pop("tiers", {}))
    warn_left = data.pop("warn_left")
    profile = Profile(
        name=name,
        title=data.pop("title"),
        calendar=calendar,
        clocks={
            ClockName(clock): ClockRule.parse(rule, tiers=tiers, warn_left=warn_left)
            for clock, rule in data.pop("clocks").items()
        },
        tiers=tiers,
        default_tier=data.pop("default_tier", None),
        urgent_tier=data.pop("urgent_tier", None),
        first_answer_seconds=data.pop("first_answer_seconds"),
        extensions=data.pop("extensions"),
        returns_per_unit=data.pop("returns_per_unit"),
        visit_tries=data.pop("visit_tries"),
        visit_starts=VisitStart(data.pop("visit_starts")),
        pauses={
            PauseReason(reason): None if cap is True else Limit.parse(cap)
            for reason, cap in data.pop("pauses", {}).items()
        },
        visit_share=float(data.pop("visit_share", 1.0)),
        review_replies=bool(data.pop("review_replies", False)),
        reopen_days=int(data.pop("reopen_days", 30)),
        suspensions=data.pop("suspensions", 1),
        ladder=Ladder.parse(data.pop("ladder")) if "ladder" in data else Ladder(),
        own_calendars=own,
    )
    unknown = [*data, *({profile.default_tier, profile.urgent_tier} - {None, *tiers})]
    if unknown:
        raise ValueError(f"不能识别 {'、'.join(map(str, unknown))}")
    _refuse_what_cannot_be(profile)
    return profile


def _refuse_what_cannot_be(profile: Profile) -> None:
    """Numbers out of range, and limits without which no ticket could be promised anything."""
    least = {
        "first_answer_seconds": 1,
        "extensions": 0,
        "suspensions": 0,
        "returns_per_unit": 0,
        "visit_tries": 1,
        "reopen_days": 0,
    }
    for name, low in least.items():
        number = getattr(profile, name)
        if not isinstance(number, int) or isinstance(number, bool) or number < low:
            raise ValueError(f"{name} 应为不小于{low}的整数")
    if not 0 <= profile.visit_share <= 1:
        raise ValueError("visit_share 应在0与1之间")
    missing = [
        clock
        for clock in (ClockName.DISPATCH, ClockName.SIGN_IN, ClockName.REPLY)
        if clock not in profile.clocks
    ]
    if missing:
        raise ValueError(f"缺少时限 {'、'.join(missing)}")
