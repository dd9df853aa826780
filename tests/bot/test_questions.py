"""Questions in the chat: the answer, its source, and what is asked or said after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.talk import phrases
from bot.talk.conversation import take_turn
from bot.talk.outcomes import after
from bot.talk.questions import trusted_type
from bot.talk.session import (
    PAUSE,
    AskKnowledge,
    Heard,
    Step,
    Understanding,
)
from bot.wechat.messages import MessageKind
from classifier.model import Guess
from classifier.signals import Emergency, EmergencyKind
from knowledge_base.answering.outcome import Citation, Refusal, RefusalReason
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType
from tests.bot import town
from tests.bot.town import Chat
from tests.bot.transcripts import ASKED_IN_VAIN, REPORTED, filed, sent

# ---- questions


async def test_an_answer_names_its_source_and_a_follow_up_keeps_its_subject() -> None:
    chat = Chat()
    reply = await chat.says("社保卡丢了怎么补？")
    assert (
        "《社会保障卡补换办事指南》（清和县人力资源和社会保障局，清人社发〔2025〕8号，2025年3月1日发布）"
        in reply
    )
    assert "16元" in await chat.says("那多少钱？")
    await chat.says("没解决")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "社保卡丢了怎么补？；那多少钱？"


async def test_a_follow_up_loses_its_subject_after_a_pause() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补？")
    chat.now += PAUSE + timedelta(minutes=1)
    assert "您问的是哪件事" in await chat.says("那多少钱？")


async def test_useful_and_useless_are_both_told_to_the_knowledge_base() -> None:
    chat = Chat()
    for said in ("社保卡丢了怎么补", "有用", "社保卡丢了怎么补", "2"):
        await chat.says(said)
    assert chat.town.hearing.given == [("card", True), ("card", False)]


async def test_an_unsure_answer_offers_the_nearest_question_and_filing() -> None:
    chat = Chat()
    reply = await chat.says("火星上有水吗")
    assert "不敢乱说" in reply
    assert "登记成工单" in reply
    assert "来源" in await chat.says("1")


async def test_several_matters_are_offered_by_number_and_the_question_is_answered_from_the_one_chosen() -> (
    None
):
    chat = Chat()
    reply = await chat.says("医保")
    assert "是哪一件" in reply
    assert reply.index("居民医保怎么缴费") < reply.index("异地看病怎么备案") < reply.index("都不是")
    reply = await chat.says("1")
    assert "每年9月1日至12月31日缴费" in reply
    assert "来源：" in reply
    assert chat.session.about == "pay"
    assert chat.town.hearing.outcomes == ["Choice", "pay"]
    await chat.says("没解决")
    assert chat.town.hearing.lacks == [(Lack.UNHELPFUL, "医保")]


async def test_what_was_offered_and_has_lapsed_meanwhile_is_not_quoted() -> None:
    chat = Chat()
    await chat.says("医保")
    assert "已经到期或者废止" in await chat.says("2")


async def test_none_of_the_matters_offered_leaves_the_question_unanswered_and_ready_to_file() -> None:
    chat = Chat()
    await chat.says("医保")
    assert "不敢乱说" in await chat.says("都不是")
    assert chat.town.hearing.lacks == [(Lack.UNANSWERED, "医保")]
    await chat.says("登记成工单")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "医保"


@pytest.mark.parametrize(
    ("said", "expected", "lacks", "why"),
    [
        ("火星上有水吗", "不敢乱说", [(Lack.UNANSWERED, "火星上有水吗")], "nothing answers it"),
        ("家电补贴还有吗", "到期或者废止", [(Lack.LAPSED, "家电补贴还有吗")], "what answered it is over"),
        ("家里拆迁谈不拢怎么办", "工作人员跟您说清楚", [], "a person's to answer, no gap"),
        ("望川区的社保怎么办", "您问的像是望川区的事", [], "another place's, no gap"),
        ("楼下太吵了", "是要投诉吗", [], "a grievance, no question"),
    ],
)
async def test_each_refusal_says_why_and_only_what_an_entry_could_answer_is_kept(
    said: str, expected: str, lacks: list[tuple[Lack, str]], why: str
) -> None:
    chat = Chat()
    assert expected in await chat.says(said)
    assert chat.town.hearing.lacks == lacks, why


async def test_a_sensitive_matter_is_offered_a_person_first_and_no_question_near_it() -> None:
    chat = Chat()
    reply = await chat.says("家里拆迁谈不拢怎么办")
    assert reply.index(">转人工<") < reply.index(">登记成工单<")
    assert "社保卡" not in reply
    assert "12345" in await chat.says("1")


async def test_the_page_that_says_all_is_named_where_there_is_one_and_spared_to_elders() -> None:
    chat = Chat()
    chat.town.page = "https://12345.example.cn/answers/card"
    assert '详情：<a href="https://12345.example.cn/answers/card">点这里看全文</a>' in await chat.says(
        "社保卡"
    )
    await chat.says("长辈模式")
    assert "详情" not in await chat.says("社保卡")


async def test_a_source_names_provision_and_both_dates() -> None:
    cited = Citation(
        "养犬管理办法", "清和县人民政府", "清政规〔2026〕3号", date(2026, 3, 1), date(2026, 5, 1), "第七条"
    )
    expected = "《养犬管理办法》第七条（清和县人民政府，清政规〔2026〕3号，2026年3月1日发布，5月1日起施行）"
    assert phrases.source(cited) == expected
    later = replace(cited, effective_on=date(2027, 1, 1), provision=None)
    assert phrases.source(later).endswith("2026年3月1日发布，2027年1月1日起施行）")


async def test_where_the_type_is_only_a_fallback_the_citizen_is_asked_not_told() -> None:
    chat = Chat()
    assert "不敢乱说" in await chat.says("今天天气很冷")
    assert "哪一种" in await chat.says("登记成工单")
    await chat.says("#")
    await chat.sends(MessageKind.IMAGE, media_id="snow")
    assert "哪一种" in await chat.says("天气冷路上结冰")


STORY = "去年十月开始我们这栋楼的楼道里一直堆着没人要的旧家具，上下楼都要侧着身子走，物业来看过两回"


@pytest.mark.parametrize(
    ("said", "label", "sure", "expected"),
    [
        (STORY, "help", 0.3, "是要求助吗"),
        (STORY, "consultation", 0.9, "没有现成的答案"),
        (STORY, "complaint", 0.4, "是要投诉吗"),
        ("门口的路一直没修好", "help", 0.3, "是要求助吗"),
        ("门口的路多少天能修好", "help", 0.3, "不敢乱说"),
        ("路没修好", "help", 0.3, "想问政策，还是要反映"),
        ("我来说两句心里话", "praise", 0.4, "想问政策，还是要反映"),
    ],
)
async def test_what_tells_rather_than_asks_is_offered_for_filing_however_unsure_its_type(
    said: str, label: str, sure: float, expected: str
) -> None:
    chat = Chat()
    heard = Heard(sent(chat, said), said, Understanding(Guess(label, sure)), chat.now)
    refusal = Refusal((), RefusalReason.NOTHING_NEAR)
    turn = after(chat.session, AskKnowledge(said, None, None), refusal, heard)
    assert expected in " ".join(turn.say)
    assert ("没有现成的答案" in " ".join(turn.say)) is (label == "consultation")
    asking = expected in ("不敢乱说", "想问政策，还是要反映")
    assert turn.session.step is (Step.HOME if asking else Step.CONFIRM_TYPE)


async def test_what_comes_near_a_known_question_is_no_story_unless_it_is_long() -> None:
    assert "您是不是想问" in await Chat().says("今天天气一直很冷")
    assert "是要求助吗" in await Chat().says("今天天气一直很冷" * 5)


@pytest.mark.parametrize("said", ["我家煤气泄漏了", "楼上着火了快来人"])
async def test_danger_is_answered_with_the_numbers_at_once(said: str) -> None:
    chat = Chat()
    reply = await chat.says(said)
    assert reply.index("119") < reply.index("110") < reply.index("120") < reply.index("登记这件事")
    await chat.says("我要投诉")
    assert "120" in await chat.says(said), "also while describing"
    assert chat.session.step is Step.PLACE


async def test_a_danger_that_is_only_possible_costs_a_line_and_no_turn() -> None:
    chat = Chat()
    reply = await chat.says("楼下烧烤店的烟味很吵人")
    hint, rest = reply.split("\n", 1)
    assert hint == "如果有人正有危险，请马上打110、119或120。"
    assert "是要投诉吗" in rest
    assert chat.session.step is Step.CONFIRM_TYPE


async def test_elders_get_shorter_answers_and_menus_until_they_say_so_again() -> None:
    chat = Chat()
    long = await chat.says("我要反映")
    await chat.says("#")
    await chat.says("长辈模式")
    short = await chat.says("我要反映")
    assert len(short) < len(long)
    assert "举报" in short
    await chat.says("#")
    await chat.says("长辈模式")
    assert await chat.says("我要反映") == long


# ---- a word on the answer


@pytest.mark.parametrize("said", ["没用", "没用。", "没解决", "不对", "答非所问", "没帮助", "不管用！"])
async def test_an_answer_called_useless_in_any_words_is_the_tap_on_unsolved(said: str) -> None:
    typed, tapped = Chat(), Chat()
    await typed.says("社保卡丢了怎么补")
    await tapped.says("社保卡丢了怎么补")
    reply = await typed.says(said)
    assert reply == await tapped.says("没解决", tapped=True)
    assert "是要咨询吗" in reply
    assert typed.town.hearing.given == [("card", False)]
    assert typed.town.hearing.lacks == [(Lack.UNHELPFUL, "社保卡丢了怎么补")]


@pytest.mark.parametrize("said", ["有用", "管用", "有帮助", "明白了"])
async def test_an_answer_called_useful_in_any_words_is_the_tap_on_useful(said: str) -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    assert "太好了" in await chat.says(said)
    assert chat.town.hearing.given == [("card", True)]
    await chat.says(said)
    assert chat.town.hearing.given == [("card", True)], "one word on one answer"


@pytest.mark.parametrize("said", ["没用", "没解决", "不管用", "有用", "答非所问"])
@pytest.mark.parametrize("steps", range(6))
async def test_a_word_on_an_answer_is_never_part_of_a_filing_and_no_danger(said: str, steps: int) -> None:
    chat = Chat()
    for line in ("我要反映", "投诉", REPORTED, "人民路12号", "不留", "公开")[: steps + 1]:
        await chat.says(line)
    step, draft = chat.session.step, chat.session.draft
    reply = await chat.says(said)
    assert "110" not in reply
    assert chat.session.step is step
    assert chat.session.draft is not None
    assert draft is not None
    assert replace(chat.session.draft, touched_at=draft.touched_at) == draft


async def test_a_word_on_an_answer_is_not_taken_for_danger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(town, "understand", lambda text: Understanding(Guess("help", 0.3), POSSIBLE))
    chat = Chat()
    assert "110" in await chat.says("社保卡丢了怎么补")
    assert "110" not in await chat.says("没用")


POSSIBLE = Emergency(EmergencyKind.FIRE, "烟味", sure=False)


async def test_useless_said_of_no_answer_blames_no_entry() -> None:
    chat = Chat()
    for said in ("社保卡丢了怎么补", ASKED_IN_VAIN):
        await chat.says(said)
    assert "是要咨询吗" in await chat.says("没用")
    assert chat.town.hearing.given == []
    assert "我要反映" in await Chat().says("不对")


async def test_why_a_rating_is_bad_may_be_said_in_the_same_words() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    for said in ("不满意", "没解决"):
        await chat.says(said)
    assert ticket.rating is not None
    assert ticket.rating.comment == "没解决"


# ---- what hangs on a question before it


@pytest.mark.parametrize("said", ["第二条呢", "92岁呢", "那去哪办", "多少钱", "电话多少"])
async def test_a_follow_up_to_nothing_is_asked_what_it_is_about_and_opens_no_form(said: str) -> None:
    for label in RequestType:
        chat = Chat()
        heard = Heard(sent(chat, said), said, Understanding(Guess(label.value, 0.9)), chat.now)
        turn = take_turn(chat.session, heard.message, heard.understanding, now=chat.now)
        assert turn.act is not None
        turn = after(turn.session, turn.act, Refusal((), RefusalReason.NOTHING_NEAR), heard)
        assert phrases.WHICH_MATTER in turn.say
        assert turn.act is None, "no gap can be made of it"
        assert turn.session.draft is None


async def test_a_follow_up_nothing_answers_is_filed_beside_its_question_and_is_no_gap() -> None:
    chat = Chat()
    for said in ("家电补贴还有吗", "那去哪办"):
        await chat.says(said)
    assert chat.town.hearing.lacks == [(Lack.LAPSED, "家电补贴还有吗")]
    await chat.says("登记成工单")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "家电补贴还有吗；那去哪办"


async def test_what_is_kept_of_a_useless_follow_up_is_one_asker_s_own_wording() -> None:
    chat = Chat()
    for said in ("社保卡丢了怎么补", "那多少钱？", "没用"):
        await chat.says(said)
    assert chat.town.hearing.lacks == [(Lack.UNHELPFUL, "社保卡丢了怎么补")]
    assert chat.session.draft is not None
    assert chat.session.draft.text == "社保卡丢了怎么补；那多少钱？"


async def test_a_question_of_its_own_that_is_refused_ends_the_thread() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    assert "没有把握" in await chat.says("火星上有水吗")
    assert chat.session.about is None
    assert "16元" not in await chat.says("那多少钱？")


async def test_a_follow_up_that_is_refused_does_not_end_the_thread() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    await chat.says("第九条呢")
    assert "16元" in await chat.says("那多少钱？")


async def test_danger_on_the_way_does_not_lose_the_subject() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    assert "119" in await chat.says("我家煤气泄漏了")
    await chat.says("首页")
    assert "16元" in await chat.says("那多少钱？")
    chat = Chat()
    for said in ("社保卡丢了怎么补", "我家煤气泄漏了", "登记这件事"):
        await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.text == "我家煤气泄漏了", "danger is reported in its own words"


async def test_after_a_choice_a_follow_up_is_about_the_first_matter() -> None:
    chat = Chat()
    await chat.says("医保")
    assert chat.session.about == "pay"
    await chat.says("都不是")
    assert chat.town.hearing.given == []


@pytest.mark.parametrize("label", ["praise", "complaint", "suggestion", "help"])
async def test_what_has_lapsed_is_said_even_of_words_that_sound_like_a_report(label: str) -> None:
    chat, said = Chat(), "供热管理办法"
    heard = Heard(sent(chat, said), said, Understanding(Guess(label, 0.9)), chat.now)
    turn = after(
        chat.session, AskKnowledge(said, None, RequestType(label)), Refusal((), RefusalReason.LAPSED), heard
    )
    assert "已经到期或者废止" in " ".join(turn.say)
    filing = turn.session.choices[-1]
    assert filing.value == RequestType.CONSULTATION.value


@pytest.mark.parametrize(
    ("said", "label", "expected"),
    [
        ("今天天气咋样", "praise", None),
        ("县长叫啥名字", "complaint", None),
        ("养犬管理第三条", "complaint", None),
        ("楼下烧烤店半夜吵怎么办", "complaint", RequestType.COMPLAINT),
        ("怎么一直没人管", "complaint", RequestType.COMPLAINT),
        ("建议公园多装几个凳子可以吗", "suggestion", RequestType.SUGGESTION),
        ("楼下太吵了", "complaint", RequestType.COMPLAINT),
        ("社保卡丢了", "consultation", None),
    ],
)
def test_the_guessed_type_of_a_question_is_trusted_only_where_it_cries_for_help(
    said: str, label: str, expected: RequestType | None
) -> None:
    assert trusted_type(said, RequestType(label)) is expected
