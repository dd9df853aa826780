"""When an article may be quoted, and what falls with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from knowledge_base.article import (
    NATIONWIDE,
    Article,
    ArticleStatus,
    CatalogueEntry,
    Validity,
    names_an_article,
    regions_of,
    repealed_by_others,
    resting_on_lapsed,
)

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
        (date(2026, 1, 1), None, ArticleStatus.APPROVED, False, "approved, and waiting for its day"),
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


@pytest.mark.parametrize(
    ("field", "day", "validity", "reason"),
    [
        ("shown_from", date(2026, 11, 24), Validity.UPCOMING, "shown from tomorrow"),
        ("shown_from", DAY, Validity.IN_FORCE, "shown from that day"),
        ("shown_until", DAY, Validity.IN_FORCE, "the last day of this version"),
        ("shown_until", date(2026, 11, 22), Validity.EXPIRED, "a newer version stands since that day"),
        ("repealed_on", DAY, Validity.REPEALED, "the first day it no longer holds"),
        ("repealed_on", date(2026, 11, 24), Validity.IN_FORCE, "repealed from tomorrow"),
        ("effective_on", date(2026, 11, 24), Validity.UPCOMING, "takes effect tomorrow"),
        ("expires_on", date(2026, 11, 22), Validity.EXPIRED, "its last day was yesterday"),
    ],
)
def test_each_date_ends_or_begins_it_at_midnight(
    articles: tuple[Article, ...], field: str, day: date, validity: Validity, reason: str
) -> None:
    always = replace(
        articles[0], status=ArticleStatus.PUBLISHED, effective_on=date(2026, 1, 1), expires_on=None
    )
    article = replace(always, **{field: day})  # type: ignore[arg-type]
    assert article.validity(DAY) is validity, reason
    assert article.in_force(DAY) is (validity is Validity.IN_FORCE)


def test_an_entry_that_names_a_missing_entry_as_its_basis_is_flagged(articles: tuple[Article, ...]) -> None:
    article = replace(articles[0], id="a", basis=("policy.taken-down", "《民法典》"))
    assert resting_on_lapsed((article,), on=DAY) == {"a": ("policy.taken-down",)}


@pytest.mark.parametrize(
    ("basis", "names", "reason"),
    [
        ("policy.dog", True, "a kind and a dot"),
        ("guide.id-card", True, "of any kind"),
        ("《社会救助暂行办法》", False, "a law in words"),
        ("policy.", False, "nothing behind the dot"),
        ("policies.dog", False, "no kind of ours"),
    ],
)
def test_an_id_is_told_from_a_law_in_words(basis: str, names: bool, reason: str) -> None:
    assert names_an_article(basis) is names, reason


def test_a_document_ends_others_from_the_day_it_takes_effect_and_for_good(
    articles: tuple[Article, ...],
) -> None:
    old = replace(articles[0], id="policy.old", basis=(), status=ArticleStatus.PUBLISHED)
    new = replace(
        old, id="policy.new", repeals=("policy.old", "policy.new"), effective_on=DAY, expires_on=None
    )
    resting = replace(old, id="question.a", basis=("policy.old",))
    before = date(2026, 11, 22)
    assert repealed_by_others((old, new), on=before) == {}
    assert repealed_by_others((old, new), on=DAY) == {"policy.old": "policy.new"}
    assert resting_on_lapsed((old, new, resting), on=before) == {}
    assert resting_on_lapsed((old, new, resting), on=DAY) == {"question.a": ("policy.old",)}
    for later in (
        replace(new, status=ArticleStatus.REPEALED),
        replace(new, status=ArticleStatus.EXPIRED),
        replace(new, repealed_on=DAY),
    ):
        assert repealed_by_others((old, later), on=DAY), "the end of the document revives nothing"
    for unpublished in (ArticleStatus.DRAFT, ArticleStatus.APPROVED):
        assert repealed_by_others((old, replace(new, status=unpublished)), on=DAY) == {}


@pytest.mark.parametrize(
    ("region", "valid", "reason"),
    [
        ("清和县", True, "where the asker is"),
        ("云川市", True, "the city above"),
        ("江原省", True, "the province above"),
        (NATIONWIDE, True, "everywhere"),
        ("江原省/云川市/清和县", True, "by its whole path"),
        ("云岭县", False, "the next county"),
        ("江原省/望川市/清和县", False, "a county of the same name elsewhere"),
        ("", False, "nowhere said"),
    ],
)
def test_an_article_holds_where_the_asker_is_and_above(
    articles: tuple[Article, ...], region: str, valid: bool, reason: str
) -> None:
    regions = regions_of("江原省/云川市/清和县")
    assert replace(articles[0], region=region).valid_in(regions) is valid, reason


def test_nobody_knows_where_is_still_in_the_nation() -> None:
    assert regions_of("") == {NATIONWIDE}
    assert regions_of(" 江原省 / 云川市 ") == {"江原省", "云川市", "江原省/云川市", NATIONWIDE}


def test_a_catalogue_line_is_searched_by_what_it_says(articles: tuple[Article, ...]) -> None:
    line = CatalogueEntry(
        index_number="QH-2026-001", category="财政预算", form="门户网站", time_limit="20个工作日"
    )
    text = replace(articles[0], guide=None, catalogue=line).text()
    assert "QH-2026-001\n财政预算\n门户网站\n20个工作日" in text
