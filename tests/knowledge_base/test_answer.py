"""A citizen asks: the passage with its source, or an honest no."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from knowledge_base.answering.answer import Answer, Answerer, Choice, Refusal, RefusalReason
from knowledge_base.answering.standing import Shelf
from knowledge_base.article import Article, ArticleStatus
from knowledge_base.library import DEMO_REGIONS


def _offered(outcome: Choice | Refusal) -> list[str]:
    offered = outcome.options if isinstance(outcome, Choice) else outcome.nearest
    return [one.article_id for one in offered]


def test_an_answer_names_its_source_number_and_date(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("社保卡丢了怎么补办", on=today)
    assert isinstance(answer, Answer)
    assert answer.article_id == "guide.social-card"
    assert answer.citation.title == "社会保障卡挂失补领办事指南"
    assert answer.citation.issuer == "清和县人力资源和社会保障局"
    assert answer.citation.document_number == "清人社办〔2026〕3号"
    assert answer.citation.published_on == date(2026, 2, 10)
    assert answer.field == "办理程序"
    assert "挂失" in answer.text


@pytest.mark.parametrize(
    ("question", "field", "words"),
    [
        ("补办身份证多少钱", "收费标准", "40元"),
        ("领结婚证要带什么", "申请材料", "合影"),
        ("护照几天能办好", "承诺时限", "7个工作日"),
        ("低保在哪里申请", "办理地点", "民政窗口"),
        ("劳动仲裁的电话", "咨询电话", "88000105"),
        ("公租房申请条件", "办理条件", "15平方米"),
        ("办护照要多少钱，几天能拿到", "收费标准、承诺时限", "120元"),
        ("装电梯一楼不同意怎么办", "一次告知", "不要求全体同意"),
    ],
)
def test_a_guide_answers_with_the_field_that_was_asked(
    answerer: Answerer, today: date, question: str, field: str, words: str
) -> None:
    answer = answerer.answer(question, on=today)
    assert isinstance(answer, Answer)
    assert answer.field is not None
    assert set(field.split("、")) <= set(answer.field.split("、"))
    assert words in answer.text


def test_a_policy_answers_with_the_clause_that_says_it(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("遛狗不拴绳罚多少钱", on=today)
    assert isinstance(answer, Answer)
    assert answer.article_id == "policy.dog"
    assert answer.text.startswith("第七条")


def test_what_that_costs_is_asked_of_the_article_just_quoted(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("那多少钱？", on=today, about="guide.id-card")
    assert isinstance(answer, Answer)
    assert (answer.article_id, answer.field) == ("guide.id-card", "收费标准")


def test_a_question_and_answer_passes_what_follows_to_the_guide_it_rests_on(
    answerer: Answerer, today: date
) -> None:
    answer = answerer.answer("那卡在哪办", on=today, about="question.bus-age")
    assert isinstance(answer, Answer)
    assert (answer.article_id, answer.field) == ("guide.bus-senior-card", "办理地点")


def test_a_new_matter_leaves_the_article_just_quoted(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("护照多少钱", on=today, about="guide.id-card")
    assert isinstance(answer, Answer)
    assert answer.article_id == "guide.passport"


@pytest.mark.parametrize("about", ["policy.dog-2012", "policy.parking-draft", "no.such-article"])
def test_nothing_follows_from_an_article_that_may_not_be_quoted(
    answerer: Answerer, today: date, about: str
) -> None:
    assert isinstance(answerer.answer("那多少钱？", on=today, about=about), Refusal)


def test_a_question_that_names_no_matter_is_refused(answerer: Answerer, today: date) -> None:
    for question in ("多少钱", "在哪办？几天能拿到", "", "？？？", "你好", "1"):
        outcome = answerer.answer(question, on=today)
        assert isinstance(outcome, Refusal), question
        assert outcome.reason is RefusalReason.NOTHING_NEAR


@pytest.mark.parametrize(
    "complaint",
    [
        "楼下烧烤店半夜吵死人",
        "小区门口垃圾堆了一个星期没人清",
        "物业经理打人",
        "村里有人烧秸秆呛死人",
        "公交车等了一个小时都不来",
        "供暖以来家里冻得要死，投诉三次没人理",
    ],
)
def test_a_grievance_is_not_answered_with_a_leaflet(answerer: Answerer, today: date, complaint: str) -> None:
    assert isinstance(answerer.answer(complaint, on=today), Refusal)


def test_a_bare_word_that_names_several_matters_offers_a_choice(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("医保", on=today)
    assert isinstance(outcome, Choice)
    assert len(outcome.options) >= 2


def test_every_suggested_question_is_answered_when_it_is_tapped(answerer: Answerer, today: date) -> None:
    for vague in ("医保", "公积金", "养老金", "低保", "残疾", "身份证"):
        outcome = answerer.answer(vague, on=today)
        if isinstance(outcome, Answer):
            continue
        for suggestion in outcome.options if isinstance(outcome, Choice) else outcome.nearest:
            answer = answerer.answer(suggestion.question, on=today)
            assert isinstance(answer, Answer)
            assert answer.article_id == suggestion.article_id


def test_every_known_question_is_answered_from_its_article(
    answerer: Answerer, articles: tuple[Article, ...], today: date
) -> None:
    shelf = Shelf(articles)
    for article in articles:
        if not shelf.holds(article.id, on=today, regions=DEMO_REGIONS):
            continue
        for question in article.questions:
            answer = answerer.answer(question, on=today)
            assert isinstance(answer, Answer), question
            assert answer.article_id == article.id, question


def test_nothing_out_of_force_is_ever_quoted(
    answerer: Answerer, articles: tuple[Article, ...], today: date
) -> None:
    """Asked by its own title and questions, an expired, repealed or unpublished article stays silent, and so does
    an answer that rests on a repealed one."""
    shelf = Shelf(articles)
    dead = [one for one in articles if not shelf.holds(one.id, on=today, regions=DEMO_REGIONS)]
    assert {one.id for one in dead} == {
        "policy.dog-2012",  # repealed by policy.dog
        "question.dog-fee-old",  # rests on that
        "policy.open-data-city-2019",  # repealed by another, its own dates untouched
        "policy.enrol-2025",
        "policy.trade-in-2025",
        "policy.parking-draft",
        "policy.ebike-charging",  # takes effect later
        "policy.old-age-allowance-yunling",  # holds next door
    }
    for article in dead:
        for question in (article.title, *article.questions, article.body[:60]):
            outcome = answerer.answer(question, on=today)
            if isinstance(outcome, Answer):
                assert outcome.article_id != article.id
                assert outcome.citation.title != article.title
            else:
                assert article.id not in _offered(outcome)


def test_a_question_only_a_lapsed_policy_answers_is_refused_by_that_name(
    answerer: Answerer, today: date
) -> None:
    for question in ("家电以旧换新补贴怎么领", "养狗每年交多少管理费"):
        outcome = answerer.answer(question, on=today)
        assert isinstance(outcome, Refusal)
        assert outcome.reason is RefusalReason.LAPSED


@pytest.mark.parametrize("question", ["去年一年级网上报名是哪天到哪天", "2025年小学招生哪天报名"])
def test_a_question_about_last_year_s_rules_is_not_answered_from_this_year_s(
    answerer: Answerer, today: date, question: str
) -> None:
    outcome = answerer.answer(question, on=today)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.LAPSED


def test_having_done_something_last_year_is_no_question_about_last_year(
    answerer: Answerer, today: date
) -> None:
    outcome = answerer.answer("去年身份证丢了，现在补办要多少钱", on=today)
    if isinstance(outcome, Answer):
        assert outcome.article_id == "guide.id-card"
    else:
        assert isinstance(outcome, Refusal)
        assert outcome.reason is RefusalReason.UNSURE
        assert outcome.nearest[0].article_id == "guide.id-card"


def test_going_to_the_first_form_is_no_question_about_last_year(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("上一年级要啥材料", on=today)
    assert not (isinstance(outcome, Refusal) and outcome.reason is RefusalReason.LAPSED)


def test_a_very_long_story_is_read_at_both_ends(answerer: Answerer, today: date) -> None:
    story = "我在城里打工二十多年了，家里就老母亲一个人。" * 400
    outcome = answerer.answer(story + "社保卡丢了怎么补办", on=today)
    shown = (
        [outcome.article_id] if isinstance(outcome, Answer) else [one.article_id for one in outcome.nearest]
    )
    assert "guide.social-card" in shown


def test_an_unpublished_draft_does_not_show_by_its_shadow(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("路边停车怎么收费", on=today)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is not RefusalReason.LAPSED


def test_what_lapses_overnight_is_quoted_before_and_not_after(articles: tuple[Article, ...]) -> None:
    answerer = Answerer(articles)
    last_day = date(2025, 12, 31)
    before = answerer.answer("家电以旧换新补贴怎么领", on=last_day)
    after = answerer.answer("家电以旧换新补贴怎么领", on=date(2026, 1, 1))
    assert isinstance(before, Answer)
    assert isinstance(after, Refusal)


def test_a_policy_issued_anew_under_its_old_title_is_the_one_quoted(
    articles: tuple[Article, ...], today: date
) -> None:
    present = next(one for one in articles if one.id == "policy.heating")
    old = replace(present, id="policy.heating-2012", document_number="旧", status=ArticleStatus.REPEALED)
    for order in ((present, old), (old, present)):
        answer = Answerer(order).answer(present.title, on=today)
        assert isinstance(answer, Answer)
        assert answer.citation.document_number == "清政发〔2024〕19号"


def test_a_repealed_basis_silences_the_guide_that_rests_on_it(
    articles: tuple[Article, ...], today: date
) -> None:
    changed = [
        replace(one, status=ArticleStatus.REPEALED) if one.id == "policy.funeral" else one for one in articles
    ]
    outcome = Answerer(changed).answer("殡葬补贴怎么申请", on=today)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.LAPSED


def test_answers_fit_beside_the_menu_in_one_message(
    answerer: Answerer, articles: tuple[Article, ...], today: date
) -> None:
    for article in articles:
        for question in article.questions:
            outcome = answerer.answer(question, on=today)
            if isinstance(outcome, Answer):
                assert len(outcome.text.encode()) <= 600
            else:
                assert len(_offered(outcome)) <= 4


def test_an_empty_library_refuses(today: date) -> None:
    assert Answerer(()).answer("社保卡丢了怎么补办", on=today) == Refusal((), RefusalReason.NOTHING_NEAR)


def test_confidence_rises_with_what_the_question_shares(answerer: Answerer, today: date) -> None:
    questions = ("补办卡片怎么弄", "补办社保卡怎么弄", "社保卡丢了怎么补办的")
    confidence = []
    for question in questions:
        found = {name: seen for name, seen, _ in answerer.candidates(question, on=today)}
        evidence = found.get("guide.social-card")
        confidence.append(evidence.likeness if evidence else 0.0)
    assert all(less < more for less, more in pairwise(confidence))


def test_what_is_remembered_of_an_answer_ends_with_the_article_it_came_from(
    articles: tuple[Article, ...], today: date
) -> None:
    answerer, question = Answerer(articles, regions=DEMO_REGIONS), "社保卡丢了怎么补办"
    first = answerer.answer(question, on=today)
    assert isinstance(first, Answer)
    assert answerer.answer(question, on=today) == first
    article = answerer.get(first.article_id)
    assert article is not None
    answerer.remove(article.id)
    second = answerer.answer(question, on=today)
    assert not (isinstance(second, Answer) and second.article_id == article.id)
    answerer.put(article)
    assert answerer.answer(question, on=today) == first
