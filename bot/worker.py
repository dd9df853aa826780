"""What must happen without anybody asking: deliver notices, watch deadlines, answer late messages.

All truth is in MongoDB, so a worker that dies loses nothing and any number of workers may run: each act is
claimed by a versioned write before it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot import notices
from bot.services import Services
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from routing.errors import StaleTicket
from routing.events import NoticeChannel, NoticeState, OutboxEntry
from routing.ticket import Ticket
from routing.workflow import SYSTEM

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 0.5
BATCH = 100
CLAIM = timedelta(seconds=60)
"""A notice still ``sending`` after this long was cut off by a crash; its outcome is unknown."""
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


class Worker:
    """Three endless sweeps over the stores. ``run`` returns only when cancelled."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for sweep in (self.deliver_notices, self.check_deadlines, self.answer_late_messages):
                group.create_task(self._forever(sweep), name=sweep.__name__)

    async def _forever(self, sweep: Callable[[datetime], Awaitable[int]]) -> None:
        pause = SWEEP_EVERY_S
        while True:
            try:
                done = await sweep(self._services.clock())
                pause = 0 if done >= BATCH else SWEEP_EVERY_S
            except Exception as error:
                # A store that is away comes back; the sweep must still be there when it does.
                log.error("sweep failed", sweep=sweep.__name__, error=type(error).__name__)
                pause = min(max(pause, SWEEP_EVERY_S) * 2, 30)
            await asyncio.sleep(pause)

    async def check_deadlines(self, now: datetime) -> int:
        return await self._services.desk.check_deadlines(now, limit=BATCH)

    # ---- notices

    async def deliver_notices(self, now: datetime) -> int:
        """Attempt every notice that is due; returns how many tickets had one."""
        tickets = await self._services.tickets.find_with_outbox(now, limit=BATCH)
        for ticket in tickets:
            for entry in ticket.outbox:
                if entry.next_attempt_at is not None and entry.next_attempt_at <= now:
                    await self._deliver_or_postpone(ticket, entry, now)
        return len(tickets)

    async def _deliver_or_postpone(self, ticket: Ticket, entry: OutboxEntry, now: datetime) -> None:
        try:
            await self._deliver(ticket, entry, now)
        except Exception as error:
            # One notice that cannot be made must not hold up all the others.
            log.error("notice failed", notice=entry.id, error=type(error).__name__)
            await self._services.desk.settle_notice(
                ticket.number,
                entry.id,
                NoticeState.UNKNOWN if entry.channel is NoticeChannel.WECHAT else NoticeState.QUEUED,
                now=now,
                failure=type(error).__name__,
                try_again_at=None if entry.channel is NoticeChannel.WECHAT else now + RETRY_AFTER[0],
            )

    async def _deliver(self, ticket: Ticket, entry: OutboxEntry, now: datetime) -> None:
        desk = self._services.desk
        if entry.channel is NoticeChannel.CONSOLE:
            # Writing the same console notice twice changes nothing, so it needs no claim.
            await self._put_on_console(ticket, entry)
            await desk.settle_notice(ticket.number, entry.id, NoticeState.SENT, now=now)
            return
        if entry.state is NoticeState.SENDING:
            await desk.settle_notice(
                ticket.number, entry.id, NoticeState.UNKNOWN, now=now, failure="interrupted"
            )
            return
        try:
            await desk.settle_notice(
                ticket.number, entry.id, NoticeState.SENDING, now=now, try_again_at=now + CLAIM
            )
        except StaleTicket:
            return  # another worker has it
        await self._send_to_citizen(ticket, entry, now)

    async def _send_to_citizen(self, ticket: Ticket, entry: OutboxEntry, now: datetime) -> None:
        services = self._services
        text = notices.render(ticket, ticket.event(entry.event_seq), entry.audience, units=services.units)
        citizen = await services.identities.read(
            ticket.number, reader=SYSTEM, reason=f"notice {entry.id}", now=now
        )
        client = services.wechat_clients.get(citizen.account or "")
        state, failure, again = NoticeState.SENT, None, None
        if client is None or citizen.openid is None:
            state, failure = NoticeState.FAILED, "no-account"
        else:
            try:
                await client.send_text(citizen.openid, text)
            except DeliveryUnknown:
                state, failure = NoticeState.UNKNOWN, "no-answer"
            except DeliveryRefused as refusal:
                failure = str(refusal.code)
                again = _next_try(entry, refusal, now)
                state = NoticeState.QUEUED if again else NoticeState.FAILED
        await services.desk.settle_notice(
            ticket.number, entry.id, state, now=now, failure=failure, try_again_at=again
        )

    async def _put_on_console(self, ticket: Ticket, entry: OutboxEntry) -> None:
        event = ticket.event(entry.event_seq)
        text = notices.render(ticket, event, entry.audience, units=self._services.units)
        await self._services.console_notices.put(
            entry, number=ticket.number, unit_id=event.unit_id, text=text, at=event.at
        )

    # ---- messages that could not be answered within WeChat's five seconds

    async def answer_late_messages(self, now: datetime) -> int:
        services = self._services
        late = await services.late_messages.find_late(now)
        for message in late:
            reply = await services.dialogue(message, now=now)
            client = services.wechat_clients.get(message.account)
            # Taken off the list before sending: after an unknown outcome it must not be sent again.
            if await services.late_messages.done(message.key) and reply and client is not None:
                try:
                    await client.send_text(message.openid, reply)
                except (DeliveryUnknown, DeliveryRefused) as failure:
                    log.warning("late answer not delivered", reason=type(failure).__name__)
        return len(late)


def _next_try(entry: OutboxEntry, refusal: DeliveryRefused, now: datetime) -> datetime | None:
    """When a refused notice is worth another attempt: only while the platform or our account is at fault."""
    passing = refusal.klass in (DeliveryClass.BUSY, DeliveryClass.TOKEN, DeliveryClass.ACCOUNT)
    if not passing or entry.attempts >= len(RETRY_AFTER):
        return None
    return now + RETRY_AFTER[entry.attempts]
