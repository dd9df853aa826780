"""What may be quoted, to whom and when, while articles come, change and go."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from knowledge_base.answering.answer import Answer, Answerer, Refusal, RefusalReason
from knowledge_base.answering.standing import Shelf, Standing
from knowledge_base.article import Article, ArticleKind, ArticleStatus
from knowledge_base.library import DEMO_REGIONS

DAY = date(2026, 11, 23)
EVE = DAY - timedelta(days=1)
HERE = frozenset({"清和县", "云川市", "江原省", "全国"})
THERE = frozenset({"云岭县", "云川市", "江原省", "全国"})


def make(name: str, **changes: object) -> Article:
    article = Article(
        id=name,
        kind=ArticleKind.QUESTION,
        title=f"{name}怎么办理",
        body="带身份证到窗口办理。",
        issuer="清和县民政局",
        document_number=None,
        published_on=date(2026, 1, 1),
        effective_on=date(2026, 1, 1),
        expires_on=None,
        status=ArticleStatus.PUBLISHED,
        owner_unit_id="qh.civil-affairs",
        region="清和县",
    )
    return replace(article, **changes)  # type: ignore[arg-type]


def standing(*articles: Article, name: str = "question.a", on: date = DAY) -> Standing:
    return Shelf(articles).standing(name, on=on, regions=HERE)


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({"effective_on": DAY}, Standing.NOT_YET, Standing.HOLDS),
        ({"shown_from": DAY}, Standing.NOT_YET, Standing.HOLDS),
        ({"expires_on": EVE}, Standing.HOLDS, Standing.LAPSED),
        ({"repealed_on": DAY}, Standing.HOLDS, Standing.LAPSED),
        ({"shown_until": EVE}, Standing.HOLDS, Standing.LAPSED),
        ({"status": ArticleStatus.DRAFT}, Standing.UNKNOWN, Standing.UNKNOWN),
        ({"status": ArticleStatus.APPROVED}, Standing.UNKNOWN, Standing.UNKNOWN),
        ({"status": ArticleStatus.REPEALED}, Standing.LAPSED, Standing.LAPSED),
        ({"region": "云岭县"}, Standing.ELSEWHERE, Standing.ELSEWHERE),
        ({"region": "云川市"}, Standing.HOLDS, Standing.HOLDS),
        ({"region": "全国"}, Standing.HOLDS, Standing.HOLDS),
    ],
)
def test_dates_and_regions_turn_on_their_day(
    changes: dict[str, object], before: Standing, after: Standing
) -> None:
    article = make("question.a", **changes)
    assert (standing(article, on=EVE), standing(article, on=DAY)) == (before, after)


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ({}, Standing.HOLDS),
        ({"expires_on": EVE}, Standing.LAPSED),
        ({"effective_on": DAY + timedelta(days=1)}, Standing.NOT_YET),
        ({"region": "云岭县"}, Standing.ELSEWHERE),
        ({"status": ArticleStatus.SECRECY_REVIEW}, Standing.UNKNOWN),
    ],
)
def test_an_article_stands_as_what_it_rests_on_stands_however_far_down(
    basis: dict[str, object], expected: Standing
) -> None:
    articles = (
        make("question.a", basis=("guide.b", "《中华人民共和国民法典》第九条")),
        make("guide.b", basis=("policy.c",)),
        make("policy.c", **basis),
    )
    assert standing(*articles) is expected


def test_a_basis_nobody_put_in_is_not_known_to_hold() -> None:
    assert standing(make("question.a", basis=("policy.gone",))) is Standing.UNKNOWN


def test_articles_resting_on_each_other_hold_while_both_do() -> None:
    one, other = make("question.a", basis=("guide.b",)), make("guide.b", basis=("question.a",))
    assert standing(one, other) is Standing.HOLDS
    assert standing(one, replace(other, repealed_on=DAY)) is Standing.LAPSED


def test_a_document_ends_what_it_repeals_on_the_day_it_takes_effect_and_for_good() -> None:
    old, new = make("policy.old"), make("policy.new", effective_on=DAY, repeals=("policy.old",))
    assert standing(old, new, name="policy.old", on=EVE) is Standing.HOLDS
    assert standing(old, new, name="policy.old") is Standing.LAPSED
    gone = replace(new, status=ArticleStatus.REPEALED)
    assert standing(old, gone, name="policy.old") is Standing.LAPSED


def test_whether_the_basis_holds_is_told_apart_from_the_dates_of_what_rests_on_it() -> None:
    over = make("question.a", basis=("guide.b",), expires_on=EVE, region="云岭县")
    holding, lapsed = make("guide.b"), make("guide.b", expires_on=EVE)
    assert Shelf((over, holding)).basis_holds("question.a", on=DAY)
    assert not Shelf((over, lapsed)).basis_holds("question.a", on=DAY)
    assert not Shelf((over,)).basis_holds("question.a", on=DAY)
    assert not Shelf((holding, make("policy.new", repeals=("guide.b",)))).basis_holds("guide.b", on=DAY)
    assert not Shelf().basis_holds("question.a", on=DAY)


def test_a_draft_repeals_nothing_and_a_repealer_taken_out_lets_go() -> None:
    old, new = make("policy.old"), make("policy.new", repeals=("policy.old",))
    assert standing(old, replace(new, status=ArticleStatus.DRAFT), name="policy.old") is Standing.HOLDS
    shelf = Shelf((old, new))
    shelf.remove("policy.new")
    assert shelf.standing("policy.old", on=DAY, regions=HERE) is Standing.HOLDS


def test_what_is_put_in_is_answered_by_the_next_question_and_what_is_taken_out_is_not(
    articles: tuple[Article, ...],
) -> None:
    answerer = Answerer(articles, regions=DEMO_REGIONS)
    fresh = make("question.kite", title="放风筝要登记吗", body="在公园放风筝不用登记。")
    assert isinstance(answerer.answer("放风筝要登记吗", on=DAY), Refusal)
    answerer.put(fresh)
    answerer.put(replace(fresh, body="在公园放风筝不用登记，机场周边不能放。"))
    found = answerer.answer("放风筝用不用登记", on=DAY)
    assert isinstance(found, Answer)
    assert "机场" in found.text
    answerer.remove("question.kite")
    answerer.remove("question.kite")
    assert isinstance(answerer.answer("放风筝要登记吗", on=DAY), Refusal)
    assert len(answerer) == len(Answerer(articles, regions=DEMO_REGIONS))


def test_an_article_withdrawn_to_draft_is_forgotten() -> None:
    article = make("question.kite", title="放风筝要登记吗")
    answerer = Answerer((article,))
    answerer.put(replace(article, status=ArticleStatus.DRAFT))
    assert answerer.get("question.kite") is None
    assert isinstance(answerer.answer("放风筝要登记吗", on=DAY), Refusal)


def test_a_repeal_is_felt_by_what_rests_on_it_at_once(articles: tuple[Article, ...]) -> None:
    answerer = Answerer(articles, regions=DEMO_REGIONS)
    assert isinstance(answerer.answer("殡葬补贴怎么申请", on=DAY), Answer)
    basis = answerer.get("policy.funeral")
    assert basis is not None
    answerer.put(replace(basis, repealed_on=DAY))
    outcome = answerer.answer("殡葬补贴怎么申请", on=DAY)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.LAPSED


def test_an_article_is_quoted_where_it_holds_and_nowhere_else() -> None:
    here = make("guide.here", title="图书馆借书证办理", body="清和县图书馆免费办证。")
    there = make("guide.there", title="图书馆借书证办理", body="云岭县图书馆收押金。", region="云岭县")
    answerer = Answerer((there, here), regions=HERE)
    for regions, expected in ((None, "guide.here"), (HERE, "guide.here"), (THERE, "guide.there")):
        outcome = answerer.answer("图书馆借书证办理", on=DAY, regions=regions)
        assert isinstance(outcome, Answer)
        assert outcome.article_id == expected
        assert [one.id for one in answerer.search("借书证", on=DAY, regions=regions)] == [expected]
    assert isinstance(answerer.answer_from("guide.there", "借书证", on=DAY), Refusal)
    nowhere = answerer.answer("图书馆借书证办理", on=DAY, regions=frozenset({"全国"}))
    assert nowhere == Refusal((), RefusalReason.NOTHING_NEAR)


def test_the_page_of_results_shows_lapsed_ones_only_when_asked(articles: tuple[Article, ...]) -> None:
    answerer = Answerer(articles, regions=DEMO_REGIONS)
    in_force = [one.id for one in answerer.search("养犬管理", on=DAY, limit=5)]
    all_shown = [one.id for one in answerer.search("养犬管理", on=DAY, limit=5, lapsed=True)]
    assert in_force[0] == "policy.dog"
    assert "policy.dog-2012" in all_shown
    assert not {"policy.dog-2012", "question.dog-fee-old", "policy.parking-draft"} & set(in_force)
