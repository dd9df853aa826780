"""What the service sends by API, checked as the platform checks it and turned into lines of the chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.simulator.markup import choice, link
from bot.simulator.records import EntryKind

TEXT_BYTES: Final = 2048
_FIELD_TAKES: Final = {
    "thing": re.compile(".{1,20}", re.DOTALL),
    "phrase": re.compile("[一-鿿]{1,5}"),
    "character_string": re.compile("[!-~]{1,32}"),
    "letter": re.compile("[A-Za-z]{1,32}"),
    "number": re.compile("[0-9.]{1,32}"),
}
_MEDIA: Final = {"image": "[图片]", "voice": "[语音]", "video": "[视频]"}


class ContentInvalid(Exception):
    """``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as the citizen's phone shows it."""

    kind: EntryKind
    text: str


def read_custom(body: dict[str, Any]) -> Shown:
    """A customer-service message: text, tap menu, article, mini program or media."""
    kind = body.get("msgtype")
    part = body.get(kind) if isinstance(kind, str) else None
    if not isinstance(part, dict):
        raise ContentInvalid(40008)
    if kind == "text":
        return Shown(EntryKind.TEXT, _text(part, "content"))
    if kind == "msgmenu":
        return Shown(EntryKind.MENU, _menu(part))
    if kind == "news":
        return Shown(EntryKind.NEWS, _article(part))
    if kind == "miniprogrampage":
        return Shown(EntryKind.OTHER, f"[小程序] {_text(part, 'title')}")
    if kind in _MEDIA:
        _text(part, "media_id")
        return Shown(EntryKind.OTHER, _MEDIA[kind])
    raise ContentInvalid(40008)


def _text(part: dict[str, Any], name: str, *, required: bool = True) -> str:
    value = part.get(name, None if required else "")
    if not isinstance(value, str) or (required and not value):
        raise ContentInvalid(47001)
    if len(value.encode()) > TEXT_BYTES:
        raise ContentInvalid(45002)
    return value


def _menu(part: dict[str, Any]) -> str:
    items = part.get("list")
    if not isinstance(items, list) or not items:
        raise ContentInvalid(47001)
    lines = [_text(part, "head_content", required=False)]
    for item in items:
        if not isinstance(item, dict):
            raise ContentInvalid(47001)
        lines.append(choice(_text(item, "content"), str(item.get("id", ""))))
    lines.append(_text(part, "tail_content", required=False))
    return "\n".join(line for line in lines if line)


def _article(part: dict[str, Any]) -> str:
    articles = part.get("articles")
    if not isinstance(articles, list) or not all(isinstance(article, dict) for article in articles):
        raise ContentInvalid(47001)
    if len(articles) != 1:
        raise ContentInvalid(45008)
    title, url = _text(articles[0], "title"), _text(articles[0], "url", required=False)
    return f"{link(title, url)}\n{_text(articles[0], 'description', required=False)}".strip()


def read_fields(body: dict[str, Any], *, strict: bool, labels: Mapping[str, str] | None = None) -> str:
    """A template or subscription notice: one value a line, behind its label where that is known; ``strict`` holds
    values to what their kind takes."""
    data = body.get("data")
    if not isinstance(data, dict) or not body.get("template_id"):
        raise ContentInvalid(47001)
    lines: list[str] = []
    for name, field in data.items():
        value = field.get("value") if isinstance(field, dict) else None
        if not isinstance(value, str):
            raise ContentInvalid(47003)
        takes = _FIELD_TAKES.get(str(name).rstrip("0123456789"))
        if strict and (not value or (takes is not None and not takes.fullmatch(value))):
            raise ContentInvalid(47003)
        label = (labels or {}).get(str(name))
        lines.append(f"{label}：{value}" if label else value)
    url = body.get("url") or body.get("page")
    return "\n".join([*lines, link("查看详情", url)] if isinstance(url, str) and url else lines)
