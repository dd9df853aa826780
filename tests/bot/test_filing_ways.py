"""Filing as citizens do it: two matters at once, what was told before, consent, changes at the summary, codes scanned."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.conversations.turns import understand
from bot.talk import phrases, privacy_notice, spoken
from bot.talk.session import SCAN_COUNTS, Session, Step
from bot.wechat.messages import MessageKind
from routing.citizen_request import RequestType, Secrecy
from tests.bot.town import Chat
from tests.factories import MONDAY_9_30

TWO = "路灯坏了三天没人修。还有，楼下烧烤店半夜很吵"
LAMP, NOISE = "路灯坏了三天没人修", "楼下烧烤店半夜很吵"


def found_number(reply: str) -> str:
    number = re.search(r"HY\d+", reply)
    assert number, reply
    return number[0]


async def at_summary(**session: object) -> Chat:
    chat = Chat(session=Session(**session))  # type: ignore[arg-type]
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678", "公开"):
        await chat.says(said)
    if chat.session.step is not Step.SUMMARY:
        await chat.says("公开")
    assert chat.session.step is Step.SUMMARY
    return chat


# ---- several requests in one message


async def test_two_matters_in_one_message_become_two_tickets_with_one_contact() -> None:
    chat = Chat()
    reply = await chat.says(TWO)
    assert "两件事" in reply
    assert reply.index(LAMP) < reply.index(NOISE) < reply.index("分开登记")
    await chat.says("分开登记")
    assert chat.session.step is Step.CONFIRM_TYPE
    for said in ("换一种", "求助", "人民路12号", "13812345678", "保密", "确认提交"):
        reply = await chat.says(said)
    first = found_number(reply)
    assert "还有一件" in reply
    assert NOISE in reply
    await chat.says("对")
    assert chat.session.step is Step.PLACE, "each has its own place"
    await chat.says("解放路3号")
    assert chat.session.step is Step.SUMMARY, "number and secrecy were told once"
    second = found_number(await chat.says("确认提交"))
    tickets, citizens = chat.town.desk.tickets, chat.town.desk.citizens
    assert first != second
    assert [tickets[n].text for n in (first, second)] == [LAMP, NOISE]
    assert [tickets[n].place for n in (first, second)] == ["人民路12号", "解放路3号"]
    assert [tickets[n].request_type for n in (first, second)] == [RequestType.HELP, RequestType.COMPLAINT]
    assert [citizens[n].phone for n in (first, second)] == ["13812345678"] * 2
    assert [citizens[n].secrecy for n in (first, second)] == [Secrecy.SECRET] * 2


async def test_two_matters_may_stay_one_ticket() -> None:
    chat = Chat()
    await chat.says(TWO)
    await chat.says("合成一件")
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.more) == (TWO, ())
    assert "两件事" not in await chat.says("对")


async def test_one_of_two_matters_can_be_left_out_and_the_other_is_still_asked_about() -> None:
    chat = Chat()
    for said in (TWO, "分开", "不用了"):
        reply = await chat.says(said)
    assert NOISE in reply
    assert chat.session.draft is not None
    assert chat.session.draft.text == NOISE
    assert "都取消了" not in await chat.says("#")


async def test_cancelling_with_matters_waiting_says_that_none_was_filed() -> None:
    chat = Chat()
    for said in (TWO, "分开"):
        await chat.says(said)
    assert phrases.ALL_CANCELLED in await chat.says("#")


async def test_two_matters_told_at_the_description_are_offered_apart_too() -> None:
    chat = Chat()
    await chat.says("我要反映")
    await chat.says("投诉")
    assert "两件事" in await chat.says(TWO)
    await chat.says("是的")
    assert chat.session.step is Step.PLACE, "the type was chosen for the first"


async def test_a_confirmation_tapped_twice_says_nothing_about_the_next_matter() -> None:
    chat = Chat()
    for said in (TWO, "分开登记", "对", "不清楚", "不留", "保密", "确认提交"):
        await chat.says(said)
    before = chat.session.draft
    assert NOISE in await chat.says("确认提交", tapped=True)
    assert before is not None
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.request_type) == (before.text, before.request_type)


# ---- what was told before is offered


async def test_the_number_and_place_of_the_last_filing_are_offered_and_not_taken() -> None:
    chat = await at_summary()
    await chat.says("确认提交")
    for said in ("首页", "我要求助", "路灯坏了三天没人修"):
        reply = await chat.says(said)
    assert "人民路12号" in reply
    assert chat.session.draft is not None
    assert chat.session.draft.place is None
    reply = await chat.says("是的")
    assert chat.session.draft.place == "人民路12号"
    assert "用13812345678" in reply
    assert chat.session.draft.phone is None
    await chat.says("2")
    assert chat.session.draft.phone == "13812345678"


async def test_who_was_anonymous_is_offered_nothing_next_time() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678", "匿名", "确认提交"):
        await chat.says(said)
    assert (chat.session.phone, chat.session.place) == (None, None)


async def test_a_place_and_a_number_in_the_story_are_offered() -> None:
    chat = Chat()
    await chat.says("我要投诉")
    reply = await chat.says("城关镇人民路12号楼下烧烤店半夜还很吵，我电话13812345678")
    assert "城关镇人民路12号" in reply
    assert chat.session.draft is not None
    assert (chat.session.draft.place, chat.session.draft.phone) == (None, None)
    reply = await chat.says("就是这里")
    assert "用13812345678" in reply
    await chat.says("不留电话")
    assert chat.session.draft.phone is None


async def test_what_is_remembered_is_forgotten_on_request() -> None:
    chat = await at_summary()
    await chat.says("确认提交")
    assert chat.session.phone == "13812345678"
    assert phrases.FORGOTTEN in await chat.says("删除我的信息")
    assert (chat.session.phone, chat.session.name, chat.session.place) == (None, None, None)
    assert chat.session.consent is None


# ---- consent


async def test_consent_is_asked_before_the_first_number_recorded_with_version_and_time_and_not_asked_twice() -> (
    None
):
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号"):
        reply = await chat.says(said)
    assert privacy_notice.SHORT in reply
    assert chat.session.consent is None
    await chat.says("13812345678")
    assert (chat.session.consent, chat.session.consent_at) == (privacy_notice.VERSION, chat.now)
    for said in ("公开", "确认提交", "首页", "我要投诉", "对面工地太吵了", "不清楚"):
        reply = await chat.says(said)
    assert "请留一个手机号" in reply
    assert privacy_notice.SHORT not in reply


async def test_a_notice_of_another_version_is_asked_for_again() -> None:
    chat = Chat(session=Session(consent="2020-01", consent_at=MONDAY_9_30))
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号"):
        reply = await chat.says(said)
    assert privacy_notice.SHORT in reply
    await chat.says("13812345678")
    assert chat.session.consent == privacy_notice.VERSION


@pytest.mark.parametrize("said", ["不同意", "不留电话", "我不同意你们用我的号码"])
async def test_who_does_not_agree_files_all_the_same_without_a_number(said: str) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", said, "匿名", "确认提交"):
        reply = await chat.says(line)
    citizen = chat.town.desk.citizens[found_number(reply)]
    assert (citizen.phone, citizen.secrecy, chat.session.consent) == (None, Secrecy.ANONYMOUS, None)


async def test_the_whole_notice_is_read_at_any_question_and_the_question_stands() -> None:
    chat = Chat()
    for said in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号"):
        await chat.says(said)
    reply = await chat.says("隐私")
    assert "加密保存" in reply
    assert "请留一个手机号" in reply
    assert chat.session.step is Step.CONTACT


@pytest.mark.parametrize(
    ("steps", "said", "expected"),
    [
        (3, "为什么要留电话", phrases.WHY_PHONE),
        (3, "留电话干嘛", phrases.WHY_PHONE),
        (3, "会不会被人知道是我投诉的", phrases.SECRECY_EXPLAINED),
        (4, "保密是什么意思", phrases.SECRECY_EXPLAINED),
        (4, "公开和匿名有什么区别", phrases.SECRECY_EXPLAINED),
        (2, "多久能给答复", phrases.WHEN_DONE),
        (2, "要收费吗", phrases.FREE_OF_CHARGE),
    ],
)
async def test_a_question_about_the_filing_itself_is_answered_and_asked_again(
    steps: int, said: str, expected: str
) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "13812345678")[:steps]:
        await chat.says(line)
    before = chat.session.step
    reply = await chat.says(said)
    assert expected.splitlines()[0] in reply
    assert chat.session.step is before


# ---- changes before confirming


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ("地点改成解放路3号", "place", "解放路3号"),
        ("地址错了，应该是解放路3号", "place", "解放路3号"),
        ("电话改成13900001111", "phone", "13900001111"),
        ("13900001111", "phone", "13900001111"),
        ("类型改为求助", "request_type", RequestType.HELP),
        ("保密", "secrecy", Secrecy.SECRET),
        ("还是匿名吧", "secrecy", Secrecy.ANONYMOUS),
        ("内容改成烧烤店已经搬到对面了", "text", "烧烤店已经搬到对面了"),
    ],
)
async def test_a_change_in_words_at_the_summary_changes_that_field_alone(
    said: str, field: str, value: object
) -> None:
    chat = await at_summary()
    await chat.says(said)
    assert chat.session.step is Step.SUMMARY
    assert getattr(chat.session.draft, field) == value
    if field != "text":
        assert chat.session.draft.text == "楼下烧烤店半夜还很吵"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("改内容", "对面工地太吵了"),
        ("改地点", "解放路3号"),
        ("改联系方式", "13900001111"),
        ("改类型", "求助"),
        ("改公开方式", "保密"),
    ],
)
async def test_every_field_can_be_changed_and_leads_back_to_the_summary(edit: str, said: str) -> None:
    chat = await at_summary()
    await chat.says(edit)
    assert chat.session.step is not Step.SUMMARY
    reply = await chat.says(said)
    assert chat.session.step is Step.SUMMARY
    assert said in reply


@pytest.mark.parametrize("edit", ["改内容", "改地点", "改联系方式", "改类型", "改公开方式"])
async def test_back_from_a_change_is_the_summary_unchanged(edit: str) -> None:
    chat = await at_summary()
    before = chat.session.draft
    await chat.says(edit)
    await chat.says("返回")
    assert chat.session.step is Step.SUMMARY
    assert before is not None
    assert chat.session.draft is not None
    assert (chat.session.draft.text, chat.session.draft.place) == (before.text, before.place)


async def test_too_short_a_change_of_the_text_leaves_what_stood_there() -> None:
    chat = await at_summary()
    for said in ("改内容", "吵"):
        await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.text == "楼下烧烤店半夜还很吵"
    assert chat.session.step is Step.DESCRIBE


async def test_photos_can_be_taken_back_before_confirming() -> None:
    chat = await at_summary()
    await chat.sends(MessageKind.IMAGE, media_id="wrong")
    assert "去掉照片" in await chat.says("？")
    assert "照片去掉了" in await chat.says("去掉照片")
    assert chat.session.draft is not None
    assert chat.session.draft.pictures == ()


async def test_a_number_typed_at_the_summary_is_not_part_of_what_the_unit_reads() -> None:
    chat = await at_summary()
    await chat.says("电话打13900001111")
    reply = await chat.says("确认")
    assert "13900001111" not in chat.town.desk.tickets[found_number(reply)].text


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("我要投诉", RequestType.COMPLAINT),
        ("咨询", RequestType.CONSULTATION),
        ("我想表扬", RequestType.PRAISE),
    ],
)
async def test_a_type_named_where_the_matter_was_asked_for_is_the_type_and_not_the_matter(
    said: str, named: RequestType
) -> None:
    chat = Chat()
    for line in ("留言", said):
        await chat.says(line)
    assert chat.session.draft is not None
    assert (chat.session.draft.request_type, chat.session.draft.text) == (named, "")
    chat = Chat()
    for line in ("火星上有水吗", "登记成工单", said):
        await chat.says(line)
    assert chat.session.draft is not None
    assert chat.session.draft.request_type is named


@pytest.mark.parametrize("said", ["催办", "我要问", "撤回", "评价"])
async def test_a_command_in_the_middle_of_a_filing_waits_and_is_no_answer(said: str) -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵"):
        await chat.says(line)
    assert phrases.FILE_FIRST in await chat.says(said)
    assert chat.session.draft is not None
    assert (chat.session.step, chat.session.draft.place) == (Step.PLACE, None)


async def test_more_of_the_story_said_for_a_place_is_story() -> None:
    chat = Chat()
    for line in ("我要投诉", "烧烤店半夜还很吵"):
        await chat.says(line)
    assert "发生在哪里" in await chat.says("昨晚又吵到两点，孩子没法睡")
    assert chat.session.draft is not None
    assert chat.session.draft.place is None
    assert "没法睡" in chat.session.draft.text


async def test_a_number_and_secrecy_said_before_they_are_asked_for_are_kept_and_not_part_of_the_matter() -> (
    None
):
    chat = Chat()
    for line in ("楼下烧烤店半夜还很吵", "13812345678 老刘", "保密"):
        await chat.says(line)
    draft = chat.session.draft
    assert draft is not None
    assert (draft.text, draft.phone) == ("楼下烧烤店半夜还很吵", None)
    assert (draft.name, draft.secrecy) == ("老刘", Secrecy.SECRET)
    for line in ("对", "人民路12号"):
        reply = await chat.says(line)
    assert "用13812345678" in reply


async def test_who_asks_is_not_asked_where_it_happened() -> None:
    chat = Chat()
    for line in ("火星上有水吗", "登记成工单", "对"):
        await chat.says(line)
    assert chat.session.step is Step.CONTACT


async def test_a_trouble_told_without_a_question_is_offered_for_filing_though_a_known_question_comes_near() -> (
    None
):
    chat = Chat()
    assert "我帮您登记" in await chat.says("俺家门口的路灯坏了好几天了，今天天气又黑")
    assert "没有把握" in await Chat().says("我想给老家的房子办个证")


async def test_a_number_dictated_in_chinese_numerals_is_a_number() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号"):
        await chat.says(line)
    await chat.sends(MessageKind.VOICE, content="幺三八零零零零一一一一。")
    assert chat.session.draft is not None
    assert chat.session.draft.phone == "13800001111"


async def test_a_name_and_number_after_all_are_both_kept() -> None:
    chat = Chat()
    for line in ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "不留", "13800001111 李秀英"):
        await chat.says(line)
    assert chat.session.draft is not None
    assert (chat.session.draft.phone, chat.session.draft.name) == ("13800001111", "李秀英")
    await chat.says("不用保密")
    assert chat.session.draft.secrecy is Secrecy.PUBLIC


@pytest.mark.parametrize("said", ["催办", "怎么还没人来", "评价", "撤回"])
async def test_a_word_on_a_ticket_passes_over_a_filing_that_is_only_offered_and_keeps_it(said: str) -> None:
    chat = Chat()
    await chat.says("楼下烧烤店半夜还很吵")
    assert phrases.NONE_MINE in await chat.says(said)
    assert chat.session.draft is not None
    assert chat.session.draft.text == "楼下烧烤店半夜还很吵"


@pytest.mark.parametrize("said", ["好了，谢谢", "知道了，多谢你们", "感谢政府", "谢谢啦"])
async def test_thanks_are_no_praise_to_be_filed(said: str) -> None:
    assert phrases.THANKS in await Chat().says(said)


# ---- codes


async def test_the_place_of_a_scanned_code_is_taken_and_said_for_what_is_reported_soon_after() -> None:
    chat = Chat()
    reply = await chat.scans("政务大厅3号窗口", "政务服务大厅", event="subscribe")
    assert "您在“政务大厅3号窗口”扫的码" in reply
    assert "这里是12345网上服务" in reply
    for said in ("我要投诉", "窗口的人态度太差了"):
        reply = await chat.says(said)
    assert "地点按您扫的码：政务服务大厅" in reply
    assert chat.session.draft is not None
    assert (chat.session.draft.place, chat.session.step) == ("政务服务大厅", Step.CONTACT)
    for said in ("不留", "保密", "地点改成解放路3号"):
        reply = await chat.says(said)
    assert "地点：解放路3号" in reply


async def test_a_code_scanned_in_the_middle_of_a_filing_gives_its_place_and_keeps_the_draft() -> None:
    chat = Chat()
    for said in ("我要投诉", "窗口的人态度太差了"):
        await chat.says(said)
    reply = await chat.scans("政务大厅3号窗口", "政务服务大厅")
    assert "接着填" in reply
    assert "地点按您扫的码：政务服务大厅" in reply
    assert "请留一个手机号" in await chat.says("接着填")


async def test_a_scan_of_this_morning_says_nothing_about_this_afternoon() -> None:
    chat = Chat()
    await chat.scans("政务大厅3号窗口", "政务服务大厅")
    chat.now += SCAN_COUNTS + timedelta(minutes=1)
    for said in ("我要投诉", "楼下烧烤店半夜还很吵"):
        reply = await chat.says(said)
    assert "政务服务大厅" not in reply


async def test_an_account_greets_in_its_own_words() -> None:
    reply = await Chat().sends_quietly(
        MessageKind.EVENT, event="subscribe", welcome="您好，这里是清和县市场监管局。"
    )
    assert str(reply).startswith("您好，这里是清和县市场监管局。\n问政策、反映问题、查进度")


# ---- words of every kind


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("查進度", "查进度"),
        ("我的訴求", "我的诉求"),
        ("我要舉報", "我要举报"),
        ("長輩模式", "长辈模式"),
        ("沒解決呀", "没解决"),
        ("查进度嘛", "查进度"),
        ("请帮我催一下", "催一下"),
        ("投诉一下吧", "投诉"),
        ("第三个", "3"),
        ("选二", "2"),
        ("3️⃣", "3"),
        ("４。", "4"),
        ("两", "2"),
        ("回复1", "1"),
    ],
)
def test_a_command_is_known_however_it_is_written(said: str, means: str) -> None:
    assert spoken.command_word(spoken.tidy(said)) == means


@pytest.mark.parametrize(
    "said", ["轉人工", "人工客服", "找个人说话", "叫个人来", "我要跟人说话", "客服", "转接人工吧"]
)
async def test_a_person_is_asked_for_in_many_words(said: str) -> None:
    assert "请拨打12345" in await Chat().says(said)


@pytest.mark.parametrize("said", ["樓上著火了，快來人", "我不想活了，沒有人聽我說", "煤氣漏氣了怎麼辦"])
def test_danger_in_traditional_characters_is_danger(said: str) -> None:
    heard, plain = understand(said).emergency, understand(spoken.simplified(said)).emergency
    assert heard is not None
    assert plain is not None
    assert (heard.kind, heard.sure) == (plain.kind, plain.sure)
