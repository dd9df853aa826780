"""Hot spots (群体性诉求): matters that many people report at once, found while they grow, with a level and its reasons.

A matter is a cluster of tickets that are likely one another's duplicates. Each is held against its own usual: how many
people reported it in the weeks before, with the doubt that few weeks leave (a gamma-Poisson forecast). The more matters
are watched at once the stranger one must be, or the largest cities would have the most false warnings. People count,
not tickets: who files ten times is one voice.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

RECENT = timedelta(days=7)
USUAL = timedelta(days=56)
QUIET_AFTER = timedelta(days=14)
"""A matter nobody reports for so long is over; what comes later is a new one."""
KEPT = RECENT + USUAL

JOINS, JOINS_ALONE = 0.6, 0.85
"""A chance that two tickets are one matter: from which two links join a cluster, and from which one alone does."""
SAME_WORDS = 0.9
"""A likeness from which two tickets without known callers are taken for one person's copies."""

# What is thought of a matter nobody reported before: one voice in half a year, as sure as 18 days of watching make one.
_PRIOR_VOICES, _PRIOR_DAYS = 0.1, 18.0


class Level(StrEnum):
    """How strange, and how many."""

    WATCH = "watch"
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Rung:
    """What a level needs: so many voices in the recent days, and so small a chance that any usual week of any of the
    matters watched looks like it."""

    level: Level
    voices: int
    chance: float


