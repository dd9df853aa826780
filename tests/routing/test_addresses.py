"""Roads, crossings and estates as citizens write them; no door number ever leaves the parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.places.addresses import AddressKind, find_addresses


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("青石路与柳岸路交叉口的红绿灯坏了", ["青石路与柳岸路交叉口"]),
        ("建议在青石路、柳岸路路口增设信号灯", ["青石路与柳岸路交叉口"]),
        ("家住和平路，门前的马路没有路灯", ["和平路"]),  # begins with what elsewhere ends a name
        ("从镇南路走到东湖大道要绕路", ["镇南路", "东湖大道"]),
        ("青石路断头，柳岸路积水，青石路没有人管", ["青石路", "柳岸路"]),  # each once
        ("清河街道翠湖花园电梯坏了", ["翠湖花园"]),  # not the larger place before it
        ("翠湖小区3栋楼顶漏水", ["翠湖小区"]),
        ("小区里的道路坑坑洼洼，走路不方便", []),
        ("公交线路调整，铁路口堵车，我们老旧小区没人管", []),
        ("上街买菜，沿街摆摊", []),
        ("", []),
    ],
)
def test_what_is_named_is_found_and_what_only_sounds_like_it_is_not(text: str, spoken: list[str]) -> None:
    assert [address.spoken() for address in find_addresses(text)] == spoken


@pytest.mark.parametrize(
    "text",
    [
        "青石路128号的早点铺",
        "青石路888弄12号502室",
        "翠湖花园3号楼2单元501室",
        "翠湖小区3栋",
        "青石路一百二十号",
    ],
)
def test_a_door_number_is_noticed_and_never_repeated(text: str) -> None:
    (address,) = find_addresses(text)
    assert address.has_door_number
    assert not re.search(r"\d|号|栋|室|弄", address.spoken())
    assert text[address.start : address.end] not in address.spoken()


def test_a_crossing_has_two_roads_and_no_door() -> None:
    (crossing,) = find_addresses("青石路和柳岸路的交叉路口")
    assert crossing.kind is AddressKind.CROSSING
    assert crossing.names == ("青石路", "柳岸路")
    assert not crossing.has_door_number


@given(st.text(alphabet="青石柳岸路街小区花园号栋与和交叉口12 ，。在的", max_size=40))
def test_no_text_breaks_the_parser_and_no_digit_comes_out(text: str) -> None:
    for address in find_addresses(text):
        assert 0 <= address.start < address.end <= len(text)
        assert not any(character.isdigit() for character in address.spoken())
