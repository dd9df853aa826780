"""Fit the weights of the evidence and the threshold on questions whose answers we know.

Run ``python -m knowledge_base.answering.calibration`` after the library, the features or the questions changed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from knowledge_base.answering.answer import Answer, Answerer, Choice, Outcome, Refusal
from knowledge_base.answering.aspects import LABELS, Aspect
from knowledge_base.answering.evidence import (
    CALIBRATION_FILE,
    DEFAULT_PRECISION,
    JUDGED_BY,
    ORDERED_BY,
    Calibration,
    Evidence,
    Manner,
    Passage,
    judged_by,
)
from knowledge_base.article import Article
from knowledge_base.library import DEMO_REGIONS, load_demo_articles

AUTHORS: tuple[tuple[Path, ...], ...] = tuple(
    tuple(CALIBRATION_FILE.with_name(name) for name in names)
    for names in (("dev.tsv",), ("citizens.tsv", "citizens_more.tsv"), ("citizens_second.tsv",))
)
"""The files of questions fitted on, by who wrote them."""
DEV_QUESTIONS = AUTHORS[0] + AUTHORS[1]
"""What retrieval was developed on as well."""
DAY = date(2026, 11, 23)
_UNFITTED = Calibration((1.0,) * ORDERED_BY, (0.0,) * JUDGED_BY, 0.0)
_STILL = 1e-6
_Z = 0.84  # one side: true in four of five cases
_RIDGE = _ORDER_RIDGE = 0.3  # keeps the weights small where the questions are few


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the articles that answer it; none when it must be refused. ``parts`` names for an article the
    field (``fees``) or provision (第七条) that says it, where one does."""

    question: str
    articles: frozenset[str]
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """``precision`` = right answers / answers given; ``coverage`` = right answers / questions that have one;
    ``offered`` = answered right, or the right article among the choices or suggestions; ``refused`` = refusals /
    questions without an answer; ``to_the_point`` = right answers that quote the very field or provision / those of
    which it is known."""

    questions: int
    given: int
    right: int
    answerable: int
    offered: int
    refused: float
    to_the_point: float | None

    @property
    def precision(self) -> float | None:
        return self.right / self.given if self.given else None

    @property
    def coverage(self) -> float | None:
        return self.right / self.answerable if self.answerable else None


