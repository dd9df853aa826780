"""What an elderly citizen, an angry one, a child, a foreigner and a joker typed, and what once went wrong with it."""

from __future__ import annotations

import time

import pytest

from bot.conversations.turns import understand as really
from bot.talk import misfortunes, phrases, pleasantries
from bot.talk.conversation import take_turn
from bot.talk.following import asked_ticket
from bot.talk.place_words import together
from bot.talk.questions import core
from bot.talk.session import DISCLOSURE_TIER, Session, Step, Understanding
from bot.wechat.messages import IncomingMessage, MessageKind
from classifier.signals import Emergency, EmergencyKind, find_emergency
from routing.citizen_request import Secrecy
from tests.bot.town import Chat
from tests.factories import MONDAY_9_30

NOISE = "楼下烧烤店半夜还很吵"


async def offered() -> Chat:
    chat = Chat()
    await chat.says(NOISE)
    assert chat.session.step is Step.CONFIRM_TYPE
    return chat


def draft_text(chat: Chat) -> str:
    assert chat.session.draft is not None
    return chat.session.draft.text


# ---- pleasantries


@pytest.mark.parametrize("said", ["喂 有人没有啊", "叔叔你好", "你好 在吗", "老师好", "喂喂喂", "晚上好"])
async def test_a_greeting_is_greeted(said: str) -> None:
    assert phrases.WELCOME in await Chat().says(said)


@pytest.mark.parametrize("said", ["你好坏", "人好多", "好", "有人偷东西"])
def test_what_only_begins_like_a_greeting_is_none(said: str) -> None:
    assert not pleasantries.greets(said)


@pytest.mark.parametrize("said", ["谢谢你啊 小同志", "谢谢了 麻烦你们", "thank you", "好的 谢谢叔叔"])
async def test_thanks_in_any_words_are_taken_and_never_filed(said: str) -> None:
    assert phrases.THANKS in await Chat().says(said)
    chat = await offered()
    assert phrases.YOU_ARE_WELCOME in await chat.says(said)
    assert draft_text(chat) == NOISE


@pytest.mark.parametrize("said", ["感谢政府把路修好了", "麻烦你们修一下路灯"])
def test_thanks_for_something_is_more_than_thanks(said: str) -> None:
    assert not pleasantries.thanks(said)


@pytest.mark.parametrize("said", ["讲个笑话", "你喜欢我吗", "1+1等于几", "给我转50块钱", "你几岁了"])
async def test_chat_is_declined_and_never_filed(said: str) -> None:
    assert phrases.ONLY_SERVICE in await Chat().says(said)
    chat = await offered()
    assert phrases.ONLY_SERVICE in await chat.says(said)
    assert draft_text(chat) == NOISE


@pytest.mark.parametrize("said", ["今天天气一直很冷", "今天下雨路上积水了", "老板借我50块钱不还"])
def test_weather_and_money_in_a_story_are_no_chat(said: str) -> None:
    assert not pleasantries.chats(said)


async def test_a_joke_ends_what_it_began() -> None:
    chat = await offered()
    assert phrases.CANCELLED in await chat.says("算了 开玩笑的")
    assert chat.session.draft is None


@pytest.mark.parametrize("said", ["How can I extend my residence permit?", "I am a foreigner"])
async def test_another_language_is_told_what_to_do(said: str) -> None:
    assert "110 police" in await Chat().says(said)


@pytest.mark.parametrize("said", ["你好 我眼睛看不太清 你说慢点", "字太小了看不清", "说慢点"])
async def test_who_asks_for_plainer_words_gets_them(said: str) -> None:
    chat = Chat()
    await chat.says(said)
    assert chat.session.elder


@pytest.mark.parametrize("said", ["路灯坏了晚上看不清路", "路牌字太小看不清"])
def test_what_cannot_be_seen_in_the_street_is_a_matter(said: str) -> None:
    assert not pleasantries.wants_plainer_words(said)


