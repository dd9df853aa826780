"""Fit the weights of the evidence and the threshold on questions whose answers we know.

Run ``python -m knowledge_base.calibration`` after the library, the features or the questions changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge_base.answer import Answer, Answerer, Refusal
from knowledge_base.article import Article
from knowledge_base.evidence import CALIBRATION_FILE, Calibration, Evidence
from knowledge_base.library import load_demo_articles

DEV_QUESTIONS = CALIBRATION_FILE.with_name("dev.tsv")
DAY = date(2026, 11, 23)
TARGET_PRECISION = 0.95
_UNFITTED = Calibration((0.0,) * len(fields(Evidence)), 0.0, 1.0)
_RIDGE = 0.02  # keeps the weights small where the questions are few


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the articles that answer it; none when it must be refused."""

    question: str
    articles: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """``precision`` = right answers / answers given; ``coverage`` = right answers / questions that have one;
    ``offered`` = answered right, or the right article among the suggestions / the same; ``refused`` = refusals /
    questions without an answer."""

    questions: int
    given: int
    right: int
    answerable: int
    offered: int
    refused: float

    @property
    def precision(self) -> float | None:
        return self.right / self.given if self.given else None

    @property
    def coverage(self) -> float | None:
        return self.right / self.answerable if self.answerable else None


def read_judged(path: Path) -> tuple[Judged, ...]:
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    rows = (line.partition("\t") for line in lines)
    return tuple(Judged(question, frozenset(filter(None, ids.split(",")))) for question, _, ids in rows)


def measure(answerer: Answerer, judged: Sequence[Judged], *, on: date) -> AnswerFigures:
    """Ask all of them; an answer from any accepted article is right."""
    answers = [answerer.answer(one.question, on=on) for one in judged]
    pairs = list(zip(judged, answers, strict=True))
    unanswerable = [isinstance(answer, Answer) for one, answer in pairs if not one.articles]
    return AnswerFigures(
        questions=len(judged),
        given=sum(isinstance(answer, Answer) for answer in answers),
        right=sum(isinstance(answer, Answer) and answer.article_id in one.articles for one, answer in pairs),
        answerable=sum(bool(one.articles) for one in judged),
        offered=sum(not one.articles.isdisjoint(_shown(answer)) for one, answer in pairs),
        refused=1 - sum(unanswerable) / len(unanswerable) if unanswerable else 1.0,
    )


def _shown(outcome: Answer | Refusal) -> set[str]:
    if isinstance(outcome, Answer):
        return {outcome.article_id}
    return {one.article_id for one in outcome.nearest}


def fit(articles: Sequence[Article], judged: Sequence[Judged], *, on: date) -> Calibration:
    """Ridge logistic regression over every candidate of every question, then the lowest threshold at which the
    answers given to ``judged`` reach ``TARGET_PRECISION``. Deterministic."""
    rows = _judge(Answerer(articles, calibration=_UNFITTED), judged, on)
    weights = _regress(
        np.array([[*astuple(evidence), 1.0] for evidence, _ in rows]), np.array([r for _, r in rows])
    )
    rounded = [round(float(weight), 4) for weight in weights]
    fitted = Calibration(tuple(rounded[:-1]), rounded[-1], 0.0)
    return replace(fitted, threshold=_threshold(Answerer(articles, calibration=fitted), judged, on))


def _judge(answerer: Answerer, judged: Iterable[Judged], on: date) -> list[tuple[Evidence, float]]:
    return [
        (evidence, float(name in one.articles))
        for one in judged
        for name, evidence in answerer.candidates(one.question, on=on)
    ]


def _regress(values: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.zeros(values.shape[1])
    ridge = np.full(values.shape[1], _RIDGE * len(truth) / 100)
    ridge[-1] = 0.0
    for _ in range(60):  # Newton's steps; a dozen suffice
        chance = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (truth - chance) - ridge * weights
        curve = (values.T * (chance * (1 - chance))) @ values + np.diag(ridge)
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def _threshold(answerer: Answerer, judged: Iterable[Judged], on: date) -> float:
    """``answerer`` must give every answer it can (threshold 0)."""
    answers = [(answerer.answer(one.question, on=on), one.articles) for one in judged]
    given = [(one.confidence, one.article_id in right) for one, right in answers if isinstance(one, Answer)]
    given.sort(reverse=True)
    right = accepted = 0
    for count, (_, correct) in enumerate(given, start=1):
        right += correct
        if right / count >= TARGET_PRECISION:
            accepted = count
    if not accepted:
        return 1.0
    below = given[accepted][0] if accepted < len(given) else 0.0
    return round(
        (given[accepted - 1][0] + below) / 2, 4
    )  # between the last answer given and the first withheld


def main() -> None:
    articles = load_demo_articles()
    judged = read_judged(DEV_QUESTIONS)
    fitted = fit(articles, judged, on=DAY)
    fitted.save(CALIBRATION_FILE)
    figures = measure(Answerer(articles, calibration=fitted), judged, on=DAY)
    sys.stdout.write(f"{fitted}\n{figures}\n")


if __name__ == "__main__":
    main()
