"""Citizens' photos on a busy day: few forms in memory at once, nobody waits for ever, and no word is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from bot.simulator.sample_picture import sample_picture
from bot.web import citizen_upload
from bot.web.citizen_upload import AT_ONCE, UploadPlaces
from routing.events import EventKind
from tests.bot.web.citizen_browser import HOME, filed, phone_of
from tests.journeys.city import City, open_city


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def test_so_many_at_once_and_one_a_visitor() -> None:
    places, inside, most = UploadPlaces(), set[str](), 0
    go_on, is_full = asyncio.Event(), asyncio.Event()

    async def upload(visitor: str) -> bool:
        nonlocal most
        async with places.one_for(visitor) as free:
            assert visitor not in inside
            inside.add(visitor)
            most = max(most, len(inside))
            if most == AT_ONCE:
                is_full.set()
            await go_on.wait()
            inside.remove(visitor)
            return free

    uploads = [asyncio.create_task(upload(f"visitor {n % 9}")) for n in range(18)]
    await is_full.wait()
    go_on.set()
    assert all(await asyncio.gather(*uploads)), "a second click waits for the first"
    assert most == AT_ONCE


async def test_who_finds_no_place_is_told_and_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citizen_upload, "WAIT_S", 0.01)
    places = UploadPlaces(1)
    async with (
        places.one_for("first") as first,
        places.one_for("second") as second,
        places.one_for("first") as again,
    ):
        assert (first, second, again) == (True, False, False)
    async with places.one_for("second") as free:
        assert free


async def test_on_a_busy_moment_the_page_says_when_to_come_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def full(places: UploadPlaces, visitor: str) -> AsyncIterator[bool]:
        yield False

    number = (await filed(city)).number
    browser, address = await phone_of(city), f"{HOME}/tickets/{number}"
    await browser.open(address)
    with monkeypatch.context() as patched:
        patched.setattr(UploadPlaces, "one_for", full)
        page = await browser.send(
            f"{address}/supplement", "/supplement", {"text": "灯杆"}, files=(sample_picture(),)
        )
    assert page.status == 429
    assert "请过1分钟再发一次" in page.words
    assert ">灯杆</textarea>" in page.html, "nobody types it again"
    page = await browser.send(
        f"{address}/supplement", "/supplement", {"text": "灯杆"}, files=(sample_picture(),)
    )
    assert page.status == 200


async def test_a_body_that_never_ends_is_given_up_and_its_words_stay(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(citizen_upload, "READ_WITHIN_S", 0.3)
    number = (await filed(city)).number
    browser, address = await phone_of(city), f"{HOME}/tickets/{number}"
    page = await browser.open(address)
    fields = {**page.hidden("/supplement"), "text": "灯杆的照片在这里"}
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for name, value in fields.items():
            yield f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield b'--edge\r\nContent-Disposition: form-data; name="photos"; filename="1.jpg"\r\n\r\n\xff\xd8\xff'
        for _ in range(20):
            yield bytes(64 * 1024)
            await asyncio.sleep(0)
        await never.wait()

    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    async with browser.http.post(
        f"{city.base}{address}/supplement", data=body(), headers=headers, timeout=aiohttp.ClientTimeout(20)
    ) as response:
        html = (await response.content.read()).decode()
    never.set()
    assert response.status == 408
    assert "照片传得太慢" in html
    assert "灯杆的照片在这里</textarea>" in html
    events = (await city.services.tickets.get(number)).events
    assert all(event.kind is not EventKind.SUPPLEMENTED for event in events)
