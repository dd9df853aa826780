"""How often the check of answers doubts real ones, and how often it notices an answer to another question.

The hard case is another question of the same office: it has the same words, and often the same answer would do.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from bot.reply_check import Doubt, Standing, check_reply, cited_in

_SAMPLE = 1000
_MOST_DOUBTED = 0.10
_LEAST_NOTICED = 0.65


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and its published answer."""

    asked: str
    reply: str
    city: str
    office: str


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _sample(data: Path) -> list[Answered]:
    found = [
        Answered(f"{row['topic']}\n{row['detail']}", row["reply"], "replies", "")
        for row in _rows(data, "replies")
    ]
    for name in ("letters", "letters_other_city"):
        found += [Answered(row["text"], row["reply"], name, row["department"]) for row in _rows(data, name)]
    return random.Random(7).sample(found, _SAMPLE)


def _noticed(sample: Sequence[Answered], within: Callable[[Answered], Hashable]) -> tuple[float, int]:
    """Every answer given to the next question of its group."""
    swapped = noticed = 0
    for _, group in groupby(sorted(sample, key=lambda each: str(within(each))), key=within):
        members = list(group)
        for one, other in zip(members, members[1:] + members[:1], strict=True):
            if one is other:
                continue
            swapped += 1
            found = check_reply(other.reply, asked=one.asked, look_up=lambda cited: Standing.HOLDS)
            noticed += any(each.doubt is Doubt.OFF_THE_POINT for each in found)
    return noticed / swapped, swapped


def test_real_answers_are_seldom_doubted_and_swapped_ones_noticed(shared_data: Path) -> None:
    sample = _sample(shared_data)
    began = time.process_time()
    found = [{each.doubt for each in check_reply(one.reply, asked=one.asked)} for one in sample]
    spent = (time.process_time() - began) / len(sample)
    doubted = sum(map(bool, found)) / len(sample)
    each = Counter(doubt for doubts in found for doubt in doubts)
    cite = sum(bool(cited_in(one.reply)) for one in sample) / len(sample)
    print(f"\nreal answers doubted: {doubted:.1%} of {len(sample)}, {spent * 1000:.1f} ms each")
    print("  " + ", ".join(f"{doubt} {count / len(sample):.1%}" for doubt, count in each.most_common()))
    anywhere, _ = _noticed(sample, lambda one: "")
    same_city, _ = _noticed(sample, lambda one: one.city)
    offices = [one for one in sample if one.office]
    same_office, hard = _noticed(offices, lambda one: one.office)
    print(f"answers to another question noticed: {anywhere:.1%}, of the same city {same_city:.1%},")
    print(f"  of the same office {same_office:.1%} of {hard}; answers that cite something: {cite:.1%}")
    assert doubted < _MOST_DOUBTED
    assert same_city > _LEAST_NOTICED