@pytest.mark.parametrize("said", ["你们就会踢皮球", "你们到底管不管事", "什么态度", "去死吧"])
async def test_anger_without_a_matter_is_heard_out(said: str) -> None:
    assert phrases.CALM in await Chat().says(said)


async def test_the_lonely_are_not_told_that_this_is_not_done_here() -> None:
    reply = await Chat().says("陪我聊聊吧")
    assert "12356" in reply
    assert phrases.ONLY_SERVICE not in reply


@pytest.mark.parametrize("said", ["已经打120了", "报警了", "谢谢 人已经送医院了", "找到了 谢谢"])
async def test_that_help_was_called_is_no_new_danger_and_no_request(said: str) -> None:
    chat = Chat()
    await chat.says("家里煤气泄漏了")
    reply = await chat.says(said)
    assert phrases.HELP_COMES in reply
    assert "110" not in reply
    assert chat.session.draft is None


@pytest.mark.parametrize("said", ["我要给市长写信", "市长信箱在哪", "能转给书记吗"])
async def test_who_asks_for_the_mayor_is_told_where_it_goes(said: str) -> None:
    assert phrases.TO_LEADERS in await Chat().says(said)


def test_no_words_make_the_patterns_slow() -> None:
    asked = (
        pleasantries.greets,
        pleasantries.thanks,
        pleasantries.joked,
        pleasantries.vents,
        pleasantries.help_called,
        pleasantries.wants_company,
        pleasantries.asks_for_leaders,
    )
    for text in ("好的" * 14 + "x", "你" * 29 + "x", "谢谢" * 14 + "x", "，" * 29 + "x", "已经" * 14 + "x"):
        began = time.process_time()
        assert not any(ask(text) for ask in asked)
        assert time.process_time() - began < 0.02


# ---- within a filing


async def test_a_secrecy_said_early_is_noted_and_not_filed_as_words() -> None:
    chat = await offered()
    await chat.says("不怕他们知道")
    assert chat.session.draft is not None
    assert (chat.session.draft.secrecy, draft_text(chat)) == (Secrecy.PUBLIC, NOISE)
    chat = await offered()
    await chat.says("我怕被报复")
    assert chat.session.draft is not None
    assert chat.session.draft.secrecy is Secrecy.SECRET


async def test_name_and_no_telephone_said_early_are_noted() -> None:
    chat = await offered()
    await chat.says("我没有手机")
    await chat.says("俺叫李秀英")
    assert chat.session.draft is not None
    assert (chat.session.draft.name, draft_text(chat)) == ("李秀英", NOISE)
    await chat.says("对")
    await chat.says("人民路12号")
    assert chat.session.step is Step.SECRECY


@pytest.mark.parametrize("said", ["行 投诉", "提交", "好 就投诉"])
async def test_a_yes_to_the_type_in_other_words(said: str) -> None:
    chat = await offered()
    await chat.says(said)
    assert chat.session.step is Step.PLACE
    assert draft_text(chat) == NOISE


async def test_to_be_rung_is_answered_and_not_filed() -> None:
    chat = await offered()
    assert phrases.WILL_CALL in await chat.says("你给我打电话行不行")
    assert draft_text(chat) == NOISE


async def test_another_matter_does_not_push_out_the_filing_that_waits() -> None:
    chat = await offered()
    await chat.says("首页")
    reply = await chat.says("路灯坏了三天没人修")
    assert "是同一件事吗" in reply
    assert draft_text(chat) == NOISE
    await chat.says("是一件事")
    assert draft_text(chat) == f"{NOISE}\n路灯坏了三天没人修"


async def test_and_is_filed_instead_only_where_the_citizen_says_so() -> None:
    chat = await offered()
    await chat.says("首页")
    await chat.says("路灯坏了三天没人修")
    assert phrases.DRAFT_REPLACED in await chat.says("另一件事")
    assert draft_text(chat) == "路灯坏了三天没人修"


