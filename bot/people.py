"""People who log in and programs that call: users with passwords, API keys with roles and units."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from routing.departments import UnitId, Units
from routing.errors import Refused
from routing.mongo_store import AWARE, Collection, Database
from routing.workflow import CENTRE_ROLES, Actor, Role

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
MIN_PASSWORD = 10

# RFC 9106 / OWASP parameters: 19 MiB, two passes, one lane; about 25 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NO_SUCH_USER = _HASHER.hash(secrets.token_hex(8))
"""Verified when the user does not exist, so that a wrong name takes as long as a wrong password."""


class LoginFailed(Refused):
    """Name or password is wrong; which of them is not said."""


class LoginLocked(Refused):
    """Too many failures; the account opens again by itself."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class PasswordTooWeak(Refused):
    """Shorter than ``MIN_PASSWORD``, or made of one kind of character."""


class RoleNotGiven(Refused):
    """Nobody logs in or calls as a citizen or as the system: both may see every ticket."""

    def __init__(self, role: Role) -> None:
        super().__init__(role)
        self.role = role


class SamePassword(Refused):
    """The new password is the old one."""


class UserExists(Refused):
    """That user name is taken."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a login. ``unit_id`` is the unit they work in."""

    username: str
    name: str
    role: Role
    unit_id: UnitId
    password_is_temporary: bool = False
    """Made by an administrator: it opens nothing but the page where one chooses one's own."""
    sessions_since: datetime | None = None
    """Sessions that began before this are over: the password was changed, or the login closed."""

    def actor(self, units: Units, *, on: date) -> Actor:
        return Actor(self.username, self.name, self.role, scope_of(self.role, self.unit_id, units, on=on))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A program's right to call; only the key's hash is stored."""

    key_id: str
    name: str
    role: Role
    unit_id: UnitId

    def actor(self, units: Units, *, on: date) -> Actor:
        return Actor(
            f"api:{self.key_id}", self.name, self.role, scope_of(self.role, self.unit_id, units, on=on)
        )


def scope_of(role: Role, unit_id: UnitId, units: Units, *, on: date) -> frozenset[UnitId]:
    """The units somebody answers for on a day: their own, all below and what these took over; the centre's
    people, the whole government the centre belongs to."""
    if role in CENTRE_ROLES:
        parent = units.get(unit_id).parent_id
        return units.subtree(unit_id if parent is None else parent, on=on) | units.subtree(unit_id, on=on)
    return units.subtree(unit_id, on=on)


class People:
    """Users and API keys in MongoDB."""

    def __init__(self, database: Database) -> None:
        self._users: Collection = database.get_collection("users", codec_options=AWARE)
        self._keys: Collection = database.get_collection("api_keys", codec_options=AWARE)
        self._attempts: Collection = database.get_collection("login_attempts", codec_options=AWARE)
        # Each hash takes 19 MiB: a rush of guesses must not take the machine's memory.
        self._hashing = asyncio.Semaphore(4)

    async def prepare(self) -> None:
        await self._attempts.create_index("at", expireAfterSeconds=24 * 3600)
        await self._keys.create_index("hash", unique=True)

    # ---- users

    async def add_user(self, user: User, *, password: str) -> None:
        """Raises ``RoleNotGiven``, ``PasswordTooWeak`` or ``UserExists``."""
        check_role(user.role)
        check_password(password)
        document = {
            "_id": user.username,
            "name": user.name,
            "role": str(user.role),
            "unit_id": user.unit_id,
            "password": await self.hash(password),
            "password_is_temporary": user.password_is_temporary,
        }
        try:
            await self._users.insert_one(document)
        except DuplicateKeyError:
            raise UserExists(user.username) from None

    async def find_user(self, username: str) -> User | None:
        """Somebody who may log in; None for a name that is unknown or whose login is closed."""
        document = await self._users.find_one({"_id": username, "closed_at": None})
        return user_of(document) if document else None

    async def hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def log_in(self, username: str, password: str, *, now: datetime) -> User:
        """The user; raises ``LoginLocked`` or ``LoginFailed``.

        An attempt is counted before the password is looked at, so that guesses in parallel are all counted, and
        for any name, so that the lock does not tell which names exist.
        """
        await self._count_attempt(username, now)
        document = await self._users.find_one({"_id": username, "closed_at": None})
        hashed = document["password"] if document is not None else _NO_SUCH_USER
        async with self._hashing:
            right = await asyncio.to_thread(_verify, hashed, password)
        if document is None or not right:
            raise LoginFailed
        await self._attempts.delete_one({"_id": username})
        await self._users.update_one({"_id": username}, {"$set": {"last_login_at": now}})
        return user_of(document)

    async def change_password(self, username: str, old: str, new: str, *, now: datetime) -> None:
        """One's own, with the old one; every session ends. Raises ``LoginLocked``, ``LoginFailed``,
        ``PasswordTooWeak`` or ``SamePassword``."""
        check_password(new)
        await self.log_in(username, old, now=now)
        if old == new:
            raise SamePassword
        fields = {"password": await self.hash(new), "password_is_temporary": False, "sessions_since": now}
        await self._users.update_one({"_id": username}, {"$set": fields})

    async def unlock(self, username: str) -> None:
        """Forget the failed attempts."""
        await self._attempts.delete_one({"_id": username})

    async def _count_attempt(self, username: str, now: datetime) -> None:
        open_for_attempts = {"_id": username, "locked_until": {"$not": {"$gt": now}}}
        try:
            counted = await self._attempts.find_one_and_update(
                open_for_attempts,
                {"$inc": {"attempts": 1}, "$set": {"at": now, "locked_until": None}},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # the name is there and locked, or was just written by another attempt
            locked = await self._attempts.find_one({"_id": username})
            raise LoginLocked(locked["locked_until"] if locked and locked["locked_until"] else now) from None
        if counted["attempts"] > MAX_FAILURES:
            until = now + LOCKED_FOR
            await self._attempts.update_one(
                {"_id": username}, {"$set": {"attempts": 0, "locked_until": until}}
            )
            raise LoginLocked(until)

    # ---- API keys

    async def add_api_key(self, *, name: str, role: Role, unit_id: UnitId, key: str | None = None) -> str:
        """A new key, shown once; raises ``RoleNotGiven``. ``key`` is given only by the demo, whose key outlives restarts."""
        check_role(role)
        key = key or f"hy_{secrets.token_urlsafe(32)}"
        hashed = _hash_key(key)
        document = {
            "_id": hashed[:12],
            "hash": hashed,
            "name": name,
            "role": str(role),
            "unit_id": unit_id,
            "revoked_at": None,
        }
        await self._keys.replace_one({"_id": document["_id"]}, document, upsert=True)
        return key

    async def find_api_key(self, key: str) -> ApiKey | None:
        """The key's rights; None when unknown or revoked."""
        document = await self._keys.find_one({"hash": _hash_key(key), "revoked_at": None})
        if document is None:
            return None
        return ApiKey(
            key_id=document["_id"],
            name=document["name"],
            role=Role(document["role"]),
            unit_id=document["unit_id"],
        )

    async def revoke_api_key(self, key_id: str, *, now: datetime) -> bool:
        """False when there is no such key in force; a revocation keeps its first date."""
        result = await self._keys.update_one(
            {"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": now}}
        )
        return result.modified_count == 1


def check_password(password: str) -> None:
    """等保: at least ten characters, of at least two kinds."""
    kinds = (
        any(c.isdigit() for c in password),
        any(c.isalpha() for c in password),
        any(not c.isalnum() for c in password),
    )
    if len(password) < MIN_PASSWORD or sum(kinds) < 2:
        raise PasswordTooWeak


def check_role(role: Role) -> None:
    """Raises ``RoleNotGiven`` for the two roles no person and no program may have."""
    if role in (Role.CITIZEN, Role.SYSTEM):
        raise RoleNotGiven(role)


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except VerificationError:
        return False


def _hash_key(key: str) -> str:
    # A random 256-bit key needs no slow hash: there is nothing to guess.
    return hashlib.sha256(key.encode()).hexdigest()


def user_of(document: dict[str, Any]) -> User:
    return User(
        username=document["_id"],
        name=document["name"],
        role=Role(document["role"]),
        unit_id=document["unit_id"],
        password_is_temporary=document.get("password_is_temporary", False),
        sessions_since=document.get("sessions_since"),
    )
