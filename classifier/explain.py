"""Which words decided, and what would change the decision: the model's own arithmetic, told in words a clerk can
read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.calibration import Scores
from classifier.features import Reading, spans_of

MOST_WORDS = 5
MOST_TRIED = 16
"""How many of a text's words are tried when looking for what would change the decision."""

_READABLE = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z]{3,}")
_COUNTED = re.compile(r"[一二三四五六七八九十百两半几多第]+[个年月天日次条位]*")


@dataclass(frozen=True, slots=True)
class WordShare:
    """A word of the text and the share it has in the lead of the label over the runner-up."""

    word: str
    share: float


@dataclass(frozen=True, slots=True)
class Change:
    """Without these words ``label`` would win: scored again without them, not estimated."""

    without: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text got its label and not ``runner_up``. ``label`` and ``confidence`` are the classification's."""

    label: str
    confidence: float
    runner_up: str
    words: tuple[WordShare, ...]
    """Heaviest first, at most five. Together they may have more than the whole lead: others spoke against it."""
    change: Change | None
    """None where leaving out five words changes nothing."""


def deciding_words(weighed: Iterable[tuple[str, float]], readable: str) -> tuple[str, ...]:
    """The n-grams that spoke most for the label, at most five, as words that stand in the text.

    ``weighed`` holds n-grams (words joined by a blank) with what each added to the label's score, heaviest first;
    ``readable`` is the normalised message. Of two that overlap the heavier is kept; numbers say nothing.
    """
    chosen: list[str] = []
    for gram, added in weighed:
        if added <= 0:
            break
        word = _as_word(gram)
        if word is None or word not in readable or any(word in other or other in word for other in chosen):
            continue
        chosen.append(word)
        if len(chosen) == MOST_WORDS:
            break
    return tuple(chosen)


def _as_word(gram: str) -> str | None:
    """The n-gram as people write it, or None where it would read as a scrap ("是 违规", "三个")."""
    parts = gram.split(" ")
    readable = all(_READABLE.fullmatch(part) and not _COUNTED.fullmatch(part) for part in parts)
    return "".join(parts) if readable else None


def word_shares(reading: Reading, gains: Scores, lead: float) -> tuple[WordShare, ...]:
    """The words with the largest shares of ``lead``, at most ``MOST_TRIED``. ``gains`` says what each of
    ``grams_of`` adds to it; an n-gram's gain is divided evenly among its characters, so that a word has part in all
    n-grams it stands in."""
    if lead <= 0:
        return ()
    spans = spans_of(reading)
    each = gains / (spans[:, 1] - spans[:, 0])
    steps = np.zeros(len(reading.text) + 1)
    np.add.at(steps, spans[:, 0], each)
    np.subtract.at(steps, spans[:, 1], each)
    until = np.concatenate(((0.0,), np.cumsum(np.cumsum(steps)[:-1])))
    shares: dict[str, float] = defaultdict(float)
    start = 0
    for word in reading.words:
        if _as_word(word) is not None:
            shares[word] += float(until[start + len(word)] - until[start]) / lead
        start += len(word)
    heaviest = sorted(shares.items(), key=lambda item: -item[1])[:MOST_TRIED]
    return tuple(WordShare(word, share) for word, share in heaviest if share > 0)


def find_change(
    readable: str,
    words: Sequence[str],
    best: int,
    scores_of: Callable[[str], Scores],
    labels: Sequence[str],
) -> Change | None:
    """The fewest of ``words`` without which another label than ``best`` wins, found greedily: the word that costs the
    lead most is left out first, then those that turned out not to be needed are put back."""

    def rival(without: Sequence[str]) -> tuple[float, int]:
        """How far ``best`` leads without some words, and over which label."""
        scores = scores_of(_left_out(readable, without)).copy()
        own, scores[best] = float(scores[best]), -np.inf
        return own - float(scores.max()), int(scores.argmax())

    left_out: list[str] = []
    waiting = list(words)
    while waiting and len(left_out) < MOST_WORDS:
        leads = {word: rival([*left_out, word])[0] for word in waiting}
        dearest = min(waiting, key=leads.__getitem__)
        waiting.remove(dearest)
        left_out.append(dearest)
        if leads[dearest] < 0:
            break
    else:
        return None
    for word in left_out[:-1]:
        fewer = [other for other in left_out if other != word]
        if rival(fewer)[0] < 0:
            left_out = fewer
    return Change(tuple(left_out), labels[rival(left_out)[1]])


def _left_out(readable: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        readable = readable.replace(word, " ")
    return readable
