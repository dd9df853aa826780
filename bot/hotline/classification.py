"""The JSON of what a text is taken to be: topic, type, danger, place, units with reasons, hints for the operator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel

from bot.hotline.triage_json import DepartmentJson, TriageJson, show_department, show_triage
from bot.triage_wording import QUESTIONS, say_change
from bot.wording import label
from classifier.model import Classification
from classifier.signals import (
    AbuseKind,
    EmergencyKind,
    Gap,
    TranscriptLevel,
    TranscriptQuality,
    judge_transcript,
    read_signals,
)
from routing.citizen_request import RequestType
from routing.departments import UnitId
from routing.places.gazetteer import PlaceLevel
from routing.triage.counterfactual import ChangeKind, what_would_change
from routing.triage.deciding import TriageDecision
from routing.triage.triage_tools import TriageTools


class GuessJson(BaseModel):
    """A label and how sure the model is of it."""

    label: str
    confidence: float


class RequestTypeJson(BaseModel):
    """咨询, 求助, 投诉, 举报, 建议 or 表扬, by rules."""

    request_type: RequestType
    label: str
    confidence: float


class DangerJson(BaseModel):
    """The danger a text speaks of, and the words that do."""

    kind: EmergencyKind
    label: str
    word: str


class PlaceJson(BaseModel):
    """The place a text means; ``full_name`` from the township down."""

    id: str
    name: str
    full_name: str
    level: PlaceLevel


class RequestJson(BaseModel):
    """One of several requests in a text, and the unit that would stand first for it alone."""

    text: str
    department: DepartmentJson


class AbuseJson(BaseModel):
    """A hint that nothing is asked for; a person judges, nothing is refused because of it."""

    kind: AbuseKind
    label: str
    word: str


class GapJson(BaseModel):
    """What the text does not say, and the question that would close the gap."""

    gap: Gap
    label: str
    question: str | None


class TranscriptJson(BaseModel):
    """How usable the text is as a call's transcript."""

    level: TranscriptLevel
    label: str
    gaps: list[GapJson]


class ChangeJson(BaseModel):
    """With what difference another unit would stand first, found by deciding again."""

    kind: ChangeKind
    detail: str
    department: DepartmentJson
    automatic: bool
    text: str


class ClassificationJson(BaseModel):
    """``label`` is the best guess even where the model ``abstained``; ``triage`` is what registration would decide.

    ``requests`` holds the single requests where the text seems to make several, else nothing. ``what_would_change`` is
    filled only when asked for.
    """

    label: str
    confidence: float
    abstained: bool
    alternatives: list[GuessJson]
    because: list[str]
    request_type: RequestTypeJson
    emergency: bool
    danger: DangerJson | None
    place: PlaceJson | None
    triage: TriageJson
    requests: list[RequestJson]
    abuse: AbuseJson | None
    transcript: TranscriptJson
    what_would_change: list[ChangeJson]


@dataclass(frozen=True, slots=True)
class Classified:
    """A text with the decision taken on it, and what it was decided by."""

    text: str
    place: str | None
    on: date
    tools: TriageTools
    decision: TriageDecision
    topic: Classification
    readable: frozenset[str] = frozenset()
    """Precedents the caller may be told of."""


def classify_text(text: str, *, place: str | None, on: date, tools: TriageTools) -> Classified:
    """The decision on a text, for callers without a service."""
    decision, topic = tools.decide_on(text, place=place, on=on)
    return Classified(text, place, on, tools, decision, topic)


def classification(case: Classified, *, explain: bool = False) -> ClassificationJson:
    """Everything that can be said of a text; ``explain`` decides some dozens of times more."""
    signals, topic, units = read_signals(case.text), case.topic, case.tools.units
    kind, danger, abuse = signals.request_type, signals.emergency, signals.abuse
    return ClassificationJson(
        label=topic.label,
        confidence=topic.confidence,
        abstained=topic.abstained,
        alternatives=[GuessJson(label=g.label, confidence=g.confidence) for g in topic.alternatives],
        because=list(topic.because),
        request_type=RequestTypeJson(
            request_type=RequestType(kind.label),
            label=label(RequestType(kind.label)),
            confidence=kind.confidence,
        ),
        emergency=danger is not None,
        danger=DangerJson(kind=danger.kind, label=label(danger.kind), word=danger.word) if danger else None,
        place=_place(case),
        triage=show_triage(case.decision, units, readable=case.readable),
        requests=_requests(case, signals.requests),
        abuse=AbuseJson(kind=abuse.kind, label=label(abuse.kind), word=abuse.word) if abuse else None,
        transcript=_transcript(judge_transcript(case.text), place_given=bool(case.place)),
        what_would_change=_changes(case) if explain else [],
    )


def _place(case: Classified) -> PlaceJson | None:
    if case.decision.place_id is None:
        return None
    gazetteer = case.tools.gazetteer
    place = gazetteer.get(case.decision.place_id)
    return PlaceJson(id=place.id, name=place.name, full_name=gazetteer.full_name(place), level=place.level)


def _requests(case: Classified, requests: tuple[str, ...]) -> list[RequestJson]:
    if len(requests) < 2:
        return []
    found = []
    for text in requests:
        decision, _ = case.tools.decide_on(text, place=case.place, on=case.on)
        first = decision.candidates[0].unit_id
        found.append(RequestJson(text=text, department=show_department(first, case.tools.units)))
    return found


def _transcript(quality: TranscriptQuality, *, place_given: bool) -> TranscriptJson:
    """A place stated beside the text is no gap of the text."""
    gaps = [gap for gap in quality.gaps if not (place_given and gap is Gap.NO_PLACE)]
    return TranscriptJson(
        level=quality.level,
        label=label(quality.level),
        gaps=[GapJson(gap=gap, label=label(gap), question=QUESTIONS.get(gap)) for gap in gaps],
    )


def _changes(case: Classified) -> list[ChangeJson]:
    units = case.tools.units
    changes = what_would_change(
        case.text, place=case.place, on=case.on, tools=case.tools, decision=case.decision
    )
    return [
        ChangeJson(
            kind=change.kind,
            detail=change.detail,
            department=show_department(UnitId(change.unit_id), units),
            automatic=change.automatic,
            text=say_change(change, show_department(change.unit_id, units).name),
        )
        for change in changes
    ]
