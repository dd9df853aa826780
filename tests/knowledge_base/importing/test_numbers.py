"""文号 as they are typed, told from the numbers a text cites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge_base.importing.numbers import normal_number, number_on_annexes, numbers_in, own_number

TYPED = [
    ("清政发〔2024〕5号", "as the standard has it"),
    ("清政发[2024]5号", "square brackets"),
    ("清政发【2024】5号", "lenticular brackets"),
    ("清政发（2024）5号", "full-width round brackets"),
    ("清政发(2024)5号", "half-width round brackets"),
    ("清政发〔２０２４〕５号", "full-width digits"),
    ("清 政 发 〔2024〕 5 号", "spread out"),
    ("清政发〔2024〕第5号", "with 第"),
    ("清政发﹝2024﹞5号", "small brackets"),
]


@pytest.mark.parametrize("typed", [typed for typed, _ in TYPED], ids=[why for _, why in TYPED])
def test_every_way_of_typing_a_number_is_the_same_number(typed: str) -> None:
    assert own_number([typed]) == "清政发〔2024〕5号"
    assert normal_number(typed) == "清政发〔2024〕5号"


OWN = [
    (
        ["清和县人民政府文件", "清政发〔2024〕5号", "关于印发高龄津贴发放办法的通知"],
        "清政发〔2024〕5号",
        "under the red head",
    ),
    (["清政发〔2024〕5号    签发人：王某"], "清政发〔2024〕5号", "beside its signer"),
    (["发文字号：清政发〔2024〕5号"], "清政发〔2024〕5号", "behind its label"),
    (["清和县高龄津贴发放办法（清政发〔2024〕5号）"], "清政发〔2024〕5号", "in brackets behind the title"),
    (["关于印发高龄津贴发放办法的通知 清政发〔2024〕5号"], "清政发〔2024〕5号", "on the title's line"),
    (
        ["清政发〔2024〕5号 关于印发高龄津贴发放办法的通知"],
        "清政发〔2024〕5号",
        "before the title on its line",
    ),
    (["和行办发〔2024〕7号"], "和行办发〔2024〕7号", "a code that begins with a joining word"),
    (["清和县人民政府令", "第 12 号", "清和县烟花爆竹管理办法"], "清和县人民政府令第12号", "an order"),
    (["清和县人民政府令第十二号"], "清和县人民政府令第十二号", "an order in words"),
    (["云川市税务局公告2024年第9号"], "云川市税务局公告2024年第9号", "a notice with year and number"),
    (
        ["云川市税务局关于申报期限的通告", "2024年第2号"],
        "云川市税务局通告2024年第2号",
        "a notice, number below its title",
    ),
    (["根据《实施意见》（云政发〔2023〕1号）精神，现通知如下"], None, "a number cited in a sentence"),
    (["关于贯彻《实施意见》（云政发〔2023〕1号）"], None, "a number cited behind a quoted title"),
    (["清和县高龄津贴发放办法", "为了弘扬敬老传统"], None, "none at all"),
]


@pytest.mark.parametrize(("head", "number"), [row[:2] for row in OWN], ids=[row[2] for row in OWN])
def test_the_number_a_document_bears_is_told_from_those_it_cites(head: list[str], number: str | None) -> None:
    assert own_number(head) == number


def test_cited_numbers_are_found_where_they_stand() -> None:
    text = "按照云政发〔2023〕1号和《意见》（云政办发[2022]第8号）的要求"
    assert [each.number for each in numbers_in(text)] == ["云政发〔2023〕1号", "云政办发〔2022〕8号"]
    first = numbers_in(text)[0]
    assert text[first.start : first.end] == "云政发〔2023〕1号"


def test_annexes_name_the_number_of_their_letter() -> None:
    assert number_on_annexes(["正文", "清建发〔2024〕46号附件1"]) == "清建发〔2024〕46号"
    assert number_on_annexes(["见清建发〔2024〕46号附件1所列名单。"]) is None


@given(st.text(max_size=200))
def test_no_text_whatever_makes_it_fail(text: str) -> None:
    for found in numbers_in(text):
        assert 0 <= found.start < found.end <= len(text)
    own_number(text.splitlines())
    normal_number(text)
