"""Which entries have which key, and how strongly: lists in segments that grow by sorting and merge in small steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.reading import Keys

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Packed = NDArray[np.uint64]
"""A posting in one number, so that sorting groups them by key: key (32 bits), row within the segment (16), impact (8)."""

MOST_ROWS = 1 << 16
IMPACTS = np.exp2(-np.arange(256) / 24).astype(np.float32)
"""What an impact of one byte stands for, of the most there can be: 3 % a step, down to a thousandth."""

_TAIL = 64  # rows that wait to be sorted into a segment
_FAN = 8  # segments of one size that become one
_MOST_SEGMENTS = 32
_STEP = 1 << 16  # postings merged between two additions: a few milliseconds
_KEY, _ROW = np.uint64(24), np.uint64(8)
_LOW8, _LOW16 = np.uint64(0xFF), np.uint64(0xFFFF)


@dataclass(slots=True, eq=False)
class Segment:
    """The postings of the rows ``base`` to ``base + span``: those of ``keys[i]`` are
    ``rows[starts[i]:starts[i + 1]]`` with their ``impacts``."""

    base: int
    span: int
    keys: Keys
    starts: NDArray[np.int64]
    rows: NDArray[np.uint16]
    impacts: NDArray[np.uint8]
    removed: set[int] = field(default_factory=set)
    _gone_mask: NDArray[np.bool_] | None = None

    def scores(self, keys: Keys, weights: Floats) -> Floats:
        """Of each row the sum over the keys of weight × impact, in the order of the keys; 0 for what was removed."""
        scores = np.zeros(self.span, np.float32)
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            found = np.flatnonzero(self.keys[at] == keys)
            if len(found):
                self._add(scores, self.starts[at[found]], self.starts[at[found] + 1], weights[found])
        if self.removed:
            scores[self._gone()] = 0
        return scores

    def remove(self, row: int) -> None:
        """``row`` within the segment."""
        self.removed.add(row)
        if self._gone_mask is not None:
            self._gone_mask[row] = True

    def _gone(self) -> NDArray[np.bool_]:
        if self._gone_mask is None:
            self._gone_mask = np.zeros(self.span, np.bool_)
            self._gone_mask[list(self.removed)] = True
        return self._gone_mask

    def _add(self, scores: Floats, begins: Places, ends: Places, weights: Floats) -> None:
        lists = list(zip(begins.tolist(), ends.tolist(), strict=True))
        worth = IMPACTS.take(np.concatenate([self.impacts[begin:end] for begin, end in lists]))
        worth *= np.repeat(weights, ends - begins)
        rows = np.concatenate([self.rows[begin:end] for begin, end in lists])
        np.add.at(scores, rows.astype(np.intp), worth)

    def packed(self, low: int, high: int, base: int) -> Packed:
        """The postings of the keys from ``low`` to below ``high`` that still hold, for a segment from ``base``."""
        first, last = np.searchsorted(self.keys, np.array((low, high), np.uint64)).tolist()
        begin, end = int(self.starts[first]), int(self.starts[last])
        keys = np.repeat(self.keys[first:last], np.diff(self.starts[first : last + 1])).astype(np.uint64)
        rows = self.rows[begin:end].astype(np.uint64)
        found = (keys << _KEY) | ((rows + np.uint64(self.base - base)) << _ROW) | self.impacts[begin:end]
        if not self.removed:
            return found
        return found[~self._gone()[self.rows[begin:end]]]


def sealed(packed: Packed, base: int, span: int) -> Segment:
    """A segment of sorted postings."""
    keys = (packed >> _KEY).astype(np.uint32)
    fresh = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
    begins = np.flatnonzero(fresh)
    starts = np.append(begins, len(keys))
    rows = ((packed >> _ROW) & _LOW16).astype(np.uint16)
    return Segment(base, span, keys[begins], starts, rows, (packed & _LOW8).astype(np.uint8))


class PostingLists:
    """Segments of neighbouring rows. What was added last waits in a tail; small segments merge into larger ones a
    step at a time, so that no addition takes long."""

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._tail: list[Packed] = []
        self._tail_segment: Segment | None = None
        self._tail_base = 0
        self._tail_removed: set[int] = set()
        self._merging: Iterator[None] | None = None
        self._settled = True

    def segments(self) -> list[Segment]:
        """All of them, by row."""
        if not self._tail:
            return self._segments
        if self._tail_segment is None:
            self._tail_segment = self._sealed_tail()
        return [*self._segments, self._tail_segment]

    def add(self, postings: Packed) -> None:
        """The postings of the next row; their row number within the segment is left 0."""
        self._tail.append(postings)
        self._tail_segment = None
        if len(self._tail) == _TAIL:
            self._close_tail()
        self._step()

    def add_block(self, packed: Packed, span: int) -> None:
        """The postings of the next ``span`` rows, at most ``MOST_ROWS``, sorted; they are a segment at once."""
        self._close_tail()
        self._segments.append(sealed(packed, self._tail_base, span))
        self._settled = False
        self._tail_base += span

    def remove(self, row: int) -> None:
        if row >= self._tail_base:
            self._tail_removed.add(row - self._tail_base)
            self._tail_segment = None
            return
        segment = next(one for one in self._segments if one.base <= row < one.base + one.span)
        segment.remove(row - segment.base)

    def let_go(self) -> Iterator[None]:
        """Empty it, a segment at a time."""
        self._merging = None
        while self._segments:
            self._segments.pop()
            yield

    def _sealed_tail(self) -> Segment:
        placed = [postings | (np.uint64(at) << _ROW) for at, postings in enumerate(self._tail)]
        segment = sealed(np.sort(np.concatenate(placed)), self._tail_base, len(self._tail))
        segment.removed = set(self._tail_removed)
        return segment

    def _close_tail(self) -> None:
        if not self._tail:
            return
        segment = self._tail_segment or self._sealed_tail()
        self._segments.append(segment)
        self._settled = False
        self._tail_base += segment.span
        self._tail, self._tail_segment, self._tail_removed = [], None, set()

    def _step(self) -> None:
        if self._merging is None and not self._settled:
            run = _mergeable(self._segments)
            self._settled = run is None
            self._merging = self._merge(run) if run else None
        if self._merging is not None and next(self._merging, self) is self:
            self._merging = None

    def _merge(self, run: list[Segment]) -> Iterator[None]:
        """Merge a run of neighbours; it goes on answering until the new one takes its place at the end."""
        base, span = run[0].base, sum(one.span for one in run)
        pieces: list[Segment] = []
        for low, high in _ranges(run):
            parts = [one.packed(low, high, base) for one in run]
            pieces.append(sealed(np.sort(np.concatenate(parts), kind="stable"), base, span))
            yield
        merged = _chain(pieces, base, span)
        for (
            one
        ) in run:  # also those dropped above: which were removed only after their piece was made is not known
            merged.removed.update(one.base - base + row for row in one.removed)
        at = self._segments.index(run[0])
        self._segments = [*self._segments[:at], merged, *self._segments[at + len(run) :]]


def _mergeable(segments: Sequence[Segment]) -> list[Segment] | None:
    """The last ``_FAN`` neighbours of one size; where there are too many segments, the smallest neighbours."""
    runs = [list(segments[end - _FAN : end]) for end in range(len(segments), _FAN - 1, -1)]
    runs = [run for run in runs if sum(one.span for one in run) <= MOST_ROWS]
    alike = (run for run in runs if len({_size(one) for one in run}) == 1)
    found = next(alike, None)
    if found is None and runs and len(segments) > _MOST_SEGMENTS:
        found = min(runs, key=lambda run: sum(one.span for one in run))
    return found


def _size(segment: Segment) -> int:
    size, span = 0, segment.span // _TAIL
    while span >= _FAN:
        span //= _FAN
        size += 1
    return size


def _ranges(run: Sequence[Segment]) -> list[tuple[int, int]]:
    """Ranges of keys with about ``_STEP`` postings each, all the keys together."""
    longest = max(run, key=lambda one: len(one.rows))
    count = max(1, sum(len(one.rows) for one in run) // _STEP)
    wanted = np.linspace(0, len(longest.rows), count + 1)[1:-1]
    at = np.searchsorted(longest.starts, wanted)
    cuts = sorted({int(longest.keys[one]) for one in at if one < len(longest.keys)} - {0})
    return list(zip([0, *cuts], [*cuts, 1 << 32], strict=True))


def _chain(pieces: Sequence[Segment], base: int, span: int) -> Segment:
    lengths = [np.diff(piece.starts) for piece in pieces]
    return Segment(
        base,
        span,
        np.concatenate([piece.keys for piece in pieces]),
        np.concatenate(([0], np.cumsum(np.concatenate(lengths)))),
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate([piece.impacts for piece in pieces]),
    )
