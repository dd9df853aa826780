"""A unit found by a part of its name, or by the name people call it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.web.unit_search import units_like
from routing.departments import load_units

UNITS = load_units().all()


def test_what_people_call_a_unit_finds_it_first() -> None:
    asked = {
        "城管局": "县城管执法局",
        "园林": "县园林环卫中心",
        "供热": "县供热公司",
        "清和县民政局": "县民政局",
    }
    assert {typed: units_like(typed, UNITS)[0].short_name for typed in asked} == asked


def test_a_name_in_whole_goes_before_names_it_is_a_part_of() -> None:
    for unit in UNITS:
        assert units_like(unit.name, UNITS)[0].name == unit.name


@given(st.text(max_size=6))
def test_whatever_is_typed_a_few_units_at_most_are_offered_and_each_once(typed: str) -> None:
    found = units_like(typed, UNITS)
    assert len(found) == len({unit.id for unit in found}) <= 5
    assert found == () or typed.strip()
