"""The type of a request that its wording suggests, with a confidence that was measured.

Rules weigh wordings in the whole message; in a brief one a learned model has its say too.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from classifier.model import Guess
from classifier.signals import second_opinion
from classifier.signals.second_opinion import TYPES, Heard
from classifier.signals.triggers import Sightings, Triggers, alternatives_of
from classifier.signals.type_words import TYPE_WORDS

_MOST_CHARACTERS = 5000
_OPENING = 20
"""What a message says in its first characters it says of itself; these count double."""

_GROUPS = tuple((TYPES.index(label), weight) for label, weight, _ in TYPE_WORDS)
_WATCHED = tuple((at, one) for at, row in enumerate(TYPE_WORDS) for one in alternatives_of(row[2]))
_GROUP_OF = tuple(at for at, _ in _WATCHED)
TYPE_TRIGGERS = Triggers(pattern for _, pattern in _WATCHED)

_FEWEST = 4
"""A message of fewer characters than that ("你好") says nothing the model could weigh."""

_SCANT = 10
"""In so few characters the model hears praise or an accusation in names, places and remarks (江南皮具厂, 气得手抖)."""
_TO_BE_ASKED = 0.45
_PRAISING = re.compile(
    r"谢|感激|赞|表扬|夸|[真很太]好|好样|棒|真管用|给力|满意|负责|热情|耐心|锦旗|辛苦|点个|厉害|优秀"
)
_TROUBLED = re.compile(
    r"害怕|好怕|拉肚子|呕吐|生病|中毒|受伤|危险|担心|不敢|没人|坏了|烂了|没钱|答应|不修|不管|年了|意见很?大|太[吵脏臭乱差慢]"
)

_UNSURE = Guess("help", 0.3)
_ALONE, BESIDE = 0.6, 0.4
"""What a point of the rules counts where they speak alone, and beside the model: see ``second_opinion_training``."""
_MOST = 0.95
_LEAST, _FAR = 0.001, 50.0


def guess_request_type(text: str, *, seen: Sightings | None = None, heard: Heard | None = None) -> Guess:
    """The request type a message's wording suggests, one of ``TYPES``; ``help`` with little confidence when
    nothing speaks for any. Below a confidence of 0.5 it is a guess, or no request at all: ask, do not decide.

    ``seen`` is what a pass over the text's first ``MOST_CHARACTERS`` saw already, ``heard`` what the model heard.
    """
    if not _FEWEST <= len(text) <= second_opinion.TYPE_CHARACTERS:
        return guess_by_rule(text, seen=seen)
    ruled = rule_scores(text, seen=seen)
    said = heard or second_opinion.hear(text)
    scores = [BESIDE * score + one for score, one in zip(ruled, said.types, strict=True)]
    guess = _likeliest(scores, beside=said.no_request)
    return replace(guess, confidence=_TO_BE_ASKED) if _is_rash(guess, text, ruled) else guess


def _is_rash(guess: Guess, text: str, ruled: list[float]) -> bool:
    """Whether nobody should be told that they praise or accuse: no wording says so, and too little else does."""
    if guess.confidence <= _TO_BE_ASKED or guess.label not in ("praise", "report"):
        return False
    if ruled[TYPES.index(guess.label)] > 0:
        return False
    if guess.label == "praise" and (_PRAISING.search(text) or len(text) > second_opinion.PASSAGE):
        return False
    return len(text) <= _SCANT or (guess.label == "praise" and _TROUBLED.search(text) is not None)


def guess_by_rule(text: str, *, seen: Sightings | None = None) -> Guess:
    """The request type as the rules alone see it."""
    scores = rule_scores(text, seen=seen)
    return _likeliest([_ALONE * score for score in scores]) if any(scores) else _UNSURE


def _likeliest(scores: list[float], *, beside: float = -math.inf) -> Guess:
    """``beside`` is what speaks for no type at all: it only makes the guess less sure."""
    top = max(scores)
    total = sum(math.exp(score - top) for score in scores) + math.exp(min(beside - top, _FAR))
    return Guess(TYPES[scores.index(top)], round(max(_LEAST, min(_MOST, 1 / total)), 3))


def rule_scores(text: str, *, seen: Sightings | None = None) -> list[float]:
    """What the wordings of the whole message say for each of ``TYPES``."""
    first: dict[int, int] = {}
    for number, start in TYPE_TRIGGERS.found(text[:_MOST_CHARACTERS], seen):
        group = _GROUP_OF[number]
        first[group] = min(start, first.get(group, start))
    scores = [0.0] * len(TYPES)
    for group, start in first.items():
        label, weight = _GROUPS[group]
        scores[label] += weight * (2.0 if start < _OPENING else 1.0)
    return scores


def names_a_request(text: str) -> bool:
    """Whether any wording of any type stands in the text."""
    return bool(TYPE_TRIGGERS.found(text))
