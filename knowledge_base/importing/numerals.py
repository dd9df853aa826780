"""Chinese numerals as official texts write them, and characters folded for matching without moving any."""

from __future__ import annotations

import re

_DIGITS = {
    **{character: value for value, character in enumerate("〇一二三四五六七八九")},
    **dict.fromkeys("零○ОOｏＯΟ0", 0),
    "两": 2,
    "元": 1,
    "正": 1,
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": 20, "卅": 30}
# One character for one: positions found in the folded text hold in the original.
_FOLDED = str.maketrans(
    "０１２３４５６７８９（）［］【】﹝﹞〈〉：．－—–―　\u00a0\u2002\u2003\u2009",
    "0123456789()[][]〔〕〈〉:.----     ",
)
NUMERAL = r"(?:\d{1,4}|[〇零○一二三四五六七八九十百千两廿卅元正]{1,7})"
"""A number in digits or in words; wants ``folded`` text."""


def folded(text: str) -> str:
    """Half-width digits, brackets and spaces; the same length as ``text``."""
    return text.translate(_FOLDED)


def number_of(text: str) -> int | None:
    """The value of 12, 十二, 一百二十三, 廿一, 二〇二四 or None when it is no number."""
    text = folded(text).strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) < 10 else None
    if not text:
        return None
    if not any(character in _UNITS or character in _TENS for character in text):
        return _digit_by_digit(text)
    total, current = 0, 0
    for character in text:
        if character in _TENS:
            total += _TENS[character]
        elif character in _UNITS:
            total += (current or 1) * _UNITS[character]
            current = 0
        elif character in _DIGITS:
            current = _DIGITS[character]
        else:
            return None
    return total + current


def _digit_by_digit(text: str) -> int | None:
    if any(character not in _DIGITS for character in text):
        return None
    return int("".join(str(_DIGITS[character]) for character in text))


def without_spaces(text: str) -> str:
    """The text without any white space, as Chinese is written."""
    return re.sub(r"\s+", "", text)
