"""Answers inside a sentence, remarks, corrections: what citizens type at a question with choices, and where it goes."""

from __future__ import annotations

import re
import time

import pytest

from bot.talk import phrases, place_words, said_freely
from bot.talk.heard_beside import without_own_phone
from bot.talk.session import Step
from routing.citizen_request import RequestType, Secrecy, Urgency
from tests.bot.town import Chat, Town

NOISE = "楼下烧烤店半夜还很吵"
TWO = "路灯坏了三天没人修。还有，楼下烧烤店半夜很吵"
ANSWERS = ("我要投诉", NOISE, "人民路12号", "13812345678", "公开")


async def at(step: Step) -> Chat:
    """A filing that stands at this question, each before it answered."""
    chat = Chat()
    if step is Step.CONFIRM_TYPE:
        await chat.says(NOISE)
    else:
        answered = {Step.DESCRIBE: 1, Step.PLACE: 2, Step.CONTACT: 3, Step.SECRECY: 4, Step.SUMMARY: 5}[step]
        for said in ANSWERS[:answered]:
            await chat.says(said)
    assert chat.session.step is step
    return chat


def text_of(chat: Chat) -> str:
    assert chat.session.draft is not None
    return chat.session.draft.text


async def filed() -> tuple[Chat, str]:
    chat = await at(Step.SUMMARY)
    found = re.search(r"HY\d+", await chat.says("确认提交"))
    assert found
    return chat, found[0]


# ---- the answer inside a sentence


@pytest.mark.parametrize(
    ("said", "secrecy"),
    [
        ("保密吧 别让他们晓得是我", Secrecy.SECRET),
        ("不想让物业知道", Secrecy.SECRET),
        ("不要匿名，公开", Secrecy.PUBLIC),
        ("不用保密", Secrecy.PUBLIC),
        ("不公开", Secrecy.SECRET),
        ("我看还是匿名好", Secrecy.ANONYMOUS),
        ("都行", Secrecy.SECRET),
    ],
)
async def test_secrecy_is_understood_inside_a_sentence(said: str, secrecy: Secrecy) -> None:
    chat = await at(Step.SECRECY)
    await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.secrecy) == (Step.SUMMARY, secrecy)
    assert text_of(chat) == NOISE


@pytest.mark.parametrize("said", ["保密有用吗", "公开和保密有啥区别"])
async def test_a_question_about_secrecy_chooses_none(said: str) -> None:
    chat = await at(Step.SECRECY)
    await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.secrecy is None


@pytest.mark.parametrize("said", ["对的 提交吧", "没问题，报上去", "好了 交吧", "嗯嗯 就这样", "没错 确认"])
async def test_a_yes_in_any_words_at_the_summary_files_and_adds_nothing(said: str) -> None:
    chat = await at(Step.SUMMARY)
    number = re.search(r"HY\d+", await chat.says(said))
    assert number
    assert chat.town.desk.tickets[number[0]].text == NOISE


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("对的 登记吧", RequestType.COMPLAINT),
        ("不是投诉 是求助", RequestType.HELP),
        ("不是 是求助", RequestType.HELP),
        ("我要举报他们", RequestType.REPORT),
    ],
)
async def test_a_type_is_confirmed_or_corrected_in_a_sentence(said: str, kind: RequestType) -> None:
    chat = await at(Step.CONFIRM_TYPE)
    await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.draft.request_type, chat.session.draft.text) == (kind, NOISE)


async def test_no_to_a_guessed_type_shows_the_others_and_loses_nothing() -> None:
    chat = await at(Step.CONFIRM_TYPE)
    assert phrases.CHOOSE_TYPE in await chat.says("不是")
    assert text_of(chat) == NOISE


@pytest.mark.parametrize(
    "said", ["算了不报了", "那不反映了", "没事了", "我不投诉了", "好了没事了 已经不吵了"]
)
@pytest.mark.parametrize("step", [Step.CONFIRM_TYPE, Step.PLACE, Step.CONTACT, Step.SECRECY, Step.SUMMARY])
async def test_giving_up_in_words_ends_the_filing_and_says_so(said: str, step: Step) -> None:
    chat = await at(step)
    assert phrases.CANCELLED in await chat.says(said)
    assert (chat.session.step, chat.session.draft) == (Step.HOME, None)
    assert not chat.town.desk.tickets


@pytest.mark.parametrize("said", ["不要了", "算了", "不用了"])
async def test_at_the_number_a_mere_no_is_about_the_number(said: str) -> None:
    chat = await at(Step.CONTACT)
    await chat.says(said)
    assert chat.session.step is Step.SECRECY


