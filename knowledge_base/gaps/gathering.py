"""What citizens asked and did not learn: alike questions gather into one gap, and a gap asked often becomes a task.

Clustering is incremental and deterministic: the same questions in the same order make the same gaps. How telling a
feature is comes from the shipped demo library, so that a county's first question is compared like its thousandth.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from classifier import segment
from knowledge_base.library import load_demo_articles
from knowledge_base.retrieval.features import features, normalize, small_words

ALIKE = 0.55
"""Likeness from which two questions are one. Measured on 2,000 public question pairs: 96 % of the pairs that ask the
same lie above it, and two in ten thousand random pairs."""
SAME_MATTER = 0.35
"""What a new wording must share with the gap's first one: a chain of small steps never leads to another matter."""
MOST_WORDINGS = 8
"""Wordings a gap is compared by; further ones are kept with their questions only."""
FADES = timedelta(days=60)
"""A gap nobody has asked about for so long gathers no more questions, unless it became a task."""
_SIZES = (1, 2)


class Lack(StrEnum):
    """What was wrong with what the citizen got."""

    UNANSWERED = "unanswered"
    LAPSED = "lapsed"
    UNHELPFUL = "unhelpful"


class GapState(StrEnum):
    """Gathering questions, with a task, or over. A dismissed gap goes on taking in questions, so that what was
    decided once makes no second task."""

    OPEN = "open"
    TASK = "task"
    ANSWERED = "answered"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that ask the same and were not answered. ``id`` comes from the first question's key."""

    id: str
    wordings: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    state: GapState = GapState.OPEN

    @property
    def question(self) -> str:
        """The first wording, which the others are like."""
        return self.wordings[0]


@dataclass(frozen=True, slots=True)
class _Wording:
    """The features of one wording, and how much they tell together."""

    gist: frozenset[str]
    weight: int


class GapIndex:
    """Finds the gap a question belongs to. Holds features only; the questions stay in the store."""

    def __init__(self) -> None:
        self._wordings: dict[str, list[_Wording]] = {}
        self._holding: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._wordings)

    def __contains__(self, gap_id: str) -> bool:
        return gap_id in self._wordings

    def put(self, gap_id: str, wordings: Iterable[str]) -> None:
        """Know a gap by these wordings, its first one first; whatever was known of it before is forgotten."""
        self.remove(gap_id)
        gists = list(dict.fromkeys(map(gist, wordings)))[:MOST_WORDINGS]
        self._wordings[gap_id] = [_Wording(one, _weight(one)) for one in gists]
        for feature in frozenset().union(*gists):
            self._holding[feature].add(gap_id)

    def remove(self, gap_id: str) -> None:
        known = self._wordings.pop(gap_id, [])
        for feature in frozenset().union(*(one.gist for one in known)):
            self._holding[feature].discard(gap_id)
            if not self._holding[feature]:
                del self._holding[feature]

    def find(self, question: str) -> str | None:
        """The gap most like the question; of equals the one with the smaller id. None when none is alike."""
        features = gist(question)
        asked = _Wording(features, _weight(features))
        found = [
            (likeness, gap_id)
            for gap_id in self._near(asked)
            if (likeness := self._likeness(asked, self._wordings[gap_id])) >= ALIKE
        ]
        return min(found, key=lambda one: (-one[0], one[1]))[1] if found else None

    def _near(self, asked: _Wording) -> set[str]:
        """All gaps that can be alike: what two alike questions share weighs at least ``ALIKE`` squared of either, so
        each has one of the rarest features that are left when the commonest of less weight than that are not looked
        at."""
        commonest_first = sorted(asked.gist, key=lambda feature: -len(self._holding.get(feature, ())))
        passed_over, near = 0, set[str]()
        for feature in commonest_first:
            passed_over += _tells(feature)
            if passed_over >= ALIKE * ALIKE * asked.weight:
                near |= self._holding.get(feature, set())
        return near

    @staticmethod
    def _likeness(asked: _Wording, known: list[_Wording]) -> float:
        if _cosine(asked, known[0]) < SAME_MATTER:
            return 0.0
        return max(_cosine(asked, one) for one in known)


@lru_cache(maxsize=20_000)
def gist(question: str) -> frozenset[str]:
    """The features two questions are compared by: of the words that say what is asked, not how."""
    plain = normalize(question)
    told = "".join(word for word in segment.words(plain) if word not in small_words())
    return frozenset(features(told or plain, _SIZES))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Cosine of two gists, 0 to 1."""
    return _cosine(_Wording(one, _weight(one)), _Wording(other, _weight(other)))


def _cosine(one: _Wording, other: _Wording) -> float:
    shared = _weight(one.gist & other.gist)
    return shared / math.sqrt(one.weight * other.weight) if shared else 0.0


def commonest(wordings: Iterable[str]) -> tuple[str, ...]:
    """Wordings without repeats, the commonest first, then the shortest."""
    counts = Counter(" ".join(wording.split()) for wording in wordings)
    return tuple(sorted(counts, key=lambda wording: (-counts[wording], len(wording), wording)))


def _weight(gist: Iterable[str]) -> int:
    return sum(map(_tells, gist))


def _tells(feature: str) -> int:
    telling, rarest = _background()
    return telling.get(feature, rarest)


@lru_cache(maxsize=1)
def _background() -> tuple[dict[str, int], int]:
    """How telling each feature of the demo library's questions is, and one it has never seen: in thousandths, whole
    numbers, so that a sum is the same in every order."""
    heads = [head for article in load_demo_articles() for head in (article.title, *article.questions)]
    counts = Counter(feature for head in heads for feature in gist(head))

    def telling(count: int) -> int:
        return round(1000 * math.log(1 + len(heads) / (count + 1)))

    return {feature: telling(count) for feature, count in counts.items()}, telling(0)
