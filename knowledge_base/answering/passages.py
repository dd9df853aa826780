"""Texts cut to what one message holds: a field or two of a guide, a numbered article of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge_base.answering.aspects import LABELS, Aspect, read
from knowledge_base.article import Guide
from knowledge_base.provisions import Provision

MOST_BYTES = 600
"""What fits beside title, source and menu in one WeChat message of 2048 bytes."""

_CLAUSE = re.compile(r"^(?=第[一二三四五六七八九十百零〇\d]+条)", re.MULTILINE)
_END = re.compile(r"[。；！？\n]")


def shorten(text: str, most: int = MOST_BYTES) -> str:
    """Cut after the last whole sentence that fits; a cut is shown by an ellipsis."""
    if len(text.encode()) <= most:
        return text
    fitting = text.encode()[: most - len("……".encode())].decode(errors="ignore")
    ends = [match.end() for match in _END.finditer(fitting)]
    return (fitting[: ends[-1]] if ends else fitting).rstrip("\n") + "……"


def clauses(body: str) -> tuple[str, ...]:
    """第一条, 第二条 …; a text without numbered articles is cut at its paragraphs."""
    parts = _CLAUSE.split(body)
    if len(parts) <= 1:
        parts = body.split("\n")
    return tuple(part.strip() for part in parts if part.strip())


def guide_passage(guide: Guide, chosen: Sequence[Aspect]) -> tuple[str, str]:
    """The text of these fields, at most two, and their names. How it is done comes with what to bring."""
    if list(chosen) == [Aspect.PROCEDURE]:
        steps = read(guide, Aspect.PROCEDURE)
        whole = f"{steps}\n要带：{read(guide, Aspect.MATERIALS)}"
        return (whole if len(whole.encode()) <= MOST_BYTES else shorten(steps)), LABELS[Aspect.PROCEDURE]
    first, *second = chosen[:2]
    if not second:
        return shorten(read(guide, first)), LABELS[first]
    lines = "\n".join(f"{LABELS[field]}：{read(guide, field)}" for field in chosen[:2])
    return shorten(lines), "、".join(LABELS[field] for field in chosen[:2])


def provision_passage(chosen: Sequence[Provision]) -> tuple[str, str]:
    """The text of these numbered articles and their numbers; the first alone where not all fit."""
    whole = "\n".join(f"{one.number} {one.text}" for one in chosen)
    if len(whole.encode()) > MOST_BYTES:
        return shorten(f"{chosen[0].number} {chosen[0].text}"), chosen[0].number
    return whole, "、".join(one.number for one in chosen)
