"""What citizens say and what they are told: transcripts, and what no sequence of messages may break."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversations.errands import added_since, filed_text
from bot.talk import phrases, privacy_notice
from bot.talk.conversation import take_turn
from bot.talk.draft import MOST_VOICES
from bot.talk.outcomes import after
from bot.talk.phrases import CODE_BLOCKED
from bot.talk.questions import trusted_type
from bot.talk.session import (
    DRAFT_LIFETIME,
    MOST_PICTURES,
    PAUSE,
    PHOTOS_JOIN,
    AskKnowledge,
    Draft,
    Heard,
    Picture,
    Session,
    Step,
    Understanding,
)
from bot.wechat.messages import IncomingMessage, MessageKind
from classifier.model import Guess
from classifier.signals import Emergency, EmergencyKind
from knowledge_base.answering.outcome import Citation, Refusal, RefusalReason
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import RequestType, Secrecy
from routing.ticket import SUPPLEMENTS_PER_DAY, Ticket
from routing.workflow import State
from tests.bot import town
from tests.bot.town import ACCOUNT, Chat
from tests.factories import MONDAY_9_30, a_request, a_ticket

NIGHT = MONDAY_9_30 + timedelta(hours=12)


async def filed(chat: Chat, *, text: str = "楼下烧烤店半夜还很吵", kind: str = "投诉") -> Ticket:
    """A ticket filed the long way round."""
    for said in ("我要反映", kind, text, "城关镇人民路12号", "13812345678", "公开", "确认提交"):
        reply = await chat.says(said)
    return chat.town.desk.tickets[found_number(reply)]


def sent(chat: Chat, text: str) -> IncomingMessage:
    return IncomingMessage(ACCOUNT, chat.openid, MessageKind.TEXT, "m1", chat.now, content=text)


def found_number(reply: str) -> str:
    number = re.search(r"HY\d+", reply)
    assert number, reply
    return number[0]


# ---- filing

FILINGS = [
    pytest.param(
        ["我要反映", "投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678", "公开", "确认提交"],
        (RequestType.COMPLAINT, Secrecy.PUBLIC, "人民路12号", "13812345678"),
        id="by words",
    ),
    pytest.param(
        ["2", "3", "楼下烧烤店半夜还很吵", "2", "2", "2", "1"],
        (RequestType.COMPLAINT, Secrecy.SECRET, None, None),
        id="by digits alone where digits are offered",
    ),
    pytest.param(
        ["２", "三", "楼下烧烤店半夜还很吵", "不知道", "不留", "第二个", "好的。"],
        (RequestType.COMPLAINT, Secrecy.SECRET, None, None),
        id="by full-width digits, Chinese numerals and yes",
    ),
    pytest.param(
        ["楼下烧烤店半夜还很吵", "对", "人民路12号", "我是张三，电话138 1234 5678", "匿名", "确认"],
        (RequestType.COMPLAINT, Secrecy.ANONYMOUS, "人民路12号", None),
        id="from a plain sentence; anonymous drops the number already given",
    ),
    pytest.param(
        ["我要举报", "工厂半夜往河里偷排污水", "东门桥下", "不留", "确认"],
        (RequestType.REPORT, Secrecy.SECRET, "东门桥下", None),
        id="a report is secret without asking",
    ),
    pytest.param(
        [
            "楼下烧烤店半夜还很吵",
            "换一种",
            "求助",
            "人民路12号",
            "不留",
            "公开",
            "改地点",
            "解放路3号",
            "确认",
        ],
        (RequestType.HELP, Secrecy.PUBLIC, "解放路3号", None),
        id="another type, and the place changed at the summary",
    ),
    pytest.param(
        ["社保卡丢了怎么补", "没解决", "对", "不清楚", "不留", "公开", "确认"],
        (RequestType.CONSULTATION, Secrecy.PUBLIC, None, None),
        id="an answer that did not help becomes a ticket",
    ),
    pytest.param(
        ["火星上有水吗", "登记成工单", "对", "不清楚", "不留", "公开", "确认"],
        (RequestType.CONSULTATION, Secrecy.PUBLIC, None, None),
        id="a question nobody can answer becomes a ticket",
    ),
]


@pytest.mark.parametrize(("lines", "expected"), FILINGS)
async def test_every_way_of_filing_ends_with_number_code_unit_and_date(
    lines: list[str], expected: tuple[RequestType, Secrecy, str | None, str | None]
) -> None:
    chat = Chat()
    for line in lines:
        reply = await chat.says(line)
    number = found_number(reply)
    ticket, citizen = chat.town.desk.tickets[number], chat.town.desk.citizens[number]
    assert (ticket.request_type, citizen.secrecy, ticket.place, citizen.phone) == expected
    assert chat.town.desk.query_code(number) in reply
    assert "清和县城市管理综合行政执法局" in reply
    assert "最晚答复：" in reply


async def test_confirming_twice_files_once() -> None:
    chat = Chat()
    await filed(chat)
    await chat.says("确认提交")
    assert len(chat.town.desk.tickets) == 1


CONTACTS = [
    ("匿名", Step.SUMMARY, Secrecy.ANONYMOUS, "匿名"),
    ("我要匿名，不留电话", Step.SUMMARY, Secrecy.ANONYMOUS, "匿名"),
    ("保密", Step.CONTACT, Secrecy.SECRET, "给您保密"),
    ("保密，电话不留了", Step.SUMMARY, Secrecy.SECRET, "没有留"),
    ("不想留，怕麻烦", Step.SECRECY, None, "要不要保密"),
    ("算了吧", Step.SECRECY, None, "要不要保密"),
    ("我是张三", Step.CONTACT, None, "我要的是手机号。不想留，请点“不留电话”。"),
    ("1381234567", Step.CONTACT, None, "好像不对"),
    ("不懂", Step.CONTACT, None, "请留一个手机号"),
]


@pytest.mark.parametrize(("said", "step", "secrecy", "expected"), CONTACTS)
async def test_any_answer_to_the_question_of_the_phone_is_understood(
    said: str, step: Step, secrecy: Secrecy | None, expected: str
) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号"):
        await chat.says(line)
    reply = await chat.says(said)
    assert expected in reply
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.secrecy) == (step, secrecy)
    assert chat.session.draft.phone is None


async def test_leaving_the_number_as_it_is_does_not_drop_it() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678", "公开", "改联系方式"):
        await chat.says(line)
    assert "13812345678" in await chat.says("不用改")


@pytest.mark.parametrize("said", ["是的", "好的", "公开", "保密", "匿名。", "？", "好，谢谢"])
async def test_what_is_no_place_is_not_taken_for_one(said: str) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    assert "发生在哪里" in await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.place) == (Step.PLACE, None)


@pytest.mark.parametrize(
    ("said", "place", "name"),
    [
        ("13812345678", None, None),
        ("张三 13812345678", None, "张三"),
        ("城关镇人民路12号，13812345678", "城关镇人民路12号", None),
    ],
)
async def test_a_phone_number_given_for_the_place_is_kept_once_its_use_was_agreed_to(
    said: str, place: str | None, name: str | None
) -> None:
    chat = Chat(session=Session(consent=privacy_notice.VERSION))
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    reply = await chat.says(said)
    draft = chat.session.draft
    assert draft is not None
    assert (draft.phone, draft.place, draft.name) == ("13812345678", place, name)
    assert ("发生在哪里" in reply) is (place is None)
    assert chat.session.step is (Step.SECRECY if place else Step.PLACE)


async def test_a_phone_number_given_before_its_use_was_agreed_to_is_only_offered() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    reply = await chat.says("城关镇人民路12号，13812345678")
    draft = chat.session.draft
    assert draft is not None
    assert (draft.phone, draft.place) == (None, "城关镇人民路12号")
    assert "用13812345678" in reply
    assert "只用来办您的事" in reply
    await chat.says("就用这个")
    assert chat.session.draft is not None
    assert chat.session.draft.phone == "13812345678"
    assert (chat.session.consent, chat.session.consent_at) == (privacy_notice.VERSION, chat.now)


@pytest.mark.parametrize("said", ["对", "好", "是", "确认", "？"])
async def test_yes_chooses_nothing_among_six_types(said: str) -> None:
    chat = Chat()
    await chat.says("我要反映")
    assert "哪一种" in await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.draft.request_type, chat.session.draft.text) == (None, "")


@pytest.mark.parametrize("said", ["对", "确认", "确定", "没错"])
async def test_yes_confirms_the_one_type_that_was_guessed(said: str) -> None:
    chat = Chat()
    await chat.says("楼下烧烤店半夜还很吵")
    await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.request_type is RequestType.COMPLAINT


async def test_what_is_said_at_the_summary_is_added_not_lost() -> None:
    chat = Chat()
    for said in ("楼下烧烤店半夜还很吵", "对", "人民路12号", "不留", "公开"):
        await chat.says(said)
    reply = await chat.says("还有油烟也很大")
    assert "半夜还很吵 还有油烟也很大" in reply
    reply = await chat.says("确认")
    assert "油烟" in chat.town.desk.tickets[found_number(reply)].text


async def test_going_back_keeps_the_answers_already_given() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "1", "1", "1"):
        reply = await chat.says(said)
    assert "楼下烧烤店半夜还很吵" in reply
    await chat.says("不改了")
    assert chat.session.step is Step.CONTACT
    assert chat.session.draft is not None
    assert chat.session.draft.place == "人民路12号"


async def test_a_description_too_short_is_asked_for_once_more_and_both_are_kept() -> None:
    chat = Chat()
    await chat.says("我要求助")
    assert "详细" in await chat.says("没水")
    await chat.says("三天了")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "没水，三天了"


async def test_a_draft_is_offered_after_a_pause_and_forgotten_after_a_day() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(said)
    chat.now += PAUSE + timedelta(minutes=1)
    assert "还没填完" in await chat.says("你们在吗，我想问问")
    assert "发生在哪里" in await chat.says("接着填")
    chat.now += DRAFT_LIFETIME + timedelta(minutes=1)
    reply = await chat.says("人民路12号")
    assert phrases.WHAT_THERE in reply, "no answer to the question of yesterday"
    assert chat.session.draft is not None
    assert chat.session.draft.text == ""


async def test_a_new_filing_does_not_silently_replace_an_unfinished_one() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人工"):
        await chat.says(said)
    assert "还没填完" in await chat.says("我要反映")
    await chat.says("不填了")
    assert chat.session.draft is None


async def test_photos_before_during_and_after_filing_reach_the_same_ticket() -> None:
    chat = Chat()
    reply = await chat.sends(MessageKind.IMAGE, media_id="before")
    assert "照片收到了，一共1张" in reply
    assert "什么事" in reply
    for said in ("路灯坏了三天没人修", "求助", "人民路12号"):
        await chat.says(said)
    await chat.sends(MessageKind.IMAGE, media_id="during")
    for said in ("不留", "公开", "确认"):
        reply = await chat.says(said)
    number = found_number(reply)
    chat.waits(minutes=5)
    assert number in await chat.sends(MessageKind.IMAGE, media_id="after")
    assert [p.media_id for p in chat.town.pictures.kept[number]] == ["before", "during", "after"]
    chat.now += PHOTOS_JOIN
    await chat.says("首页")
    await chat.sends(MessageKind.IMAGE, media_id="much later")
    assert len(chat.town.pictures.kept[number]) == 3


async def test_a_voice_message_without_words_goes_with_the_filing_for_a_person_to_hear() -> None:
    chat = Chat()
    assert "留给工作人员" not in await chat.sends(MessageKind.VOICE, content="", media_id="at-home")
    await chat.says("我要投诉")
    for n in range(MOST_VOICES):
        assert "留给工作人员" in await chat.sends(MessageKind.VOICE, content="", media_id=f"v{n}")
    assert "留给工作人员" not in await chat.sends(MessageKind.VOICE, content="", media_id="too-many")
    for said in ("楼下烧烤店半夜还很吵", "人民路12号", "不留", "公开"):
        reply = await chat.says(said)
    assert "语音：3段，工作人员会听" in reply
    number = found_number(await chat.says("确认"))
    assert [voice.media_id for voice in chat.town.pictures.kept[number]] == ["v0", "v1", "v2"]


async def test_a_supplement_too_many_is_refused_in_words_and_leaves_no_photo() -> None:
    chat = Chat()
    number = (await filed(chat)).number
    for n in range(SUPPLEMENTS_PER_DAY):
        await chat.says("补充")
        assert number in await chat.says(f"昨晚第{n}次吵")
    await chat.says("补充")
    assert "今天补充的次数已经满了" in await chat.says("又吵了")
    assert "今天补充的次数已经满了" in await chat.sends(MessageKind.IMAGE, media_id="one too many")
    assert not chat.town.pictures.kept.get(number)
    chat.waits(days=1)
    for said in ("我的诉求", "1", "补充"):
        await chat.says(said)
    assert number in await chat.says("今晚又吵了")


_PLACES = st.none() | st.sampled_from(["人民路12号", " 人民路14号 "])
_POSITIONS = st.none() | st.sampled_from([30.1, -0.5])
_TEXTS = st.text(st.sampled_from("路灯坏了（市民附照片3张）\n"), min_size=4).filter(str.strip)
_DRAFTS = st.builds(
    lambda text, place, position, pictures: Draft(
        id="d",
        touched_at=MONDAY_9_30,
        text=text,
        place=place,
        latitude=position,
        longitude=position,
        pictures=tuple(Picture(f"p{n}") for n in range(pictures)),
    ),
    _TEXTS,
    _PLACES,
    _POSITIONS,
    st.integers(0, MOST_PICTURES),
)


def _as_filed(draft: Draft) -> Ticket:
    """The ticket as the intake makes it: outer spaces taken off."""
    place = (draft.place or "").strip() or None
    return a_ticket(a_request(filed_text(draft).strip(), place=place))


@given(_DRAFTS)
def test_nothing_is_added_to_a_ticket_just_made_of_its_draft(draft: Draft) -> None:
    assert added_since(_as_filed(draft), draft) == ""


@given(_DRAFTS, _DRAFTS)
def test_whatever_a_draft_says_is_on_its_ticket_or_among_what_is_added(first: Draft, then: Draft) -> None:
    ticket = _as_filed(first)
    on_ticket = f"{ticket.text}\n{ticket.place}\n{added_since(ticket, then)}"
    for line in then.text.strip().splitlines():
        assert line in on_ticket
    assert (then.place or "").strip() in on_ticket
    if then.latitude is not None:
        assert f"北纬{then.latitude}，" in on_ticket
    if len(then.pictures) > len(first.pictures):
        assert f"{len(then.pictures)}张" in on_ticket


async def test_a_tenth_photo_is_refused_in_words() -> None:
    chat = Chat()
    for n in range(MOST_PICTURES):
        await chat.sends(MessageKind.IMAGE, media_id=f"m{n}")
    assert "最多9张" in await chat.sends(MessageKind.IMAGE, media_id="m10")
    assert chat.session.draft is not None
    assert len(chat.session.draft.pictures) == MOST_PICTURES


async def test_a_location_answers_where() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(said)
    await chat.sends(MessageKind.LOCATION, content="人民广场", latitude=30.1, longitude=120.2)
    assert chat.session.step is Step.CONTACT
    for said in ("不留", "公开", "确认"):
        reply = await chat.says(said)
    ticket = chat.town.desk.tickets[found_number(reply)]
    assert ticket.place == "人民广场"
    assert "30.1" in ticket.text


async def test_a_voice_message_is_heard_by_its_recognised_words() -> None:
    chat = Chat()
    assert "来源" in await chat.sends(MessageKind.VOICE, content="社保卡丢了怎么补。")
    assert "没听清" in await chat.sends(MessageKind.VOICE, content="")


async def test_at_night_the_filing_says_when_work_begins() -> None:
    chat = Chat(now=NIGHT)
    for said in ("楼下烧烤店半夜还很吵", "对", "不清楚", "不留", "公开", "确认"):
        reply = await chat.says(said)
    assert "现在是下班时间，明天09:00上班后开始办" in reply
    assert "明天09:00上班" in await chat.says("人工")


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


# ---- beside a filing that is only offered


REPORTED = "楼下烧烤店半夜还很吵"
ASKED_IN_VAIN = "火星上有水吗"


async def offered(said: str = REPORTED) -> Chat:
    """A citizen who was asked “是要…吗？我帮您登记” and has not said yes."""
    chat = Chat()
    await chat.says(said)
    if chat.session.step is Step.HOME:
        await chat.says("登记成工单")
    assert chat.session.step is Step.CONFIRM_TYPE
    return chat


@pytest.mark.parametrize("first", [REPORTED, ASKED_IN_VAIN])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("社保卡丢了怎么补", "来源："),
        ("医保", "是哪一件"),
        ("家电补贴还有吗", "到期或者废止"),
        ("望川区的社保怎么办", "望川区"),
        ("路边停车多少钱一小时", "不敢乱说"),
        ("县长叫啥名字", "不敢乱说"),
    ],
)
async def test_a_question_of_its_own_at_the_offer_is_answered_and_not_added_to_the_report(
    first: str, said: str, expected: str
) -> None:
    chat = await offered(first)
    reply = await chat.says(said)
    assert expected in reply
    assert "内容加上了" not in reply
    assert ("接着填" in reply) is (first == REPORTED), "what was told waits, a mere question is over"
    if first == REPORTED:
        await chat.says("接着填")
        assert chat.session.draft is not None
        assert chat.session.draft.text == REPORTED
    else:
        assert chat.session.draft is None


async def test_one_question_after_another_at_the_offer_never_pile_up() -> None:
    chat = await offered(ASKED_IN_VAIN)
    for said in ("县长叫啥名字", "路边停车多少钱一小时", "登记成工单", "金星上有水吗"):
        await chat.says(said)
    await chat.says("登记成工单")
    assert chat.session.draft is not None
    assert chat.session.draft.text == "金星上有水吗"


@pytest.mark.parametrize("said", ["还有油烟也很大", "昨晚又吵到两点", "什么时候能处理", "物业说了不归他管"])
async def test_more_of_the_story_at_the_offer_is_added_to_it(said: str) -> None:
    chat = await offered()
    assert "内容加上了" in await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.text == f"{REPORTED}\n{said}"
    assert chat.town.hearing.outcomes == ["Refusal"], "and is no question the library failed"


async def test_a_grievance_at_the_offer_to_file_a_question_becomes_the_report() -> None:
    chat = await offered(ASKED_IN_VAIN)
    reply = await chat.says(REPORTED)
    assert "是要投诉吗" in reply
    assert chat.session.draft is not None
    assert chat.session.draft.text == REPORTED


@pytest.mark.parametrize("steps", range(4))
async def test_a_question_in_the_middle_of_a_filing_is_answered_and_the_filing_goes_on_where_it_was(
    steps: int,
) -> None:
    chat = await offered()
    for said in ("对", "人民路12号", "不留", "公开")[: steps + 1]:
        await chat.says(said)
    before = chat.session
    reply = await chat.says("社保卡丢了怎么补？")
    assert "带身份证" in reply
    assert "接着说您这件事" in reply
    draft, earlier = chat.session.draft, before.draft
    assert draft is not None
    assert earlier is not None
    assert (chat.session.step, chat.session.choices) == (before.step, before.choices)
    assert replace(draft, touched_at=earlier.touched_at) == earlier


@pytest.mark.parametrize("said", ["火星上有水吗", "家里拆迁谈不拢怎么办", "望川区的社保怎么办"])
@pytest.mark.parametrize("steps", range(3))
async def test_a_question_nobody_can_answer_is_no_answer_to_what_the_filing_asked(
    said: str, steps: int
) -> None:
    chat = await offered()
    for line in ("对", "人民路12号", "不留")[: steps + 1]:
        await chat.says(line)
    before = chat.session.draft
    assert before is not None
    assert phrases.ASK_LATER in await chat.says(said)
    assert chat.session.draft is not None
    assert replace(chat.session.draft, touched_at=before.touched_at) == before


async def test_danger_at_the_offer_brings_the_numbers_and_is_kept() -> None:
    chat = await offered()
    assert "119" in await chat.says("楼上着火了快来人")
    assert chat.session.draft is not None
    assert "着火" in chat.session.draft.text
    chat = await offered()
    reply = await chat.says("有烟味，社保卡还能补吗")
    assert reply.count("请马上打110、119或120") == 1
    assert "来源：" in reply


QUESTIONS = st.sampled_from(["社保卡", "医保", "家电", "望川区的事", "拆迁款", "停车费"])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([REPORTED, ASKED_IN_VAIN]), st.lists(QUESTIONS, min_size=1, max_size=6))
def test_no_question_at_the_offer_ever_reaches_the_report(first: str, asked: list[str]) -> None:
    async def talk() -> None:
        chat = await offered(first)
        for matter in asked:
            await chat.says(f"请问{matter}怎么补多少钱")
            assert chat.session.draft is None or chat.session.draft.text == first
            if "接着填" in [choice.word for choice in chat.session.choices]:
                await chat.says("接着填")
        reply = await chat.says("#")
        assert "我要反映" in reply

    asyncio.run(talk())


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


# ---- a ticket on its way


async def test_ones_own_ticket_opens_by_number_alone_a_strangers_needs_the_code() -> None:
    owner = Chat()
    ticket = await filed(owner)
    code = owner.town.desk.query_code(ticket.number)
    assert "已转给承办单位" in await owner.says(f"查{ticket.number}")
    stranger = Chat(town=owner.town, openid="o-stranger")
    reply = await stranger.says(f"查 {ticket.number}")
    assert "查询码" in reply
    assert "烧烤" not in reply
    assert "烧烤" in await stranger.says(code)
    assert "烧烤" in await Chat(town=owner.town, openid="o-third").says(f"查{ticket.number} {code}")


async def test_guessing_codes_is_stopped_for_an_hour() -> None:
    owner = Chat()
    ticket = await filed(owner)
    code = owner.town.desk.query_code(ticket.number)
    stranger = Chat(town=owner.town, openid="o-stranger")
    for wrong in range(5):
        reply = await stranger.says(f"查{ticket.number} 00000{wrong}")
    assert CODE_BLOCKED in reply
    assert CODE_BLOCKED in await stranger.says(f"查{ticket.number} {code}")
    stranger.waits(hours=1, minutes=1)
    assert "烧烤" in await stranger.says(f"查{ticket.number} {code}")


async def test_mine_lists_only_ones_own() -> None:
    owner = Chat()
    first, second = await filed(owner), await filed(owner, text="路灯坏了三天没人修", kind="求助")
    reply = await owner.says("我的诉求")
    assert reply.index(second.number) < reply.index(first.number)
    assert "路灯" in await owner.says("1")
    stranger = Chat(town=owner.town, openid="o-stranger")
    assert "没有反映过" in await stranger.says("我的诉求")


async def test_supplement_and_remind_reach_the_ticket_and_a_second_reminder_is_refused_in_words() -> None:
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("补充")
    assert ticket.number in await chat.says("昨晚又吵到两点")
    assert ticket.events[-1].text == "昨晚又吵到两点"
    assert "已经帮您催了" in await chat.says("催办")
    assert "今天已经催过了" in await chat.says("催办")


async def test_a_withdrawal_is_asked_about_before_it_is_done() -> None:
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("首页")
    assert "确定要撤回吗" in await chat.says("撤回")
    await chat.says("不撤了")
    assert ticket.is_open
    for said in ("撤回", "1"):
        await chat.says(said)
    assert ticket.state is State.WITHDRAWN


async def test_a_good_rating_takes_two_taps_and_archives() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    await chat.says("满意", tapped=True)
    assert "谢谢" in await chat.says("问题解决了", tapped=True)
    assert ticket.rating is not None
    assert (ticket.rating.stars, ticket.rating.resolved, ticket.state) == (4, True, State.ARCHIVED)


async def test_a_bad_rating_offers_rework_and_carries_its_reason() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    for said in ("我的诉求", "1", "评价", "1"):
        await chat.says(said)
    assert "重新办理" in await chat.says("根本没人来看过")
    assert "退回重新办理" in await chat.says("要")
    assert ticket.state is State.DISPATCHED
    assert ticket.events[-1].text == "根本没人来看过"


async def test_a_rating_tapped_in_the_middle_of_a_filing_rates_and_keeps_the_draft() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    for said in ("我要投诉", "对面工地太吵了", "非常满意", "办得快"):
        await chat.says(said)
    assert ticket.rating is not None
    assert ticket.rating.stars == 5
    assert chat.session.draft is not None
    assert chat.session.draft.text == "对面工地太吵了"


async def test_of_several_tickets_the_citizen_says_which_is_rated() -> None:
    chat = Chat()
    first, second = await filed(chat), await filed(chat, text="路灯坏了三天没人修")
    for ticket in (first, second):
        chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    await chat.says("首页")
    assert "请选一件" in await chat.says("满意")
    for said in ("2", "1"):
        await chat.says(said)
    assert first.rating is not None
    assert second.rating is None


async def test_stars_tapped_under_a_notice_are_for_the_ticket_just_closed() -> None:
    chat = Chat()
    first, second = await filed(chat), await filed(chat, text="路灯坏了三天没人修")
    chat.town.desk.resolve(first.number, text="办好了。", now=chat.now)
    chat.now += timedelta(days=2)
    chat.town.desk.resolve(second.number, text="修好了。", now=chat.now)
    await chat.says("首页")
    assert second.number in await chat.says("非常满意")
    await chat.says("办得快")
    assert first.rating is None
    assert second.rating is not None


@pytest.mark.parametrize(("said", "stars"), [("很差", 1), ("差评", 1), ("很好", 5)])
async def test_a_rating_in_everyday_words_counts(said: str, stars: int) -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="已责令整改。", now=chat.now)
    await chat.says(said)
    await chat.says("不说了")
    assert ticket.rating is not None
    assert ticket.rating.stars == stars


# ---- ways out, and what the platform sends besides text


SMALL_TALK = [
    *((said, "请拨打12345") for said in ("我要人工", "转接人工", "转人工服务", "找真人", "帮我找接线员")),
    *((said, "不客气") for said in ("好谢谢", "好，谢谢", "谢谢你啊", "谢谢了")),
    *((said, "这里是12345网上服务") for said in ("？", "?", "不懂", "在不在")),
    ("你是机器人吗？", "我是自动回复。要找人，回复0。"),
    *((said, "请现在用电话直接拨120，这里打不出去。") for said in ("120", "打120", "快打１２０！")),
]


@pytest.mark.parametrize(("said", "expected"), SMALL_TALK)
async def test_small_talk_is_answered_as_such(said: str, expected: str) -> None:
    chat = Chat()
    assert expected in await chat.says(said)
    assert chat.session.step is Step.HOME


async def test_an_emergency_number_typed_in_a_filing_is_no_answer_to_its_question() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    assert "直接拨110" in await chat.says("110")
    assert chat.session.step is Step.PLACE


@pytest.mark.parametrize("kind", [MessageKind.VIDEO, MessageKind.LINK, MessageKind.OTHER])
async def test_what_we_cannot_read_is_answered_with_what_works(kind: MessageKind) -> None:
    chat = Chat()
    assert "打字" in await chat.sends(kind)
    await chat.says("我要投诉")
    assert "什么事" in await chat.sends(kind), "and the question stands"


@pytest.mark.parametrize(
    ("event", "key", "expected"),
    [
        ("subscribe", "qrscene_7", "您好"),
        ("scan", "7", "您好"),
        ("click", "PROGRESS", "没有反映过"),
        ("click", "我要反映", "哪一种"),
        ("unsubscribe", None, None),
        ("location", None, None),
        ("templatesendjobfinish", None, None),
        ("something_new", None, None),
    ],
)
async def test_events_are_answered_or_passed_over(event: str, key: str | None, expected: str | None) -> None:
    reply = await Chat().sends_quietly(MessageKind.EVENT, event=event, event_key=key)
    assert reply is None if expected is None else expected in str(reply)


async def test_a_citizens_own_words_cannot_forge_a_link() -> None:
    chat = Chat()
    for said in ("我要投诉", '<a href="http://evil.example">点我</a>很吵', "]]>&<b>", "不留", "公开"):
        reply = await chat.says(said)
    assert "http://evil.example" not in re.sub(r"[＜＞”]", "", "".join(re.findall(r"<a [^>]*>", reply)))
    assert all("weixin://bizmsgmenu" in link for link in re.findall(r"<[^>]*>", reply) if link != "</a>")
