"""The one way a ticket is changed: load, ask the aggregate, plan the notices, save once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Unpack

from routing.acts.acting import Acting, Given
from routing.departments import UnitId
from routing.errors import NotYourUnit, StaleTicket, UnknownTicket
from routing.events import Event, PlannedNotice
from routing.store import TicketStore
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.workflow import Action, Actor, Role

_TRIES = 20
"""How often an act is taken again after losing a race: a parent of many duplicates loses several in a row."""
_PAUSE_S = 0.002
"""About so much longer before each further try, so that those who race do not meet again."""

NoticePlanner = Callable[[Ticket, Event], Iterable[PlannedNotice]]


class TicketWriter:
    """Loads, changes and saves tickets. ``profile`` and ``profiles`` may be replaced while running: promises made
    stay as they are."""

    def __init__(self, *, tickets: TicketStore, profile: Profile, planner: NoticePlanner) -> None:
        self.tickets = tickets
        self.profile = profile
        self.profiles: Mapping[str, Profile] = {}
        """Those of accounts that have their own, by name."""
        self.planner = planner

    def profile_of(self, ticket: Ticket) -> Profile:
        """The rules of time of this ticket: its account's own, or the installation's."""
        return self.profile_named(ticket.profile)

    def profile_named(self, name: str | None) -> Profile:
        """A name this process does not have gives the installation's rules: no citizen is turned away for it."""
        return self.profiles.get(name, self.profile) if name is not None else self.profile

    async def do(
        self,
        number: str,
        act: Callable[[Ticket, Given], object],
        *,
        key: str | None = None,
        action: Action | None = None,
        of_unit: Callable[[Ticket], UnitId | None] | None = None,
        **acting: Unpack[Acting],
    ) -> Ticket:
        """Do once what a person asks, by the rules of time of the ticket."""
        actor, now = acting["actor"], acting["now"]
        return await self.act(
            number,
            actor,
            acting["version"],
            lambda ticket: act(ticket, Given(actor, now, self.profile_of(ticket))),
            key=key,
            action=action,
            of_unit=of_unit,
        )

    async def act(
        self,
        number: str,
        actor: Actor,
        version: int | None,
        do: Callable[[Ticket], object],
        *,
        key: str | None = None,
        action: Action | None = None,
        of_unit: Callable[[Ticket], UnitId | None] | None = None,
    ) -> Ticket:
        """Do it once. ``of_unit`` names whose act it is, where that is not the unit that has the ticket."""
        for tried in range(_TRIES):
            await asyncio.sleep(random.uniform(0, tried * _PAUSE_S))
            ticket = await self.tickets.get(number)
            require_right(ticket, actor, action, of_unit)
            if key is not None and key in ticket.done_keys:
                return ticket
            if version is not None and version != ticket.version:
                raise StaleTicket(number, version)
            seq = len(ticket.events)
            do(ticket)
            if key is not None:
                ticket.done_keys = (*ticket.done_keys, key)
            if actor.role is not Role.SYSTEM:
                ticket.version += 1
            ticket.plan_notices(self.planner, since=seq)
            try:
                await self.tickets.save(ticket)
            except StaleTicket:
                if tried == _TRIES - 1:
                    raise
                continue
            return ticket
        raise AssertionError("unreachable: the last try saves or raises")


def may_read(ticket: Ticket, actor: Actor) -> bool:
    """Whether the ticket exists for this actor: it is their unit's, or their unit has a part in it."""
    return actor.answers_for(ticket.unit_id) or bool(actor.unit_ids & ticket.concerned)


def require_right(
    ticket: Ticket, actor: Actor, action: Action | None, of_unit: Callable[[Ticket], UnitId | None] | None
) -> None:
    """Raises ``UnknownTicket`` for who may not know of the ticket, ``NotYourUnit`` for who may only read it."""
    if not may_read(ticket, actor):
        raise UnknownTicket(ticket.number)
    if not actor.answers_for(of_unit(ticket) if of_unit else ticket.unit_id):
        raise NotYourUnit(action or "")
