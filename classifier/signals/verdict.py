"""The last word on danger in a brief message: what rules say and the model hears, weighed together.

A logistic regression of a dozen signs, one for a line or two and one for longer messages: in a line the whole
is heard, in more of them the loudest passage. The weights ship with the model's (``second_opinion.npz``).
"""

from __future__ import annotations

import math
import re
from functools import cache

from classifier.signals import second_opinion
from classifier.signals.danger_brief import TALKED_ABOUT
from classifier.signals.danger_words import LONG_AGO, NOW, SUPPOSED
from classifier.signals.matters import matters_named
from classifier.signals.request_type import guess_by_rule
from classifier.signals.second_opinion import PASSAGE, Loudest

SIGNS = (
    "the loudest passage",
    "the whole",
    "plain words of danger",
    "tells of the past and not of now",
    "speaks of now",
    "the passage asks or files papers",
    "the message asks or files papers",
    "the passage names another type than a cry for help",
    "the message names another type than a cry for help",
    "ends as a question",
    "the passage supposes or warns",
    "the passage names an everyday matter",
    "the message names an everyday matter",
)
"""What is weighed, in the order of the weights; the bias comes last."""

_PAST, _NOW, _TALKED = re.compile(LONG_AGO), re.compile(NOW), re.compile(TALKED_ABOUT)
_SUPPOSED = re.compile(SUPPOSED)
_WARNS = re.compile(
    r"万一|一旦|以防|防止|预防|避免|谨防|严防|杜绝|隐患|有(?:触电|漏电|坍塌|倒塌|安全|溺水|火灾|爆炸|坠落)的?(?:危险|风险)"
)
"""Words of one who thinks ahead: a line that has them and does not speak of now is no cry."""
_ASKS = re.compile(r"[?？吗么呢]$")
_NAMED_TYPE = 0.6


def signs(said: str, loudest: Loudest, *, plainly: bool) -> list[float]:
    """The values of ``SIGNS``; ``plainly`` says whether plain words of danger were found."""
    passage = loudest.passage
    now = _NOW.search(said) is not None
    return [
        loudest.score,
        loudest.whole,
        float(plainly),
        float(not now and _PAST.search(said) is not None),
        float(now),
        float(_TALKED.search(passage) is not None),
        float(_TALKED.search(said) is not None),
        float(_names_another_type(passage)),
        float(_names_another_type(said)),
        float(_ASKS.search(said) is not None),
        float(_SUPPOSED.search(passage) is not None),
        float(bool(matters_named(passage))),
        float(bool(matters_named(said))),
    ]


def _names_another_type(text: str) -> bool:
    named = guess_by_rule(text)
    return named.label != "help" and named.confidence >= _NAMED_TYPE


def weigh(said: str, loudest: Loudest, *, plainly: bool, least: float) -> float:
    """How sure it is that somebody is in danger, as the logarithm of the odds; what cannot reach ``least`` is not
    weighed to the end."""
    weights, at_best = _weights()[len(said) > PASSAGE]
    heard = weights[0] * loudest.score + weights[1] * loudest.whole + weights[2] * plainly + weights[-1]
    if heard + at_best < least:
        return heard
    if len(said) <= PASSAGE and _WARNS.search(said) and not _NOW.search(said):
        return -math.inf
    values = signs(said, loudest, plainly=plainly)
    return sum(weight * value for weight, value in zip(weights, (*values, 1.0), strict=True))


@cache
def _weights() -> tuple[tuple[list[float], float], ...]:
    """The weights for brief and for longer messages, each with the most that the signs of words can add."""
    rows: list[list[float]] = second_opinion.verdict_weights().tolist()
    return tuple((row, sum(max(0.0, weight) for weight in row[3:-1])) for row in rows)
