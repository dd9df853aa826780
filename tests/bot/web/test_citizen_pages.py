"""我的诉求 through the simulated WeChat: in without a word, the list, the ticket, and every act on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from bot.photos.kinds import Source
from bot.simulator.sample_picture import sample_photo, sample_picture
from routing.events import EventKind, NoticeChannel
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.web.citizen_browser import HOME, filed, phone_of
from tests.journeys.city import City, Phone, accounts_file, open_city


@pytest.fixture
async def city(mongo_url: str, redis_url: str, services_database: str, tmp_path: Path) -> AsyncIterator[City]:
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as opened:
        yield opened


def _citizen(city: City, key: str = "wang") -> Phone:
    found = city.platform.citizens.find(key)
    assert found is not None
    return Phone(city, found.name, found.openid)


async def _ticket(city: City, number: str) -> Ticket:
    return await city.services.tickets.get(number)


async def _resolve(city: City, number: str, reply: str = "路灯已修好，依据《城市照明管理规定》。") -> None:
    api = await city.api("liaison")
    for action, body in (("accept", {}), ("resolve", {"text": reply})):
        version = (await api.ticket(number))["version"]
        await api.post(f"/tickets/{number}/{action}", {"version": version, **body})


async def test_a_follower_is_let_in_without_a_word_and_sees_their_list(city: City) -> None:
    number = await _citizen(city).files()
    browser = await phone_of(city)
    page = await browser.open(HOME)
    assert page.status == 200
    assert page.path.startswith(HOME)
    assert number in page.html
    assert "承办单位" in page.words or "已转给" in page.words
    assert "还剩" in page.words


async def test_a_closed_ticket_is_rated_in_two_taps_and_sent_back_for_rework(city: City) -> None:
    number = await _citizen(city).files()
    await _resolve(city, number)
    browser = await phone_of(city)
    page = await browser.open(f"{HOME}/tickets/{number}")
    assert "路灯已修好" in page.words
    assert "办得怎么样" in page.words
    assert "/answers?q=" in page.html
    page = await browser.send(
        f"{HOME}/tickets/{number}/rate", "/rate", {"stars": "2", "reasons": ["问题没解决", "办得快"]}
    )
    assert page.path == f"{HOME}/tickets/{number}"
    assert "对不起" in page.words
    ticket = await _ticket(city, number)
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.reasons, ticket.rating.resolved) == (2, ("问题没解决",), False)
    page = await browser.send(f"{HOME}/tickets/{number}/reopen", "/reopen", {"text": "还是不亮"})
    assert "已经退回重新办理" in page.words
    assert (await _ticket(city, number)).state is State.DISPATCHED


async def test_a_proof_stays_with_its_answer_when_the_matter_is_done_again(city: City) -> None:
    number, photos = await _citizen(city).files(), city.services.photos

    async def proof(data: bytes) -> str:
        return await photos.put(
            data, number=number, source=Source.OFFICIAL, now=city.clock(), name="proof.jpg"
        )

    first = await proof(sample_picture())
    await _resolve(city, number)
    browser = await phone_of(city)
    page = await browser.open(f"{HOME}/tickets/{number}")
    assert page.html.index("的答复</h2>") < page.html.index(f"/photos/{first}")
    await browser.send(f"{HOME}/tickets/{number}/rate", "/rate", {"stars": "1"})
    page = await browser.send(f"{HOME}/tickets/{number}/reopen", "/reopen", {"text": "还是不亮"})
    assert "的答复</h2>" not in page.html, "what was given before is not the answer any more"
    assert page.words.index("正在重新办理") < page.words.index("之前的答复") < page.words.index("路灯已修好")
    city.clock.advance(hours=1)
    second = await proof(sample_photo())
    page = await browser.open(f"{HOME}/tickets/{number}")
    assert f"/photos/{second}" not in page.html, "it waits for its answer"
    assert (await browser.open(f"{HOME}/tickets/{number}/photos/{second}")).status == 404
    await _resolve(city, number, "整条线路都换过了。")
    page = await browser.open(f"{HOME}/tickets/{number}")
    order = (
        "的答复</h2>",
        "整条线路都换过了",
        f"/photos/{second}",
        "之前的答复",
        "路灯已修好",
        f"/photos/{first}",
    )
    places = [page.html.index(part) for part in order]
    assert places == sorted(places)
    assert (await browser.open(f"{HOME}/tickets/{number}/photos/{second}")).status == 200


async def test_how_far_it_is_reaches_the_chat_and_the_page_before_the_answer_does(city: City) -> None:
    citizen = _citizen(city)
    number = await citizen.files()
    api, words = await city.api("liaison"), "路灯配件已经订了，到货后马上更换。"
    for action, body in (("accept", {}), ("interim-reply", {"text": words})):
        version = (await api.ticket(number))["version"]
        await api.post(f"/tickets/{number}/{action}", {"version": version, **body})
    await city.sweep()
    told = "\n".join(citizen.hears())
    assert words in told
    assert "还没办完" in told
    browser = await phone_of(city)
    page = await browser.open(f"{HOME}/tickets/{number}")
    assert "办到哪一步了" in page.words
    assert words in page.words
    assert "还没办完" in page.words
    assert words in await citizen.says(number), "asked for in the chat, it is said again"
    version = (await api.ticket(number))["version"]
    await api.post(f"/tickets/{number}/resolve", {"version": version, "text": "路灯已经换好。"})
    page = await browser.open(f"{HOME}/tickets/{number}")
    assert words in page.words
    assert "还没办完" not in page.words
    assert words not in await citizen.says(number)


async def test_words_and_photos_reach_the_unit_once_however_often_the_button_is_pressed(city: City) -> None:
    number = (await filed(city)).number
    browser = await phone_of(city)
    address = f"{HOME}/tickets/{number}"
    opened = await browser.open(address)
    photos = (sample_photo(),)
    page = await browser.send(f"{address}/supplement", "/supplement", {"text": "第三根灯杆"}, files=photos)
    assert f"收到，已经加到工单{number}里" in page.words
    assert "第三根灯杆" in page.words
    browser.page = opened
    await browser.send(f"{address}/supplement", "/supplement", {"text": "第三根灯杆"}, files=photos)
    ticket = await _ticket(city, number)
    supplements = [e for e in ticket.events if e.kind is EventKind.SUPPLEMENTED]
    assert [e.text for e in supplements] == ["第三根灯杆\n（市民附照片1张）"]
    kept = await city.services.photos.of_ticket(number)
    assert len(kept) == 1
    small = await browser.open(f"{address}/photos/{kept[0].id}?size=small")
    assert (small.status, small.headers["Content-Type"]) == (200, "image/jpeg")
    assert (await browser.open(f"{address}/photos/{kept[0].id}")).status == 200


async def test_a_file_that_is_no_photo_is_refused_in_words_and_the_text_stays(city: City) -> None:
    number = (await filed(city)).number
    browser = await phone_of(city)
    address = f"{HOME}/tickets/{number}"
    await browser.open(address)
    page = await browser.send(
        f"{address}/supplement", "/supplement", {"text": "灯杆照片"}, files=(b"%PDF-1.7 no photo",)
    )
    assert page.status == 422
    assert "灯杆照片</textarea>" in page.html
    assert all(e.kind is not EventKind.SUPPLEMENTED for e in (await _ticket(city, number)).events)


async def test_a_second_reminder_on_one_day_is_refused_in_the_words_of_the_chat(city: City) -> None:
    number = (await filed(city)).number
    browser = await phone_of(city)
    address = f"{HOME}/tickets/{number}"
    opened = await browser.open(address)
    page = await browser.send(f"{address}/remind", "/remind")
    assert "已经帮您催了" in page.words
    assert "催一催" not in page.words, "what would be refused is not offered"
    again = {**opened.hidden("/remind"), "key": "another-form"}
    page = await browser.post(f"{address}/remind", again)
    assert page.status == 429
    assert "今天已经催过了" in page.words
    city.clock.advance(days=1, seconds=1)
    await browser.open(HOME)
    assert "催一催" in (await browser.open(address)).words


async def test_a_ticket_that_changed_meanwhile_is_not_withdrawn_unseen(city: City) -> None:
    number = (await filed(city)).number
    browser = await phone_of(city)
    address = f"{HOME}/tickets/{number}"
    await browser.open(address)
    api = await city.api("liaison")
    await api.post(f"/tickets/{number}/accept", {"version": (await api.ticket(number))["version"]})
    page = await browser.send(f"{address}/withdraw", "/withdraw", {"reason": "登记错了"})
    assert page.status == 409
    assert "有了新的进展" in page.words
    assert 'value="登记错了" checked' in page.html
    page = await browser.send(f"{address}/withdraw", "/withdraw", {"reason": "登记错了"})
    assert "已经撤回" in page.words
    ticket = await _ticket(city, number)
    assert ticket.state is State.WITHDRAWN
    assert "登记错了" in (ticket.events[-1].text or "")


async def test_the_list_is_cut_into_pages_the_newest_first(city: City) -> None:
    numbers = [
        (await filed(city, text=f"第{n}件事：路口的井盖松动，车过就响，晚上睡不着")).number for n in range(12)
    ]
    browser = await phone_of(city)
    first = await browser.open(HOME)
    assert "12 件" in first.words
    assert [n for n in reversed(numbers) if n in first.html] == numbers[:1:-1]
    second = await browser.open(f"{HOME}?page=2")
    assert [n for n in numbers if n in second.html] == numbers[:2]
    assert (await browser.open(f"{HOME}?page=99")).words == second.words


async def test_large_letters_are_remembered_on_all_pages(city: City) -> None:
    browser = await phone_of(city)
    await browser.open(HOME)
    assert 'class="citizen big"' in (await browser.open(f"{HOME}?size=big")).html
    assert 'class="citizen big"' in (await browser.open(f"{HOME}/find")).html
    await browser.open(f"{HOME}/find?size=normal")
    assert 'class="citizen"' in (await browser.open(HOME)).html


async def test_what_the_citizen_was_told_is_read_once_they_open_the_ticket(city: City) -> None:
    number = (await filed(city)).number
    await _citizen(city).says("你好")
    await _resolve(city, number)
    await city.sweep()
    told = [one.id for one in (await _ticket(city, number)).outbox if one.channel is NoticeChannel.WECHAT]
    assert told
    await (await phone_of(city)).open(f"{HOME}/tickets/{number}")
    read = [one.id for one in (await _ticket(city, number)).outbox if one.read_at is not None]
    assert read == told


async def test_without_notices_to_subscribe_the_page_says_what_happens_all_the_same(city: City) -> None:
    browser = await phone_of(city)
    await browser.open(HOME)
    page = await browser.open(f"{HOME}/subscribe")
    assert page.status == 200
    assert "您不订阅，进度也会告诉您" in page.words
    assert "去订阅" not in page.words


async def test_a_citizen_agrees_to_notices_on_the_platforms_own_page(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_notices(directory: Path) -> Path:
        path = accounts_file(directory)
        path.write_text(path.read_text() + _NOTICES, encoding="utf-8")
        return path

    monkeypatch.setattr("tests.journeys.city.accounts_file", with_notices)
    async with open_city(
        mongo_url=mongo_url, redis_url=redis_url, database=services_database, directory=tmp_path
    ) as city:
        browser = await phone_of(city)
        assert "订阅进度" in (await browser.open(HOME)).words
        page = await browser.open(f"{HOME}/subscribe")
        assert page.words.count("还没订阅") == 2
        ask = unescape(page.html.split('class="button main" href="')[1].split('"')[0])
        assert "申请给您发通知" in (await browser.open(ask)).words
        page = await browser.post(ask, {"answer": "yes", "accept": "answered-1"})
        assert page.path == f"{HOME}/subscribe"
        assert "还能收 1 次" in page.words
        assert "没有同意" in page.words


_NOTICES = """
[accounts.county.subscriptions.answered]
id = "answered-1"
[accounts.county.subscriptions.answered.fields]
thing1 = "title"
[accounts.county.subscriptions.dispatched]
id = "dispatched-1"
[accounts.county.subscriptions.dispatched.fields]
thing1 = "title"
"""


async def test_a_bad_rating_with_words_of_other_stars_keeps_only_what_was_offered(city: City) -> None:
    number = (await filed(city)).number
    await _resolve(city, number)
    browser = await phone_of(city)
    await browser.open(f"{HOME}/tickets/{number}")
    page = await browser.send(f"{HOME}/tickets/{number}/rate", "/rate", {"stars": "9"})
    assert page.status == 422
    page = await browser.send(
        f"{HOME}/tickets/{number}/rate",
        "/rate",
        {"stars": "5", "reasons": ["办得快", "推来推去", "<b>"], "comment": " 谢谢\r\n师傅 "},
    )
    assert "评价收到了：非常满意" in page.words
    rating = (await _ticket(city, number)).rating
    assert rating is not None
    assert (rating.reasons, rating.comment) == (("办得快",), "谢谢\n师傅")
    assert 'name="stars"' not in page.html


async def test_a_reply_cannot_put_markup_on_the_page(city: City) -> None:
    number = (await filed(city, text="<script>alert(1)</script>路灯坏了三天，晚上看不见")).number
    await _resolve(city, number, reply='见《<img src=x onerror="1">》和《城市"照明》。<script>x</script>')
    page = await (await phone_of(city)).open(f"{HOME}/tickets/{number}")
    assert "<script" not in page.html
    assert "<img src=x" not in page.html


async def test_more_photos_than_one_form_may_carry_are_refused_and_the_text_stays(city: City) -> None:
    number = (await filed(city)).number
    browser = await phone_of(city)
    address = f"{HOME}/tickets/{number}"
    for files, words in (((b"x",) * 10, "最多 9 张"), ((b"x" * (10 * 1024 * 1024 + 1),), "太大了")):
        await browser.open(address)
        page = await browser.send(f"{address}/supplement", "/supplement", {"text": "都在这里"}, files=files)
        assert page.status == 422
        assert words in page.words
        assert "都在这里</textarea>" in page.html
    assert await city.services.photos.of_ticket(number) == []
