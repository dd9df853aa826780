"""Text of a Word file (docx): paragraphs with their automatic numbers, tables row by row, text boxes; deletions left out.

Word keeps 「第三条」 and 「（一）」 out of the text when they are numbered automatically, so the numbers are counted here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from docx import Document
from docx.oxml.ns import qn

from knowledge_base.importing.document import Raw
from knowledge_base.importing.limits import MAX_RATIO, MAX_UNPACKED_BYTES
from knowledge_base.importing.numbering import Numbering

_SKIPPED = {
    qn("w:del"),
    qn("w:moveFrom"),
    qn("w:txbxContent"),
    qn("w:instrText"),
    qn("w:delText"),
    qn("w:footnoteReference"),
}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


class TooLarge(ValueError):
    """An archive that would unpack beyond its limits."""


def refuse_bombs(data: bytes) -> None:
    """Raises ``TooLarge`` for an archive that unpacks to more than a machine should hold."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
            raise TooLarge
        if any(
            m.file_size > 10_000_000 and m.file_size > MAX_RATIO * max(1, m.compress_size) for m in members
        ):
            raise TooLarge


def read_docx(data: bytes) -> Raw:
    """Raises what python-docx, zipfile and lxml raise for a damaged file, ``TooLarge`` for a bomb."""
    refuse_bombs(data)
    document = Document(io.BytesIO(data))
    numbering = Numbering(document)
    lines: list[str] = []
    title = ""
    for block in _blocks(document.element.body):
        if block.tag == qn("w:tbl"):
            lines.extend(_rows(block))
            continue
        for box in block.iter(qn("w:txbxContent")):
            if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
                lines.extend(filter(None, (_text(inner) for inner in box.iter(qn("w:p")))))
        text = numbering.label(block) + _text(block)
        lines.extend(text.split("\n"))
        if not title and text.strip() and _style(block) in {"Title", "a3", "标题"}:
            title = re.sub(r"\s*\n\s*", "", text.strip())
    pictures = len(document.inline_shapes)
    few = sum(map(len, lines)) < 100 and pictures
    checks = (("正文可能是图片", "请先做文字识别（OCR）再导入"),) if few else ()
    return Raw(tuple(lines), title=title if len(title) > 5 else "", checks=checks)


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those inside content controls and accepted insertions."""
    for child in parent:
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:smartTag"), qn("w:customXml")):
            yield from _blocks(child)


def _rows(table: Any) -> Iterator[str]:
    """Each row as 「a | b | c」; a cell that spans columns is written once, an empty row not at all."""
    for row in table.iterchildren(qn("w:tr")):
        cells = [
            " ".join(filter(None, (_text(paragraph).strip() for paragraph in cell.iter(qn("w:p")))))
            for cell in row.iter(qn("w:tc"))
        ]
        if any(cells):
            yield " | ".join(re.sub(r"\s+", " ", cell) for cell in cells)


def _text(paragraph: Any) -> str:
    parts: list[str] = []

    def walk(node: Any) -> None:
        for child in node:
            if child.tag in _SKIPPED or child.tag == _FALLBACK:
                continue
            if child.tag == qn("w:t"):
                parts.append(child.text or "")
            elif child.tag in (qn("w:br"), qn("w:cr")):
                parts.append("\n")
            elif child.tag == qn("w:tab"):
                parts.append(" ")
            elif child.tag == qn("w:noBreakHyphen"):
                parts.append("-")
            else:
                walk(child)

    walk(paragraph)
    return "".join(parts)


def _style(paragraph: Any) -> str:
    found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return str(found.get(qn("w:val"))) if found is not None else ""
