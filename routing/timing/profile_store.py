"""Time-limit profiles an installation edits, in MongoDB: every version with who changed it, when and why."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from routing.mongo_store import AWARE, Collection, Database, Document
from routing.timing.calendar_store import MongoCalendarStore, in_force
from routing.timing.profile_files import SHIPPED, load_profile, profile_from_text
from routing.timing.sla import Profile, ProfileInvalid, UnknownProfile

_NAME = re.compile(r"[a-z0-9][a-z0-9+-]{0,39}")


class ProfileChanged(Exception):
    """Somebody saved another version meanwhile: look at it before saving yours."""


@dataclass(frozen=True, slots=True)
class ProfileVersion:
    """One text of a profile. Number 0 is the text that ships, before anybody changed it."""

    name: str
    number: int
    text: str
    by: str = ""
    at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What promises are made by now: the profile on its calendar, and which versions both are."""

    profile: Profile
    profile_version: int
    calendar_version: int


def shipped_text(name: str) -> str | None:
    """The profile as it ships; None for one of the installation's own."""
    file = SHIPPED / f"{name}.toml"
    # A name comes from outside: only a plain file name of the folder is one.
    known = name in {each.stem for each in SHIPPED.glob("*.toml")}
    return file.read_text(encoding="utf-8") if known else None


def require_name(name: str) -> None:
    """A profile's name stands in file names and calendar versions; raises ``ProfileInvalid``."""
    if not _NAME.fullmatch(name):
        raise ProfileInvalid(f"方案名称只能用小写字母、数字、连字符和加号：{name}")


def changed_lines(before: str, after: str) -> tuple[str, ...]:
    """``-`` and ``+`` lines between two texts, for whoever has to approve the change."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))


class MongoProfileStore:
    """Appends versions; a saved text is always one that can be used."""

    def __init__(self, database: Database) -> None:
        self._versions: Collection = database.get_collection("profile_versions", codec_options=AWARE)
        self._calendars = MongoCalendarStore(database)

    async def prepare(self) -> None:
        """Create the index; safe to repeat."""
        index = IndexModel([("name", ASCENDING), ("number", DESCENDING)], unique=True)
        await self._versions.create_indexes([index])

    async def names(self) -> tuple[str, ...]:
        """Shipped and own profiles."""
        own = await self._versions.distinct("name")
        return tuple(sorted({*own, *(file.stem for file in SHIPPED.glob("*.toml"))}))

    async def current_number(self, name: str) -> int:
        """Cheap enough to ask every few seconds; 0 for the text that ships."""
        newest = await self._versions.find_one({"name": name}, {"number": 1}, sort=[("number", DESCENDING)])
        return int(newest["number"]) if newest else 0

    async def current(self, name: str) -> ProfileVersion:
        """Raises ``UnknownProfile``."""
        newest = await self._versions.find_one({"name": name}, sort=[("number", DESCENDING)])
        if newest is not None:
            return _version(newest)
        text = shipped_text(name)
        if text is None:
            raise UnknownProfile(name, await self.names())
        return ProfileVersion(name, 0, text)

    async def history(self, name: str, *, limit: int = 20) -> tuple[ProfileVersion, ...]:
        """The last versions, the newest first; without the text that ships."""
        cursor = self._versions.find({"name": name}).sort("number", DESCENDING).limit(limit)
        return tuple([_version(document) async for document in cursor])

    async def save(self, name: str, text: str, *, base: int, by: str, at: datetime, why: str) -> int:
        """Add a version on top of ``base``; raises ``ProfileInvalid`` and ``ProfileChanged``."""
        if not why.strip():
            raise ProfileInvalid(f"时限方案 {name}：请写明修改理由")
        calendar = await self._calendars.current()
        require_name(name)
        profile_from_text(text, name=name, days=in_force(calendar.days))
        if await self.current_number(name) != base:
            raise ProfileChanged
        document: Document = {
            "_id": f"{name}@{base + 1}",
            "name": name,
            "number": base + 1,
            "text": text,
            "by": by,
            "at": at,
            "why": why.strip(),
        }
        try:
            await self._versions.insert_one(document)
        except DuplicateKeyError:
            raise ProfileChanged from None
        return base + 1

    async def versions(self, name: str) -> tuple[int, int]:
        """The newest numbers of the profile and of the calendar: cheap enough to ask every few seconds."""
        return await self.current_number(name), await self._calendars.current_number()

    async def rules(self, name: str) -> Rules:
        """The present profile of that name on the present calendar; raises ``UnknownProfile``."""
        version = await self.current(name)
        calendar = await self._calendars.current()
        if version.number == calendar.number == 0:
            profile = load_profile(name)  # read once per process
        else:
            profile = profile_from_text(version.text, name=name, days=in_force(calendar.days))
        return Rules(profile, version.number, calendar.number)


def _version(document: Document) -> ProfileVersion:
    return ProfileVersion(
        document["name"],
        document["number"],
        document["text"],
        document["by"],
        document["at"],
        document["why"],
    )
