"""Every menu an account published, so that each can be brought back: who, when, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo import DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from bot.wechat.menu_shape import Menu, menu_from_json
from routing.mongo_store import AWARE, Collection, Database, Document

_UNDER_WAY = timedelta(minutes=2)
"""How long a publishing that never ended keeps others waiting."""


class MenuChanged(Exception):
    """Somebody published meanwhile: look at the difference again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuVersion:
    """One published menu. ``number`` counts from 1 within the account; ``why`` says where it came from."""

    account: str
    number: int
    menu: Menu
    by: str
    at: datetime
    why: str = ""


class MenuVersions:
    """Versions in MongoDB, appended and, once published, never changed."""

    def __init__(self, database: Database) -> None:
        self._versions: Collection = database.get_collection("wechat_menus", codec_options=AWARE)

    async def prepare(self) -> None:
        """Create the index; safe to repeat."""
        index = IndexModel([("account", DESCENDING), ("number", DESCENDING)], unique=True)
        await self._versions.create_indexes([index])

    async def latest(self, account: str, *, limit: int = 20) -> list[MenuVersion]:
        """The last versions that reached the platform, the newest first."""
        query = {"account": account, "published": True}
        cursor = self._versions.find(query).sort("number", DESCENDING).limit(limit)
        return [_version(document) async for document in cursor]

    async def find(self, account: str, number: int) -> MenuVersion | None:
        found = await self._versions.find_one({"account": account, "number": number, "published": True})
        return _version(found) if found else None

    async def begin(
        self, account: str, menu: Menu, *, after: int, by: str, at: datetime, why: str
    ) -> MenuVersion:
        """Take the next number on top of version ``after`` (0: the first), before the platform is asked.

        Raises MenuChanged when there is a later version, or when somebody is publishing right now.
        """
        newest = await self._versions.find_one({"account": account}, sort=[("number", DESCENDING)])
        if newest is not None and not newest["published"]:
            if at - newest["at"] < _UNDER_WAY:
                raise MenuChanged
            await self.drop(_version(newest))  # whoever began it died
        if after != await self._newest(account):
            raise MenuChanged
        document: Document = {
            "_id": f"{account}@{after + 1}",
            "account": account,
            "number": after + 1,
            "menu": menu.as_json(),
            "by": by,
            "at": at,
            "why": why,
            "published": False,
        }
        try:
            await self._versions.insert_one(document)
        except DuplicateKeyError:
            raise MenuChanged from None
        return _version(document)

    async def confirm(self, version: MenuVersion) -> None:
        """It is on the platform."""
        await self._versions.update_one({"_id": _id(version)}, {"$set": {"published": True}})

    async def drop(self, version: MenuVersion) -> None:
        """It did not get there."""
        await self._versions.delete_one({"_id": _id(version), "published": False})

    async def _newest(self, account: str) -> int:
        latest = await self.latest(account, limit=1)
        return latest[0].number if latest else 0


def _id(version: MenuVersion) -> str:
    return f"{version.account}@{version.number}"


def _version(document: Document) -> MenuVersion:
    return MenuVersion(
        account=document["account"],
        number=document["number"],
        menu=menu_from_json(document["menu"]),
        by=document["by"],
        at=document["at"],
        why=document["why"],
    )
