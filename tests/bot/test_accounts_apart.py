"""Several accounts in one service: each with its own people, rules of time, department, welcome and menu."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.app import create_app
from bot.followers.scenes import SceneCode, ScenePlace
from bot.rules import other_profiles, preview_open, together
from bot.services import Services
from bot.settings import Settings
from bot.wechat.menu_shape import Menu, MenuButton
from bot.wechat.menus import put_menu
from routing.citizen_request import Channel, CitizenRequest
from routing.departments import UnitId
from routing.events import EventKind
from routing.ticket import Ticket
from routing.timing.profile_store import MongoProfileStore
from routing.timing.sla import ClockName, UnknownProfile
from routing.workflow import Actor, Role, State
from tests.bot.accounts_on_a_platform import WANG, Site, accounts_file, listen, open_platform
from tests.factories import MONDAY_9_30, a_request
from tests.running import run_services

MARKET = UnitId("qh.market")
UNCLEAR = "隔壁那个地方总是怪怪的，说不上来是什么事，麻烦来看看。"
CLEAR = "城关街道人民路的路灯坏了三盏，晚上看不见路。"


@dataclass
class Two:
    services: Services
    site: Site

    async def filed_at(self, account: str, text: str = UNCLEAR) -> Ticket:
        """What a citizen of that account says, filed through the dialogue."""
        platform = self.site.county if account == "county" else self.site.market
        for words in ("我要反映", text, "求助", "清和县城关街道", "跳过", "公开", "确认"):
            await platform.send_text(WANG, words)
            found = await self.services.queries.of_citizen(account, WANG)
            if found:
                return found[0]
        raise AssertionError([entry.text for entry in platform.conversation(WANG)])


@pytest.fixture
async def two(
    mongo_url: str, redis_url: str, redis: object, services_database: str, tmp_path: Path
) -> AsyncIterator[Two]:
    at = listen()
    file = accounts_file(
        tmp_path,
        market='welcome = "这里是市场监管局。"\ndefault_unit = "qh.market"\nprofile = "beijing-tier"\n'
        'service_phone = "0576-88000111"',
    )
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key="a secret for tests, 32 bytes long",
        wechat_accounts=file,
        wechat_api_base=f"{at[1]}/simulator/platform",
    )
    async with (
        run_services(settings, clock=lambda: MONDAY_9_30) as services,
        open_platform(clock=lambda: MONDAY_9_30, app=create_app(services), at=at) as site,
    ):
        yield Two(services, site)


def _of(request: CitizenRequest, profile: str | None, leave_to: UnitId | None = None) -> CitizenRequest:
    return replace(request, profile=profile, leave_to=leave_to)


async def test_a_citizen_of_one_account_is_a_stranger_at_the_other(two: Two) -> None:
    ticket = await two.filed_at("county")
    await two.site.market.send_text(WANG, "我的诉求")
    assert ticket.number not in two.site.market.conversation(WANG)[-1].text
    await two.site.county.send_text(WANG, "我的诉求")
    assert ticket.number in two.site.county.conversation(WANG)[-1].text
    await two.site.market.send_text(WANG, f"查进度 {ticket.number}")
    said = two.site.market.conversation(WANG)[-1].text
    assert UNCLEAR not in said
    assert "办理" not in said.split("\n")[0]


async def test_an_account_greets_in_its_own_words(two: Two) -> None:
    assert "这里是市场监管局。" in (await two.site.market.follow(WANG)).text
    assert "市场监管局" not in (await two.site.county.follow(WANG)).text


async def test_who_asks_for_a_person_is_told_the_accounts_own_telephone(two: Two) -> None:
    assert "请拨打0576-88000111" in (await two.site.market.send_text(WANG, "人工")).text
    assert "请拨打12345" in (await two.site.county.send_text(WANG, "人工")).text


async def test_what_triage_leaves_open_goes_to_the_department_whose_account_it_is(two: Two) -> None:
    ticket = await two.filed_at("market")
    assert (ticket.state, ticket.unit_id) == (State.DISPATCHED, MARKET)
    assert ticket.triage is not None
    assert not ticket.triage.automatic, "the machine is not judged by a dispatch it did not decide"
    dispatched = next(event for event in ticket.events if event.kind is EventKind.DISPATCHED)
    assert dispatched.text == "市民在本单位的公众号里反映"
    at_county = await two.filed_at("county")
    assert (at_county.state, at_county.unit_id) == (State.RECEIVED, None)


async def test_such_a_ticket_can_be_returned_like_any_other(two: Two) -> None:
    ticket = await two.filed_at("market")
    liaison = Actor("liaison", "陈联络", Role.LIAISON, frozenset({MARKET}))
    returned = await two.services.desk.request_return(
        ticket.number,
        actor=liaison,
        version=ticket.version,
        now=MONDAY_9_30,
        reason="不是本局的事",
        basis="三定方案",
    )
    assert returned.reviews


async def test_what_triage_is_sure_of_goes_where_it_belongs_from_any_account(two: Two) -> None:
    ticket = await two.filed_at("market", CLEAR)
    assert ticket.unit_id not in (None, MARKET)


async def test_a_tickets_limits_are_those_of_its_account(two: Two) -> None:
    desk, registered = two.services.desk, []
    for profile in (None, "beijing-tier"):
        asked = a_request(CLEAR, channel=Channel.WECHAT, at=MONDAY_9_30)
        ticket = await desk.register(_of(asked, profile), now=MONDAY_9_30)
        registered.append(ticket)
        dispatch = next(clock for clock in ticket.clocks if clock.name is ClockName.DISPATCH)
        assert dispatch.profile == (profile or "demo-county")
    own, other = registered
    assert own.next_due_at != other.next_due_at
    kept = await two.services.tickets.get(other.number)
    assert kept.profile == "beijing-tier"
    assert desk.profile_of(kept).name == "beijing-tier"
    assert (await two.filed_at("market")).profile == "beijing-tier"


async def test_later_limits_too_are_those_of_its_account(two: Two) -> None:
    ticket = await two.filed_at("market")
    moved = await two.services.desk.transfer(
        ticket.number,
        UnitId("qh.housing"),
        actor=Actor("d", "何派单", Role.DISPATCHER, frozenset(u.id for u in two.services.units.all())),
        version=ticket.version,
        now=MONDAY_9_30,
        reason="归住建局",
    )
    running = {clock.profile for clock in moved.clocks}
    assert running == {"beijing-tier"}


async def test_a_changed_profile_is_previewed_on_the_tickets_that_go_by_it_alone(two: Two) -> None:
    own, other = two.services.desk.profile, two.services.desk.profile_named("beijing-tier")
    for profile in (None, None, "beijing-tier"):
        await two.services.desk.register(_of(a_request(channel=Channel.WECHAT), profile), now=MONDAY_9_30)
    database = two.services.database
    found = [
        await preview_open(database, present=own, proposed=own),
        await preview_open(database, present=other, proposed=other, installation=False),
    ]
    assert [each.preview.tickets for each in found] == [2, 1]
    assert together(found).preview.tickets == 3
    assert await other_profiles(database, own.name) == ["beijing-tier"]


async def test_a_new_version_of_an_accounts_profile_is_at_work_without_a_restart(two: Two) -> None:
    store = MongoProfileStore(two.services.database)
    text = (await store.current("beijing-tier")).text
    changed = re.sub(r"(?m)^title = .*$", 'title = "改过的"', text, count=1)
    await store.save("beijing-tier", changed, base=0, by="某人", at=MONDAY_9_30, why="试")
    await two.services.account_rules.refresh()
    assert two.services.desk.profile_named("beijing-tier").title == "改过的"
    assert two.services.desk.profile.title != "改过的"


async def test_a_department_that_is_gone_turns_no_citizen_away(two: Two) -> None:
    asked = a_request(UNCLEAR, channel=Channel.WECHAT)
    ticket = await two.services.desk.register(
        _of(asked, None, leave_to=UnitId("qh.dissolved")), now=MONDAY_9_30
    )
    assert ticket.state is State.RECEIVED


async def test_a_profile_this_process_lacks_gives_the_installations_rules(two: Two) -> None:
    ticket = await two.services.desk.register(_of(a_request(channel=Channel.WECHAT), "gone"), now=MONDAY_9_30)
    assert two.services.desk.profile_of(ticket).name == "demo-county"


@pytest.mark.parametrize("follows", [True, False])
async def test_a_scanned_code_brings_its_place_onto_the_ticket(two: Two, follows: bool) -> None:
    hall = ScenePlace("hall-3", "政务大厅3号窗口", "清和县政务服务大厅3号窗口")
    code = SceneCode(account="county", place=hall, made_at=MONDAY_9_30, made_by="某人")
    await two.services.scenes.put([code])
    platform = two.site.county
    if follows:
        await platform.follow(WANG)
    scanned = await (platform.scan(WANG, "hall-3") if follows else platform.follow(WANG, "hall-3"))
    assert "政务大厅3号窗口" in scanned.text
    for words in ("我要反映", UNCLEAR, "求助", "2", "跳过", "公开", "确认"):  # 2 is the place on offer
        await platform.send_text(WANG, words)
    (ticket,) = await two.services.queries.of_citizen("county", WANG)
    assert ticket.place is not None
    assert "政务服务大厅3号窗口" in ticket.place
    assert "政务大厅3号窗口" not in (await two.site.market.follow(WANG, "hall-3")).text


async def test_each_account_has_its_own_menu_on_the_platform(two: Two) -> None:
    clients = two.services.wechat_clients
    await put_menu(clients["market"], Menu((MenuButton("投诉", "click", (("key", "file"),)),)))
    await put_menu(clients["county"], Menu((MenuButton("问", "click", (("key", "ask"),)),)))
    assert two.site.market.menu is not None
    assert two.site.county.menu is not None
    assert [b.name for b in two.site.market.menu.buttons] == ["投诉"]
    assert [b.name for b in two.site.county.menu.buttons] == ["问"]


async def test_each_account_has_a_page_of_its_own_in_the_simulator(two: Two) -> None:
    async def page(path: str) -> str:
        async with two.site.http.get(f"{two.site.base}{path}") as response:
            assert response.status == 200
            return await response.text()

    county, market = await page("/simulator?citizen=wang"), await page("/simulator/at/market?citizen=wang")
    assert "<h1>清和县12345热线</h1>" in county
    assert "<h1>清和市场监管</h1>" in market
    assert 'href="/simulator/at/market?citizen=wang"' in county
    assert 'action="/simulator/at/market/send"' in market
    assert 'action="/simulator/send"' not in market


async def test_an_unknown_profile_stops_the_service_at_start(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    settings = Settings.from_environment(
        {},
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key="a secret for tests, 32 bytes long",
        wechat_accounts=accounts_file(tmp_path, market='profile = "no-such"'),
    )
    with pytest.raises(UnknownProfile):
        async with run_services(settings):
            pass
