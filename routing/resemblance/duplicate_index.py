"""Open and recent tickets by what they say, in memory: the ones nearest to a request within milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from routing.places.gazetteer import Gazetteer, PlaceLevel
from routing.resemblance.likeness import (
    Bytes,
    Commonness,
    Floats,
    Ints,
    Sketch,
    chance_of_one_matter,
    likeness,
    sketch,
)

SHORTLIST = 60
"""How many tickets are compared in full; the rest were left behind by their rarest pairs alone."""
_RAREST, _MOST_LOOKED_AT, _AT_LEAST = 64, 60_000, 16
_FOLD_AT = 256
_GROW = 1024
_DAY_S = 86_400.0
_NOBODY = np.uint64(0)
_CALLER_KEYS = 2
_OF_ONE_CALLER = 20
"""Of one caller at most so many earlier tickets are looked at beside the nearest ones."""

Longs = npt.NDArray[np.int64]
Callers = npt.NDArray[np.uint64]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One ticket, as far as it is compared. ``text`` is redacted; ``callers`` are blind indexes, never who it is."""

    number: str
    text: str
    received_at: datetime
    place_id: str | None = None
    callers: tuple[str, ...] = ()


class Near(NamedTuple):
    """A ticket near to what was asked, and why it is thought so."""

    number: str
    chance: float
    """That both are one matter; fitted to pairs judged by hand, see docs/duplicates.md."""
    likeness: float
    apart: bool
    """Both places are known and different."""
    same_caller: bool
    days: float
    """How many days the ticket is older than the request; negative for one received later."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """Which tickets have which pair: ``tickets[starts[i]:starts[i + 1]]`` have ``keys[i]``."""

    keys: Ints
    starts: Longs
    tickets: Ints


@dataclass(frozen=True, slots=True)
class _State:
    """What a question reads; replaced as a whole. Arrays are longer than ``count`` tickets need."""

    count: int
    keys: Ints
    weights: Bytes
    ends: Longs
    days: npt.NDArray[np.float64]
    places: Ints
    callers: Callers
    alive: npt.NDArray[np.bool_]
    segments: tuple[_Segment, ...]
    waiting_keys: Ints
    waiting_tickets: Ints


class DuplicateIndex:
    """Tickets to compare a request with. ``find`` may run while another thread fills: what it reads is swapped, never
    rewritten. Only one thread may fill at a time."""

    def __init__(self, tickets: Iterable[Reported] = (), *, commonness: Commonness | None = None) -> None:
        self.commonness = commonness or Commonness()
        self._numbers: list[str] = []
        self._at: dict[str, int] = {}
        self._places: list[str] = []
        self._place_at: dict[str, int] = {}
        self._state = _empty()
        self.put_all(tickets)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, number: str) -> bool:
        return number in self._at

    # ---- asking

    def find(
        self,
        read: Sketch,
        *,
        at: datetime,
        place_id: str | None = None,
        callers: Iterable[str] = (),
        gazetteer: Gazetteer | None = None,
        limit: int = 10,
        without: str | None = None,
    ) -> tuple[Near, ...]:
        """The tickets most likely the same matter, the likeliest first; ``without`` is the asker's own number."""
        state = self._state
        asked = np.array([caller_key(each) for each in callers], np.uint64)
        chosen = self._shortlist(state, read, asked)
        own = self._at.get(without or "", -1)
        chosen = chosen[state.alive[chosen] & (chosen != own)]
        if not chosen.size:
            return ()
        alike = self._likeness(state, read, chosen)
        days = (at.timestamp() / _DAY_S - state.days[chosen]).astype(np.float32)
        apart = self._apart(state, chosen, place_id, gazetteer)
        same = np.asarray(np.isin(state.callers[chosen], asked).any(axis=1), np.bool_)
        chance = chance_of_one_matter(alike, apart=apart, days=days, same_caller=same)
        order = np.argsort(-chance, kind="stable")[:limit]
        return tuple(
            Near(
                self._numbers[chosen[i]],
                float(chance[i]),
                float(alike[i]),
                bool(apart[i]),
                bool(same[i]),
                float(days[i]),
            )
            for i in order.tolist()
        )

    def _shortlist(self, state: _State, read: Sketch, callers: Callers) -> Ints:
        """The tickets that share the rarest pairs of characters, and the caller's own."""
        pairs = read.keys[(read.keys & 1) == 0]
        having = self.commonness.having(pairs)
        pairs, having = pairs[having > 0], having[having > 0]
        order = np.argsort(having, kind="stable")[:_RAREST]
        most = max(_AT_LEAST, int(np.searchsorted(np.cumsum(having[order]), _MOST_LOOKED_AT, side="right")))
        pairs = np.sort(pairs[order[:most]])
        rarity = self.commonness.rarity(pairs) ** 2
        found, weights = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
        for segment in state.segments:
            _look_up(segment, pairs, rarity, found, weights)
        if state.waiting_keys.size and pairs.size:
            at = np.minimum(np.searchsorted(pairs, state.waiting_keys), pairs.size - 1)
            hit = np.flatnonzero(pairs[at] == state.waiting_keys)
            found.append(state.waiting_tickets[hit])
            weights.append(rarity[at[hit]])
        sums = np.bincount(np.concatenate(found), weights=np.concatenate(weights))
        # A long text shares more with everything: what it shares counts less, but not as much less as it is longer.
        tickets = np.flatnonzero(sums).astype(np.int32)
        shared = sums[tickets] / np.sqrt(state.ends[tickets + 1] - state.ends[tickets])
        if tickets.size > SHORTLIST:
            tickets = tickets[np.argpartition(-shared, SHORTLIST)[:SHORTLIST]]
        if callers.size:
            own = np.flatnonzero(np.isin(state.callers[: state.count], callers).any(axis=1))
            tickets = np.union1d(tickets, own[-_OF_ONE_CALLER:]).astype(np.int32)
        return tickets

    def _likeness(self, state: _State, read: Sketch, chosen: Ints) -> Floats:
        sizes = state.ends[chosen + 1] - state.ends[chosen]
        owners = np.repeat(np.arange(chosen.size, dtype=np.int32), sizes)
        begins = np.repeat(state.ends[chosen] - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)
        where = begins + np.arange(owners.size)
        others = Sketch(state.keys[where], state.weights[where])
        return likeness(read, others, owners, chosen.size, self.commonness)

    def _apart(
        self, state: _State, chosen: Ints, place_id: str | None, gazetteer: Gazetteer | None
    ) -> npt.NDArray[np.bool_]:
        if place_id is None or gazetteer is None:
            return np.zeros(chosen.size, np.bool_)
        known: dict[int, bool] = {-1: False}
        for place in set(state.places[chosen].tolist()) - {-1}:
            known[place] = places_apart(gazetteer, place_id, self._places[place])
        return np.array([known[place] for place in state.places[chosen].tolist()], np.bool_)

    # ---- filling

    def put_all(self, tickets: Iterable[Reported], *, fold_at: int = _FOLD_AT) -> None:
        """Add tickets; one already there stays as it is, for what was asked does not change."""
        new = [each for each in {t.number: t for t in tickets}.values() if each.number not in self._at]
        if not new:
            return
        read = [sketch(each.text) for each in new]
        state, first = self._state, len(self._numbers)
        wanted = first + len(new)
        sizes = np.array([each.keys.size for each in read], np.int64)
        end = int(state.ends[first])
        keys = _grown(state.keys, end + int(sizes.sum()))
        weights = _grown(state.weights, keys.size)
        ends, days = _grown(state.ends, wanted + 1), _grown(state.days, wanted)
        places, alive = _grown(state.places, wanted), _grown(state.alive, wanted)
        callers = _grown(state.callers, wanted)
        keys[end : end + sizes.sum()] = np.concatenate([each.keys for each in read])
        weights[end : end + sizes.sum()] = np.concatenate([each.weights for each in read])
        ends[first + 1 : wanted + 1] = end + np.cumsum(sizes)
        days[first:wanted] = [each.received_at.timestamp() / _DAY_S for each in new]
        places[first:wanted] = [self._place_index(each.place_id) for each in new]
        alive[first:wanted] = True
        for at, each in enumerate(new, start=first):
            kept = [caller_key(caller) for caller in each.callers[:_CALLER_KEYS]]
            callers[at, : len(kept)] = kept
        for one in read:
            self.commonness.count(one.keys)
        pairs = [one.keys[(one.keys & 1) == 0] for one in read]
        owners = np.repeat(np.arange(first, wanted, dtype=np.int32), [each.size for each in pairs])
        self._numbers.extend(each.number for each in new)
        state = replace(
            state,
            count=wanted,
            keys=keys,
            weights=weights,
            ends=ends,
            days=days,
            places=places,
            callers=callers,
            alive=alive,
            waiting_keys=np.concatenate([state.waiting_keys, *pairs]),
            waiting_tickets=np.concatenate([state.waiting_tickets, owners]),
        )
        self._state = _folded(state, fold_at)
        self._at.update((each.number, at) for at, each in enumerate(new, start=first))

    def forget(self, number: str) -> None:
        """Take a ticket out: erased, withdrawn, or too old."""
        at = self._at.pop(number, None)
        if at is None:
            return
        state = self._state
        state.alive[at] = False
        state.callers[at] = _NOBODY
        self._numbers[at] = ""
        self.commonness.count(state.keys[state.ends[at] : state.ends[at + 1]], -1)

    @property
    def wasteful(self) -> bool:
        """Whether more room is kept for forgotten tickets than for those that are in."""
        return len(self._numbers) > 2 * len(self._at) + _GROW

    def numbers(self) -> frozenset[str]:
        """All tickets that are in."""
        return frozenset(self._at)

    def _place_index(self, place_id: str | None) -> int:
        if place_id is None:
            return -1
        at = self._place_at.setdefault(place_id, len(self._places))
        if at == len(self._places):
            self._places.append(place_id)
        return at


