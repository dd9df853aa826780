"""All that a decision about the unit rests on, as one bundle that is replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from classifier.model import Classification
from classifier.signals import find_emergency, split_requests
from routing.citizen_request import CitizenRequest
from routing.departments import UnitId, Units
from routing.places.gazetteer import Gazetteer
from routing.timing.working_calendar import CHINA
from routing.triage.automation import OPEN_GATE, Gate
from routing.triage.catalogue import DutyList
from routing.triage.deciding import RankedUnit, Reason, ReasonKind, TriageDecision, decide
from routing.triage.precedents import PrecedentSummary


class FindsPrecedents(Protocol):
    """The part of ``routing.triage.precedent_store.PrecedentFeed`` a decision needs."""

    def find(self, text: str, *, on: date) -> PrecedentSummary | None: ...


@dataclass(frozen=True, slots=True)
class TriageTools:
    """What a decision about the unit rests on; replaced as a whole when a model or duty list is reloaded."""

    classify: Callable[[str], Classification]
    duties: DutyList
    units: Units
    gazetteer: Gazetteer
    topics: frozenset[str]
    """The labels the model can tell apart; under any other topic the model cannot confirm a duty."""
    rank: Callable[[str, str | None], tuple[RankedUnit, ...]] | None = None
    """What was learned from past dispatches: text and place → units, the most likely first."""
    precedents: FindsPrecedents | None = None
    gate: Gate = OPEN_GATE

    def decide(self, request: CitizenRequest) -> tuple[TriageDecision, Classification]:
        """The decision on a request as it came, and the topic it rests on."""
        return self.decide_on(
            request.full_text,
            place=request.place,
            on=request.received_at.astimezone(CHINA).date(),
            at_unit=request.at_unit,
        )

    def decide_on(
        self, text: str, *, place: str | None, on: date, at_unit: UnitId | None = None
    ) -> tuple[TriageDecision, Classification]:
        """The decision on any text, by the tables of the local day ``on``.

        Several requests that belong to several units are never dispatched as one: the second would be lost.
        """
        decision, topic = self._decide_one(text, place=place, on=on, at_unit=at_unit)
        requests = split_requests(text) if decision.automatic else ()
        if len(requests) > 1:
            first = (self._decide_one(each, place=place, on=on)[0].candidates[0] for each in requests)
            names = dict.fromkeys(self.units.get(each.unit_id).short_name for each in first)
            if len(names) > 1:
                why = Reason(ReasonKind.SEVERAL_REQUESTS, "、".join(names))
                decision = replace(decision, automatic=False, why=(why,))
        return decision, topic

    def _decide_one(
        self, text: str, *, place: str | None, on: date, at_unit: UnitId | None = None
    ) -> tuple[TriageDecision, Classification]:
        topic = self.classify(text)
        decision = decide(
            text,
            place=place,
            topic=topic,
            duties=self.duties,
            units=self.units,
            gazetteer=self.gazetteer,
            on=on,
            known_topics=self.topics,
            learned=self.rank(text, place) if self.rank else (),
            precedents=self.precedents.find(text, on=on) if self.precedents else None,
            gate=self.gate,
            at_unit=at_unit,
            endangers=lambda: _endangers(text),
        )
        return decision, topic


def _endangers(text: str) -> bool:
    danger = find_emergency(text)
    return danger is not None and danger.sure
