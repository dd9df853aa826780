"""Precedents: which units answered the most similar recent tickets, found in memory within microseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from routing.departments import UnitId
from routing.triage.phrase_index import normalise

MOST_SIMILAR = 30
MOST_TICKETS = 50_000
MOST_WAITING = 96
"""How many tickets may be looked through one by one; each costs about a microsecond a query."""
WINDOW = timedelta(days=730)
SHOWN_NUMBERS = 5
"""How many tickets of one unit a summary names."""

_BITS = 18
_BUCKETS = 1 << _BITS
_MIX, _SHIFT, _NEXT = np.uint64(0x9E3779B97F4A7C15), np.uint64(64 - _BITS), np.uint64(21)
_READ_CHARACTERS = 600
"""Who asks says what in the first lines; the rest of a long letter is its history."""
_RAREST = 64
"""A query asks for its rarest pairs of characters only: the common ones cost the most and tell the least."""
_AT_LEAST, _MOST_LOOKED_AT = 16, 30_000
"""And of those as many as lead to so many entries: what a query costs has an end, however alike the tickets are."""
_COMMON = 0.1
# On public letters, asking for the function of the office: tickets at least this alike (cosine of binary TF-IDF
# over pairs of characters), and at least half as alike as the most alike one, agree with each other and are right.
_ALIKE = 0.1
_NEAR_THE_BEST = 0.5
_FEW = 50
_GROW = 1024
_SLICE = 1 << 14
_SHORTEST = 1e-3

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
_Number = TypeVar("_Number", np.int32, np.float32)
_NOTHING: Ints = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """One ticket a unit took on. ``text`` is redacted and is not kept, only which pairs of characters it has."""

    number: str
    text: str
    unit_id: UnitId
    received_on: date


@dataclass(frozen=True, slots=True)
class PrecedentShare:
    """What one unit has of the similar tickets; the nearest first, at most ``SHOWN_NUMBERS`` named."""

    unit_id: UnitId
    count: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrecedentSummary:
    """Who answered the similar tickets; ``total`` is at most ``MOST_SIMILAR``."""

    total: int
    shares: tuple[PrecedentShare, ...]
    """The unit with the most first."""


@dataclass(frozen=True, slots=True)
class _Index:
    """Which tickets have which pair. ``tickets[starts[key]:starts[key + 1]]`` have the pair of that key; the newest
    tickets wait outside, pair by pair, and are looked through in full."""

    starts: Ints
    tickets: Ints
    rarity: Floats
    """Squared inverse document frequency of each key; 0 for a pair too common to ask for."""
    waiting_keys: Ints
    waiting_tickets: Ints


class Precedents:
    """Recent tickets by what they say; filled by ``routing.triage.precedent_store``.

    ``find`` may run while another thread is in ``put_all`` or ``fold``: those build anew and swap. They must not run
    at the same time as each other.
    """

    def __init__(self, tickets: Iterable[PastTicket] = (), *, window: timedelta = WINDOW) -> None:
        self._window = window.days
        self._numbers: list[str] = []
        self._at: dict[str, int] = {}
        self._units: list[UnitId] = []
        self._unit_at: dict[UnitId, int] = {}
        self._unit_of = _NOTHING
        self._day_of = _NOTHING
        self._length_of = np.zeros(0, np.float32)
        self._index = _of_nothing()
        self._folded = 0
        self.put_all(tickets)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, number: str) -> bool:
        return number in self._at

    # ---- asking

    def find(self, text: str, *, on: date) -> PrecedentSummary | None:
        """Who answered the tickets most like ``text`` in the window up to ``on``; None where nothing is like it."""
        likeness = self._likeness(_keys(text))
        today = on.toordinal()
        near = np.flatnonzero(likeness >= _ALIKE)
        days = self._day_of[near]
        near = near[(days <= today) & (days > today - self._window)]
        if not near.size:
            return None
        if near.size > MOST_SIMILAR:
            near = near[np.argpartition(-likeness[near], MOST_SIMILAR)[:MOST_SIMILAR]]
        near = near[np.argsort(-likeness[near], kind="stable")]
        near = near[likeness[near] >= _NEAR_THE_BEST * likeness[near[0]]]
        return self._summary(near.tolist())

    def _summary(self, near: list[int]) -> PrecedentSummary:
        numbers: dict[UnitId, list[str]] = {}
        for at in near:
            numbers.setdefault(self._units[self._unit_of[at]], []).append(self._numbers[at])
        ranked = Counter({unit_id: len(found) for unit_id, found in numbers.items()}).most_common()
        shares = (PrecedentShare(unit, count, tuple(numbers[unit][:SHOWN_NUMBERS])) for unit, count in ranked)
        return PrecedentSummary(len(near), tuple(shares))

    def _likeness(self, keys: Ints) -> Floats:
        """How alike every ticket is, by the rarest keys; a forgotten ticket is of infinite length, like nothing."""
        index = self._index
        rarity = index.rarity[keys]
        keys, rarity = keys[rarity > 0], rarity[rarity > 0]
        if not keys.size:
            return np.zeros(0, np.float32)
        rarest = np.argsort(-rarity, kind="stable")[:_RAREST]
        sizes = np.cumsum(index.starts[keys[rarest] + 1] - index.starts[keys[rarest]])
        rarest = rarest[: max(_AT_LEAST, int(np.searchsorted(sizes, _MOST_LOOKED_AT, side="right")))]
        keys, rarity = keys[rarest], rarity[rarest]
        starts, ends = index.starts[keys].tolist(), index.starts[keys + 1].tolist()
        found = [index.tickets[start:end] for start, end in zip(starts, ends, strict=True)]
        weights = [np.repeat(rarity, [each.size for each in found])]
        if index.waiting_keys.size:
            asked = np.zeros(_BUCKETS, np.float32)
            asked[keys] = rarity
            added = asked[index.waiting_keys]
            hit = np.flatnonzero(added)
            found.append(index.waiting_tickets[hit])
            weights.append(added[hit])
        shared = np.bincount(np.concatenate(found), weights=np.concatenate(weights)).astype(np.float32)
        likeness: Floats = shared / (self._length_of[: shared.size] * np.sqrt(rarity.sum()))
        return likeness

    # ---- filling

    def put_all(self, tickets: Iterable[PastTicket], *, fold_at: int = MOST_WAITING) -> None:
        """Add tickets; one already there keeps its words and takes the unit given now.

        As soon as ``fold_at`` tickets wait they are folded in: a bulk load lets more of them wait.
        """
        new: list[tuple[PastTicket, Ints]] = []
        for ticket in tickets:
            at = self._at.get(ticket.number)
            if at is None:
                self._at[ticket.number] = len(self._numbers) + len(new)
                new.append((ticket, _keys(ticket.text)))
            elif at < len(self._numbers):
                self._unit_of[at] = self._unit_index(ticket.unit_id)
        if new:
            self._append(new)
        if len(self._numbers) - self._folded > fold_at:
            self.fold()

    def _append(self, new: list[tuple[PastTicket, Ints]]) -> None:
        first, index = len(self._numbers), self._index
        wanted = first + len(new)
        self._unit_of = _grown(self._unit_of, wanted)
        self._day_of = _grown(self._day_of, wanted)
        self._length_of = _grown(self._length_of, wanted)
        for at, (ticket, keys) in enumerate(new, start=first):
            self._unit_of[at] = self._unit_index(ticket.unit_id)
            self._day_of[at] = ticket.received_on.toordinal()
            self._length_of[at] = max(float(np.sqrt(index.rarity[keys].sum())), _SHORTEST)
        self._numbers.extend(ticket.number for ticket, _ in new)
        places = np.repeat(np.arange(first, wanted, dtype=np.int32), [keys.size for _, keys in new])
        self._index = replace(
            index,
            waiting_keys=np.concatenate([index.waiting_keys, *(keys for _, keys in new)]),
            waiting_tickets=np.concatenate([index.waiting_tickets, places]),
        )

    def forget(self, number: str) -> None:
        """Take a ticket out: erased, withdrawn, or with no unit any more."""
        at = self._at.pop(number, None)
        if at is not None:
            self._length_of[at] = np.inf
            self._numbers[at] = ""

    def fold(self) -> None:
        """Put what waits into the inverted index, and weigh every pair anew by how many tickets have it."""
        count, old = len(self._numbers), self._index
        if count == self._folded:
            return
        index = _merged(old, count=count)
        lengths = self._length_of.copy()
        squares = np.maximum(np.sqrt(_squares(index, count=count)), _SHORTEST)
        lengths[:count] = np.where(np.isinf(lengths[:count]), np.inf, squares)
        self._length_of, self._index, self._folded = lengths, index, count

    def _unit_index(self, unit_id: UnitId) -> int:
        at = self._unit_at.setdefault(unit_id, len(self._units))
        if at == len(self._units):
            self._units.append(unit_id)
        return at


def _keys(text: str) -> Ints:
    """The pairs of neighbouring Chinese characters or Latin letters of a text, hashed, each once."""
    codes = np.frombuffer(normalise(text)[:_READ_CHARACTERS].encode("utf-32-le", "replace"), np.uint32)
    says = ((codes >= 0x4E00) & (codes < 0xA000)) | ((codes >= 0x61) & (codes <= 0x7A))
    pairs = ((codes[:-1].astype(np.uint64) << _NEXT) ^ codes[1:])[says[:-1] & says[1:]]
    return np.unique((pairs * _MIX) >> _SHIFT).astype(np.int32)


@cache
def _of_nothing() -> _Index:
    """The index before the first ticket. It is never written to, so that whoever begins may share it."""
    return _Index(
        np.zeros(_BUCKETS + 1, np.int32),
        _NOTHING,
        _rarity(np.zeros(_BUCKETS, np.int64), 0),
        _NOTHING,
        _NOTHING,
    )


def _merged(index: _Index, *, count: int) -> _Index:
    """The index with what waits put in; merging needs a fraction of the memory of sorting all of it again."""
    order = np.argsort(index.waiting_keys, kind="stable")
    keys = index.waiting_keys[order]
    tickets = np.insert(index.tickets, index.starts[keys + 1], index.waiting_tickets[order])
    having = np.diff(index.starts) + np.bincount(keys, minlength=_BUCKETS)
    starts = np.concatenate([[0], np.cumsum(having)]).astype(np.int32)
    return _Index(starts, tickets, _rarity(having, count), _NOTHING, _NOTHING)


def _rarity(having: npt.NDArray[np.int64], count: int) -> Floats:
    """Rarity needs numbers: among few tickets every pair is as good as any other."""
    rarity = (np.log1p(max(count, 1) / np.maximum(having, 0.5)) ** 2).astype(np.float32)
    rarity[having > max(_COMMON * count, _FEW)] = 0
    return rarity


def _squares(index: _Index, *, count: int) -> npt.NDArray[np.float64]:
    """The squared length of every ticket, summed slice by slice of the keys: a city's would not fit twice."""
    squares = np.zeros(count)
    for first in range(0, _BUCKETS, _SLICE):
        starts = index.starts[first : first + _SLICE + 1]
        weights = np.repeat(index.rarity[first : first + _SLICE], np.diff(starts))
        squares += np.bincount(index.tickets[starts[0] : starts[-1]], weights=weights, minlength=count)
    return squares


def _grown(values: npt.NDArray[_Number], wanted: int) -> npt.NDArray[_Number]:
    """The array with room for ``wanted`` values, and some more."""
    if values.size >= wanted:
        return values
    return np.concatenate([values, np.zeros(max(_GROW, wanted // 4) + wanted - values.size, values.dtype)])
