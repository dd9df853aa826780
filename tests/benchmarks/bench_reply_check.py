"""How often the check of answers doubts real ones, and how often it notices an answer to another question."""

from __future__ import annotations

import gzip
import json
import random
import time
from collections import Counter
from pathlib import Path

from bot.reply_check import Doubt, Standing, check_reply, cited_in

_SAMPLE = 1000
_MOST_DOUBTED = 0.10


def _rows(data: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _pairs(data: Path) -> list[tuple[str, str]]:
    found = [(f"{row['topic']}\n{row['detail']}", row["reply"]) for row in _rows(data, "replies")]
    for name in ("letters", "letters_other_city"):
        found += [(row["text"], row["reply"]) for row in _rows(data, name)]
    return random.Random(7).sample(found, _SAMPLE)


def test_real_answers_are_seldom_doubted_and_swapped_ones_noticed(shared_data: Path) -> None:
    pairs = _pairs(shared_data)
    began = time.process_time()
    found = [{each.doubt for each in check_reply(reply, asked=asked)} for asked, reply in pairs]
    spent = (time.process_time() - began) / len(pairs)
    doubted = sum(map(bool, found)) / len(pairs)
    each = Counter(doubt for doubts in found for doubt in doubts)
    swapped = [reply for _, reply in pairs[1:] + pairs[:1]]
    noticed = sum(
        any(
            one.doubt is Doubt.OFF_THE_POINT
            for one in check_reply(reply, asked=asked, look_up=lambda cited: Standing.HOLDS)
        )
        for (asked, _), reply in zip(pairs, swapped, strict=True)
    ) / len(pairs)
    cite = sum(bool(cited_in(reply)) for _, reply in pairs) / len(pairs)
    print(f"\nreal answers doubted: {doubted:.1%} of {len(pairs)}, {spent * 1000:.1f} ms each")
    print("  " + ", ".join(f"{doubt} {count / len(pairs):.1%}" for doubt, count in each.most_common()))
    print(f"answers to another question noticed: {noticed:.1%}; answers that cite something: {cite:.1%}")
    assert doubted < _MOST_DOUBTED
