"""Work of several units on one ticket: co-handling, relays down the levels, 督办 letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

from routing.acts import co_handling, letters, relays
from routing.acts.acting import Acting, Given
from routing.acts.writing import TicketWriter
from routing.departments import UnitId, Units
from routing.errors import NotBelow
from routing.ticket import Ticket
from routing.workflow import Action


class JointDesk:
    """Each act is checked against the unit whose it is: a co-handler answers for itself, not for the lead."""

    def __init__(self, writer: TicketWriter, units: Callable[[], Units]) -> None:
        self._writer = writer
        self._units = units

    async def co_handle(
        self, number: str, unit_ids: Sequence[UnitId], *, text: str, **acting: Unpack[Acting]
    ) -> Ticket:
        for unit_id in unit_ids:
            self._units().get(unit_id)
        return await self._writer.do(
            number,
            lambda t, given: co_handling.co_handle(t, unit_ids, **given.timed, text=text),
            action=Action.CO_HANDLE,
            **acting,
        )

    async def answer_co_handling(
        self, number: str, unit_id: UnitId, *, text: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: co_handling.answer_co_handling(t, unit_id, **given.by, text=text),
            action=Action.ANSWER_CO_HANDLING,
            of_unit=lambda t: unit_id,
            **acting,
        )

    async def waive_co_handling(
        self, number: str, unit_id: UnitId, *, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: co_handling.waive_co_handling(t, unit_id, **given.by, reason=reason),
            action=Action.WAIVE_CO_HANDLING,
            **acting,
        )

    async def relay(self, number: str, unit_id: UnitId, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        """Raises ``NotBelow`` for a unit that does not stand under the one that has the ticket."""
        self._units().get(unit_id)

        def relay(ticket: Ticket, given: Given) -> None:
            above = ticket.unit_id
            if above is not None and unit_id not in self._units().subtree(above):
                raise NotBelow(unit_id)
            relays.relay(ticket, unit_id, **given.timed, reason=reason)

        return await self._writer.do(number, relay, action=Action.RELAY, **acting)

    async def recall(self, number: str, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: relays.recall(t, **given.timed, reason=reason),
            action=Action.RECALL,
            of_unit=_upper,
            **acting,
        )

    async def urge_below(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: relays.urge_below(t, **given.by, text=text),
            action=Action.URGE_BELOW,
            of_unit=_upper,
            **acting,
        )

    async def escalate(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: letters.escalate(t, **given.timed, text=text),
            action=Action.ESCALATE,
            **acting,
        )

    async def receive_letter(self, number: str, letter_id: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: letters.receive_letter(t, letter_id, **given.by),
            action=Action.RECEIVE_LETTER,
            of_unit=lambda t: _addressee(t, letter_id),
            **acting,
        )

    async def answer_letter(
        self, number: str, letter_id: str, *, text: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: letters.answer_letter(t, letter_id, **given.by, text=text),
            action=Action.ANSWER_LETTER,
            of_unit=lambda t: _addressee(t, letter_id),
            **acting,
        )


def _upper(ticket: Ticket) -> UnitId | None:
    return relays.above(ticket) or ticket.unit_id


def _addressee(ticket: Ticket, letter_id: str) -> UnitId | None:
    letter = letters.find_letter(ticket, letter_id)
    return letter.to_unit if letter else ticket.unit_id
