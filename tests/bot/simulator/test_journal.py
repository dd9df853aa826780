"""Phones look after a restart as before it, and strangers are written to only where they are admitted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.simulator import journal
from bot.simulator.pages import mount_simulator
from bot.simulator.phones import Closed
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import EntryKind
from tests.bot.simulator.conftest import ACCOUNT

WANG = "oWangWangWangWangWangWangWan"
LI = "oLiLiLiLiLiLiLiLiLiLiLiLiLiL"

Restart = Callable[[], SimulatedPlatform]


def stored(path: Path) -> bytes:
    return path.read_bytes()


def rewrite(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def spoil(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "simulator.jsonl"


@pytest.fixture
def restart(path: Path, platform: SimulatedPlatform, http: aiohttp.ClientSession, clock: Any) -> Restart:
    """A platform made anew on the same file, at the service the other one talks to."""

    def make() -> SimulatedPlatform:
        return SimulatedPlatform(
            account=ACCOUNT, deliver_to=platform.deliver_to, http=http, clock=clock, journal=path
        )

    return make


async def test_a_platform_made_anew_shows_the_same_chats_and_goes_on(restart: Restart, path: Path) -> None:
    first = restart()
    await first.send_text(WANG, "路灯坏了 <b>&\n第二行")
    await first.send_voice(LI, "我的诉求")
    # The service's JSON may hold half a surrogate pair, which no file in UTF-8 can.
    first.phones.show(WANG, "半个\ud83d字符", kind=EntryKind.TEXT, note="客服消息")
    second = restart()
    for openid in (WANG, LI):
        assert len(first.conversation(openid)) >= 2
        assert second.conversation(openid) == first.conversation(openid)
    last = second.conversation(WANG)[-1].sequence
    await second.send_text(WANG, "还在吗")
    assert second.conversation(WANG)[-2].sequence > last
    assert restart().conversation(WANG) == second.conversation(WANG)
    assert mode(path) == 0o600


@pytest.mark.parametrize("cut", [1, 20, 60])
async def test_a_torn_last_line_is_the_only_one_lost(restart: Restart, path: Path, cut: int) -> None:
    first = restart()
    await first.send_text(WANG, "路灯坏了")
    await first.send_text(WANG, "还没修好")
    rewrite(path, stored(path)[: -cut - 1])
    second = restart()
    assert second.conversation(WANG) == first.conversation(WANG)[:-1]
    await second.send_text(WANG, "修好了")
    assert restart().conversation(WANG) == second.conversation(WANG)


@pytest.mark.parametrize(
    "line",
    [b"\xff\x00", b"[]", b"null", b"{}", b'{"openid":"o1"}', b'{"openid":"o1","entry":{"at":"never"}}'],
)
async def test_what_is_no_line_of_ours_is_passed_over(restart: Restart, path: Path, line: bytes) -> None:
    first = restart()
    await first.send_text(WANG, "路灯坏了")
    rewrite(path, line + b"\n" + stored(path) + line)
    second = restart()
    assert second.conversation(WANG) == first.conversation(WANG)
    assert second.phones.find("o1") is None
    assert line not in stored(path).splitlines()


async def test_the_newest_lines_of_each_citizen_are_kept(restart: Restart, path: Path) -> None:
    first = restart()
    first.phones.show(LI, "只有一句", kind=EntryKind.TEXT)
    for number in range(journal.ENTRIES + 30):
        first.phones.show(WANG, f"第 {number} 句", kind=EntryKind.TEXT)
    assert len(stored(path).splitlines()) == journal.ENTRIES + 31
    second = restart()
    assert len(stored(path).splitlines()) == journal.ENTRIES + 1
    assert second.conversation(WANG)[0].text == "第 30 句"
    assert second.conversation(LI) == first.conversation(LI)


async def test_windows_reopen_but_whoever_left_stays_away(restart: Restart, clock: Any) -> None:
    first = restart()
    await first.send_text(WANG, "路灯坏了")
    await first.send_text(LI, "路灯坏了")
    await first.unfollow(LI)
    clock.advance(hours=100)
    with pytest.raises(Closed, match="45015"):
        first.phones.of(WANG).spend(now=clock())
    restart()
    third = restart()  # the rewritten file says it too
    third.phones.of(WANG).spend(now=clock())
    with pytest.raises(Closed, match="43004"):
        third.phones.of(LI).spend(now=clock())


async def test_citizens_created_by_name_are_still_known(restart: Restart) -> None:
    first = restart()
    for number in range(60):
        first.citizens.create(f"访客{number}")
    assert restart().citizens.all() == first.citizens.all()
    assert restart().citizens.all() == first.citizens.all()


async def test_a_journal_that_cannot_be_written_does_not_silence_the_phones(
    restart: Restart, path: Path
) -> None:
    first = restart()
    spoil(path)
    await first.send_text(WANG, "路灯坏了")
    assert len(first.conversation(WANG)) == 2


@dataclass
class Admitting:
    """A platform that admits strangers, and how the service calls it."""

    http: aiohttp.ClientSession
    base: str
    token: str

    async def text(self, openid: object, text: str = "您好") -> int:
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        url = f"{self.base}/simulator/platform/cgi-bin/message/custom/send"
        async with self.http.post(url, params={"access_token": self.token}, json=body) as response:
            code: int = (await response.json())["errcode"]
            return code

    async def conversation(self, openid: str) -> Any:
        url = f"{self.base}/simulator/api/conversation"
        async with self.http.get(url, params={"openid": openid}) as response:
            assert response.status == 200
            return await response.json()


@pytest.fixture
async def open_platform(platform: SimulatedPlatform, http: Any, clock: Any) -> SimulatedPlatform:
    return SimulatedPlatform(
        account=ACCOUNT, deliver_to=platform.deliver_to, http=http, clock=clock, admit_strangers=True
    )


@pytest.fixture
async def admitting(open_platform: SimulatedPlatform, http: Any, clock: Any) -> AsyncIterator[Admitting]:
    app = web.Application()
    mount_simulator(app, open_platform, clock=clock)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    base = str(server.make_url("")).rstrip("/")
    yield Admitting(http, base, open_platform.tokens.stable()[0])
    await server.close()


async def test_a_stranger_is_delivered_to_where_strangers_are_admitted(admitting: Admitting) -> None:
    assert (await admitting.conversation(LI))["entries"] == []
    # Six: what the stranger writes in between goes past the platform.
    assert [await admitting.text(LI, f"答复 {number}") for number in range(6)] == [0] * 6
    shown = await admitting.conversation(LI)
    assert [entry["text"] for entry in shown["entries"]] == [f"答复 {number}" for number in range(6)]
    assert shown["citizen"] is None
    later = await admitting.http.get(
        f"{admitting.base}/simulator/api/conversation?openid={LI}&after={shown['entries'][4]['sequence']}"
    )
    assert (await later.json())["entries"] == shown["entries"][5:]


@pytest.mark.parametrize("openid", ["", 7, None])
async def test_what_is_no_openid_is_no_stranger(admitting: Admitting, openid: object) -> None:
    assert await admitting.text(openid) == 40003


async def test_a_citizen_the_platform_knows_is_held_to_the_rules_all_the_same(
    admitting: Admitting, open_platform: SimulatedPlatform
) -> None:
    await open_platform.send_text(WANG, "你好")
    assert [await admitting.text(WANG) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    await open_platform.unfollow(WANG)
    assert await admitting.text(WANG) == 43004
    wang = open_platform.citizens.all()[0]
    assert (await admitting.conversation(wang.openid))["citizen"] == "wang"
