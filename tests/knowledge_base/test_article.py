"""When an article may be quoted, and what falls with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from knowledge_base.article import Article, ArticleStatus, resting_on_lapsed

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("effective_on", "expires_on", "status", "quoted", "reason"),
    [
        (date(2026, 1, 1), None, ArticleStatus.PUBLISHED, True, "begun, no end"),
        (DAY, None, ArticleStatus.PUBLISHED, True, "begins that day"),
        (date(2026, 11, 24), None, ArticleStatus.PUBLISHED, False, "begins tomorrow"),
        (date(2026, 1, 1), DAY, ArticleStatus.PUBLISHED, True, "its last day counts"),
        (date(2026, 1, 1), date(2026, 11, 22), ArticleStatus.PUBLISHED, False, "ended yesterday"),
        (date(2026, 1, 1), None, ArticleStatus.DRAFT, False, "never published"),
        (date(2026, 1, 1), None, ArticleStatus.BUSINESS_REVIEW, False, "under review"),
        (date(2026, 1, 1), None, ArticleStatus.SECRECY_REVIEW, False, "not cleared"),
        (date(2026, 1, 1), None, ArticleStatus.EXPIRED, False, "declared expired"),
        (date(2026, 1, 1), None, ArticleStatus.REPEALED, False, "repealed"),
    ],
)
def test_an_article_is_in_force_only_when_published_begun_and_not_over(
    articles: tuple[Article, ...],
    effective_on: date,
    expires_on: date | None,
    status: ArticleStatus,
    quoted: bool,
    reason: str,
) -> None:
    article = replace(articles[0], effective_on=effective_on, expires_on=expires_on, status=status)
    assert article.in_force(DAY) is quoted, reason


def test_what_rests_on_a_repealed_policy_is_flagged_with_it(articles: tuple[Article, ...]) -> None:
    assert resting_on_lapsed(articles, on=DAY) == {"question.dog-fee-old": ("policy.dog-2012",)}


def test_a_lapse_carries_on_through_answers_that_rest_on_answers(articles: tuple[Article, ...]) -> None:
    base = replace(articles[0], id="a", basis=(), status=ArticleStatus.REPEALED)
    middle = replace(articles[0], id="b", basis=("a",))
    top = replace(articles[0], id="c", basis=("b", "《中华人民共和国民法典》"))
    assert resting_on_lapsed((base, middle, top), on=DAY) == {"b": ("a",), "c": ("b",)}


def test_nothing_is_flagged_where_a_basis_is_a_law_in_words(articles: tuple[Article, ...]) -> None:
    article = replace(articles[0], basis=("《中华人民共和国民法典》",))
    assert resting_on_lapsed((article,), on=DAY) == {}
