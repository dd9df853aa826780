"""What strangers send: each is refused before it costs anything."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.wechat.accounts import Account, Mode
from bot.wechat.codec import PushRefused, Reason, open_push

Push = tuple[dict[str, str], bytes]
MAY_TAKE_S = 0.05

HEAD = b"<xml><ToUserName>gh</ToUserName><FromUserName>oX</FromUserName><CreateTime>1793581200</CreateTime>"
NESTED = b"<xml>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</xml>"
WIDE = b"<xml>" + b"<a/>" * 15000 + b"</xml>"
LAUGHS = (
    b'<!DOCTYPE xml [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
    + b"]>"
    + HEAD
    + b"<MsgType>text</MsgType><Content>&j;</Content></xml>"
)
OUTSIDE = (
    b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    + HEAD
    + b"<MsgType>text</MsgType><Content>&a;</Content></xml>"
)


def truncated(platform: Any, xml: bytes) -> Push:
    _, body = platform.sealed_push(xml)
    sealed = body.split(b"CDATA[")[2].split(b"]]")[0]
    push: Push = platform.wrap(base64.b64encode(base64.b64decode(sealed)[:-16]).decode())
    return push


def altered(platform: Any, xml: bytes) -> Push:
    query, body = platform.sealed_push(xml)
    at = body.index(b"<Encrypt>") + 30
    return query, body[:at] + (b"A" if body[at : at + 1] != b"A" else b"B") + body[at + 1 :]


def unsigned(platform: Any, xml: bytes) -> Push:
    query, body = platform.sealed_push(xml)
    return {key: value for key, value in query.items() if key != "msg_signature"}, body


SAFE_MODE: list[tuple[str, Callable[[Any, bytes], Push], Reason]] = [
    ("5 MB of nesting", lambda p, xml: (p.query(), b"<xml>" + b"<a>" * 1_700_000), Reason.TOO_LARGE),
    ("65537 bytes", lambda p, xml: (p.query(), b" " * 65537), Reason.TOO_LARGE),
    ("plaintext", lambda p, xml: (p.query(), xml), Reason.PLAINTEXT),
    (
        "plaintext that claims to be sealed",
        lambda p, xml: (p.query(encrypt_type="aes"), xml),
        Reason.PLAINTEXT,
    ),
    (
        "plaintext around somebody's own <Encrypt>",
        lambda p, xml: (p.query(msg_signature="0" * 40), xml + b"<Encrypt>YWJj</Encrypt>"),
        Reason.WRONG_MESSAGE_SIGNATURE,
    ),
    ("nothing", lambda p, xml: (p.query(), b""), Reason.PLAINTEXT),
    ("no message signature", unsigned, Reason.WRONG_MESSAGE_SIGNATURE),
    ("an altered envelope", altered, Reason.WRONG_MESSAGE_SIGNATURE),
    ("an envelope without its last block", truncated, Reason.UNREADABLE),
    ("an envelope of a few bytes", lambda p, xml: p.wrap("YWJj"), Reason.UNREADABLE),
    ("an envelope that is no base64", lambda p, xml: p.wrap("=a=b"), Reason.UNREADABLE),
    ("sixteen random bytes", lambda p, xml: p.wrap(base64.b64encode(bytes(16)).decode()), Reason.UNREADABLE),
    ("padding of zero", lambda p, xml: p.malformed_frame(xml, pad=0), Reason.UNREADABLE),
    ("padding beyond the block", lambda p, xml: p.malformed_frame(xml, pad=33), Reason.UNREADABLE),
    ("padding that lies", lambda p, xml: p.malformed_frame(xml + b" " * 3, pad=31), Reason.UNREADABLE),
    ("a length beyond the end", lambda p, xml: p.malformed_frame(xml, length=2**32 - 1), Reason.UNREADABLE),
    ("another account's app id", lambda p, xml: p.sealed_push(xml, app_id="wx9"), Reason.WRONG_APP_ID),
    ("a key that is none of ours", lambda p, xml: p.sealed_push(xml, key=p.strange_key), Reason.UNREADABLE),
    (
        "a replay after six minutes",
        lambda p, xml: p.sealed_push(xml, at=p.now - timedelta(minutes=6)),
        Reason.STALE,
    ),
    (
        "a push from the future",
        lambda p, xml: p.sealed_push(xml, at=p.now + timedelta(minutes=6)),
        Reason.STALE,
    ),
    ("sealed nesting", lambda p, xml: p.sealed_push(NESTED[:20000]), Reason.MALFORMED),
    ("sealed entities", lambda p, xml: p.sealed_push(LAUGHS), Reason.MALFORMED),
    ("sealed nonsense", lambda p, xml: p.sealed_push(b"\xff\xfe\x00"), Reason.MALFORMED),
    ("an empty sealed push", lambda p, xml: p.sealed_push(b""), Reason.MALFORMED),
]

PLAIN_MODE: list[tuple[str, bytes]] = [
    ("a nesting bomb", NESTED),
    ("a wide bomb", WIDE),
    ("an entity bomb", LAUGHS),
    ("an entity from outside", OUTSIDE),
    ("a bomb without an end", b"<xml>" * 13000),
    ("an endless tag name", b"<xml><" + b"a" * 65000),
    ("endless attributes", b"<xml " + b" ".join(b"a%d='1'" % i for i in range(5000)) + b"></xml>"),
    ("endless almost-envelopes", b"<Encrypt>" * 7000),
    ("nothing", b""),
    ("no XML", b"success"),
    ("UTF-16", "<xml><MsgType>text</MsgType></xml>".encode("utf-16")),
]


def refuse(account: Account, query: dict[str, str], body: bytes, now: datetime) -> tuple[Reason, float]:
    """The reason, and the best of three times, so that a busy machine does not decide the test."""
    times = []
    for _ in range(3):
        started = time.process_time()
        with pytest.raises(PushRefused) as refused:
            open_push(account, query, body, now)
        times.append(time.process_time() - started)
    return refused.value.reason, min(times)


@pytest.mark.parametrize(("what", "make", "reason"), SAFE_MODE, ids=[row[0] for row in SAFE_MODE])
def test_safe_mode_refuses(
    account: Account,
    platform: Any,
    payload: Callable[[str], bytes],
    now: datetime,
    what: str,
    make: Callable[[Any, bytes], Push],
    reason: Reason,
) -> None:
    query, body = make(platform, payload("voice"))
    found, seconds = refuse(account, query, body, now)
    assert found is reason
    assert seconds < MAY_TAKE_S


@pytest.mark.parametrize(("what", "body"), PLAIN_MODE, ids=[row[0] for row in PLAIN_MODE])
def test_plain_mode_refuses(account: Account, platform: Any, now: datetime, what: str, body: bytes) -> None:
    found, seconds = refuse(replace(account, mode=Mode.PLAIN), platform.query(), body, now)
    assert found is Reason.MALFORMED
    assert seconds < MAY_TAKE_S


def test_a_bomb_with_a_wrong_signature_is_never_parsed(
    account: Account, platform: Any, now: datetime
) -> None:
    query = platform.query() | {"signature": "0" * 40}
    for body in (NESTED, LAUGHS):
        found, _ = refuse(replace(account, mode=Mode.PLAIN), query, body, now)
        assert found is Reason.WRONG_SIGNATURE


def test_a_refusal_carries_nothing_of_the_push(account: Account, platform: Any, now: datetime) -> None:
    query, body = platform.sealed_push(HEAD + b"<MsgType></MsgType></xml>")
    with pytest.raises(PushRefused) as refused:
        open_push(account, query, body, now)
    assert refused.value.args == ("malformed",)
    assert refused.value.__cause__ is None
