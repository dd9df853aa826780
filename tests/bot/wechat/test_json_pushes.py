"""Pushes of an account whose data format is JSON: the same messages, the same refusals, replies in JSON."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.wechat.accounts import Account, Mode
from bot.wechat.codec import PushRefused, Reason, open_push, open_push_with_key, seal_hand_over, seal_reply
from bot.wechat.events import report_fields
from bot.wechat.messages import MessageKind
from bot.wechat.parsing import read_message
from tests.bot.wechat.conftest import CURRENT_KEY, decrypt, encrypt, sha1_of_sorted

HEAD = {
    "ToUserName": "gh_county",
    "FromUserName": "oCitizen_One",
    "CreateTime": 1793581200,
}
TEXT = HEAD | {"MsgType": "text", "Content": "路灯坏了 <b>&amp;", "MsgId": 24000000000000001}


def push(platform: Any, document: object, *, slashes: bool = False) -> tuple[dict[str, str], bytes]:
    """As WeChat seals JSON; ``slashes`` are escaped by some of its servers."""
    raw = document if isinstance(document, bytes) else json.dumps(document, ensure_ascii=False).encode()
    sealed = encrypt(raw, CURRENT_KEY, platform.account.app_id)
    query, _ = platform.wrap(sealed)
    body = json.dumps({"ToUserName": "gh_county", "Encrypt": sealed})
    return query, (body.replace("/", "\\/") if slashes else body).encode()


@pytest.mark.parametrize("slashes", [False, True])
def test_a_sealed_json_push_is_a_message(
    account: Account, platform: Any, now: datetime, slashes: bool
) -> None:
    for _ in range(20):  # the ciphertext is random and holds a slash more often than not
        opened = open_push_with_key(account, *push(platform, TEXT, slashes=slashes), now)
        assert opened.as_json
        assert opened.key == CURRENT_KEY
        message = opened.message
        assert (message.kind, message.content, message.message_id) == (
            MessageKind.TEXT,
            "路灯坏了 <b>&amp;",
            "24000000000000001",
        )


def test_what_xml_says_json_says_alike(payload: Callable[[str], bytes]) -> None:
    xml = read_message("county", payload("location"))
    document = HEAD | {
        "MsgType": "location",
        "Location_X": 23.134521,
        "Location_Y": 113.358803,
        "Scale": 20,
        "Label": "城关镇人民路18号",
        "MsgId": int(xml.message_id or 0),
    }
    read = read_message("county", json.dumps(document).encode())
    assert replace(read, fingerprint="") == replace(xml, fingerprint="")
    assert read.key == xml.key


@pytest.mark.parametrize("several", [False, True])
def test_a_list_of_one_may_come_as_an_object(several: bool) -> None:
    item = {"TemplateId": "tpl-answered", "SubscribeStatusString": "accept", "PopupScene": "0"}
    event = HEAD | {"MsgType": "event", "Event": "subscribe_msg_popup_event"}
    document = event | {"List": [item, item | {"TemplateId": "tpl-rate"}] if several else item}
    fields = report_fields(read_message("county", json.dumps(document).encode()))
    assert fields["List"] == ([item, item | {"TemplateId": "tpl-rate"}] if several else [item])


def test_the_reply_to_json_is_sealed_json(account: Account, platform: Any, now: datetime) -> None:
    opened = open_push_with_key(account, *push(platform, TEXT), now)
    for sealed, expected in (
        (
            seal_reply(
                account, opened.message, "已登记]]>😀", now=now, nonce="n1", key=opened.key, as_json=True
            ),
            {"MsgType": "text", "Content": "已登记]]>😀"},
        ),
        (
            seal_hand_over(account, opened, now=now, nonce="n1"),
            {"MsgType": "transfer_customer_service"},
        ),
    ):
        outer = json.loads(sealed)
        signed = sha1_of_sorted(account.token, str(outer["TimeStamp"]), outer["Nonce"], outer["Encrypt"])
        assert outer["MsgSignature"] == signed
        inner, app_id = decrypt(outer["Encrypt"], CURRENT_KEY)
        assert app_id == account.app_id
        addressed = {"ToUserName": "oCitizen_One", "FromUserName": "gh_county", "CreateTime": 1793581200}
        assert json.loads(inner) == addressed | expected


HOSTILE: list[tuple[str, bytes]] = [
    ("a nesting bomb", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
    ("a bomb of lists", b'{"a":' + b"[" * 40_000),
    ("too wide", json.dumps({f"k{n}": n for n in range(3000)}).encode()),
    ("an endless number", b'{"CreateTime":' + b"9" * 40_000 + b"}"),
    ("a key twice", b'{"MsgType":"text","MsgType":"event"}'),
    ("a list", b'[{"MsgType":"text"}]'),
    ("NaN", b'{"MsgType":"text","CreateTime":NaN}'),
    ("half of it", json.dumps(TEXT).encode()[:-5]),
    ("two of it", json.dumps(TEXT).encode() * 2),
    ("no type", json.dumps(HEAD).encode()),
    ("a path in a key", json.dumps(TEXT | {"MsgType": "", "x/MsgType": "text"}).encode()),
]


@pytest.mark.parametrize(("what", "body"), HOSTILE, ids=[row[0] for row in HOSTILE])
def test_hostile_json_is_refused_at_once(
    account: Account, platform: Any, now: datetime, what: str, body: bytes
) -> None:
    plain = replace(account, mode=Mode.PLAIN)
    times = []
    for _ in range(3):
        started = time.process_time()
        with pytest.raises(PushRefused) as refused:
            open_push(plain, platform.query(), body, now)
        times.append(time.process_time() - started)
        assert refused.value.reason is Reason.MALFORMED
        with pytest.raises(PushRefused) as refused:
            open_push(account, *push(platform, body), now)
        assert refused.value.reason is Reason.MALFORMED
    assert min(times) < 0.05


def test_plain_json_is_refused_in_safe_mode(account: Account, platform: Any, now: datetime) -> None:
    with pytest.raises(PushRefused) as refused:
        open_push(account, platform.query(), json.dumps(TEXT).encode(), now)
    assert refused.value.reason is Reason.PLAINTEXT


def test_what_a_citizen_types_is_no_envelope(account: Account, platform: Any, now: datetime) -> None:
    """In compatible mode the text stands beside the envelope; only the signed one counts."""
    compatible = replace(account, mode=Mode.COMPATIBLE)
    forged = base64.b64encode(b"x" * 64).decode()
    typed = TEXT | {"Content": f'"Encrypt":"{forged}"'}
    sealed = encrypt(json.dumps(typed).encode(), CURRENT_KEY, account.app_id)
    query, _ = platform.wrap(sealed)
    body = json.dumps(typed | {"Encrypt": sealed}).encode()
    assert open_push(compatible, query, body, now).content == typed["Content"]
