"""Databases that tests borrow one after the other: emptied in between, while collections and indexes stay."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

_QUICKER_TO_DROP = 2_000
"""Documents in a collection from which deleting them one by one takes longer than making its indexes anew."""


class Databases:
    """Making a collection with its indexes costs MongoDB more than most tests do; emptying one is next to nothing.

    A database is lent again only for the same ``kind``, so that no test sees the collections or the indexes of
    tests of another kind. ``close`` drops what is left.
    """

    def __init__(self, mongo_url: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(mongo_url)
        self._free: defaultdict[str, list[str]] = defaultdict(list)
        self._lent: set[str] = set()

    @contextmanager
    def lend(self, kind: str) -> Iterator[str]:
        """The name of an empty database; who borrows twice at the same time gets two."""
        name = self._free[kind].pop() if self._free[kind] else f"test_{uuid.uuid4().hex}"
        self._lent.add(name)
        try:
            yield name
        finally:
            self._lent.remove(name)
            self._free[kind].append(name)
            self._empty(name)

    def drop(self, kind: str) -> None:
        """The databases of a kind that nobody will borrow again."""
        for name in self._free.pop(kind, ()):
            self._client.drop_database(name)

    def close(self) -> None:
        for kind in tuple(self._free):
            self.drop(kind)
        for name in self._lent:
            self._client.drop_database(name)
        self._client.close()

    def _empty(self, name: str) -> None:
        database = self._client[name]
        found = [one for one in database.list_collections() if not one["name"].startswith("system.")]
        ours = [one["name"] for one in found if one["type"] == "collection" and not one["options"]]
        for one in found:
            if one["name"] not in ours:  # a view, or a collection with rules of its own
                database.drop_collection(one["name"])
        for collection, documents in _sizes(database, ours).items():
            if documents < _QUICKER_TO_DROP:
                database[collection].delete_many({})
            else:  # the indexes come back with the next ``prepare``
                database.drop_collection(collection)


def _sizes(database: Database[dict[str, Any]], collections: list[str]) -> dict[str, int]:
    """How many documents those collections hold that hold any, asked at once; large numbers are cut off."""
    if not collections:
        return {}
    nothing: list[dict[str, Any]] = [{"$limit": 1}, {"$match": {"_id": {"$exists": False}}}]
    counts = [
        {
            "$unionWith": {
                "coll": name,
                "pipeline": [
                    {"$limit": _QUICKER_TO_DROP},
                    {"$group": {"_id": {"$literal": name}, "documents": {"$sum": 1}}},
                ],
            }
        }
        for name in collections
    ]
    return {one["_id"]: one["documents"] for one in database[collections[0]].aggregate([*nothing, *counts])}
