"""From one push, XML or JSON, to an IncomingMessage; nothing here trusts what it reads."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime

from bot.wechat.json_text import read_json_leaves
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.xml_text import MAX_ELEMENTS, XmlRefused, read_leaves, without_illegal_characters

_KINDS = {
    "text": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "voice": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "shortvideo": MessageKind.VIDEO,
    "location": MessageKind.LOCATION,
    "link": MessageKind.LINK,
    "event": MessageKind.EVENT,
}
_ENVELOPE_FIELDS = frozenset(
    {"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId", "MsgID", "Event", "EventKey", "Encrypt"}
)
_USER = re.compile(r"[!-~]{1,64}")
_SECONDS = re.compile(r"[0-9]{1,11}")
_MAX_FIELD_CHARS = 2048


def read_message(account: str, push: bytes) -> IncomingMessage:
    """Raises XmlRefused when the push is not one of WeChat's; a type or event nobody knows is not an error."""
    try:
        text = push.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlRefused("not UTF-8") from error
    is_json = text.lstrip()[:1] == "{"
    leaves = read_json_leaves(text) if is_json else read_leaves(without_illegal_characters(text))
    direct = {path: value.strip() for path, value in leaves if "/" not in path}
    kind = _KINDS.get(direct.get("MsgType", "").lower(), MessageKind.OTHER)
    if not direct.get("MsgType"):
        raise XmlRefused("no MsgType")
    told = kind in (MessageKind.EVENT, MessageKind.OTHER)
    message_id = _message_id(direct)
    return IncomingMessage(
        account=account,
        openid=_sender(direct),
        kind=kind,
        message_id=message_id,
        created_at=_created_at(direct),
        addressed_to=_addressee(direct),
        fingerprint="" if message_id and not told else hashlib.sha256(push).hexdigest(),
        **(_event(direct, leaves) if told else _typed(kind, direct)),  # type: ignore[arg-type]
    )


def _sender(direct: dict[str, str]) -> str:
    openid = direct.get("FromUserName", "")
    if not _USER.fullmatch(openid):
        raise XmlRefused("FromUserName")
    return openid


def _addressee(direct: dict[str, str]) -> str:
    addressee = direct.get("ToUserName", "")
    if not _USER.fullmatch(addressee):
        raise XmlRefused("ToUserName")
    return addressee


def _created_at(direct: dict[str, str]) -> datetime:
    seconds = direct.get("CreateTime", "")
    if not _SECONDS.fullmatch(seconds):
        raise XmlRefused("CreateTime")
    return datetime.fromtimestamp(int(seconds), UTC)


def _message_id(direct: dict[str, str]) -> str | None:
    """``MsgID`` is how TEMPLATESENDJOBFINISH spells it."""
    found = direct.get("MsgId") or direct.get("MsgID") or ""
    return found[:64] if found.strip("0") else None


def _typed(kind: MessageKind, direct: dict[str, str]) -> dict[str, object]:
    def of(name: str) -> str | None:
        return direct.get(name) or None

    if kind is MessageKind.TEXT:
        return {"content": of("Content") or "", "menu_choice": (of("bizmsgmenuid") or "")[:64] or None}
    if kind is MessageKind.IMAGE:
        return {"picture_url": of("PicUrl"), "media_id": of("MediaId")}
    if kind is MessageKind.VOICE:
        return {"content": of("Recognition") or "", "media_id": of("MediaId")}
    if kind is MessageKind.LOCATION:
        return {
            "content": of("Label") or "",
            "latitude": _degrees(of("Location_X"), 90),
            "longitude": _degrees(of("Location_Y"), 180),
        }
    if kind is MessageKind.LINK:
        return {"content": f"{of('Title') or ''}\n{of('Url') or ''}".strip()}
    return {"media_id": of("MediaId")}


def _event(direct: dict[str, str], leaves: tuple[tuple[str, str], ...]) -> dict[str, object]:
    rest = [(path, text.strip()[:_MAX_FIELD_CHARS]) for path, text in leaves if path not in _ENVELOPE_FIELDS]
    return {
        "content": direct.get("Content", ""),
        "event": direct.get("Event", "").lower() or None,
        "event_key": direct.get("EventKey") or None,
        "latitude": _degrees(direct.get("Latitude"), 90),
        "longitude": _degrees(direct.get("Longitude"), 180),
        "fields": tuple(rest[:MAX_ELEMENTS]),
    }


def _degrees(text: str | None, limit: float) -> float | None:
    """A coordinate, or None for anything that is not one; a broken position never loses the message."""
    try:
        degrees = float(text or "nan")
    except ValueError:
        return None
    return degrees if math.isfinite(degrees) and abs(degrees) <= limit else None