@pytest.mark.parametrize("said", ["物业说不管了", "老板说不办了就不办了", "报了三次都没人来"])
async def test_what_others_gave_up_ends_no_filing(said: str) -> None:
    chat = await at(Step.SUMMARY)
    await chat.says(said)
    assert said in text_of(chat)


async def test_the_second_of_two_matters_is_dropped_in_words() -> None:
    chat = Chat()
    await chat.says(TWO)
    assert phrases.OTHER_DROPPED in await chat.says("算了那第二件不报了")
    assert chat.session.draft is not None
    assert (text_of(chat), chat.session.draft.more, chat.session.draft.parts) == (
        "路灯坏了三天没人修",
        (),
        (),
    )
    chat = Chat()
    for said in (TWO, "那就分开吧", "第二件不要了"):
        await chat.says(said)
    assert chat.session.draft is not None
    assert (text_of(chat), chat.session.draft.more) == ("路灯坏了三天没人修", ())


# ---- what never becomes part of a ticket


@pytest.mark.parametrize(
    "said",
    ["都不是", "😀😀", "asdfgh", "你看着办", "啊啊啊", "谢谢啊", "嗯嗯", "傻逼", NOISE, "烧烤店半夜还很吵"],
)
@pytest.mark.parametrize("step", [Step.CONFIRM_TYPE, Step.PLACE, Step.SECRECY, Step.SUMMARY])
async def test_remarks_gibberish_insults_and_repetitions_are_not_added(said: str, step: Step) -> None:
    chat = await at(step)
    await chat.says(said)
    assert text_of(chat) == NOISE
    assert chat.session.draft is not None
    assert chat.session.draft.place == (None if step in (Step.CONFIRM_TYPE, Step.PLACE) else "人民路12号")


@pytest.mark.parametrize("said", ["傻逼", "滚"])
async def test_an_insult_is_answered_calmly_and_without_the_emergency_numbers(said: str) -> None:
    reply = await Chat().says(said)
    assert phrases.CALM in reply
    assert "110" not in reply


@pytest.mark.parametrize("said", ["我想去死", "你们逼死我了"])
def test_who_speaks_of_dying_is_never_taken_for_rude(said: str) -> None:
    assert not said_freely.insults(said)


# ---- the number


@pytest.mark.parametrize("said", ["再补充一下 是三盏不是两盏", "补充：门口那家也很吵"])
async def test_more_of_the_matter_said_for_a_number_is_kept_and_the_number_asked_again(said: str) -> None:
    chat = await at(Step.CONTACT)
    assert phrases.NEW_TEXT in await chat.says(said)
    assert chat.session.step is Step.CONTACT
    assert "补充" not in text_of(chat)
    assert text_of(chat).startswith(f"{NOISE}\n")


@pytest.mark.parametrize(
    ("said", "name", "more"),
    [
        ("嗯 姓何 13711112222", "何", ""),
        ("我叫王建国，13711112222", "王建国", ""),
        ("13711112222 补充一下 他们每天晚上都开到两点", None, "他们每天晚上都开到两点"),
    ],
)
async def test_beside_a_number_stands_a_name_or_more_of_the_matter(
    said: str, name: str | None, more: str
) -> None:
    chat = await at(Step.CONTACT)
    await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.draft.phone, chat.session.draft.name) == ("13711112222", name)
    assert more in text_of(chat)
    assert "137" not in text_of(chat)


async def test_a_number_typed_at_the_description_is_offered_and_never_part_of_the_text() -> None:
    chat = await at(Step.DESCRIBE)
    for said in ("人民路", "13800138000", "人民路路灯坏了三盏", "不清楚"):
        reply = await chat.says(said)
    assert "用13800138000" in reply
    assert "13800138000" not in text_of(chat)
    for said in ("不留电话", "保密"):
        reply = await chat.says(said)
    assert "13800138000" not in reply


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("路灯坏了三天，我电话13812345678", "路灯坏了三天"),
        ("路灯坏了三天 13812345678", "路灯坏了三天"),
        ("联系13812345678。路灯坏了", "路灯坏了"),
        ("卖假货的老板电话13812345678，不退钱", "卖假货的老板电话13812345678，不退钱"),
        ("骗子号码138 1234 5678，我的手机号是13900001111", "骗子号码138 1234 5678"),
        ("路灯坏了三天", "路灯坏了三天"),
    ],
)
def test_only_the_clause_that_gives_ones_own_number_is_taken_out_of_a_story(text: str, left: str) -> None:
    assert without_own_phone(text) == left


