"""A person at the desk, the citizen's own tickets, elders, nights: what the chat does beside filing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.talk import phrases
from bot.talk.session import Session, Step
from bot.talk.with_person import ALL_SAID, NOBODY_CAME
from bot.wechat.messages import MessageKind
from routing.citizen_request import Secrecy
from routing.ticket import Ticket
from routing.workflow import State
from tests.bot.town import Chat, Town
from tests.factories import MONDAY_9_30

NIGHT = MONDAY_9_30 + timedelta(hours=12)


async def filed(chat: Chat, text: str = "楼下烧烤店半夜还很吵") -> Ticket:
    for said in ("我要投诉", text, "人民路12号", "不留电话", "公开", "确认提交"):
        reply = await chat.says(said)
    number = re.search(r"HY\d+", reply)
    assert number, reply
    return chat.town.desk.tickets[number[0]]


async def with_person(*, came: bool = True) -> Chat:
    """A citizen in the middle of a filing who asked for a person."""
    chat = Chat(town=Town(has_person=True))
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "0"):
        await chat.says(said)
    if came:
        await chat.sends_quietly(MessageKind.EVENT, event="kf_create_session")
    return chat


# ---- a person at the desk


async def test_a_person_is_fetched_where_the_account_has_one_at_work() -> None:
    chat = await with_person(came=False)
    assert chat.handed_over
    assert chat.session.step is Step.PERSON


async def test_without_a_person_in_the_chat_the_telephone_is_named() -> None:
    chat = Chat()
    assert "请拨打12345" in await chat.says("人工")
    assert not chat.handed_over


async def test_at_night_nobody_is_fetched_and_the_next_working_time_is_told() -> None:
    chat = Chat(town=Town(has_person=True), now=NIGHT)
    reply = await chat.says("人工")
    assert "明天09:00" in reply
    assert "留言" in reply
    assert not chat.handed_over


async def test_while_a_person_talks_the_bot_is_silent_and_every_message_goes_on_to_them() -> None:
    chat = await with_person()
    for said in ("我住在三楼", "1", "查进度", "满意"):
        assert await chat.sends_quietly(MessageKind.TEXT, content=said) is None
        assert chat.handed_over
    assert await chat.sends_quietly(MessageKind.IMAGE, media_id="m1") is None
    assert chat.handed_over
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.pictures) == ("楼下烧烤店半夜还很吵", ())


async def test_danger_is_answered_even_while_a_person_talks() -> None:
    chat = await with_person()
    assert "119" in await chat.says("我家煤气泄漏了")
    assert chat.handed_over, "and the person reads it too"
    assert chat.session.step is Step.PERSON


@pytest.mark.parametrize("how", ["#", "取消", "结束人工", "返回"])
async def test_the_citizen_can_go_back_to_the_bot_and_finds_what_was_under_way(how: str) -> None:
    chat = await with_person()
    reply = await chat.says(how)
    assert "现在是自动回复" in reply
    assert "还没填完" in reply
    assert not chat.handed_over
    await chat.says("接着填")
    assert chat.session.step is Step.PLACE


async def test_when_the_person_ends_the_talk_the_citizen_finds_what_was_under_way() -> None:
    chat = await with_person()
    await chat.sends_quietly(MessageKind.TEXT, content="谢谢")
    reply = await chat.sends(MessageKind.EVENT, event="kf_close_session")
    assert "人工服务结束了" in reply
    assert "楼下烧烤店半夜还很吵" in reply
    assert chat.session.step is Step.RESUME


async def test_another_person_taking_over_changes_nothing_for_the_citizen() -> None:
    chat = await with_person()
    assert await chat.sends_quietly(MessageKind.EVENT, event="kf_switch_session") is None
    assert chat.session.step is Step.PERSON


async def test_a_menu_tapped_while_a_person_talks_is_not_met_with_silence() -> None:
    chat = await with_person()
    assert "回复#" in await chat.sends(MessageKind.EVENT, event="click", event_key="mine")
    assert chat.session.step is Step.PERSON


async def test_where_nobody_comes_the_bot_is_back_with_an_apology_and_an_answer() -> None:
    chat = await with_person(came=False)
    chat.now += NOBODY_CAME + timedelta(seconds=5)
    reply = await chat.says("社保卡丢了怎么补")
    assert "没有接上" in reply
    assert "带身份证" in reply
    assert not chat.handed_over
    assert chat.session.step is Step.HOME
    assert chat.session.draft is not None


async def test_a_talk_that_went_silent_is_over_though_nobody_said_so() -> None:
    chat = await with_person()
    chat.now += ALL_SAID + timedelta(seconds=5)
    reply = await chat.says("社保卡丢了怎么补")
    assert "人工服务结束了" in reply
    assert "带身份证" in reply


# ---- danger


FILING = ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678", "公开")


@pytest.mark.parametrize("steps", range(len(FILING) + 1))
async def test_danger_is_answered_with_the_numbers_at_every_question_of_a_filing_and_kept(steps: int) -> None:
    chat = Chat()
    for said in FILING[:steps]:
        await chat.says(said)
    reply = await chat.says("隔壁着火了，快来人")
    assert "119" in reply
    assert reply.index("119") < reply.index("0 人工")
    if steps:
        assert chat.session.draft is not None
        assert "着火" in chat.session.draft.text
        assert chat.session.draft.place in (None, "人民路12号")


async def test_danger_said_as_the_reason_of_a_rating_is_answered_too() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    await chat.says("非常不满意")
    assert "119" in await chat.says("店里又着火了")


# ---- one's own tickets


async def test_more_than_six_tickets_are_shown_page_by_page() -> None:
    chat = Chat()
    numbers = [(await filed(chat, f"第{n}盏路灯坏了三天")).number for n in "一二三四五六七八"]
    reply = await chat.says("我的诉求")
    assert "一共8件" in reply
    assert numbers[7] in reply
    assert numbers[1] not in reply
    reply = await chat.says("下一页")
    assert "第2页" in reply
    assert numbers[1] in reply
    assert numbers[7] not in reply
    assert numbers[0] in await chat.says("2"), "a digit means what this page shows"
    await chat.says("我的诉求")
    await chat.says("7")
    assert numbers[7] in await chat.says("上一页")


@pytest.mark.parametrize(
    "wording",
    [
        "查{n} {c}",
        "{n}，查询码{c}",
        "工单号：{n}\n查询码：{c}",
        "查询码{c} 工单号{n}",
        "帮我查一下{n}的进度，码是{c}",
        "{n}{s}{c}",
    ],
)
async def test_number_and_code_open_a_ticket_in_any_order_and_wording(wording: str) -> None:
    owner = Chat()
    ticket = await filed(owner)
    code = owner.town.desk.query_code(ticket.number)
    stranger = Chat(town=owner.town, openid="o-stranger")
    assert "烧烤店" in await stranger.says(wording.format(n=ticket.number.lower(), c=code, s="/"))


async def test_a_number_without_its_letters_is_taken_where_it_was_asked_for() -> None:
    chat = Chat()
    ticket = await filed(chat)
    for said in ("首页", "我的诉求", "按工单号查"):
        await chat.says(said)
    assert "烧烤店" in await chat.says(ticket.number.removeprefix("HY"))


async def test_a_story_that_names_a_ticket_is_a_story() -> None:
    chat = Chat()
    ticket = await filed(chat)
    await chat.says("首页")
    reply = await chat.says(f"{ticket.number}这件事你们说办好了，可是楼下还是太吵，天天吵到两点")
    assert "现在：" not in reply


@pytest.mark.parametrize(
    ("said", "reason"), [("1", "已经解决了"), ("登记错了", "登记错了"), ("确定撤回", None), ("是的", None)]
)
async def test_a_withdrawal_says_why_where_the_citizen_says_why(said: str, reason: str | None) -> None:
    chat = Chat()
    ticket = await filed(chat)
    for line in ("撤回", said):
        await chat.says(line)
    assert ticket.state is State.WITHDRAWN
    text = ticket.events[-1].text or ""
    assert text == ("市民在微信里撤回" + (f"：{reason}" if reason else ""))


@pytest.mark.parametrize(
    ("stars", "tag"),
    [
        ("非常满意", "办得快"),
        ("基本满意", "只解决了一部分"),
        ("不满意", "没人联系我"),
        ("非常不满意", "推来推去"),
    ],
)
async def test_each_number_of_stars_has_its_own_reasons(stars: str, tag: str) -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    assert tag in await chat.says(stars)
    await chat.says(tag)
    assert ticket.rating is not None
    assert ticket.rating.reasons == (tag,)


async def test_stars_without_a_second_tap_are_no_rating_and_the_citizen_is_told() -> None:
    chat = Chat()
    ticket = await filed(chat)
    chat.town.desk.resolve(ticket.number, text="办好了。", now=chat.now)
    await chat.says("满意")
    assert phrases.NOT_RATED in await chat.says("#")
    assert ticket.rating is None


async def test_the_page_of_a_ticket_and_the_page_of_consent_are_named_where_there_are_any() -> None:
    chat = Chat()
    chat.town.ticket_page, chat.town.consent_page = (
        "https://12345.example.cn/my/t",
        "https://12345.example.cn/my/s",
    )
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "不留电话", "公开", "确认提交"):
        reply = await chat.says(said)
    assert '<a href="https://12345.example.cn/my/t">' in reply
    assert '<a href="https://12345.example.cn/my/s">' in reply
    for said in ("首页", "我的诉求"):
        reply = await chat.says(said)
    assert '<a href="https://12345.example.cn/my/t">' in reply


# ---- nights


async def test_at_night_whatever_goes_to_a_unit_says_when_somebody_reads_it() -> None:
    chat = Chat(now=NIGHT)
    await filed(chat)
    await chat.says("补充")
    assert "明天09:00上班后" in await chat.says("昨晚又吵到两点")
    assert "明天09:00上班后" in await chat.says("催办")


async def test_by_day_nothing_is_said_of_opening_hours() -> None:
    chat = Chat()
    await filed(chat)
    assert "上班" not in await chat.says("催办")


# ---- elders, and who does not get on


@pytest.mark.parametrize("said", ["看不清", "字太小了", "我是老年人", "老年", "长辈模式", "說簡單點"])
async def test_plainer_words_are_asked_for_in_many_words_and_the_question_stands(said: str) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    reply = await chat.says(said)
    assert phrases.ELDER_ON in reply
    assert "发生在哪里" in reply
    assert chat.session.elder
    assert phrases.ELDER_OFF in await chat.says("普通模式")
    assert not chat.session.elder


async def test_elders_are_asked_less_and_stay_secret_unless_they_say_otherwise() -> None:
    chat = Chat(session=Session(elder=True))
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678"):
        reply = await chat.says(said)
    assert chat.session.step is Step.SUMMARY
    assert "保密" in reply
    assert len(chat.session.choices) == 2
    await chat.says("改一改")
    await chat.says("改公开方式")
    await chat.says("公开")
    assert chat.session.step is Step.SUMMARY
    assert "登记好了" in await chat.says("确认")


async def test_after_two_turns_that_did_not_help_plainer_words_are_offered_once() -> None:
    chat = Chat()
    await chat.says("8")
    reply = await chat.says("9")
    assert phrases.ELDER_OFFER in reply
    assert "长辈模式" in reply
    await chat.says("长辈模式")
    assert chat.session.elder
    await chat.says("普通模式")
    for said in ("8", "9", "8"):
        assert phrases.ELDER_OFFER not in await chat.says(said)


async def test_one_slip_is_not_taken_for_being_lost() -> None:
    chat = Chat()
    for said in ("8", "查进度", "8", "我的诉求"):
        assert phrases.ELDER_OFFER not in await chat.says(said)


# ---- the right to information, and floods


@pytest.mark.parametrize("said", ["依申请公开", "我要申请公开", "政府信息公開申請"])
async def test_the_way_to_apply_for_information_is_told(said: str) -> None:
    reply = await Chat().says(said)
    assert "身份证明" in reply
    assert "20个工作日" in reply


async def test_an_application_for_information_is_filed_with_name_number_and_what_is_wanted() -> None:
    chat = Chat()
    for said in ("依申请公开", "在这里申请"):
        reply = await chat.says(said)
    assert "要哪些信息" in reply
    assert "姓名和手机号" in await chat.says("2025年人民路改造的施工合同，自己研究用，电子版就行")
    assert "姓名和手机号" in await chat.says("13812345678"), "the law asks for a name"
    reply = await chat.says("王建国")
    assert "依申请公开" in reply
    assert "王建国 13812345678" in reply
    reply = await chat.says("确认提交")
    number = re.search(r"HY\d+", reply)
    assert number, reply
    ticket, citizen = chat.town.desk.tickets[number[0]], chat.town.desk.citizens[number[0]]
    assert ticket.tier == "disclosure"
    assert (citizen.name, citizen.phone, citizen.secrecy) == ("王建国", "13812345678", Secrecy.PUBLIC)
    assert ticket.promise is not None
    assert "20个工作日" in ticket.promise.explanation


def test_a_message_that_is_not_taken_in_a_flood_is_named() -> None:
    assert "“路灯坏了”这条没有办" in phrases.flooding("路灯坏了")
    assert "刚才这条没有办" in phrases.flooding("")
