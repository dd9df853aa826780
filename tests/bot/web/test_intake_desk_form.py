"""The operator's form and its place picker, by themselves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.intake_desk_form import CHANNELS, Filled, check, local_minute, whole_number
from bot.web.intake_desk_places import full_name_of, picker
from routing.citizen_request import Channel
from routing.places.gazetteer import PlaceLevel, load_gazetteer
from tests.factories import MONDAY_9_30

GAZETTEER = load_gazetteer(home="qh")
EAST = next(place for place in GAZETTEER.all() if place.name == "东门社区")

_names = st.sampled_from(
    [
        "key",
        "channel",
        "received_at",
        "phone",
        "name",
        "secrecy",
        "title",
        "text",
        "place",
        "urgent",
        "parent",
        "x",
    ]
)


@given(st.dictionaries(_names, st.text(max_size=60)))
def test_whatever_is_sent_a_draft_of_it_is_the_same_form(form: dict[str, str]) -> None:
    filled = Filled.of(form, MONDAY_9_30)
    assert Filled.of(filled.kept(), MONDAY_9_30) == filled
    assert filled.channel in CHANNELS
    assert len(filled.key) == 32
    check(filled, now=MONDAY_9_30, answered=True)


@given(st.text(max_size=400))
def test_no_visible_character_of_the_text_is_lost(text: str) -> None:
    kept = Filled.of({"text": text}, MONDAY_9_30).text
    assert "".join(kept.split()) == "".join("".join(c if c.isprintable() else " " for c in text).split())


def test_nobody_writes_down_for_wechat() -> None:
    assert set(CHANNELS) == set(Channel) - {Channel.WECHAT}


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("13811112222", "13811112222"),
        (" 138 1111 2222 ", "13811112222"),
        ("+86-13811112222", "13811112222"),
        ("0576-88881234", "057688881234"),
        ("88881234", "88881234"),
        ("1381", None),
        ("", None),
        ("不知道", None),
    ],
)
def test_a_number_is_looked_up_once_it_is_whole(typed: str, digits: str | None) -> None:
    assert whole_number(typed) == digits


@pytest.mark.parametrize(("minutes", "taken"), [(-60, True), (0, True), (5, False), (-60 * 24 * 31, False)])
def test_a_call_began_neither_ahead_nor_last_month(minutes: int, taken: bool) -> None:
    at = MONDAY_9_30 + timedelta(minutes=minutes)
    checked = check(
        Filled(key="", text="路灯坏了", received_at=local_minute(at)), now=MONDAY_9_30, answered=False
    )
    assert ("received_at" not in checked.wrong) == taken
    assert checked.received_at == (at if taken else None)


def test_a_few_characters_find_the_place_and_what_lies_in_it_the_larger_first() -> None:
    found = picker(GAZETTEER, typed="东门").found
    assert found[0].full_name == GAZETTEER.full_name(EAST)
    levels = [list(PlaceLevel).index(GAZETTEER.get(one.id).level) for one in found]
    assert levels == sorted(levels)
    assert all(GAZETTEER.is_home(GAZETTEER.get(one.id)) for one in found)


def test_one_slip_of_the_pen_is_offered_as_such() -> None:
    estate = next(
        p
        for p in GAZETTEER.all()
        if p.level is PlaceLevel.ESTATE and GAZETTEER.is_home(p) and len(p.name) > 3
    )
    slip = f"某{estate.name[1:]}"
    if GAZETTEER.find(slip).place is None:
        offered = picker(GAZETTEER, typed=slip)
        assert offered.nearly
        assert estate.id in {one.id for one in offered.found}


def test_every_place_at_home_is_reached_from_the_top_by_picking() -> None:
    reached, ahead = set(), [picker(GAZETTEER, typed="").trail[-1].id]
    while ahead:
        at = ahead.pop()
        reached.add(at)
        ahead += [one.id for one in picker(GAZETTEER, typed="", at=at).below if one.id not in reached]
    assert reached == {place.id for place in GAZETTEER.all() if GAZETTEER.is_home(place)}


def test_what_is_picked_is_found_again_by_its_words() -> None:
    chosen = picker(GAZETTEER, typed=full_name_of(GAZETTEER, EAST.id))
    assert chosen.trail[-1].id == EAST.id
    assert chosen.found == ()
    assert full_name_of(GAZETTEER, "nowhere") == ""


def test_a_table_without_home_is_walked_from_its_largest_places() -> None:
    table = load_gazetteer()
    whole = picker(table, typed="")
    assert whole.trail == ()
    assert {one.id for one in whole.below} == {place.id for place in table.all() if place.parent_id is None}
