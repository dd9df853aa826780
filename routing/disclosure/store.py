"""The registers of 依申请公开 in MongoDB: 登记, 备案 and 归档 with numbers that run through the year without a gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from routing.disclosure.acts import Application, NotAllowed, numbered
from routing.disclosure.rules import Register, register_number
from routing.errors import StaleTicket, UnknownTicket
from routing.mongo_store import AWARE, Collection, Database, Document
from routing.timing.working_calendar import CHINA

_APPLICATION = TypeAdapter(Application)
_TRIES = 20
_NUMBERS = frozenset(f"{register.value}_number" for register in Register)


class MongoDisclosureRegister:
    """One document an application, found by its ticket; every change is one conditional write."""

    def __init__(self, database: Database) -> None:
        self._applications: Collection = database.get_collection(
            "disclosure_applications", codec_options=AWARE
        )

    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        indexes = [
            IndexModel(
                [(f"{register}_year", ASCENDING), (f"{register}_count", ASCENDING)],
                unique=True,
                partialFilterExpression={f"{register}_count": {"$exists": True}},
            )
            for register in Register
        ]
        await self._applications.create_indexes(indexes)

    async def enter(self, application: Application) -> Application:
        """登记, numbered in the year of receipt; the same ticket again gives what is there."""
        document = {**_document(application), "_id": application.ticket, "writes": 1}
        try:
            await self._applications.insert_one(document)
        except DuplicateKeyError:
            there = await self.get(application.ticket)
            if there.entry_number is not None:
                return there
        return await self.number(application.ticket, Register.ENTRY, at=application.received_at)

    async def get(self, ticket: str) -> Application:
        """Raises ``UnknownTicket``."""
        return _application(await self._read(ticket))

    async def change(self, ticket: str, act: Callable[[Application], Application]) -> Application:
        """Load, act, save once; raises what ``act`` raises, ``UnknownTicket`` and ``StaleTicket``."""
        document = await self._read(ticket)
        changed = act(_application(document))
        if not await self._save(document, changed, {}):
            raise StaleTicket(ticket, document["writes"])
        return changed

    async def number(self, ticket: str, register: Register, *, at: datetime) -> Application:
        """The next number of that register and year. The number and the entry are one write, so none is lost."""
        year = at.astimezone(CHINA).year
        for _ in range(_TRIES):
            document = await self._read(ticket)
            count = await self._last(register, year) + 1
            changed = numbered(_application(document), register, register_number(register, year, count))
            facts = {f"{register}_year": year, f"{register}_count": count}
            try:
                if await self._save(document, changed, facts):
                    return changed
            except DuplicateKeyError:
                continue  # somebody else took that number
        raise StaleTicket(ticket, 0)

    async def assign(self, application: Application, register: Register, *, at: datetime) -> str:
        """The number this application has in that register, given now if it has none; safe to repeat.

        What else the document says is brought up to what ``application`` says; numbers stay as they are.
        """
        facts = {name: value for name, value in _document(application).items() if name not in _NUMBERS}
        for last_try in (False, True):
            try:
                await self._applications.update_one(
                    {"_id": application.ticket}, {"$set": facts, "$inc": {"writes": 1}}, upsert=True
                )
                break
            except DuplicateKeyError:
                if last_try:
                    raise
        try:
            numbered_now = await self.number(application.ticket, register, at=at)
        except NotAllowed as refused:
            # Given before, perhaps by somebody at this very moment.
            numbered_now = await self.get(application.ticket)
            if _number_in(numbered_now, register) is None:
                raise refused
        return _number_in(numbered_now, register) or ""

    async def register(self, register: Register, year: int) -> tuple[Application, ...]:
        """One year's ledger, in the order of its numbers."""
        cursor = self._applications.find({f"{register}_year": year}).sort(f"{register}_count", ASCENDING)
        return tuple([_application(document) async for document in cursor])

    async def _last(self, register: Register, year: int) -> int:
        newest = await self._applications.find_one(
            {f"{register}_year": year}, {f"{register}_count": 1}, sort=[(f"{register}_count", -1)]
        )
        return int(newest[f"{register}_count"]) if newest else 0

    async def _read(self, ticket: str) -> Document:
        document = await self._applications.find_one({"_id": ticket})
        if document is None:
            raise UnknownTicket(ticket)
        return document

    async def _save(self, read: Document, changed: Application, facts: Mapping[str, Any]) -> bool:
        content = {**_document(changed), **facts, "writes": read["writes"] + 1}
        result = await self._applications.update_one(
            {"_id": read["_id"], "writes": read["writes"]}, {"$set": content}
        )
        return result.modified_count == 1


def _number_in(application: Application, register: Register) -> str | None:
    number: str | None = getattr(application, f"{register.value}_number")
    return number


def _document(application: Application) -> Document:
    document: Document = _APPLICATION.dump_python(application)
    return document


def _application(document: Document) -> Application:
    names = Application.__dataclass_fields__
    return _APPLICATION.validate_python({name: document[name] for name in names if name in document})
