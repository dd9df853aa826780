"""Sentences written before triage was tuned and not looked at since: what the shipped model and tables do with them."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from math import sqrt
from pathlib import Path

from classifier.model import TextModel, starter_model_path
from routing.departments import load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.catalogue import load_duty_list
from routing.triage.deciding import TriageDecision
from routing.triage.triage_tools import TriageTools

SENTENCES = Path(__file__).parent / "data" / "holdout_sentences.csv"
TODAY = date(2026, 11, 16)


@cache
def decided() -> list[tuple[str, frozenset[str], TriageDecision]]:
    """Every sentence with the units that would be right (none: a person must decide) and the decision."""
    model = TextModel.load(starter_model_path())
    tools = TriageTools(
        model.classify, load_duty_list(), load_units(), load_gazetteer(), frozenset(model.labels)
    )
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        return [
            (
                row["text"],
                frozenset(filter(None, row["unit_id"].split(";"))),
                tools.decide_on(row["text"], place=row["place"] or None, on=TODAY)[0],
            )
            for row in csv.DictReader(file)
        ]


def wilson_bound(right: int, of: int, z: float = 1.2816) -> float:
    """The lower bound of a share, at 90 % one-sided."""
    share = right / of
    middle, width = share + z * z / (2 * of), z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - width) / (1 + z * z / of)


def test_what_the_machine_sends_by_itself_is_right_with_97_percent_precision_by_its_bound() -> None:
    automatic = [(text, wanted, d.candidates[0].unit_id) for text, wanted, d in decided() if d.automatic]
    wrong = [text for text, wanted, unit_id in automatic if unit_id not in wanted]
    assert wilson_bound(len(automatic) - len(wrong), len(automatic)) >= 0.97, wrong


def test_the_machine_sends_two_fifths_by_itself() -> None:
    automatic = [text for text, _, decision in decided() if decision.automatic]
    assert len(automatic) / len(decided()) >= 0.4


def test_the_right_unit_stands_among_the_three_offered_nine_times_in_ten() -> None:
    asked = [(text, wanted, decision) for text, wanted, decision in decided() if wanted]
    missed = [
        text
        for text, wanted, d in asked
        if wanted.isdisjoint(candidate.unit_id for candidate in d.candidates)
    ]
    assert len(missed) / len(asked) <= 0.1, missed


def test_what_names_no_matter_or_several_is_left_to_a_person() -> None:
    for text, wanted, decision in decided():
        assert wanted or not decision.automatic, text
