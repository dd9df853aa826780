"""Time-limit profiles: which clock runs for how long, and the promise a citizen can read.

A profile is one TOML file and holds every number. A limit is written ``"5 wd"`` (working days), ``"2 wh"``
(working hours), ``"30 min"``, ``"24 h"`` or ``"7 d"``; the last three run round the clock, and a calendar day
is 24 hours from the instant of receipt.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from routing.citizen_request import RequestType, Urgency
from routing.limits import ClockRule, Limit, Unit
from routing.working_calendar import CHINA, WorkingCalendar, WorkingHours

SHIPPED = Path(__file__).parent / "data" / "profiles"
DISCLOSURE = "disclosure"
"""The tier of 依申请公开 in every shipped profile (政府信息公开条例, article 33)."""


class ClockName(StrEnum):
    """What a limit is set for."""

    ACCEPTANCE = "acceptance"
    DISPATCH = "dispatch"
    SIGN_IN = "sign_in"
    RETURN_WINDOW = "return_window"
    FIRST_CONTACT = "first_contact"
    REPLY = "reply"
    EXTENSION = "extension"
    SUPERVISION_ANSWER = "supervision_answer"
    REWORK = "rework"
    FOLLOW_UP_VISIT = "follow_up_visit"


class PauseReason(StrEnum):
    """Why a clock may stand still: 挂账, waiting for the citizen's material, third-party consultation."""

    SUSPENSION = "suspension"
    MATERIAL = "material"
    THIRD_PARTY = "third_party"


class VisitStart(StrEnum):
    """What the follow-up visit's limit counts from."""

    CLOSED = "closed"
    REPLY_DUE = "reply_due"


