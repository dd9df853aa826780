"""The administrator's acts on logins and keys; each is written into a log that only grows.

A login is closed, never deleted: tickets name who acted, and a name must not come back as somebody else.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from pymongo import DESCENDING, IndexModel

from bot.people import People, User, check_role, user_of
from routing.departments import UnitId
from routing.errors import Refused
from routing.mongo_store import AWARE, Collection, Database
from routing.workflow import Role

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for another when it is read aloud or copied by hand."""


class UnknownUser(Refused):
    """No such login."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


class LastAdministrator(Refused):
    """Somebody must be left who can open a login again."""


class OwnLogin(Refused):
    """An administrator neither closes their own login nor takes their own role away."""


class StaffAct(StrEnum):
    """What was done to a login or a key."""

    ADDED = "added"
    CHANGED = "changed"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name of an act
    CLOSED = "closed"
    OPENED = "opened"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A login as the administrator's list shows it."""

    user: User
    closed_at: datetime | None
    last_login_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key without its secret."""

    key_id: str
    name: str
    role: Role
    unit_id: UnitId
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    at: datetime
    by: str
    act: StaffAct
    about: str
    what: str


class StaffDesk:
    """Logins, keys and the log of who changed them. ``by`` is the administrator's user name."""

    def __init__(self, database: Database, people: People) -> None:
        self._users: Collection = database.get_collection("users", codec_options=AWARE)
        self._keys: Collection = database.get_collection("api_keys", codec_options=AWARE)
        self._log: Collection = database.get_collection("staff_log", codec_options=AWARE)
        self._people = people

    async def prepare(self) -> None:
        await self._log.create_indexes([IndexModel([("at", DESCENDING)])])

    # ---- logins

    async def members(self, *, words: str = "", after: str = "", limit: int = 50) -> list[Member]:
        """Logins by user name, from behind ``after``; ``words`` are looked for in user name and name."""
        wanted: dict[str, Any] = {"_id": {"$gt": after}} if after else {}
        if words:
            literal = {"$regex": re.escape(words), "$options": "i"}
            wanted["$or"] = [{"_id": literal}, {"name": literal}]
        found = await self._users.find(wanted).sort("_id", 1).limit(limit).to_list(length=limit)
        return [_member(document) for document in found]

    async def names(self, usernames: Iterable[str]) -> dict[str, str]:
        """User name → the person's name, for those who have a login."""
        found = self._users.find({"_id": {"$in": sorted(set(usernames))}}, {"name": 1})
        return {document["_id"]: document["name"] async for document in found}

    async def get(self, username: str) -> Member:
        document = await self._users.find_one({"_id": username})
        if document is None:
            raise UnknownUser(username)
        return _member(document)

    async def add(self, user: User, *, by: str, now: datetime, password: str | None = None) -> str:
        """A new login; returns its password, which is to be handed over once and changed unless they chose it
        themselves. Raises ``UserExists``, ``RoleNotGiven`` or ``PasswordTooWeak``."""
        chosen, password = password is not None, password or new_password()
        await self._people.add_user(replace(user, password_is_temporary=not chosen), password=password)
        await self._note(StaffAct.ADDED, user.username, _standing(user), by=by, now=now)
        return password

    async def change(self, user: User, *, by: str, now: datetime) -> None:
        """Another name, role or unit; takes effect with the person's next click."""
        check_role(user.role)
        before = await self.get(user.username)
        if user.role is not before.user.role and user.username == by:
            raise OwnLogin
        fields = {"name": user.name, "role": str(user.role), "unit_id": user.unit_id}
        old = {"name": before.user.name, "role": str(before.user.role), "unit_id": before.user.unit_id}
        await self._write(user.username, fields, undo=old)
        what = f"{_standing(before.user)} → {_standing(user)}"
        await self._note(StaffAct.CHANGED, user.username, what, by=by, now=now)

    async def reset_password(self, username: str, *, by: str, now: datetime) -> str:
        """A new password to hand over once; every session of theirs ends."""
        await self.get(username)
        password = new_password()
        hashed = await self._people.hash(password)
        fields = {"password": hashed, "password_is_temporary": True, "sessions_since": now}
        await self._users.update_one({"_id": username}, {"$set": fields})
        await self._people.unlock(username)
        await self._note(StaffAct.PASSWORD_RESET, username, "", by=by, now=now)
        return password

    async def close(self, username: str, *, by: str, why: str, now: datetime) -> None:
        """They can log in no more and what they have open ends; closing twice changes nothing."""
        if username == by:
            raise OwnLogin
        if (await self.get(username)).closed_at is not None:
            return
        fields = {"closed_at": now, "sessions_since": now}
        await self._write(username, fields, undo={"closed_at": None})
        await self._note(StaffAct.CLOSED, username, why, by=by, now=now)

    async def open(self, username: str, *, by: str, why: str, now: datetime) -> None:
        if (await self.get(username)).closed_at is None:
            return
        await self._users.update_one({"_id": username}, {"$set": {"closed_at": None}})
        await self._note(StaffAct.OPENED, username, why, by=by, now=now)

    async def _write(self, username: str, fields: dict[str, Any], *, undo: dict[str, Any]) -> None:
        """Write, and take it back if nobody is left to administer.

        Looking afterwards is what two administrators who close each other at the same moment cannot both pass.
        """
        await self._users.update_one({"_id": username}, {"$set": fields})
        left = await self._users.find_one({"role": str(Role.ADMINISTRATOR), "closed_at": None}, {"_id": 1})
        if left is None:
            await self._users.update_one({"_id": username}, {"$set": undo})
            raise LastAdministrator

    # ---- keys

    async def keys(self) -> list[Key]:
        """Every key, those in force first."""
        found = await self._keys.find().sort([("revoked_at", 1), ("name", 1)]).limit(500).to_list(length=500)
        return [
            Key(
                key_id=document["_id"],
                name=document["name"],
                role=Role(document["role"]),
                unit_id=document["unit_id"],
                revoked_at=document.get("revoked_at"),
            )
            for document in found
        ]

    async def add_key(self, *, name: str, role: Role, unit_id: UnitId, by: str, now: datetime) -> str:
        key = await self._people.add_api_key(name=name, role=role, unit_id=unit_id)
        await self._note(StaffAct.KEY_ADDED, name, f"{role} {unit_id}", by=by, now=now)
        return key

    async def revoke_key(self, key_id: str, *, by: str, now: datetime) -> bool:
        """False when there is no such key in force."""
        if not await self._people.revoke_api_key(key_id, now=now):
            return False
        await self._note(StaffAct.KEY_REVOKED, key_id, "", by=by, now=now)
        return True

    # ---- the log

    async def log(self, *, before: datetime | None = None, limit: int = 100) -> Sequence[LogLine]:
        """The newest lines first."""
        wanted = {"at": {"$lt": before}} if before else {}
        found = await self._log.find(wanted).sort("at", DESCENDING).limit(limit).to_list(length=limit)
        return [
            LogLine(
                at=document["at"],
                by=document["by"],
                act=StaffAct(document["act"]),
                about=document["about"],
                what=document["what"],
            )
            for document in found
        ]

    async def _note(self, act: StaffAct, about: str, what: str, *, by: str, now: datetime) -> None:
        await self._log.insert_one({"at": now, "by": by, "act": str(act), "about": about, "what": what})


def new_password() -> str:
    """Sixteen characters in four groups, such as ``k3mp-x7qa-…``: about 79 bits, easy to copy from paper."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def _member(document: dict[str, Any]) -> Member:
    return Member(
        user=user_of(document),
        closed_at=document.get("closed_at"),
        last_login_at=document.get("last_login_at"),
    )


def _standing(user: User) -> str:
    return f"{user.name} {user.role} {user.unit_id}"
