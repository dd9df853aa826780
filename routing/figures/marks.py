"""What figures say about a ticket, written on its document as short strings, so that a month is read off an index.

One string per calendar month (China) the ticket has a part in: ``2026-10|05qh.housing⇥A1B0|12⇥F~k3x…;``. After the
month, each piece is a day, a unit (empty: the centre), a tab and tokens of two characters: which figure, and what
it says: ``1`` counted, ``0`` not, ``w8`` counted with eight tenths, a letter an exclusion, ``~…;`` undecided until that
millisecond (base 36). Derived from the judges' own marks, so the two cannot disagree; a change of the rules changes
``VERSION``, and what carries another one is marked anew before the strings are used again.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from routing.departments import UnitId
from routing.figures.counting import MARKERS, in_tickets
from routing.figures.exclusions import Suspension, suspensions
from routing.figures.limits import flows
from routing.figures.rules import figure_rules
from routing.figures.types import (
    TENTHS,
    Exclusion,
    Figure,
    FigureName,
    FigureRow,
    Flow,
    Mark,
    Period,
    Verdict,
)
from routing.timing.working_calendar import CHINA

SLOTS = ("fm0", "fm1", "fm2", "fm3")
"""A document's months in order, each in a field of its own: an index on a plain field can answer without the document,
one on a list cannot. Few tickets live in more months than that."""
MORE = "fm_more"
OPEN_UNIT, DUE_AT, MARKED = "f_open_unit", "f_due_at", "f_version"
STOOD_STILL = "f_stood_still"
"""``253370764800000|1790784000000⇥⇥qh.housing``: when the ticket's last 挂账 ended (9999 while it lasts), and of each
when it began, when it ended and who asked for it, in milliseconds. Absent on most tickets."""
_LASTS = datetime(9999, 1, 1, tzinfo=UTC)
_FORMER = "f_suspended_until"
"""What version 2 wrote in its place: taken off when a ticket is marked anew."""
DERIVED = (*SLOTS, MORE, OPEN_UNIT, DUE_AT, STOOD_STILL, _FORMER, MARKED)

_CODES: dict[FigureName | Flow, str] = {
    **{name: chr(ord("A") + n) for n, name in enumerate(FigureName)},
    **{flow: chr(ord("a") + n) for n, flow in enumerate(Flow)},
}
if len(set(_CODES.values())) != len(FigureName) + len(Flow):
    raise AssertionError("a figure and a flow share a name or a letter")
_NAMES = {code: name for name, code in _CODES.items()}
_CODES_OF_FIGURES = {code: name for code, name in _NAMES.items() if isinstance(name, FigureName)}
_LEFT_OUT = {reason: chr(ord("a") + n) for n, reason in enumerate(Exclusion)}
_REASONS = {code: reason for reason, code in _LEFT_OUT.items()}
_TOKEN = re.compile(r"([A-Za-z])(?:~([0-9a-z]+);|w(\d)|(.))")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITHOUT_END = 9998
_ROUND = 3
"""Count up when what the strings say changes without a change of names or rules."""

VERSION = hashlib.sha256(
    "|".join((str(_ROUND), figure_rules().version, *FigureName, *Flow, *Exclusion)).encode()
).hexdigest()[:12]

Said = tuple[FigureName | Flow, bool, Exclusion | None, int, int | None]
"""Figure, counted, left out, tenths, undecided until (milliseconds)."""


def marks_of(row: FigureRow) -> dict[str, Any]:
    """The derived fields of a ticket's document."""
    months: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    fields: dict[str, Any] = {MARKED: VERSION}
    for name, mark in _all_marks(row):
        if mark.at is None:
            fields[OPEN_UNIT] = mark.unit_id or ""
            if mark.decided_at is not None:
                fields[DUE_AT] = mark.decided_at
            continue
        day = _day(mark.at)
        piece = f"{day[8:]}{mark.unit_id or ''}\t"
        months[day[:7]][piece].append(_CODES[name] + _said(mark))
    if stood_still := list(suspensions(row)):
        last = max(each.until or _LASTS for each in stood_still)
        fields[STOOD_STILL] = "|".join((stood_still_after(last), *map(_stood_still, stood_still)))
    strings = [
        "|".join((month, *(piece + "".join(sorted(tokens)) for piece, tokens in sorted(pieces.items()))))
        for month, pieces in sorted(months.items())
    ]
    fields.update(zip(SLOTS, strings, strict=False))
    if len(strings) > len(SLOTS):
        fields[MORE] = strings[len(SLOTS) :]
    return fields


