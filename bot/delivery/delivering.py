"""Delivers what the tickets' outboxes hold for people: one claimed attempt at a time, up the ladder, each written down at once.

All truth is on the tickets, so a worker that dies loses nothing and any number of them may run.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot import notices
from bot.alarm_delivery import put_alarm
from bot.delivery import ladder
from bot.delivery.ladder import Verdict
from bot.delivery.quiet_hours import QuietHours
from bot.delivery.sending import Sending
from bot.delivery.words import NoticeWords, notice_words
from bot.given_answers import given_answers
from bot.photos.words import come_with
from bot.services import Services
from bot.web.citizen_links import citizen_page
from routing.acts.notice_desk import INTERRUPTED
from routing.acts.outbox import Step
from routing.citizen_request import Citizen
from routing.duty.roster_store import MongoRosterStore
from routing.errors import StaleTicket
from routing.events import Audience, EventKind, NoticeChannel, NoticeState, OutboxEntry, Rung
from routing.store import Sweep
from routing.ticket import Ticket
from routing.workflow import SYSTEM, Actor, Role

log = structlog.get_logger(__name__)

BATCH = 100
AT_ONCE = 10
"""Tickets in delivery at the same time: a platform that hangs holds up no alarm."""
CLAIM = timedelta(minutes=2)
"""A notice still ``sending`` after this long was cut off by a crash."""
PUT_OFF = timedelta(minutes=1)
_SOME_LIAISON = Actor("notices", "", Role.LIAISON)
"""A reader of no unit, who may know of nobody who asked."""
_ANSWERS = (
    EventKind.REPLIED,
    EventKind.RESOLVED,
    EventKind.ANSWERED_WITH_PARENT,
    EventKind.INTERIM_REPLIED,
)
"""What may come with files of the unit."""


class NoticeDelivery:
    """One sweep over the outboxes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sending = Sending(services)
        self._quiet = QuietHours.of(services.settings.sms_hours)

    async def deliver_notices(self, now: datetime) -> int:
        """Attempt every notice that is due; returns how many tickets had one."""
        numbers = await self._services.tickets.numbers_due(Sweep.OUTBOX, now, limit=BATCH)
        places = asyncio.Semaphore(AT_ONCE)

        async def deliver(number: str) -> None:
            async with places:
                await self._deliver_all(number, now)

        await asyncio.gather(*(deliver(number) for number in numbers))
        return len(numbers)

    async def settle_reports(self, now: datetime) -> int:
        """Take up reports that came before our own note of the sending."""
        return await self._services.delivery.reports.settle_open(now, limit=BATCH)

    async def _deliver_all(self, number: str, now: datetime) -> None:
        """One ticket's notices. A ticket that cannot be read or written must not hold up the others."""
        try:
            ticket = await self._services.tickets.get(number)
            for entry in ticket.outbox:
                due = entry.next_attempt_at is not None and entry.next_attempt_at <= now
                if due and not entry.to_platform:
                    await self._deliver(ticket, entry)
        except StaleTicket:
            return  # somebody is at work on it; the next sweep looks again
        except Exception as error:
            log.error("notices failed", number=number, error=type(error).__name__)
            await self._services.tickets.put_off(number, Sweep.OUTBOX, now + PUT_OFF)

    async def _deliver(self, ticket: Ticket, entry: OutboxEntry) -> None:
        now = self._services.clock()
        if entry.channel is not NoticeChannel.WECHAT:
            # Writing the same console notice twice changes nothing, so it needs no claim.
            await self._put_on_console(ticket, entry)
            await self._write(ticket, entry, Verdict(state=NoticeState.SENT), now)
        elif entry.state is NoticeState.SENDING:
            await self._write(ticket, entry, ladder.interrupted(entry, INTERRUPTED, now=now), now)
        elif entry.state is NoticeState.WAITING:
            await self._look_after(ticket, entry, now)
        else:
            await self._climb(ticket, entry)

    async def _climb(self, ticket: Ticket, entry: OutboxEntry) -> None:
        """Rung after rung, until one took it or nothing more can be done now."""
        # All that can fail without anything having been sent comes before the first claim.
        words = await self._words(ticket, entry)
        reason = f"notice {entry.id}"
        citizen = await self._services.identities.read(
            ticket.number, reader=SYSTEM, reason=reason, now=self._services.clock()
        )
        while True:
            now = self._services.clock()
            means = await self._sending.means(citizen, words, now=now)
            ended = ladder.too_late(entry, means, now=now)
            rung = ladder.next_rung(entry, means)
            if ended is not None or rung is None:
                await self._write(
                    ticket, entry, ended or ladder.at_the_end(entry, means, now=now), now, citizen
                )
                return
            if rung is Rung.SMS and words.waits_for_day and (morning := self._quiet.ends_at(now)) is not None:
                night = Verdict(state=NoticeState.QUEUED, failure=entry.failure, again_at=morning)
                await self._write(ticket, entry, night, now)
                return
            claim = Verdict(state=NoticeState.SENDING, again_at=now + CLAIM, step=Step(rung=rung))
            ticket, entry = await self._write(ticket, entry, claim, now)
            result = await self._sending.send(citizen, rung, entry, words, now=now)
            now = self._services.clock()
            ticket, entry = await self._write(
                ticket, entry, ladder.after(entry, result, means, now=now), now, citizen
            )
            if entry.state is not NoticeState.QUEUED or (entry.next_attempt_at or now) > now:
                return

    async def _look_after(self, ticket: Ticket, entry: OutboxEntry, now: datetime) -> None:
        """What waits for its citizen: noted once more as waiting, until it is no longer news."""
        since = entry.settled_at or now
        ends_at = since + timedelta(days=self._services.settings.notice_days)
        if now >= ends_at:
            await self._write(ticket, entry, Verdict(state=NoticeState.EXPIRED, failure=entry.failure), now)
            return
        verdict = Verdict(state=NoticeState.WAITING, failure=entry.failure, again_at=ends_at)
        await self._write(ticket, entry, verdict, now)

    async def _write(
        self,
        ticket: Ticket,
        entry: OutboxEntry,
        verdict: Verdict,
        now: datetime,
        citizen: Citizen | None = None,
    ) -> tuple[Ticket, OutboxEntry]:
        """Write the verdict, if the notice stands where we saw it; gives both as they are now."""
        ledger = self._services.desk.notices
        if verdict.state is NoticeState.WAITING:
            await ledger.keep_for_next_message(
                ticket.number,
                entry.id,
                now=now,
                failure=verdict.failure or "",
                was=entry.state,
                look_again_at=verdict.again_at,
                step=verdict.step,
            )
            if citizen is not None and citizen.openid is not None:
                await self._services.delivery.waiting.add(citizen.account or "", citizen.openid)
            return ticket, replace(entry, state=NoticeState.WAITING, next_attempt_at=verdict.again_at)
        saved = await ledger.settle_notice(
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
        if verdict.step.message_id is not None:
            await self._services.delivery.reports.settle(verdict.step.message_id, now=now)
        return saved, next(e for e in saved.outbox if e.id == entry.id)

    async def _words(self, ticket: Ticket, entry: OutboxEntry) -> NoticeWords:
        event = ticket.event(entry.event_seq)
        answer = None
        if event.kind in _ANSWERS:
            photos = await self._services.photos.of_ticket(ticket.number)
            answer = given_answers(ticket, photos).about(event)
        return notice_words(
            ticket,
            event,
            units=self._services.units,
            brings=come_with(answer.files) if answer else "",
            page=partial(citizen_page, self._services.settings.public_url),
            code=self._services.desk.query_code(ticket.number),
        )

    async def _put_on_console(self, ticket: Ticket, entry: OutboxEntry) -> None:
        event = ticket.event(entry.event_seq)
        console = self._services.console_notices
        if entry.channel is NoticeChannel.TELEPHONE:
            text = notices.render_call(ticket, event, units=self._services.units)
            unit_id = notices.caller(ticket, event)
            await console.put(entry, number=ticket.number, unit_id=unit_id, text=text, at=event.at)
            return
        if entry.audience is Audience.UNIT:
            # What a unit reads must not name a citizen it may not know, whoever wrote the name.
            (ticket,) = await self._services.queries.as_known_to(_SOME_LIAISON, ticket)
            event = ticket.event(entry.event_seq)
        text = notices.render(ticket, event, entry.audience, units=self._services.units)
        if entry.recipient is not None:
            await put_alarm(
                entry,
                event,
                number=ticket.number,
                text=text,
                now=self._services.clock(),
                rosters=MongoRosterStore(self._services.database),
                console=console,
            )
            return
        unit_id = notices.addressee(event)
        await console.put(entry, number=ticket.number, unit_id=unit_id, text=text, at=event.at)
