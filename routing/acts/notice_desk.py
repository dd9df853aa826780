"""The ledger of what was to be told, as those who deliver it write it: one write a step."""

from __future__ import annotations

from datetime import datetime

from routing.acts import notes, outbox
from routing.acts.outbox import NO_STEP, Step
from routing.acts.writing import TicketWriter
from routing.errors import NotYourRole, StaleTicket
from routing.events import NoticeState, OutboxEntry
from routing.store import IdentityStore
from routing.ticket import Ticket
from routing.workflow import CENTRE_ROLES, SYSTEM, Actor, Role

INTERRUPTED = "interrupted"
"""The failure noted for a delivery whose worker died while sending."""


class NoticeDesk:
    """Who delivers claims a notice before sending it and writes down what became of it."""

    def __init__(self, writer: TicketWriter, identities: IdentityStore) -> None:
        self._writer = writer
        self._identities = identities

    async def settle_notice(
        self,
        number: str,
        entry_id: str,
        state: NoticeState,
        *,
        was: NoticeState,
        now: datetime,
        failure: str | None = None,
        try_again_at: datetime | None = None,
        step: Step = NO_STEP,
        attempt: int | None = None,
    ) -> Ticket:
        """Write the delivery ledger, if the entry still stands where the caller saw it (``was``, and ``attempt`` is
        its count): of two workers one goes on and the other gets ``StaleTicket``. A claim (``sending``) is taken over
        only once it expired."""

        def settle(ticket: Ticket) -> None:
            entry = _entry(ticket, entry_id)
            taken_over = was is NoticeState.SENDING and failure == INTERRUPTED
            alive = entry.next_attempt_at is not None and entry.next_attempt_at > now
            moved_on = entry.state is not was or (attempt is not None and entry.attempts != attempt)
            if moved_on or (taken_over and alive):
                raise StaleTicket(number, ticket.version)
            outbox.settle(
                ticket, entry_id, state, now=now, failure=failure, try_again_at=try_again_at, step=step
            )

        return await self._writer.act(number, SYSTEM, None, settle)

    async def keep_for_next_message(
        self,
        number: str,
        entry_id: str,
        *,
        now: datetime,
        failure: str,
        was: NoticeState = NoticeState.SENDING,
        look_again_at: datetime | None = None,
        step: Step = NO_STEP,
    ) -> None:
        """The citizen cannot be reached now: keep the notice until they write again. Safe to repeat, and repeated
        at ``look_again_at``: a worker may die between the two writes."""
        await self.settle_notice(
            number,
            entry_id,
            NoticeState.WAITING,
            was=was,
            now=now,
            failure=failure,
            try_again_at=look_again_at,
            step=step,
        )
        # After the entry: a citizen who writes in between is found by the next refusal, never told twice.
        await self._identities.note_waiting(number)

    async def report_notice(self, message_id: str, *, arrived: bool, code: str, now: datetime) -> bool:
        """Write a channel's report on one message; False where no ticket knows the message (yet)."""
        number = await self._writer.tickets.find_by_message(message_id)
        if number is None:
            return False
        await self._writer.act(
            number,
            SYSTEM,
            None,
            lambda t: outbox.report(t, message_id, arrived=arrived, code=code, now=now),
        )
        return True

    async def repeat_notice(
        self, number: str, entry_id: str, *, actor: Actor, reason: str, now: datetime
    ) -> Ticket:
        """Somebody of the centre sends a notice again; the ticket's history says who and why."""
        if actor.role not in CENTRE_ROLES and actor.role is not Role.ADMINISTRATOR:
            raise NotYourRole("repeat_notice", actor.role)
        # An administrator reads no ticket, and learns nothing of this one by having its notice sent.
        writer = SYSTEM if actor.role is Role.ADMINISTRATOR else actor
        return await self._writer.act(
            number, writer, None, lambda t: outbox.repeat(t, entry_id, actor=actor, reason=reason, now=now)
        )

    async def note_read(self, number: str, *, now: datetime) -> None:
        """The citizen opened the ticket: what they were told before is read. Nothing is written if all was."""
        if outbox.note_read(await self._writer.tickets.get(number), now=now):
            await self._writer.act(number, SYSTEM, None, lambda t: outbox.note_read(t, now=now))

    async def ask_to_resend(self, number: str, what: str, *, now: datetime) -> None:
        """Photos or voice messages are lost for good: their citizen hears of it as of everything else, once."""
        await self._writer.act(
            number, SYSTEM, None, lambda t: notes.ask_to_resend(t, what, actor=SYSTEM, now=now)
        )

    async def resume_notices(self, *, account: str, openid: str, now: datetime) -> int:
        """The citizen wrote, so the window is open: queue what waited. Returns on how many tickets."""
        numbers = await self._identities.take_waiting(account=account, openid=openid)
        for number in numbers:
            await self._writer.act(number, SYSTEM, None, lambda t: outbox.resume(t, now=now))
        return len(numbers)


def _entry(ticket: Ticket, entry_id: str) -> OutboxEntry:
    return next(e for e in ticket.outbox if e.id == entry_id)
