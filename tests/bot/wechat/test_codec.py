"""Signatures, envelopes and replies, held against an independent implementation and the platform's own vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat.accounts import Account, Mode
from bot.wechat.codec import (
    PushRefused,
    Reason,
    fit_text,
    open_push,
    open_push_with_key,
    seal_reply,
    verify_url,
)
from bot.wechat.xml_text import cdata, without_illegal_characters

Payload = Callable[[str], bytes]
Platform = Any

VECTORS = [
    ("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
    ("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
]


@pytest.mark.parametrize(("timestamp", "nonce", "signature"), VECTORS)
def test_the_platforms_own_signatures_are_accepted(
    account: Account, timestamp: str, nonce: str, signature: str
) -> None:
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": "4375120948345356249"}
    at = datetime.fromtimestamp(int(timestamp), UTC)
    assert verify_url(account, query, at) == "4375120948345356249"


@pytest.mark.parametrize("field", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", [None, "", "0", "名" * 40])
def test_a_url_check_with_any_other_value_is_refused(
    account: Account, platform: Platform, now: datetime, field: str, value: str | None
) -> None:
    query = platform.query(echostr="1") | {field: value}
    with pytest.raises(PushRefused) as refused:
        verify_url(account, {key: text for key, text in query.items() if text is not None}, now)
    assert (refused.value.reason, refused.value.status) == (Reason.WRONG_SIGNATURE, 403)


@pytest.mark.parametrize("echo", ["", "<script>", "a b", "a" * 257])
def test_an_echo_that_is_no_echo_is_not_reflected(
    account: Account, platform: Platform, now: datetime, echo: str
) -> None:
    with pytest.raises(PushRefused) as refused:
        verify_url(account, platform.query(echostr=echo), now)
    assert refused.value.status == 400


def test_an_account_without_a_token_trusts_nobody(
    platform: Platform, account: Account, now: datetime
) -> None:
    tokenless = replace(account, token="")
    query = replace(platform, account=tokenless).query(echostr="1")
    with pytest.raises(PushRefused, match="wrong-signature"):
        verify_url(tokenless, query, now)


@pytest.mark.parametrize(
    ("age_s", "fresh"),
    [(0, True), (300, True), (-300, True), (301, False), (-301, False), (86400 * 365, False)],
)
def test_a_push_is_fresh_for_five_minutes_either_way(
    account: Account, platform: Platform, payload: Payload, now: datetime, age_s: int, fresh: bool
) -> None:
    query, body = platform.sealed_push(payload("text"))
    if fresh:
        assert open_push(account, query, body, now + timedelta(seconds=age_s)).openid == "oCitizen_One"
    else:
        with pytest.raises(PushRefused, match="stale"):
            open_push(account, query, body, now + timedelta(seconds=age_s))


def test_the_reply_uses_the_key_that_opened_the_push(
    account: Account, platform: Platform, payload: Payload, now: datetime
) -> None:
    for key in (platform.current_key, platform.previous_key):
        query, body = platform.sealed_push(payload("text"), key=key)
        push = open_push_with_key(account, query, body, now)
        assert push.key == key
        reply = seal_reply(account, push.message, "好", now=now, nonce="n", key=push.key)
        assert platform.read_reply(reply, key=key)["Content"] == "好"


def test_a_reply_goes_back_to_its_sender_and_is_never_sealed_twice_alike(
    account: Account, platform: Platform, payload: Payload, now: datetime
) -> None:
    query, body = platform.sealed_push(payload("text"))
    push = open_push_with_key(account, query, body, now)
    first, second = (
        seal_reply(account, push.message, "已收到", now=now, nonce=nonce, key=push.key)
        for nonce in ("1", "2")
    )
    assert first != second
    assert platform.read_reply(first) == platform.read_reply(second)
    assert platform.read_reply(first) == {
        "ToUserName": "oCitizen_One",
        "FromUserName": "gh_county",
        "CreateTime": str(int(now.timestamp())),
        "MsgType": "text",
        "Content": "已收到",
    }


def test_compatible_mode_takes_plain_and_sealed_pushes_and_answers_each_in_kind(
    account: Account, platform: Platform, payload: Payload, now: datetime
) -> None:
    compatible = replace(account, mode=Mode.COMPATIBLE)
    plain = open_push_with_key(compatible, platform.query(), payload("text"), now)
    assert plain.key is None
    reply = seal_reply(compatible, plain.message, "好", now=now, nonce="n", key=plain.key)
    assert platform.read_plain(reply)["Content"] == "好"
    # Both parts in one body; the citizen typed an <Encrypt> of her own into the plain one.
    query, sealed_body = platform.sealed_push(payload("text"))
    sealed_part = sealed_body[sealed_body.index(b"<Encrypt>") : -len(b"</xml>")]
    both = payload("text")[: -len(b"</xml>")] + sealed_part + b"</xml>"
    assert open_push_with_key(compatible, query, both, now) == open_push_with_key(
        account, query, sealed_body, now
    )


def test_plain_mode_needs_no_key(
    platform: Platform, account: Account, payload: Payload, now: datetime
) -> None:
    plain = replace(account, mode=Mode.PLAIN, encoding_aes_key="", previous_aes_key=None)
    assert open_push(plain, platform.query(), payload("voice"), now).content == "我家门口的路灯不亮"


def inner_text(platform: Platform, account: Account, now: datetime, text: str) -> str:
    query, body = platform.sealed_push(push_of("路灯"))
    message = open_push(account, query, body, now)
    reply = seal_reply(account, message, text, now=now, nonce="n", key=platform.current_key)
    return str(platform.read_reply(reply).get("Content", ""))


def push_of(content: str) -> str:
    return (
        "<xml><ToUserName><![CDATA[gh_county]]></ToUserName><FromUserName><![CDATA[oCitizen_One]]></FromUserName>"
        f"<CreateTime>1793581200</CreateTime><MsgType><![CDATA[text]]></MsgType><Content>{cdata(content)}</Content>"
        "<MsgId>24000000000000001</MsgId></xml>"
    )


@given(text=st.text(max_size=400))
def test_any_text_a_citizen_types_arrives(
    account: Account, platform: Platform, now: datetime, text: str
) -> None:
    query, body = platform.sealed_push(push_of(text))
    message = open_push(account, query, body, now)
    assert message.content == without_illegal_characters(text).strip()


@given(text=st.text(max_size=3000))
def test_any_text_we_answer_arrives(account: Account, platform: Platform, now: datetime, text: str) -> None:
    assert inner_text(platform, account, now, text) == fit_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "]]></Content><MsgType><![CDATA[image]]></MsgType><Content><![CDATA[",
        "]]>",
        "]]]]>>",
        "<![CDATA[x]]>",
        "&lt;&amp;",
        "</xml><xml>",
    ],
)
def test_no_text_can_inject_xml_into_a_reply(
    account: Account, platform: Platform, now: datetime, text: str
) -> None:
    assert inner_text(platform, account, now, text) == text


LINK = '<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=101">满意</a>'


@given(
    pieces=st.lists(
        st.one_of(
            st.text(max_size=300), st.just(LINK), st.sampled_from(["。", "\n", "路灯" * 90, "😀" * 50])
        ),
        max_size=40,
    )
)
def test_a_text_of_any_length_fits_and_keeps_its_links_whole(pieces: list[str]) -> None:
    text = "".join(pieces)
    fitted = fit_text(text)
    assert len(fitted.encode()) <= 2048
    assert fit_text(fitted) == fitted
    whole = without_illegal_characters(text)
    if len(whole.encode()) <= 2048:
        assert fitted == whole
    elif "<" not in whole.replace(LINK, ""):
        body = fitted.removesuffix("……")
        assert whole.startswith(body)
        assert body.count("<a href") == body.count("</a>") == body.count(LINK)


def test_a_long_text_ends_at_its_last_sentence_that_fits() -> None:
    sentence = "请携带身份证原件到政务服务大厅三号窗口办理。"
    fitted = fit_text(sentence * 100)
    assert fitted == sentence * (fitted.count("。")) + "……"
    assert len(fitted.encode()) > 2048 - len(sentence.encode()) - 6
    lines = "第一项材料\n" * 300
    assert fit_text(lines).removesuffix("……").splitlines()[-1] == "第一项材料"


def test_one_endless_sentence_is_cut_between_characters() -> None:
    fitted = fit_text("您好。" + "路" * 2000)
    assert fitted.startswith("您好。路")
    assert 2042 <= len(fitted.encode()) <= 2048


def test_a_link_at_the_limit_is_left_out_whole() -> None:
    text = "路" * 670 + LINK + "灯" * 100
    assert fit_text(text) == "路" * 670 + "……"


def test_a_link_longer_than_a_reply_leaves_its_words() -> None:
    text = f'<a href="https://county.example/{"x" * 3000}">办事指南</a>'
    assert fit_text(text) == "办事指南"
