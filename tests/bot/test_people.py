"""Logins and keys: who gets in, who is kept out, and what is kept of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.people import (
    LOCKED_FOR,
    MAX_FAILURES,
    LoginFailed,
    LoginLocked,
    PasswordTooWeak,
    People,
    RoleNotGiven,
    User,
    UserExists,
)
from routing.departments import UnitId, load_units
from routing.mongo_store import Database
from routing.workflow import Role
from tests.factories import HOUSING, MONDAY_9_30

UNITS = load_units()
PASSWORD = "Right-2026-horse"
ZHAO = User(username="zhao", name="赵一", role=Role.LIAISON, unit_id=HOUSING)


@pytest.fixture
async def people(database: Database) -> People:
    people = People(database)
    await people.prepare()
    await people.add_user(ZHAO, password=PASSWORD)
    return people


async def test_the_right_password_lets_in_and_is_nowhere_kept(people: People, database: Database) -> None:
    assert await people.log_in("zhao", PASSWORD, now=MONDAY_9_30) == ZHAO
    assert PASSWORD not in str(await database["users"].find_one({"_id": "zhao"}))


@pytest.mark.parametrize(("user", "password"), [("zhao", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_a_wrong_name_or_password_is_refused_alike(people: People, user: str, password: str) -> None:
    with pytest.raises(LoginFailed):
        await people.log_in(user, password, now=MONDAY_9_30)


async def test_guessing_locks_the_account_and_it_opens_by_itself(people: People) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(LoginFailed):
            await people.log_in("zhao", "wrong", now=MONDAY_9_30)
    with pytest.raises(LoginLocked):
        await people.log_in("zhao", PASSWORD, now=MONDAY_9_30)
    later = MONDAY_9_30 + LOCKED_FOR + timedelta(seconds=1)
    assert await people.log_in("zhao", PASSWORD, now=later) == ZHAO


async def test_guesses_in_parallel_are_all_counted(people: People) -> None:
    guesses = [f"wrong-{n}" for n in range(20)] + [PASSWORD]
    results = await asyncio.gather(
        *(people.log_in("zhao", guess, now=MONDAY_9_30) for guess in guesses), return_exceptions=True
    )
    assert sum(isinstance(r, LoginFailed | User) for r in results) <= MAX_FAILURES
    with pytest.raises(LoginLocked):
        await people.log_in("zhao", PASSWORD, now=MONDAY_9_30)


async def test_a_name_nobody_has_locks_like_any_other(people: People) -> None:
    for _ in range(MAX_FAILURES):
        with pytest.raises(LoginFailed):
            await people.log_in("nobody", "wrong", now=MONDAY_9_30)
    with pytest.raises(LoginLocked):
        await people.log_in("nobody", "wrong", now=MONDAY_9_30)


@pytest.mark.parametrize("password", ["short-1", "aaaaaaaaaaaa", "123456789012", ""])
async def test_a_weak_password_is_not_taken(people: People, password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        await people.add_user(
            User(username="qian", name="钱二", role=Role.LIAISON, unit_id=HOUSING), password=password
        )


async def test_a_user_name_is_given_once(people: People) -> None:
    with pytest.raises(UserExists):
        await people.add_user(ZHAO, password=PASSWORD)


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.CITIZEN])
async def test_nobody_logs_in_or_calls_as_system_or_citizen(people: People, role: Role) -> None:
    with pytest.raises(RoleNotGiven):
        await people.add_user(User(username="x", name="x", role=role, unit_id=HOUSING), password=PASSWORD)
    with pytest.raises(RoleNotGiven):
        await people.add_api_key(name="x", role=role, unit_id=HOUSING)


async def test_a_key_is_kept_as_a_hash_and_dies_when_revoked(people: People, database: Database) -> None:
    key = await people.add_api_key(name="热线", role=Role.OPERATOR, unit_id=UnitId("qh.hotline"))
    assert key not in str([d async for d in database["api_keys"].find()])
    found = await people.find_api_key(key)
    assert found is not None
    assert await people.revoke_api_key(found.key_id, now=MONDAY_9_30)
    assert await people.find_api_key(key) is None
    assert not await people.revoke_api_key(found.key_id, now=MONDAY_9_30)


def test_a_liaison_answers_for_the_unit_and_below_and_the_centre_for_all() -> None:
    liaison = ZHAO.actor(UNITS, on=MONDAY_9_30.date())
    assert liaison.unit_ids == UNITS.subtree(HOUSING)
    centre = User(username="c", name="c", role=Role.SUPERVISOR, unit_id=UnitId("qh.hotline")).actor(
        UNITS, on=MONDAY_9_30.date()
    )
    assert HOUSING in centre.unit_ids
    assert centre.answers_for(None)
    assert not liaison.answers_for(None)