class Tally:
    """Counts of what many tickets' strings say, by unit: add strings, then ask for figures and flows."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._pieces: Counter[tuple[str, str]] = Counter()
        self._counted: dict[tuple[str, str], dict[UnitId | None, dict[str, int]]] = {}
        self._stock: dict[UnitId | None, tuple[int, int]] = {}

    def add(self, strings: Iterable[str]) -> None:
        """Count each string's pieces; days outside the period are left aside when they are read."""
        self._counted.clear()
        months: defaultdict[str, list[str]] = defaultdict(list)
        for string in strings:
            months[string[:7]].append(string[8:])
        for month, rest in months.items():
            for piece, many in Counter("|".join(rest).split("|")).items():
                self._pieces[month, piece] += many

    def add_open(self, unit_id: UnitId | None, *, open_now: int, overdue: int) -> None:
        self._stock[unit_id] = (overdue, open_now)

    def by_unit(self) -> dict[UnitId | None, dict[FigureName, Figure]]:
        """The same as ``figures.by_unit`` over the tickets' rows."""
        found = {unit_id: self._figures(tokens) for unit_id, tokens in self._tokens(self._period).items()}
        for unit_id, (overdue, open_now) in self._stock.items():
            stock = self._figure(FigureName.OVERDUE_OPEN, overdue * TENTHS, open_now)
            found.setdefault(unit_id, {})[FigureName.OVERDUE_OPEN] = stock
        return {unit_id: figures for unit_id, figures in found.items() if figures}

    def flows(self, period: Period | None = None) -> dict[Flow, int]:
        """How many tickets came and went, also in another period of whole days, if its months' strings were added."""
        sums = dict.fromkeys(Flow, 0)
        for tokens in self._tokens(period or self._period).values():
            for token, many in tokens.items():
                if isinstance(flow := _NAMES[token[0]], Flow):
                    sums[flow] += many
        return sums

    def _tokens(self, period: Period) -> dict[UnitId | None, dict[str, int]]:
        """How often each token stands with each unit. They are read once counted: most say the same few things."""
        first, end = _day(period.since), _day(period.until)
        if (first, end) not in self._counted:
            found: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
            for (month, piece), many in self._pieces.items():
                if first <= f"{month}-{piece[:2]}" < end:
                    unit, _, tokens = piece[2:].partition("\t")
                    counts = found[unit]
                    for token in _split(tokens):
                        counts[token] += many
            by_unit = {UnitId(unit) if unit else None: counts for unit, counts in found.items()}
            self._counted[first, end] = dict(by_unit)
        return self._counted[first, end]

    def _figures(self, tokens: Mapping[str, int]) -> dict[FigureName, Figure]:
        tenths, below = dict.fromkeys(_CODES_OF_FIGURES, 0), dict.fromkeys(_CODES_OF_FIGURES, 0)
        out: dict[str, dict[str, int]] = {code: {} for code in _CODES_OF_FIGURES}
        as_of = _milliseconds(self._period.as_of)
        for token, many in tokens.items():
            code = token[0]
            if code not in _CODES_OF_FIGURES:
                continue
            _, counted, excluded, weight, until = _parsed(token)
            if until is not None and until >= as_of:
                excluded = Exclusion.NOT_YET_DUE
            if excluded is not None:
                out[code][excluded.value] = out[code].get(excluded.value, 0) + many
            else:
                below[code] += many
                tenths[code] += weight * many if counted else 0
        return {
            name: self._figure(name, tenths[code], below[code], out[code])
            for code, name in _CODES_OF_FIGURES.items()
            if below[code] or out[code]
        }

    def _figure(
        self, name: FigureName, tenths: int, denominator: int, excluded: dict[str, int] | None = None
    ) -> Figure:
        return Figure(name, in_tickets(tenths), denominator, excluded or {}, self._period.as_of)


