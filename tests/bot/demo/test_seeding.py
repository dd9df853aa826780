from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.demo.seeding import seed
from bot.demo.setting import PEOPLE, DemoSetting, admit, open_setting
from bot.given_answers import given_answers
from bot.photos.kinds import Source
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.simulator.citizens import DemoCitizens
from routing.errors import UnknownTicket
from routing.mongo_store import Document
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM, Role
from tests.factories import a_request
from tests.running import run_services


@pytest.fixture
def setting(tmp_path: Path) -> DemoSetting:
    return open_setting(tmp_path)


@pytest.fixture
async def services(
    services_database: str, mongo_url: str, redis_url: str, setting: DemoSetting
) -> AsyncIterator[Services]:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key="a secret for tests, 32 bytes long",
        wechat_accounts=setting.path,
    )
    async with run_services(settings) as built:
        yield built


async def seeded(services: Services, setting: DemoSetting) -> bool:
    return await seed(services, setting, progress=lambda _: None)


async def found(services: Services, collection: str, query: Document) -> Document:
    document = await services.database[collection].find_one(query)
    assert document is not None
    return document


async def test_an_empty_database_gets_its_past_once(services: Services, setting: DemoSetting) -> None:
    assert await seeded(services, setting)
    count = await services.database["tickets"].count_documents({})
    assert count > 200
    assert await services.database["identities"].count_documents({}) == count
    assert not await seeded(services, setting)
    assert await services.database["tickets"].count_documents({}) == count


async def test_the_past_has_photos_and_answers_have_their_proof(
    services: Services, setting: DemoSetting
) -> None:
    await seeded(services, setting)
    wang = DemoCitizens(app_id=setting.account.app_id).find("wang")
    assert wang is not None
    tickets = await services.queries.of_citizen(setting.account.name, wang.openid)
    (lamps,) = [ticket for ticket in tickets if "路灯" in ticket.text]
    photos = await services.photos.of_ticket(lamps.number)
    assert [photo.source for photo in photos] == [Source.WECHAT, Source.OFFICIAL]
    answer = given_answers(lamps, photos).current
    assert answer is not None
    assert [photo.name for photo in answer.files] == ["办理后.jpg"]
    assert await services.database["photos"].count_documents({}) >= 8


async def test_new_numbers_follow_those_of_the_past(services: Services, setting: DemoSetting) -> None:
    await seeded(services, setting)
    ticket = await services.desk.register(a_request(at=utc_now()), now=utc_now())
    assert (await services.tickets.get(ticket.number)).external_number == ticket.external_number


async def test_a_past_cut_off_half_way_is_written_afresh(services: Services, setting: DemoSetting) -> None:
    await seeded(services, setting)
    count = await services.database["tickets"].count_documents({})
    marks = services.database["demo"]
    await marks.update_one({"_id": "history"}, {"$set": {"complete": False}})
    doomed = [d["_id"] async for d in services.database["tickets"].find({}, {"_id": 1}).limit(40)]
    await services.database["tickets"].delete_many({"_id": {"$in": doomed}})
    assert await seeded(services, setting)
    tickets = await services.database["tickets"].count_documents({})
    assert abs(tickets - count) < 20  # a later "now" may have a ticket more or fewer
    assert await services.database["identities"].count_documents({}) == tickets
    assert (await found(services, "demo", {"_id": "history"}))["complete"]


async def test_a_database_in_use_is_left_as_it_is(services: Services, setting: DemoSetting) -> None:
    await services.desk.register(a_request(at=utc_now()), now=utc_now())
    assert not await seeded(services, setting)
    assert await services.database["tickets"].count_documents({}) == 1


async def test_the_identities_of_the_past_open_only_through_the_log(
    services: Services, setting: DemoSetting
) -> None:
    await seeded(services, setting)
    number = (await found(services, "tickets", {"secrecy": "public"}))["_id"]
    citizen = await services.identities.read(number, reader=SYSTEM, reason="test", now=utc_now())
    assert citizen.name
    stored = await found(services, "identities", {"_id": number})
    assert citizen.name not in str(stored)
    with pytest.raises(UnknownTicket):
        await services.identities.read("HY0000000000", reader=SYSTEM, reason="test", now=utc_now())


async def test_everybody_on_the_list_can_log_in_however_often_they_are_admitted(
    services: Services, setting: DemoSetting
) -> None:
    await admit(services.people, setting)
    await admit(services.people, setting)
    for person in PEOPLE:
        user = await services.people.log_in(person.user.username, person.password, now=utc_now())
        assert user == person.user
        assert user.actor(services.units, on=services.clock().astimezone(CHINA).date()).unit_ids
    key = await services.people.find_api_key(setting.api_key)
    assert key is not None
    assert key.role is Role.SUPERVISOR


def test_credentials_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    first = open_setting(tmp_path)
    assert open_setting(tmp_path) == replace(first)
    assert first.path.stat().st_mode & 0o777 == 0o600
    other = open_setting(tmp_path / ".." / tmp_path.name)
    assert other.api_key == first.api_key
    (tmp_path / "demo.toml").unlink()
    assert open_setting(tmp_path).api_key != first.api_key