async def test_one_thing_more_just_after_filing_goes_to_the_ticket() -> None:
    chat = await offered()
    for said in ("对", "人民路12号", "不留", "公开", "提交"):
        await chat.says(said)
    assert "已经加到工单" in await chat.says("对了 灯杆编号是A23")
    assert "已经加到工单" not in await chat.says("对了 我家停水了")


@pytest.mark.parametrize(
    ("before", "place", "both"),
    [
        ("宏达建材有限公司", "城南工业园", "城南工业园宏达建材有限公司"),
        ("人民路12号", "解放路3号", "解放路3号"),
        (None, "解放路3号", "解放路3号"),
    ],
)
def test_a_firm_and_where_it_is_are_one_place(before: str | None, place: str, both: str) -> None:
    assert together(before, place) == both


async def test_who_filed_a_danger_reads_its_number_once_more() -> None:
    chat = Chat()
    for said in ("家里煤气泄漏了，味道很大", "登记这件事", "对", "人民路12号", "不留", "公开"):
        await chat.says(said)
    reply = await chat.says("确认提交")
    assert "这是急事" in reply
    assert "快打119。" in reply


@pytest.mark.parametrize("said", ["不用电话", "不用联系我", "不方便留"])
async def test_no_number_in_other_words(said: str) -> None:
    chat = await offered()
    for before in ("对", "人民路12号"):
        await chat.says(before)
    await chat.says(said)
    assert chat.session.step is Step.SECRECY


async def test_a_secrecy_said_where_the_number_is_asked_is_kept_and_said() -> None:
    chat = await offered()
    for before in ("对", "人民路12号"):
        await chat.says(before)
    assert phrases.WILL_KEEP_SECRECY in await chat.says("我不想让他们知道我是谁")
    assert chat.session.draft is not None
    assert chat.session.draft.secrecy is Secrecy.SECRET
    assert draft_text(chat) == NOISE


@pytest.mark.parametrize("said", ["你帮我登记", "给我登记一下"])
async def test_to_be_filed_is_no_more_of_the_story(said: str) -> None:
    chat = await offered()
    await chat.says(said)
    assert draft_text(chat) == NOISE


async def test_when_asks_for_the_ticket_just_filed() -> None:
    chat = await offered()
    for said in ("对", "人民路12号", "不留", "公开", "提交"):
        await chat.says(said)
    assert "HY2611160001" in await chat.says("多久有结果")


async def test_photos_are_no_words_of_the_citizen() -> None:
    chat = await offered()
    await chat.sends(MessageKind.IMAGE, media_id="m1")
    for said in ("对", "人民路12号", "不留", "公开", "提交"):
        await chat.says(said)
    assert "市民附照片" in chat.town.desk.tickets["HY2611160001"].text
    assert "市民附照片" not in await chat.says("我的诉求")


@pytest.mark.parametrize("said", ["你们这是诈骗吗", "怎么证明你们是政府", "我不信", "你们是真的吗"])
async def test_who_doubts_this_service_is_told_how_to_make_sure(said: str) -> None:
    assert phrases.GENUINE in await Chat().says(said)


def test_a_cheat_elsewhere_is_no_doubt_of_us() -> None:
    assert not pleasantries.doubts_us("这家店的酒是假的")


async def test_a_trouble_told_before_its_place_is_not_lost() -> None:
    chat = Chat()
    await chat.says("电梯里有人困住了出不来，家里煤气泄漏了")
    await chat.says("幸福里3栋")
    assert draft_text(chat) == "电梯里有人困住了出不来，家里煤气泄漏了"
    assert chat.session.draft is not None
    assert chat.session.draft.place == "幸福里3栋"


@pytest.mark.parametrize("said", ["在人民广场", "停了"])
def test_a_place_or_two_characters_are_no_hint_of_danger(said: str) -> None:
    message = IncomingMessage("county", "o", MessageKind.TEXT, "m1", MONDAY_9_30, content=said)
    hint = Understanding(emergency=Emergency(EmergencyKind.VIOLENCE, said, sure=False))
    turn = take_turn(Session(), message, hint, now=MONDAY_9_30)
    assert not any("有危险" in line for line in turn.say)


