"""Who of the staff opened a ticket, and when for the first time: shown among what happened to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from routing.departments import UnitId
from routing.mongo_store import AWARE, Collection, Database
from routing.workflow import Role

_MOST = 200
"""So many people are remembered of one ticket."""


@dataclass(frozen=True, slots=True)
class FirstView:
    """Somebody saw the ticket for the first time."""

    username: str
    name: str
    role: Role
    unit_id: UnitId | None
    at: datetime


class FirstViews:
    """One document a ticket; it says nothing of citizens."""

    def __init__(self, database: Database) -> None:
        self._views: Collection = database.get_collection("first_views", codec_options=AWARE)

    async def prepare(self) -> None:
        """One document a ticket, found by its id."""

    async def of(self, number: str) -> list[FirstView]:
        """The earliest first."""
        document = await self._views.find_one({"_id": number}) or {}
        return [
            FirstView(v["id"], v["name"], Role(v["role"]), v["unit_id"], v["at"])
            for v in document.get("views", [])
        ]

    async def note(self, number: str, view: FirstView) -> None:
        """Kept once for each person."""
        document = {
            "id": view.username,
            "name": view.name,
            "role": str(view.role),
            "unit_id": view.unit_id,
            "at": view.at,
        }
        fresh = {"_id": number, "views.id": {"$ne": view.username}, f"views.{_MOST - 1}": {"$exists": False}}
        try:
            await self._views.update_one(fresh, {"$push": {"views": document}}, upsert=True)
        except DuplicateKeyError:
            return  # the ticket's document is there, with this person or with as many as are remembered
