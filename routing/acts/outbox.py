"""The ledger of notices on a ticket: what must be told, and what became of the telling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.events import (
    Audience,
    Event,
    EventKind,
    NoticeChannel,
    NoticeState,
    OutboxEntry,
    PlannedNotice,
)

if TYPE_CHECKING:
    from routing.ticket import Ticket

WORTH_A_CALL = frozenset(
    {
        EventKind.REPLIED,
        EventKind.RESOLVED,
        EventKind.ANSWERED_WITH_PARENT,
        EventKind.REJECTED,
        EventKind.WITHDRAWN,
        EventKind.EXTENSION_GRANTED,
        EventKind.SUSPENSION_GRANTED,
        EventKind.RESUMED,
        EventKind.REPLANNED,
        EventKind.MATERIAL_REQUESTED,
        EventKind.CORRECTION_REQUESTED,
        EventKind.THIRD_PARTY_ASKED,
        EventKind.LINKED,
        EventKind.UNLINKED,
    }
)
"""What ends a matter, moves its date or asks something of the citizen: they must hear of it, by telephone where
there is no other way. That another office has it can wait."""
_CANNOT_WAIT = frozenset({EventKind.MATERIAL_REQUESTED, EventKind.CORRECTION_REQUESTED})
"""Asked of the citizen while the clocks wait for them: not kept until they happen to write again."""


def plan(ticket: Ticket, planner: Callable[[Ticket, Event], Iterable[PlannedNotice]], *, since: int) -> None:
    """Put what must be told about the events after ``since`` (a seq) into the outbox."""
    for event in ticket.events:
        if event.seq <= since:
            continue
        entries = (
            OutboxEntry(
                id=f"{ticket.number}-{event.seq}-{n}",
                event_seq=event.seq,
                audience=planned.audience,
                channel=planned.channel,
                recipient=planned.recipient,
                next_attempt_at=planned.not_before or event.at,
            )
            for n, planned in enumerate(planner(ticket, event))
        )
        ticket.outbox = (*ticket.outbox, *entries)


def settle(
    ticket: Ticket,
    entry_id: str,
    state: NoticeState,
    *,
    now: datetime,
    failure: str | None = None,
    try_again_at: datetime | None = None,
) -> None:
    """Write what became of a delivery (or that it is under way) into the ledger."""
    attempt = 1 if state is NoticeState.SENDING else 0
    done = state not in (NoticeState.QUEUED, NoticeState.SENDING)
    ticket.outbox = tuple(
        replace(
            e,
            state=state,
            attempts=e.attempts + attempt,
            failure=failure,
            next_attempt_at=try_again_at,
            settled_at=now if done else None,
        )
        if e.id == entry_id
        else e
        for e in ticket.outbox
    )
    _call_instead(ticket, entry_id, state, now)


def _call_instead(ticket: Ticket, entry_id: str, state: NoticeState, now: datetime) -> None:
    """What WeChat did not take is told by telephone; noted in the same write, so that no crash forgets it."""
    entry = next((e for e in ticket.outbox if e.id == entry_id), None)
    if entry is None or entry.audience is not Audience.CITIZEN or entry.channel is not NoticeChannel.WECHAT:
        return
    kind = ticket.event(entry.event_seq).kind
    worth = {NoticeState.FAILED: WORTH_A_CALL, NoticeState.WAITING: _CANNOT_WAIT}.get(state, frozenset())
    call_id = f"{entry_id}-call"
    if kind not in worth or any(e.id == call_id for e in ticket.outbox):
        return
    call = replace(
        entry,
        id=call_id,
        channel=NoticeChannel.TELEPHONE,
        state=NoticeState.QUEUED,
        attempts=0,
        failure=None,
        next_attempt_at=now,
        settled_at=None,
    )
    ticket.outbox = (*ticket.outbox, call)


def resume(ticket: Ticket, *, now: datetime) -> None:
    """Queue what waited for the citizen to write again."""
    ticket.outbox = tuple(
        replace(e, state=NoticeState.QUEUED, next_attempt_at=now, settled_at=None)
        if e.state is NoticeState.WAITING
        else e
        for e in ticket.outbox
    )
