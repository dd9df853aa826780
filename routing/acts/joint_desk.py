"""Work of several units on one ticket: co-handling, relays down the levels, 督办 letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from routing.acts import co_handling, letters, relays
from routing.acts.writing import TicketWriter
from routing.departments import UnitId, Units
from routing.errors import NotBelow
from routing.ticket import Ticket
from routing.workflow import Action, Actor


class JointDesk:
    """Each act is checked against the unit whose it is: a co-handler answers for itself, not for the lead."""

    def __init__(self, writer: TicketWriter, units: Callable[[], Units]) -> None:
        self._writer = writer
        self._units = units

    async def co_handle(
        self,
        number: str,
        unit_ids: Sequence[UnitId],
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        text: str,
    ) -> Ticket:
        for unit_id in unit_ids:
            self._units().get(unit_id)
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: co_handling.co_handle(
                t, unit_ids, profile=self._writer.profile_of(t), actor=actor, now=now, text=text
            ),
            action=Action.CO_HANDLE,
        )

    async def answer_co_handling(
        self, number: str, unit_id: UnitId, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: co_handling.answer_co_handling(t, unit_id, actor=actor, now=now, text=text),
            action=Action.ANSWER_CO_HANDLING,
            of_unit=lambda t: unit_id,
        )

    async def waive_co_handling(
        self, number: str, unit_id: UnitId, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: co_handling.waive_co_handling(t, unit_id, actor=actor, now=now, reason=reason),
            action=Action.WAIVE_CO_HANDLING,
        )

    async def relay(
        self, number: str, unit_id: UnitId, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        """Raises ``NotBelow`` for a unit that does not stand under the one that has the ticket."""
        self._units().get(unit_id)

        def relay(ticket: Ticket) -> None:
            above = ticket.unit_id
            if above is not None and unit_id not in self._units().subtree(above):
                raise NotBelow(unit_id)
            relays.relay(
                ticket, unit_id, profile=self._writer.profile_of(ticket), actor=actor, now=now, reason=reason
            )

        return await self._writer.act(number, actor, version, relay, action=Action.RELAY)

    async def recall(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: relays.recall(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason
            ),
            action=Action.RECALL,
            of_unit=_upper,
        )

    async def urge_below(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: relays.urge_below(t, actor=actor, now=now, text=text),
            action=Action.URGE_BELOW,
            of_unit=_upper,
        )

    async def escalate(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: letters.escalate(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, text=text
            ),
            action=Action.ESCALATE,
        )

    async def receive_letter(
        self, number: str, letter_id: str, *, actor: Actor, version: int | None, now: datetime
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: letters.receive_letter(t, letter_id, actor=actor, now=now),
            action=Action.RECEIVE_LETTER,
            of_unit=lambda t: _addressee(t, letter_id),
        )

    async def answer_letter(
        self, number: str, letter_id: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: letters.answer_letter(t, letter_id, actor=actor, now=now, text=text),
            action=Action.ANSWER_LETTER,
            of_unit=lambda t: _addressee(t, letter_id),
        )


def _upper(ticket: Ticket) -> UnitId | None:
    return relays.above(ticket) or ticket.unit_id


def _addressee(ticket: Ticket, letter_id: str) -> UnitId | None:
    letter = letters.find_letter(ticket, letter_id)
    return letter.to_unit if letter else ticket.unit_id
