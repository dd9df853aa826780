"""What a unit asks of the centre and what the centre decides: one versioned write each."""

from __future__ import annotations

from datetime import datetime

from routing.acts import exclusions, extensions, pauses, returns
from routing.acts.writing import TicketWriter
from routing.departments import UnitId
from routing.disclosure import applications
from routing.ticket import Ticket
from routing.workflow import Action, Actor


class ReviewDesk:
    """Answers under review, arbitration, 延期, 挂账 and other pauses, 申诉剔除."""

    def __init__(self, writer: TicketWriter) -> None:
        self._writer = writer

    async def decide_reply(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, approved: bool, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.decide_reply(approved=approved, actor=actor, now=now, reason=reason),
            action=Action.DECIDE_REPLY,
        )

    async def arbitrate(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str,
        basis: str,
        fallback: UnitId,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: returns.arbitrate(
                t,
                profile=self._writer.profile_of(t),
                actor=actor,
                now=now,
                reason=reason,
                basis=basis,
                fallback=fallback,
            ),
            action=Action.ARBITRATE,
        )

    async def request_extension(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str,
        amount: int | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: extensions.request_extension(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason, amount=amount
            ),
            action=Action.EXTEND,
        )

    async def decide_extension(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, approved: bool, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: extensions.decide_extension(
                t, approved=approved, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason
            ),
            action=Action.DECIDE_EXTENSION,
        )

    async def request_suspension(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str,
        until: datetime | None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: pauses.request_suspension(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason, until=until
            ),
            action=Action.SUSPEND,
        )

    async def decide_suspension(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, approved: bool, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: pauses.decide_suspension(t, approved=approved, actor=actor, now=now, reason=reason),
            action=Action.DECIDE_SUSPENSION,
        )

    async def ask_material(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: pauses.ask_material(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, text=text
            ),
            action=Action.ASK_MATERIAL,
        )

    async def consult(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: applications.consult(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, text=text
            ),
            action=Action.CONSULT,
        )

    async def resume(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: pauses.resume(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason
            ),
            action=Action.RESUME,
        )

    async def appeal_exclusion(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str, basis: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: exclusions.appeal_exclusion(
                t, profile=self._writer.profile_of(t), actor=actor, now=now, reason=reason, basis=basis
            ),
            action=Action.APPEAL_EXCLUSION,
        )

    async def decide_exclusion(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, approved: bool, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: exclusions.decide_exclusion(t, approved=approved, actor=actor, now=now, reason=reason),
            action=Action.DECIDE_EXCLUSION,
        )
