"""What no sequence of messages may break, over the pure dialogue with real tickets behind it."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.talk import phrases, spoken
from bot.talk.asked import Asked, AskedFor
from bot.talk.conversation import take_turn
from bot.talk.questions import LONG_STORY
from bot.talk.rendering import first_digit
from bot.talk.session import DRAFT_LIFETIME, FREE_TEXT_STEPS, Session, Step, Turn
from bot.wechat.messages import IncomingMessage, MessageKind
from routing.citizen_request import RequestType
from routing.workflow import State
from tests.bot.town import ACCOUNT, Chat, Town, understand
from tests.factories import MONDAY_9_30

WORDS = """
0 1 2 3 4 5 6 7 8 99 # 返回 人工 取消 首页 我要问 我要反映 查进度 我的诉求 投诉 举报 满意 非常不满意
基本满意 催办 撤回 补充 评价 重办 没解决 有用 确认 接着填 不填了 留言 谢谢 你好 不清楚 不留 匿名 公开 保密
13812345678 314160 000000 HY2611160001 分开登记 合成一件 查HY2611160001 社保卡怎么补 那多少钱
楼下太吵了睡不着 火星上有水吗 我家煤气泄漏了 啊 。 看不清 普通模式 隐私 删除我的信息 依申请公开 在这里申请 王建国 没用 不对
答非所问 管用 第二条呢 那现在咋规定的 医保 家电补贴还有吗 家里拆迁谈不拢怎么办 路边停车多少钱一小时 有烟味
改地点 改一改 路灯坏了三天没人修。还有，楼下烧烤店半夜很吵 一是路灯坏了没人修，二是楼下烧烤店半夜太吵
人民路12号 地点改成解放路3号 就是这里 没修好 还是黑的，没人来 还行吧 一星 不是说这件事 是一件事 另一件事
讲个笑话 你们就会踢皮球 已经打120了 我没有手机 不怕他们知道
公园厕所太脏了，另外我想问下社保卡丢了怎么补办 我要申请公开去年的预算 对了，灯杆编号是A23
人民路12号，社保卡怎么补呢 好的，我明天发 路灯坏了能报给你们吗 就在我家门口
可以 电话不留了 不是给这件事的 我姓王 楼下太吵，举报有奖励吗
我手机被偷了 要补的材料 正在登记的这件 就是老王烧烤 修好了 看不懂 不会打字
确认提交 對 轉人工 是的 下一页 按工单号查 2611160001
"""
SAID = st.sampled_from(WORDS.split())
THING = st.one_of(
    st.tuples(st.just("text"), SAID),
    st.tuples(st.just("text"), SAID),
    st.tuples(st.just("text"), SAID),
    st.tuples(st.just("choice"), st.sampled_from("0123456789")),
    st.tuples(st.just("choice"), st.sampled_from("0123456789")),
    st.tuples(st.just("text"), st.text(max_size=300)),
    st.tuples(st.sampled_from(["image", "voice", "video", "link", "other"]), st.just("")),
    st.tuples(st.just("location"), st.sampled_from(["", "人民广场"])),
    st.tuples(
        st.just("event"),
        st.sampled_from(
            ["subscribe", "click", "kf_create_session", "kf_close_session", "unsubscribe", "location"]
        ),
    ),
    st.tuples(st.just("scan"), st.just("政务大厅3号窗口")),
    st.tuples(st.sampled_from(["units close all", "a unit asks for more"]), st.just("")),
    st.tuples(st.just("pause"), st.sampled_from(["12", "45", "1500"])),
)
TALK = st.lists(THING, min_size=8, max_size=34)
_SESSION = TypeAdapter(Session)
_SHOWN = re.compile(r'^(\d+) <a href="weixin://bizmsgmenu\?msgmenucontent=([^&]*)&', re.MULTILINE)
_TOLD_OF_LOSS = (
    phrases.CANCELLED,
    phrases.ALL_CANCELLED,
    phrases.DRAFT_REPLACED,
    phrases.NEXT_INSTEAD,
    "登记好了",
    "工单HY",
)


def a_chat(*, person: bool) -> Chat:
    return Chat(town=Town(has_person=person))


async def do(chat: Chat, what: str, content: str) -> str | None:
    if what == "pause":
        chat.waits(minutes=int(content))
        return None
    if what == "units close all":
        for number, ticket in chat.town.desk.tickets.items():
            if ticket.state is State.DISPATCHED:
                chat.town.desk.resolve(number, text="办好了。" * 300, now=chat.now)
                chat.asked = Asked(number, chat.now, listed=True)
        return None
    if what == "a unit asks for more":
        for number in chat.town.desk.tickets:
            chat.asked = Asked(number, chat.now, listed=True, what=AskedFor.MATERIAL)
            chat.waits(seconds=1)
        return None
    if what == "choice":
        choices = chat.session.choices
        word = choices[int(content) % len(choices)].word if choices else content
        return await chat.sends_quietly(MessageKind.TEXT, content=word, menu_choice="101")
    if what == "scan":
        return await chat.scans(content, content)
    if what == "event":
        return await chat.sends_quietly(MessageKind.EVENT, event=content, event_key="mine")
    place = {"latitude": 30.1, "longitude": 120.2} if what == "location" else {}
    return await chat.sends_quietly(MessageKind(what), content=content, **place)


def check_reply(chat: Chat, what: str, content: str, reply: str | None) -> None:
    if reply is None:
        quiet = what in ("pause", "units close all", "a unit asks for more", "event") or chat.handed_over
        assert quiet, f"silence after {content!r}"
        return
    assert reply.strip()
    assert len(reply.encode()) <= 2048
    assert reply.count("<a ") == reply.count("</a>")
    assert "# " in reply, "no way on"
    if chat.session.step is not Step.PERSON:
        assert "0 人工" in reply
    first = first_digit(chat.session.step)
    shown = [(int(digit), word) for digit, word in _SHOWN.findall(reply)]
    assert shown == [(first + n, choice.word) for n, choice in enumerate(chat.session.choices)]


def check_nothing_lost(before: Session, chat: Chat, reply: str | None) -> None:
    """A draft with content is gone only where the citizen was told, or its day was over."""
    lost = before.draft is not None and before.draft.has_content and chat.session.draft is None
    if not lost or before.draft is None:
        return
    only_asked = before.draft.guess is RequestType.CONSULTATION and before.draft.request_type is None
    if only_asked and len(before.draft.text) < LONG_STORY and not before.draft.parts:
        return  # an offer to file a mere question, which is passed over by the next one
    over = chat.now - before.draft.touched_at > DRAFT_LIFETIME
    assert over or (reply and any(said in reply for said in _TOLD_OF_LOSS)), reply


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TALK, st.booleans())
def test_no_sequence_of_messages_reaches_a_dead_end_or_loses_a_draft_in_silence(
    things: list[tuple[str, str]], person: bool
) -> None:
    async def talk() -> None:
        chat = a_chat(person=person)
        for what, content in things:
            before = chat.session
            reply = await do(chat, what, content)
            check_reply(chat, what, content, reply)
            check_nothing_lost(before, chat, reply)
            assert _SESSION.validate_json(_SESSION.dump_json(chat.session)) == chat.session
            if chat.session.draft is not None:
                assert spoken.VERDICTS.isdisjoint(chat.session.draft.text.splitlines())
        copy = Chat(town=chat.town, now=chat.now, session=chat.session, count=chat.count + 1000)
        reply = await copy.says("#")
        if copy.session.step is Step.RESUME:  # back from a person, with something under way
            reply = await copy.says("#")
        assert copy.session.step is Step.HOME
        assert "我要反映" in reply

    asyncio.run(talk())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TALK)
def test_whatever_is_offered_works_and_no_other_digit_means_anything(things: list[tuple[str, str]]) -> None:
    async def talk() -> None:
        chat = a_chat(person=False)
        for what, content in things:
            await do(chat, what, content)
        session, first = chat.session, first_digit(chat.session.step)
        if session.updated_at is None or chat.now - session.updated_at > DRAFT_LIFETIME:
            return

        def turn_of(text: str) -> Turn:
            message = IncomingMessage(ACCOUNT, chat.openid, MessageKind.TEXT, "m", chat.now, content=text)
            return take_turn(session, message, understand(""), now=chat.now)

        for n, choice in enumerate(session.choices):
            copy = Chat(town=chat.town, now=chat.now, session=session, count=chat.count + 1000)
            assert phrases.NO_SUCH_CHOICE not in await copy.says(choice.word, tapped=True)
            assert turn_of(str(first + n)) == turn_of(choice.word), "digit and word mean the same"
        if session.step in FREE_TEXT_STEPS | {Step.PERSON, Step.RATE_REASON}:
            return  # there a number may be the citizen's own words
        unlisted = turn_of(str(first + len(session.choices)))
        assert unlisted.act is None
        assert unlisted.session.step in (session.step, Step.RESUME), (
            "after a pause a filing is offered, not gone on with"
        )
        assert unlisted.session.ticket == session.ticket
        assert (unlisted.session.draft is None) is (session.draft is None)

    asyncio.run(talk())


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TALK, SAID)
def test_the_same_message_taken_twice_is_the_same_turn(things: list[tuple[str, str]], said: str) -> None:
    async def talk() -> None:
        chat = a_chat(person=True)
        for what, content in things:
            await do(chat, what, content)
        message = IncomingMessage(
            ACCOUNT, chat.openid, MessageKind.TEXT, "again", chat.now + timedelta(seconds=1), content=said
        )
        turns = [take_turn(chat.session, message, understand(said), now=message.created_at) for _ in range(2)]
        assert turns[0] == turns[1]
        # Also from what a store made of the session, and whatever the JSON's order of keys.
        stored = json.loads(_SESSION.dump_json(chat.session))
        reordered = dict(sorted(stored.items(), reverse=True))
        again = _SESSION.validate_json(json.dumps(reordered))
        assert take_turn(again, message, understand(said), now=message.created_at) == turns[0]

    asyncio.run(talk())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TALK)
def test_whatever_came_before_a_citizen_who_answers_the_questions_gets_a_number(
    things: list[tuple[str, str]],
) -> None:
    async def talk() -> None:
        chat = a_chat(person=False)
        for what, content in things:
            await do(chat, what, content)
        await chat.sends_quietly(MessageKind.TEXT, content="#")
        await chat.sends_quietly(MessageKind.TEXT, content="#")
        before = set(chat.town.desk.tickets)
        if "还没填完" in await chat.says("我要投诉"):
            await chat.says("不填了")
            await chat.says("我要投诉")
        for said in ("对面工地半夜施工太吵", "人民路12号", "不留", "保密", "确认提交"):
            await chat.says(said)
        if chat.session.step is Step.SUMMARY:
            await chat.says("确认提交")
        assert len(set(chat.town.desk.tickets) - before) == 1

    asyncio.run(talk())


async def test_the_digits_of_a_menu_of_yesterday_mean_nothing() -> None:
    chat = a_chat(person=False)
    for said in ("我要投诉", "楼下太吵了睡不着", "人工"):
        await chat.says(said)
    chat.now += DRAFT_LIFETIME + timedelta(minutes=1)
    assert phrases.NO_SUCH_CHOICE in await chat.says("2")
    assert "哪一种" in await chat.says("2"), "now the menu at home was shown"


def test_the_first_message_ever_is_answered() -> None:
    async def talk() -> None:
        for said in WORDS.split():
            assert await Chat(now=MONDAY_9_30).says(said)

    asyncio.run(talk())
