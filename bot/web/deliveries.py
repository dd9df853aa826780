"""送达记录: whether citizens, and the platform above, heard what they were to be told, and once more where they did not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from bot.delivery.listing import PAGE_SIZE, DeliveryLedger, Mark, Row, Wanted
from bot.delivery.say import say_failure, say_state, say_try, say_way, tone_of, try_tone
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.pages import TICKET_ROLES, Viewer, present, show
from bot.wording import explain, label
from routing.acts.outbox import REPEATABLE_AT_WILL
from routing.errors import Refused
from routing.events import Audience, NoticeChannel, NoticeState, Rung
from routing.timing.working_calendar import CHINA

HOME = "/console/deliveries"
PERIODS = {"1": "一天", "7": "七天"}
"""Longer ones would read a city's whole month for a list nobody pages through."""
_MOST_REASON = 200
_Named = TypeVar("_Named", NoticeState, Rung, Audience)
_NOT_OFFERED = (Rung.CHAT_SHORT, Rung.CALLBACK)
"""No way a citizen is told by of its own."""
_TO = (Audience.CITIZEN, Audience.PLATFORM)
_UNDER_WAY = (NoticeState.QUEUED, NoticeState.SENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for, as far as it makes sense."""

    day: date
    days: str
    state: NoticeState | None
    rung: Rung | None
    number: str
    to: Audience = Audience.CITIZEN

    @property
    def fields(self) -> dict[str, str]:
        said = {
            "day": self.day.isoformat(),
            "days": self.days,
            "state": self.state or "",
            "rung": self.rung or "",
            "number": self.number,
            "to": self.to if self.to is Audience.PLATFORM else "",
        }
        return {name: value for name, value in said.items() if value}

    def wanted(self) -> Wanted:
        """The period ends with the day that was asked for."""
        end = datetime.combine(self.day + timedelta(days=1), time(), CHINA).astimezone(UTC)
        return Wanted(
            since=end - timedelta(days=int(self.days)),
            until=end,
            state=self.state,
            rung=None if self.to is Audience.PLATFORM else self.rung,
            number=self.number or None,
            audience=self.to,
        )

    def href(self, **other: str) -> str:
        fields = {name: value for name, value in {**self.fields, **other}.items() if value}
        return f"{HOME}?{urlencode(fields)}"


async def list_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, asked = request.app[SERVICES], _asked(request.query, now=present(request))
    ledger, wanted = DeliveryLedger(services.database), asked.wanted()
    (rows, following), counts = await asyncio.gather(
        ledger.page(wanted, reader=viewer.actor, after=_mark(request.query), limit=PAGE_SIZE),
        ledger.counts(wanted, reader=viewer.actor),
    )
    total = sum(counts.values())
    context = {
        "asked": asked,
        "periods": PERIODS,
        "states": [
            (state, counts.get(state, 0), asked.href(state="" if asked.state is state else state))
            for state in NoticeState
            if counts.get(state) or asked.state is state
        ],
        "rungs": [rung for rung in Rung if rung not in _NOT_OFFERED],
        "whom": _TO if _calls_platform(services, asked) else (),
        "total": total,
        "all_href": asked.href(state=""),
        "rows": [_line(row) for row in rows],
        "opens_tickets": viewer.actor.role in TICKET_ROLES,
        "here": asked.href(),
        "first_href": asked.href() if request.query.get("after") else None,
        "next_href": asked.href(after=_said(following)) if following else None,
    }
    return show(request, "deliveries.html", context)


def _calls_platform(services: Services, asked: Asked) -> bool:
    """Who has no platform above is not asked which of the two; its address may have been taken away since."""
    return bool(services.settings.hotline_callback_url) or asked.to is Audience.PLATFORM


async def repeat(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Send one notice again, for a reason where the citizen may have it already."""
    services = request.app[SERVICES]
    number, entry_id = request.match_info["number"], request.match_info["name"]
    try:
        await services.desk.notices.repeat_notice(
            number,
            entry_id,
            actor=viewer.actor,
            reason=form.get("reason", "")[:_MOST_REASON],
            now=present(request),
        )
    except Refused as refused:
        await set_flash(request, viewer, f"没有重新发送。{explain(refused)}")
    else:
        await set_flash(request, viewer, f"工单{number}的通知已重新排队，很快发出。")
    raise web.HTTPSeeOther(_back(form))


def _line(row: Row) -> dict[str, object]:
    entry = row.entry
    by_phone = entry.channel is NoticeChannel.TELEPHONE
    return {
        "number": row.number,
        "id": entry.id,
        "about": label(row.about),
        "way": "电话" if by_phone else say_way(entry),
        "state": say_state(entry),
        "tone": tone_of(entry),
        "planned_at": entry.planned_at,
        "settled_at": entry.settled_at,
        "next_at": entry.next_attempt_at if entry.state is NoticeState.QUEUED else None,
        "expires_at": entry.next_attempt_at if entry.state is NoticeState.WAITING else None,
        "failure": say_failure(entry.failure),
        "tries": [(attempt.at, say_try(attempt), try_tone(attempt)) for attempt in entry.tries],
        "read_at": entry.read_at,
        "replays": entry.replays,
        "repeatable": not by_phone and entry.state not in _UNDER_WAY,
        "at_will": entry.to_platform or entry.state in REPEATABLE_AT_WILL,
        "to_platform": entry.to_platform,
    }


def _asked(query: Mapping[str, str], *, now: datetime) -> Asked:
    days = query.get("days", "1")
    return Asked(
        day=_day(query.get("day", "")) or now.astimezone(CHINA).date(),
        days=days if days in PERIODS else "1",
        state=_member(NoticeState, query.get("state", "")),
        rung=_member(Rung, query.get("rung", "")),
        number=query.get("number", "").strip().upper()[:32],
        to=to if (to := _member(Audience, query.get("to", ""))) in _TO else Audience.CITIZEN,
    )


def _member(kind: type[_Named], said: str) -> _Named | None:
    try:
        return kind(said)
    except ValueError:
        return None


def _day(said: str) -> date | None:
    try:
        found = date.fromisoformat(said)
    except ValueError:
        return None
    return found if 2000 < found.year < 2200 else None


def _said(mark: Mark) -> str:
    return f"{mark.planned_at.isoformat()}~{mark.entry_id}"


def _mark(query: Mapping[str, str]) -> Mark | None:
    at, _, entry_id = query.get("after", "").partition("~")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return Mark(found, entry_id[:64]) if found.tzinfo else None


def _back(form: Form) -> str:
    """Where the form was, if that is a page of this list."""
    said = form.get("back", "")
    return said if said == HOME or said.startswith(f"{HOME}?") else HOME