def places_apart(gazetteer: Gazetteer, one_id: str, other_id: str) -> bool:
    """Whether two places certainly are not one: in different townships, or where none is known in different counties.

    Two streets of one township may cross, so they are not apart."""
    if one_id == other_id:
        return False
    try:
        one, other = gazetteer.get(one_id), gazetteer.get(other_id)
    except KeyError:
        return False  # a place of an earlier table
    if gazetteer.is_within(one, other.id) or gazetteer.is_within(other, one.id):
        return False
    for level in (PlaceLevel.TOWNSHIP, PlaceLevel.COUNTY, PlaceLevel.CITY):
        mine, theirs = gazetteer.at_level(one, level), gazetteer.at_level(other, level)
        if mine is not None and theirs is not None:
            return mine.id != theirs.id
    return False


def caller_key(blind_index: str) -> int:
    """The 64 bits a caller is compared by; among a million callers two meet once in 40 million installations."""
    return int(blind_index[:16], 16) or 1


def _look_up(segment: _Segment, keys: Ints, rarity: Floats, found: list[Ints], weights: list[Floats]) -> None:
    if not keys.size or not segment.keys.size:
        return
    at = np.minimum(np.searchsorted(segment.keys, keys), segment.keys.size - 1)
    hit = np.flatnonzero(segment.keys[at] == keys)
    for one in hit.tolist():
        start, end = segment.starts[at[one]], segment.starts[at[one] + 1]
        found.append(segment.tickets[start:end])
        weights.append(np.full(end - start, rarity[one], np.float32))