@pytest.mark.parametrize("said", ["麻烦帮我看下HY2611160001", "给我查查那个HY2611160001"])
async def test_a_ticket_is_looked_up_in_any_polite_words(said: str) -> None:
    assert asked_ticket(said) == ("HY2611160001", None)


async def test_the_question_of_rework_given_back_is_put_again() -> None:
    chat = await offered()
    for said in ("对", "人民路12号", "不留", "公开", "提交"):
        await chat.says(said)
    chat.hears_of_the_end("HY2611160001")
    await chat.says("1")
    await chat.says("没人管")
    assert phrases.REWORK in await chat.says("要不要重新办理啊")
    assert chat.session.step is Step.BAD_RATING


# ---- questions


@pytest.mark.parametrize("said", ["我被电信诈骗了 刚转走五万", "我妈刚才被骗子骗走三万"])
async def test_who_was_just_defrauded_reads_the_number_first(said: str) -> None:
    assert (await Chat().says(said)).startswith(phrases.DEFRAUDED)


@pytest.mark.parametrize("said", ["商家骗人，说好的赠品没有", "被骗了怎么维权"])
def test_a_cheat_in_a_shop_is_no_fraud_of_the_hour(said: str) -> None:
    assert not misfortunes.was_defrauded(said)


async def test_an_application_for_information_is_one_from_the_first_word() -> None:
    chat = Chat()
    await chat.says("我要申请公开清和县城管局去年的罚没收入明细")
    assert chat.session.draft is not None
    assert (chat.session.draft.tier, draft_text(chat)) == (DISCLOSURE_TIER, "清和县城管局去年的罚没收入明细")


@pytest.mark.parametrize("said", ["申请信息公开要什么材料", "怎么申请公开"])
def test_how_to_apply_is_a_question(said: str) -> None:
    assert pleasantries.information_wanted(said) is None


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("我是城关镇的 我这腿脚不好 想问问那个残疾证咋办", "残疾证咋办"),
        ("我老家在外省，孩子在这边，新农合要不要回去交", "新农合要不要回去交"),
        ("残疾证咋办", None),
        ("路灯坏了三天", None),
    ],
)
def test_the_question_within_a_story(said: str, asked: str | None) -> None:
    assert core(said) == asked


async def test_the_question_within_a_story_is_asked_by_itself_before_it_is_given_up() -> None:
    assert "当场补办" in await Chat().says("我是外省来的 腿脚不好 想问问那个社保卡咋补")


async def test_a_bare_follow_up_that_finds_nothing_is_not_called_unsure() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    reply = await chat.says("几楼呢")
    assert "不敢乱说" not in reply or "您是不是想问" in reply


# ---- what the real reading made of it


@pytest.mark.parametrize(
    "said",
    ["六岁半了", "他八十了", "打了八遍电话没人接", "有人在群里说明天要停水 是真的吗", "孩子三岁"],
)
def test_no_danger_is_heard_in_ages_and_telephones(said: str) -> None:
    assert find_emergency(said) is None


@pytest.mark.parametrize("said", ["孩子三岁走丢了", "妈妈八十了找不到了", "打了120没人接，他不喘气了"])
def test_and_real_danger_beside_them_still_is(said: str) -> None:
    danger = find_emergency(said)
    assert danger is not None
    assert danger.sure


@pytest.mark.parametrize(
    "said", ["叔叔你好", "实验小学", "小学报名", "江南皮具厂", "我们学校门口的车好多 我过马路害怕"]
)
def test_nobody_is_told_that_they_praise_or_accuse_for_want_of_words(said: str) -> None:
    assert really(said).request_type is None


@pytest.mark.parametrize(("said", "label"), [("这个热线真管用", "praise"), ("有人卖假药", "report")])
def test_short_praise_and_reports_in_their_own_words_are_still_heard(said: str, label: str) -> None:
    read = really(said)
    assert read.request_type is not None
    assert read.request_type.value == label