class UnknownProfile(ValueError):
    """No time-limit profile of that name."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        super().__init__(f"没有名为“{name}”的时限方案，可用：{'、'.join(names)}")
        self.name = name
        self.names = names


class UnknownTier(ValueError):
    """The profile has no tier of that name."""

    def __init__(self, tier: str, tiers: tuple[str, ...]) -> None:
        super().__init__(f"没有名为“{tier}”的级别，可用：{'、'.join(tiers)}")
        self.tier = tier
        self.tiers = tiers


class ProfileInvalid(ValueError):
    """A profile file cannot be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One due date as told to the citizen; it stays as it is when calendars or profiles change.

    ``started_at`` is when the limit began to run: the next opening for what came in outside working hours.
    """

    clock: ClockName
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    profile: str
    calendar_version: str
    explanation: str


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A place's rules of time, with the calendar they run on."""

    name: str
    title: str
    calendar: WorkingCalendar
    clocks: Mapping[ClockName, ClockRule]
    tiers: Mapping[str, str]
    """Tier id to its Chinese title."""
    default_tier: str | None
    urgent_tier: str | None
    first_answer_seconds: int
    """How soon the machine answers a WeChat message."""
    extensions: int
    returns_per_unit: int
    visit_tries: int
    visit_starts: VisitStart
    pauses: Mapping[PauseReason, Limit | None]
    """Reasons that pause a clock, each with the most it may take off, or None for no cap."""

    def _limit(
        self, clock: ClockName, request_type: RequestType, urgency: Urgency, tier: str | None
    ) -> Limit | None:
        if tier is None:
            tier = self.urgent_tier if urgency is Urgency.URGENT else self.default_tier
        elif tier not in self.tiers:
            raise UnknownTier(tier, tuple(self.tiers))
        rule = self.clocks.get(clock)
        return rule.limit_for(request_type, urgency, tier) if rule else None

    def promise(
        self,
        clock: ClockName,
        *,
        at: datetime,
        request_type: RequestType,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> Promise | None:
        """The due date of a clock, or None when the profile has no such clock for these.

        ``at`` is when it came in. For ``EXTENSION`` it is the due date to be extended, and the promise is the
        latest date an extension may grant. Raises ``UnknownTier`` and ``UnknownYear``.
        """
        limit = self._limit(clock, request_type, urgency, tier)
        if limit is None:
            return None
        if clock is ClockName.EXTENSION:
            started_at, due_at = at.astimezone(UTC), self._extend(limit, at)
        else:
            started_at = self.calendar.received_at(at) if limit.unit.working else at.astimezone(UTC)
            due_at = limit.due(self.calendar, at)
        return Promise(
            clock=clock,
            started_at=started_at,
            due_at=due_at,
            warn_at=self._warn(clock, limit, started_at, due_at),
            profile=self.name,
            calendar_version=self._version(limit, started_at, due_at),
            explanation=self._explain(clock, limit, at, started_at, due_at),
        )

    def extended(
        self,
        promise: Promise,
        *,
        request_type: RequestType,
        amount: int | None = None,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> Promise | None:
        """The same promise with a later due date; None when the profile grants no extension here.

        ``amount`` is in the unit of the profile's extension limit and at most that limit, which is the default.
        """
        limit = self._limit(ClockName.EXTENSION, request_type, urgency, tier)
        if limit is None:
            return None
        if amount is not None and not 1 <= amount <= limit.amount:
            raise ValueError(f"延期须为1至{limit}")
        limit = replace(limit, amount=amount or limit.amount)
        due_at = self._extend(limit, promise.due_at)
        return replace(
            promise,
            due_at=due_at,
            warn_at=self._warn(promise.clock, limit, promise.due_at, due_at),
            calendar_version=self._version(limit, promise.started_at, due_at),
            explanation=f"延期{self._explain(ClockName.EXTENSION, limit, promise.due_at, promise.due_at, due_at)}",
        )

    def after_pause(
        self,
        promise: Promise,
        *,
        reason: PauseReason,
        paused_at: datetime,
        resumed_at: datetime,
        request_type: RequestType,
        urgency: Urgency = Urgency.ORDINARY,
        tier: str | None = None,
    ) -> Promise:
        """The promise moved by the paused working time (clock time for a limit that runs round the clock).

        Only what lies after the start counts, up to the reason's cap. A pause that begins after the due date,
        or for a reason the profile does not list, moves nothing.
        """
        limit = self._limit(promise.clock, request_type, urgency, tier)
        paused_at = max(paused_at, promise.started_at)
        if limit is None or reason not in self.pauses or not paused_at < min(resumed_at, promise.due_at):
            return promise
        cap = self.pauses[reason]
        if cap is not None:
            resumed_at = min(resumed_at, cap.due(self.calendar, paused_at))
        due_at = self._moved(limit, promise.due_at, paused_at, resumed_at)
        warn_at = promise.warn_at
        if paused_at < warn_at:
            warn_at = self._moved(limit, warn_at, paused_at, resumed_at)
        return replace(
            promise,
            due_at=due_at,
            warn_at=warn_at,
            calendar_version=self._version(limit, promise.started_at, due_at),
            explanation=f"{promise.explanation}，{_told(paused_at)}至{_told(resumed_at)}暂停计时",
        )

    def visit_starts_at(self, *, closed_at: datetime, reply_due_at: datetime) -> datetime:
        """What to pass as ``at`` for the follow-up visit's clock."""
        return closed_at if self.visit_starts is VisitStart.CLOSED else max(closed_at, reply_due_at)

    def _extend(self, limit: Limit, due_at: datetime) -> datetime:
        if limit.unit is Unit.WORKING_DAY:
            return self.calendar.extend_working_days(due_at, limit.amount)
        return limit.due(self.calendar, due_at)

    def _moved(self, limit: Limit, at: datetime, paused_at: datetime, resumed_at: datetime) -> datetime:
        if not limit.unit.working:
            return at + (resumed_at - paused_at)
        minutes = self.calendar.working_minutes_between(paused_at, resumed_at)
        return self.calendar.add_working_minutes(at, minutes) if minutes else at

    def _warn(self, clock: ClockName, limit: Limit, started_at: datetime, due_at: datetime) -> datetime:
        share = 1 - self.clocks[clock].warn_left
        if limit.unit.working:
            return self.calendar.after_share(started_at, due_at, share)
        return started_at + timedelta(seconds=(due_at - started_at).total_seconds() * share // 60 * 60)

    def _version(self, limit: Limit, started_at: datetime, due_at: datetime) -> str:
        if not limit.unit.working:
            return self.calendar.version
        return self.calendar.version_for(started_at, due_at)

    def _explain(
        self, clock: ClockName, limit: Limit, at: datetime, started_at: datetime, due_at: datetime
    ) -> str:
        """The limit, then why the date is what it is; ``at`` is before ``started_at`` out of hours."""
        extends = clock is ClockName.EXTENSION
        if not limit.unit.working:
            since = "自原期限起，" if extends else ""
            how = (
                "按自然日连续计算，节假日不顺延"
                if limit.unit is Unit.DAY
                else "全天24小时连续计时，节假日不停"
            )
            return f"{limit}：{since}{how}"
        parts = []
        if extends:
            parts.append("原期限次日起算")
        elif started_at > at:
            parts.append(f"非工作时间收到，视同{_told(started_at)}收到")
        if limit.unit is Unit.WORKING_HOUR:
            windows = self.calendar.hours.windows_on(started_at.astimezone(CHINA).date())
            same = windows == self.calendar.hours.windows_on(due_at.astimezone(CHINA).date())
            parts.append(
                "只计" + "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in windows) if same else "只计工作时间"
            )
        days = self.calendar.explain_days(started_at, due_at)
        if days:
            parts.append(days)
        return f"{limit}：{'，'.join(parts) or '收到次日起算'}"


def _told(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.month}月{local.day}日{local:%H:%M}"


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
    calendars = extra / "calendar" if extra else None
    try:
        data = tomllib.loads(files[name].read_text(encoding="utf-8"))
        hours = WorkingHours.parse(name, data.pop("hours"))
        return _profile(name, data, WorkingCalendar.load(hours=hours, extra=calendars))
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ProfileInvalid(f"时限方案 {files[name].name}：缺少或不能识别 {wrong}") from wrong
    except ValueError as wrong:
        raise ProfileInvalid(f"时限方案 {files[name].name}：{wrong}") from wrong


def _profile(name: str, data: dict[str, Any], calendar: WorkingCalendar) -> Profile:
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
    )
    unknown = [*data, *({profile.default_tier, profile.urgent_tier} - {None, *tiers})]
    if unknown:
        raise ValueError(f"不能识别 {'、'.join(map(str, unknown))}")
    return profile
