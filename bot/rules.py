"""The rules of time at work: previewed on open tickets, put on them when asked, and followed while running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from bot import notices
from routing.acts import notes
from routing.acts.writing import TicketWriter
from routing.departments import Units
from routing.errors import Refused, StaleTicket
from routing.mongo_store import AWARE, Database, MongoTicketStore, from_document
from routing.ticket import Ticket
from routing.timing.profile_store import MongoProfileStore, Rules
from routing.timing.sla import Profile, Promise
from routing.timing.what_if import Preview, preview
from routing.timing.working_calendar import missing_notice_alarm
from routing.workflow import Actor, Role

log = structlog.get_logger(__name__)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of putting a preview on the tickets."""

    done: tuple[str, ...]
    passed_over: tuple[str, ...]
    """Acted on by somebody meanwhile: preview again."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """A preview, and which write of each changed ticket it saw."""

    preview: Preview
    writes: dict[str, int]


async def preview_open(
    database: Database, *, present: Profile, proposed: Profile, installation: bool = True
) -> Previewed:
    """What ``proposed`` would change on every open ticket that goes by it; counted in a thread, batch by batch.

    ``installation``: it is the installation's profile, by which all tickets go whose account has none of its own.
    """
    total, writes = Preview(0, 0, (), ()), {}
    names: list[str | None] = [proposed.name, None] if installation else [proposed.name]
    async for tickets in _open_tickets(database, names):
        found = await asyncio.to_thread(preview, tickets, present=present, proposed=proposed)
        total = _sum(total, found)
        changed = set(found.numbers)
        writes.update({ticket.number: ticket.writes for ticket in tickets if ticket.number in changed})
    return Previewed(total, writes)


def together(previewed: Iterable[Previewed]) -> Previewed:
    """The previews of several profiles as one; no ticket goes by two."""
    total, writes = Preview(0, 0, (), ()), {}
    for each in previewed:
        total = _sum(total, each.preview)
        writes.update(each.writes)
    return Previewed(total, writes)


def _sum(one: Preview, other: Preview) -> Preview:
    return Preview(
        one.tickets + other.tickets,
        one.limits + other.limits,
        one.changes + other.changes,
        one.unclear + other.unclear,
    )


async def other_profiles(database: Database, installation: str) -> list[str]:
    """The names of the profiles open tickets go by, beside the installation's own."""
    found = await database.get_collection("tickets").distinct("profile", {"open": True})
    return sorted(name for name in found if name is not None and name != installation)


async def _open_tickets(database: Database, profiles: list[str | None]) -> AsyncIterator[list[Ticket]]:
    tickets: list[Ticket] = []
    found = database.get_collection("tickets", codec_options=AWARE).find(
        {"clocks.state": "running", "open": True, "profile": {"$in": profiles}}, batch_size=BATCH
    )
    async for document in found:
        tickets.append(from_document(document))
        if len(tickets) == BATCH:
            yield tickets
            tickets = []
    if tickets:
        yield tickets


async def apply_to_open(
    database: Database, found: Previewed, *, proposed: Profile, by: str, now: datetime, reason: str
) -> Applied:
    """Put the previewed dates on the tickets, each in one write with its events. A ticket written to since the
    preview is passed over, so that nobody's act is undone by a date worked out before it."""
    writer = TicketWriter(tickets=MongoTicketStore(database), profile=proposed, planner=notices.plan)
    actor = Actor("rules", by, Role.SYSTEM)
    done: list[str] = []
    passed_over: list[str] = []
    for number in found.preview.numbers:
        replan = partial(
            _replan,
            seen=found.writes[number],
            replacements=found.preview.of(number),
            actor=actor,
            now=now,
            reason=reason,
        )
        try:
            await writer.act(number, actor, None, replan)
            done.append(number)
        except Refused:
            passed_over.append(number)
    return Applied(tuple(done), tuple(passed_over))


def _replan(
    ticket: Ticket,
    *,
    seen: int,
    replacements: Mapping[int, Promise],
    actor: Actor,
    now: datetime,
    reason: str,
) -> None:
    if ticket.writes != seen:
        raise StaleTicket(ticket.number, ticket.version)
    notes.replan(ticket, replacements, actor=actor, now=now, reason=reason)


class LiveRules:
    """Follows imported calendars and profiles: every process takes a new version within seconds, no restart."""

    def __init__(
        self, database: Database, name: str, *, units: Callable[[], Units], use: Callable[[Profile], None]
    ) -> None:
        self._profiles = MongoProfileStore(database)
        self._name = name
        self._units = units
        self._use = use
        self._at_work: Rules | None = None
        self._bound_to: Units | None = None

    @property
    def at_work(self) -> Rules | None:
        return self._at_work

    def alarm(self, now: datetime) -> str | None:
        """What administrators must do about a missing yearly notice, for /readyz; None for nothing."""
        years = self._at_work.profile.calendar.years if self._at_work else frozenset()
        return missing_notice_alarm(now, years=years)

    async def refresh(self) -> bool:
        """Take what is new; True when something was. A text that cannot be used leaves the one before at work."""
        versions = await self._profiles.versions(self._name)
        before, units = self._at_work, self._units()
        same = before is not None and versions == (before.profile_version, before.calendar_version)
        if same and units is self._bound_to:
            return False
        rules = before if same and before is not None else await self._profiles.rules(self._name)
        for name in rules.profile.unknown_calendars(units.all()):
            log.warning("a unit names a calendar the profile does not have", calendar=name)
        self._at_work, self._bound_to = rules, units
        # The whole profile at once: an act under way ends by the rules it began with.
        self._use(rules.profile.for_units(units.all()))
        return True


class RulesOfAccounts:
    """The profiles accounts have of their own, followed like the installation's."""

    def __init__(
        self,
        database: Database,
        names: Iterable[str],
        *,
        units: Callable[[], Units],
        use: Callable[[Mapping[str, Profile]], None],
    ) -> None:
        self._use = use
        self._profiles: Mapping[str, Profile] = {}
        self._each = [
            LiveRules(database, name, units=units, use=partial(self._take, name))
            for name in dict.fromkeys(names)
        ]

    async def refresh(self) -> None:
        """Take what is new; raises ``UnknownProfile``."""
        for rules in self._each:
            await rules.refresh()

    def _take(self, name: str, profile: Profile) -> None:
        self._profiles = {**self._profiles, name: profile}
        self._use(self._profiles)
