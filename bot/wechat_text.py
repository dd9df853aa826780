"""Text as a WeChat reply can carry it: short enough, tappable, and never broken by what a citizen typed."""

from __future__ import annotations

import re

MOST_BYTES = 2048
"""The platform's limit for a text, in UTF-8."""

_MARKUP = str.maketrans({"<": "＜", ">": "＞", "&": "＆", '"': "”"})
_ADDRESS = str.maketrans({"?": "？", "#": "＃", "%": "％", "+": "＋", "=": "＝", " ": "，"})
_SPACES = re.compile(r"[ \t\r\f\v]+")
_UNPLAIN = re.compile(r"[<>&\" \t\r\f\v]")
_FREE_ID = 100


def tap(word: str, shown: str | None = None, *, choice_id: int = _FREE_ID) -> str:
    """A link that sends ``word`` when tapped; free of charge inside a text."""
    return f'<a href="weixin://bizmsgmenu?msgmenucontent={word}&msgmenuid={choice_id}">{shown or word}</a>'


def link(word: str, url: str) -> str:
    """A link to a page outside the chat."""
    return f'<a href="{url}">{word}</a>'


def plain(text: str) -> str:
    """Text of people or documents that cannot become a link, nor break one."""
    if _UNPLAIN.search(text) is None:  # most is, and looking costs a thirtieth of translating
        return text.strip()
    return _SPACES.sub(" ", text.translate(_MARKUP)).strip()


def quote(text: str, most: int = 80) -> str:
    """A citizen's own words on one line, shortened for showing only."""
    flat = " ".join(plain(text).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def tappable(text: str, most: int) -> str:
    """Any text as the word of a tap: what has a meaning in an address becomes its full-width twin."""
    return quote(text, most).translate(_ADDRESS)


def clip(text: str, most_bytes: int) -> str:
    """Shorten at the end of a sentence or line if one is near, never inside a character or a link."""
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    cut = raw[: most_bytes - len("……".encode())].decode(errors="ignore")
    opened = cut.rfind("<a ")
    if opened > cut.rfind("</a>"):
        cut = cut[:opened]
    end = max(cut.rfind(mark) for mark in "。！？\n") + 1
    if end > len(cut) * 2 // 3:
        cut = cut[:end]
    return cut.rstrip() + "……"