def read_judged(*paths: Path) -> tuple[Judged, ...]:
    """Lines of question, ids of the articles, and perhaps the part of each (``-`` for none), between tabs."""
    lines = (line for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return tuple(_judged(line) for line in lines if line.strip() and not line.startswith("#"))


def _judged(line: str) -> Judged:
    question, ids, parts = (*line.split("\t"), "", "")[:3]
    articles = ids.replace(",", " ").split()
    known = {name: part for name, part in zip(articles, parts.split(), strict=False) if part != "-"}
    return Judged(question, frozenset(articles), known)


def measure(answerer: Answerer, judged: Sequence[Judged], *, on: date) -> AnswerFigures:
    """Ask all of them; an answer from any accepted article is right."""
    answers = [answerer.answer(one.question, on=on) for one in judged]
    pairs = list(zip(judged, answers, strict=True))
    quoted = [
        _quotes(answer, one.parts[answer.article_id])
        for one, answer in pairs
        if isinstance(answer, Answer) and answer.article_id in one.parts
    ]
    unanswerable = [isinstance(answer, Answer) for one, answer in pairs if not one.articles]
    return AnswerFigures(
        questions=len(judged),
        given=sum(isinstance(answer, Answer) for answer in answers),
        right=sum(isinstance(answer, Answer) and answer.article_id in one.articles for one, answer in pairs),
        answerable=sum(bool(one.articles) for one in judged),
        offered=sum(not one.articles.isdisjoint(_shown(answer)) for one, answer in pairs),
        refused=1 - sum(unanswerable) / len(unanswerable) if unanswerable else 1.0,
        to_the_point=fmean(quoted) if quoted else None,
    )


def _quotes(answer: Answer, part: str) -> bool:
    """Whether the part stands in what was quoted; a guide's answer may join two fields."""
    if part in set(Aspect):
        return LABELS[Aspect(part)] in (answer.field or "")
    return part in (answer.citation.provision or "").split("、")


def _shown(outcome: Outcome) -> set[str]:
    match outcome:
        case Answer():
            return {outcome.article_id}
        case Choice():
            return {one.article_id for one in outcome.options}
        case Refusal():
            return {one.article_id for one in outcome.nearest}


def fit(articles: Sequence[Article], authors: Sequence[Sequence[Judged]], *, on: date) -> Calibration:
    """The order of the articles found, whether the first one answers, and the curve of precision over confidence:
    seen on each author's questions by weights fitted on the other authors', since people ask in manners of their
    own. Deterministic."""
    rows = [_judge(_answerer(articles, _UNFITTED), judged, on) for judged in authors]
    weighed: list[tuple[float, bool]] = []
    for at, judged in enumerate(authors):
        others = [row for other, some in enumerate(rows) for row in some if other != at]
        weighed += _given(_answerer(articles, _regress(others)), judged, on)
    return replace(_regress([row for some in rows for row in some]), curve=_curve(weighed))


def left_out(
    articles: Sequence[Article], authors: Sequence[Sequence[Judged]], *, on: date, precision: float
) -> list[AnswerFigures]:
    """What each author's questions get when everything was fitted on the others'."""
    figures = []
    for at, judged in enumerate(authors):
        fitted = fit(articles, [some for other, some in enumerate(authors) if other != at], on=on)
        answerer = Answerer(articles, calibration=fitted, precision=precision, regions=DEMO_REGIONS)
        figures.append(measure(answerer, judged, on=on))
    return figures


def _answerer(articles: Sequence[Article], calibration: Calibration) -> Answerer:
    return Answerer(articles, calibration=replace(calibration, curve=((0.0, 1.0),)), regions=DEMO_REGIONS)


@dataclass(frozen=True, slots=True)
class _Row:
    """A question with the evidence for each article near it, and which of them answer."""

    manner: Manner
    found: tuple[tuple[Evidence, Passage], ...]
    right: tuple[bool, ...]


def _judge(answerer: Answerer, judged: Iterable[Judged], on: date) -> list[_Row]:
    rows = []
    for one in judged:
        found = answerer.candidates(one.question, on=on)
        right = tuple(name in one.articles for name, *_ in found)
        seen = tuple((evidence, passage) for _, evidence, passage in found)
        rows.append(_Row(Manner.of(one.question), seen, right))
    return rows


def _regress(rows: Sequence[_Row]) -> Calibration:
    order = _order([row for row in rows if any(row.right) and not all(row.right)])
    unjudged = replace(_UNFITTED, order=order)
    values, truth = [], []
    for row in rows:
        ranks = sorted(((unjudged.rank(one), at) for at, (one, _) in enumerate(row.found)), reverse=True)
        if ranks:
            gap = ranks[0][0] - ranks[1][0] if len(ranks) > 1 else math.inf
            values.append([*judged_by(*row.found[ranks[0][1]], gap, row.manner), 1.0])
            truth.append(float(row.right[ranks[0][1]]))
    weights = _logistic(np.array(values), np.array(truth))
    return Calibration(order, _rounded(weights[:-1]), _rounded(weights[-1:])[0])


def _order(rows: Sequence[_Row]) -> tuple[float, ...]:
    """The weights under which the articles that answer come first: a softmax over each question's candidates."""
    size = ORDERED_BY
    weights = np.zeros(size)
    for _ in range(40):
        slope, curve = -_ORDER_RIDGE * weights, _ORDER_RIDGE * np.eye(size)
        for row in rows:
            values, right = np.array([one.near() for one, _ in row.found]), np.array(row.right)
            chance = np.exp(values @ weights - np.max(values @ weights))
            chance /= chance.sum()
            target = np.where(right, chance, 0.0) / chance[right].sum()
            mean = values.T @ chance
            slope += values.T @ (target - chance)
            curve += (values.T * chance) @ values - np.outer(mean, mean)
        step = np.linalg.solve(curve, slope)
        weights = weights + 0.7 * step
        if np.abs(step).max() < _STILL:
            break
    return _rounded(weights)


def _logistic(values: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.zeros(values.shape[1])
    ridge = np.full(values.shape[1], _RIDGE)
    ridge[-1] = 1e-6
    for _ in range(60):  # Newton's steps; a dozen suffice
        chance = 1 / (1 + np.exp(-values @ weights))
        slope = values.T @ (truth - chance) - ridge * weights
        curve = (values.T * (chance * (1 - chance))) @ values + np.diag(ridge)
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def _rounded(weights: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(weight), 4) for weight in weights)


def _given(answerer: Answerer, judged: Iterable[Judged], on: date) -> list[tuple[float, bool]]:
    """Confidence and truth of every answer an answerer without a threshold gives."""
    answers = [(answerer.answer(one.question, on=on), one.articles) for one in judged]
    return [(one.confidence, one.article_id in right) for one, right in answers if isinstance(one, Answer)]


def _curve(given: Sequence[tuple[float, bool]]) -> tuple[tuple[float, float], ...]:
    """At every confidence seen: the best lower bound of precision that it or a lower one reaches."""
    ordered = sorted(given, reverse=True)
    points: list[tuple[float, float]] = []
    right = 0
    for count, (confidence, correct) in enumerate(ordered, start=1):
        right += correct
        points.append((confidence, _lower_bound(right, count)))
    curve: list[tuple[float, float]] = []
    for confidence, bound in reversed(points):  # from the least confident up
        if not curve or bound > curve[-1][1]:
            curve.append((round(confidence, 4), round(bound, 4)))
    return tuple(curve)


def _lower_bound(right: int, count: int) -> float:
    """Wilson's bound: the true share is above it in four of five cases."""
    share, z2 = right / count, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return (share + z2 / (2 * count) - spread) / (1 + z2 / count)


def main() -> None:
    """Fit and save; with a precision wanted and files of questions, only measure what is shipped on those."""
    articles = load_demo_articles()
    if len(sys.argv) > 2:
        answerer = Answerer(articles, precision=float(sys.argv[1]), regions=DEMO_REGIONS)
        figures = measure(answerer, read_judged(*map(Path, sys.argv[2:])), on=DAY)
        sys.stdout.write(f"{figures}\nprecision {figures.precision}\ncoverage {figures.coverage}\n")
        return
    authors = [read_judged(*paths) for paths in AUTHORS]
    fitted = fit(articles, authors, on=DAY)
    fitted.save(CALIBRATION_FILE)
    sys.stdout.write(f"threshold {fitted.threshold_for(DEFAULT_PRECISION)}\n")
    for precision in (0.95, 0.9):
        for figures in left_out(articles, authors, on=DAY, precision=precision):
            sys.stdout.write(
                f"left out, wanted {precision}: {figures.precision} {figures.coverage} {figures}\n"
            )


if __name__ == "__main__":
    main()