def _folded(state: _State, fold_at: int) -> _State:
    """What waits made a segment of its own, and segments of like size made one: every ticket is moved a few times
    only, and there are never more than a dozen segments."""
    if not state.waiting_keys.size or len(np.unique(state.waiting_tickets)) < fold_at:
        return state
    segments = [*state.segments, _segment(state.waiting_keys, state.waiting_tickets)]
    while len(segments) > 1 and segments[-2].tickets.size <= 2 * segments[-1].tickets.size:
        last = segments.pop()
        segments[-1] = _merged(segments[-1], last)
    nothing = np.zeros(0, np.int32)
    return replace(state, segments=tuple(segments), waiting_keys=nothing, waiting_tickets=nothing)


def _segment(keys: Ints, tickets: Ints) -> _Segment:
    order = np.argsort(keys, kind="stable")
    unique, counts = np.unique(keys, return_counts=True)
    return _Segment(unique, np.concatenate(([0], np.cumsum(counts))).astype(np.int64), tickets[order])


def _merged(one: _Segment, other: _Segment) -> _Segment:
    keys = np.concatenate([np.repeat(each.keys, np.diff(each.starts)) for each in (one, other)])
    return _segment(keys, np.concatenate((one.tickets, other.tickets)))


def _empty() -> _State:
    nothing = np.zeros(0, np.int32)
    return _State(
        count=0,
        keys=nothing,
        weights=np.zeros(0, np.uint8),
        ends=np.zeros(1, np.int64),
        days=np.zeros(0),
        places=nothing,
        callers=np.zeros((0, _CALLER_KEYS), np.uint64),
        alive=np.zeros(0, np.bool_),
        segments=(),
        waiting_keys=nothing,
        waiting_tickets=nothing,
    )


def _grown(values: npt.NDArray[_Number], wanted: int) -> npt.NDArray[_Number]:
    """The array with room for ``wanted`` entries, and some more."""
    if len(values) >= wanted:
        return values
    more = max(_GROW, wanted // 4) + wanted - len(values)
    return np.concatenate([values, np.zeros((more, *values.shape[1:]), values.dtype)])
