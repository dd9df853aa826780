"""The platform's side: a chosen photo is served as it was sent, for three days by its id and longer by its address."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
from PIL import Image

from bot.simulator.media import MOST_BYTES, MediaShelf
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.sample_picture import HEIGHT, WIDTH, sample_photo
from tests.bot.photos.pictures import phone_photo
from tests.bot.simulator.conftest import base, clock, http, platform, service, site

__all__ = ["base", "clock", "http", "platform", "service", "site"]

WANG = "o-wang"


def test_the_sample_is_like_a_telephones_photo() -> None:
    sample = Image.open(io.BytesIO(sample_photo()))
    exif = sample.getexif()
    assert exif.get_ifd(0x8825), "it says where it was taken"
    assert exif[0x0112] == 6
    assert sample.size == (HEIGHT * 4, WIDTH * 4), "it lies on its side"


async def test_a_visitors_own_photo_is_pushed_shown_and_served(
    platform: SimulatedPlatform, base: str, http: aiohttp.ClientSession, service: Any, clock: Any
) -> None:
    sent = phone_photo()
    form = aiohttp.FormData({"citizen": "wang"})
    form.add_field("photo", sent, filename="IMG_1.jpg", content_type="image/jpeg")
    async with http.post(f"{base}/simulator/photo", data=form) as page:
        assert page.status == 200
        assert "发出的照片" in await page.text()
    push = service.received[-1].fields
    token = platform.tokens.stable(force=False)[0]
    by_id = f"{base}/simulator/platform/cgi-bin/media/get"
    async with http.get(by_id, params={"access_token": token, "media_id": push["MediaId"]}) as answer:
        assert answer.content_type == "image/jpeg"
        assert await answer.read() == sent
    async with http.get(f"{base}/simulator/photo/{push['MediaId']}") as answer:
        assert await answer.read() == sent
    clock.advance(days=3)
    token = platform.tokens.stable(force=False)[0]
    async with http.get(by_id, params={"access_token": token, "media_id": push["MediaId"]}) as answer:
        assert answer.status == 200, "an error is JSON under HTTP 200"
        assert (await answer.json())["errcode"] == 40007
    async with http.get(push["PicUrl"]) as answer:
        assert await answer.read() == sent


async def test_what_is_no_photo_is_refused_in_words(
    base: str, http: aiohttp.ClientSession, service: Any
) -> None:
    form = aiohttp.FormData({"citizen": "wang"})
    form.add_field("photo", b"%PDF-1.7", filename="x.jpg", content_type="image/jpeg")
    async with http.post(f"{base}/simulator/photo", data=form) as page:
        assert page.status == 422
        assert "请选一张照片" in await page.text()
    assert service.received == []


async def test_another_sites_page_sends_no_photo(
    base: str, http: aiohttp.ClientSession, service: Any
) -> None:
    form = aiohttp.FormData({"citizen": "wang"})
    form.add_field("photo", phone_photo(), filename="x.jpg")
    headers = {"Origin": "https://evil.example"}
    async with http.post(f"{base}/simulator/photo", data=form, headers=headers) as answer:
        assert answer.status == 403
    assert service.received == []


def test_the_oldest_files_make_room(clock: Any) -> None:
    shelf = MediaShelf(clock=clock)
    large = bytes(MOST_BYTES // 4)
    ids = [shelf.add(large) for _ in range(6)]
    assert [shelf.find(media_id) is not None for media_id in ids] == [False, False, True, True, True, True]
