"""The demo library agrees with the demo county, and shows levels, regions, relations and the 信息公开目录."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from knowledge_base.answering.answer import Answer, Answerer
from knowledge_base.article import Article, ArticleKind, IssuerLevel, Validity
from knowledge_base.library import DEMO_REGIONS

UNITS = Path(__file__).parents[2] / "routing" / "data" / "demo_county" / "units.csv"
TELEPHONE = re.compile(r"(?<!\d)8\d{7}(?!\d)")


def read_units() -> dict[str, dict[str, str]]:
    with UNITS.open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def test_a_telephone_number_is_that_of_the_owning_unit_or_one_below_it(articles: tuple[Article, ...]) -> None:
    units = read_units()

    def is_under(name: str, top: str) -> bool:
        while name:
            if name == top:
                return True
            name = units[name]["parent_id"]
        return False

    checked = 0
    for article in articles:
        for number in TELEPHONE.findall(article.text()):
            owners = [name for name, unit in units.items() if unit["duties_phone"] == number]
            assert any(is_under(owner, article.owner_unit_id) for owner in owners), (article.id, number)
            checked += 1
    assert checked >= 40


def test_the_library_has_rules_of_every_level_it_needs_and_of_another_county(
    articles: tuple[Article, ...],
) -> None:
    levels = Counter(article.level for article in articles)
    assert {IssuerLevel.PROVINCE, IssuerLevel.CITY, IssuerLevel.COUNTY} <= set(levels)
    assert any(not article.valid_in(DEMO_REGIONS) for article in articles)
    assert sum(article.kind is ArticleKind.CATALOGUE for article in articles) >= 12


def test_the_rules_of_city_and_province_are_quoted_in_the_county(answerer: Answerer, today: date) -> None:
    for question, article_id in (
        ("公共数据平台上的数据能免费下载吗", "policy.open-data-city"),
        ("政务服务中心延时服务的规定", "policy.service-hours-province"),
    ):
        outcome = answerer.answer(question, on=today)
        assert isinstance(outcome, Answer)
        assert outcome.article_id == article_id


def test_one_rule_waits_for_its_day_and_is_quoted_from_then_on(
    articles: tuple[Article, ...], answerer: Answerer, today: date
) -> None:
    waiting = [one for one in articles if one.validity(today) is Validity.UPCOMING]
    assert len(waiting) == 1
    first = waiting[0].effective_on
    question = waiting[0].questions[1]
    before, after = (answerer.answer(question, on=day) for day in (first - timedelta(days=1), first))
    assert not isinstance(before, Answer) or before.article_id != waiting[0].id
    assert isinstance(after, Answer)
    assert after.article_id == waiting[0].id


def test_an_entry_of_the_catalogue_says_how_it_is_made_public(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("清和县2026年财政预算", on=today)
    assert isinstance(outcome, Answer)
    assert "公开形式：县政府门户网站" in outcome.text
    assert "索引号：" in outcome.text
