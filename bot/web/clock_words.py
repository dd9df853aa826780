"""A limit in words, a tone for its colour and a sign for its shape: nobody has to tell red from green."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wording import label, say_time
from routing.clocks import Clock, ClockState
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA

_SIGNS = {"calm": "●", "soon": "▲", "late": "■", "met": "✓", "missed": "✗", "off": "–"}


@dataclass(frozen=True, slots=True)
class ClockWords:
    """``tone`` names the colour: calm, soon (临期), late (超期), met, missed, off."""

    name: str
    tone: str
    words: str
    due: str
    """The exact due time, for the tooltip and for print."""

    @property
    def sign(self) -> str:
        return _SIGNS[self.tone]


def clock_words(clock: Clock, *, now: datetime) -> ClockWords:
    """How one limit stands."""
    tone, words = _stands(clock, now)
    return ClockWords(label(clock.name), tone, words, exact(clock.due_at))


def nearest_clock(ticket: Ticket, *, now: datetime) -> ClockWords | None:
    """The running limit that falls due first; for a closed ticket, how its promised date was kept."""
    running = [clock for clock in ticket.clocks if clock.running]
    if running:
        return clock_words(min(running, key=lambda clock: clock.due_at), now=now)
    return clock_words(ticket.promise, now=now) if ticket.promise else None


def _stands(clock: Clock, now: datetime) -> tuple[str, str]:
    # The weekday's own brackets would stand inside ours.
    due = say_time(clock.due_at, now=now).replace("（", " ").replace("）", " ")
    if clock.running and clock.paused:
        return ("late", "已超期，暂停计时") if clock.overdue(now) else ("off", "暂停计时")
    if clock.overdue(now):
        return "late", f"已超期 {span(now - clock.due_at)}"
    if clock.running:
        left = span(clock.due_at - now)
        return ("soon" if clock.at_risk(now) else "calm"), f"还剩 {left}（{due}）"
    if clock.state is ClockState.CANCELLED or clock.stopped_at is None:
        return "off", "不再计时"
    if clock.state is ClockState.MISSED:
        return "missed", f"晚了 {span(clock.stopped_at - clock.due_at)}"
    return "met", "按时完成"


def span(length: timedelta) -> str:
    """``25 分钟``, ``3 小时``, ``1 天 6 小时``, ``2 天``: as precise as a person needs, never rounded up."""
    minutes = int(length.total_seconds() // 60)
    hours, days = minutes // 60, minutes // (24 * 60)
    if minutes < 1:
        return "不到 1 分钟"
    if hours < 1:
        return f"{minutes} 分钟"
    if days < 1:
        return f"{hours} 小时"
    if days < 2 and hours % 24:
        return f"{days} 天 {hours % 24} 小时"
    return f"{days} 天"


def exact(at: datetime) -> str:
    """``2026-11-23 17:30`` in China."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
