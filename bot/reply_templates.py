"""Answers a unit gives again and again, kept by the unit with gaps for what differs from ticket to ticket."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, IndexModel

from routing.departments import UnitId
from routing.errors import Incomplete, UsedUp
from routing.mongo_store import AWARE, Collection, Database

MOST_TITLE, MOST_TEXT, MOST_TEMPLATES = 40, 2000, 60
GAPS = ("编号", "地点", "日期", "单位", "事项")
"""What stands in braces and is filled in from the ticket."""


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """One of a unit's templates; ``by`` is the name of who wrote it last."""

    id: str
    unit_id: UnitId
    title: str
    text: str
    by: str
    at: datetime


class ReplyTemplates:
    """Each unit sees and changes its own."""

    def __init__(self, database: Database) -> None:
        self._templates: Collection = database.get_collection("reply_templates", codec_options=AWARE)

    async def prepare(self) -> None:
        await self._templates.create_indexes([IndexModel([("unit_id", ASCENDING), ("title", ASCENDING)])])

    async def of(self, unit_ids: Iterable[UnitId]) -> list[ReplyTemplate]:
        """By title."""
        found = self._templates.find({"unit_id": {"$in": sorted(set(unit_ids))}, "deleted": {"$ne": True}})
        return [
            ReplyTemplate(d["_id"], UnitId(d["unit_id"]), d["title"], d["text"], d["by"], d["at"])
            async for d in found.sort("title", ASCENDING).limit(MOST_TEMPLATES)
        ]

    async def add(self, unit_id: UnitId, *, title: str, text: str, by: str, now: datetime) -> str:
        """Raises ``Incomplete`` and, when the unit has as many as a page can show, ``UsedUp``."""
        title, text = _given(title, text)
        if await self._templates.count_documents({"unit_id": unit_id, "deleted": {"$ne": True}}) >= (
            MOST_TEMPLATES
        ):
            raise UsedUp("template", MOST_TEMPLATES)
        template_id = secrets.token_hex(8)
        document = {"_id": template_id, "unit_id": unit_id, "title": title, "text": text, "by": by, "at": now}
        await self._templates.insert_one(document)
        return template_id

    async def change(
        self, template_id: str, unit_ids: Iterable[UnitId], *, title: str, text: str, by: str, now: datetime
    ) -> bool:
        """Whether it was one of these units'; raises ``Incomplete``."""
        title, text = _given(title, text)
        return await self._set(template_id, unit_ids, {"title": title, "text": text, "by": by, "at": now})

    async def delete(self, template_id: str, unit_ids: Iterable[UnitId]) -> bool:
        """Put out of sight; ``restore`` brings it back."""
        return await self._set(template_id, unit_ids, {"deleted": True})

    async def restore(self, template_id: str, unit_ids: Iterable[UnitId]) -> bool:
        return await self._set(template_id, unit_ids, {"deleted": False})

    async def _set(self, template_id: str, unit_ids: Iterable[UnitId], values: Mapping[str, object]) -> bool:
        mine = {"_id": template_id, "unit_id": {"$in": sorted(set(unit_ids))}}
        done = await self._templates.update_one(mine, {"$set": dict(values)})
        return done.matched_count > 0


def filled(text: str, values: Mapping[str, str]) -> str:
    """The template with its gaps filled; a gap nobody knows stays, for the writer to see."""
    for name, value in values.items():
        if value:
            text = text.replace(f"{{{name}}}", value)
    return text


def _given(title: str, text: str) -> tuple[str, str]:
    title, text = " ".join(title.split())[:MOST_TITLE], text.replace("\r\n", "\n").strip()[:MOST_TEXT]
    if not title:
        raise Incomplete("title")
    if not text:
        raise Incomplete("text")
    return title, text
