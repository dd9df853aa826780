"""What finding the duplicates of one request costs among 100,000 open tickets. ``make bench`` prints it."""

from __future__ import annotations

import csv
import os
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from routing.places.gazetteer import load_gazetteer
from routing.resemblance.duplicate_index import DuplicateIndex, Reported
from routing.resemblance.duplicates import place_id_of, shared_phrases
from routing.resemblance.likeness import sketch

SENTENCES = Path(__file__).parents[1] / "routing" / "data" / "citizen_sentences.csv"
NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
TICKETS, ASKED, LENGTH = 100_000, 300, 200
MOST_MS = 20.0


def resident_mb() -> float:
    """How much memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def texts(count: int, *, seed: int) -> list[str]:
    """Hand-written sentences cut and joined anew, as long as a usual letter, hardly two the same; one in fifty speaks of
    one of twenty matters of the day."""
    with SENTENCES.open(encoding="utf-8", newline="") as file:
        sentences = [row["text"] for row in csv.DictReader(file)]
    chance = random.Random(seed)
    hot = [chance.choice(sentences) for _ in range(20)]
    made = []
    for _ in range(count):
        parts = chance.sample(sentences, 8)
        parts = [part[chance.randrange(0, 6) :] for part in parts]
        if chance.random() < 0.02:
            parts.insert(0, chance.choice(hot))
        made.append("\n".join(("".join(parts[:1]), "".join(parts[1:])))[:LENGTH])
    return made


def test_the_duplicates_of_a_request() -> None:
    gazetteer = load_gazetteer()
    places = [place.id for place in gazetteer.all()]
    chance = random.Random(3)
    index = DuplicateIndex()
    before = resident_mb()
    started = time.process_time()
    for first in range(0, TICKETS, 4000):
        index.put_all(
            (
                Reported(
                    number=f"HY{first + at:08}",
                    text=text,
                    received_at=NOW - timedelta(minutes=chance.randrange(90 * 1440)),
                    place_id=chance.choice(places),
                )
                for at, text in enumerate(texts(4000, seed=first))
            ),
            fold_at=4000,
        )
    filled = time.process_time() - started
    grown = resident_mb() - before
    assert len(index) == TICKETS
    asked, spent, put = texts(ASKED, seed=1), [], []
    for at, text in enumerate(asked):
        start = time.process_time_ns()
        place_id = place_id_of(gazetteer, None, text)
        near = index.find(sketch(text), at=NOW, place_id=place_id, gazetteer=gazetteer, limit=20)
        for _ in near[:5]:
            shared_phrases(text, asked[at - 1], index.commonness)
        spent.append((time.process_time_ns() - start) / 1e6)
        start = time.process_time_ns()
        index.put_all([Reported(number=f"NEW{at}", text=text, received_at=NOW, place_id=place_id)])
        put.append((time.process_time_ns() - start) / 1e6)
    spent.sort()
    put.sort()
    print(
        f"\n{TICKETS:,} open tickets of {LENGTH} characters: {filled / TICKETS * 1e6:.0f} µs each to read, {grown:.0f} MB"
    )
    print(
        f"  duplicates of a request, with reasons: median {spent[ASKED // 2]:.1f} ms, p99 {spent[ASKED * 99 // 100]:.1f} ms"
        f" of processor time; taking a ticket in: median {put[ASKED // 2]:.2f} ms, at most {put[-1]:.0f} ms"
    )
    assert spent[ASKED // 2] <= MOST_MS
