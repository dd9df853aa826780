"""The follow-up visit's script is data: questions in order, filled in for the ticket, each with where its answer goes."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from routing.acts.visit_script import FIELDS, SCRIPT, script_from, shipped_script
from tests.factories import a_ticket


def shipped() -> dict[str, Any]:
    return tomllib.loads(SCRIPT.read_text(encoding="utf-8"))


def test_the_shipped_script_asks_for_everything_a_visit_takes_and_in_the_files_order() -> None:
    script = shipped_script()
    assert {q.field for q in script.questions if q.field} == FIELDS
    assert [q.id for q in script.questions] == [q["id"] for q in shipped()["questions"]]


def test_the_script_names_the_ticket_and_its_unit_and_leaves_no_gap() -> None:
    ticket = a_ticket()
    script = shipped_script().about(ticket, unit="城管局", title="油烟{扰}民")
    words = [script.opening, *(q.text for q in script.questions), script.closing]
    assert ticket.number in script.opening
    assert "油烟{扰}民" in script.opening
    assert any("城管局" in q.text for q in script.questions)
    assert not [w for w in words if "{number}" in w or "{unit}" in w or "{title}" in w]


@pytest.mark.parametrize(
    ("change", "why"),
    [({"field": "phone"}, "phone"), ({"id": "solved"}, "重复"), ({"anwers": ["是"]}, "anwers")],
)
def test_a_mistake_in_the_script_is_an_error_and_not_a_question_left_out(
    change: dict[str, Any], why: str
) -> None:
    data = shipped()
    data["questions"][0] |= change
    with pytest.raises(ValueError, match=why):
        script_from(data)
