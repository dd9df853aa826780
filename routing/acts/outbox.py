"""The ledger of notices on a ticket: what must be told, and what became of the telling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.errors import ActionNotAllowed, Incomplete, OutOfRange
from routing.events import (
    Audience,
    DeliveryTry,
    Event,
    EventKind,
    NoticeChannel,
    NoticeState,
    OutboxEntry,
    PlannedNotice,
    Rung,
    TryOutcome,
)
from routing.workflow import Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket

WORTH_A_CALL = frozenset(
    {
        EventKind.REPLIED,
        EventKind.INTERIM_REPLIED,
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
"""What ends a matter, moves its date, was written to the citizen or asks something of them: they must hear of it, by
telephone where there is no other way. That another office has it can wait."""
MOST_TRIES = 40
"""So many attempts are kept; the ladder's limits are far below."""
REPEATABLE_AT_WILL = frozenset({NoticeState.FAILED, NoticeState.EXPIRED})
"""Known never to have arrived: sent again, nobody is told twice."""
_REPEATABLE = REPEATABLE_AT_WILL | {
    NoticeState.SENT,
    NoticeState.DELIVERED,
    NoticeState.UNKNOWN,
    NoticeState.WAITING,
}
_REPEATED_ON = (NoticeChannel.WECHAT, NoticeChannel.CALLBACK)
_IN_THE_CHAT = (Rung.CHAT, Rung.CHAT_SHORT)
CANNOT_WAIT = frozenset({EventKind.MATERIAL_REQUESTED, EventKind.CORRECTION_REQUESTED})
"""Asked of the citizen while the clocks wait for them: not kept until they happen to write again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an attempt leaves on the entry beside its state; None leaves that as it was."""

    rung: Rung | None = None
    spent: tuple[Rung, ...] | None = None
    rounds: int | None = None
    outcome: TryOutcome | None = None
    """Where the state does not say it."""
    message_id: str | None = None


NO_STEP = Step()
_OUTCOMES = {
    NoticeState.SENT: TryOutcome.ACCEPTED,
    NoticeState.DELIVERED: TryOutcome.DELIVERED,
    NoticeState.UNKNOWN: TryOutcome.UNKNOWN,
}


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
                planned_at=event.at,
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
    step: Step = NO_STEP,
) -> None:
    """Write what became of a delivery (or that it is under way) into the ledger."""

    def settled(entry: OutboxEntry) -> OutboxEntry:
        done = state not in (NoticeState.QUEUED, NoticeState.SENDING)
        begun = state is NoticeState.SENDING
        return replace(
            entry,
            state=state,
            attempts=entry.attempts + (1 if begun else 0),
            failure=failure,
            next_attempt_at=try_again_at,
            # Looked at again is not settled again.
            settled_at=(entry.settled_at if state is entry.state else now) if done else None,
            rung=step.rung or entry.rung,
            spent=entry.spent if step.spent is None else step.spent,
            rounds=entry.rounds if step.rounds is None else step.rounds,
            tries=_tries(entry, state, step, failure, now),
            message_id=step.message_id or entry.message_id,
        )

    _change(ticket, entry_id, settled)
    _call_instead(ticket, entry_id, state, now)


def _change(ticket: Ticket, entry_id: str, how: Callable[[OutboxEntry], OutboxEntry]) -> None:
    ticket.outbox = tuple(how(e) if e.id == entry_id else e for e in ticket.outbox)


def _tries(
    entry: OutboxEntry, state: NoticeState, step: Step, failure: str | None, now: datetime
) -> tuple[DeliveryTry, ...]:
    """One more attempt, or the outcome of the one under way."""
    if state is NoticeState.SENDING:
        begun = (DeliveryTry(step.rung, now, replay=entry.replays),) if step.rung else ()
        return (*entry.tries, *begun)[-MOST_TRIES:]
    if entry.state is not NoticeState.SENDING or not entry.tries:
        return entry.tries
    outcome = step.outcome or _OUTCOMES.get(state, TryOutcome.REFUSED)
    return _ended(entry.tries, outcome, failure, step.message_id)


def _ended(
    tries: tuple[DeliveryTry, ...], outcome: TryOutcome, code: str | None, message_id: str | None
) -> tuple[DeliveryTry, ...]:
    last = replace(tries[-1], outcome=outcome, code=code, message_id=message_id or tries[-1].message_id)
    return (*tries[:-1], last)


