"""Plain text in the encodings Chinese offices save: UTF-8 and UTF-16 with or without a mark, GB 18030."""

from __future__ import annotations

import codecs

from knowledge_base.importing.document import Raw
from knowledge_base.importing.lines import is_scrambled, rejoined

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NoText(ValueError):
    """Bytes that are no text in any encoding we know."""


def decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether some of its bytes had to be given up. Raises ``NoText``."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _leniently(data, encoding)
    if wide := _unmarked_utf16(data):
        return wide, False
    if b"\x00" in data[:4096] or _control_share(data) > 0.02:
        raise NoText
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not is_scrambled(text):
            return text, False
    candidates = [data.decode(encoding, errors="replace") for encoding in ("utf-8", "gb18030")]
    return min(candidates, key=_damage), True


def read_plain(data: bytes) -> Raw:
    """One line a paragraph, hard line breaks undone. Raises ``NoText``."""
    text, damaged = decoded(data)
    checks = (("有几处文字读不出来，已略过", "请对照原文核对"),) if damaged else ()
    return Raw(tuple(rejoined(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))), checks=checks)


def _leniently(data: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return data.decode(encoding), False
    except UnicodeDecodeError:
        return data.decode(encoding, errors="replace"), True


def _unmarked_utf16(data: bytes) -> str:
    """UTF-16 without a mark, told by its line breaks and spaces: every other byte of them is zero."""
    if len(data) < 20 or b"\x00" not in data[:4096]:
        return ""
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data[: len(data) // 2 * 2].decode(encoding)
        except UnicodeDecodeError:
            continue
        if (
            "\x00" not in text
            and not is_scrambled(text)
            and sum("\u4e00" <= c <= "\u9fff" for c in text) * 3 > len(text)
        ):
            return text
    return ""


def _control_share(data: bytes) -> float:
    head = data[:8192]
    controls = sum(byte < 32 and byte not in (9, 10, 12, 13, 26) for byte in head)
    return controls / max(1, len(head))


def _damage(text: str) -> float:
    return (text.count("\ufffd") + (len(text) if is_scrambled(text.replace("\ufffd", "")) else 0)) / max(
        1, len(text)
    )
