"""Filing in the chat: transcripts from the first word to the number."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.errands import added_since, filed_text
from bot.talk import phrases, privacy_notice
from bot.talk.draft import MOST_VOICES
from bot.talk.session import (
    DRAFT_LIFETIME,
    MOST_PICTURES,
    PAUSE,
    PHOTOS_JOIN,
    Draft,
    Picture,
    Session,
    Step,
)
from bot.wechat.messages import MessageKind
from routing.citizen_request import RequestType, Secrecy
from routing.ticket import SUPPLEMENTS_PER_DAY, Ticket
from tests.bot.town import Chat
from tests.bot.transcripts import NIGHT, filed, found_number
from tests.factories import MONDAY_9_30, a_request, a_ticket

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
    for said in ("我的诉求", "补充"):
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
