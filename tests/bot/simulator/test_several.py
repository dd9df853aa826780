"""Several accounts on one simulated platform: each call reaches its own account, and no other."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.simulator.several import page_of
from tests.bot.accounts_on_a_platform import COUNTY, MARKET, Site, open_platform

NOW = datetime(2026, 9, 30, 8, 0, tzinfo=UTC)
MENU = {"button": [{"type": "click", "name": "问", "key": "ask"}]}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_platform(clock=lambda: NOW) as opened:
        yield opened


async def token(site: Site, app_id: str, secret: str) -> dict[str, Any]:
    asked = {"grant_type": "client_credential", "appid": app_id, "secret": secret}
    async with site.http.post(f"{site.api_base}/cgi-bin/stable_token", json=asked) as response:
        return await response.json()  # type: ignore[no-any-return]


async def call(site: Site, path: str, access_token: str, body: object = None) -> dict[str, Any]:
    async with site.http.request(
        "POST" if body is not None else "GET",
        f"{site.api_base}/cgi-bin/{path}",
        params={"access_token": access_token},
        json=body,
    ) as response:
        return await response.json()  # type: ignore[no-any-return]


async def test_each_account_has_its_own_tokens_and_menu(site: Site) -> None:
    county = (await token(site, COUNTY.app_id, COUNTY.secret))["access_token"]
    market = (await token(site, MARKET.app_id, MARKET.secret))["access_token"]
    assert county != market
    assert (await call(site, "menu/create", market, MENU))["errcode"] == 0
    assert site.county.menu is None
    assert site.market.menu is not None
    assert (await call(site, "menu/get", county))["errcode"] == 46003
    assert (await call(site, "menu/get", market))["menu"] == MENU


async def test_one_accounts_secret_opens_no_other(site: Site) -> None:
    assert (await token(site, MARKET.app_id, COUNTY.secret))["errcode"] == 40125
    assert (await token(site, "wx-of-nobody", COUNTY.secret))["errcode"] == 40013


async def test_a_token_of_nobody_is_refused_and_a_lapsed_one_by_its_own_account(site: Site) -> None:
    assert (await call(site, "menu/get", "nobody"))["errcode"] == 40001
    market = (await token(site, MARKET.app_id, MARKET.secret))["access_token"]
    site.market.tokens.expire()
    assert (await call(site, "menu/get", market))["errcode"] == 42001


async def test_a_codes_picture_is_its_accounts(site: Site) -> None:
    market = (await token(site, MARKET.app_id, MARKET.secret))["access_token"]
    asked = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "hall-<3>"}}}
    made = await call(site, "qrcode/create", market, asked)
    async with site.http.get(
        f"{site.api_base}/cgi-bin/showqrcode", params={"ticket": made["ticket"]}
    ) as shown:
        assert shown.content_type == "image/svg+xml"
        assert "hall-&lt;3&gt;" in await shown.text()
    async with site.http.get(f"{site.api_base}/cgi-bin/showqrcode", params={"ticket": "none"}) as shown:
        assert shown.status == 404


@pytest.mark.parametrize(
    "body",
    [
        {
            "action_name": "QR_STR_SCENE",
            "expire_seconds": 2_592_001,
            "action_info": {"scene": {"scene_str": "a"}},
        },
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "a" * 65}}},
        {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_id": 1}}},
        {"action_name": "QR_DANCE", "action_info": {"scene": {"scene_str": "a"}}},
    ],
)
async def test_a_code_outside_the_platforms_rules_is_refused(site: Site, body: dict[str, Any]) -> None:
    county = (await token(site, COUNTY.app_id, COUNTY.secret))["access_token"]
    assert (await call(site, "qrcode/create", county, body))["errcode"] == 40053


@pytest.mark.parametrize(("follows", "label"), [(True, "扫码"), (False, "关注")])
async def test_scanning_on_the_page_is_what_wechat_makes_of_it(site: Site, follows: bool, label: str) -> None:
    citizen = site.market.citizens.all()[0]
    site.market.phones.set_follows(citizen.openid, follows=follows)
    page = f"{site.base}{page_of(site.market, [site.county, site.market])}"
    async with site.http.post(
        f"{page}/send", data={"citizen": "wang", "do": "scan|hall-3"}, allow_redirects=False
    ) as response:
        assert response.status == 303
        assert response.headers["Location"].startswith("/simulator/at/market?citizen=wang")
    (delivery,) = site.market.phones.of(citizen.openid).deliveries
    assert delivery.label == label
    assert not list(site.county.phones), "nobody scanned anything of the county's"
