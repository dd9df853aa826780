"""The duty list (权责清单): which matter belongs to which unit, on which legal basis, and when."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from routing.departments import UnitId, UnitLevel
from routing.tables import DEMO_COUNTY, Row, RowError, day_of, read_rows, refuse_if_any
from routing.triage.phrase_index import HEAD, Folded, HeadTable, PhraseIndex, fold, normalise

COLUMNS = (
    "id",
    "name",
    "topic",
    "terms",
    "unit_id",
    "place_level",
    "legal_basis",
    "effective_from",
    "effective_to",
    "urgent",
)

_SENTENCE_END = re.compile(r"[。!?;\n]")


@dataclass(frozen=True, slots=True)
class Duty:
    """One matter and who answers for it: a named unit, or (属地) the unit governing the place at a level."""

    id: str
    name: str
    topic: str
    """The classifier's label this matter falls under, or a topic the classifier does not know."""
    terms: tuple[str, ...]
    """Words citizens use for it. ``楼上+漏水`` means both within one sentence. Without terms the duty is the
    topic's general one, offered when nothing more particular fits."""
    unit_id: UnitId | None
    place_level: UnitLevel | None
    legal_basis: str
    effective_from: date
    effective_to: date | None
    """The last day in force; None while no end is set."""
    urgent: bool
    strong_terms: frozenset[str] = frozenset()
    """Those of ``terms`` that hardly mean anything else; written with ``!`` in the table."""

    def is_in_force(self, on: date) -> bool:
        """Whether the duty holds on that day, both ends included."""
        return self.effective_from <= on and (self.effective_to is None or on <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Pointer:
    """One term of one duty found in a text; ``start`` is its offset in the normalised text."""

    duty: Duty
    term: str
    start: int


class DutyList:
    """One version of the duty list. Duties out of force stay in it, so old tickets can still be explained.

    A duty that changed is there once for each period, under one id: what held before and what holds since.
    """

    def __init__(self, duties: Iterable[Duty], *, version: str) -> None:
        self.version = version
        self._duties = tuple(duties)
        self._by_id: dict[str, list[Duty]] = {}
        for duty in sorted(self._duties, key=lambda each: each.effective_from):
            self._by_id.setdefault(duty.id, []).append(duty)
        self._pointed: dict[str, list[tuple[str, Duty]]] = {}
        self._pairs: dict[str, list[tuple[tuple[str, ...], str, Duty]]] = {}
        self._general: dict[str, list[Duty]] = {}
        for duty in self._duties:
            if not duty.terms:
                self._general.setdefault(duty.topic, []).append(duty)
            for term in duty.terms:
                folded = normalise(term)
                if "+" in folded:
                    parts = tuple(folded.split("+"))
                    self._pairs.setdefault(_pair_key(parts), []).append((parts, term, duty))
                else:
                    self._pointed.setdefault(folded, []).append((term, duty))
        self._index = PhraseIndex(self._pointed)
        self._pair_heads = HeadTable(key for key in self._pairs if key)

    def all(self) -> tuple[Duty, ...]:
        """Every duty, in force or not, in the order of the table."""
        return self._duties

    def in_force(self, on: date) -> tuple[Duty, ...]:
        """The duties that hold on that day."""
        return tuple(duty for duty in self._duties if duty.is_in_force(on))

    def get(self, duty_id: str, *, on: date | None = None) -> Duty:
        """The duty as it held on that day; the latest when it held on none, or without a day.

        Raises KeyError: a ticket only ever names a duty it was given.
        """
        periods = self._by_id[duty_id]
        held = (duty for duty in periods if on is not None and duty.is_in_force(on))
        return next(held, periods[-1])

    def general(self, topic: str, *, on: date) -> tuple[Duty, ...]:
        """The topic's duties without terms: whom to ask when the text names no particular matter."""
        return tuple(duty for duty in self._general.get(topic, ()) if duty.is_in_force(on))

    def pointers(self, text: str | Folded, *, on: date) -> list[Pointer]:
        """Every term of a duty in force that occurs in ``text``, in the order of the text."""
        folded = fold(text)
        found = [
            Pointer(duty, term, match.start)
            for match in self._index.find(folded)
            for term, duty in self._pointed[match.phrase]
            if duty.is_in_force(on)
        ]
        sentences = list(_sentences(folded.text))
        keys = {folded.text[at : at + HEAD] for at in self._pair_heads.positions(folded)}
        for parts, term, duty in (pair for key in (*keys, "") for pair in self._pairs.get(key, ())):
            if all(part in folded.text for part in parts) and duty.is_in_force(on):
                start = _together(parts, sentences)
                if start is not None:
                    found.append(Pointer(duty, term, start))
        return sorted(found, key=lambda pointer: (pointer.start, pointer.term))


def _pair_key(parts: tuple[str, ...]) -> str:
    """Two characters any text holding all parts must hold; empty when every part is a single character."""
    longest = max(parts, key=len)
    return longest[:HEAD] if len(longest) >= HEAD else ""


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    offset = 0
    for sentence in _SENTENCE_END.split(text):
        yield offset, sentence
        offset += len(sentence) + 1


def _together(parts: tuple[str, ...], sentences: list[tuple[int, str]]) -> int | None:
    """Where the first sentence holding all parts has the first of them."""
    for offset, sentence in sentences:
        if all(part in sentence for part in parts):
            return offset + sentence.index(parts[0])
    return None


def load_duty_list(folder: Path | None = None) -> DutyList:
    """Read ``duties.csv`` (the demo county's without a folder); see ``read_duty_list``."""
    return read_duty_list((folder or DEMO_COUNTY) / "duties.csv")


def read_duty_list(path: Path, *, known_units: Iterable[UnitId] | None = None) -> DutyList:
    """Read one table of duties; raises InvalidTable naming every bad row, and then nothing of it is taken.

    With ``known_units`` a duty of any other unit is a bad row too.
    """
    rows = read_rows(path, columns=COLUMNS)
    refuse_if_any(path.name, duty_errors(rows, known_units=known_units))
    return duty_list_of(rows, digest=hashlib.sha256(path.read_bytes()).hexdigest())


def duty_list_of(rows: Iterable[Row], *, digest: str) -> DutyList:
    """Checked rows as a duty list. The version is the latest day a duty takes effect and the start of ``digest``,
    so that two tables never share a version."""
    duties = [_duty(row) for row in rows]
    latest = max((duty.effective_from for duty in duties), default=date.min)
    return DutyList(duties, version=f"{latest.isoformat()}+{digest[:8]}")


def duty_errors(rows: Sequence[Row], *, known_units: Iterable[str] | None = None) -> list[RowError]:
    """Everything that is wrong with a whole table; one id twice is wrong only when the periods overlap."""
    units = None if known_units is None else set(known_units)
    errors: list[RowError] = []
    periods: dict[str, list[tuple[date, date]]] = {}
    for row in rows:
        found = _check(row, units)
        errors.extend(found)
        first = day_of(row["effective_from"])
        if first is None or not row["id"]:
            continue
        last = day_of(row["effective_to"]) or date.max
        earlier = periods.setdefault(row["id"], [])
        if any(first <= until and since <= last for since, until in earlier):
            errors.append(row.error("id", "duplicate"))
        earlier.append((first, last))
    return errors


def _check(row: Row, units: set[str] | None) -> list[RowError]:
    errors = row.missing("id", "name", "topic", "legal_basis", "effective_from")
    if bool(row["unit_id"]) == bool(row["place_level"]):
        errors.append(row.error("unit_id", "unit_or_place_level"))
    if row["unit_id"] and units is not None and row["unit_id"] not in units:
        errors.append(row.error("unit_id", "unknown"))
    if row["place_level"] and row["place_level"] not in set(UnitLevel):
        errors.append(row.error("place_level", "unknown"))
    if row["urgent"] not in ("yes", ""):
        errors.append(row.error("urgent", "not_yes_or_no"))
    if any(len(term.rstrip("!").replace("+", "")) < 2 for term in _terms(row)):
        errors.append(row.error("terms", "too_short"))
    errors.extend(row.period_errors("effective_from", "effective_to"))
    return errors


def _terms(row: Row) -> list[str]:
    return [term for term in row["terms"].split("|") if term]


def _duty(row: Row) -> Duty:
    written = _terms(row)
    return Duty(
        id=row["id"],
        name=row["name"],
        topic=row["topic"],
        terms=tuple(term.rstrip("!") for term in written),
        unit_id=UnitId(row["unit_id"]) if row["unit_id"] else None,
        place_level=UnitLevel(row["place_level"]) if row["place_level"] else None,
        legal_basis=row["legal_basis"],
        effective_from=date.fromisoformat(row["effective_from"]),
        effective_to=date.fromisoformat(row["effective_to"]) if row["effective_to"] else None,
        urgent=row["urgent"] == "yes",
        strong_terms=frozenset(term.rstrip("!") for term in written if term.endswith("!")),
    )
