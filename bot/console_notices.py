"""Notices to officials, shown in the console: what is new, near its limit, or past it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pymongo import DESCENDING, IndexModel

from routing.departments import UnitId
from routing.events import Audience, OutboxEntry
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.workflow import CENTRE_ROLES, Actor, Role

_EDITORS = "editors"
_ADMINISTRATORS = "administrators"


@dataclass(frozen=True, slots=True)
class ConsoleNotice:
    """One line of 消息提醒: about the ticket ``number``, or about what ``href`` opens."""

    id: str
    number: str
    text: str
    at: datetime
    href: str = ""


class ConsoleNotices:
    """What the worker delivered to units and to the centre."""

    def __init__(self, database: Database) -> None:
        self._notices: Collection = database.get_collection("console_notices", codec_options=AWARE)

    async def prepare(self) -> None:
        await self._notices.create_indexes([IndexModel([("to", DESCENDING), ("at", DESCENDING)])])

    async def put(
        self, entry: OutboxEntry, *, number: str, unit_id: UnitId | None, text: str, at: datetime
    ) -> None:
        """Idempotent by the outbox entry's id."""
        document: Document = {
            "to": _address(entry.audience, unit_id),
            "number": number,
            "text": text,
            "at": at,
        }
        await self._notices.replace_one({"_id": entry.id}, document, upsert=True)

    async def put_to(
        self,
        note_id: str,
        *,
        people: tuple[str, ...],
        audience: Audience,
        unit_id: UnitId | None,
        number: str,
        text: str,
        at: datetime,
    ) -> None:
        """Tell each of these people (user names) of a ticket; nobody named tells the whole audience. Idempotent by
        ``note_id`` and reader."""
        for to in [_person(name) for name in people] or [_address(audience, unit_id)]:
            document: Document = {"to": to, "number": number, "text": text, "at": at}
            await self._notices.replace_one({"_id": f"{note_id}@{to}"}, document, upsert=True)

    async def put_note(
        self,
        note_id: str,
        *,
        unit_id: UnitId | None,
        editors: bool,
        text: str,
        at: datetime,
        href: str,
        administrators: bool = False,
    ) -> None:
        """Tell a unit, the editors, the administrators or several of them of something that is no ticket's. The same
        id again changes nothing, so that whoever read it is not told anew."""
        to = ([_address(Audience.UNIT, unit_id)] if unit_id else []) + ([_EDITORS] if editors else [])
        to += [_ADMINISTRATORS] if administrators else []
        document: Document = {"to": to, "number": "", "text": text, "at": at, "href": href}
        await self._notices.update_one({"_id": note_id}, {"$setOnInsert": document}, upsert=True)

    async def latest(self, reader: Actor, *, limit: int = 10) -> list[ConsoleNotice]:
        """The newest notices of this reader's units (the centre's own for its people), newest first."""
        if reader.role in CENTRE_ROLES:
            query: Document = {"to": {"$in": ["centre", _person(reader.id)]}}
        elif reader.role is Role.EDITOR:
            query = {"to": _EDITORS}
        elif reader.role is Role.ADMINISTRATOR:
            query = {"to": _ADMINISTRATORS}
        else:
            units = [_address(Audience.UNIT, u) for u in sorted(reader.unit_ids)]
            query = {"to": {"$in": [*units, _person(reader.id)]}}
        cursor = self._notices.find(query).sort("at", DESCENDING).limit(limit)
        return [
            ConsoleNotice(d["_id"], d["number"], d["text"], d["at"], d.get("href", "")) async for d in cursor
        ]


def _person(name: str) -> str:
    return f"person:{name}"


def _address(audience: Audience, unit_id: UnitId | None) -> str:
    return "centre" if audience is Audience.CENTRE or unit_id is None else f"unit:{unit_id}"
