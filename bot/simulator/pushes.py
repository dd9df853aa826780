"""What citizens do, as the XML WeChat pushes to the service."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.simulator.crypt import PushCipher, signature
from bot.simulator.records import Mode, SimulatedAccount

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


Value = str | int | float | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""What stands in one element: text, a number, elements of its own, or several elements of the same name."""
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Push:
    """One message or event, the same over all its deliveries."""

    openid: str
    label: str
    """What it is in Chinese, for the people who watch the platform."""
    fields: Fields
    created_at: datetime
    message_id: str | None = None
    shows_fault: bool = True
    """Whether the citizen waits for an answer and so sees WeChat's fault notice when none comes."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A push made ready for one delivery."""

    query: dict[str, str]
    body: str
    encrypted: bool


def cdata(text: str) -> str:
    """The text as a CDATA section, with what XML cannot carry taken out."""
    return f"<![CDATA[{_NOT_XML.sub('', text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def inner_xml(push: Push, *, account: SimulatedAccount) -> str:
    """The push's plain XML, element for element as WeChat orders it."""
    values: dict[str, Value] = {
        "ToUserName": account.original_id,
        "FromUserName": push.openid,
        "CreateTime": int(push.created_at.timestamp()),
        **push.fields,
    }
    if push.message_id is not None:
        values["MsgId"] = int(push.message_id)
    return f"<xml>{''.join(_element(name, value) for name, value in values.items())}</xml>"


def _element(name: str, value: Value) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(_element(inner, one) for inner, one in value.items())}</{name}>"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "".join(_element(name, one) for one in value)
    return f"<{name}>{cdata(value) if isinstance(value, str) else value}</{name}>"


def seal(push: Push, *, account: SimulatedAccount, cipher: PushCipher, now: datetime) -> Sealed:
    """Sign and encrypt one delivery; every delivery has its own timestamp, nonce and ciphertext."""
    timestamp, nonce = str(int(now.timestamp())), str(secrets.randbelow(10**10))
    query = {
        "signature": signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": push.openid,
    }
    xml = inner_xml(push, account=account)
    if account.mode == Mode.PLAIN:
        return Sealed(query, xml, encrypted=False)
    encrypt = cipher.seal(xml)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, timestamp, nonce, encrypt)
    if account.mode == Mode.COMPATIBLE:
        body = xml.removesuffix("</xml>") + _element("Encrypt", encrypt) + "</xml>"
        return Sealed(query, body, encrypted=False)
    body = f"<xml>{_element('ToUserName', account.original_id)}{_element('Encrypt', encrypt)}</xml>"
    return Sealed(query, body, encrypted=True)
