"""What must happen without anybody asking: deliver notices, watch deadlines, answer late messages, tend the library.

All truth is in MongoDB, so a worker that dies loses nothing and any number of workers may run: each act is
claimed by a versioned write before it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from bot import notices
from bot.alarm_delivery import put_alarm
from bot.calendar_watch import CalendarWatch
from bot.ending import still_wanted
from bot.hotspot_notices import hotspot_watch
from bot.knowledge.gathering import Gathering
from bot.knowledge.proposing import Proposing
from bot.knowledge.upkeep import Upkeep
from bot.learning.nightly import Nightly
from bot.learning.watch import DriftWatch
from bot.reports.upkeep import FigureUpkeep
from bot.services import Services
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from bot.wechat.messages import IncomingMessage
from routing.citizen_request import Citizen
from routing.duty.roster_store import MongoRosterStore
from routing.errors import StaleTicket
from routing.events import NoticeChannel, NoticeState, OutboxEntry
from routing.service_desk import INTERRUPTED
from routing.store import Sweep
from routing.ticket import Ticket
from routing.workflow import SYSTEM

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 0.5
BATCH = 100
AT_ONCE = 10
"""Tickets in delivery at the same time: a platform that hangs holds up no alarm."""
CLAIM = timedelta(minutes=2)
"""A notice still ``sending`` after this long was cut off by a crash; its outcome is unknown."""
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))


class Worker:
    """Endless sweeps over the stores, each for itself. ``run`` returns only when cancelled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._nightly = Nightly(services)
        self._drift = DriftWatch(services)
        self._gathering = Gathering(services)
        self._upkeep = Upkeep(services)
        self._proposing = Proposing(services)
        self._calendar = CalendarWatch(services)
        self._rosters = MongoRosterStore(services.database)
        self._hotspots = hotspot_watch(services)
        self._figures = FigureUpkeep(services)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for sweep in (
                self.deliver_notices,
                self.check_deadlines,
                self.settle_links,
                self.enter_applications,
                self.answer_late_messages,
                self._nightly.train_when_due,
                self._drift.watch,
                self._gathering.gather,
                self._upkeep.keep,
                self._proposing.propose,
                self._calendar.watch,
                self._hotspots.watch,
                self._figures.keep_figures,
            ):
                group.create_task(self._forever(sweep), name=sweep.__name__)

    async def _forever(self, sweep: Callable[[datetime], Awaitable[int]]) -> None:
        pause = SWEEP_EVERY_S
        while still_wanted():
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

    async def settle_links(self, now: datetime) -> int:
        return await self._services.desk.links.settle_links(now, limit=BATCH)

    async def enter_applications(self, now: datetime) -> int:
        return await self._services.desk.disclosure.enter_what_is_owed(now, limit=BATCH)

    # ---- notices

    async def deliver_notices(self, now: datetime) -> int:
        """Attempt every notice that is due; returns how many tickets had one."""
        numbers = await self._services.tickets.numbers_due(Sweep.OUTBOX, now, limit=BATCH)
        places = asyncio.Semaphore(AT_ONCE)

        async def deliver(number: str) -> None:
            async with places:
                await self._deliver_all(number, now)

        await asyncio.gather(*(deliver(number) for number in numbers))
        return len(numbers)

    async def _deliver_all(self, number: str, now: datetime) -> None:
        """One ticket's notices. A ticket that cannot be read or written must not hold up the others."""
        try:
            ticket = await self._services.tickets.get(number)
            for entry in ticket.outbox:
                if entry.next_attempt_at is not None and entry.next_attempt_at <= now:
                    await self._deliver(ticket, entry)
        except StaleTicket:
            return  # somebody is at work on it; the next sweep looks again
        except Exception as error:
            log.error("notices failed", number=number, error=type(error).__name__)
            await self._services.tickets.put_off(number, Sweep.OUTBOX, now + RETRY_AFTER[0])

    async def _deliver(self, ticket: Ticket, entry: OutboxEntry) -> None:
        if entry.channel is not NoticeChannel.WECHAT:
            # Writing the same console notice twice changes nothing, so it needs no claim.
            await self._put_on_console(ticket, entry)
            await self._settle(ticket, entry, NoticeState.SENT, was=entry.state)
        elif entry.state is NoticeState.SENDING:
            await self._settle(
                ticket, entry, NoticeState.UNKNOWN, was=NoticeState.SENDING, failure=INTERRUPTED
            )
        else:
            # All that can fail without anything having been sent comes before the claim.
            text = notices.render(
                ticket, ticket.event(entry.event_seq), entry.audience, units=self._services.units
            )
            reason = f"notice {entry.id}"
            citizen = await self._services.identities.read(
                ticket.number, reader=SYSTEM, reason=reason, now=self._services.clock()
            )
            until = self._services.clock() + CLAIM
            await self._settle(ticket, entry, NoticeState.SENDING, was=NoticeState.QUEUED, again=until)
            state, failure, again = await self._send(citizen, entry, text)
            if state is NoticeState.WAITING:
                await self._services.desk.keep_for_next_message(
                    ticket.number, entry.id, now=self._services.clock(), failure=failure or ""
                )
                return
            await self._settle(ticket, entry, state, was=NoticeState.SENDING, failure=failure, again=again)

    async def _send(
        self, citizen: Citizen, entry: OutboxEntry, text: str
    ) -> tuple[NoticeState, str | None, datetime | None]:
        """What became of the attempt: the state, why, and when to try again."""
        client = self._services.wechat_clients.get(citizen.account or "")
        if client is None or citizen.openid is None:
            return NoticeState.FAILED, "no-account", None
        try:
            await client.send_text(citizen.openid, text)
        except DeliveryRefused as refusal:
            if refusal.klass in _UNREACHABLE:
                return NoticeState.WAITING, str(refusal.code), None
            again = _next_try(entry, refusal, self._services.clock())
            return NoticeState.QUEUED if again else NoticeState.FAILED, str(refusal.code), again
        except Exception as error:
            # Whatever broke after the claim may have broken after the sending: never send it again.
            if not isinstance(error, DeliveryUnknown):
                log.error("notice outcome unknown", notice=entry.id, error=type(error).__name__)
            return NoticeState.UNKNOWN, "no-answer", None
        return NoticeState.SENT, None, None

    async def _settle(
        self,
        ticket: Ticket,
        entry: OutboxEntry,
        state: NoticeState,
        *,
        was: NoticeState,
        failure: str | None = None,
        again: datetime | None = None,
    ) -> None:
        await self._services.desk.settle_notice(
            ticket.number,
            entry.id,
            state,
            was=was,
            now=self._services.clock(),
            failure=failure,
            try_again_at=again,
        )

    async def _put_on_console(self, ticket: Ticket, entry: OutboxEntry) -> None:
        event = ticket.event(entry.event_seq)
        if entry.channel is NoticeChannel.TELEPHONE:
            text = notices.render_call(ticket, event, units=self._services.units)
            unit_id = notices.caller(ticket, event)
            await self._services.console_notices.put(
                entry, number=ticket.number, unit_id=unit_id, text=text, at=event.at
            )
            return
        text = notices.render(ticket, event, entry.audience, units=self._services.units)
        if entry.recipient is not None:
            await put_alarm(
                entry,
                event,
                number=ticket.number,
                text=text,
                now=self._services.clock(),
                rosters=self._rosters,
                console=self._services.console_notices,
            )
            return
        await self._services.console_notices.put(
            entry, number=ticket.number, unit_id=notices.addressee(event), text=text, at=event.at
        )

    # ---- messages that could not be answered within WeChat's five seconds

    async def answer_late_messages(self, now: datetime) -> int:
        late = await self._services.late_messages.find_late(now)
        for message in late:
            try:
                await self._answer_late(message, now)
            except Exception as error:
                # Nothing was sent, or the outcome is unknown and the message is off the list.
                log.error("late answer failed", key=message.key[:12], error=type(error).__name__)
        return len(late)

    async def _answer_late(self, message: IncomingMessage, now: datetime) -> None:
        """Push the reply the dialogue gives, the same for the same message however often it is asked."""
        late_messages = self._services.late_messages
        try:
            reply = await self._services.dialogue(message, now=now)
        except Exception as error:
            log.error("late message not answered", key=message.key[:12], error=type(error).__name__)
            await late_messages.postpone(message.key, until=now + RETRY_AFTER[0])
            return
        client = self._services.wechat_clients.get(message.account)
        # Off the list before sending: two workers must not both send, nor anybody after an unknown outcome.
        if not await late_messages.done(message.key) or not reply or client is None:
            return
        try:
            await client.send_text(message.openid, reply)
        except DeliveryRefused as refusal:
            log.warning("late answer refused", code=refusal.code)
            if refusal.klass in _PASSING:
                await late_messages.postpone(message.key, until=now + RETRY_AFTER[0])
        except DeliveryUnknown:
            log.warning("late answer has an unknown outcome")


_PASSING = frozenset({DeliveryClass.BUSY, DeliveryClass.TOKEN, DeliveryClass.ACCOUNT})
"""Refusals that pass: the platform or our account is at fault, not the citizen or the message."""


_UNREACHABLE = frozenset({DeliveryClass.WINDOW, DeliveryClass.CITIZEN})
"""Refusals that end when the citizen writes again: the window was closed, or they did not follow."""


def _next_try(entry: OutboxEntry, refusal: DeliveryRefused, now: datetime) -> datetime | None:
    """When a refused notice is worth another attempt."""
    if refusal.klass not in _PASSING or entry.attempts >= len(RETRY_AFTER):
        return None
    return now + RETRY_AFTER[entry.attempts]
