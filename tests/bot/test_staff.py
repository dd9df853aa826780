"""What an administrator does to logins and keys, and what of it is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.people import LoginFailed, LoginLocked, People, RoleNotGiven, SamePassword, User, UserExists
from bot.staff import LastAdministrator, OwnLogin, StaffAct, StaffDesk, UnknownUser
from routing.mongo_store import Database
from routing.workflow import Role
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30

NOW = MONDAY_9_30
GAO = User(username="gao", name="高一", role=Role.ADMINISTRATOR, unit_id=HOUSING)
ZHAO = User(username="zhao", name="赵一", role=Role.LIAISON, unit_id=HOUSING)


@pytest.fixture
async def people(database: Database) -> People:
    people = People(database)
    await people.prepare()
    await people.add_user(GAO, password="Right-2026-horse")
    return people


@pytest.fixture
async def staff(database: Database, people: People) -> StaffDesk:
    staff = StaffDesk(database, people)
    await staff.prepare()
    return staff


async def test_a_new_login_comes_with_a_password_that_must_be_changed(
    staff: StaffDesk, people: People
) -> None:
    password = await staff.add(ZHAO, by="gao", now=NOW)
    user = await people.log_in("zhao", password, now=NOW)
    assert user.password_is_temporary
    with pytest.raises(SamePassword):
        await people.change_password("zhao", password, password, now=NOW)
    await people.change_password("zhao", password, "My-own-2026-word", now=NOW)
    user = await people.log_in("zhao", "My-own-2026-word", now=NOW)
    assert not user.password_is_temporary
    assert user.sessions_since == NOW
    with pytest.raises(LoginFailed):
        await people.log_in("zhao", password, now=NOW)


async def test_a_login_that_exists_is_not_made_again(staff: StaffDesk) -> None:
    with pytest.raises(UserExists):
        await staff.add(replace(ZHAO, username="gao"), by="gao", now=NOW)


async def test_nobody_is_made_a_citizen_or_the_system(staff: StaffDesk) -> None:
    await staff.add(ZHAO, by="gao", now=NOW)
    for role in (Role.CITIZEN, Role.SYSTEM):
        with pytest.raises(RoleNotGiven):
            await staff.change(replace(ZHAO, role=role), by="gao", now=NOW)


async def test_a_closed_login_opens_nothing_until_it_is_opened_again(
    staff: StaffDesk, people: People
) -> None:
    password = await staff.add(ZHAO, by="gao", now=NOW)
    await staff.close("zhao", by="gao", why="已调离", now=NOW)
    assert await people.find_user("zhao") is None
    with pytest.raises(LoginFailed):
        await people.log_in("zhao", password, now=NOW)
    await staff.open("zhao", by="gao", why="返岗", now=NOW)
    assert (await people.log_in("zhao", password, now=NOW)).sessions_since == NOW


async def test_a_reset_password_ends_the_old_one_and_a_lock(staff: StaffDesk, people: People) -> None:
    first = await staff.add(ZHAO, by="gao", now=NOW)
    for _ in range(6):
        with pytest.raises((LoginFailed, LoginLocked)):
            await people.log_in("zhao", "wrong", now=NOW)
    second = await staff.reset_password("zhao", by="gao", now=NOW)
    assert (await people.log_in("zhao", second, now=NOW)).password_is_temporary
    with pytest.raises(LoginFailed):
        await people.log_in("zhao", first, now=NOW)


async def test_the_last_administrator_stays(staff: StaffDesk) -> None:
    await staff.add(ZHAO, by="gao", now=NOW)
    with pytest.raises(LastAdministrator):
        await staff.close("gao", by="zhao", why="", now=NOW)
    with pytest.raises(LastAdministrator):
        await staff.change(replace(GAO, role=Role.LIAISON), by="zhao", now=NOW)
    gao = await staff.get("gao")
    assert (gao.user.role, gao.closed_at) == (Role.ADMINISTRATOR, None)


async def test_two_administrators_who_close_each_other_leave_one_at_least(
    staff: StaffDesk,
) -> None:
    await staff.add(replace(ZHAO, role=Role.ADMINISTRATOR), by="gao", now=NOW)
    await asyncio.gather(
        staff.close("gao", by="zhao", why="", now=NOW),
        staff.close("zhao", by="gao", why="", now=NOW),
        return_exceptions=True,
    )
    standing = [m for m in await staff.members() if m.closed_at is None]
    assert any(m.user.role is Role.ADMINISTRATOR for m in standing)


async def test_nobody_closes_or_demotes_themselves(staff: StaffDesk) -> None:
    await staff.add(replace(ZHAO, role=Role.ADMINISTRATOR), by="gao", now=NOW)
    with pytest.raises(OwnLogin):
        await staff.close("gao", by="gao", why="", now=NOW)
    with pytest.raises(OwnLogin):
        await staff.change(replace(GAO, role=Role.LIAISON), by="gao", now=NOW)
    await staff.change(replace(GAO, name="高二"), by="gao", now=NOW)
    assert (await staff.get("gao")).user.name == "高二"


async def test_everything_done_stands_in_the_log_the_newest_first_without_a_password(
    staff: StaffDesk,
) -> None:
    password = await staff.add(ZHAO, by="gao", now=NOW)
    await staff.change(replace(ZHAO, unit_id=CITY_MANAGEMENT), by="gao", now=NOW + timedelta(minutes=1))
    await staff.close("zhao", by="gao", why="已调离", now=NOW + timedelta(minutes=2))
    key = await staff.add_key(
        name="市平台", role=Role.OPERATOR, unit_id=HOUSING, by="gao", now=NOW + timedelta(minutes=3)
    )
    (made,) = await staff.keys()
    assert await staff.revoke_key(made.key_id, by="gao", now=NOW + timedelta(minutes=4))
    assert not await staff.revoke_key(made.key_id, by="gao", now=NOW + timedelta(minutes=5))
    lines = await staff.log()
    acts = [line.act for line in lines]
    assert acts == [
        StaffAct.KEY_REVOKED,
        StaffAct.KEY_ADDED,
        StaffAct.CLOSED,
        StaffAct.CHANGED,
        StaffAct.ADDED,
    ]
    assert {line.by for line in lines} == {"gao"}
    assert password not in str(lines)
    assert key not in str(lines)
    assert [line.act for line in await staff.log(before=lines[2].at)] == acts[3:]


async def test_a_search_takes_its_words_literally_and_pages_by_name(staff: StaffDesk) -> None:
    for n in range(5):
        await staff.add(replace(ZHAO, username=f"li.{n}", name=f"李{n}"), by="gao", now=NOW)
    assert [m.user.username for m in await staff.members(words="i.3")] == ["li.3"]
    assert [m.user.username for m in await staff.members(words=".*(")] == []
    assert [m.user.name for m in await staff.members(words="李", after="li.2", limit=1)] == ["李3"]


async def test_an_unknown_login_is_said_to_be_unknown(staff: StaffDesk) -> None:
    for act in (
        staff.get("nobody"),
        staff.change(replace(ZHAO, username="nobody"), by="gao", now=NOW),
        staff.reset_password("nobody", by="gao", now=NOW),
        staff.close("nobody", by="gao", why="", now=NOW),
    ):
        with pytest.raises(UnknownUser):
            await act
