"""Reads what the service answered to a push, as strictly as WeChat does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from bot.simulator.crypt import BadCiphertext, PushCipher, same, signature
from bot.simulator.markup import link
from bot.simulator.records import EntryKind, Mode, SimulatedAccount

TEXT_BYTES: Final = 2048
_MEDIA: Final = {"image": "[图片]", "voice": "[语音]", "video": "[视频]", "music": "[音乐]"}


class MalformedReply(Exception):
    """The citizen will read WeChat's fault notice; the message says why, for the people who watch."""


@dataclass(frozen=True, slots=True)
class PassiveReply:
    """A well-formed reply; ``text`` is None when the conversation goes to a human agent without words."""

    kind: EntryKind
    text: str | None


def read_reply(
    body: bytes, *, account: SimulatedAccount, cipher: PushCipher, openid: str
) -> PassiveReply | None:
    """The reply a citizen sees, or None for ``success`` and an empty body."""
    if body.strip() in (b"", b"success"):
        return None
    outer = _parse(body)
    if outer.find("Encrypt") is not None:
        outer = _parse(_opened(outer, account=account, cipher=cipher).encode())
    elif account.mode == Mode.SAFE:
        raise MalformedReply("安全模式下回复未加密")
    if _text(outer, "ToUserName") != openid or _text(outer, "FromUserName") != account.original_id:
        raise MalformedReply("ToUserName/FromUserName 未对调")
    if not _text(outer, "CreateTime").isdigit():
        raise MalformedReply("CreateTime 不是整数")
    return _content(outer)


def _parse(body: bytes) -> ElementTree.Element:
    if b"<!" in body.replace(b"<![CDATA[", b""):
        raise MalformedReply("XML 含 DOCTYPE 或注释")
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  no DOCTYPE gets here, so no entities to expand
    except (ElementTree.ParseError, ValueError) as wrong:
        raise MalformedReply("不是 XML") from wrong
    if root.tag != "xml":
        raise MalformedReply("根元素不是 xml")
    return root


def _opened(outer: ElementTree.Element, *, account: SimulatedAccount, cipher: PushCipher) -> str:
    encrypt = _text(outer, "Encrypt")
    expected = signature(account.token, _text(outer, "TimeStamp"), _text(outer, "Nonce"), encrypt)
    if not same(expected, _text(outer, "MsgSignature")):
        raise MalformedReply("MsgSignature 不对")
    try:
        return cipher.open(encrypt)
    except BadCiphertext as wrong:
        raise MalformedReply(str(wrong)) from wrong


def _content(reply: ElementTree.Element) -> PassiveReply:
    kind = _text(reply, "MsgType")
    if kind == "text":
        text = _text(reply, "Content")
        if not text:
            raise MalformedReply("Content 为空")
        if len(text.encode()) > TEXT_BYTES:
            raise MalformedReply(f"文本超过 {TEXT_BYTES} 字节")
        return PassiveReply(EntryKind.TEXT, text)
    if kind == "news":
        return PassiveReply(EntryKind.NEWS, _article(reply))
    if kind == "transfer_customer_service":
        return PassiveReply(EntryKind.OTHER, None)
    if kind in _MEDIA:
        if kind != "music" and not (reply.findtext(f"{kind.capitalize()}/MediaId") or "").strip():
            raise MalformedReply("缺少 MediaId")
        return PassiveReply(EntryKind.OTHER, _MEDIA[kind])
    raise MalformedReply("MsgType 不认识")


def _article(reply: ElementTree.Element) -> str:
    items = reply.findall("Articles/item")
    if len(items) != 1 or _text(reply, "ArticleCount") != "1":
        raise MalformedReply("图文回复只能有一篇")
    title, url = _text(items[0], "Title"), _text(items[0], "Url")
    return f"{link(title, url)}\n{items[0].findtext('Description') or ''}".strip()


def _text(parent: ElementTree.Element, name: str) -> str:
    found = parent.findtext(name)
    if found is None:
        raise MalformedReply(f"缺少 {name}")
    return found.strip()
