"""Public messages and questions as everyday passages to tell danger from: read for training, never kept."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classifier.signals.danger import hears_by_rule
from classifier.signals.second_opinion import FEWEST_CHARACTERS, MOST_CHARACTERS, PASSAGE

_SEED = 3
_MOST_PASSAGES, _MOST_QUESTIONS = 16_000, 8_000
_A_MESSAGE = 3
"""So many passages are taken from one message at most."""
_CLAUSE = re.compile(r"[^，。！？!?,;；：:、\s]+[，。！？!?,;；：:、\s]*")


@dataclass(frozen=True, slots=True)
class Public:
    """Passages of every second message and questions, to learn from; the brief ones of the other messages."""

    passages: list[str]
    questions: list[str]
    messages: list[str]


def read_public(paths: Sequence[Path]) -> Public:
    """What is read out of the files; what the rules already call danger is left out of the passages."""
    chance = random.Random(_SEED)
    messages: dict[str, None] = {}
    questions: dict[str, None] = {}
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if "q1" in row:
                    questions |= dict.fromkeys((row["q1"].strip(), row["q2"].strip()))
                else:
                    said = (
                        row["text"]
                        if "text" in row
                        else f"{row.get('topic') or ''}\n{row.get('detail') or ''}"
                    )
                    messages[said.strip()] = None
    mixed = chance.sample(list(messages), len(messages))
    passages: dict[str, None] = {}
    for message in mixed[::2]:
        passages |= dict.fromkeys(_some_passages(message, chance))
    asked = [one for one in questions if FEWEST_CHARACTERS <= len(one) <= PASSAGE]
    return Public(
        _unheard(list(passages), _MOST_PASSAGES, chance),
        _unheard(asked, _MOST_QUESTIONS, chance),
        [one for one in mixed[1::2] if len(one) <= MOST_CHARACTERS],
    )


def _some_passages(message: str, chance: random.Random) -> list[str]:
    """Runs of clauses as they are listened to, out of a piece of the message as long as is read of one."""
    start = chance.choice((0, 0, chance.randrange(max(1, len(message) - MOST_CHARACTERS))))
    said = message[start : start + MOST_CHARACTERS]
    clauses = [mark.span() for mark in _CLAUSE.finditer(said)]
    runs = [
        (begin, end)
        for first, (begin, _) in enumerate(clauses)
        for last, (_, end) in enumerate(clauses[first:], first)
        if end - begin >= FEWEST_CHARACTERS and (end - begin <= PASSAGE or last == first)
    ]
    return [said[begin:end].strip() for begin, end in chance.sample(runs, min(_A_MESSAGE, len(runs)))]


def _unheard(texts: list[str], most: int, chance: random.Random) -> list[str]:
    chance.shuffle(texts)
    found: list[str] = []
    for text in texts:
        if len(found) == most:
            break
        if hears_by_rule(text) is None:
            found.append(text)
    return found