# ---- the place


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("不对，在新华路", "新华路"),
        ("地点：新华路12号", "新华路12号"),
        ("是滨江公园 不是滨河公园", "滨江公园"),
        ("不是滨河公园，是滨江公园", "滨江公园"),
        ("嗯 在幸福里小区东门", "幸福里小区东门"),
        ("补充一下 就在小学边上", "小学边上"),
        ("对面工地", "对面工地"),
    ],
)
async def test_a_place_is_kept_without_the_words_around_it(said: str, place: str) -> None:
    chat = await at(Step.PLACE)
    await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.place == place


async def test_a_story_said_for_a_place_is_kept_as_such_and_the_place_asked_once_more() -> None:
    chat = await at(Step.PLACE)
    await chat.says("我老伴医保卡丢了 想补一张 不会弄")
    assert chat.session.step is Step.PLACE
    assert "医保卡" in text_of(chat)
    await chat.says("昨天晚上他们又吵到两点，没人来管")
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.place) == (Step.CONTACT, None)
    assert "两点" in text_of(chat)


@pytest.mark.parametrize("said", ["幸福里小区东门", "新华路和建设路交叉口", "文昌路88号"])
@pytest.mark.parametrize("step", [Step.CONFIRM_TYPE, Step.SUMMARY])
async def test_a_place_alone_where_a_choice_is_asked_for_is_the_place(said: str, step: Step) -> None:
    chat = await at(step)
    assert f"地点记下了：{said}" in await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.place, text_of(chat)) == (step, said, NOISE)


@pytest.mark.parametrize("said", ["还有油烟也很大", "物业不管我们小区", "路灯坏了", "门口"])
def test_what_says_more_than_a_place_is_none(said: str) -> None:
    assert place_words.bare_place(said) is None


async def test_a_place_alone_with_nothing_before_it_is_asked_what_is_the_matter() -> None:
    chat = Chat()
    assert phrases.WHAT_THERE in await chat.says("城南工业园宏达厂")
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.place) == (Step.DESCRIBE, "城南工业园宏达厂")


@pytest.mark.parametrize("step", [Step.PLACE, Step.CONTACT, Step.SUMMARY])
async def test_danger_in_the_middle_brings_the_numbers_first_and_the_form_waits_calmly(step: Step) -> None:
    chat = await at(step)
    before = chat.session.draft
    reply = await chat.says("我楼下着火了！！！！")
    assert reply.index("119") < reply.index(phrases.AFTER_DANGER)
    draft = chat.session.draft
    assert draft is not None
    assert before is not None
    assert (chat.session.step, draft.place) == (step, before.place)
    assert "着火" in draft.text


@pytest.mark.parametrize("step", [Step.PLACE, Step.CONTACT])
async def test_who_types_1_for_yes_is_told_once_that_it_goes_back(step: Step) -> None:
    chat = await at(step)
    assert phrases.ONE_GOES_BACK in await chat.says("1")
    assert chat.session.step is step
    await chat.says("1")
    assert chat.session.step is {Step.PLACE: Step.DESCRIBE, Step.CONTACT: Step.PLACE}[step]
    chat = await at(step)
    await chat.says("返回")
    assert chat.session.step is not step


# ---- after filing, and to nothing in particular


@pytest.mark.parametrize(
    "said",
    [
        "等等 我地址写错了 是阳光花园",
        "再补充一下 是三家不是两家",
        "补充 门口那家也吵",
        "地址说错了，是解放路",
    ],
)
async def test_a_correction_just_after_filing_goes_to_the_ticket_just_filed(said: str) -> None:
    chat, number = await filed()
    assert f"已经加到工单{number}" in await chat.says(said)
    assert chat.session.draft is None
    assert len(chat.town.desk.tickets) == 1


async def test_a_correction_an_hour_later_is_none_of_that_ticket() -> None:
    chat, number = await filed()
    await chat.says("首页")
    chat.waits(minutes=60)
    assert number not in await chat.says("等等 我地址写错了 是阳光花园")


async def test_giving_up_just_after_filing_asks_whether_to_withdraw() -> None:
    chat, _ = await filed()
    await chat.says("首页")
    assert "确定要撤回吗" in await chat.says("算了不报了")
    assert chat.session.step is Step.WITHDRAW


