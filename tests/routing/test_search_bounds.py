"""A search for words is bounded in time: where it would read every ticket, it says so instead of holding the database."""

from __future__ import annotations

import pytest

from bot.web.errors import status_of
from bot.wording import explain
from routing.errors import SearchTooWide
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore, to_document
from routing.queries import Queries, TicketFilter
from routing.workflow import SYSTEM
from tests.factories import a_request, a_ticket

MANY = 8_000


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
    words = TicketFilter(words="油烟")
    assert (await searching(database, ms=60_000).search(words, reader=SYSTEM)).total == 0
    short = searching(database, ms=1)
    with pytest.raises(SearchTooWide) as refused:
        await short.search(words, reader=SYSTEM)
    assert "单位或状态" in explain(refused.value)
    assert status_of(refused.value) == 422
    with pytest.raises(SearchTooWide):
        await short.count(words, reader=SYSTEM)


async def test_lists_without_words_are_never_cut_short(database: Database) -> None:
    await many(database)
    page = await searching(database, ms=1).search(TicketFilter(), reader=SYSTEM)
    assert len(page.tickets) == 20