LADDER = (
    Rung(Level.WATCH, 3, 0.3),
    Rung(Level.WARNING, 5, 0.05),
    Rung(Level.ALARM, 10, 0.001),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One ticket as hot spots see it."""

    number: str
    at: datetime
    voice: str | None = None
    """A blind index of the caller; None where nobody is known."""
    place_id: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """That a ticket is likely one matter with an earlier one."""

    number: str
    chance: float
    likeness: float


@dataclass(slots=True)
class Matter:
    """A cluster that is still reported. Only ``Matters`` changes it."""

    id: str
    """The number of its first ticket: stays when others are merged into it."""
    reports: list[Report] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    """Ids of the matters that grew into this one."""

    @property
    def last_at(self) -> datetime:
        return self.reports[-1].at


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A matter held against its usual."""

    matter_id: str
    recent: int
    """Voices in the last seven days."""
    usual: float
    """Voices a week before that."""
    total: int
    """Voices altogether."""
    tickets: int
    chance: float
    """That a usual week has as many voices, times the matters watched; at most 1."""
    watched: int
    level: Level | None


class Matters:
    """Every cluster of the last weeks. Reports come in the order they were received, each once."""

    def __init__(self) -> None:
        self._matters: dict[str, Matter] = {}
        self._matter_of: dict[str, str] = {}
        self._voices: dict[str, str] = {}
        self._first_at: datetime | None = None

    def __contains__(self, number: str) -> bool:
        return number in self._matter_of

    def __len__(self) -> int:
        return len(self._matters)

    def get(self, matter_id: str) -> Matter | None:
        """None for a matter that is over or was merged."""
        return self._matters.get(matter_id)

    def matter_of(self, number: str) -> Matter | None:
        """The matter a ticket belongs to."""
        return self._matters.get(self._matter_of.get(number, ""))

    def add(self, report: Report, links: Iterable[Link]) -> Matter:
        """Put a ticket with the matter most of its likely duplicates belong to; one of its own where there is none.

        Where it joins two of them as firmly, they are one matter: the larger keeps its id.
        """
        self._first_at = min(self._first_at or report.at, report.at)
        by_matter: dict[str, list[Link]] = defaultdict(list)
        for link in links:
            matter_id = self._matter_of.get(link.number)
            if matter_id is None or link.chance < JOINS:
                continue
            if report.at - self._matters[matter_id].last_at <= KEPT:
                by_matter[matter_id].append(link)
        self._voices[report.number] = self._voice(
            report, (one for all_ in by_matter.values() for one in all_)
        )
        joined = [self._matters[found] for found in by_matter if self._joins(by_matter[found], found)]
        if not joined:
            matter = Matter(report.number)
            self._matters[matter.id] = matter
        else:
            # The one it has the most in common with; its others follow only where several links say so.
            joined.sort(key=lambda each: -sum(link.chance for link in by_matter[each.id]))
            firmly = [each for each in joined[1:] if len(by_matter[each.id]) > 1 or len(each.reports) == 1]
            matter = max((joined[0], *firmly), key=lambda each: len(each.reports))
            for other in (joined[0], *firmly):
                if other is not matter:
                    self._merge(matter, other)
        late = bool(matter.reports) and report.at < matter.last_at
        matter.reports.append(report)
        if late:
            matter.reports.sort(key=lambda each: (each.at, each.number))
        self._matter_of[report.number] = matter.id
        return matter

    def forget(self, number: str) -> None:
        """Take a ticket out: withdrawn, rejected, or found to be another matter."""
        matter = self.matter_of(number)
        if matter is None:
            return
        matter.reports = [each for each in matter.reports if each.number != number]
        del self._matter_of[number]
        self._voices.pop(number, None)
        if not matter.reports:
            del self._matters[matter.id]

    def let_go(self, now: datetime) -> list[str]:
        """Drop what is over and what is too old to be anybody's usual; the ids of what is over."""
        over = [each.id for each in self._matters.values() if now - each.last_at > KEPT]
        for matter_id in over:
            for report in self._matters.pop(matter_id).reports:
                self._matter_of.pop(report.number, None)
                self._voices.pop(report.number, None)
        return over

    def voices(self, matter: Matter, *, since: datetime, until: datetime) -> int:
        """How many people reported it in that time."""
        return len({self._voices[each.number] for each in matter.reports if since < each.at <= until})

    def trends(self, now: datetime, *, ladder: Sequence[Rung] = LADDER) -> list[Trend]:
        """Every matter reported in the recent days, the strangest first."""
        recent = [each for each in self._matters.values() if now - each.last_at < RECENT]
        trends = [self._trend(each, now, watched=len(recent), ladder=ladder) for each in recent]
        return sorted(trends, key=lambda each: (each.chance, -each.recent))

    def _trend(self, matter: Matter, now: datetime, *, watched: int, ladder: Sequence[Rung]) -> Trend:
        assert self._first_at is not None
        voices = self.voices(matter, since=now - RECENT, until=now)
        began = max(now - KEPT, self._first_at)
        days = max((now - RECENT - began) / timedelta(days=1), 0.0)
        before = self.voices(matter, since=began, until=now - RECENT)
        chance = min(1.0, watched * chance_of_as_many(voices, before=before, days=days))
        level = None
        for rung in ladder:
            if voices >= rung.voices and chance <= rung.chance:
                level = rung.level
        return Trend(
            matter_id=matter.id,
            recent=voices,
            usual=before / days * 7 if days >= 1 else 0.0,
            total=len({self._voices[each.number] for each in matter.reports}),
            tickets=len(matter.reports),
            chance=chance,
            watched=watched,
            level=level,
        )

    def _joins(self, links: Sequence[Link], matter_id: str) -> bool:
        """A chain of single likenesses would join everything in the end: beyond two tickets a matter asks for two
        links, or for one that leaves no doubt."""
        if len(self._matters[matter_id].reports) <= 2 or len(links) > 1:
            return True
        return links[0].chance >= JOINS_ALONE

    def _voice(self, report: Report, links: Iterable[Link]) -> str:
        """Whose report it is: the caller's, or that of whoever used the same words."""
        if report.voice is not None:
            return report.voice
        same = max(links, key=lambda link: link.likeness, default=None)
        if same is not None and same.likeness >= SAME_WORDS:
            return self._voices.get(same.number, report.number)
        return report.number

    def _merge(self, into: Matter, other: Matter) -> None:
        into.reports = sorted((*into.reports, *other.reports), key=lambda each: (each.at, each.number))
        into.merged += [other.id, *other.merged]
        for report in other.reports:
            self._matter_of[report.number] = into.id
        del self._matters[other.id]


def chance_of_as_many(voices: int, *, before: int, days: float) -> float:
    """How likely a usual week with at least one voice has so many, when ``before`` were heard in ``days``.

    The rate is not known but estimated, so the forecast is wider than a Poisson: a negative binomial.
    """
    if voices <= 1:
        return 1.0
    shape, rate = _PRIOR_VOICES + before, _PRIOR_DAYS + days
    share = rate / (rate + RECENT / timedelta(days=1))
    none = below = term = math.pow(share, shape)
    for heard in range(1, voices):
        term *= (shape + heard - 1) / heard * (1 - share)
        below += term
    if below > 0.99:
        # The difference to 1 would be rounding: add up the tail itself.
        tail, heard = 0.0, voices
        term *= (shape + heard - 1) / heard * (1 - share)
        while term > tail * 1e-9 and heard < voices + 1000:
            tail += term
            heard += 1
            term *= (shape + heard - 1) / heard * (1 - share)
    else:
        tail = 1 - below
    return min(1.0, tail / max(1 - none, 1e-300))


def common_place(reports: Sequence[Report]) -> tuple[str | None, float]:
    """The place most of them name, and which share of those that name one does."""
    return _most_common([each.place_id for each in reports])


def common_topic(reports: Sequence[Report]) -> tuple[str | None, float]:
    """The topic most of them have, and which share does."""
    return _most_common([each.topic for each in reports])


def _most_common(values: Sequence[str | None]) -> tuple[str | None, float]:
    named = Counter(value for value in values if value is not None)
    if not named:
        return None, 0.0
    value, count = named.most_common(1)[0]
    return value, count / sum(named.values())
