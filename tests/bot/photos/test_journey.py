"""A photo's whole way: from a citizen's telephone to the liaison's screen, and the unit's own files back to the citizen."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from PIL import Image

from bot.photos.kinds import SentUp, Source
from bot.simulator.sample_picture import SAMPLE_VOICE, sample_photo
from bot.worker import Worker
from routing.workflow import Actor, Role
from tests.journeys.city import City, open_city
from tests.journeys.pages import number_in


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


async def test_a_photo_reaches_the_liaison_without_its_place_and_the_answer_names_the_units_files(
    city: City,
) -> None:
    wang = city.citizen()
    number = await wang.files()
    await city.platform.send_image(wang.openid)
    await Worker(city.services).fetch_photos(city.clock())
    liaison = await city.login("liaison")
    page = await liaison.open(f"/console/tickets/{number}")
    (photo,) = await city.services.photos.of_ticket(number)
    assert f"/console/tickets/{number}/photos/{photo.id}" in page.html
    async with liaison.http.get(f"{city.base}/console/tickets/{number}/photos/{photo.id}") as answer:
        shown = Image.open(io.BytesIO(await answer.read()))
    sent = Image.open(io.BytesIO(sample_photo()))
    assert sent.getexif() and not shown.getexif()  # noqa: PT018
    assert shown.size == (sent.height, sent.width), "it stands upright"
    form = aiohttp.FormData(quote_fields=False)
    for found in page.forms:
        if found.action.endswith("/attachments"):
            form.add_field("csrf", found.fields["csrf"])
    form.add_field("to_citizen", "yes")
    form.add_field("files", b"%PDF-1.7 ...", filename="检测报告.pdf")
    async with liaison.http.post(f"{city.base}/console/tickets/{number}/attachments", data=form) as answer:
        assert answer.status == 200
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("签收")
    await liaison.press("答复并办结", text="路灯已修复，检测报告见附件。")
    await city.sweep()
    assert "附文件1个，查看请点" in wang.hears()[-1]


async def test_how_far_it_is_names_its_own_photo_and_the_answer_without_one_names_none(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    liaison = await city.login("liaison")
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("签收")
    photos, ticket = city.services.photos, await city.services.tickets.get(number)
    proof = await photos.put(
        sample_photo(), number=number, source=Source.OFFICIAL, now=city.clock(), to_citizen=False
    )
    await photos.send_up(number, [proof], SentUp(ticket.events[-1].seq, final=False))
    assert ticket.unit_id is not None
    unit = Actor("liaison", "陈立新", Role.LIAISON, frozenset({ticket.unit_id}))
    for act, text, brings in (
        (city.services.desk.interim_reply, "路灯的配件已经订了。", True),
        (city.services.desk.resolve, "路灯已经修好。", False),
    ):
        city.clock.advance(minutes=5)
        await act(number, actor=unit, version=None, now=city.clock(), text=text)
        await city.sweep()
        assert text in wang.hears()[-1]
        assert ("附照片1张，" in wang.hears()[-1]) is brings


async def test_taking_the_authorisation_back_erases_what_has_no_ticket(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    await city.platform.send_image(wang.openid)
    await Worker(city.services).fetch_photos(city.clock())
    loose = await city.services.photos.put(
        sample_photo(),
        number=None,
        source=Source.CITIZEN_PAGE,
        now=city.clock(),
        owner=("county", wang.openid),
    )
    await city.platform.revoke_authorization(wang.openid)
    with pytest.raises(KeyError):
        await city.services.photos.open(loose)
    assert len(await city.services.photos.of_ticket(number)) == 1


async def test_a_voice_message_nobody_could_read_is_offered_to_whoever_handles_the_ticket(city: City) -> None:
    wang = city.citizen()
    await wang.says("我要投诉")
    city.clock.advance(seconds=3)
    assert "留给工作人员听" in (await city.platform.send_voice(wang.openid, "")).text
    for said in ("人民路的路灯坏了三天，晚上老人不敢出门", "城关镇人民路12号", "不留", "公开"):
        await wang.says(said)
    number = number_in(await wang.says("确认提交"))
    await Worker(city.services).fetch_photos(city.clock())
    liaison = await city.login("liaison")
    page = await liaison.open(f"/console/tickets/{number}")
    (voice,) = await city.services.photos.of_ticket(number)
    assert "第1段" in page.text
    async with liaison.http.get(f"{city.base}/console/tickets/{number}/photos/{voice.id}") as answer:
        assert answer.content_type == "audio/amr"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert await answer.read() == SAMPLE_VOICE
