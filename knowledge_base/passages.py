"""The part of an article that answers: one field of a guide, one 条 of a policy; short enough for one message."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from knowledge_base.article import Article, Guide
from knowledge_base.aspects import LABELS, Aspect, read
from knowledge_base.bm25 import Bm25
from knowledge_base.features import features

MOST_BYTES = 600
"""What fits beside title, source and menu in one WeChat message of 2048 bytes."""

# Where two fields speak of a thing, the one that explains comes before the one that lists.
_TELLING_FIRST = (
    Aspect.NOTICE,
    Aspect.CONDITIONS,
    Aspect.FEES,
    Aspect.PROCEDURE,
    Aspect.MATERIALS,
    Aspect.QUOTA,
)

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


def best_clause(body: str, question: str) -> str:
    """The clause nearest to the question; what every clause of the policy says tells nothing here."""
    found = clauses(body)
    index = Bm25()
    for clause in found:
        index.add(features(clause, (2,)), length=len(clause))
    return found[int(np.argmax(index.scores(features(question, (2,)), sharpness=1.0)))]


def field_with(guide: Guide, words: Iterable[str]) -> Aspect | None:
    """The field that speaks of most of these words, None when none speaks of any."""
    wanted = tuple(words)
    counts = {aspect: sum(word in read(guide, aspect) for word in wanted) for aspect in _TELLING_FIRST}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None


def guide_passage(article: Article, aspects: tuple[Aspect, ...]) -> tuple[str, str]:
    """The text of the asked fields, at most two, and their names. Nothing asked: how it is done and what to bring."""
    assert article.guide is not None
    chosen = aspects[:2]
    if not chosen or chosen == (Aspect.PROCEDURE,):
        steps = read(article.guide, Aspect.PROCEDURE)
        bring = f"要带：{read(article.guide, Aspect.MATERIALS)}"
        whole = f"{steps}\n{bring}"
        return (whole if len(whole.encode()) <= MOST_BYTES else shorten(steps)), LABELS[Aspect.PROCEDURE]
    names = "、".join(LABELS[aspect] for aspect in chosen)
    if len(chosen) == 1:
        return shorten(read(article.guide, chosen[0])), names
    lines = (f"{LABELS[aspect]}：{read(article.guide, aspect)}" for aspect in chosen)
    return shorten("\n".join(lines)), names
