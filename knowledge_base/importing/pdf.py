"""Text of a PDF by pypdfium2: lines made into paragraphs again by where they end, page furniture dropped.

pdfium rather than pypdf or pdfminer: those give look-alike radicals for Chinese characters, and search fails on them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2  # type: ignore[import-untyped]

from knowledge_base.importing.document import Raw
from knowledge_base.importing.limits import MAX_PAGES
from knowledge_base.importing.lines import clean, ends_whole, hanzi, joined, starts_new, without_furniture
from knowledge_base.importing.pdf_tables import tables_of

_CHINESE = r"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_SET_APART = re.compile(rf"(?<=[{_CHINESE}])(?<![条章节]) (?=[0-9A-Za-z])|(?<=[0-9A-Za-z]) (?=[{_CHINESE}])")
# Word and LibreOffice set digits apart from Chinese by a little space, which a PDF keeps as a space.
# A bracket from a stand-in font comes after the digits it encloses.
_MIXED_UP = re.compile(r"([﹝〔\[（(])\s*((?:19|20)\d\d)\s+(\d{1,4})\s*([﹞〕\]）)])\s*号")


class Encrypted(ValueError):
    """A PDF that wants a password."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: float
    right: float
    size: float
    top: float = 0.0
    is_row: bool = False


def read_pdf(data: bytes) -> Raw:
    """Raises ``Encrypted`` and ``pypdfium2.PdfiumError``; a scan comes back with few lines and a remark."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Encrypted from None
        raise
    try:
        count = len(document)
        pages = [_lines(document[at]) for at in range(min(count, MAX_PAGES))]
    finally:
        document.close()
    checks = [(f"只读了前 {MAX_PAGES} 页", "请拆成几份再导入")] if count > MAX_PAGES else []
    without = sum(not hanzi("".join(line.text for line in page)) for page in pages)
    if 0 < without < len(pages):
        checks.append((f"有 {without} 页没有文字，可能是扫描页", "请对照原文补充"))
    kept = _without_furniture(pages)
    return Raw(tuple(_paragraphs(kept)), checks=tuple(checks))


def _lines(page: pypdfium2.PdfPage) -> list[_Line]:
    text_page = page.get_textpage()
    tables = tables_of(page, text_page)
    found: list[_Line] = []
    given: set[int] = set()
    start = 0
    for raw in text_page.get_text_range().split("\n"):
        end = start + len(raw)
        line = _line(text_page, raw.rstrip("\r"), start)
        start = end + 1
        if line is None:
            continue
        inside = next((at for at, table in enumerate(tables) if table.holds(line.left, line.top)), None)
        if inside is None:
            found.append(line)
        elif inside not in given:
            given.add(inside)
            found.extend(_Line(_spelt(row), 0.0, 0.0, line.size, is_row=True) for row in tables[inside].rows)
    text_page.close()
    page.close()
    return found


def _line(text_page: pypdfium2.PdfTextPage, raw: str, start: int) -> _Line | None:
    text = _spelt(raw)
    if not text:
        return None
    first = start + len(raw) - len(raw.lstrip())
    last = start + len(raw.rstrip()) - 1
    try:
        left, bottom, _, top = text_page.get_charbox(first, loose=True)
        right = text_page.get_charbox(last, loose=True)[2]
    except (pypdfium2.PdfiumError, IndexError, ValueError):
        return _Line(text, 0.0, 0.0, 0.0)
    return _Line(text, left, right, max(1.0, top - bottom), (top + bottom) / 2)


def _spelt(raw: str) -> str:
    """A line or row as people would type it: no stray spaces, no look-alike characters, brackets where they belong."""
    text = _MIXED_UP.sub(r"\1\2\4\3号", clean(unicodedata.normalize("NFC", _known(raw))))
    return _SET_APART.sub("", text)


def _known(text: str) -> str:
    """Radicals and compatibility forms (⾸, 﨑) as the characters people type; pdfium keeps what the font says."""
    return (
        "".join(
            unicodedata.normalize("NFKC", character)
            if "\u2e80" <= character <= "\u2fdf" or "\uf900" <= character <= "\ufaff"
            else character
            for character in text
        )
        .replace("\ufffe", "")
        .replace("\uffff", "")
    )


def _without_furniture(pages: Sequence[Sequence[_Line]]) -> list[list[_Line]]:
    kept = without_furniture([[line.text for line in page] for page in pages])
    found = []
    for page, texts in zip(pages, kept, strict=True):
        remaining = list(texts)
        lines = []
        for line in page:
            if remaining and line.text == remaining[0]:
                lines.append(line)
                remaining.pop(0)
        found.append(lines)
    return found


@dataclass(frozen=True, slots=True)
class _Layout:
    """The margins of a document and the usual distance from one line of a paragraph to the next."""

    left: float
    right: float
    pitch: float


def _paragraphs(pages: Sequence[Sequence[_Line]]) -> list[str]:
    """A line that reaches the right margin goes on in the next one, also over a page break."""
    lines = [line for page in pages for line in page]
    measured = [line for line in lines if line.size and not line.is_row]
    if not measured:
        return [line.text for line in lines]
    layout = _layout(measured)
    paragraphs: list[str] = []
    before: _Line | None = None
    for line in lines:
        if before is not None and _goes_on(before, line, layout):
            paragraphs[-1] = joined(paragraphs[-1], line.text)
        else:
            paragraphs.append(line.text)
        before = line
    return paragraphs


def _layout(lines: Sequence[_Line]) -> _Layout:
    rights = sorted(line.right for line in lines)
    lefts = sorted(line.left for line in lines)
    steps = sorted(step for a, b in pairwise(lines) if 0 < (step := a.top - b.top) < 4 * a.size)
    return _Layout(
        left=lefts[int(len(lefts) * 0.1)],
        right=rights[int(len(rights) * 0.9)],
        pitch=steps[len(steps) // 3] if steps else 0.0,
    )


def _goes_on(before: _Line, line: _Line, layout: _Layout) -> bool:
    if before.is_row or line.is_row or not before.size or not line.size or starts_new(line.text):
        return False
    if before.size > 1.6 * line.size or line.size > 1.6 * before.size:
        return False
    if layout.pitch and before.top - line.top > 1.4 * layout.pitch:
        return False  # a gap between paragraphs; over a page break the difference is negative
    indented = line.left > layout.left + 1.2 * line.size
    if indented:
        return False
    if before.right > layout.right - 1.6 * before.size:
        return True
    # A number or English word that did not fit leaves a gap; a sentence that ends there has ended its paragraph.
    nearly = (
        before.right > layout.left + 0.75 * (layout.right - layout.left)
        and before.left < layout.left + 3 * before.size
    )
    return nearly and not ends_whole(before.text)
