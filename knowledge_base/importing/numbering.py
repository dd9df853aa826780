"""The numbers Word counts by itself: 第一条, （一）, 1. before paragraphs that do not spell them out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class _Level:
    text: str
    shape: str
    start: int


class Numbering:
    """Counters over the paragraphs of one document, asked in the document's order."""

    def __init__(self, document: Any) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._styles = _numbered_styles(document)
        try:
            element = document.part.numbering_part.element
        except (KeyError, NotImplementedError, AttributeError):
            return
        abstract = {
            each.get(qn("w:abstractNumId")): _levels(each) for each in element.iter(qn("w:abstractNum"))
        }
        for number in element.iter(qn("w:num")):
            base = number.find(qn("w:abstractNumId"))
            if base is not None:
                self._levels[number.get(qn("w:numId"))] = abstract.get(base.get(qn("w:val")), {})

    def label(self, paragraph: Any) -> str:
        """What Word would print before this paragraph, "" for one without a number or with a bullet."""
        number, depth = self._number(paragraph)
        level = self._levels.get(number, {}).get(depth)
        if level is None or level.shape in ("bullet", "none"):
            return ""
        counts = self._counts[number]
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [each for each in counts if each > depth]:
            del counts[deeper]
        levels = self._levels[number]

        def value(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            shape = levels[at].shape if at in levels else "decimal"
            return written(counts.get(at, levels[at].start if at in levels else 1), shape)

        return re.sub(r"%(\d)", value, level.text) + " "

    def _number(self, paragraph: Any) -> tuple[str, int]:
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return "", 0
        direct = properties.find(qn("w:numPr"))
        style = properties.find(qn("w:pStyle"))
        inherited = self._styles.get(style.get(qn("w:val")), ("", 0)) if style is not None else ("", 0)
        if direct is None:
            return inherited
        number, depth = _pair(direct)
        return number or inherited[0], depth if direct.find(qn("w:ilvl")) is not None else inherited[1]


def written(value: int, shape: str) -> str:
    """A counter in one of Word's number formats; formats offices do not use come as digits."""
    if shape in (
        "chineseCounting",
        "chineseCountingThousand",
        "taiwaneseCountingThousand",
        "japaneseCounting",
        "ideographDigital",
    ):
        return _in_words(value)
    if shape in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese") and 1 <= value <= 20:
        return chr(0x2460 + value - 1)
    if shape in ("lowerLetter", "upperLetter") and 1 <= value <= 26:
        return chr((97 if shape == "lowerLetter" else 65) + value - 1)
    return str(value)


def _in_words(value: int) -> str:
    if value < 10:
        return _DIGITS[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
    hundreds, rest = divmod(value, 100)
    if value >= 1000:
        return str(value)
    if not rest:
        return f"{_DIGITS[hundreds]}百"
    words = f"零{_DIGITS[rest]}" if rest < 10 else ("一" if rest < 20 else "") + _in_words(rest)
    return f"{_DIGITS[hundreds]}百{words}"


def _levels(abstract: Any) -> dict[int, _Level]:
    found = {}
    for level in abstract.iter(qn("w:lvl")):
        text, shape, start = (level.find(qn(f"w:{name}")) for name in ("lvlText", "numFmt", "start"))
        found[_whole(level.get(qn("w:ilvl")), 0)] = _Level(
            text=(text.get(qn("w:val")) or "") if text is not None else "",
            shape=(shape.get(qn("w:val")) or "decimal") if shape is not None else "decimal",
            start=_whole(start.get(qn("w:val")), 1) if start is not None else 1,
        )
    return found


def _numbered_styles(document: Any) -> dict[str, tuple[str, int]]:
    found = {}
    for style in document.styles.element.iter(qn("w:style")):
        properties = style.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if properties is not None:
            found[str(style.get(qn("w:styleId")))] = _pair(properties)
    return found


def _pair(properties: Any) -> tuple[str, int]:
    number, depth = properties.find(qn("w:numId")), properties.find(qn("w:ilvl"))
    return (
        str(number.get(qn("w:val"))) if number is not None else "",
        _whole(depth.get(qn("w:val")), 0) if depth is not None else 0,
    )


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
