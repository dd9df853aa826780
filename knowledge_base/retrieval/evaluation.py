"""How well the index finds the article that answers: recall, mean reciprocal rank and time per question."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from knowledge_base.retrieval.index import ArticleIndex, Entry

_DEPTH = 10


class BadRow(ValueError):
    """A line of an input file cannot be used; says file, line and reason."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path.name}: line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question and the article that answers it."""

    question: str
    article_id: str


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """Shares are of all questions asked; times are of one search, in milliseconds."""

    questions: int
    articles: int
    recall_at_1: float
    recall_at_5: float
    mrr_at_10: float
    p50_ms: float
    p99_ms: float


def _rows(path: Path, fields: tuple[str, ...]) -> Iterator[tuple[int, dict[str, Any]]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise BadRow(path, number, f"no JSON ({error.msg})") from error
            missing = [field for field in fields if not isinstance(row, dict) or row.get(field) is None]
            if missing:
                raise BadRow(path, number, f"without {', '.join(missing)}")
            yield number, row


def read_index(path: Path) -> ArticleIndex:
    """Index a file of ``{"id", "title"?, "body"?, "questions"?}``, JSON Lines, gzipped when it ends in .gz."""
    entries: dict[str, Entry] = {}
    for number, row in _rows(path, ("id",)):
        article_id = str(row["id"])
        if article_id in entries:
            raise BadRow(path, number, f"id {article_id} is used twice")
        questions = tuple(str(question) for question in row.get("questions") or ())
        title, body = str(row.get("title") or ""), str(row.get("body") or "")
        entries[article_id] = Entry(article_id, title, body, questions)
    index = ArticleIndex()
    index.add_many(entries.values())
    return index


def read_questions(path: Path, index: ArticleIndex) -> list[AskedQuestion]:
    """Read ``{"question", "article_id"}``; a question whose article is not in the index is a bad row."""
    asked = []
    for number, row in _rows(path, ("question", "article_id")):
        question = AskedQuestion(str(row["question"]), str(row["article_id"]))
        if question.article_id not in index:
            raise BadRow(path, number, f"no article {question.article_id}")
        asked.append(question)
    return asked


def measure(index: ArticleIndex, asked: Sequence[AskedQuestion]) -> RetrievalFigures:
    """Ask every question once. Raises ``ValueError`` when there is none."""
    if not asked:
        raise ValueError("no questions")
    index.search(asked[0].question)  # loads dictionary and weights: paid once, not per question
    ranks: list[int | None] = []
    seconds: list[float] = []
    for question in asked:
        began = perf_counter()
        hits = index.search(question.question, limit=_DEPTH)
        seconds.append(perf_counter() - began)
        found = (at for at, hit in enumerate(hits) if hit.article_id == question.article_id)
        ranks.append(next(found, None))
    seconds.sort()
    return RetrievalFigures(
        questions=len(asked),
        articles=len(index),
        recall_at_1=sum(rank == 0 for rank in ranks) / len(asked),
        recall_at_5=sum(rank is not None and rank < 5 for rank in ranks) / len(asked),
        mrr_at_10=sum(1 / (rank + 1) for rank in ranks if rank is not None) / len(asked),
        p50_ms=_percentile(seconds, 0.50),
        p99_ms=_percentile(seconds, 0.99),
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000
