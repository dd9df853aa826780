"""The threshold is measured, not guessed: fitted on one half of the questions, held to the other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.calibration import DEV_QUESTIONS, fit, measure, read_judged
from knowledge_base.evidence import shipped_calibration

HELD_OUT = Path(__file__).with_name("held_out.tsv")


def test_answers_to_questions_never_fitted_on_are_right_and_the_rest_refused(
    answerer: Answerer, today: date
) -> None:
    figures = measure(answerer, read_judged(HELD_OUT), on=today)
    assert figures.questions == 135
    assert figures.precision is not None
    assert figures.precision >= 0.95
    assert figures.coverage is not None
    assert figures.coverage >= 0.60
    assert figures.offered / figures.answerable >= 0.86
    assert figures.refused >= 0.96


def test_the_two_halves_share_no_question() -> None:
    dev, held_out = read_judged(DEV_QUESTIONS), read_judged(HELD_OUT)
    assert not {one.question for one in dev} & {one.question for one in held_out}


def test_the_judged_questions_name_articles_that_exist(articles: tuple[Article, ...]) -> None:
    known = {article.id for article in articles}
    for one in (*read_judged(DEV_QUESTIONS), *read_judged(HELD_OUT)):
        assert one.articles <= known, one.question


def test_fitting_again_gives_the_shipped_weights(articles: tuple[Article, ...], today: date) -> None:
    again, shipped = fit(articles, read_judged(DEV_QUESTIONS), on=today), shipped_calibration()
    assert again.weights == pytest.approx(shipped.weights, abs=0.01)
    assert again.bias == pytest.approx(shipped.bias, abs=0.01)
    assert again.threshold == pytest.approx(shipped.threshold, abs=0.005)
