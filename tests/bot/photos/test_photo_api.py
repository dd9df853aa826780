"""Photos through the API: listed with the ticket, read with a key's rights, logged where the citizen asked for secrecy."""

from __future__ import annotations

import pytest

from bot.photos.kinds import Source
from bot.talk.session import Picture
from tests.bot.hotline.conftest import Api, api, articles, callback_settings, clock
from tests.bot.photos.pictures import phone_photo

__all__ = ["api", "articles", "callback_settings", "clock"]


async def with_photo(api: Api, secrecy: str) -> tuple[str, str]:
    ticket = await api.dispatched(citizen={"name": "王建国", "phone": "13800005678", "secrecy": secrecy})
    number = ticket["number"]
    photo = await api.services.photos.put(
        phone_photo(), number=number, source=Source.WECHAT, now=api.clock.now
    )
    return number, photo


@pytest.mark.parametrize(("secrecy", "logged"), [("公开", 0), ("保密", 1)])
async def test_a_key_reads_the_photos_of_its_tickets(api: Api, secrecy: str, logged: int) -> None:
    number, photo = await with_photo(api, secrecy)
    (shown,) = (await api.get(f"/tickets/{number}", role="liaison"))["photos"]
    assert shown["id"] == photo
    assert (shown["kind"], shown["source"], shown["media_type"]) == ("picture", "wechat", "image/jpeg")
    listed = await api.get(f"/tickets/{number}/photos", role="liaison")
    assert listed == {"photos": [shown], "notes": []}
    answer = await api.client.get(shown["href"], headers={"Authorization": f"Bearer {api.keys['liaison']}"})
    assert answer.status == 200
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert await answer.read() == await api.services.photos.open(photo)  # type: ignore[arg-type]
    reads = [r async for r in api.services.identities.reads(number=number) if r.role == "liaison"]
    assert len(reads) == logged


async def test_another_unit_and_a_stranger_get_nothing(api: Api) -> None:
    number, photo = await with_photo(api, "公开")
    address = f"/api/v1/tickets/{number}/photos/{photo}"
    for key, status in ((api.keys["stranger"], 404), ("no-key", 401)):
        answer = await api.client.get(address, headers={"Authorization": f"Bearer {key}"})
        assert answer.status == status
    missing = await api.client.get(
        f"/api/v1/tickets/{number}/photos/{'0' * 32}",
        headers={"Authorization": f"Bearer {api.keys['liaison']}"},
    )
    assert missing.status == 404


async def test_a_photo_on_its_way_is_said_in_words(api: Api) -> None:
    number = (await api.dispatched())["number"]
    await api.services.pictures.put(number, (Picture("m"),), now=api.clock.now, account="none")
    listed = await api.get(f"/tickets/{number}/photos", role="liaison")
    assert listed["photos"] == []
    assert listed["notes"] == ["市民发来的第1张照片正在取回，稍后刷新可见"]
