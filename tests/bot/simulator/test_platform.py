"""The simulated platform pushes as WeChat pushes, and judges replies as WeChat judges them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.simulator.crypt import signature
from bot.simulator.delivering import FAULT_NOTICE
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import EntryKind, Mode, Outcome, TryResult

WANG = "oWangWangWangWangWangWangWan"


def test_signatures_agree_with_the_published_vectors() -> None:
    assert signature("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert signature("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


async def test_a_citizens_words_reach_the_service_and_its_reply_the_citizen(
    platform: SimulatedPlatform, service: Any
) -> None:
    delivery = await platform.send_text(WANG, "路灯坏了 ]]> <b>&")
    assert delivery.outcome is Outcome.ANSWERED
    assert delivery.replies == ("收到：路灯坏了 ]]> <b>&",)
    assert delivery.attempts == 1
    assert delivery.tries[0].status == 200
    assert delivery.tries[0].encrypted
    pushed = service.received[0]
    assert pushed.fields["FromUserName"] == pushed.query["openid"] == WANG
    assert pushed.fields["MsgId"] == delivery.message_id
    assert "路灯" not in pushed.body
    assert [(entry.from_citizen, entry.text) for entry in platform.conversation(WANG)] == [
        (True, "路灯坏了 ]]> <b>&"),
        (False, "收到：路灯坏了 ]]> <b>&"),
    ]


async def test_every_push_is_signed_with_the_accounts_token(
    platform: SimulatedPlatform, service: Any
) -> None:
    await platform.send_text(WANG, "你好")
    query = service.received[0].query
    assert query["signature"] == signature(platform.account.token, query["timestamp"], query["nonce"])


async def test_a_silent_service_is_cut_off_and_pushed_again_with_the_same_id_and_a_new_nonce(
    platform: SimulatedPlatform, service: Any
) -> None:
    assert platform.cut_after_s == 5
    platform.cut_after_s = 0.4
    release = service.stays_silent(times=2)
    delivery = await platform.send_text(WANG, "在吗")
    release.set()
    assert delivery.attempts == 3
    assert [one.result for one in delivery.tries] == [TryResult.CUT, TryResult.CUT, TryResult.ANSWERED]
    assert delivery.seconds >= 0.8
    assert len({received.fields["MsgId"] for received in service.received}) == 1
    assert len({received.fields["CreateTime"] for received in service.received}) == 1
    assert len({received.query["nonce"] for received in service.received}) == 3
    assert platform.conversation(WANG)[-1].text == "终于好了"
    assert platform.conversation(WANG)[-1].note == "第 3 次投递后回复"


async def test_after_three_cuts_the_citizen_reads_the_fault_notice(
    platform: SimulatedPlatform, service: Any
) -> None:
    platform.cut_after_s = 0.1
    release = service.stays_silent(times=99)
    delivery = await platform.send_text(WANG, "在吗")
    release.set()
    assert delivery.outcome is Outcome.FAULT_SHOWN
    assert delivery.attempts == len(service.received) == 3
    assert delivery.replies == ()
    shown = platform.conversation(WANG)[-1]
    assert (shown.text, shown.kind) == (FAULT_NOTICE, EntryKind.FAULT)


async def test_a_lost_reply_is_asked_for_again(platform: SimulatedPlatform, service: Any) -> None:
    platform.faults.lose_replies = 1
    delivery = await platform.send_text(WANG, "你好")
    assert [one.result for one in delivery.tries] == [TryResult.LOST, TryResult.ANSWERED]
    assert len(service.received) == 2
    assert [entry.text for entry in platform.conversation(WANG)] == ["你好", "收到：你好"]


async def test_a_service_that_is_down_shows_the_fault_notice(platform: SimulatedPlatform) -> None:
    platform.deliver_to = "http://127.0.0.1:1/wechat/qinghe"
    delivery = await platform.send_text(WANG, "你好")
    assert delivery.outcome is Outcome.FAULT_SHOWN
    assert delivery.tries[0].result is TryResult.UNREACHABLE


@pytest.mark.parametrize("body", ["success", "", "  success\n"])
async def test_success_and_an_empty_body_leave_the_citizen_in_peace(
    platform: SimulatedPlatform, service: Any, body: str
) -> None:
    service.answers_body(lambda _: body)
    delivery = await platform.send_text(WANG, "你好")
    assert delivery.outcome is Outcome.SUCCESS
    assert len(platform.conversation(WANG)) == 1


MALFORMED: dict[str, tuple[Any, str]] = {
    "JSON is not XML": (lambda s, r: '{"text": "hi"}', "不是 XML"),
    "a plain reply in safe mode": (lambda s, r: s.text_reply(r, "hi"), "安全模式下回复未加密"),
    "a doctype": (lambda s, r: "<!DOCTYPE xml><xml/>", "DOCTYPE"),
    "a changed MsgSignature": (
        lambda s, r: s.sealed(s.text_reply(r, "hi")).text.replace(
            "<MsgSignature><![CDATA[", "<MsgSignature><![CDATA[0"
        ),
        "MsgSignature",
    ),
    "names not swapped": (
        lambda s, r: s.sealed(s.text_reply(r, "hi", ToUserName=r.fields["ToUserName"])).text,
        "未对调",
    ),
    "another citizen": (lambda s, r: s.sealed(s.text_reply(r, "hi", ToUserName="oOther")).text, "未对调"),
    "an unknown type": (lambda s, r: s.sealed(s.text_reply(r, "hi", MsgType="texts")).text, "MsgType"),
    "empty text": (lambda s, r: s.sealed(s.text_reply(r, "")).text, "Content 为空"),
    "2049 bytes": (lambda s, r: s.sealed(s.text_reply(r, "字" * 683)).text, "2048"),
    "no date": (lambda s, r: s.sealed(s.text_reply(r, "hi", CreateTime="soon")).text, "CreateTime"),
    "broken inner XML": (lambda s, r: s.sealed("<xml><Content>]]></xml>").text, "不是 XML"),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_reply_shows_the_fault_notice(
    platform: SimulatedPlatform, service: Any, case: str
) -> None:
    make, reason = MALFORMED[case]
    service.answers_body(lambda received: make(service, received))
    delivery = await platform.send_text(WANG, "你好")
    assert delivery.outcome is Outcome.FAULT_SHOWN
    assert delivery.attempts == 1
    assert reason in (delivery.error or "")
    assert platform.conversation(WANG)[-1].text == FAULT_NOTICE


async def test_a_reply_sealed_for_another_app_is_refused(platform: SimulatedPlatform, service: Any) -> None:
    from wechatpy.crypto import WeChatCrypto

    account = platform.account
    other = WeChatCrypto(account.token, account.encoding_aes_key, "wxffffffffffffffff")
    service.answers_body(lambda r: other.encrypt_message(service.text_reply(r, "hi"), "n", "1790000000"))
    delivery = await platform.send_text(WANG, "你好")
    assert delivery.error == "AppID 不一致"


async def test_a_server_error_shows_the_fault_notice_at_once(
    platform: SimulatedPlatform, service: Any
) -> None:
    async def answer(_: object) -> web.Response:
        return web.Response(status=500)

    service.answer = answer
    delivery = await platform.send_text(WANG, "你好")
    assert (delivery.outcome, delivery.attempts, delivery.error) == (Outcome.FAULT_SHOWN, 1, "HTTP 500")


async def test_a_failed_push_nobody_waits_for_stays_out_of_the_chat(
    platform: SimulatedPlatform, service: Any
) -> None:
    service.answers_body(lambda _: "<broken")
    delivery = await platform.unfollow(WANG)
    assert delivery.outcome is Outcome.FAILED
    assert [entry.kind for entry in platform.conversation(WANG)] == [EntryKind.EVENT]


async def test_2048_bytes_of_text_are_shown(platform: SimulatedPlatform, service: Any) -> None:
    service.answers_text("字" * 682 + "ab")
    assert (await platform.send_text(WANG, "你好")).outcome is Outcome.ANSWERED


async def test_all_a_citizen_can_do_arrives_with_its_fields(
    platform: SimulatedPlatform, service: Any
) -> None:
    await platform.follow(WANG, scene="hall-3")
    await platform.send_location(WANG, 34.75, 113.62, "人民路")
    await platform.send_image(WANG)
    await platform.send_voice(WANG, "路灯坏了")
    await platform.tap_menu_choice(WANG, "满意", "101")
    await platform.click_menu(WANG, "mine")
    await platform.view_menu(WANG, "https://example.org/")
    await platform.scan(WANG, "hall-4")
    await platform.unfollow(WANG)
    followed, place, image, voice, choice, click, view, scan, left = [one.fields for one in service.received]
    assert (followed["Event"], followed["EventKey"]) == ("subscribe", "qrscene_hall-3")
    assert (place["Location_X"], place["Location_Y"], place["Label"]) == ("34.75", "113.62", "人民路")
    assert image["MsgType"] == "image"
    assert image["MediaId"]
    assert voice["Recognition"] == "路灯坏了"
    assert (choice["MsgType"], choice["Content"], choice["bizmsgmenuid"]) == ("text", "满意", "101")
    assert (click["Event"], click["EventKey"]) == ("CLICK", "mine")
    assert (view["Event"], view["EventKey"]) == ("VIEW", "https://example.org/")
    assert (scan["Event"], scan["EventKey"]) == ("SCAN", "hall-4")
    assert left["Event"] == "unsubscribe"
    assert "MsgId" not in click


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.COMPATIBLE])
async def test_in_the_other_modes_the_plain_fields_are_readable(
    clock: Any, platform: SimulatedPlatform, mode: Mode
) -> None:
    bodies: list[str] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.text())
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as http:
        other = SimulatedPlatform(
            account=replace(platform.account, mode=mode),
            deliver_to=f"http://127.0.0.1:{port}/",
            http=http,
            clock=clock,
        )
        delivery = await other.send_text(WANG, "你好")
    await runner.cleanup()
    assert delivery.outcome is Outcome.SUCCESS
    assert not delivery.tries[0].encrypted
    assert "<Content><![CDATA[你好]]></Content>" in bodies[0]
    assert ("<Encrypt>" in bodies[0]) is (mode is Mode.COMPATIBLE)


async def test_memory_is_bounded_however_long_a_citizen_talks(
    platform: SimulatedPlatform, service: Any
) -> None:
    service.answers_body(lambda _: "success")
    for number in range(210):
        await platform.send_text(WANG, str(number))
    entries = platform.conversation(WANG)
    assert len(entries) == 200
    assert entries[-1].text == "209"


def test_no_openid_or_secret_shows_in_what_may_be_logged(platform: SimulatedPlatform) -> None:
    assert platform.account.secret not in repr(platform.account)
    assert platform.account.token not in repr(platform.account)
