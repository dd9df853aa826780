"""第三条, 第三条第二款, 第三条第（一）项: the numbered parts of a document, found and cited by number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

_NUMERAL = r"[一二三四五六七八九十百千零〇两0-9０-９]"
_START = re.compile(
    rf"第\s?(?P<number>{_NUMERAL}{{1,7}})\s?条(?P<added>(?:之{_NUMERAL}{{1,3}})?)(?P<gap>[ \t\u3000\xa0]*)"
)
# “第五条第二款规定的”, “第五条至第八条”: a sentence that speaks of an article, not the article.
_SPOKEN_OF = re.compile(rf"第{_NUMERAL}{{1,3}}[款项]|[至到和或、及与]第|规定|所称|所列|所规定|的规定|以外")
_HEADING = re.compile(
    rf"(?:^|[\s。；：])(第{_NUMERAL}{{1,5}}(?P<rank>[编章节])[ \t\u3000\xa0]*[^\s。；，]{{0,40}})\s*$"
)
_ITEM = re.compile(rf"(?:^|(?<=[：:；;。\n]))[^\S\n]*[（(](?P<number>{_NUMERAL}{{1,3}})[)）]", re.MULTILINE)
_REFERENCE = re.compile(
    rf"第(?P<article>{_NUMERAL}{{1,7}})条(?:之(?P<added>{_NUMERAL}{{1,3}}))?"
    rf"(?:第(?P<paragraph>{_NUMERAL}{{1,3}})款)?(?:第?[（(]?(?P<item>{_NUMERAL}{{1,3}})[)）]?项)?$"
)
_MOST_LEFT_OUT = 2
"""Articles a text may leave out where nothing but the number tells that one begins."""

_RANKS = "编章节"
_HEADING_ROOM = 80
"""Where a heading at the end of a text is looked for: hostile texts are long."""
_MOST_HEADINGS = 6
"""At one place: 编, 章 and 节, each perhaps said twice."""
_SENTENCE_END = "。；！？：”）)\n"

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True)
class Provision:
    """One numbered article (条), or a paragraph (款) or item (项) of one: its number as cited, its text without the
    number, and the chapter it stands in (“第二章 申领 第一节 条件”; empty without chapters)."""

    number: str
    text: str
    chapter: str = ""


@dataclass(frozen=True, slots=True)
class _Start:
    begin: int
    end: int
    key: tuple[int, int]
    number: str


def provisions(body: str) -> tuple[Provision, ...]:
    """The articles of a document in order; empty for a text without numbered articles.

    An article begins a line or follows a sentence, and its number goes on from the one before: “依照本办法第三条” is no
    beginning, nor is a line that a PDF broke before “第三条规定”.
    """
    starts = list(_starts(body))
    headings = ["", "", ""]
    found: list[Provision] = []
    if starts:
        _, headings = _cut_headings(body[: starts[0].begin], headings)
    for number, start in enumerate(starts):
        until = starts[number + 1].begin if number + 1 < len(starts) else len(body)
        chapter = " ".join(filter(None, headings))
        text, headings = _cut_headings(body[start.end : until], headings)
        found.append(Provision(start.number, text.strip(), chapter))
    return tuple(found)


def provision(body: str, reference: str) -> Provision | None:
    """The part a reference names: “第三条”, “第3条”, “第十条之一”, “第三条第二款”, “第三条第（二）项”; None without one."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", reference))
    asked = _REFERENCE.match(plain)
    if asked is None:
        return None
    key = (_value(asked["article"]), _value(asked["added"] or "0"))
    found = next((one for one in provisions(body) if _key(one.number) == key), None)
    if found is None:
        return None
    if asked["paragraph"]:
        parts = paragraphs(found.text)
        at = _value(asked["paragraph"])
        if not 1 <= at <= len(parts):
            return None
        found = replace(found, number=f"{found.number}第{asked['paragraph']}款", text=parts[at - 1])
    if asked["item"]:
        wanted = _value(asked["item"])
        item = next((text for value, text in items(found.text) if value == wanted), None)
        if item is None:
            return None
        found = replace(found, number=f"{found.number}第（{asked['item']}）项", text=item)
    return found


def paragraphs(text: str) -> tuple[str, ...]:
    """The 款 of an article: its lines, the items （一）（二） with the line they belong to."""
    parts: list[list[str]] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        if parts and _ITEM.match(line):
            parts[-1].append(line)
        else:
            parts.append([line])
    return tuple("\n".join(lines) for lines in parts)


def items(text: str) -> tuple[tuple[int, str], ...]:
    """The 项 of a text, （一）, （二） …: number and words without the number. What follows the last is not cut off."""
    marks = list(_ITEM.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)] if marks else []
    return tuple(
        (_value(mark["number"]), text[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    )


def _starts(body: str) -> Iterator[_Start]:
    last = (0, 0)
    for match in _START.finditer(body):
        key = (_value(match["number"]), _value(match["added"][1:] or "0"))
        if _begins(body, match, key, last):
            last = key
            yield _Start(match.start(), match.end(), key, re.sub(r"\s", "", match[0]))


def _begins(body: str, match: re.Match[str], key: tuple[int, int], last: tuple[int, int]) -> bool:
    before = body[max(0, match.start() - 60) : match.start()].rstrip(" \t\u3000\xa0")
    on_new_line = not before or before[-1] == "\n"
    follows = key in ((last[0] + 1, 0), (last[0], last[1] + 1))
    if on_new_line and match["gap"]:
        return key > last
    if _SPOKEN_OF.match(body, match.end()):
        return False
    near = follows or (last < key and key[0] <= last[0] + _MOST_LEFT_OUT + 1)
    if on_new_line and last == (0, 0):
        return True  # an excerpt may begin anywhere
    return near and (on_new_line or before[-1] in _SENTENCE_END or _HEADING.search(before) is not None)


def _cut_headings(text: str, before: list[str]) -> tuple[str, list[str]]:
    """The text without the chapter headings at its end, and the headings in force after them."""
    found: list[tuple[int, str]] = []
    text = text.rstrip()
    while len(found) < _MOST_HEADINGS and (match := _HEADING.search(text, max(0, len(text) - _HEADING_ROOM))):
        found.append((_RANKS.index(match["rank"]), re.sub(r"[ \t\u3000\xa0]+", " ", match[1].strip())))
        text = text[: match.start(1)].rstrip()
    headings = list(before)
    for rank, title in reversed(found):
        headings[rank:] = [title, *[""] * (len(_RANKS) - rank - 1)]
    return text, headings


def _key(number: str) -> tuple[int, int]:
    article, _, added = number.partition("条")
    return _value(article[1:]), _value(added[1:] or "0")


def _value(numeral: str) -> int:
    """三 → 3, 二十一 → 21, 一百零二 → 102, 12 → 12."""
    plain = unicodedata.normalize("NFKC", numeral)
    if plain.isdecimal():
        return int(plain)
    total = digit = 0
    for character in plain:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = digit * 10 + (int(character) if character.isdecimal() else _DIGITS[character])
    return total + digit
