"""Who must not learn who asked does not learn it from the words either: the citizen's own name and number are taken out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from routing.acts import co_handling, letters, visits
from routing.citizen_request import Citizen, Secrecy
from routing.concealment import concealed, concealing
from routing.events import Solved, VisitOutcome
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.queries import Queries, TicketFilter
from routing.ticket import Rating, Ticket
from routing.workflow import Actor, Role
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_supervisor,
    a_ticket,
)

NOW, HOUR = MONDAY_9_30, timedelta(hours=1)
WANG = Citizen(name="王建国", phone="13800005678", secrecy=Secrecy.SECRET)
CENTRE = Actor("d", "周派单", Role.DISPATCHER, frozenset({CITY_MANAGEMENT, HOUSING}))
TELLS = ("王建国", "王 建国", "王先生", "5678")


def written_over(secrecy: Secrecy = Secrecy.SECRET) -> Ticket:
    """A ticket in whose every field somebody wrote the name."""
    ticket = a_ticket(
        a_request(
            "王建国的店被砸了，电话138-0000-5678", title="王建国反映", place="王建国家门口", secrecy=secrecy
        )
    )
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW, reason="王先生很急")
    ticket.accept(actor=a_liaison(), now=NOW)
    ticket.contact(actor=a_liaison(), now=NOW, text="已联系王 建国 13800005678")
    co_handling.co_handle(
        ticket, [HOUSING], profile=PROFILE, actor=a_dispatcher(), now=NOW, text="请联系王建国"
    )
    co_handling.answer_co_handling(ticket, HOUSING, actor=a_liaison(HOUSING), now=NOW, text="王建国已搬走")
    letters.escalate(ticket, profile=PROFILE, actor=a_supervisor(), now=NOW, text="王建国又来电")
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="王先生您好，已修好")
    ticket.resolve(actor=a_liaison(), now=NOW + HOUR, profile=PROFILE)
    ticket.rate(Rating(2, comment="我王建国不满意"), actor=a_dispatcher(), now=NOW + HOUR, profile=PROFILE)
    visits.visit(
        ticket,
        profile=PROFILE,
        actor=a_dispatcher(),
        now=NOW + 2 * HOUR,
        outcome=VisitOutcome.REACHED,
        solved=Solved.NO,
        comment="王建国说没修好",
    )
    return ticket


async def kept(database: Database, ticket: Ticket) -> tuple[Queries, MongoTicketStore]:
    vault = Vault(b"k" * 32)
    store, identities = MongoTicketStore(database), MongoIdentityStore(database, vault)
    await store.add(ticket)
    await identities.put(ticket.number, replace(WANG, secrecy=ticket.secrecy))
    return Queries(database, identities=identities, vault=vault), store


async def test_neither_lead_nor_co_handler_of_a_secret_ticket_reads_the_name_anywhere(
    database: Database,
) -> None:
    ticket = written_over()
    queries, store = await kept(database, ticket)
    for reader in (a_liaison(), a_liaison(HOUSING)):
        shown = [
            await queries.get(ticket.number, reader=reader),
            *(await queries.search(TicketFilter(), reader=reader)).tickets,
        ]
        assert shown
        for each in shown:
            assert not [word for word in TELLS if word in repr(each)]
            assert "已修好" in (each.reply_text or ""), "the rest is left as it was"
    assert await store.get(ticket.number) == ticket, "what is stored stays whole"


async def test_the_centre_reads_the_words_as_they_were_written(database: Database) -> None:
    ticket = written_over()
    queries, _ = await kept(database, ticket)
    assert (await queries.get(ticket.number, reader=CENTRE)).text == ticket.text


async def test_of_a_public_ticket_the_unit_that_has_it_may_know_and_who_only_helps_may_not(
    database: Database,
) -> None:
    ticket = written_over(Secrecy.PUBLIC)
    queries, _ = await kept(database, ticket)
    assert "王建国" in (await queries.get(ticket.number, reader=a_liaison())).text
    helper = await queries.get(ticket.number, reader=a_liaison(HOUSING))
    assert not [word for word in TELLS if word in repr(helper)]


async def test_taking_a_name_out_is_no_reading_of_the_identity(database: Database) -> None:
    ticket = written_over()
    queries, _ = await kept(database, ticket)
    await queries.get(ticket.number, reader=a_liaison())
    assert await database["identity_reads"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("name", "phone", "text", "shown"),
    [
        ("王建国", None, "王建国和王建军", "[姓名]和王建军"),
        ("欧阳娜", None, "欧阳女士、欧阳 娜", "[姓名]、[姓名]"),
        ("李四", None, "李四光路", "[姓名]光路"),
        ("王", None, "王府井", "王府井"),
        (None, "0931-8881234", "打8881234或09318881234", "打8881234或[手机号]"),
        (None, "13800005678", "138 0000 5678", "[手机号]"),
        (None, "12345", "请打12345", "请打12345"),
    ],
)
def test_what_is_taken_out(name: str | None, phone: str | None, text: str, shown: str) -> None:
    words = concealing(Citizen(name=name, phone=phone, secrecy=Secrecy.SECRET))
    assert (words(text) if words else text) == shown


def test_every_word_a_person_can_write_on_a_ticket_is_looked_through() -> None:
    """A field added later must be thought of: no part of the copy may hold the mark that was everywhere before."""
    ticket = written_over()
    words = concealing(WANG)
    assert words is not None
    assert "王" not in repr(concealed(ticket, words)).replace("林督办", "")
