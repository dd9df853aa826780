"""Many people and several processes on the same tickets: nothing is lost, and who came second is told so."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from datetime import timedelta

import pytest

from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.errors import CannotLink, NotYourUnit, StaleTicket, UnknownTicket
from routing.events import EventKind
from routing.identity import Vault
from routing.mongo_store import Database
from routing.queries import Queries, TicketFilter
from routing.ticket import Ticket
from routing.workflow import Actor, Role, State
from tests.bot.errand_office import ACCOUNT, UNITS, CountingWeChat, Office
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, a_liaison, a_request

NOW = MONDAY_9_30
HOUR = timedelta(hours=1)
LIAISONS, TICKETS, ROUNDS = 50, 20, 6
SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, UNITS.subtree(UnitId("qh.government")))
WATER = UnitId("qh.water")


async def an_office(database: Database) -> Office:
    office = Office(database, clock=lambda: NOW, wechat=CountingWeChat())
    await office.prepare()
    return office


async def accepted(office: Office, n: int) -> Ticket:
    request = a_request(channel=Channel.WECHAT, external_number=f"C{n}", openid=f"o{n}", account=ACCOUNT)
    number = (await office.desk.register(request, now=NOW)).number
    await office.desk.dispatch(number, CITY_MANAGEMENT, actor=SUPERVISOR, version=None, now=NOW)
    return await office.desk.accept(number, actor=a_liaison(), version=None, now=NOW)


async def test_fifty_liaisons_on_twenty_tickets_lose_no_update(database: Database) -> None:
    """Each reads, then writes what they read about; a stale one reads again. What was saved is all there, once."""
    offices = [await an_office(database) for _ in range(3)]
    numbers = [(await accepted(offices[0], n)).number for n in range(TICKETS)]
    saved: Counter[str] = Counter()
    stale = 0

    async def works(person: int) -> None:
        nonlocal stale
        rng = random.Random(person)
        office = offices[person % len(offices)]
        actor = Actor(f"liaison{person}", f"联络员{person}", Role.LIAISON, frozenset({CITY_MANAGEMENT}))
        for round_ in range(ROUNDS):
            number = rng.choice(numbers)
            read = await office.tickets.get(number)
            await asyncio.sleep(0)
            said = f"{person}-{round_}"
            try:
                after = await office.desk.contact(
                    number, actor=actor, version=read.version, now=NOW, text=said
                )
            except StaleTicket:
                now_there = await office.tickets.get(number)
                assert now_there.version > read.version, "stale without another's change"
                assert all(e.text != said for e in now_there.events), "refused, and yet written"
                stale += 1
            else:
                assert after.version == read.version + 1
                saved[number] += 1

    await asyncio.gather(*(works(person) for person in range(LIAISONS)))
    assert sum(saved.values()) + stale == LIAISONS * ROUNDS
    assert stale > 0, "nobody ever met: the test shows nothing"
    for number in numbers:
        ticket = await offices[0].tickets.get(number)
        contacts = [e for e in ticket.events if e.kind is EventKind.CONTACTED]
        assert len(contacts) == saved[number]
        assert len({e.text for e in contacts}) == len(contacts)
        assert [e.seq for e in ticket.events] == list(range(1, len(ticket.events) + 1))
        # Registered at version 1, then dispatched and accepted: two acts of people before the contacts.
        assert ticket.version == 3 + len(contacts)


async def test_the_worker_and_people_on_the_same_ticket_both_get_through(database: Database) -> None:
    office, other = await an_office(database), await an_office(database)
    ticket = await accepted(office, 0)
    later = NOW + timedelta(days=30)

    async def notes_deadlines() -> None:
        for _ in range(10):
            await other.desk.check_deadlines(later)

    async def supplements(n: int) -> None:
        await office.desk.supplement(ticket.number, text=f"第{n}条", now=later, key=f"m{n}")

    await asyncio.gather(notes_deadlines(), *(supplements(n) for n in range(4)))
    await office.desk.check_deadlines(later)
    events = Counter(e.kind for e in (await office.tickets.get(ticket.number)).events)
    assert events[EventKind.SUPPLEMENTED] == 4
    assert events[EventKind.OVERDUE] == 2  # first contact and the reply


async def test_a_co_handler_reads_the_ticket_and_answers_only_for_itself(database: Database) -> None:
    office = await an_office(database)
    ticket = await accepted(office, 0)
    lead, helper, stranger = a_liaison(), a_liaison(HOUSING), a_liaison(WATER)
    queries = Queries(database, identities=office.identities, vault=Vault(b"k" * 32))
    await office.desk.joint.co_handle(
        ticket.number, [HOUSING], actor=lead, version=None, now=NOW, text="请核实权属"
    )
    assert (await queries.get(ticket.number, reader=helper)).number == ticket.number
    assert (await queries.search(TicketFilter(), reader=helper)).total == 1
    assert (await queries.search(TicketFilter(), reader=stranger)).total == 0
    for refused, actor in ((NotYourUnit, helper), (UnknownTicket, stranger)):
        with pytest.raises(refused):
            await office.desk.reply(ticket.number, actor=actor, text="我来答复", version=None, now=NOW)
    await office.desk.joint.answer_co_handling(
        ticket.number, HOUSING, actor=helper, version=None, now=NOW, text="属物业"
    )
    stored = await office.tickets.get(ticket.number)
    assert stored.co_handlers[0].answer == "属物业"


async def test_every_reporter_of_a_linked_matter_is_answered_and_a_withdrawn_parent_frees_them(
    database: Database,
) -> None:
    office = await an_office(database)
    parent, second, third, other = [await accepted(office, n) for n in range(4)]
    link = {"actor": SUPERVISOR, "version": None, "now": NOW, "reason": "同一件事"}
    await office.desk.links.link(second.number, parent.number, **link)  # type: ignore[arg-type]
    await office.desk.links.link(third.number, parent.number, **link)  # type: ignore[arg-type]
    assert (await office.tickets.get(parent.number)).children == (second.number, third.number)
    with pytest.raises(CannotLink):
        await office.desk.links.link(other.number, second.number, **link)  # type: ignore[arg-type]
    await office.desk.resolve(parent.number, actor=a_liaison(), version=None, now=NOW, text="已修好")
    while await office.desk.links.settle_links(NOW):
        pass
    for child in (second, third):
        stored = await office.tickets.get(child.number)
        assert (stored.state, stored.reply_text) == (State.RESOLVED, "已修好")
    later = await accepted(office, 9)
    await office.desk.links.link(later.number, other.number, **link)  # type: ignore[arg-type]
    await office.desk.withdraw(other.number, now=NOW, reason="")
    while await office.desk.links.settle_links(NOW):
        pass
    assert (await office.tickets.get(later.number)).state is State.RECEIVED


async def test_a_child_and_a_closing_parent_at_the_same_time_leave_nobody_unanswered(
    database: Database,
) -> None:
    """The parent closes while duplicates are being linked: each is refused, or answered."""
    office, other = await an_office(database), await an_office(database)
    parent = await accepted(office, 0)
    children = [await accepted(office, n) for n in range(1, 9)]

    async def link(child: Ticket) -> None:
        with contextlib.suppress(CannotLink):
            await other.desk.links.link(
                child.number, parent.number, actor=SUPERVISOR, version=None, now=NOW, reason="同一件事"
            )

    async def close() -> None:
        await asyncio.sleep(0)
        await office.desk.resolve(parent.number, actor=SUPERVISOR, version=None, now=NOW, text="已修好")

    await asyncio.gather(close(), *(link(child) for child in children))
    for _ in range(5):
        await office.desk.links.settle_links(NOW)
    states = Counter([(await office.tickets.get(child.number)).state for child in children])
    assert set(states) <= {State.RESOLVED, State.ACCEPTED}, states