def report(ticket: Ticket, message_id: str, *, arrived: bool, code: str, now: datetime) -> None:
    """What a channel says became of a message it had taken: it arrived, or the next rung is tried. Only the first
    report of a message counts, and only while nothing else was done since."""
    entry = next((e for e in ticket.outbox if e.message_id == message_id), None)
    if entry is None or entry.state is not NoticeState.SENT or entry.rung is None or not entry.tries:
        return
    if entry.tries[-1].message_id != message_id:
        return  # told twice: another way was taken since
    if arrived:
        settle(ticket, entry.id, NoticeState.DELIVERED, now=now)
        _change(ticket, entry.id, lambda e: _reported(e, TryOutcome.DELIVERED, None))
        return
    step = Step(spent=(*entry.spent, entry.rung))
    settle(ticket, entry.id, NoticeState.QUEUED, now=now, failure=code, try_again_at=now, step=step)
    _change(ticket, entry.id, lambda e: _reported(e, TryOutcome.UNDELIVERED, code))


def _reported(entry: OutboxEntry, outcome: TryOutcome, code: str | None) -> OutboxEntry:
    tries = _ended(entry.tries, outcome, code, None) if entry.tries else ()
    return replace(entry, tries=tries)


def repeat(ticket: Ticket, entry_id: str, *, actor: Actor, reason: str, now: datetime) -> None:
    """Send a notice once more. Where it may have arrived, the reason must say why the citizen gets it twice; a program
    takes the same event once however often it hears of it."""
    entry = next((e for e in ticket.outbox if e.id == entry_id), None)
    if entry is None or entry.channel not in _REPEATED_ON:
        raise OutOfRange("entry", "这张工单发给市民或上级平台的一条通知")
    if entry.state not in _REPEATABLE:
        raise ActionNotAllowed("repeat_notice", ticket.state)
    if not entry.to_platform and entry.state not in REPEATABLE_AT_WILL and not reason.strip():
        raise Incomplete("reason")
    again = replace(
        entry,
        state=NoticeState.QUEUED,
        next_attempt_at=now,
        settled_at=None,
        failure=None,
        spent=(),
        rounds=0,
        message_id=None,
        replays=entry.replays + 1,
    )
    _change(ticket, entry_id, lambda _: again)
    note_repeated(ticket, reason, actor=actor, now=now)


def note_repeated(ticket: Ticket, reason: str, *, actor: Actor, now: datetime) -> None:
    """Who had a notice sent again, and why."""
    ticket.record(EventKind.NOTICE_REPEATED, actor, now, text=reason.strip() or None)


def note_read(ticket: Ticket, *, now: datetime) -> bool:
    """Mark what the citizen was told as read, where it was not yet; says whether anything was."""
    told = {NoticeState.SENT, NoticeState.DELIVERED, NoticeState.UNKNOWN}
    unread = [
        e.id
        for e in ticket.outbox
        if e.audience is Audience.CITIZEN
        and e.channel is NoticeChannel.WECHAT
        and e.state in told
        and e.read_at is None
    ]
    ticket.outbox = tuple(replace(e, read_at=now) if e.id in unread else e for e in ticket.outbox)
    return bool(unread)


def _call_instead(ticket: Ticket, entry_id: str, state: NoticeState, now: datetime) -> None:
    """What WeChat did not take is told by telephone; noted in the same write, so that no crash forgets it."""
    entry = next((e for e in ticket.outbox if e.id == entry_id), None)
    if entry is None or entry.audience is not Audience.CITIZEN or entry.channel is not NoticeChannel.WECHAT:
        return
    kind = ticket.event(entry.event_seq).kind
    worth = {
        NoticeState.FAILED: WORTH_A_CALL,
        NoticeState.EXPIRED: WORTH_A_CALL,
        NoticeState.WAITING: CANNOT_WAIT,
    }.get(state, frozenset())
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
        rung=None,
        spent=(),
        rounds=0,
        tries=(),
        message_id=None,
    )
    ticket.outbox = (*ticket.outbox, call)


def resume(ticket: Ticket, *, now: datetime) -> None:
    """Queue what waited for the citizen to write again: the chat is open now, and carries all the words."""
    ticket.outbox = tuple(_resumed(e, now) if e.state is NoticeState.WAITING else e for e in ticket.outbox)


def _resumed(entry: OutboxEntry, now: datetime) -> OutboxEntry:
    spent = {*entry.spent, Rung.TEMPLATE, Rung.SUBSCRIPTION} - set(_IN_THE_CHAT)
    return replace(
        entry,
        state=NoticeState.QUEUED,
        next_attempt_at=now,
        settled_at=None,
        spent=tuple(r for r in Rung if r in spent),
        rounds=0,
    )
