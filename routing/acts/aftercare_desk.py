"""What the centre does beside and after the handling: visits, archive, urgency, repeats, published answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from routing.acts import emergencies, notes, visits
from routing.acts.acting import Acting
from routing.acts.writing import TicketWriter
from routing.events import Solved, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import Promise
from routing.workflow import Action


class AftercareDesk:
    """One versioned write each."""

    def __init__(self, writer: TicketWriter) -> None:
        self._writer = writer

    async def visit(
        self,
        number: str,
        *,
        outcome: VisitOutcome,
        solved: Solved | None = None,
        stars: int | None = None,
        comment: str | None = None,
        **acting: Unpack[Acting],
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: visits.visit(
                t, **given.timed, outcome=outcome, solved=solved, stars=stars, comment=comment
            ),
            action=Action.VISIT,
            **acting,
        )

    async def archive(self, number: str, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: visits.archive(t, **given.by, reason=reason),
            action=Action.ARCHIVE,
            **acting,
        )

    async def mark_emergency(self, number: str, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: emergencies.mark_emergency(t, **given.timed, reason=reason),
            action=Action.MARK_EMERGENCY,
            **acting,
        )

    async def note_repeat(self, number: str, earlier: str, **acting: Unpack[Acting]) -> Ticket:
        """Raises ``UnknownTicket`` for an earlier number there is none of."""
        before = await self._writer.tickets.get(earlier)
        return await self._writer.do(
            number,
            lambda t, given: notes.note_repeat(t, earlier, **given.by, earlier_at=before.received_at),
            action=Action.NOTE_REPEAT,
            **acting,
        )

    async def publish_reply(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: notes.publish_reply(t, **given.by, text=text),
            action=Action.PUBLISH_REPLY,
            **acting,
        )

    async def note_file(
        self, number: str, name: str, *, shown: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        """What the citizen sees of an answer's files was changed by whoever answers for the ticket."""
        return await self._writer.do(
            number,
            lambda t, given: notes.note_file(t, name, shown=shown, **given.by, reason=reason),
            **acting,
        )

    async def replan(
        self, number: str, replacements: Mapping[int, Promise], *, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        """Other dates for running clocks, worked out by whoever changed the calendar or the profile."""
        return await self._writer.do(
            number, lambda t, given: notes.replan(t, replacements, **given.by, reason=reason), **acting
        )
