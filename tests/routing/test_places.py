"""Which place words mean: the deepest one they agree on, or the candidates a person is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.places.gazetteer import load_gazetteer
from routing.tables import InvalidTable

GAZETTEER = load_gazetteer()


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("我住在柳泉镇", "qh.liuquan"),
        ("柳泉镇李家庄的路坏了", "qh.liuquan.lijia"),  # the village's short name, told apart by its town
        ("清和县石桥镇李家庄村", "qh.shiqiao.lijia"),
        ("河西街道中山路的井盖", "qh.hexi.xinhua.r-zhongshan"),  # one of two roads of this name
        ("县医院门口乱停车", "qh.chengguan.zhongjie.l-renmin-hospital"),  # an alias
        ("滨江１号物业", "qh.hexi.yanjiang.e-binjiang"),  # full-width digit, alias with a digit
        ("石桥镇中学旁边的网吧", "qh.shiqiao.qiaotou.s-zhongxue"),  # not the town: the longest name wins
        ("清和县", "qh"),
        ("云川市清和县", "qh"),
        ("望川区的公交", "wc"),  # a neighbour, so that it can be told apart
    ],
)
def test_words_name_one_place(text: str, place_id: str) -> None:
    match = GAZETTEER.find(text)
    assert match.place is not None
    assert match.place.id == place_id
    assert match.candidates == ()


@pytest.mark.parametrize(
    ("text", "place_ids"),
    [
        ("李家庄村没有水", {"qh.liuquan.lijia", "qh.shiqiao.lijia"}),  # two villages of one name
        ("中山路路灯", {"qh.chengguan.zhongjie.r-zhongshan", "qh.hexi.xinhua.r-zhongshan"}),
        ("阳光花园物业", {"qh.hexi.xinhua.e-yangguang", "qh.majiaji.majie.e-yangguang"}),
        ("柳泉镇到石桥镇的班车", {"qh.liuquan", "qh.shiqiao"}),  # from one town to another
        ("清和县柳泉镇双井村和白杨镇", {"qh.liuquan.shuangjing", "qh.baiyang"}),  # a stray second town
    ],
)
def test_words_that_fit_several_places_leave_the_choice_open(text: str, place_ids: set[str]) -> None:
    match = GAZETTEER.find(text)
    assert match.place is None
    assert {place.id for place in match.candidates} == place_ids


@pytest.mark.parametrize("text", ["", "路灯不亮", "门口", "统一中心城区以外的地方"])
def test_a_text_without_a_place_names_none(text: str) -> None:
    match = GAZETTEER.find(text)
    assert (match.place, match.candidates, match.words) == (None, (), ())


def test_the_words_found_are_told_in_their_order_each_once() -> None:
    assert GAZETTEER.find("石桥镇李家庄，还是石桥镇李家庄").words == ("石桥镇", "李家庄")


def test_a_place_knows_its_township_and_a_county_has_none() -> None:
    school = GAZETTEER.get("qh.shiqiao.qiaotou.s-zhongxue")
    township = GAZETTEER.township_of(school)
    assert township is not None
    assert township.name == "石桥镇"
    assert GAZETTEER.township_of(GAZETTEER.get("qh")) is None


def test_a_full_name_runs_from_the_township_down() -> None:
    assert GAZETTEER.full_name(GAZETTEER.get("qh.liuquan.lijia")) == "柳泉镇李家庄村"
    assert GAZETTEER.full_name(GAZETTEER.get("qh")) == "清和县"


@given(st.sampled_from(GAZETTEER.all()))
def test_every_place_is_found_by_its_full_name(place) -> None:
    match = GAZETTEER.find(GAZETTEER.full_name(place))
    assert match.place == place


@given(st.lists(st.sampled_from(GAZETTEER.all()), min_size=1, max_size=4), st.text(max_size=5))
def test_what_is_found_is_always_among_what_was_named(places, between: str) -> None:
    match = GAZETTEER.find(between.join(place.name for place in places))
    found = (match.place,) if match.place else match.candidates
    assert found
    for place in found:
        assert any(name in match.words for name in (place.name, *place.aliases))


def test_a_bad_table_names_every_bad_row(tmp_path: Path) -> None:
    (tmp_path / "places.csv").write_text(
        "id,name,level,parent_id,aliases\na,甲县,county,,\nb,乙镇,township,nowhere,\nc,丙路,planet,a,丙\n",
        encoding="utf-8",
    )
    with pytest.raises(InvalidTable) as refused:
        load_gazetteer(tmp_path)
    assert [(error.row, error.column, error.problem) for error in refused.value.errors] == [
        (3, "parent_id", "unknown"),
        (4, "aliases", "too_short"),
        (4, "level", "unknown"),
    ]
