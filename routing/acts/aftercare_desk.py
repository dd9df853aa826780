"""What the centre does beside and after the handling: visits, archive, urgency, repeats, published answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from routing.acts import emergencies, notes, visits
from routing.acts.writing import TicketWriter
from routing.events import Solved, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import Promise
from routing.workflow import Action, Actor


class AftercareDesk:
    """One versioned write each."""

    def __init__(self, writer: TicketWriter) -> None:
        self._writer = writer

    async def visit(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        outcome: VisitOutcome,
        solved: Solved | None = None,
        stars: int | None = None,
        comment: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: visits.visit(
                t,
                profile=self._writer.profile_of(t),
                actor=actor,
                now=now,
                outcome=outcome,
                solved=solved,
                stars=stars,
                comment=comment,
            ),
            action=Action.VISIT,
        )

    async def archive(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: visits.archive(t, actor=actor, now=now, reason=reason),
            action=Action.ARCHIVE,
        )

    async def mark_emergency(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: emergencies.mark_emergency(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason
            ),
            action=Action.MARK_EMERGENCY,
        )

    async def note_repeat(
        self, number: str, earlier: str, *, actor: Actor, version: int | None, now: datetime
    ) -> Ticket:
        """Raises ``UnknownTicket`` for an earlier number there is none of."""
        before = await self._writer.tickets.get(earlier)
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: notes.note_repeat(t, earlier, actor=actor, now=now, earlier_at=before.received_at),
            action=Action.NOTE_REPEAT,
        )

    async def publish_reply(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: notes.publish_reply(t, actor=actor, now=now, text=text),
            action=Action.PUBLISH_REPLY,
        )

    async def replan(
        self,
        number: str,
        replacements: Mapping[int, Promise],
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str,
    ) -> Ticket:
        """Other dates for running clocks, worked out by whoever changed the calendar or the profile."""
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: notes.replan(t, replacements, actor=actor, now=now, reason=reason),
        )
