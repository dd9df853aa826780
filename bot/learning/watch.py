"""The drift monitor at work: looks at recent tickets a few times a day and tightens the gate by itself.

The newest week is compared with the weeks before the live model took over, both read by the model that is live
now, so that a change of model is not taken for a change of the city. Whether its dispatches were right is asked of
those it was sure of: corrections by people count as errors, and so do the verdicts on a random sample.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge
from pydantic import ValidationError
from pymongo import ASCENDING

from bot.learning.audits import AuditSamples
from bot.learning.drift_store import DriftStore
from bot.learning.registry import ModelKind
from bot.learning.words import drift_words
from bot.services import Services
from classifier import segment
from classifier.drift import (
    DriftState,
    Level,
    Measure,
    Signal,
    Sums,
    Tally,
    measure_confidence,
    measure_label_mix,
    measure_labels,
    measure_precision,
    measure_unknown_words,
    next_state,
)
from classifier.model import TextModel
from routing.events import Audience, NoticeChannel, OutboxEntry
from routing.mongo_store import AWARE, Collection, from_document
from routing.ticket import Ticket
from routing.triage.learning import Example, Reached, example_of, was_corrected

log = structlog.get_logger(__name__)

RECENT = timedelta(days=7)
REFERENCE = timedelta(weeks=8)
OUTCOMES = timedelta(weeks=4)
MOST_TEXTS = 1500
ASKS_EVERY = timedelta(minutes=1)
"""How often a worker asks the store whether it is time: asking is a write."""
_CHUNK = 25
_AT_ONCE = 100
"""Tickets decoded between two looks at the event loop: the same process delivers notices."""

TIGHTENED = Gauge("huiyin_gate_tightened", "Confidence added to what the machine needs; 1 means stopped")
MEASURED = Gauge("huiyin_drift", "The monitor's measures", ["signal"])


@dataclass(frozen=True, slots=True)
class Reading:
    """What the live model makes of a set of messages."""

    labels: Counter[str]
    confidence: Sums
    words: tuple[frozenset[str], ...]


class DriftWatch:
    """Asked every moment, looks when it is time."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tickets: Collection = services.database.get_collection("tickets", codec_options=AWARE)
        self._store = DriftStore(services.database)
        self._audits = AuditSamples(services.database)
        self._asks_from: datetime | None = None

    async def watch(self, now: datetime) -> int:
        """Look if no worker has for a while; returns how many looks were taken here."""
        if self._asks_from is not None and now < self._asks_from:
            return 0
        self._asks_from = now + ASKS_EVERY
        if not await self._store.claim(ModelKind.TOPICS, now=now):
            return 0
        await self.look(now)
        return 1

    async def look(self, now: datetime) -> DriftState:
        """Measure, and keep what follows from it."""
        kind = ModelKind.TOPICS
        before = await self._store.current(kind) or DriftState()
        history = await self._services.registry.history(kind)
        live_since = history[-1].at if history else None
        measures = await self._about_input(now, live_since)
        tallies, by_topic = await self._outcomes(now, live_since, stopped=before.level is Level.STOPPED)
        target = self._services.settings.model_target_precision
        verdicts = await self._audits.tally(since=now - OUTCOMES, received_since=live_since)
        measures += [
            measure_precision(Signal.CORRECTIONS, tallies, target=target),
            measure_precision(Signal.AUDIT_PRECISION, verdicts, target=target),
        ]
        after = next_state(before, measures, stopped=measure_labels(by_topic, target=target), now=now)
        changed = await self._store.put(kind, after, before=before)
        TIGHTENED.set(after.tightened_by)
        for measure in after.measures:
            MEASURED.labels(measure.signal.value).set(measure.value)
        if changed:
            await self._tell(after, now)
        return after

    # ---- how messages look

    async def _about_input(self, now: datetime, live_since: datetime | None) -> list[Measure | None]:
        begins = now - RECENT
        ends = min(begins, live_since) if live_since else begins
        recent = await self._texts(begins, now)
        reference = await self._texts(ends - REFERENCE, ends)
        model = self._services.model
        new, old = await _read(recent, model), await _read(reference, model)
        # Half of the reference makes the vocabulary and the other half tells how many words are usually new.
        known = frozenset().union(*old.words[::2])
        return [
            measure_label_mix(old.labels, new.labels),
            measure_confidence(old.confidence, new.confidence),
            measure_unknown_words(_unknown(old.words[1::2], known), _unknown(new.words, known)),
        ]

    async def _texts(self, since: datetime, until: datetime) -> list[str]:
        """Redacted texts; of very many a random part."""
        span = {"received_at": {"$gte": since, "$lt": until}}
        found = self._tickets.aggregate(
            [{"$match": span}, {"$sample": {"size": MOST_TEXTS}}, {"$project": {"search_text": 1}}]
        )
        return [document["search_text"] async for document in found]

    # ---- how dispatches ended

    async def _outcomes(
        self, now: datetime, live_since: datetime | None, *, stopped: bool
    ) -> tuple[Tally, dict[str, Tally]]:
        """How often the machine was right when it was sure. While it is stopped, people decide: then it is asked
        of what it would have said."""
        since = max(now - OUTCOMES, live_since) if live_since else now - OUTCOMES
        wanted = {"received_at": {"$gte": since, "$lt": now}, "triage.candidates.0": {"$exists": True}}
        counts: dict[str, list[int]] = {}
        async for document in self._tickets.find(wanted, batch_size=_AT_ONCE).sort("received_at", ASCENDING):
            try:
                ticket = from_document(document)
            except ValidationError:
                continue  # one record that cannot be read must not leave the gate unwatched
            right = self._was_right(ticket, stopped=stopped)
            if right is not None:
                tally = counts.setdefault(ticket.topic or "", [0, 0])
                tally[0] += right
                tally[1] += 1
        tallies = {topic: Tally(right, of) for topic, (right, of) in counts.items()}
        total = Tally(sum(t.right for t in tallies.values()), sum(t.of for t in tallies.values()))
        return total, {topic: tally for topic, tally in tallies.items() if topic}

    def _was_right(self, ticket: Ticket, *, stopped: bool) -> bool | None:
        """None while nobody has said anything, or where the machine was not sure."""
        assert ticket.triage is not None
        found = example_of(
            ticket, units=self._services.units, duties=self._services.live.current.reference.duties
        )
        if ticket.triage.automatic:
            corrected = was_corrected(ticket)
            if corrected:
                return False
            answered = isinstance(found, Example) and found.reached is not Reached.SENT
            return True if answered and corrected is False else None
        sure = (ticket.topic_confidence or 0.0) >= self._services.model.card.threshold
        if not stopped or not sure or not isinstance(found, Example) or not found.confirmed:
            return None
        return ticket.triage.candidates[0].unit_id == found.unit_id

    # ---- telling

    async def _tell(self, state: DriftState, now: datetime) -> None:
        """People hear of it where they work, and every process takes up the new gate."""
        said = drift_words(state)
        log.warning(
            "gate changed", level=state.level.value, by=state.tightened_by, stopped=len(state.stopped)
        )
        entry = OutboxEntry(
            id=f"gate-{now:%Y%m%dT%H%M%S}",
            event_seq=0,
            audience=Audience.CENTRE,
            channel=NoticeChannel.CONSOLE,
        )
        await self._services.console_notices.put(entry, number="", unit_id=None, text=said, at=now)
        await self._services.registry.announce()


async def _read(texts: Sequence[str], model: TextModel) -> Reading:
    """Off and on the loop in small portions: citizens are answered in between."""
    labels: Counter[str] = Counter()
    confidences: list[float] = []
    words: list[frozenset[str]] = []
    for begin in range(0, len(texts), _CHUNK):
        for text in texts[begin : begin + _CHUNK]:
            said = model.classify(text)
            labels[said.label] += 1
            confidences.append(said.confidence)
            words.append(frozenset(segment.words(text)))
        await asyncio.sleep(0)
    return Reading(labels, Sums.of(confidences), tuple(words))


def _unknown(texts: Sequence[frozenset[str]], known: frozenset[str]) -> Sums:
    return Sums.of([len(words - known) / len(words) for words in texts if words])
