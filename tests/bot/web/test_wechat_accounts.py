"""The administrator's pages on official accounts: the platform's menu beside the file's, published and brought back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from bot.app import create_app
from bot.followers.scenes import SceneCode, ScenePlace
from bot.people import User
from bot.services import Services
from bot.settings import Settings
from routing.departments import UnitId
from routing.workflow import Role
from tests.bot.accounts_on_a_platform import Site, accounts_file, open_platform
from tests.bot.web.conftest import PASSWORD, Browser, Page
from tests.running import add_user, run_services

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
PAGE = "/console/wechat/county"


@dataclass
class Desk:
    services: Services
    site: Site
    browser: Browser
    folder: Path

    def write_menu(self, text: str) -> None:
        (self.folder / "menu-county.toml").write_text(text, encoding="utf-8")

    async def publish(self, why: str = "新菜单") -> Page:
        page = await self.browser.open(PAGE)
        return await self.browser.send(f"{PAGE}/publish", {"why": why, "after": page.hidden("after")})

    @property
    def shown(self) -> list[str]:
        present = self.site.county.menu
        return [button.name for button in present.buttons] if present else []


@pytest.fixture
async def desk(
    mongo_url: str, redis_url: str, redis: object, services_database: str, tmp_path: Path
) -> AsyncIterator[Desk]:
    async with open_platform(clock=lambda: NOW) as site:
        settings = Settings.from_environment(
            {},
            mongo_url=mongo_url,
            redis_url=redis_url,
            database=services_database,
            secret_key="a secret for tests, 32 bytes long",
            wechat_accounts=accounts_file(tmp_path, market='default_unit = "qh.no-such"'),
            wechat_api_base=site.api_base,
        )
        async with run_services(settings, clock=lambda: NOW) as services:
            for name, role in (("admin", Role.ADMINISTRATOR), ("boss", Role.SUPERVISOR)):
                user = User(username=name, name=f"{name}同志", role=role, unit_id=UnitId("qh.hotline"))
                await add_user(services, user, password=PASSWORD)
            client: TestClient[Any, Any] = TestClient(
                TestServer(create_app(services)), cookie_jar=CookieJar(unsafe=True)
            )
            try:
                await client.start_server()
                browser = Browser(client)
                await browser.log_in("admin")
                yield Desk(services, site, browser, tmp_path)
            finally:
                await client.close()


async def test_all_accounts_are_listed_with_what_is_wrong_with_them(desk: Desk) -> None:
    page = await desk.browser.open("/console/wechat")
    assert "清和县12345热线" in page.words
    assert "清和市场监管" in page.words
    assert "单位表里没有 qh.no-such" in page.words
    for secret in ("c0c0c0c0", "countytoken", "abcdefghijklmnopqrstuvwxyz", "wx00000000000county"):
        assert secret not in page.html


async def test_the_menu_is_compared_published_and_brought_back_with_reasons(desk: Desk) -> None:
    page = await desk.browser.open(PAGE)
    assert "平台上还没有菜单" in page.words
    assert "＋ 新增“问政策”（点击 ask）" in page.words
    page = await desk.publish()
    assert "已发布，第 1 版" in page.words
    assert "● 和平台上的一样" in page.words
    assert "要改菜单：请技术人员在服务器上改 " in page.words
    assert desk.shown == ["问政策", "反映问题"]
    desk.write_menu('[[button]]\nname = "只问"\nkey = "ask"\n')
    assert "－ 去掉“反映问题”" in (await desk.browser.open(PAGE)).words
    page = await desk.publish("精简")
    assert desk.shown == ["只问"]
    assert "第 2 版 ● 在用 admin同志（admin）" in page.words
    fields = {"why": "改错了", "after": page.hidden("after"), "version": "1"}
    page = await desk.browser.send(f"{PAGE}/roll-back", fields)
    assert "已发布，第 3 版" in page.words
    assert desk.shown == ["问政策", "反映问题"]


async def test_no_menu_is_published_without_a_reason(desk: Desk) -> None:
    page = await desk.publish("  ")
    assert page.status == 422
    assert "请写明理由" in page.words
    assert desk.shown == []


async def test_who_saw_another_difference_is_shown_the_new_one_first(desk: Desk) -> None:
    page = await desk.browser.open(PAGE)
    desk.write_menu('[[button]]\nname = "别的"\nkey = "ask"\n')
    page = await desk.browser.send(f"{PAGE}/publish", {"why": "新菜单", "after": page.hidden("after")})
    assert page.status == 409
    assert "刚刚变过" in page.words
    assert "＋ 新增“别的”" in page.words
    assert 'value="新菜单"' in page.html, "what was typed is kept"
    assert desk.shown == []


async def test_who_publishes_on_top_of_anothers_publishing_is_told(desk: Desk) -> None:
    await desk.publish()
    desk.write_menu('[[button]]\nname = "别的"\nkey = "ask"\n')
    await desk.browser.open(PAGE)
    page = await desk.browser.send(f"{PAGE}/publish", {"why": "新菜单", "after": "0"})
    assert page.status == 409
    assert desk.shown == ["问政策", "反映问题"]


async def test_a_faulty_file_shows_its_faults_and_offers_no_publishing(desk: Desk) -> None:
    desk.write_menu('[[button]]\nname = "这个名字实在太长了"\nkey = "ask"\n')
    page = await desk.browser.open(PAGE)
    assert "名称要 1 到 16 字节" in page.words
    assert "发布到微信" not in page.words


async def test_a_silent_platform_leaves_the_page_readable(desk: Desk) -> None:
    desk.site.county.faults.fail_next("menu/get", 48001)
    page = await desk.browser.open(PAGE)
    assert page.status == 200
    assert "没有自定义菜单的权限" in page.words


async def test_the_platforms_refusal_of_a_menu_is_shown_in_words(desk: Desk) -> None:
    desk.site.county.faults.fail_next("menu/create", 40018)
    page = await desk.publish()
    assert page.status == 502
    assert "名称过长（错误码 40018）" in page.words
    assert await desk.services.menus.latest("county") == []


async def test_codes_are_listed_with_their_unit_and_end(desk: Desk) -> None:
    for scene, expires_at in (("hall-3", None), ("old", NOW)):
        place = ScenePlace(scene, f"窗口{scene}", "大厅", "qh.market")
        await desk.services.scenes.put(
            [SceneCode(account="county", place=place, made_at=NOW, made_by="某人", expires_at=expires_at)]
        )
    words = (await desk.browser.open(PAGE)).words
    assert "窗口hall-3 大厅 hall-3 县市场监管局 永久" in words
    assert "窗口old 大厅 old 县市场监管局 ■ 已过期" in words


async def test_an_account_that_is_not_there_is_not_found(desk: Desk) -> None:
    assert (await desk.browser.open("/console/wechat/nobody")).status == 404
    await desk.browser.open(PAGE)
    assert (await desk.browser.send(f"{PAGE}/dance", {"why": "x"})).status == 404


async def test_accounts_are_the_administrators_alone(desk: Desk) -> None:
    await desk.browser.client.post(
        "/console/logout", data={"csrf": (await desk.browser.open(PAGE)).hidden("csrf")}
    )
    await desk.browser.log_in("boss")
    assert (await desk.browser.open(PAGE)).status == 403