def verdicts_in(
    found: Iterable[tuple[str, Iterable[str]]], name: FigureName, period: Period
) -> Iterator[Verdict]:
    """What tickets' strings, by number, say to one figure in a period of whole days: the same as judging the rows."""
    first, end, as_of = _day(period.since), _day(period.until), _milliseconds(period.as_of)
    code = _CODES[name]
    for number, strings in found:
        for string in strings:
            if code not in string:
                continue
            month, *pieces = string.split("|")
            for piece in pieces:
                if code not in piece or not first <= f"{month}-{piece[:2]}" < end:
                    continue
                unit, _, tokens = piece[2:].partition("\t")
                for token in _split(tokens):
                    if token[0] == code:
                        yield _verdict(number, UnitId(unit) if unit else None, token, as_of)


def _verdict(number: str, unit_id: UnitId | None, token: str, as_of: int) -> Verdict:
    _, counted, excluded, tenths, until = _parsed(token)
    if until is not None and until >= as_of:
        return Verdict(number, unit_id, excluded=Exclusion.NOT_YET_DUE, tenths=tenths)
    return Verdict(number, unit_id, counted, excluded, tenths)


def stood_still_after(at: datetime) -> str:
    """Of the ``STOOD_STILL`` strings, those of tickets that stood still beyond that moment are greater."""
    return f"{_milliseconds(at):015d}"


def suspensions_in(string: str) -> Iterator[Suspension]:
    """The same as ``suspensions`` of the ticket's row."""
    for piece in string.split("|")[1:]:
        since, until, unit = piece.split("\t")
        ended = _EPOCH + timedelta(milliseconds=int(until)) if until else None
        yield Suspension(UnitId(unit) if unit else None, _EPOCH + timedelta(milliseconds=int(since)), ended)


def _stood_still(each: Suspension) -> str:
    until = _milliseconds(each.until) if each.until else ""
    return f"{_milliseconds(each.since)}\t{until}\t{each.unit_id or ''}"


def is_of_whole_days(period: Period) -> bool:
    """Whether the strings, which know days only, can answer for it; without an end it can be any instant of 9999."""
    ends = (period.since,) if period.until.year >= _WITHOUT_END else (period.since, period.until)
    return all(_milliseconds(at) == _midnight(at) for at in ends)


def month_span(period: Period) -> tuple[str, str]:
    """The strings any day of the period can stand in: from (included) to (excluded)."""
    last = _day(period.until - timedelta(milliseconds=1))
    return _day(period.since)[:7], last[:7] + "~"


def strings_of(document: Mapping[str, Any]) -> list[str]:
    """The strings a document carries, wherever they stand."""
    return [*(document[slot] for slot in SLOTS if slot in document), *document.get(MORE, ())]


def _all_marks(row: FigureRow) -> Iterator[tuple[FigureName | Flow, Mark]]:
    for name, marker in MARKERS.items():
        for mark in marker(row):
            yield name, mark
    yield from flows(row)


def _said(mark: Mark) -> str:
    if mark.decided_at is not None:
        return f"~{_base36(_milliseconds(mark.decided_at))};"
    if mark.excluded is not None:
        return _LEFT_OUT[mark.excluded]
    if not mark.counted:
        return "0"
    return "1" if mark.tenths == TENTHS else f"w{mark.tenths}"


@lru_cache(maxsize=100_000)
def _split(tokens: str) -> tuple[str, ...]:
    return tuple(found.group() for found in _TOKEN.finditer(tokens))


@lru_cache(maxsize=100_000)
def _parsed(token: str) -> Said:
    ((code, until, weight, plain),) = _TOKEN.findall(token)
    return (
        _NAMES[code],
        bool(weight) or plain == "1",
        _REASONS.get(plain),
        int(weight) if weight else TENTHS,
        int(until, 36) if until else None,
    )


def _day(at: datetime) -> str:
    return at.astimezone(CHINA).date().isoformat()


def _midnight(at: datetime) -> int:
    day = at.astimezone(CHINA).date()
    return _milliseconds(datetime(day.year, day.month, day.day, tzinfo=CHINA))


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
    return digits or "0"
