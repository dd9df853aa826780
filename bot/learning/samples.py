"""Tickets → what a training reads: redacted texts with labels, weights and dates, held in memory only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from pymongo import ASCENDING

from bot.learning.registry import ModelKind
from routing.departments import Units
from routing.mongo_store import AWARE, Collection, Database, Document, from_document
from routing.triage.catalogue import DutyList
from routing.triage.learning import Example, Skipped, example_of

LEAST_WEIGHT = 0.5
"""What nobody has confirmed is left out rather than learned in whispers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled text for one kind of model. ``number`` joins what models said of it across trainings."""

    number: str
    text: str
    label: str
    at: datetime
    place: str | None = None
    weight: float = 1.0
    confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Labels of a span that must not be learned, because a person found them wrong. ``label`` None means all."""

    since: datetime
    until: datetime
    label: str | None
    who: str
    why: str
    at: datetime

    def holds(self, sample: Sample) -> bool:
        return self.since <= sample.at < self.until and self.label in (None, sample.label)


class Quarantines:
    """The spans set aside; nothing is deleted, and lifting one is a decision with a name too."""

    def __init__(self, database: Database) -> None:
        self._spans: Collection = database.get_collection("training_quarantines", codec_options=AWARE)

    async def add(self, quarantine: Quarantine, *, kind: ModelKind) -> None:
        await self._spans.insert_one(
            {
                "kind": kind.value,
                "since": quarantine.since,
                "until": quarantine.until,
                "label": quarantine.label,
                "who": quarantine.who,
                "why": quarantine.why,
                "at": quarantine.at,
            }
        )

    async def all(self, kind: ModelKind) -> list[Quarantine]:
        found = self._spans.find({"kind": kind.value}).sort("at", ASCENDING)
        return [_quarantine(document) async for document in found]


async def read_examples(
    database: Database, *, since: datetime, units: Units, duties: DutyList
) -> tuple[list[Example], Counter[Skipped]]:
    """Every ticket received since then as an example, in the order received, and why others are none."""
    tickets: Collection = database.get_collection("tickets", codec_options=AWARE)
    examples: list[Example] = []
    skipped: Counter[Skipped] = Counter()
    async for document in tickets.find({"received_at": {"$gte": since}}).sort("received_at", ASCENDING):
        try:
            ticket = from_document(document)
        except ValidationError:
            skipped[Skipped.UNREADABLE] += 1
            continue
        found = example_of(ticket, units=units, duties=duties)
        if isinstance(found, Skipped):
            skipped[found] += 1
        else:
            examples.append(found)
    return examples, skipped


def samples_of(
    examples: Iterable[Example],
    kind: ModelKind,
    *,
    region_of: Callable[[str], str | None] = lambda place_id: place_id,
) -> list[Sample]:
    """The examples this kind of model learns from, each with its label. ``region_of`` is the place units are told
    apart by, from the place that triage found."""
    samples = []
    for example in examples:
        label = example.topic if kind is ModelKind.TOPICS else example.unit_id
        if label is None or example.weight < LEAST_WEIGHT:
            continue
        samples.append(
            Sample(
                number=example.number,
                text=example.text,
                label=label,
                at=example.at,
                place=region_of(example.place_id) if example.place_id else None,
                weight=example.weight,
                confirmed=example.confirmed,
            )
        )
    return samples


def without(samples: Iterable[Sample], quarantines: Iterable[Quarantine]) -> list[Sample]:
    """The samples no quarantine holds."""
    spans = tuple(quarantines)
    return [sample for sample in samples if not any(span.holds(sample) for span in spans)]


def _quarantine(document: Document) -> Quarantine:
    return Quarantine(**{name: document[name] for name in Quarantine.__dataclass_fields__})
