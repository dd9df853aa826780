"""The check of an answer before it is sent: what it says of sentences of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reply_check import (
    Doubt,
    Finding,
    Standing,
    check_reply,
    cited_in,
    fit,
    shared_rarity,
    to_override,
)

SMOKE = "夜市烧烤油烟扰民\n楼下烧烤店每天营业到凌晨，油烟排到二楼窗户，影响休息。"
LAMP = "路灯不亮\n城关街道中山路东段的路灯坏了半个月，晚上走路看不清。"
PENSION = "养老金怎么认证\n我母亲八十岁，在外地，养老金资格认证怎么办？"

GOOD = (
    (SMOKE, "烧烤店油烟问题已到现场核实，责令商户七日内装净化设备。"),
    (
        SMOKE,
        "您好！您反映的烧烤油烟问题收悉。经现场检查，该店未装油烟净化设施，已依法立案并责令停业整改，如再发现请拨打12345。",
    ),
    (LAMP, "中山路东段12盏路灯因电缆破损停电，维修人员昨晚已换好电缆，现在都亮了。"),
    (LAMP, "路灯归县住建局管，我局已会同住建局到现场核实，电缆已更换。如还有不亮的，请联系县住建局市政科。"),
    (
        PENSION,
        "养老金资格认证可以在手机上办：打开电子社保卡，按提示刷脸即可。不会用手机的，可请社区上门办理。",
    ),
    (PENSION, "您母亲可以在居住地社区做养老金资格认证，带身份证就行，不用回来。咨询电话0731-84000000。"),
)
BAD = (
    (SMOKE, "好的。", Doubt.TOO_SHORT),
    (SMOKE, "您好！您反映的问题收悉，我局高度重视，将尽快处理。感谢您的理解和支持！", Doubt.EMPTY_WORDS),
    (SMOKE, "您好，您反映的问题已转相关部门处理，感谢您的关心和支持，祝您生活愉快！", Doubt.EMPTY_WORDS),
    (SMOKE, "养老金资格认证可以用电子社保卡刷脸办理，不用跑窗口。", Doubt.OFF_THE_POINT),
    (LAMP, "经核实，该小区物业收费标准已在公示栏公开，业主可以查阅合同。", Doubt.OFF_THE_POINT),
    (LAMP, "路灯不属于我单位职责范围，请您联系相关部门反映。", Doubt.PASSES_THE_BUCK),
    (LAMP, "您好，中山路的路灯请直接向市政管理部门反映。", Doubt.PASSES_THE_BUCK),
    (LAMP, "您好，经核实，路灯的问题不属于我局管辖范围，请向供电公司反映。", Doubt.PASSES_THE_BUCK),
    (LAMP, "您好！此事不归我局管，按照规定请您找供电公司反映路灯问题。", Doubt.PASSES_THE_BUCK),
    (LAMP, "中山路路灯电缆破损，我局将于12月5日前修复完毕。", Doubt.PROMISES_A_DATE),
    (LAMP, "路灯我们保证三天内全部修好，请放心。", Doubt.PROMISES_A_DATE),
    (LAMP, "路灯已派人维修，有事找维修工，手机13912345678。", Doubt.PERSONAL_DATA),
    (SMOKE, "经查，该烧烤店申请人李明国，身份证11010519900307231X，已责令整改油烟。", Doubt.PERSONAL_DATA),
    (SMOKE, "根据《清和县夜间餐饮油烟管理办法》，已责令该烧烤店整改油烟。", Doubt.UNKNOWN_CITATION),
    (SMOKE, "根据清政发〔2019〕77号文件，已责令该烧烤店整改油烟。", Doubt.UNKNOWN_CITATION),
    (LAMP, "您好！您反映的{事项}收悉，路灯已由维修队更换电缆。", Doubt.UNFILLED),
)


LONG_LAMP = (
    "东门社区中山路路灯不亮\n您好，我家住在东门社区，从上个月开始小区门口中山路上的路灯就一直不亮，晚上下班回家黑得看不见路，"
    "老人和孩子出门很不安全。之前跟物业说过好几次，物业说归市政管，一直没有人来修，希望有关部门尽快派人来看看，给个明确的答复。"
)
LONG_PENSION = (
    "您好，您反映的问题已收悉，现答复如下：经核实，您的养老保险关系已经从外地转入，缴费年限合并计算以后满十五年。按照规定，"
    "到龄当月带身份证、户口簿和银行卡，到就近的人社服务中心窗口申请，也可以在手机上办理，一般十五个工作日内审核，次月起按月发放。"
    "需要补缴的月份，请带原单位开具的证明到窗口核对，工作人员会当面说明每月能领多少。"
)
LONG_REPAIR = (
    "您好，您反映的问题已收悉，现答复如下：经市政养护人员到东门社区中山路现场查看，小区门口到路口共有四盏路灯不亮，"
    "原因是地下电缆被施工挖断。当晚已接好临时线路，四盏路灯都亮了；被挖断的电缆由施工单位重新敷设，我们每天巡查，"
    "确保晚上出门安全。感谢您的监督。"
)


def test_long_texts_that_share_no_more_than_chance_are_off_the_point() -> None:
    assert shared_rarity(LONG_LAMP, LONG_PENSION) > 5, "a few words are in both, as in any two long texts"
    assert Finding(Doubt.OFF_THE_POINT) in check_reply(LONG_PENSION, asked=LONG_LAMP)
    assert check_reply(LONG_REPAIR, asked=LONG_LAMP) == ()
    assert fit(LONG_LAMP, LONG_REPAIR) > fit(LONG_LAMP, LONG_PENSION) + 5


@pytest.mark.parametrize(("asked", "reply"), GOOD)
def test_an_answer_that_says_what_was_found_and_done_raises_no_doubt(asked: str, reply: str) -> None:
    assert check_reply(reply, asked=asked) == ()


@pytest.mark.parametrize(("asked", "reply", "doubt"), BAD)
def test_each_fault_is_named(asked: str, reply: str, doubt: Doubt) -> None:
    found = check_reply(reply, asked=asked, look_up=lambda cited: Standing.UNKNOWN)
    assert doubt in {each.doubt for each in found}, found


@given(st.text(max_size=300))
def test_a_quote_stands_in_the_answer_and_no_doubt_comes_twice(reply: str) -> None:
    found = check_reply(reply, asked=LAMP)
    assert len({each.doubt for each in found}) == len(found)
    own_words = {Doubt.PASSES_THE_BUCK, Doubt.PROMISES_A_DATE, Doubt.UNFILLED}
    assert all(each.quote in reply for each in found if each.doubt in own_words)


def test_the_words_about_a_promise_are_quoted() -> None:
    found = check_reply("中山路路灯电缆破损，我局将于12月5日前修复完毕。", asked=LAMP)
    assert found == (Finding(Doubt.PROMISES_A_DATE, "我局将于12月5日前修复"),)


def test_a_lapsed_document_is_told_from_an_unknown_one() -> None:
    reply = "根据《清和县户外广告管理办法》和《清和县油烟管理条例》，已责令烧烤店整改油烟。"
    found = check_reply(
        reply, asked=SMOKE, look_up=lambda cited: Standing.LAPSED if "广告" in cited else Standing.UNKNOWN
    )
    assert found == (
        Finding(Doubt.UNKNOWN_CITATION, "清和县油烟管理条例"),
        Finding(Doubt.LAPSED_CITATION, "清和县户外广告管理办法"),
    )


def test_a_book_in_quotation_marks_is_no_law() -> None:
    assert cited_in("《红楼梦》里写过；依据《信访工作条例》和国发〔2020〕5号") == (
        "国发〔2020〕5号",
        "信访工作条例",
    )


def test_a_reason_excuses_only_what_was_seen() -> None:
    found = (Finding(Doubt.PROMISES_A_DATE), Finding(Doubt.PERSONAL_DATA))
    assert to_override(found[:1], ["promises_a_date"])
    assert not to_override(found, ["promises_a_date"])
