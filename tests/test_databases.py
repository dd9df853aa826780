"""What tests borrow is empty, has its indexes, and is nobody else's meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from tests.databases import Databases


@pytest.fixture
def lender(mongo_url: str) -> Iterator[Databases]:
    lender = Databases(mongo_url)
    yield lender
    lender.close()


@pytest.fixture
def client(mongo_url: str) -> Iterator[MongoClient[dict[str, Any]]]:
    with MongoClient(mongo_url) as client:
        yield client


def test_the_next_borrower_finds_the_indexes_and_no_document(
    lender: Databases, client: MongoClient[dict[str, Any]]
) -> None:
    with lender.lend("letters") as first:
        for collection in ("letters", "replies", "stamps"):
            client[first][collection].create_index("at", unique=True)
        client[first].letters.insert_many([{"at": 1}, {"at": 2}])
        client[first].replies.insert_one({"at": 1})
    with lender.lend("letters") as second:
        assert second == first
        for collection in ("letters", "replies", "stamps"):
            assert client[second][collection].find_one({}) is None
            assert "at_1" in client[second][collection].index_information()


def test_what_is_made_by_special_rules_or_holds_much_is_gone_altogether(
    lender: Databases, client: MongoClient[dict[str, Any]]
) -> None:
    with lender.lend("letters") as name:
        client[name].create_collection("last_ten", capped=True, size=4096)
        client[name].create_collection("seen", viewOn="last_ten", pipeline=[])
        client[name].many.insert_many([{"_id": n} for n in range(2_500)])
        client[name].few.insert_many([{"_id": n} for n in range(5)])
    assert client[name].list_collection_names(filter={"name": {"$not": {"$regex": "^system"}}}) == ["few"]


def test_who_borrows_twice_gets_two_and_another_kind_is_another_database(lender: Databases) -> None:
    with lender.lend("letters") as first, lender.lend("letters") as second, lender.lend("bills") as third:
        assert len({first, second, third}) == 3
    with lender.lend("bills") as again:
        assert again == third


def test_what_is_dropped_or_closed_leaves_nothing(
    lender: Databases, client: MongoClient[dict[str, Any]]
) -> None:
    names = []
    for kind in ("letters", "bills"):
        with lender.lend(kind) as name:
            client[name].letters.insert_one({})
            names.append(name)
    lender.drop("letters")
    assert set(client.list_database_names()) & set(names) == {names[1]}
    lender.close()
    assert set(client.list_database_names()) & set(names) == set()
