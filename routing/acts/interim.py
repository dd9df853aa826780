"""阶段答复: while the work goes on, the citizen hears how far it is. It answers nothing for good."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import reviews
from routing.acts.reviews import ReviewKind
from routing.errors import Incomplete, ReviewPending
from routing.events import EventKind
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket

INTERIM_REPLIES_PER_DAY = 2
"""Each reaches the citizen: news, and no chatter."""


def interim_reply(
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    text: str,
    doubts: tuple[str, ...] = (),
    despite: str | None = None,
) -> None:
    """Tell the citizen how far it is. No clock hears of it: the promise stands, a first contact is still owed, and
    what waits for co-handlers or in a pause goes on waiting. ``doubts`` and ``despite`` as in ``Ticket.reply``.

    Not while the answer itself waits for its review: nothing of it may reach the citizen another way.
    """
    ticket.enter(Action.INTERIM_REPLY, actor)
    if not text.strip():
        raise Incomplete("text")
    reviews.require_no_return(ticket)
    if ticket.review(ReviewKind.REPLY) is not None:
        raise ReviewPending(ReviewKind.REPLY)
    ticket.limit_per_day(
        Action.INTERIM_REPLY, EventKind.INTERIM_REPLIED, INTERIM_REPLIES_PER_DAY, now, since=ticket.handed_at
    )
    ticket.record(
        EventKind.INTERIM_REPLIED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=text.strip(),
        reasons=doubts,
        comment=despite,
    )
