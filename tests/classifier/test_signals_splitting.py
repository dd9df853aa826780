"""Two requests in one text are parted; one request is never cut in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.signals import split_requests
from tests.classifier.signal_cases import cases, public_messages


def test_one_request_is_never_cut() -> None:
    cut = [(text, split_requests(text)) for number, text in cases("requests") if int(number) == 1]
    assert [row for row in cut if len(row[1]) > 1] == []


def test_most_texts_of_several_requests_are_parted_rightly() -> None:
    several = [(int(number), text) for number, text in cases("requests") if int(number) > 1]
    missed = [text for number, text in several if len(split_requests(text)) != number]
    assert len(missed) <= 0.1 * len(several), missed


def test_the_second_request_keeps_the_place_of_the_first() -> None:
    text = "我是和平里社区居民，宽带断了一周客服不理。另外一件事，路灯也不亮了。"
    first, second = split_requests(text)
    assert first == "我是和平里社区居民，宽带断了一周客服不理。"
    assert second == "我是和平里社区居民，路灯也不亮了。"


def test_a_list_keeps_its_introduction_where_it_says_who_speaks() -> None:
    pieces = split_requests("我住和平里社区，反映两件事：1.路灯不亮了 2.医保卡怎么补办")
    assert pieces == ("我住和平里社区，路灯不亮了", "我住和平里社区，医保卡怎么补办")


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("我们小区有两件事：一是路灯坏了，二是垃圾没人收", ("我们小区路灯坏了，", "我们小区垃圾没人收")),
        (
            "我家有两个问题：屋顶漏水没人修；楼下烧烤店半夜太吵",
            ("我家屋顶漏水没人修；", "我家楼下烧烤店半夜太吵"),
        ),
        ("我家楼上漏水没人管，另外小区路灯也坏了", ("我家楼上漏水没人管，", "小区路灯也坏了")),
    ],
)
def test_a_shared_opening_makes_a_sentence_its_writer_would_own(text: str, pieces: tuple[str, ...]) -> None:
    assert split_requests(text) == pieces


def test_as_said_leaves_out_the_opening_of_the_first() -> None:
    text = "文昌路88号楼下烧烤店太吵，还有门口路灯坏了"
    assert split_requests(text, as_said=True) == ("文昌路88号楼下烧烤店太吵，", "门口路灯坏了")


def test_real_letters_of_one_matter_stay_whole(shared_data: Path) -> None:
    messages = list(public_messages(shared_data))
    assert sum(len(split_requests(text)) > 1 for text in messages) <= 0.001 * len(messages)


def test_a_word_that_adds_a_question_to_the_same_request_does_not_part() -> None:
    for text in (
        "新生儿落户要带什么，还有要多久能办好",
        "装修押金什么时候退，还有为什么扣我两百",
        "孩子转学材料交了，另外也没有人通知我们结果",
        "残疾证到期了怎么换，我爸走不了路，能不能上门",
    ):
        assert split_requests(text) == (text,)


def test_a_turn_said_outright_parts_whatever_the_requests_are_about() -> None:
    text = "游泳馆的年卡一直退不了，另外想问一下灵活就业的怎么交医疗"
    assert split_requests(text) == ("游泳馆的年卡一直退不了，", "灵活就业的怎么交医疗")


def test_a_question_and_a_complaint_about_somebody_else_are_parted() -> None:
    text = "请问助听器有补助吗。楼下理发店的转灯晚上晃得我睡不着"
    assert split_requests(text) == ("请问助听器有补助吗。", "楼下理发店的转灯晚上晃得我睡不着")


def test_as_many_clauses_as_were_announced_are_parted() -> None:
    pieces = split_requests("反映两个事儿，文化站的门老锁着，河里有人电鱼")
    assert [piece.split("，")[-1] for piece in pieces] == ["文化站的门老锁着", "河里有人电鱼"]


@given(st.text(alphabet="一二三1234.、（）(；。，另外还有首先其次路灯不亮医保怎么办问\n ", max_size=200))
def test_any_text_yields_one_to_six_requests_that_stand_in_it(text: str) -> None:
    pieces = split_requests(text)
    assert 1 <= len(pieces) <= 6
    if len(pieces) == 1:
        assert pieces == (text,)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("楼下烧烤摊半夜还在吵。另外小区门口的路灯也坏了好几天", 2),
        ("楼下烧烤摊半夜还在吵，另外小区门口路灯也坏了", 2),
        ("小区电梯坏了一周没人修，还有门口的井盖也丢了，太危险", 2),
        ("物业收费高，另外服务也差", 1),
        ("电梯坏了，另外维修的电话也打不通", 1),
    ],
)
def test_another_matter_that_is_bad_too_is_a_request_of_its_own(text: str, parts: int) -> None:
    assert len(split_requests(text)) == parts
