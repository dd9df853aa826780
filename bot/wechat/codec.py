"""What stands between the wire and a message: signatures, freshness, envelopes, and the reply's exact bytes.

Pure: no clock, no network. A push that must not be answered raises PushRefused before any of it is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.wechat.accounts import Account, Mode
from bot.wechat.envelope import (
    Opened,
    Unreadable,
    WrongAppId,
    find_envelopes,
    open_envelope,
    same,
    seal_envelope,
    signature_of,
)
from bot.wechat.messages import IncomingMessage
from bot.wechat.parsing import read_message
from bot.wechat.xml_text import XmlRefused, cdata, without_illegal_characters

MAX_BODY_BYTES = 64 * 1024
MAX_REPLY_BYTES = 2048
TOLERANCE_S = 300

_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_ECHO = re.compile(r"[\w+/=.\-]{1,256}", re.ASCII)
_LINK_START = re.compile(r"<a\b", re.IGNORECASE)
_LINK_END = re.compile(r"</a>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>?")
_CUT_SIGN = "……"


class Reason(StrEnum):
    """Why a push was refused; the word is the whole body of the refusal."""

    WRONG_SIGNATURE = "wrong-signature"
    STALE = "stale-timestamp"
    PLAINTEXT = "plaintext-in-safe-mode"
    WRONG_MESSAGE_SIGNATURE = "wrong-message-signature"
    WRONG_APP_ID = "wrong-app-id"
    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable-envelope"
    MALFORMED = "malformed"
    UNKNOWN_ACCOUNT = "unknown-account"
    TOO_SLOW = "too-slow"


_STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.UNREADABLE: 400,
    Reason.MALFORMED: 400,
    Reason.UNKNOWN_ACCOUNT: 404,
    Reason.TOO_SLOW: 408,
}


class PushRefused(Exception):
    """The push is not answered. Carries no part of the push."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = _STATUS.get(reason, 403)


@dataclass(frozen=True, slots=True)
class OpenedPush:
    """The message, and the EncodingAESKey to seal the reply with; None when the push came in plain text."""

    message: IncomingMessage
    key: str | None
    as_json: bool = False
    """The account's data format is JSON: the reply must be too."""


def check_url(
    account: Account, query: Mapping[str, str], now: datetime, tolerance_s: int = TOLERANCE_S
) -> None:
    """Check the URL's signature, then its age; raises PushRefused. Says nothing about the body."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    expected = signature_of(account.token, timestamp, nonce)
    if not account.token or not same(expected, query.get("signature", "")):
        raise PushRefused(Reason.WRONG_SIGNATURE)
    if not _TIMESTAMP.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > tolerance_s:
        raise PushRefused(Reason.STALE)


def verify_url(
    account: Account, query: Mapping[str, str], now: datetime, tolerance_s: int = TOLERANCE_S
) -> str:
    """The echostr to answer the platform's URL check with; raises PushRefused."""
    check_url(account, query, now, tolerance_s)
    echo = query.get("echostr", "")
    if not _ECHO.fullmatch(echo):
        raise PushRefused(Reason.MALFORMED)
    return echo


def open_push(
    account: Account, query: Mapping[str, str], body: bytes, now: datetime, tolerance_s: int = TOLERANCE_S
) -> IncomingMessage:
    """The message of a push that passed every check; raises PushRefused."""
    return open_push_with_key(account, query, body, now, tolerance_s).message


def open_push_with_key(
    account: Account, query: Mapping[str, str], body: bytes, now: datetime, tolerance_s: int = TOLERANCE_S
) -> OpenedPush:
    """As open_push, and says which key opened it. Checks run from the cheapest to the dearest."""
    if len(body) > MAX_BODY_BYTES:
        raise PushRefused(Reason.TOO_LARGE)
    check_url(account, query, now, tolerance_s)
    return open_body(account, query, body)


def open_body(account: Account, query: Mapping[str, str], body: bytes) -> OpenedPush:
    """The push in a body of which ``check_url`` and the limit of size have been asked before."""
    sealed = account.mode is Mode.SAFE or query.get("encrypt_type", "").lower() == "aes"
    opened = _open_sealed(account, query, body) if sealed else Opened(xml=body, key="")
    try:
        message = read_message(account.name, opened.xml)
    except XmlRefused:
        raise PushRefused(Reason.MALFORMED) from None
    return OpenedPush(message=message, key=opened.key or None, as_json=opened.xml.lstrip()[:1] == b"{")


