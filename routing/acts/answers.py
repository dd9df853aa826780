"""What the citizen is answered: how far it is (阶段答复), the answer (答复) with its review (审核), and what the centre
answers at once (直接答复办结).

``doubts`` are what a check before sending found of the words and ``despite`` why they were sent all the same; both
stay with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Unpack

from routing.acts import co_handling, handing, reviews
from routing.acts.acting import Answered
from routing.acts.reviews import ReviewKind
from routing.disclosure import applications
from routing.errors import Incomplete, ReviewPending
from routing.events import EventKind
from routing.workflow import Action, Actor, State

if TYPE_CHECKING:
    from routing.ticket import Ticket

REPLIES_PER_DAY = 5
"""Each reaches the citizen: room for corrections, and no more than that."""
INTERIM_REPLIES_PER_DAY = 2
"""Each reaches the citizen: news, and no chatter."""


def reply(ticket: Ticket, **given: Unpack[Answered]) -> None:
    """答复: goes to the citizen once every co-handler has answered, or to the centre first where the profile has
    answers reviewed. A second reply before closing replaces the first; both stay in history."""
    text = _written(given)
    reviews.require_no_return(ticket)
    ticket.enter(Action.REPLY, given["actor"])
    applications.require_decided(ticket, Action.REPLY)
    co_handling.require_no_answers_owed(ticket)
    ticket.limit_per_day(
        Action.REPLY, EventKind.REPLIED, REPLIES_PER_DAY, given["now"], since=ticket.handed_at
    )
    profile = given.get("profile")
    if profile is not None and profile.review_replies:
        reviews.ask(ticket, ReviewKind.REPLY, given["actor"], given["now"], profile=profile, reason=text)
        _say(ticket, EventKind.REPLY_SUBMITTED, given)
    else:
        _stands(ticket, text)
        _say(ticket, EventKind.REPLIED, given)


def decide_reply(ticket: Ticket, *, approved: bool, actor: Actor, now: datetime, reason: str) -> None:
    """审核: approved, the answer goes to the citizen; sent back, the unit writes another."""
    ticket.enter(Action.DECIDE_REPLY, actor)
    if not approved and not reason.strip():
        raise Incomplete("reason")
    reviews.require_no_return(ticket)
    review = reviews.decided(ticket, ReviewKind.REPLY, Action.DECIDE_REPLY, actor)
    if approved:
        co_handling.require_no_answers_owed(ticket)
    reviews.settle(ticket, ReviewKind.REPLY, now)
    if approved:
        _stands(ticket, review.reason)
        _say(ticket, EventKind.REPLIED, Answered(actor=actor, now=now, text=review.reason))
    else:
        ticket.record(EventKind.REPLY_SENT_BACK, actor, now, unit_id=review.unit_id, text=reason.strip())


def interim_reply(ticket: Ticket, **given: Unpack[Answered]) -> None:
    """Tell the citizen how far it is. No clock hears of it: the promise stands, a first contact is still owed, and
    what waits for co-handlers or in a pause goes on waiting.

    Not while the answer itself waits for its review: nothing of it may reach the citizen another way.
    """
    ticket.enter(Action.INTERIM_REPLY, given["actor"])
    _written(given)
    reviews.require_no_return(ticket)
    if ticket.review(ReviewKind.REPLY) is not None:
        raise ReviewPending(ReviewKind.REPLY)
    ticket.limit_per_day(
        Action.INTERIM_REPLY,
        EventKind.INTERIM_REPLIED,
        INTERIM_REPLIES_PER_DAY,
        given["now"],
        since=ticket.handed_at,
    )
    _say(ticket, EventKind.INTERIM_REPLIED, given)
    handing.owe_children(ticket, given["now"])


def answer_directly(ticket: Ticket, **given: Unpack[Answered]) -> None:
    """直接答复办结: the centre answers what needs no unit."""
    text = _written(given)
    state = ticket.enter(Action.ANSWER_DIRECTLY, given["actor"])
    applications.require_decided(ticket, Action.ANSWER_DIRECTLY)
    ticket.state = state
    ticket.reply_text = text
    handing.close(ticket, given["now"], profile=given.get("profile"))
    _say(ticket, EventKind.REPLIED, given)
    ticket.record(EventKind.RESOLVED, given["actor"], given["now"])


def _written(given: Answered) -> str:
    text = given["text"].strip()
    if not text:
        raise Incomplete("text")
    return text


def _stands(ticket: Ticket, text: str) -> None:
    ticket.state = State.REPLIED
    ticket.reply_text = text


def _say(ticket: Ticket, kind: EventKind, given: Answered) -> None:
    """The words with what was thought of them; what no unit has, no unit answers."""
    ticket.record(
        kind,
        given["actor"],
        given["now"],
        unit_id=ticket.unit_id,
        text=given["text"].strip(),
        reasons=given.get("doubts", ()),
        comment=given.get("despite"),
    )
