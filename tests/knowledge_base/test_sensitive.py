"""What a machine does not speak on goes to a person; what asks for another place's rules is told so."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge_base.answering.answer import Answer, Answerer, Refusal, RefusalReason
from knowledge_base.answering.elsewhere import other_place
from knowledge_base.answering.sensitive import sensitive_topic
from knowledge_base.article import Article
from knowledge_base.library import DEMO_REGIONS


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("我上访三年了没人管", "信访事项"),
        ("我家房子拆迁补偿太低怎么办", "征地拆迁"),
        ("村里占了我家三分地", "征地拆迁"),
        ("举报我们村长吃低保", "干部人事和违纪"),
        ("局长收了红包谁来管", "干部人事和违纪"),
        ("这里的寺庙能不能搞活动", "民族宗教"),
        ("部队位置在哪", "军事和国家秘密"),
        ("法院判决不公，我要申诉", "诉讼和案件"),
        ("我儿子被拘留了", "诉讼和案件"),
        ("活着没意思，不想活了", "生命安全"),
        ("老公天天打我，家暴怎么办", "人身侵害"),
        ("我们准备集体去政府门口拉横幅", "群体性事件"),
        ("是谁举报的我", "他人信息"),
    ],
)
def test_a_sensitive_matter_goes_to_a_person_by_name(
    answerer: Answerer, today: date, question: str, topic: str
) -> None:
    assert answerer.answer(question, on=today) == Refusal((), RefusalReason.SENSITIVE, topic)


@pytest.mark.parametrize(
    "question",
    [
        "商场跳楼价是真的吗",
        "想申请公开村里征地的文件怎么申请",
        "打官司请不起律师怎么办",
        "单位不签合同想打劳动官司",
        "举报能不能匿名",
        "退役军人优待证怎么办",
        "献血以后家里人用血免费吗",
        "物业公示了维修资金，能查吗",
    ],
)
def test_everyday_words_beside_it_are_not_sensitive(question: str) -> None:
    assert sensitive_topic(question) is None


def test_nothing_the_library_itself_asks_is_sensitive(articles: tuple[Article, ...]) -> None:
    asked = [question for one in articles for question in (one.title, *one.questions)]
    assert not [question for question in asked if sensitive_topic(question)]


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("云岭县低保标准是多少", "云岭县"),
        ("长沙公积金怎么提取", "长沙"),
        ("请问青山县的高龄津贴多少钱", "青山县"),
        ("隔壁县结婚登记周六上班吗", "隔壁县"),
        ("在上海怎么办居住证", "上海"),
        ("望川区的社保卡在哪补", "望川区"),
    ],
)
def test_a_question_about_another_place_is_told_so(
    answerer: Answerer, today: date, question: str, place: str
) -> None:
    outcome = answerer.answer(question, on=today)
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.named) == (RefusalReason.OTHER_REGION, place)


@pytest.mark.parametrize(
    "question",
    [
        "人在北京带孙子，看病怎么用咱县的医保",
        "在深圳交了五年社保想转回来",
        "我在上海打工，怎么办身份证",
        "清和县低保标准是多少",
        "云川市公积金怎么提",
        "想去香港玩，通行证上哪办",
        "超市怎么办执照",
        "开发区的厂子招人吗",
        "老城区的房子能装电梯吗",
        "换了城市养老保险怎么接续",
        "外县户口能在这上学吗",
        "从隔壁市搬过来，孩子怎么转学",
    ],
)
def test_having_been_elsewhere_does_not_make_it_another_place_s_question(question: str) -> None:
    assert other_place(question, regions=DEMO_REGIONS, known=("云岭县",)) is None


def test_one_s_own_place_is_never_another(answerer: Answerer, today: date) -> None:
    there = frozenset({"长沙", "湖南", "全国"})
    assert other_place("长沙公积金怎么提取", regions=there) is None
    assert not isinstance(answerer.answer("清和县低保标准是多少", on=today, regions=there), Answer)
