"""The places behind QR codes: a hall window or a street, by the scene a scanned code brings along."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pymongo import ASCENDING, IndexModel, ReplaceOne

from routing.mongo_store import AWARE, Collection, Database, Document

_SCENE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The platform takes 64 characters of a scene in words."""
_CACHED_S = 30.0
_MOST_CACHED = 5000


class SceneInvalid(Exception):
    """A scene cannot be kept as given: the field and, in Chinese, what is wrong with it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}：{reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ScenePlace:
    """Where somebody stood who scanned: ``label`` as it is called, ``place`` as a ticket says it."""

    scene: str
    label: str
    place: str
    unit_id: str | None = None
    """The department whose window it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneCode:
    """One printed code of an account. ``expires_at`` None is permanent; ``ticket`` opens its picture."""

    account: str
    place: ScenePlace
    made_at: datetime
    made_by: str
    expires_at: datetime | None = None
    ticket: str | None = None
    url: str | None = None


def check_scene(place: ScenePlace) -> None:
    """Raise SceneInvalid for what a code, a chat or a ticket could not carry."""
    if not _SCENE.fullmatch(place.scene):
        raise SceneInvalid("scene", "用 1 到 64 个字母、数字、- 或 _")
    if not 1 <= len(place.label) <= 40:
        raise SceneInvalid("label", "1 到 40 个字")
    if not 1 <= len(place.place) <= 100:
        raise SceneInvalid("place", "1 到 100 个字")
    if not (place.label + place.place).isprintable():
        raise SceneInvalid("label", "不能有换行或看不见的字符")


class Scenes:
    """Codes in MongoDB; a scan asks at most every 30 seconds for the same scene."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._scenes: Collection = database.get_collection("wechat_scenes", codec_options=AWARE)
        self._monotonic = monotonic
        self._cache: dict[tuple[str, str], tuple[float, SceneCode | None]] = {}

    async def prepare(self) -> None:
        """Create the index; safe to repeat."""
        await self._scenes.create_indexes([IndexModel([("account", ASCENDING), ("made_at", ASCENDING)])])

    async def find(self, account: str, scene: str, *, now: datetime) -> ScenePlace | None:
        """The place behind a scanned code; None for a scene nobody added, and for a code past its time."""
        if not _SCENE.fullmatch(scene):
            return None  # a stranger's words never become a key of the cache
        key = (account, scene)
        asked, code = self._cache.get(key, (float("-inf"), None))
        if self._monotonic() - asked > _CACHED_S:
            code = await self.code(account, scene)
            if len(self._cache) >= _MOST_CACHED:
                self._cache.clear()
            self._cache[key] = (self._monotonic(), code)
        if code is None or (code.expires_at is not None and code.expires_at <= now):
            return None
        return code.place

    async def code(self, account: str, scene: str) -> SceneCode | None:
        """The code as kept, expired or not."""
        found = await self._scenes.find_one({"_id": _id(account, scene)})
        return _code(found) if found else None

    async def of(self, account: str) -> list[SceneCode]:
        """All codes of an account, the oldest first."""
        cursor = self._scenes.find({"account": account}).sort([("made_at", ASCENDING), ("_id", ASCENDING)])
        return [_code(document) async for document in cursor]

    async def put(self, codes: Iterable[SceneCode]) -> None:
        """Add codes, or replace those of the same scene; raises SceneInvalid before anything is written."""
        writes = []
        for code in codes:
            check_scene(code.place)
            document = _document(code)
            writes.append(ReplaceOne({"_id": document["_id"]}, document, upsert=True))
            self._cache.pop((code.account, code.place.scene), None)
        if writes:
            await self._scenes.bulk_write(writes)

    async def remove(self, account: str, scene: str) -> bool:
        """From now on the code is a plain one; True when there was one."""
        self._cache.pop((account, scene), None)
        return bool((await self._scenes.delete_one({"_id": _id(account, scene)})).deleted_count)


def _id(account: str, scene: str) -> str:
    return f"{account}:{scene}"


def _document(code: SceneCode) -> Document:
    place = code.place
    return {
        "_id": _id(code.account, place.scene),
        "account": code.account,
        "scene": place.scene,
        "label": place.label,
        "place": place.place,
        "unit_id": place.unit_id,
        "made_at": code.made_at,
        "made_by": code.made_by,
        "expires_at": code.expires_at,
        "ticket": code.ticket,
        "url": code.url,
    }


def _code(document: Document) -> SceneCode:
    return SceneCode(
        account=document["account"],
        place=ScenePlace(document["scene"], document["label"], document["place"], document["unit_id"]),
        made_at=document["made_at"],
        made_by=document["made_by"],
        expires_at=document["expires_at"],
        ticket=document["ticket"],
        url=document["url"],
    )
