"""What a question is about, told from what is only said beside it: a near matter is refused, not answered."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge_base.answering.answer import Answer, Answerer, Choice, Refusal, RefusalReason
from knowledge_base.answering.matters import (
    another_of_a_kind,
    knows_thing,
    matters,
    of_a_kind,
    thing_at_stake,
)
from knowledge_base.retrieval.features import concepts, normalize


def test_the_longer_of_two_matters_counts() -> None:
    assert list(matters("我老公能休陪产假吗")) == ["陪产假"]
    assert matters("今天来问一下") == {}


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("退伍证丢了咋弄", "退伍证"),
        ("户口本丢了补一本收费吗", "户口本"),
        ("驾照快到期了", "驾照"),
        ("社保卡在哪办", None),
    ],
)
def test_what_was_lost_or_ran_out_is_what_is_asked_about(question: str, thing: str | None) -> None:
    assert thing_at_stake(question) == thing


def test_an_article_that_says_how_a_paper_is_renewed_knows_it() -> None:
    no_forms: frozenset[str] = frozenset()
    assert knows_thing("户口本", title="", forms=no_forms, whole="不收费；补发户口簿工本费10元。")
    assert not knows_thing("户口本", title="", forms=no_forms, whole="带户口簿。旧证遗失的补领。")


def test_of_one_kind_of_things_another_is_not_meant() -> None:
    def kinds(text: str) -> tuple[frozenset[str], ...]:
        return of_a_kind(text, frozenset(concepts(normalize(text))))

    ebike = kinds("电动自行车怎么上牌")
    assert another_of_a_kind(kinds("小轿车上牌在哪"), ebike)
    assert not another_of_a_kind(kinds("电瓶车上牌在哪"), ebike)
    assert not another_of_a_kind(kinds("上牌在哪"), ebike)


@pytest.mark.parametrize(
    "question",
    [
        "退伍证丢了怎么补",
        "离婚证丢了怎么补办",
        "小轿车怎么上牌",
        "离婚后孩子的抚养费给多少",
        "跟越南人结婚领证要什么证明",
        "商标注册多少钱",
        "我老了走不动了",
        "我有个孩子",
    ],
)
def test_a_near_matter_is_not_answered(answerer: Answerer, today: date, question: str) -> None:
    assert not isinstance(answerer.answer(question, on=today), Answer)


def test_a_report_is_no_question_about_the_hotline(answerer: Answerer, today: date) -> None:
    report = "本人反映清河路一带夜里施工，渣土车来来回回，老人孩子都睡不好，已经一个多月，希望尽快处理"
    assert isinstance(answerer.answer(report, on=today), Refusal)
    asked = answerer.answer("怎么反映问题", on=today)
    assert isinstance(asked, Answer)
    assert asked.article_id == "question.hotline-how"


def test_a_choice_offers_nothing_of_another_matter(answerer: Answerer, today: date) -> None:
    choice = answerer.answer("医保多少钱", on=today)
    assert isinstance(choice, Choice)
    for option in choice.options:
        article = answerer.get(option.article_id)
        assert article is not None
        assert "医保" in article.title + "".join(article.questions)


def test_what_holds_is_answered_though_last_year_s_sounds_nearer(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("上一年级要啥材料", on=today)
    assert isinstance(answer, Answer)
    assert answer.article_id == "guide.school-enrol"
    assert answer.field == "申请材料"


def test_nothing_is_answered_beside_a_rule_that_is_to_come(answerer: Answerer, today: date) -> None:
    """The rules on charging in stairways begin next year; the guide on number plates only mentions them."""
    outcome = answerer.answer("楼道里给电动车充电抓到罚多少", on=today)
    assert isinstance(outcome, Refusal)
    assert "policy.ebike-charging" not in {one.article_id for one in outcome.nearest}


@pytest.mark.parametrize(
    "question",
    ["我姐在省城，她那边八十岁老人的钱是多少", "我户口在云岭县的，老娘82，一个月高龄钱给几十"],
)
def test_what_somebody_elsewhere_gets_is_another_place_s_rule(
    answerer: Answerer, today: date, question: str
) -> None:
    outcome = answerer.answer(question, on=today)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.OTHER_REGION


@pytest.mark.parametrize(
    ("article_id", "question", "field"),
    [
        ("guide.maternity-allowance", "生育津贴怎么计算", "收费标准"),
        ("guide.funeral", "殡仪馆电话多少", "咨询电话"),
        ("guide.old-age-allowance", "外婆九十一，高龄津贴一个月几多", "收费标准"),
        ("guide.dog", "养狗办证在哪办", "办理地点"),
    ],
)
def test_the_field_asked_for_in_whatever_words_is_read_out(
    answerer: Answerer, today: date, article_id: str, question: str, field: str
) -> None:
    answer = answerer.answer_from(article_id, question, on=today)
    assert isinstance(answer, Answer)
    assert answer.field is not None
    assert field in answer.field.split("、")


def test_a_guide_is_found_by_the_name_of_its_matter(answerer: Answerer, today: date) -> None:
    answer = answerer.answer("户口迁入", on=today)
    assert isinstance(answer, Answer)
    assert answer.article_id == "guide.household"
