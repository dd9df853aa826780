"""The demo library: enough of everything, complete, and answered for by units that exist."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.answering.passages import MOST_BYTES, clauses
from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Disclosure,
    Guide,
    IssuerLevel,
)
from knowledge_base.library import DEMO_FOLDER, BadArticle, load_articles

UNITS = Path(__file__).parents[2] / "routing" / "data" / "demo_county" / "units.csv"


def test_the_library_holds_guides_questions_and_policies_enough(articles: tuple[Article, ...]) -> None:
    count = Counter(article.kind for article in articles)
    assert len(articles) >= 60
    assert count[ArticleKind.GUIDE] >= 25
    assert count[ArticleKind.QUESTION] >= 25
    assert count[ArticleKind.POLICY] >= 10


def test_every_guide_fills_all_its_public_fields(articles: tuple[Article, ...]) -> None:
    for article in articles:
        if article.kind is ArticleKind.GUIDE:
            assert article.guide is not None, article.id
            empty = [field.name for field in fields(Guide) if not getattr(article.guide, field.name)]
            assert not empty, (article.id, empty)


def test_every_question_is_asked_in_three_ways_or_more_and_none_twice(articles: tuple[Article, ...]) -> None:
    for article in articles:
        if article.kind is ArticleKind.QUESTION and article.id != "question.dog-fee-old":
            assert 3 <= len(article.questions) <= 5, article.id
    asked = Counter(question for article in articles for question in article.questions)
    assert [question for question, times in asked.items() if times > 1] == []


def test_policies_are_divided_into_numbered_articles(articles: tuple[Article, ...]) -> None:
    for article in articles:
        if article.kind is ArticleKind.POLICY:
            assert all(clause.startswith("第") for clause in clauses(article.body)), article.id


def test_every_field_and_answer_fits_one_message(articles: tuple[Article, ...]) -> None:
    for article in articles:
        if article.guide:
            texts = [
                value
                for field in fields(Guide)
                if isinstance(value := getattr(article.guide, field.name), str)
            ]
        else:
            texts = list(clauses(article.body))
        assert max(len(text.encode()) for text in texts) <= MOST_BYTES, article.id


def test_every_article_is_owned_by_a_unit_of_the_demo_county(articles: tuple[Article, ...]) -> None:
    with UNITS.open(encoding="utf-8") as file:
        names = {row["id"]: row["name"] for row in csv.DictReader(file)}
    for article in articles:
        assert article.owner_unit_id in names, article.id


def test_every_basis_that_is_an_id_names_an_article_of_the_library(articles: tuple[Article, ...]) -> None:
    known = {article.id for article in articles}
    for article in articles:
        for basis in article.basis:
            assert basis in known or not basis.startswith(tuple(ArticleKind)), (article.id, basis)


def test_the_library_shows_each_way_of_not_being_quoted(articles: tuple[Article, ...], today: date) -> None:
    statuses = {article.status for article in articles}
    assert {ArticleStatus.REPEALED, ArticleStatus.BUSINESS_REVIEW} <= statuses
    assert any(article.expires_on and article.expires_on < today for article in articles)


def test_a_bad_entry_is_named_and_nothing_half_read(tmp_path: Path) -> None:
    (tmp_path / "issuers.toml").write_text((DEMO_FOLDER / "issuers.toml").read_text(encoding="utf-8"))
    (tmp_path / "mine.toml").write_text('[[article]]\nid = "guide.x"\nissuer = "nobody"\n')
    with pytest.raises(BadArticle, match=r"mine\.toml: guide\.x: KeyError 'nobody'"):
        load_articles(tmp_path)


WHOLE = """
[[article]]
id = "catalogue.budget"
issuer = "city"
title = "云川市2026年预算"
document_number = "云财〔2026〕1号"
published_on = 2026-02-01
effective_on = 2026-02-02
expires_on = 2026-12-31
shown_from = 2026-02-03
repealed_on = 2026-11-01
repeals = ["catalogue.budget-2025"]
amends = ["policy.dog"]
source = "市财政局网站"
questions = []
topic = "财政"
[article.catalogue]
index_number = "YC-1"
category = "财政预算"
disclosure = "on_request"
"""
CITY = '[city]\nname = "云川市财政局"\nunit = "yc.finance"\nregion = "云川市"\nlevel = "city"\n'


def test_every_field_of_an_entry_is_read(tmp_path: Path) -> None:
    (tmp_path / "issuers.toml").write_text(CITY)
    (tmp_path / "mine.toml").write_text(WHOLE)
    (article,) = load_articles(tmp_path)
    assert article == Article(
        id="catalogue.budget",
        kind=ArticleKind.CATALOGUE,
        title="云川市2026年预算",
        body="",
        issuer="云川市财政局",
        document_number="云财〔2026〕1号",
        published_on=date(2026, 2, 1),
        effective_on=date(2026, 2, 2),
        expires_on=date(2026, 12, 31),
        status=ArticleStatus.PUBLISHED,
        owner_unit_id="yc.finance",
        region="云川市",
        topic="财政",
        shown_from=date(2026, 2, 3),
        repealed_on=date(2026, 11, 1),
        level=IssuerLevel.CITY,
        repeals=("catalogue.budget-2025",),
        amends=("policy.dog",),
        source="市财政局网站",
        catalogue=CatalogueEntry(index_number="YC-1", category="财政预算", disclosure=Disclosure.ON_REQUEST),
    )


def test_a_misspelt_field_is_named_rather_than_ignored(tmp_path: Path) -> None:
    (tmp_path / "issuers.toml").write_text(CITY)
    (tmp_path / "mine.toml").write_text(WHOLE.replace("repealed_on", "repeald_on"))
    with pytest.raises(BadArticle, match="no such field: repeald_on"):
        load_articles(tmp_path)
