"""Asking WeChat who opened a page: one question, a short wait, and a reason whenever nobody is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.settings import Settings
from bot.wechat.accounts import Account
from bot.wechat.oauth import OPEN_BASE, OAuth, OAuthFailure, OAuthRefused, open_base

ACCOUNT = Account(
    name="county", title="县", app_id="wx1", secret="the-secret", token="abc", encoding_aes_key="k" * 43
)


class Platform:
    """Answers with whatever the test says, and counts."""

    def __init__(self) -> None:
        self.answer = ""
        self.asked: list[dict[str, str]] = []
        self.hold = asyncio.Event()
        self.hold.set()

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query))
        await self.hold.wait()
        return web.Response(text=self.answer, content_type="text/plain")


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def oauth(platform: Platform) -> AsyncIterator[OAuth]:
    app = web.Application()
    app.router.add_get("/sns/oauth2/access_token", platform)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        yield OAuth(ACCOUNT, http, str(server.make_url("")), timeout=aiohttp.ClientTimeout(total=0.3))
        platform.hold.set()


async def test_a_code_is_exchanged_for_the_openid_though_the_answer_says_text_plain(
    oauth: OAuth, platform: Platform
) -> None:
    platform.answer = '{"access_token":"t","expires_in":7200,"openid":"o123","scope":"snsapi_base"}'
    assert await oauth.openid_of("the-code") == "o123"
    assert platform.asked == [
        {"appid": "wx1", "secret": "the-secret", "code": "the-code", "grant_type": "authorization_code"}
    ]


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ('{"errcode":40029,"errmsg":"invalid code"}', OAuthFailure.CODE_INVALID),
        ('{"errcode":40163,"errmsg":"code been used"}', OAuthFailure.CODE_USED),
        ('{"openid":"o1","is_snapshotuser":1}', OAuthFailure.SNAPSHOT),
        ('{"openid":"o1","is_snapshotuser":"1"}', OAuthFailure.SNAPSHOT),
        ('{"errcode":-1}', OAuthFailure.BUSY),
        ('{"errcode":40125}', OAuthFailure.ACCOUNT),
        ('{"errcode":"odd"}', OAuthFailure.BUSY),
        ('{"openid":""}', OAuthFailure.BUSY),
        ('{"openid":7}', OAuthFailure.BUSY),
        ("{}", OAuthFailure.BUSY),
        ("[1]", OAuthFailure.BUSY),
        ("", OAuthFailure.BUSY),
        ("<html>", OAuthFailure.BUSY),
        ('{"openid":"' + "o" * 20_000 + '"}', OAuthFailure.BUSY),
    ],
)
async def test_every_other_answer_has_its_reason(
    oauth: OAuth, platform: Platform, answer: str, failure: OAuthFailure
) -> None:
    platform.answer = answer
    with pytest.raises(OAuthRefused) as refused:
        await oauth.openid_of("c")
    assert refused.value.failure is failure


async def test_a_platform_that_does_not_answer_is_not_waited_for(oauth: OAuth, platform: Platform) -> None:
    platform.hold.clear()
    with pytest.raises(OAuthRefused) as refused:
        await oauth.openid_of("c")
    assert refused.value.failure is OAuthFailure.BUSY
    assert refused.value.__cause__ is None, "the cause would carry the address, and with it code and secret"
    assert len(platform.asked) == 1


@pytest.mark.parametrize("code", ["", "x" * 513, "a\nb"])
async def test_what_is_no_code_is_not_even_asked_about(oauth: OAuth, platform: Platform, code: str) -> None:
    with pytest.raises(OAuthRefused):
        await oauth.openid_of(code)
    assert platform.asked == []


async def test_the_browser_is_sent_to_wechat_with_the_fields_in_the_order_it_wants() -> None:
    async with aiohttp.ClientSession() as http:
        address = OAuth(ACCOUNT, http).authorize_address(redirect_uri="https://x.example/a?b=1", state="f0")
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == OPEN_BASE
    assert list(parse_qs(parts.query)) == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert parts.fragment == "wechat_redirect"
    assert "the-secret" not in address


def test_only_where_the_api_is_not_wechats_own_does_another_page_ask() -> None:
    assert open_base(Settings.from_environment({})) == OPEN_BASE
    simulated = Settings.from_environment({}, wechat_api_base="http://127.0.0.1:1/platform")
    assert open_base(simulated) == "http://127.0.0.1:1/platform"
    assert (
        open_base(Settings.from_environment({}, wechat_open_base="https://o.example")) == "https://o.example"
    )
