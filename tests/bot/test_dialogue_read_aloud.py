"""Conversations read aloud as a citizen of seventy would hold them, and what was stiff, lost or wrong in them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.conversations.turns import understand as really
from bot.talk import misfortunes, phrases, place_words, pleasantries, reporting_words, said_freely
from bot.talk.about_the_form import beside_a_story
from bot.talk.conversation import take_turn
from bot.talk.following import asked_ticket
from bot.talk.heard_beside import name_in, requests_in, secrecy_in, sounds_like
from bot.talk.place_words import bare_place, place_said
from bot.talk.questions import apart, asks, trusted_type
from bot.talk.session import Asked, Choice, Draft, Pick, Session, Step, Turn
from bot.wechat.messages import IncomingMessage, MessageKind
from routing.citizen_request import RequestType, Secrecy
from tests.bot.test_dialogue_said_freely import NOISE, at, filed, text_of
from tests.bot.town import ACCOUNT, Chat
from tests.factories import MONDAY_9_30


def draft_of(chat: Chat) -> Draft:
    assert chat.session.draft is not None
    return chat.session.draft


def turn_for(session: Session, said: str) -> Turn:
    """As the real rules and models read it."""
    message = IncomingMessage(ACCOUNT, "o-zhao", MessageKind.TEXT, "1", MONDAY_9_30, content=said)
    return take_turn(session, message, really(said), now=MONDAY_9_30)


# ---- a question and an answer in one message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("在人民路12号，高龄津贴怎么领", ("在人民路12号", "高龄津贴怎么领")),
        ("人民路12号 顺便问一下高龄津贴怎么领", ("人民路12号", "高龄津贴怎么领")),
        ("人民路12号，靠近东门桥", None),
        ("高龄津贴怎么领，在哪里", None),
        ("人民路12号", None),
    ],
)
def test_what_is_told_and_what_is_asked_are_taken_apart(text: str, parts: tuple[str, str] | None) -> None:
    assert apart(text) == parts


@pytest.mark.parametrize("said", ["在人民路12号，社保卡丢了怎么补", "人民路12号 顺便问一下社保卡丢了怎么补"])
async def test_a_place_with_a_question_behind_it_is_taken_and_the_question_answered(said: str) -> None:
    chat = await at(Step.PLACE)
    reply = await chat.says(said)
    assert "来源：" in reply
    assert phrases.BACK_TO_FILING in reply
    assert (chat.session.step, draft_of(chat).place) == (Step.CONTACT, "人民路12号")
    assert text_of(chat) == NOISE


async def test_where_the_library_does_not_know_the_place_is_kept_all_the_same() -> None:
    chat = await at(Step.PLACE)
    assert phrases.ASK_LATER in await chat.says("人民路12号，金星上有多少水呢")
    assert (chat.session.step, draft_of(chat).place) == (Step.CONTACT, "人民路12号")


async def test_a_question_about_the_report_joins_it() -> None:
    chat = await at(Step.PLACE)
    await chat.says("人民路12号，什么时候能管管呢")
    assert draft_of(chat).place == "人民路12号"
    assert text_of(chat) == f"{NOISE}\n什么时候能管管呢"


async def test_one_about_the_form_is_answered() -> None:
    chat = await at(Step.PLACE)
    assert phrases.WHEN_DONE in await chat.says("人民路12号，多久能有答复呢")
    assert (draft_of(chat).place, text_of(chat)) == ("人民路12号", NOISE)


async def test_so_is_a_question_behind_the_number_and_behind_the_secrecy() -> None:
    chat = await at(Step.CONTACT)
    assert "来源：" in await chat.says("13812345678，社保卡丢了怎么补")
    assert (chat.session.step, draft_of(chat).phone) == (Step.SECRECY, "13812345678")
    assert "来源：" in await chat.says("保密，社保卡丢了怎么补")
    assert (chat.session.step, draft_of(chat).secrecy) == (Step.SUMMARY, Secrecy.SECRET)
    assert text_of(chat) == NOISE


# ---- may it be reported, is there a reward


def test_a_story_that_ends_in_a_question_about_the_form() -> None:
    story, answer = beside_a_story("楼道堆满杂物，消防通道都堵了，举报有奖励吗") or ("", "")
    assert (story, answer) == ("楼道堆满杂物，消防通道都堵了", phrases.REWARD)
    assert beside_a_story("举报有奖励吗") is None
    assert beside_a_story("楼道堆满杂物，消防通道都堵了") is None


async def test_the_report_beside_the_question_for_a_reward_is_not_lost() -> None:
    chat = Chat()
    reply = await chat.says("楼上半夜装修很吵，举报有奖励吗")
    assert phrases.REWARD in reply
    assert chat.session.step is Step.CONFIRM_TYPE
    assert "楼上半夜装修很吵" in text_of(chat)


async def test_nor_is_the_answer_where_the_story_was_asked_for() -> None:
    chat = await at(Step.DESCRIBE)
    assert phrases.REWARD in await chat.says("楼上半夜装修很吵，举报有奖励吗")
    assert chat.session.step is Step.PLACE


@pytest.mark.parametrize(
    ("said", "matter"),
    [
        ("路灯坏了能报给你们吗", "路灯坏了"),
        ("楼上漏水归你们管吗", "楼上漏水"),
        ("占道经营可以找你们反映吗", "占道经营"),
        ("请问小区停车乱收费可以在这里投诉吗", "小区停车乱收费"),
        ("能找你们反映吗", ""),
        ("这事归你们管吗", ""),
        ("你们几点上班", None),
        ("社保卡丢了怎么补", None),
        ("你们能不能快点", None),
    ],
)
def test_who_asks_whether_it_may_be_told_here_tells_it(said: str, matter: str | None) -> None:
    assert reporting_words.asks_us(said) == matter


async def test_it_is_offered_to_be_filed_at_once() -> None:
    chat = Chat()
    reply = await chat.says("路灯坏了能报给你们吗")
    assert phrases.CAN_BE_REPORTED in reply
    assert (chat.session.step, text_of(chat)) == (Step.CONFIRM_TYPE, "路灯坏了")
    assert phrases.CAN_BE_REPORTED in await Chat().says("能找你们反映吗")


async def test_what_the_library_cannot_say_may_be_reported_either() -> None:
    chat = Chat()
    reply = await chat.says("黑网吧能举报吗")
    assert phrases.CAN_BE_REPORTED in reply
    assert draft_of(chat).guess is RequestType.REPORT


# ---- back from the reasons, a code mistyped, a number asked after


async def closed() -> tuple[Chat, str]:
    chat, number = await filed()
    await chat.says("#")
    chat.hears_of_the_end(number)
    return chat, number


async def test_back_from_the_reasons_are_the_stars() -> None:
    chat, _ = await closed()
    await chat.says("2")
    assert chat.session.step is Step.RATE_REASON
    reply = await chat.says("返回")
    assert phrases.RATE in reply
    assert (chat.session.step, chat.session.stars) == (Step.RATE, None)
    await chat.says("5")
    assert phrases.rated(5) in await chat.says("办得快")


async def test_back_from_stars_that_a_notice_asked_for_in_a_filing_is_the_filing() -> None:
    chat, number = await filed()
    for said in ("#", "我要求助", "路灯坏了三天没人修"):
        await chat.says(said)
    chat.hears_of_the_end(number)
    assert phrases.RATE in await chat.says("没修好")
    assert phrases.BACK_TO_FILING_BEFORE in await chat.says("返回")
    assert chat.session.step is Step.PLACE


async def test_a_mistyped_code_is_typed_again_without_the_number() -> None:
    chat, number = await filed()
    other = Chat(town=chat.town, openid="o-li")
    for said in (number, "000001"):
        await other.says(said)
    assert other.session.step is Step.ASK_CODE
    assert "现在：" in await other.says(chat.town.desk.query_code(number))


async def test_another_number_may_be_given_where_a_code_is_asked_for() -> None:
    chat, number = await filed()
    other = Chat(town=chat.town, openid="o-li")
    await other.says("HY2611169999")
    assert number in await other.says(f"{number} {chat.town.desk.query_code(number)}")


@pytest.mark.parametrize(
    "said", ["HY2611230012 办得怎么样了", "请问HY2611230012处理好了吗", "HY2611230012有消息吗"]
)
def test_a_number_with_any_question_for_news_asks_for_the_ticket(said: str) -> None:
    assert asked_ticket(said) == ("HY2611230012", None)


# ---- danger that is none, and a danger that is no praise


@pytest.mark.parametrize("said", ["电话不留了", "不留了", "我不知道地址", "号码不说了"])
def test_keeping_to_oneself_what_a_filing_asks_for_is_no_danger(said: str) -> None:
    draft = Draft(id="d", touched_at=MONDAY_9_30, request_type=RequestType.COMPLAINT, text=NOISE)
    asked = Session(step=Step.CONTACT, draft=draft, updated_at=MONDAY_9_30)
    assert "110" not in "".join(turn_for(asked, said).say)


def test_the_same_words_out_of_the_blue_may_be_one() -> None:
    assert "12356" in "".join(turn_for(Session(), "不留了").say)


async def test_a_gas_leak_is_not_offered_as_praise() -> None:
    told = turn_for(Session(), "煤气味好大 我家煤气漏了")
    assert Choice("登记这件事", Pick.FILE_TEXT, RequestType.HELP.value) in told.session.choices


# ---- said at the place


@pytest.mark.parametrize("said", ["公开", "别让他们知道是我", "保密"])
async def test_a_secrecy_said_at_the_place_is_noted_and_the_place_asked_again(said: str) -> None:
    chat = await at(Step.PLACE)
    await chat.says(said)
    assert chat.session.step is Step.PLACE
    assert draft_of(chat).secrecy is (Secrecy.PUBLIC if said == "公开" else Secrecy.SECRET)
    assert text_of(chat) == NOISE


async def test_the_place_inside_an_angry_sentence_is_offered() -> None:
    chat = await at(Step.PLACE)
    await chat.says("就在人民路跟建设路交叉口那里啊你们不会自己看吗")
    assert chat.session.choices[0].value == "人民路跟建设路交叉口"


async def test_a_matter_told_in_five_characters_is_no_place() -> None:
    chat = await at(Step.PLACE)
    await chat.says("物业太吵了")
    assert (chat.session.step, draft_of(chat).place) == (Step.PLACE, None)


@pytest.mark.parametrize("said", ["人民路5号后面巷子", "东方花园工地", "锦园小区东门"])
def test_a_lane_a_site_and_a_gate_are_places(said: str) -> None:
    assert bare_place(said) == said


def test_a_place_changed_in_words_is_the_place_alone() -> None:
    assert place_said("地点改成锦园小区东门") == "锦园小区东门"


async def test_enough_of_it_said_at_the_place_is_asked_about() -> None:
    chat = await at(Step.PLACE)
    assert phrases.STOP_OR_GO in await chat.says("算了")
    assert chat.session.step is Step.PLACE


async def test_who_submits_too_early_is_told_why_not() -> None:
    chat = await at(Step.PLACE)
    assert phrases.NOT_YET in await chat.says("提交")


async def test_a_place_put_right_by_a_word_keeps_what_it_puts_right() -> None:
    chat = await at(Step.SUMMARY)
    await chat.says("等等，地址写错了，是西门")
    assert draft_of(chat).place == "人民路12号（更正：西门）"


# ---- may the unit see the number


@pytest.mark.parametrize(
    ("said", "secrecy"),
    [
        ("可以", Secrecy.PUBLIC),
        ("行吧", Secrecy.PUBLIC),
        ("不要", Secrecy.SECRET),
        ("不用了", Secrecy.SECRET),
    ],
)
async def test_yes_and_no_answer_whether_the_unit_may_see_the_number(said: str, secrecy: Secrecy) -> None:
    chat = await at(Step.SECRECY)
    await chat.says(said)
    assert (chat.session.step, draft_of(chat).secrecy) == (Step.SUMMARY, secrecy)


@pytest.mark.parametrize(
    ("said", "secrecy"), [("要", Secrecy.SECRET), ("不用了", Secrecy.PUBLIC), ("跳过", Secrecy.SECRET)]
)
async def test_without_a_number_they_answer_whether_to_keep_it_secret(said: str, secrecy: Secrecy) -> None:
    chat = await at(Step.CONTACT)
    await chat.says("我没得手机")
    await chat.says(said)
    assert (chat.session.step, draft_of(chat).secrecy) == (Step.SUMMARY, secrecy)


async def test_the_notice_of_the_number_is_not_read_out_twice_running() -> None:
    chat = await at(Step.CONTACT)
    assert "只用来办您的事" not in await chat.says("12345")


# ---- told in one breath


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ("我叫李桂花，楼上漏水没人管", "李桂花", "楼上漏水没人管"),
        ("你好，我叫李桂花，楼上漏水", "李桂花", "楼上漏水"),
        ("我叫他别吵，他不听", None, "我叫他别吵，他不听"),
        ("有人叫卖，太吵", None, "有人叫卖，太吵"),
    ],
)
def test_ones_own_name_goes_under_the_contact(text: str, name: str | None, left: str) -> None:
    assert name_in(text) == (name, left)


@pytest.mark.parametrize(
    ("text", "secrecy", "left"),
    [
        ("楼上漏水没人管，保密", Secrecy.SECRET, "楼上漏水没人管"),
        ("请帮我匿名，村里有人赌钱", Secrecy.ANONYMOUS, "村里有人赌钱"),
        ("医院没有给我保密，病历让人看了", None, "医院没有给我保密，病历让人看了"),
    ],
)
def test_so_does_the_secrecy_asked_for(text: str, secrecy: Secrecy | None, left: str) -> None:
    assert secrecy_in(text) == (secrecy, left)


async def test_all_told_in_one_breath_is_asked_for_once() -> None:
    chat = Chat()
    await chat.says("我叫李桂花，电话13700001111，楼上半夜太吵没人管，保密")
    assert text_of(chat) == "楼上半夜太吵没人管"
    for said in ("1", "人民路3号", "用13700001111"):
        await chat.says(said)
    draft = draft_of(chat)
    assert chat.session.step is Step.SUMMARY
    assert (draft.name, draft.phone, draft.secrecy) == ("李桂花", "13700001111", Secrecy.SECRET)


def test_two_matters_counted_out_are_two() -> None:
    said = "一个是我们楼下停车乱停 一个是隔壁饭店油烟大 你们管管"
    assert requests_in(said) == ("我们楼下停车乱停", "隔壁饭店油烟大")
    assert requests_in("一个是我们楼下停车乱停，天天如此") == ()


async def test_how_often_is_no_question() -> None:
    assert not asks("他不管 我找他几次了")
    assert asks("来过几次？")
    chat = Chat()
    await chat.says(NOISE)
    await chat.says("老板不管 我找他几次了")
    assert text_of(chat) == f"{NOISE}\n老板不管 我找他几次了"


async def test_a_number_and_not_a_word_more_is_kept_for_what_comes() -> None:
    chat = Chat()
    assert phrases.PHONE_LATER in await chat.says("13812345678 快打给我")
    assert chat.session.step is Step.DESCRIBE
    await chat.says(NOISE)
    await chat.says("人民路3号")
    assert "用13812345678" in [choice.word for choice in chat.session.choices]


# ---- right after the receipt


async def test_a_detail_said_to_the_receipt_goes_to_the_ticket_with_a_way_out() -> None:
    chat, number = await filed()
    reply = await chat.says("就是老王烧烤")
    assert number in reply
    assert "不是给这件事的" in [choice.word for choice in chat.session.choices]
    assert chat.session.draft is None


async def test_that_it_was_mended_offers_to_withdraw_it() -> None:
    chat, _ = await filed()
    await chat.says("灯修好了 谢谢")
    assert chat.session.step is Step.WITHDRAW


@pytest.mark.parametrize("said", ["隔壁又坏了", "路修好了又坏了"])
def test_that_it_broke_again_is_no_end_of_it(said: str) -> None:
    assert not said_freely.has_settled(said)


@pytest.mark.parametrize("said", ["2", "好的", "嗯"])
async def test_a_digit_or_a_yes_is_no_supplement(said: str) -> None:
    chat, _ = await filed()
    await chat.says("补充")
    assert phrases.SUPPLEMENT in await chat.says(said)
    assert chat.session.step is Step.SUPPLEMENT


# ---- who does not know how


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("你们能帮我什么", phrases.WHAT_WE_DO),
        ("这个怎么用啊", phrases.WHAT_WE_DO),
        ("我不会打字", phrases.NO_TYPING),
        ("不识字", phrases.NO_TYPING),
        ("我想问问", phrases.ASK_AWAY),
        ("我又要反映个事", phrases.CHOOSE_TYPE),
        ("我要给局长打电话", phrases.TO_LEADERS),
        ("你们电话多少", phrases.OUR_PHONE),
    ],
)
async def test_who_asks_about_this_service_is_told(said: str, told: str) -> None:
    assert told in await Chat().says(said)


@pytest.mark.parametrize("said", ["什么破玩意，问啥啥不会", "你们就会推来推去，什么态度"])
def test_anger_in_two_breaths_is_anger(said: str) -> None:
    assert pleasantries.vents(said)


@pytest.mark.parametrize("said", ["不会打字能办社保卡吗", "健身器材怎么用都坏了", "有什么补贴可以领"])
def test_what_only_sounds_so_is_a_matter(said: str) -> None:
    assert not pleasantries.cannot_type(said)
    assert not pleasantries.asks_what_we_do(said)


async def test_a_type_put_right_is_no_part_of_the_story() -> None:
    chat = await at(Step.CONFIRM_TYPE)
    await chat.says("啊不对 我要求助")
    assert draft_of(chat).request_type is RequestType.HELP
    assert text_of(chat) == NOISE


async def test_no_words_at_an_offer_are_lost_to_the_refused_number() -> None:
    chat = await at(Step.CONFIRM_TYPE)
    await chat.says("不留")
    assert text_of(chat) == NOISE
    assert Step.CONTACT in draft_of(chat).skipped


async def test_the_place_of_a_danger_told_just_before_goes_with_it() -> None:
    chat = Chat()
    await chat.says("家里煤气泄漏了")
    await chat.says("人民路5号后面巷子")
    assert (text_of(chat), draft_of(chat).place) == ("家里煤气泄漏了", "人民路5号后面巷子")


async def test_the_stars_of_a_notice_are_those_of_its_ticket_also_after_a_step_back() -> None:
    chat, number = await closed()
    chat.asked = Asked(number, chat.now, listed=True)
    chat.now += timedelta(seconds=1)
    for said in ("1", "返回", "4", "不说了"):
        await chat.says(said)
    rating = chat.town.desk.tickets[number].rating
    assert rating is not None
    assert rating.stars == 4


# ---- what is sent rather than said


async def test_a_position_that_did_not_come_through_is_asked_for_in_words() -> None:
    chat = await at(Step.PLACE)
    reply = await chat.sends(MessageKind.LOCATION)
    assert phrases.NO_POSITION in reply
    assert (chat.session.step, draft_of(chat).place) == (Step.PLACE, None)
    assert phrases.place_received("东经120.2，北纬30.1") in await chat.sends(
        MessageKind.LOCATION, latitude=30.1, longitude=120.2
    )


async def test_a_code_scanned_from_the_menu_is_answered_also_where_it_says_nothing_here() -> None:
    chat, number = await filed()
    code = (("ScanCodeInfo/ScanResult", f"https://example.org/{number}"),)
    assert number in await chat.sends(MessageKind.EVENT, event="scancode_waitmsg", fields=code)
    strange = (("ScanCodeInfo/ScanResult", "https://example.org"),)
    reply = await chat.sends(MessageKind.EVENT, event="scancode_waitmsg", fields=strange)
    assert phrases.STRANGE_CODE in reply


# ---- first a word of advice


@pytest.mark.parametrize(
    ("text", "told", "advice"),
    [
        ("有人冒充社保局打电话要我转钱", "", phrases.FRAUD_TRIED),
        ("我已经转了五千", "有人冒充社保局打电话要我转钱", phrases.DEFRAUDED),
        ("我已经转了五千", "给学校食堂交的钱", None),
        ("我手机被偷了", "", phrases.ROBBED),
        ("厂里偷偷排污水", "", None),
        ("车转不过弯", "", None),
    ],
)
def test_fraud_and_theft_are_met_with_what_to_do_at_once(text: str, told: str, advice: str | None) -> None:
    assert misfortunes.advice_on(text, told=told) == advice


async def test_money_just_sent_to_a_swindler_brings_the_numbers_into_the_filing() -> None:
    chat = Chat()
    await chat.says("有人冒充社保局打电话要我转钱，太吵")
    reply = await chat.says("我已经转了五千")
    assert reply.startswith(phrases.DEFRAUDED)
    assert "五千" in text_of(chat)


# ---- a place that only they know, a name, the same told again


async def test_at_my_door_is_asked_about_once_and_then_taken() -> None:
    chat = await at(Step.PLACE)
    assert phrases.WHERE_IS_HOME in await chat.says("就在我家门口")
    assert (chat.session.step, draft_of(chat).place) == (Step.PLACE, None)
    await chat.says("我家门口")
    assert draft_of(chat).place == "我家门口"


@pytest.mark.parametrize("said", ["学校门口", "锦园小区门口", "人民路", "新村路口"])
def test_a_place_with_a_name_is_one(said: str) -> None:
    assert not place_words.names_no_place(said)


async def test_a_fuller_place_at_the_number_is_the_place() -> None:
    chat = await at(Step.CONTACT)
    await chat.says("锦园小区6栋302")
    assert (chat.session.step, draft_of(chat).place) == (Step.CONTACT, "锦园小区6栋302")


async def test_a_surname_at_any_question_with_choices_is_the_name() -> None:
    chat = await at(Step.SECRECY)
    assert phrases.NOTED in await chat.says("我姓王")
    assert (chat.session.step, draft_of(chat).name) == (Step.SECRECY, "王")


async def test_the_same_told_again_and_fuller_stands_once() -> None:
    chat = Chat()
    await chat.says("楼上太吵")
    await chat.says("楼上太吵了睡不着")
    assert text_of(chat) == "楼上太吵了睡不着"


def test_a_sneer_is_no_praise() -> None:
    said = "你们办事真快，三个月了都没动静"
    assert sounds_like(said) is RequestType.COMPLAINT
    assert trusted_type(said, RequestType.PRAISE) is RequestType.COMPLAINT


# ---- who is lost


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("12345打不通", phrases.LINE_BUSY),
        ("你们是哪里的", phrases.WHAT_WE_DO),
        ("help me", "110 police"),
    ],
)
async def test_who_is_lost_is_told_where_they_are(said: str, told: str) -> None:
    assert told in await Chat().says(said)


async def test_who_does_not_follow_an_answer_is_offered_somebody_to_talk_to() -> None:
    chat = Chat()
    await chat.says("社保卡丢了怎么补")
    assert phrases.CANNOT_FOLLOW in await chat.says("还是看不懂")
    assert "没解决" in [choice.word for choice in chat.session.choices]


async def test_a_question_being_filed_is_not_dropped_for_another_one_asked_on_the_way_back() -> None:
    chat = Chat()
    for said in ("路边停车多少钱一小时", "登记成工单", "1", "不留", "公开", "改类型"):
        await chat.says(said)
    assert chat.session.step is Step.TYPE
    await chat.says("人民路12号，社保卡怎么补呢")
    assert text_of(chat) == "路边停车多少钱一小时"
