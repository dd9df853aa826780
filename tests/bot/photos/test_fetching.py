"""Photos are fetched from the platform before it forgets them; what is lost is told in words, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.photos import fetching, store
from bot.photos.fetching import RETRY_AFTER, PhotoFetching
from bot.photos.kinds import PhotoId, PhotoKind, Source
from bot.photos.shelf import GIVE_UP_AFTER, FetchState, PictureShelf
from bot.simulator.faults import Failure
from bot.simulator.sample_picture import SAMPLE_VOICE
from bot.talk.session import Picture
from bot.wechat.media import MediaLater
from bot.worker import Worker
from routing.events import Audience, EventKind, NoticeState, OutboxEntry
from routing.identity import Vault
from tests.bot.photos.pictures import phone_photo
from tests.factories import MONDAY_9_30
from tests.journeys.city import City, open_city
from tests.journeys.pages import number_in

EXPIRED = "市民发来的第{}张照片已过期，未能取回"


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def fetch(city: City) -> int:
    return await Worker(city.services).fetch_photos(city.clock())


async def told(city: City) -> None:
    """Fetched, and whoever is to hear of it has heard."""
    await fetch(city)
    await city.sweep()


async def states(city: City, number: str) -> list[FetchState]:
    return [row.state for row in await city.services.pictures.rows(number)]


async def notices(city: City, number: str) -> list[str]:
    found = city.services.database["console_notices"].find({"_id": {"$regex": "^photos:"}, "number": number})
    return [notice["text"] async for notice in found]


async def filed_with(city: City, *photos: bytes | None) -> str:
    wang = city.citizen()
    number = await wang.files()
    for photo in photos:
        city.clock.advance(seconds=3)
        await city.platform.send_image(wang.openid, photo)
    return number


async def test_photos_of_draft_and_ticket_are_fetched_cleaned_and_kept_in_order(city: City) -> None:
    wang = city.citizen()
    await wang.says("我要投诉")
    assert "照片收到了" in (await city.platform.send_image(wang.openid, phone_photo(600, 300, seed=1))).text
    for said in ("人民路的路灯坏了三天，晚上老人不敢出门", "城关镇人民路12号", "不留", "公开"):
        await wang.says(said)
    number = number_in(await wang.says("确认提交"))
    city.clock.advance(seconds=30)
    await city.platform.send_image(wang.openid, phone_photo(300, 600, seed=2))
    assert await states(city, number) == [FetchState.WAITING] * 2
    assert await fetch(city) == 2
    first, second = await city.services.photos.of_ticket(number)
    assert (first.width, first.height, second.width, second.height) == (600, 300, 300, 600)
    assert first.kind is PhotoKind.PICTURE and first.source is Source.WECHAT  # noqa: PT018
    assert b"PhoneMaker" not in await city.services.photos.open(first.id)
    assert await fetch(city) == 0, "each is fetched once"


async def test_the_same_photo_sent_twice_is_kept_once(city: City) -> None:
    number = await filed_with(city, None, None)
    assert await fetch(city) == 2
    assert await states(city, number) == [FetchState.KEPT] * 2
    assert len(await city.services.photos.of_ticket(number)) == 1


async def test_a_busy_platform_is_asked_again_later_and_nobody_is_alarmed(city: City) -> None:
    number = await filed_with(city, phone_photo())
    city.platform.faults.fail_next("media/get", Failure.HTTP_500, times=3)
    await fetch(city)
    assert await states(city, number) == [FetchState.WAITING]
    assert await fetch(city) == 0, "not at once"
    city.clock.advance(seconds=RETRY_AFTER[0].total_seconds())
    assert await fetch(city) == 1
    assert await states(city, number) == [FetchState.KEPT]
    assert await notices(city, number) == []


async def test_no_failure_of_the_platform_costs_a_photo(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    # Within the life of an access token: the platform's runs by this clock, the service's by the real one.
    monkeypatch.setattr(fetching, "RETRY_AFTER", (timedelta(minutes=1),))
    city.platform.faults.slow_s = city.platform.faults.late_s = 0.02
    number = await filed_with(city, *(phone_photo(90, 60, seed=n) for n in range(9)))
    for failure in Failure:
        # More than the client's own three tries.
        city.platform.faults.fail_next("media/get", failure, times=3)
    for code in (-1, 40001, 45011):  # an account's error closes the circuit, which runs by the real clock too
        city.platform.faults.fail_next("media/get", code, times=2)
    for _ in range(40):
        await fetch(city)
        city.clock.advance(minutes=1)
    assert await states(city, number) == [FetchState.KEPT] * 9
    assert len(await city.services.photos.of_ticket(number)) == 9
    assert await notices(city, number) == []


async def test_an_expired_media_id_falls_back_on_the_pictures_address(city: City) -> None:
    number = await filed_with(city, phone_photo())
    city.clock.advance(days=3, seconds=1)
    assert await fetch(city) == 1
    assert await states(city, number) == [FetchState.KEPT]


async def test_a_photo_that_is_gone_is_told_to_the_unit_and_asked_of_the_citizen_once(city: City) -> None:
    number = await filed_with(city, phone_photo(seed=1), phone_photo(seed=2), phone_photo(seed=3))
    city.platform.faults.fail_next("media/get", 40007)
    city.platform.faults.fail_next("mmbiz", 404)
    await told(city)
    lost = [row.place for row in await city.services.pictures.rows(number) if row.state is FetchState.EXPIRED]
    assert len(lost) == 1
    assert await notices(city, number) == [EXPIRED.format(lost[0])]
    (asked,) = [said for said in city.citizen().hears() if "没能收到" in said]
    assert number in asked
    assert f"第{lost[0]}张" in asked
    # One more is lost: the unit learns of it, the citizen is not asked again.
    city.platform.faults.fail_next("media/get", 40007)
    city.platform.faults.fail_next("mmbiz", 404)
    city.clock.advance(seconds=3)
    await city.platform.send_image(city.citizen().openid, phone_photo(seed=4))
    await told(city)
    assert f"{EXPIRED.format(lost[0])}；{EXPIRED.format(4)}" in await notices(city, number)
    assert len([said for said in city.citizen().hears() if "没能收到" in said]) == 1


async def test_a_rush_of_uploads_costs_no_photo(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await filed_with(city, phone_photo())
    monkeypatch.setattr(store, "_MOST_WAITING", 0)
    await fetch(city)
    assert await states(city, number) == [FetchState.WAITING]
    monkeypatch.undo()
    city.clock.advance(minutes=2)
    await fetch(city)
    assert await states(city, number) == [FetchState.KEPT]


async def test_the_way_the_citizen_is_told_to_send_again_works(city: City) -> None:
    number = await filed_with(city, b"\xff\xd8\xff broken")
    await told(city)
    wang = city.citizen()
    city.clock.advance(days=1)
    await wang.taps("补充")
    await city.platform.send_image(wang.openid, phone_photo())
    await fetch(city)
    assert await states(city, number) == [FetchState.REFUSED, FetchState.KEPT]


async def test_what_is_no_picture_is_told_and_never_tried_again(city: City) -> None:
    number = await filed_with(city, b"\xff\xd8\xff no picture at all")
    await fetch(city)
    assert await states(city, number) == [FetchState.REFUSED]
    assert await notices(city, number) == ["市民发来的第1张照片未能保存：打不开、太大，或工单的文件已满"]
    city.clock.advance(days=1)
    assert await fetch(city) == 0


async def test_the_citizen_is_not_asked_for_photos_of_a_ticket_that_is_over(city: City) -> None:
    number = await filed_with(city, b"\xff\xd8\xff broken")
    await city.services.desk.withdraw(number, reason="已解决", now=city.clock(), key="w")
    await told(city)
    assert await notices(city, number)
    assert not [said for said in city.citizen().hears() if "没能收到" in said]


@pytest.mark.parametrize("code", [45015, -1])
async def test_who_cannot_be_asked_now_is_asked_later_and_once(city: City, code: int) -> None:
    number = await filed_with(city, b"\xff\xd8\xff broken")
    city.platform.faults.fail_next("message/custom/send", code, times=1 if code == 45015 else 3)
    await told(city)
    assert not asked(city)
    (entry,) = await lost_notices(city, number)
    assert entry.state is (NoticeState.WAITING if code == 45015 else NoticeState.QUEUED)
    city.clock.advance(minutes=5)
    if entry.state is NoticeState.WAITING:
        await city.citizen().says("你好")
    for _ in range(2):
        await told(city)
    assert len(asked(city)) == 1
    (entry,) = await lost_notices(city, number)
    assert entry.state is NoticeState.SENT


async def test_a_worker_that_dies_between_the_two_tellings_has_both_done_once(city: City) -> None:
    number = await filed_with(city, b"\xff\xd8\xff broken")

    class Dies:
        async def ask_to_resend(self, number: str, what: str, *, now: datetime) -> None:
            await city.services.desk.notices.ask_to_resend(number, what, now=now)
            raise ConnectionError

    worker = Worker(city.services)
    worker._photos.desk = Dies()
    with pytest.raises(ConnectionError):
        await worker.fetch_photos(city.clock())
    for _ in range(2):
        await told(city)
    assert len(asked(city)) == 1
    assert len(await notices(city, number)) == 1


def asked(city: City) -> list[str]:
    return [said for said in city.citizen().hears() if "没能收到" in said]


async def lost_notices(city: City, number: str) -> list[OutboxEntry]:
    ticket = await city.services.tickets.get(number)
    kinds = {e.id: ticket.event(e.event_seq).kind for e in ticket.outbox}
    return [
        e for e in ticket.outbox if kinds[e.id] is EventKind.RESEND_ASKED and e.audience is Audience.CITIZEN
    ]


# ---- the queue itself


@pytest.fixture
async def shelf(database: Any) -> PictureShelf:
    found = PictureShelf(database, Vault(b"k" * 32))
    await found.prepare()
    return found


async def test_voice_messages_are_counted_by_themselves_and_offered_as_files(city: City) -> None:
    number = await city.citizen().files()
    voice = city.platform.media.add(SAMPLE_VOICE, kind="voice")
    await city.services.pictures.put(
        number,
        (Picture("gone"),),
        now=city.clock(),
        account="county",
        voices=(Picture(voice), Picture("gone-too")),
    )
    await fetch(city)
    assert await notices(city, number) == [f"{EXPIRED.format(1)}；市民发来的第2段语音已过期，未能取回"]
    (kept,) = await city.services.photos.of_ticket(number)
    assert (kept.kind, kept.media_type) == (PhotoKind.SOUND, "audio/amr")
    assert await city.services.photos.open(kept.id) == SAMPLE_VOICE


async def test_each_photo_is_claimed_by_one_worker_and_taken_over_when_it_died(shelf: PictureShelf) -> None:
    now = MONDAY_9_30
    await shelf.put("HY1", tuple(Picture(f"m{n}") for n in range(5)), now=now, account="county")
    claims = await asyncio.gather(*(shelf.claim(now) for _ in range(8)))
    claimed = [one.picture.media_id for one in claims if one]
    assert sorted(claimed) == [f"m{n}" for n in range(5)]
    assert await shelf.claim(now + timedelta(minutes=1)) is None
    again = await shelf.claim(now + timedelta(minutes=2))
    assert again is not None
    assert (again.account, again.attempts) == ("county", 2)


async def test_a_settled_photo_is_not_claimed_again_even_if_it_is_put_again(shelf: PictureShelf) -> None:
    now = MONDAY_9_30
    await shelf.put("HY1", (Picture("m"),), now=now, account="county")
    one = await shelf.claim(now)
    assert one is not None
    await shelf.lost(one.key, FetchState.EXPIRED)
    await shelf.put("HY1", (Picture("m"),), now=now + timedelta(hours=1), account="county")
    await shelf.postpone(one.key, until=now)
    assert await shelf.claim(now + timedelta(days=1)) is None


async def test_put_again_after_a_key_rotation_is_still_the_same_photo(
    shelf: PictureShelf, database: Any
) -> None:
    await shelf.put("HY1", (Picture("m"),), now=MONDAY_9_30, account="county")
    rotated = PictureShelf(database, Vault(b"n" * 32, previous=(b"k" * 32,)))
    await rotated.put("HY1", (Picture("m"),), now=MONDAY_9_30, account="county")
    assert [picture.media_id for picture in await rotated.of_ticket("HY1")] == ["m"]


async def test_a_name_that_cannot_be_opened_holds_up_no_other(shelf: PictureShelf, database: Any) -> None:
    await shelf.put("HY1", (Picture("m"),), now=MONDAY_9_30, account="county")
    stranger = PictureShelf(database, Vault(b"n" * 32))
    await stranger.put("HY2", (Picture("x"),), now=MONDAY_9_30, account="county")
    claimed = await stranger.claim(MONDAY_9_30)
    assert claimed is not None
    assert claimed.number == "HY2"
    assert await stranger.claim(MONDAY_9_30 + timedelta(minutes=1)) is None
    later = MONDAY_9_30 + timedelta(hours=7)
    back = await shelf.claim(later)
    assert back is not None, "its key came back"
    assert back.picture.media_id == "m"
    await stranger.kept(claimed.key, PhotoId("x"))
    assert await stranger.claim(MONDAY_9_30 + GIVE_UP_AFTER) is None
    assert await stranger.to_tell() == ["HY1"]


async def test_after_days_of_trying_a_photo_counts_as_lost(city: City) -> None:
    services = city.services
    await services.pictures.put("HY2611160001", (Picture("m"),), now=city.clock(), account="county")

    class Away:
        tries = 0

        async def fetch(self, account: str, media_id: str, url: str | None) -> bytes:
            self.tries += 1
            raise MediaLater

    away = Away()
    worker = PhotoFetching(
        shelf=services.pictures,
        photos=services.photos,
        source=away,
        tickets=services.tickets,
        console=services.console_notices,
        desk=services.desk.notices,
    )
    until = city.clock() + GIVE_UP_AFTER
    while city.clock() < until:
        await worker.fetch_photos(city.clock())
        city.clock.advance(minutes=30)
    assert await states(city, "HY2611160001") == [FetchState.EXPIRED]
    assert 15 < away.tries < 30
