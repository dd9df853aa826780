"""A search for words is bounded in time: where it would read every ticket, it says so instead of holding the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.web.errors import status_of
from bot.wording import explain
from routing import word_search
from routing.derived_marks import DERIVED
from routing.errors import SearchTooWide
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore, to_document
from routing.queries import Order, Queries, TicketFilter
from routing.workflow import SYSTEM, Actor
from tests.factories import CITY_MANAGEMENT, HOUSING, a_liaison, a_request, a_supervisor, a_ticket

MANY = 2_500
NOW, DAY = datetime(2026, 11, 16, 1, 30, tzinfo=UTC), timedelta(days=1)


async def many(database: Database) -> None:
    await MongoTicketStore(database).prepare()
    document = to_document(a_ticket(a_request("路灯不亮，晚上走路看不清。" * 60)))
    await database["tickets"].insert_many(
        [
            {**document, "_id": f"HY26111{n:05d}", "number": f"HY26111{n:05d}", "external_number": f"N{n}"}
            for n in range(MANY)
        ]
    )


def searching(database: Database, *, ms: int) -> Queries:
    vault = Vault(b"k" * 32)
    return Queries(database, identities=MongoIdentityStore(database, vault), vault=vault, search_ms=ms)


async def test_words_that_would_read_every_ticket_are_refused_with_what_narrows_them(
    database: Database,
) -> None:
    await many(database)
    # Each pair of its characters is in every ticket, the word itself in none.
    words = TicketFilter(words="走路灯")
    assert (await searching(database, ms=60_000).search(words, reader=SYSTEM)).total == 0
    short = searching(database, ms=1)
    with pytest.raises(SearchTooWide) as refused:
        await short.search(words, reader=SYSTEM)
    assert "单位或状态" in explain(refused.value)
    assert status_of(refused.value) == 422
    with pytest.raises(SearchTooWide):
        await short.count(words, reader=SYSTEM)


def only_the_newest(monkeypatch: pytest.MonkeyPatch, newest: int) -> None:
    """Every pair is frequent, and so many tickets are many."""
    monkeypatch.setattr(word_search, "FEW", 0)
    for module in ("routing.word_search", "routing.queries"):
        monkeypatch.setattr(f"{module}.NEWEST", newest)


@pytest.mark.parametrize("reader", [SYSTEM, a_supervisor(), a_liaison(HOUSING)], ids=lambda one: one.id)
async def test_a_rare_phrase_of_frequent_pairs_is_looked_for_among_the_newest_and_the_page_says_since_when(
    database: Database, monkeypatch: pytest.MonkeyPatch, reader: Actor
) -> None:
    store, queries = MongoTicketStore(database), searching(database, ms=60_000)
    await store.prepare()
    texts = ["路灯和灯路"] * 4 + ["灯路灯"] + ["路灯和灯路"] * 15 + ["灯路灯"] + ["路灯和灯路"] * 4
    tickets = [
        a_ticket(a_request(text, external_number=f"N{n}", at=NOW - n * DAY)) for n, text in enumerate(texts)
    ]
    for ticket in tickets:
        ticket.unit_id = HOUSING
    await store.add_many(tickets)
    recent, old = tickets[4], tickets[20]
    words = TicketFilter(words="灯路灯", order=Order.NEWEST)
    for newest, since, found in ((10, tickets[9].received_at, [recent]), (25, None, [recent, old])):
        only_the_newest(monkeypatch, newest)
        page = await queries.search(words, reader=reader)
        assert (page.searched_since, page.total, page.cursor) == (since, len(found), None)
        assert [ticket.number for ticket in page.tickets] == [ticket.number for ticket in found]
    # What narrows the list has all of it searched.
    only_the_newest(monkeypatch, 10)
    for narrower in (replace(words, unit_id=CITY_MANAGEMENT), replace(words, received_from=NOW - 9 * DAY)):
        page = await queries.search(narrower, reader=reader)
        assert (page.searched_since, page.total) == (None, int(narrower.unit_id is None))


async def test_a_number_is_found_off_the_index_however_frequent_its_figures_are(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_search, "FEW", 20)
    store, queries = MongoTicketStore(database), searching(database, ms=60_000)
    await store.prepare()
    texts = [f"第{n}次反映{n + 100}" for n in range(1000, 1100)]
    await store.add_many([a_ticket(a_request(text, external_number=text)) for text in texts])
    for words in ("第1077次", "1077", "077", "107次", "117", "117 1070"):
        way = await queries.way_to(words)
        assert (way.hint, way.is_blind) == ("search_grams_1", False), words
        said = sum(all(word in text for word in words.split()) for text in texts)
        assert (await queries.search(TicketFilter(words=words), reader=SYSTEM)).total == said, words


async def test_frequent_words_are_listed_page_by_page_as_if_nothing_had_been_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_the_newest(monkeypatch, 10)
    for module in ("routing.word_search", "routing.queries"):
        monkeypatch.setattr(f"{module}.ENOUGH", 5)
    store, queries = MongoTicketStore(database), searching(database, ms=60_000)
    await store.prepare()
    tickets = [a_ticket(a_request("路灯", external_number=f"N{n}")) for n in range(23)]
    await store.add_many(tickets)
    words, found, cursor = TicketFilter(words="路灯"), list[str](), None
    while True:
        page = await queries.search(words, reader=SYSTEM, cursor=cursor, limit=10)
        assert (page.searched_since, page.total) == (None, 23)
        found += [ticket.number for ticket in page.tickets]
        if not (cursor := page.cursor):
            break
    assert sorted(found) == sorted(ticket.number for ticket in tickets)
    assert (await queries.search(words, reader=SYSTEM, count_up_to=5)).total == 5


async def test_a_ticket_named_by_its_number_is_found_however_old_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_the_newest(monkeypatch, 2)
    store, queries = MongoTicketStore(database), searching(database, ms=60_000)
    await store.prepare()
    old = a_ticket(a_request("路灯", external_number="Y-7", at=NOW - 30 * DAY))
    mentions = [a_ticket(a_request("又是Y-7", external_number=f"N{n}", at=NOW)) for n in range(2)]
    left = [a_ticket(a_request("Y-7", external_number=f"M{n}", at=NOW - 9 * DAY)) for n in range(3)]
    await store.add_many([old, *mentions, *left])
    page = await queries.search(TicketFilter(words="Y-7"), reader=SYSTEM)
    assert {ticket.number for ticket in page.tickets} == {old.number, *(t.number for t in mentions)}
    assert page.searched_since == NOW


async def test_a_rare_word_is_found_at_once_among_many_and_a_frequent_one_is_counted_no_further_than_asked(
    database: Database,
) -> None:
    await many(database)
    rare = a_ticket(a_request("油烟倒灌"))
    await MongoTicketStore(database).add(rare)
    page = await searching(database, ms=200).search(TicketFilter(words="油烟"), reader=SYSTEM)
    assert ([t.number for t in page.tickets], page.total) == ([rare.number], 1)
    frequent = TicketFilter(words="路灯")
    page = await searching(database, ms=60_000).search(frequent, reader=SYSTEM, count_up_to=100)
    assert (len(page.tickets), page.total) == (20, 100)


_TEXTS = st.text("路灯亮aA1", min_size=1, max_size=8)


@given(
    texts=st.lists(_TEXTS, min_size=1, max_size=6),
    words=st.lists(_TEXTS | st.just(" "), min_size=1, max_size=2),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_found_is_what_has_the_words(
    database: Database, monkeypatch: pytest.MonkeyPatch, texts: list[str], words: list[str]
) -> None:
    """Whether by pairs or in the order of the list, with words of one character, and with tickets by their numbers."""
    store = MongoTicketStore(database)
    if not await database["tickets"].index_information():
        await store.prepare()
    await database["tickets"].delete_many({})
    tickets = [a_ticket(a_request(text, external_number=f"灯{n}")) for n, text in enumerate(texts)]
    await store.add_many(tickets)
    asked = " ".join(words).split()
    said = {
        t.number
        for t in tickets
        if all(w in t.text or w.upper() == t.number or w == t.external_number for w in asked)
    }
    for few, enough in ((0, 100), (0, 2), (2, 100), (2000, 100)):
        monkeypatch.setattr(word_search, "FEW", few)
        monkeypatch.setattr(word_search, "ENOUGH", enough)
        page = await searching(database, ms=60_000).search(TicketFilter(words=" ".join(words)), reader=SYSTEM)
        assert ({t.number for t in page.tickets}, page.total) == (said, len(said))


async def test_a_ticket_is_found_by_its_number_and_so_is_one_that_mentions_it(database: Database) -> None:
    store, queries = MongoTicketStore(database), searching(database, ms=60_000)
    await store.prepare()
    named = a_ticket(a_request("路灯不亮", external_number="Y-7"))
    for words in (named.number, named.number.lower(), "Y-7", f"{named.number} 路灯", "Y-7 不亮"):
        await database["tickets"].delete_many({})
        mentions = a_ticket(a_request(f"又是 {words}", external_number="Y-8"))
        other = a_ticket(a_request("路灯不亮", external_number="Y-9"))
        await store.add_many([named, mentions, other])
        page = await queries.search(TicketFilter(words=words), reader=SYSTEM)
        assert {t.number for t in page.tickets} == {named.number, mentions.number}


async def test_what_an_earlier_version_saved_is_found_before_it_is_marked_and_after(
    database: Database,
) -> None:
    store = MongoTicketStore(database)
    await store.prepare()
    await store.add_many([a_ticket(a_request("油烟很大"))])
    await database["tickets"].update_many({}, {"$unset": dict.fromkeys(DERIVED, "")})
    queries, words = searching(database, ms=60_000), TicketFilter(words="油烟")
    assert (await queries.search(words, reader=SYSTEM)).total == 1
    await store.catch_up()
    assert (await queries.search(words, reader=SYSTEM)).total == 1


async def test_an_address_is_found_whether_it_stands_in_the_text_or_is_the_place(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MongoTicketStore(database)
    await store.prepare()
    place = "和平路12号3单元，电话13812345678"
    at_it, says_it = a_ticket(a_request("路灯不亮", place=place)), a_ticket(a_request("和平路12号3单元漏水"))
    await store.add_many([at_it, says_it, a_ticket(a_request("路灯不亮", place="人民路"))])
    queries = searching(database, ms=60_000)
    for few in (0, 2000):
        monkeypatch.setattr(word_search, "FEW", few)
        for words, found in (
            ("和平路12号3单元", {at_it.number, says_it.number}),
            ("路灯 和平路", {at_it.number}),
            ("13812345678", set()),
        ):
            page = await queries.search(TicketFilter(words=words), reader=SYSTEM)
            assert {ticket.number for ticket in page.tickets} == found, words
    await database["tickets"].update_many({}, {"$unset": dict.fromkeys(DERIVED, "")})
    await store.catch_up()
    page = await queries.search(TicketFilter(words="和平路12号"), reader=SYSTEM)
    assert page.total == 2, "what an earlier version saved, too"
    assert (await store.get(at_it.number)).place == place


async def test_words_that_were_redacted_are_not_found(database: Database) -> None:
    store = MongoTicketStore(database)
    await store.prepare()
    await store.add_many([a_ticket(a_request("请打我的电话13812345678"))])
    for words in ("13812345678", "1381234", "3", "请打我的电话"):
        page = await searching(database, ms=60_000).search(TicketFilter(words=words), reader=SYSTEM)
        assert page.total == (words == "请打我的电话")


async def test_lists_without_words_are_never_cut_short(database: Database) -> None:
    await many(database)
    page = await searching(database, ms=1).search(TicketFilter(), reader=SYSTEM)
    assert len(page.tickets) == 20
