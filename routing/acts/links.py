"""并案: a duplicate joins its parent and is answered with it; every reporter keeps their own ticket and answer.

Two tickets are two documents, so a link is made in steps of which each leaves the work of the next on the
document: the child is linked and says so (``link_pending``), the parent takes it in, the child is confirmed. A
parent that closes owes every child its answer (``children_owed``) until each was given it, and one that moves owes
them its new unit. The worker does what is left after a crash; each step is harmless when repeated.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import handing, leavings, letters, limits, reviews
from routing.acts.co_handling import release_all
from routing.citizen_request import RequestType, Secrecy
from routing.departments import UnitId
from routing.errors import CannotLink, Incomplete, SecretLink
from routing.events import EventKind
from routing.redaction import redact_answer
from routing.timing.sla import DISCLOSURE, ClockName, Profile
from routing.workflow import SYSTEM, Action, Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket

ANSWERED = frozenset({State.RESOLVED, State.ARCHIVED})
GONE = frozenset({State.WITHDRAWN, State.REJECTED, State.LINKED})
"""Parents that will never have an answer."""


def shareable(ticket: Ticket) -> bool:
    """Whether its text and its answer may come before other people than its own citizen and unit: not what was
    told in confidence, no report, no application for information."""
    return (
        ticket.secrecy is Secrecy.PUBLIC
        and ticket.request_type is not RequestType.REPORT
        and ticket.tier != DISCLOSURE
    )


def link(
    child: Ticket,
    parent: str,
    *,
    unit_id: UnitId | None,
    actor: Actor,
    now: datetime,
    reason: str,
    answer_due_at: datetime | None = None,
) -> None:
    """Join the child to its parent; its own limits end, since the parent's answer is its answer. Its citizen's
    date is only put aside, and they are told the parent's (``answer_due_at``)."""
    state = child.enter(Action.LINK, actor)
    if not reason.strip():
        raise Incomplete("reason")
    reviews.require_no_return(child)
    if parent == child.number or child.children:
        raise CannotLink(parent)
    if not shareable(child):
        raise SecretLink(child.number)
    standing = leavings.standing(child)
    child.state = state
    reviews.drop(child, None, now)
    release_all(child, now, why="工单已并案")
    letters.release(child, now)
    limits.cancel_all(child, now)
    child.parent_number = parent
    child.link_pending = True
    child.linked_at = now
    child.relayed_by = ()
    before, child.unit_id = child.unit_id, unit_id
    child.record(
        EventKind.LINKED,
        actor,
        now,
        unit_id=unit_id,
        from_unit_id=before,
        text=reason.strip(),
        ticket=parent,
        until=answer_due_at,
    )
    leavings.tell(child, standing, now=now, why="工单已并案")


def follow(child: Ticket, parent: str, *, unit_id: UnitId | None, now: datetime) -> None:
    """The parent has gone to another unit, or back to the dispatcher: so has the child. Nobody gave a reason, so
    the event has no text."""
    if child.state is not State.LINKED or child.parent_number != parent or child.unit_id == unit_id:
        return
    before, child.unit_id = child.unit_id, unit_id
    child.record(EventKind.LINKED, SYSTEM, now, unit_id=unit_id, from_unit_id=before, ticket=parent)


def unlink(child: Ticket, *, profile: Profile, actor: Actor, now: datetime, reason: str) -> None:
    """The child is a matter of its own after all: back to the dispatcher. The date its citizen was promised runs
    again as if it had never stopped: a link that failed is not their delay."""
    state = child.enter(Action.UNLINK, actor)
    if not reason.strip():
        raise Incomplete("reason")
    parent = child.parent_number
    child.state = state
    child.parent_number = None
    child.link_pending = False
    child.linked_at = None
    child.unit_id = None
    limits.start(child, profile, ClockName.DISPATCH, at=now, unit_id=None)
    promised = child.promise
    if promised is not None:
        again = promised.reinstated(unit_id=None)
        child.clocks = tuple(again if clock is promised else clock for clock in child.clocks)
    child.record(EventKind.UNLINKED, actor, now, text=reason.strip(), ticket=parent)


def adopt(parent: Ticket, child: Ticket, *, now: datetime) -> None:
    """Take a child in. A parent already closed owes it an answer at once, one that moved meanwhile its new unit."""
    if child.number not in parent.children:
        parent.children = (*parent.children, child.number)
    if not parent.is_open or parent.state in GONE or parent.unit_id != child.unit_id:
        owe(parent, (child.number,), now=now)


def owe(parent: Ticket, children: tuple[str, ...], *, now: datetime) -> None:
    """Note that these must hear what became of the parent."""
    parent.children_owed = tuple(dict.fromkeys((*parent.children_owed, *children)))
    parent.owed_since = parent.owed_since or now


def paid(parent: Ticket, child: str) -> None:
    parent.children_owed = tuple(number for number in parent.children_owed if number != child)
    if not parent.children_owed:
        parent.owed_since = None


def answer_with_parent(
    child: Ticket,
    *,
    parent: str,
    text: str,
    unit_id: UnitId | None,
    profile: Profile,
    actor: Actor,
    now: datetime,
) -> None:
    """The parent's answer is given to the child's own citizen, who may rate it and have it reopened. It was
    written to somebody else, so what names or places that person is taken out."""
    assert child.state is State.LINKED
    text = redact_answer(text)
    child.state = State.RESOLVED
    child.reply_text = text
    child.unit_id = unit_id
    child.link_pending = False
    child.linked_at = None
    handing.close(child, now, profile=profile)
    child.record(EventKind.ANSWERED_WITH_PARENT, actor, now, unit_id=unit_id, text=text, ticket=parent)
