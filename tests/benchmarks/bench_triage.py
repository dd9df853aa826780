"""What a decision costs beside its classification, and what 20,000 precedents cost. ``make bench`` prints it."""

from __future__ import annotations

import csv
import random
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from classifier.model import TextModel, starter_model_path
from routing.departments import UnitId, load_units
from routing.places.gazetteer import load_gazetteer
from routing.triage.catalogue import load_duty_list
from routing.triage.precedents import PastTicket, Precedents
from routing.triage.triage_tools import TriageTools

SENTENCES = Path(__file__).parents[1] / "routing" / "data" / "citizen_sentences.csv"
TODAY = date(2026, 11, 16)
TICKETS, UNITS = 20_000, 60
LENGTH = 200


def texts() -> list[str]:
    """The hand-written sentences, joined by twos and threes to the length of a usual letter."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        sentences = [row["text"] for row in csv.DictReader(file)]
    chance = random.Random(7)
    return ["".join(chance.sample(sentences, 8))[:LENGTH] for _ in range(400)]


def median_us(act: Callable[[str], object], given: list[str]) -> float:
    """Median processor time of one call, after a warm-up."""
    for text in given[:20]:
        act(text)
    spent = []
    for text in given:
        start = time.process_time_ns()
        act(text)
        spent.append(time.process_time_ns() - start)
    return sorted(spent)[len(spent) // 2] / 1000


def many_precedents(given: list[str]) -> Precedents:
    """Tickets of 400 texts cut and joined anew, so that hardly two are the same."""
    chance = random.Random(11)
    precedents = Precedents()
    for first in range(0, TICKETS, 500):
        cuts = [(chance.choice(given), chance.choice(given), chance.randrange(40, 160)) for _ in range(500)]
        precedents.put_all(
            (
                PastTicket(
                    number=f"HY26{first + at:08}",
                    text=left[:cut] + right[cut:],
                    unit_id=UnitId(f"unit-{(first + at) % UNITS}"),
                    received_on=TODAY,
                )
                for at, (left, right, cut) in enumerate(cuts)
            ),
            fold_at=5_000,
        )
    precedents.fold()
    return precedents


def test_a_decision_and_its_precedents() -> None:
    given = texts()
    model = TextModel.load(starter_model_path())
    tools = TriageTools(
        model.classify, load_duty_list(), load_units(), load_gazetteer(), frozenset(model.labels)
    )
    floor = median_us(model.classify, given)
    decision = median_us(lambda text: tools.decide_on(text, place=None, on=TODAY), given)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    precedents = many_precedents(given)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    query = median_us(lambda text: precedents.find(text, on=TODAY), given)
    print(f"\n{LENGTH} characters, median processor time: topic {floor:.0f} µs")
    print(f"  topic and decision {decision:.0f} µs, {decision / floor:.1f} times the topic alone")
    print(
        f"  precedents of {TICKETS:,} tickets {query:.0f} µs, {grown:.0f} MB at the most while they were read"
    )
    assert len(precedents) == TICKETS