async def test_what_was_begun_is_found_again() -> None:
    chat = await at(Step.CONTACT)
    assert phrases.DRAFT_KEPT in await chat.says("我的诉求")
    assert "接着填" in await chat.says("首页")
    assert NOISE in await chat.says("咦刚才那个呢")
    assert chat.session.step is Step.RESUME


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("算了", phrases.ALL_WELL),
        ("你们几点上班", phrases.ALWAYS_HERE),
        ("你们电话多少", "12345"),
        ("你看着办", phrases.NOT_UNDERSTOOD),
        ("喂你好，我想反应个事", phrases.CHOOSE_TYPE),
        ("我要反应情况", phrases.CHOOSE_TYPE),
        ("谢谢闺女", phrases.THANKS),
    ],
)
async def test_words_to_nothing_in_particular_get_a_plain_answer(said: str, expected: str) -> None:
    reply = await Chat().says(said)
    assert expected in reply
    assert "危险，请" not in reply.replace(phrases.WELCOME, "")


async def test_asking_for_our_hours_fetches_nobody() -> None:
    chat = Chat(town=Town(has_person=True))
    await chat.says("人工几点下班")
    assert not chat.handed_over


async def test_what_was_meant_after_a_wrong_answer_is_filed_with_its_question() -> None:
    chat = Chat()
    for said in ("社保卡怎么补", "不是 我说的是医保 不是社保卡", "没解决"):
        await chat.says(said)
    assert text_of(chat) == "社保卡怎么补；不是 我说的是医保 不是社保卡"


async def test_stars_in_words_rate_in_the_middle_of_another_filing() -> None:
    chat, number = await filed()
    chat.town.desk.resolve(number, text="已经办好了。", now=chat.now)
    for said in ("首页", "路灯坏了三天没人修", "1星"):
        reply = await chat.says(said)
    assert phrases.WHY_BAD in reply
    await chat.says("是修好了 但是拖了一个月")
    rating = chat.town.desk.tickets[number].rating
    assert rating is not None
    assert (rating.stars, rating.comment) == (1, "是修好了 但是拖了一个月")
    assert chat.session.draft is not None
    assert text_of(chat) == "路灯坏了三天没人修"


async def test_more_text_is_guessed_anew() -> None:
    chat = await at(Step.CONFIRM_TYPE)
    await chat.says("有人往河里偷排污水，我要举报他们")
    assert chat.session.draft is not None
    assert chat.session.draft.guess is RequestType.REPORT


def test_an_urge_names_no_unit_where_there_is_none() -> None:
    assert "承办单位" not in phrases.reminded("HY1", unit_known=False)
    assert "承办单位" in phrases.reminded("HY1")


@pytest.mark.parametrize(
    "unit", ["嗯", "好了", "可以了", "我的", "号码", "不是", "位置是", "算了吧", "，", " 1"]
)
def test_no_text_however_repetitive_is_read_for_long(unit: str) -> None:
    for length in (28, 60, 5000):
        text = (unit * length)[:length] + "x"
        begun = time.process_time()
        said_freely.says_submit(text)
        said_freely.type_meant(text)
        said_freely.gives_up(text, outright=False)
        said_freely.wants_to_report(text)
        said_freely.corrects(text)
        said_freely.added(text)
        place_words.bare_place(text)
        without_own_phone(f"{text} 13812345678")
        assert time.process_time() - begun < 1, (unit, length)


async def test_who_files_what_is_urgent_is_told_so() -> None:
    chat = Chat()
    for said in ("我家煤气泄漏了", "登记这件事", "对", "人民路12号", "不留", "公开", "确认提交"):
        reply = await chat.says(said)
    number = re.search(r"HY\d+", reply)
    assert number
    assert ("这是急事" in reply) is (chat.town.desk.tickets[number[0]].urgency is Urgency.URGENT)


async def test_stars_and_their_reason_in_one_sentence_rate_at_once() -> None:
    chat, number = await filed()
    chat.town.desk.resolve(number, text="已经办好了。", now=chat.now)
    await chat.says("首页")
    assert "要不要请单位重新办理" in await chat.says("不满意 还是黑的")
    rating = chat.town.desk.tickets[number].rating
    assert rating is not None
    assert (rating.stars, rating.comment) == (2, "还是黑的")


async def test_a_dissatisfied_word_with_nothing_to_rate_is_heard_as_something_told() -> None:
    chat = Chat()
    reply = await chat.says("不满意，楼下烧烤店半夜还很吵")
    assert "是要投诉吗" in reply
    assert chat.session.comment is None


@pytest.mark.parametrize("said", ["对", "不改了", "嗯嗯", "用这个号"])
async def test_yes_and_remarks_are_no_description(said: str) -> None:
    chat = await at(Step.DESCRIBE)
    await chat.says(said)
    assert (chat.session.step, text_of(chat)) == (Step.DESCRIBE, "")
