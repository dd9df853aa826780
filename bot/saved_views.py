"""The lists of tickets somebody opens every day, under names of their own."""

from __future__ import annotations

from dataclasses import dataclass

from routing.errors import Incomplete, UsedUp
from routing.mongo_store import Collection, Database

MOST_VIEWS, MOST_NAME, MOST_QUERY = 12, 20, 400


@dataclass(frozen=True, slots=True)
class SavedView:
    """``query`` is what follows the question mark of the list's address."""

    name: str
    query: str


class SavedViews:
    """By user name; a name given twice replaces what it stood for."""

    def __init__(self, database: Database) -> None:
        self._views: Collection = database.get_collection("saved_views")

    async def prepare(self) -> None:
        """One document a person, found by its id."""

    async def of(self, username: str) -> list[SavedView]:
        """In the order they were saved."""
        document = await self._views.find_one({"_id": username}) or {}
        return [SavedView(view["name"], view["query"]) for view in document.get("views", [])]

    async def save(self, username: str, name: str, query: str) -> SavedView:
        """Raises ``Incomplete`` without a name and ``UsedUp`` when there are too many."""
        name = " ".join(name.split())[:MOST_NAME]
        if not name:
            raise Incomplete("name")
        views = [view for view in await self.of(username) if view.name != name]
        if len(views) >= MOST_VIEWS:
            raise UsedUp("view", MOST_VIEWS)
        saved = SavedView(name, query[:MOST_QUERY])
        await self._write(username, [*views, saved])
        return saved

    async def forget(self, username: str, name: str) -> None:
        """Nothing happens for a name there is none of."""
        await self._write(username, [view for view in await self.of(username) if view.name != name])

    async def _write(self, username: str, views: list[SavedView]) -> None:
        documents = [{"name": view.name, "query": view.query} for view in views]
        await self._views.update_one({"_id": username}, {"$set": {"views": documents}}, upsert=True)
