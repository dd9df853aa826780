"""并案: a duplicate joins its parent and is answered with it; every reporter keeps their own ticket and answer.

Two tickets are two documents, so a link is made in steps of which each leaves the work of the next on the
document: the child is linked and says so (``link_pending``), the parent takes it in, the child is confirmed. A
parent that closes owes every child its answer (``children_owed``) until each was given it, and one that moves owes
them its new unit. The worker does what is left after a crash; each step is harmless when repeated.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from routing.acts import handing, leavings, letters, limits, reviews
from routing.acts.co_handling import release_all
from routing.citizen_request import RequestType, Secrecy
from routing.departments import UnitId
from routing.errors import (
    ActionNotAllowed,
    CannotLink,
    Incomplete,
    NotYourRole,
    SecretLink,
    WindowClosed,
)
from routing.events import Event, EventKind
from routing.redaction import redact_answer
from routing.timing.sla import DISCLOSURE, ClockName, Profile
from routing.workflow import SYSTEM, Action, Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket

ANSWERED = frozenset({State.RESOLVED, State.ARCHIVED})
UNDO_WITHIN = timedelta(minutes=10)
"""What was done by a slip of the hand is seen at once; later it is a decision, and unlinking has its reason."""
UNDONE = "撤销并案"
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


def undo_link(child: Ticket, *, profile: Profile, actor: Actor, now: datetime) -> None:
    """撤销并案: who linked it by mistake takes that back at once, and whoever had it has it again. It signs in anew: what
    the link ended with the unit's limits (a request that waited, a co-handler's part) is not brought back."""
    linked = _link_of(child)
    if linked is None or child.state is not State.LINKED:
        raise ActionNotAllowed(Action.UNLINK, child.state)
    if linked.by.id != actor.id:
        raise NotYourRole(Action.UNLINK, actor.role)
    if now - linked.at > UNDO_WITHIN:
        raise WindowClosed(Action.UNLINK)
    had = linked.from_unit_id
    unlink(child, profile=profile, actor=actor, now=now, reason=UNDONE)
    if had is not None:
        child.dispatch(had, profile=profile, actor=actor, now=now, reason=UNDONE)


def _link_of(child: Ticket) -> Event | None:
    """The event that joined it to its parent; those without a text only followed the parent to another unit."""
    return next(
        (e for e in reversed(child.events) if e.kind is EventKind.LINKED and e.text is not None), None
    )


def adopt(parent: Ticket, child: Ticket, *, now: datetime) -> None:
    """Take a child in. A parent already closed owes it an answer at once, one that moved meanwhile its new unit, and
    one that said meanwhile how far it is those words."""
    if child.number not in parent.children:
        parent.children = (*parent.children, child.number)
    moved = parent.unit_id != child.unit_id
    if not parent.is_open or parent.state in GONE or moved or unheard(child, parent):
        owe(parent, (child.number,), now=now)


def answer_due_at(parent: Ticket) -> datetime | None:
    """When the parent's answer is due, where a day can be named."""
    promised = parent.promise
    return promised.due_at if promised and promised.running and not promised.paused else None


def unheard(child: Ticket, parent: Ticket) -> tuple[Event, ...]:
    """The parent's interim replies since the link which the child's citizen has not been told of."""
    linked = _link_of(child)
    if linked is None:
        return ()
    heard = {e.passed_on for e in child.events if e.ticket == parent.number}
    return tuple(
        e
        for e in parent.events
        if e.kind is EventKind.INTERIM_REPLIED
        and e.passed_on is None
        and e.at >= linked.at
        and e.seq not in heard
    )


def tell_how_far(
    child: Ticket,
    parent: str,
    *,
    said: int,
    text: str,
    unit_id: UnitId | None,
    until: datetime | None,
    now: datetime,
) -> None:
    """The parent's interim reply (its event ``said``) reaches the child's own citizen, as its answer will: without what
    names or places whom it was written to."""
    child.record(
        EventKind.INTERIM_REPLIED,
        SYSTEM,
        now,
        unit_id=unit_id,
        text=redact_answer(text),
        ticket=parent,
        until=until,
        passed_on=said,
    )


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
