"""依申请公开: one versioned write an act, and the three registers' numbers brought onto the ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, Unpack

import structlog

from routing.acts.acting import Acting
from routing.acts.writing import TicketWriter, require_right
from routing.disclosure import applications
from routing.disclosure.acts import Application
from routing.disclosure.rules import Register
from routing.errors import NotProvided, Refused, StaleTicket
from routing.store import Sweep
from routing.ticket import Ticket
from routing.workflow import SYSTEM, Action, Actor

log = structlog.get_logger(__name__)


class NumbersApplications(Protocol):
    """The registers: ``routing.disclosure.store``."""

    async def assign(self, application: Application, register: Register, *, at: datetime) -> str:
        """The application's number in that register, the same however often it is asked for."""


class DisclosureDesk:
    """补正, 第三方意见, 答复 and the registers 登记, 备案, 归档."""

    def __init__(self, writer: TicketWriter, register: NumbersApplications | None) -> None:
        self._writer = writer
        self._register = register

    async def ask_correction(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: applications.ask_correction(t, **given.timed, text=text),
            action=Action.ASK_CORRECTION,
            **acting,
        )

    async def hear_third_party(
        self, number: str, *, consents: bool, text: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: applications.hear_third_party(t, **given.timed, consents=consents, text=text),
            action=Action.HEAR_THIRD_PARTY,
            **acting,
        )

    async def decide(
        self, number: str, *, ground: str, reason: str, text: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: applications.decide(t, **given.timed, ground=ground, reason=reason, text=text),
            action=Action.DECIDE_DISCLOSURE,
            **acting,
        )

    async def enter_register(
        self, number: str, register: Register, *, actor: Actor, version: int | None, now: datetime
    ) -> Ticket:
        """The next number of that register and its event. A number given before a crash is the one found again."""
        ticket = await self._writer.tickets.get(number)
        require_right(ticket, actor, Action.ENTER_REGISTER, None)
        if version is not None and version != ticket.version:
            raise StaleTicket(number, version)
        # A register has no gaps: every refusal comes before its number is given, tried on what is thrown away.
        applications.enter_register(ticket, register, "试", actor=actor, now=now)
        assigned = await self._assign(await self._writer.tickets.get(number), register, now)
        return await self._writer.do(
            number,
            lambda t, given: applications.enter_register(t, register, assigned, **given.by),
            action=Action.ENTER_REGISTER,
            actor=actor,
            version=version,
            now=now,
        )

    async def enter(self, number: str, *, now: datetime) -> Ticket:
        """登记 by itself, once: right after intake, or by the worker where that was cut off."""
        ticket = await self._writer.tickets.get(number)
        if not applications.owes_entry(ticket):
            return ticket
        given = await self._assign(ticket, Register.ENTRY, now)
        return await self._writer.act(
            number, SYSTEM, None, lambda t: applications.enter_by_system(t, given, now=now)
        )

    async def enter_what_is_owed(self, now: datetime, *, limit: int = 100) -> int:
        """Every application without its number; returns how many were looked at."""
        if self._register is None:
            return 0
        numbers = await self._writer.tickets.numbers_due(Sweep.ENTRIES, now, limit=limit)
        for number in numbers:
            try:
                await self.enter(number, now=now)
            except Refused as refused:
                log.warning("application not entered", number=number, why=type(refused).__name__)
        return len(numbers)

    async def _assign(self, ticket: Ticket, register: Register, now: datetime) -> str:
        if self._register is None:
            raise NotProvided(Action.ENTER_REGISTER)
        at = ticket.received_at if register is Register.ENTRY else now
        return await self._register.assign(applications.application_of(ticket), register, at=at)
