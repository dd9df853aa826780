"""What a unit asks of the centre and what the centre decides: one versioned write each."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from routing.acts import exclusions, extensions, pauses, returns
from routing.acts.acting import Acting
from routing.acts.writing import TicketWriter
from routing.departments import UnitId
from routing.disclosure import applications
from routing.ticket import Ticket
from routing.workflow import Action


class ReviewDesk:
    """Answers under review, arbitration, 延期, 挂账 and other pauses, 申诉剔除."""

    def __init__(self, writer: TicketWriter) -> None:
        self._writer = writer

    async def decide_reply(
        self, number: str, *, approved: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: t.decide_reply(approved=approved, **given.by, reason=reason),
            action=Action.DECIDE_REPLY,
            **acting,
        )

    async def arbitrate(
        self, number: str, *, reason: str, basis: str, fallback: UnitId, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: returns.arbitrate(
                t, **given.timed, reason=reason, basis=basis, fallback=fallback
            ),
            action=Action.ARBITRATE,
            **acting,
        )

    async def request_extension(
        self, number: str, *, reason: str, amount: int | None = None, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: extensions.request_extension(t, **given.timed, reason=reason, amount=amount),
            action=Action.EXTEND,
            **acting,
        )

    async def decide_extension(
        self, number: str, *, approved: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: extensions.decide_extension(t, approved=approved, **given.timed, reason=reason),
            action=Action.DECIDE_EXTENSION,
            **acting,
        )

    async def request_suspension(
        self, number: str, *, reason: str, until: datetime | None, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: pauses.request_suspension(t, **given.timed, reason=reason, until=until),
            action=Action.SUSPEND,
            **acting,
        )

    async def decide_suspension(
        self, number: str, *, approved: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: pauses.decide_suspension(t, approved=approved, **given.by, reason=reason),
            action=Action.DECIDE_SUSPENSION,
            **acting,
        )

    async def ask_material(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: pauses.ask_material(t, **given.timed, text=text),
            action=Action.ASK_MATERIAL,
            **acting,
        )

    async def consult(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: applications.consult(t, **given.timed, text=text),
            action=Action.CONSULT,
            **acting,
        )

    async def resume(self, number: str, *, reason: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: pauses.resume(t, **given.timed, reason=reason),
            action=Action.RESUME,
            **acting,
        )

    async def appeal_exclusion(
        self, number: str, *, reason: str, basis: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: exclusions.appeal_exclusion(t, **given.timed, reason=reason, basis=basis),
            action=Action.APPEAL_EXCLUSION,
            **acting,
        )

    async def decide_exclusion(
        self, number: str, *, approved: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: exclusions.decide_exclusion(t, approved=approved, **given.by, reason=reason),
            action=Action.DECIDE_EXCLUSION,
            **acting,
        )