def seal_reply(
    account: Account,
    message: IncomingMessage,
    text: str,
    *,
    now: datetime,
    nonce: str,
    key: str | None,
    as_json: bool = False,
) -> str:
    """What answers ``message`` with ``text``, sealed anew under ``key``; plain when key is None."""
    fields = {"MsgType": "text", "Content": fit_text(text)}
    return _sealed(account, message, fields, now=now, nonce=nonce, key=key, as_json=as_json)


def seal_hand_over(account: Account, push: OpenedPush, *, now: datetime, nonce: str) -> str:
    """The reply that passes the citizen on to the platform's customer service."""
    fields = {"MsgType": "transfer_customer_service"}
    return _sealed(account, push.message, fields, now=now, nonce=nonce, key=push.key, as_json=push.as_json)


def _sealed(
    account: Account,
    message: IncomingMessage,
    fields: Mapping[str, str],
    *,
    now: datetime,
    nonce: str,
    key: str | None,
    as_json: bool,
) -> str:
    seconds = int(now.timestamp())
    write = _as_json if as_json else _as_xml
    reply = write(
        {
            "ToUserName": message.openid,
            "FromUserName": message.addressed_to,
            "CreateTime": seconds,
            **fields,
        }
    )
    if key is None:
        return reply
    sealed = seal_envelope(reply.encode(), key=key, app_id=account.app_id)
    signature = signature_of(account.token, str(seconds), nonce, sealed)
    return write({"Encrypt": sealed, "MsgSignature": signature, "TimeStamp": seconds, "Nonce": nonce})


def _as_xml(fields: Mapping[str, str | int]) -> str:
    leaves = (f"<{name}>{cdata(v) if isinstance(v, str) else v}</{name}>" for name, v in fields.items())
    return f"<xml>{''.join(leaves)}</xml>"


def _as_json(fields: Mapping[str, str | int]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def fit_text(text: str) -> str:
    """The text as WeChat can show it: legal characters and at most 2048 bytes of UTF-8.

    A longer text is cut after its last 。or newline that fits (within the last half, else at the limit), never
    inside a link, and ends in ……
    """
    text = without_illegal_characters(text)
    if len(text.encode()) <= MAX_REPLY_BYTES:
        return text
    room = MAX_REPLY_BYTES - len(_CUT_SIGN.encode())
    cut = _outside_links(text, len(text.encode()[:room].decode("utf-8", "ignore")))
    if not cut:
        # One link longer than a whole reply: its words are worth more than its address.
        return fit_text(_TAG.sub("", text))
    sentence = _outside_links(text, max(text.rfind("。", 0, cut), text.rfind("\n", 0, cut)) + 1)
    # A first sentence of three words followed by one endless one: half a sentence says more than none.
    return text[: sentence if sentence > cut // 2 else cut].rstrip() + _CUT_SIGN


def _outside_links(text: str, cut: int) -> int:
    """``cut``, or the start of the link it would fall into."""
    starts = [match.start() for match in _LINK_START.finditer(text, 0, min(len(text), cut + 1))]
    starts = [start for start in starts if start < cut]
    if not starts:
        return cut
    end = _LINK_END.search(text, starts[-1])
    return cut if end and end.end() <= cut else starts[-1]


def _open_sealed(account: Account, query: Mapping[str, str], body: bytes) -> Opened:
    envelopes = find_envelopes(body)
    if not envelopes:
        raise PushRefused(Reason.PLAINTEXT if account.mode is Mode.SAFE else Reason.MALFORMED)
    given = query.get("msg_signature", "")
    parts = (account.token, query.get("timestamp", ""), query.get("nonce", ""))
    signed = [sealed for sealed in envelopes if same(signature_of(*parts, sealed), given)]
    if not signed:
        raise PushRefused(Reason.WRONG_MESSAGE_SIGNATURE)
    try:
        return open_envelope(signed[0], keys=account.aes_keys, app_id=account.app_id)
    except Unreadable:
        raise PushRefused(Reason.UNREADABLE) from None
    except WrongAppId:
        raise PushRefused(Reason.WRONG_APP_ID) from None
