"""The field or the numbered article that answers, not the whole document; and one more question about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from knowledge_base.answering.answer import Answer, Answerer, Choice, Refusal, RefusalReason
from knowledge_base.article import Article


def ask(answerer: Answerer, question: str, today: date, about: str | None = None) -> Answer:
    outcome = answerer.answer(question, on=today, about=about)
    assert isinstance(outcome, Answer), outcome
    return outcome


@pytest.mark.parametrize(
    ("article_id", "question", "provision"),
    [
        ("policy.dog", "遛狗不拴绳罚多少钱", "第七条"),
        ("policy.heating", "我自己加个循环泵行吗", "第六条"),
        ("policy.elevator", "装电梯政府一台给补几万块", "第四条"),
        ("policy.public-rental", "公租房可以转租吗", "第六条"),
        ("policy.migrant-wages", "工资保证金按合同额的多少存", "第四条"),
        ("policy.old-age-allowance", "老人去世了高龄津贴什么时候停发", "第六条"),
        ("policy.dog", "第三条怎么说的", "第三条"),  # named by its number
    ],
)
def test_a_document_answers_with_the_provision_and_cites_it(
    answerer: Answerer, today: date, article_id: str, question: str, provision: str
) -> None:
    outcome = answerer.answer_from(article_id, question, on=today)
    assert isinstance(outcome, Answer)
    assert outcome.citation.provision is not None
    assert provision in outcome.citation.provision.split("、")
    assert outcome.text.startswith("第")
    assert outcome.citation.effective_on >= outcome.citation.published_on


@pytest.mark.parametrize(
    ("article_id", "question", "field"),
    [
        ("guide.real-estate", "继承的房子不公证行不行", "一次告知"),
        ("guide.homestead", "宅基地能批多大面积", "办理条件"),
        ("guide.fund-buy", "取公积金能拿来装修吗", "一次告知"),
        ("guide.id-card", "补身份证交多少钱", "收费标准"),
        ("guide.marriage", "照片要几张", "申请材料"),
        ("guide.farm-machine", "一年能买几台", "数量限制"),
    ],
)
def test_a_guide_answers_with_the_field_that_says_it_though_nobody_named_the_field(
    answerer: Answerer, today: date, article_id: str, question: str, field: str
) -> None:
    outcome = answerer.answer_from(article_id, question, on=today)
    assert isinstance(outcome, Answer)
    assert outcome.field is not None
    assert field in outcome.field.split("、")


def test_a_document_without_numbered_articles_answers_with_its_paragraph(
    articles: tuple[Article, ...],
) -> None:
    known = next(one for one in articles if one.id == "policy.dog")
    plain = replace(known, body="本县养犬实行登记。\n遛狗不拴绳的，处以罚款。\n犬只伤人的，主人垫付医药费。")
    outcome = Answerer((plain,)).answer_from("policy.dog", "狗咬伤人医药费谁出", on=date(2026, 11, 23))
    assert isinstance(outcome, Answer)
    assert outcome.text == "犬只伤人的，主人垫付医药费。"
    assert outcome.citation.provision is None


@pytest.mark.parametrize(
    "question",
    [
        "清政发〔2026〕3号",
        "清政发[2026]3号文件是什么",
        "请问清政发（2026）3号里养狗怎么登记",
        "清政发2026年第3号",
    ],
)
def test_a_document_is_found_by_its_number_in_any_brackets(
    answerer: Answerer, today: date, question: str
) -> None:
    assert ask(answerer, question, today).article_id == "policy.dog"


def test_the_number_of_a_repealed_document_is_told_to_have_lapsed(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("清政发〔2012〕17号管理费多少", on=today)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.LAPSED


@pytest.mark.parametrize(
    ("about", "question", "article_id", "part"),
    [
        ("guide.id-card", "那多少钱？", "guide.id-card", "收费标准"),
        ("guide.passport", "要带什么", "guide.passport", "申请材料"),
        ("guide.passport", "这个要几天", "guide.passport", "承诺时限"),
        ("guide.social-card", "那去哪里办呢", "guide.social-card", "办理地点"),
        ("policy.dog", "第二条呢", "policy.dog", "第二条"),
        (
            "guide.public-rental",
            "第六条怎么说",
            "policy.public-rental",
            "第六条",
        ),  # the document behind the guide
        ("question.bus-age", "那卡在哪办", "guide.bus-senior-card", "办理地点"),
    ],
)
def test_a_short_question_goes_on_about_what_was_just_answered(
    answerer: Answerer, today: date, about: str, question: str, article_id: str, part: str
) -> None:
    answer = ask(answerer, question, today, about)
    assert answer.article_id == article_id
    assert part in (answer.field or answer.citation.provision or "")


@pytest.mark.parametrize(
    ("about", "question", "article_id"),
    [
        ("guide.id-card", "护照多少钱", "guide.passport"),
        ("guide.marriage", "低保怎么申请", "guide.minimum-living"),
        ("policy.dog", "社保卡丢了怎么补办", "guide.social-card"),
    ],
)
def test_a_new_matter_breaks_with_it(
    answerer: Answerer, today: date, about: str, question: str, article_id: str
) -> None:
    assert ask(answerer, question, today, about).article_id == article_id


def test_a_matter_named_outright_is_not_read_out_of_a_neighbour_that_mentions_it(
    answerer: Answerer, today: date
) -> None:
    outcome = answerer.answer("结婚要多少钱", on=today, about="guide.divorce")
    assert not isinstance(outcome, Answer) or outcome.article_id == "guide.marriage"


@pytest.mark.parametrize("question", ["我老伴能去不", "我妈能去吗", "我弟能领吗"])
def test_persons_alone_are_no_matter(answerer: Answerer, today: date, question: str) -> None:
    assert answerer.answer(question, on=today) == Refusal((), RefusalReason.NOTHING_NEAR)


def test_a_document_asked_for_by_its_number_alone_begins_at_its_beginning(
    answerer: Answerer, today: date
) -> None:
    answer = ask(answerer, "清政发〔2026〕3号", today)
    assert answer.citation.provision is not None
    assert answer.citation.provision.startswith("第一条")


@pytest.mark.parametrize("question", ["第九十九条呢", "那无人机呢", "谢谢", "楼上太吵了怎么办"])
def test_what_the_article_says_nothing_of_is_not_answered_from_it(
    answerer: Answerer, today: date, question: str
) -> None:
    outcome = answerer.answer(question, on=today, about="policy.dog")
    assert not isinstance(outcome, Answer) or outcome.article_id != "policy.dog"


def test_a_choice_is_answered_from_the_article_chosen(answerer: Answerer, today: date) -> None:
    outcome = answerer.answer("医保", on=today)
    assert isinstance(outcome, Choice)
    for option in outcome.options:
        chosen = answerer.answer_from(option.article_id, "医保要交多少钱", on=today)
        assert isinstance(chosen, Answer)
        assert chosen.article_id == option.article_id


def test_what_is_chosen_after_it_lapsed_is_not_quoted(answerer: Answerer, today: date) -> None:
    assert answerer.answer_from("policy.dog-2012", "管理费多少", on=today) == Refusal(
        (), RefusalReason.LAPSED
    )
