"""督办函 by their own list: what waits for a receipt or an answer, the nearest limit first, and what is past, newest first."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pymongo import ASCENDING, IndexModel

from routing.departments import UnitId
from routing.errors import Incomplete
from routing.events import LetterLevel
from routing.mongo_store import AWARE, NEVER, Collection, Database, Document
from routing.timing.sla import ClockName
from routing.workflow import CENTRE_ROLES, Actor, Role

PAGE_SIZE = 20
MOST_OWED = 1_000
"""Letters that wait, read at once to be counted; more than that is shown as that many."""
_OWED = "letters_owed"
_FIELDS = {
    **{
        f"letters.{name}": 1
        for name in ("id", "level", "to_unit", "sent_at", "receipt_at", "answered_at", "released_at")
    },
    **{f"clocks.{name}": 1 for name in ("name", "subject", "due_at")},
}


class LetterList(StrEnum):
    """``receipt`` and ``answer`` wait for the unit; ``overdue`` is what of them is late; the others are past."""

    ANSWER = "answer"
    RECEIPT = "receipt"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    ALL = "all"


OWED_LISTS = (LetterList.ANSWER, LetterList.RECEIPT, LetterList.OVERDUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """What to list; every field narrows."""

    list_: LetterList = LetterList.ANSWER
    level: LetterLevel | None = None
    unit_id: UnitId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Where one letter is found, without its words."""

    number: str
    letter_id: str
    level: LetterLevel
    to_unit: UnitId
    sent_at: datetime
    due_at: datetime
    owes_receipt: bool
    owes_answer: bool

    def is_in(self, list_: LetterList, *, now: datetime) -> bool:
        match list_:
            case LetterList.RECEIPT:
                return self.owes_receipt
            case LetterList.ANSWER:
                return self.owes_answer
            case LetterList.OVERDUE:
                return self.owes_answer and self.due_at <= now
            case LetterList.ANSWERED:
                return not self.owes_answer
            case LetterList.ALL:
                return True


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One page, the cursor of the next, and how many wait in each list, up to ``MOST_OWED``."""

    letters: tuple[Listed, ...]
    cursor: str | None
    counts: dict[LetterList, int]


class LetterReads:
    """Letters a reader may know of: a unit's people those to their units about what they have, the centre all."""

    def __init__(self, database: Database) -> None:
        self._tickets: Collection = database.get_collection("tickets", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the index; safe to repeat. A ticket that never got a letter is not in it."""
        await self._tickets.create_indexes(
            [
                IndexModel(
                    [("letters.answered_at", ASCENDING), ("letters.sent_at", ASCENDING)],
                    name=_OWED,
                    partialFilterExpression={"letters.sent_at": {"$exists": True}},
                )
            ]
        )

    async def page(
        self,
        asked: LetterFilter,
        *,
        reader: Actor,
        now: datetime,
        cursor: str | None = None,
        limit: int = PAGE_SIZE,
    ) -> LetterPage:
        """Raises ``Incomplete('cursor')``."""
        after = _decode(cursor) if cursor else None
        owed = [one for one in await self._owed(asked, reader) if one.owes_answer or one.owes_receipt]
        counts = {name: sum(one.is_in(name, now=now) for one in owed) for name in OWED_LISTS}
        if asked.list_ in OWED_LISTS:
            found = sorted((one for one in owed if one.is_in(asked.list_, now=now)), key=_by_due)
            found = [one for one in found if after is None or _by_due(one) > after]
            key = _by_due
        else:
            found = await self._past(asked, reader, after, limit + 1)
            key = _by_sending
        shown = tuple(found[:limit])
        more = len(found) > limit
        return LetterPage(shown, _encode(*key(shown[-1])) if more else None, counts)

    async def _owed(self, asked: LetterFilter, reader: Actor) -> list[Listed]:
        wanted: Document = {"answered_at": None, "released_at": None, **_narrowed(asked, reader)}
        query = {"letters.sent_at": {"$exists": True}, "letters": {"$elemMatch": wanted}, **_known(reader)}
        found = self._tickets.find(query, _FIELDS).hint(_OWED).limit(MOST_OWED)
        return [
            one
            for document in await found.to_list(MOST_OWED)
            for one in _listed(document, asked, reader)
            if one.owes_answer
        ]

    async def _past(
        self, asked: LetterFilter, reader: Actor, after: tuple[datetime, str] | None, limit: int
    ) -> list[Listed]:
        """Newest first. Of a hundred thousand tickets few ever got a letter: theirs are sorted, without their words."""
        narrowed = {f"letters.{name}": value for name, value in _narrowed(asked, reader).items()}
        wanted: list[Document] = [narrowed] if narrowed else []
        if asked.list_ is LetterList.ANSWERED:
            gone = [{"letters.answered_at": {"$ne": None}}, {"letters.released_at": {"$ne": None}}]
            wanted.append({"$or": gone})
        if after is not None:
            at, letter_id = after
            older: list[Document] = [
                {"letters.sent_at": {"$lt": at}},
                {"letters.sent_at": at, "letters.id": {"$lt": letter_id}},
            ]
            wanted.append({"$or": older})
        stages: list[Document] = [
            {"$match": {"letters.sent_at": {"$exists": True}, **_known(reader)}},
            {"$project": _FIELDS},
            {"$unwind": "$letters"},
            *([{"$match": {"$and": wanted}}] if wanted else []),
            {"$sort": {"letters.sent_at": -1, "letters.id": -1}},
            {"$limit": limit},
        ]
        found = await self._tickets.aggregate(stages, hint=_OWED).to_list(limit)
        return [_one(document, document["letters"]) for document in found]


def _known(reader: Actor) -> Document:
    """A unit's people know of what their unit has now; a letter it got before the ticket moved on is void."""
    if reader.role is Role.AUDITOR:
        return {}
    return {"unit_id": {"$in": [*sorted(reader.unit_ids), *([None] if reader.role in CENTRE_ROLES else [])]}}


def _narrowed(asked: LetterFilter, reader: Actor) -> Document:
    """The part of the query about one letter."""
    units: frozenset[UnitId] | None = frozenset({asked.unit_id}) if asked.unit_id else None
    if reader.role is not Role.AUDITOR and reader.role not in CENTRE_ROLES:
        units = reader.unit_ids & units if units else reader.unit_ids
    narrowed: Document = {"level": str(asked.level)} if asked.level else {}
    return narrowed | ({"to_unit": {"$in": sorted(units)}} if units is not None else {})


def _listed(document: Document, asked: LetterFilter, reader: Actor) -> Iterable[Listed]:
    narrowed = _narrowed(asked, reader)
    units = narrowed.get("to_unit", {}).get("$in")
    for letter in document["letters"]:
        if asked.level in (None, letter["level"]) and (units is None or letter["to_unit"] in units):
            yield _one(document, letter)


def _one(document: Document, letter: Document) -> Listed:
    released = letter.get("released_at") is not None
    return Listed(
        number=document["_id"],
        letter_id=letter["id"],
        level=LetterLevel(letter["level"]),
        to_unit=UnitId(letter["to_unit"]),
        sent_at=letter["sent_at"],
        due_at=_due(document.get("clocks", ()), letter["id"]),
        owes_receipt=letter.get("receipt_at") is None and not released,
        owes_answer=letter.get("answered_at") is None and not released,
    )


def _due(clocks: Iterable[Any], letter_id: str) -> datetime:
    due = (
        clock["due_at"]
        for clock in clocks
        if clock["name"] == ClockName.SUPERVISION_ANSWER and clock.get("subject") == letter_id
    )
    return next(due, NEVER)


def _by_due(one: Listed) -> tuple[datetime, str]:
    return one.due_at, one.letter_id


def _by_sending(one: Listed) -> tuple[datetime, str]:
    return one.sent_at, one.letter_id


def _encode(at: datetime, letter_id: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{letter_id}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, letter_id = text.split("|", 1)
        moment = datetime.fromisoformat(at)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC), letter_id
    except (ValueError, OverflowError, binascii.Error):
        raise Incomplete("cursor") from None
