"""协办: units that help the lead, each with its own clock; the lead answers the citizen once, for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import limits, reviews
from routing.citizen_request import Secrecy
from routing.departments import UnitId
from routing.errors import AlreadyThere, AnswersOwed, Incomplete, NothingToDo, NotYourRole
from routing.events import EventKind
from routing.timing.sla import ClockName, Profile
from routing.workflow import Action, Actor, Role

if TYPE_CHECKING:
    from routing.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class CoHandler:
    """One unit's part. It owes an answer until it gave one or the lead waived it."""

    unit_id: UnitId
    asked_at: datetime
    text: str
    """What is asked of it."""
    answer: str | None = None
    answered_at: datetime | None = None
    waived: str | None = None
    """Why its answer was no longer needed."""

    @property
    def owes(self) -> bool:
        return self.answered_at is None and self.waived is None


def co_handle(
    ticket: Ticket, unit_ids: Sequence[UnitId], *, profile: Profile, actor: Actor, now: datetime, text: str
) -> None:
    """Ask units to help, each under its own clock, which ends no later than the citizen's date."""
    ticket.enter(Action.CO_HANDLE, actor)
    if not may_ask(ticket, actor.role):
        raise NotYourRole(Action.CO_HANDLE, actor.role)
    reviews.require_no_return(ticket)
    if not unit_ids:
        raise Incomplete("unit_id")
    if not text.strip():
        raise Incomplete("text")
    for unit_id in dict.fromkeys(unit_ids):
        if unit_id == ticket.unit_id or any(c.unit_id == unit_id and c.owes for c in ticket.co_handlers):
            raise AlreadyThere(unit_id)
    for unit_id in dict.fromkeys(unit_ids):
        part = CoHandler(unit_id=unit_id, asked_at=now, text=text.strip())
        ticket.co_handlers = (*ticket.co_handlers, part)
        limits.start(
            ticket,
            profile,
            ClockName.CO_HANDLING,
            at=now,
            unit_id=unit_id,
            subject=unit_id,
            before_the_citizens=True,
        )
        ticket.record(
            EventKind.CO_HANDLING_ASKED,
            actor,
            now,
            unit_id=unit_id,
            from_unit_id=ticket.unit_id,
            text=text.strip(),
        )


def may_ask(ticket: Ticket, role: Role) -> bool:
    """Who is asked reads all of it. What was told in confidence the centre alone shows to further units."""
    return role is not Role.LIAISON or ticket.secrecy is Secrecy.PUBLIC


def answer_co_handling(ticket: Ticket, unit_id: UnitId, *, actor: Actor, now: datetime, text: str) -> None:
    """What the co-handler found and did; it goes to the lead, not to the citizen."""
    ticket.enter(Action.ANSWER_CO_HANDLING, actor)
    if not text.strip():
        raise Incomplete("text")
    _settle(ticket, unit_id, Action.ANSWER_CO_HANDLING, answer=text.strip(), answered_at=now)
    limits.stop(ticket, (ClockName.CO_HANDLING,), now, subject=unit_id)
    ticket.record(
        EventKind.CO_HANDLING_ANSWERED,
        actor,
        now,
        unit_id=unit_id,
        from_unit_id=ticket.unit_id,
        text=text.strip(),
    )


def waive_co_handling(ticket: Ticket, unit_id: UnitId, *, actor: Actor, now: datetime, reason: str) -> None:
    """The answer is no longer needed, with the reason why."""
    ticket.enter(Action.WAIVE_CO_HANDLING, actor)
    if not reason.strip():
        raise Incomplete("reason")
    _settle(ticket, unit_id, Action.WAIVE_CO_HANDLING, waived=reason.strip())
    limits.cancel(ticket, (ClockName.CO_HANDLING,), now, subject=unit_id)
    ticket.record(
        EventKind.CO_HANDLING_WAIVED,
        actor,
        now,
        unit_id=unit_id,
        from_unit_id=ticket.unit_id,
        text=reason.strip(),
    )


def becomes_lead(ticket: Ticket, unit_id: UnitId, now: datetime) -> None:
    """A co-handler that gets the ticket itself owes its part to nobody but the citizen."""
    if any(c.unit_id == unit_id and c.owes for c in ticket.co_handlers):
        _settle(ticket, unit_id, Action.WAIVE_CO_HANDLING, waived="改由该单位主办")
        limits.cancel(ticket, (ClockName.CO_HANDLING,), now, subject=unit_id)


def release_all(ticket: Ticket, now: datetime, *, why: str) -> None:
    """Who helped a lead that no longer has the ticket is let off."""
    ticket.co_handlers = tuple(replace(c, waived=why) if c.owes else c for c in ticket.co_handlers)
    limits.cancel(ticket, (ClockName.CO_HANDLING,), now)


def require_no_answers_owed(ticket: Ticket) -> None:
    """The lead answers for all, so it waits for all."""
    owed = tuple(c.unit_id for c in ticket.co_handlers if c.owes)
    if owed:
        raise AnswersOwed(owed)


def _settle(
    ticket: Ticket,
    unit_id: UnitId,
    action: Action,
    *,
    answer: str | None = None,
    answered_at: datetime | None = None,
    waived: str | None = None,
) -> None:
    if not any(c.unit_id == unit_id and c.owes for c in ticket.co_handlers):
        raise NothingToDo(action)
    ticket.co_handlers = tuple(
        replace(c, answer=answer, answered_at=answered_at, waived=waived)
        if c.unit_id == unit_id and c.owes
        else c
        for c in ticket.co_handlers
    )
