"""重办 on a ticket's page: for which time, why, and whether the answer that stands is the one that was not accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.given_answers import given_answers
from bot.services import Services
from bot.web.liaison import for_reader
from bot.web.timeline import who_did
from bot.wording import STARS
from routing.events import Event, EventKind
from routing.ticket import Ticket
from routing.workflow import Actor

_ANSWERS = (EventKind.REPLIED, EventKind.ANSWERED_WITH_PARENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneAgain:
    """The last time it was taken up again. ``rated``: the rating before that, where the reason does not say it."""

    times: int
    at: datetime
    who: str
    why: str
    rated: str
    waits: bool
    """Nothing new was answered since: the answer on the page is the earlier one."""


def done_again_of(ticket: Ticket, services: Services, reader: Actor) -> DoneAgain | None:
    """None for a ticket that was never taken up again."""
    again = [event for event in ticket.events if event.kind is EventKind.REOPENED]
    if not again:
        return None
    last = again[-1]
    return DoneAgain(
        times=len(again),
        at=last.at,
        who=who_did(last, services),
        why=for_reader(last.text or "", reader),
        rated=for_reader(_rated_before(ticket, last), reader),
        waits=given_answers(ticket).done_again,
    )


def _rated_before(ticket: Ticket, reopened: Event) -> str:
    """The rating of the answer that was taken up again; whoever reopens often writes no more than “见评价”."""
    for event in reversed(ticket.events[: reopened.seq - 1]):
        if event.kind in _ANSWERS:
            break
        if event.kind is EventKind.RATED and event.stars is not None:
            said = event.text if event.text and event.text not in (reopened.text or "") else ""
            return f"{STARS[event.stars]}「{said}」" if said else STARS[event.stars]
    return ""
