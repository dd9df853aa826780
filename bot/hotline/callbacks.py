"""Tells the hotline platform what becomes of its tickets: each event at least once, one ticket's in their order.

What is to be told stands in the ticket's own outbox, like every notice; a worker claims it before it calls. Whoever
finds a claim that ran out calls again: the platform knows the event by its id.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.delivery.ladder import Verdict
from bot.hotline.callback_body import callback_body
from bot.hotline.platform import Answer, Heard, Platform
from bot.hotline.platform_circuit import PlatformCircuit
from bot.metrics import PLATFORM_CALLS, counter
from bot.services import Services
from routing.acts.notice_desk import INTERRUPTED
from routing.acts.outbox import Step
from routing.errors import StaleTicket
from routing.events import NoticeState, OutboxEntry, Rung, TryOutcome
from routing.store import Sweep
from routing.ticket import Ticket
from routing.workflow import Actor, Role

log = structlog.get_logger(__name__)

BATCH = 100
AT_ONCE = 4
"""Calls at the same time: a platform is one machine somewhere, and others call it too."""
CLAIM = timedelta(minutes=2)
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
)
"""After the n-th attempt; after three days an operator must send it again."""
NO_ADDRESS = "platform-no-address"
_PUT_OFF = timedelta(minutes=1)
_NOBODY = Actor("platform", "", Role.LIAISON)
"""A reader of no unit: what the platform is sent names nobody who asked."""
_OUTCOMES = {
    Heard.TAKEN: TryOutcome.DELIVERED,
    Heard.UNCLEAR: TryOutcome.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class _Called:
    """One entry after a call: the ticket as it is now, and whether the next event may follow."""

    ticket: Ticket
    settled: bool


class PlatformCallbacks:
    """One sweep over the tickets whose platform waits for a call."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._circuit = PlatformCircuit(services.redis)

    async def send(self, now: datetime) -> int:
        """Make the calls that are due; returns how many tickets had one. None while the platform is left alone."""
        if await self._circuit.closed_for() is not None:
            return 0
        numbers = await self._services.tickets.numbers_due(Sweep.CALLBACKS, now, limit=BATCH)
        if not numbers:
            return 0
        # Alone: after a pause one call tells whether the platform is back.
        await self._tell_all(numbers[0], now)
        places = asyncio.Semaphore(AT_ONCE)

        async def tell(number: str) -> None:
            async with places:
                if await self._circuit.closed_for() is None:
                    await self._tell_all(number, now)

        await asyncio.gather(*(tell(number) for number in numbers[1:]))
        return len(numbers)

    async def _tell_all(self, number: str, now: datetime) -> None:
        """One ticket's events, in their order, until one must wait."""
        try:
            ticket = await self._services.tickets.get(number)
            while (entry := _next(ticket, now)) is not None:
                called = await self._tell(ticket, entry)
                ticket = called.ticket
                if not called.settled:
                    return
        except StaleTicket:
            return  # somebody is at work on it; the next sweep looks again
        except Exception as error:
            log.error("platform not told", number=number, error=type(error).__name__)
            await self._services.tickets.put_off(number, Sweep.CALLBACKS, now + _PUT_OFF)

    async def _tell(self, ticket: Ticket, entry: OutboxEntry) -> _Called:
        now, platform = self._services.clock(), self._services.delivery.platform
        if entry.state is NoticeState.SENDING:
            again = Verdict(
                state=NoticeState.QUEUED,
                failure=INTERRUPTED,
                again_at=now,
                step=Step(outcome=TryOutcome.UNKNOWN),
            )
            ticket = await self._write(ticket, entry, again, now)
            entry = _same(ticket, entry)
        if platform is None:
            given_up = Verdict(state=NoticeState.FAILED, failure=NO_ADDRESS)
            return _Called(await self._write(ticket, entry, given_up, now), True)
        body = await self._body(ticket, entry)
        claim = Verdict(state=NoticeState.SENDING, again_at=now + CLAIM, step=Step(rung=Rung.CALLBACK))
        ticket = await self._write(ticket, entry, claim, now)
        entry = _same(ticket, entry)
        answer = await self._call(platform, entry, body, now)
        now = self._services.clock()
        ticket = await self._write(ticket, entry, after(entry, answer, now=now), now)
        return _Called(ticket, _same(ticket, entry).next_attempt_at is None)

    async def _body(self, ticket: Ticket, entry: OutboxEntry) -> bytes:
        (unnamed,) = await self._services.queries.as_known_to(_NOBODY, ticket)
        return callback_body(entry, ticket, unnamed=unnamed, units=self._services.units)

    async def _call(self, platform: Platform, entry: OutboxEntry, body: bytes, now: datetime) -> Answer:
        answer = await platform.call(entry.id, body, now=now)
        counter(PLATFORM_CALLS, answer.heard).inc()
        if answer.heard in (Heard.TAKEN, Heard.REFUSED):
            await self._circuit.answered()
        else:
            await self._circuit.failed(answer.code)
        return answer

    async def _write(self, ticket: Ticket, entry: OutboxEntry, verdict: Verdict, now: datetime) -> Ticket:
        """Write it down, if the entry stands where we saw it."""
        return await self._services.desk.notices.settle_notice(
            ticket.number,
            entry.id,
            verdict.state,
            was=entry.state,
            now=now,
            failure=verdict.failure,
            try_again_at=verdict.again_at,
            step=verdict.step,
            attempt=entry.attempts,
        )


def after(entry: OutboxEntry, answer: Answer, *, now: datetime) -> Verdict:
    """What follows from the call that ``entry`` (claimed) has just made."""
    step = Step(outcome=_OUTCOMES.get(answer.heard, TryOutcome.REFUSED))
    if answer.heard is Heard.TAKEN:
        return Verdict(state=NoticeState.DELIVERED, step=step)
    made = sum(attempt.replay == entry.replays for attempt in entry.tries)
    if answer.heard is Heard.REFUSED or made > len(BACK_OFF):
        return Verdict(state=NoticeState.FAILED, failure=answer.code, step=step)
    wait = max(BACK_OFF[made - 1], answer.wait or timedelta())
    return Verdict(state=NoticeState.QUEUED, failure=answer.code, again_at=now + wait, step=step)


def _next(ticket: Ticket, now: datetime) -> OutboxEntry | None:
    """The oldest event the platform has not heard of, if it is due."""
    waiting = next((e for e in ticket.outbox if e.to_platform and e.next_attempt_at is not None), None)
    due = waiting is not None and waiting.next_attempt_at is not None and waiting.next_attempt_at <= now
    return waiting if due else None


def _same(ticket: Ticket, entry: OutboxEntry) -> OutboxEntry:
    return next(e for e in ticket.outbox if e.id == entry.id)
