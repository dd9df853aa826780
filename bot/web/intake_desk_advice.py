"""What the operator is told while writing: what it is, whose it is, what is known of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.hotline.triage_json import readable_precedents
from bot.services import Services
from bot.similar_words import VERDICTS, why_similar
from bot.triage_wording import QUESTIONS, say_reason
from bot.web.intake_desk_form import Filled
from bot.web.knowledge_panel import said_of
from bot.web.pages import unit_name
from bot.web.reasons import CandidateWords, ReasonWords
from bot.wording import label
from classifier.signals import EmergencyKind, Gap, TranscriptLevel, judge_transcript, read_signals
from knowledge_base.answering.answer import Answer, Choice, Outcome, Refusal, RefusalReason
from routing.citizen_request import RequestType
from routing.resemblance.duplicate_store import Asked
from routing.resemblance.duplicates import Candidate, Verdict
from routing.timing.working_calendar import CHINA
from routing.triage.deciding import Reason, TriageDecision
from routing.workflow import OPEN_STATES, Actor, State

log = structlog.get_logger(__name__)

LEAST = 4
"""Fewer characters say nothing yet."""
_MOST_ASKED = 300
"""A question is short; of a long story its beginning is looked up."""
_MOST_HEADING = 44
_LEAST_SHARE = 0.01
"""Below that a unit is named only where it is the first."""
_CALLS: dict[EmergencyKind, str] = {
    EmergencyKind.GAS: "119",
    EmergencyKind.FIRE: "119",
    EmergencyKind.COLLAPSE: "119",
    EmergencyKind.TRAPPED: "119",
    EmergencyKind.SELF_HARM: "110",
    EmergencyKind.VIOLENCE: "110",
    EmergencyKind.MEDICAL: "120",
    EmergencyKind.MISSING: "110",
    EmergencyKind.GROUP_EVENT: "110",
}


@dataclass(frozen=True, slots=True)
class Danger:
    """Shown above everything else: what, by which word, and who comes."""

    kind: str
    word: str
    call: str
    sure: bool
    """Whether it makes the ticket urgent by itself."""


@dataclass(frozen=True, slots=True)
class Aloud:
    """What the knowledge base has to say. ``kind``: answer, choice or refusal; ``options`` are entries to answer from."""

    kind: str
    title: str
    text: str
    source: str
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A ticket that may be the same matter."""

    number: str
    heading: str
    verdict: str
    likely: bool
    because: tuple[str, ...]
    state: State
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """All of it, in the order it is shown."""

    danger: Danger | None
    asks: bool
    """A question: its answer stands before whose ticket it would be."""
    kept_secret: bool
    """What is reported (举报) is filed as secret, whatever is ticked."""
    type_label: str
    type_share: str
    topic: str
    topic_share: str
    candidates: tuple[CandidateWords, ...]
    automatic: bool
    why: tuple[ReasonWords, ...]
    pieces: tuple[tuple[str, str], ...]
    questions: tuple[str, ...]
    abuse: str
    similar: tuple[Similar, ...]
    aloud: Aloud | None


async def advice_on(
    filled: Filled, *, services: Services, reader: Actor, now: datetime, entry: str = ""
) -> Advice | None:
    """None while there is too little to go by. ``entry`` is the article the operator chose to answer from."""
    if len(filled.text) < LEAST:
        return None
    on, tools, said = now.astimezone(CHINA).date(), services.desk.triage, filled.full_text
    signals = read_signals(said)
    decision, topic = tools.decide_on(said, place=filled.place or None, on=on)
    danger, kind = signals.emergency, RequestType(signals.request_type.label)
    quality = judge_transcript(filled.text)
    gaps = () if quality.level is TranscriptLevel.GOOD else quality.gaps
    pieces = signals.requests if len(signals.requests) > 1 else ()
    said_by_operator = RequestType(filled.request_type) if filled.request_type else kind
    asks = said_by_operator is RequestType.CONSULTATION
    similar = await similar_to(filled, services=services, reader=reader, now=now)
    return Advice(
        danger=Danger(label(danger.kind), danger.word, _CALLS[danger.kind], danger.sure) if danger else None,
        asks=asks,
        kept_secret=said_by_operator is RequestType.REPORT,
        type_label=label(kind),
        type_share=f"{signals.request_type.confidence:.0%}",
        topic=topic.label,
        topic_share=f"{topic.confidence:.0%}",
        candidates=await _candidates(decision, services, reader),
        automatic=decision.automatic,
        why=_words(decision.why),
        pieces=tuple((piece, _first_unit(piece, filled.place, services, now)) for piece in pieces),
        questions=tuple(
            QUESTIONS[gap] for gap in gaps if gap in QUESTIONS and not (gap is Gap.NO_PLACE and filled.place)
        ),
        abuse=f"{label(signals.abuse.kind)}（“{signals.abuse.word}”）" if signals.abuse else "",
        # What others asked and were told is not this caller's matter; only what is still open may be.
        similar=tuple(one for one in similar if one.open or not asks),
        aloud=_aloud(filled, services, now, entry, asks=asks),
    )


async def similar_to(
    filled: Filled, *, services: Services, reader: Actor, now: datetime, number: str | None = None
) -> tuple[Similar, ...]:
    """Nothing beside the form may stop somebody from writing: where the search fails, nothing is similar."""
    asked = Asked(
        text=filled.full_text,
        at=now,
        place=filled.place or None,
        citizen=filled.citizen if filled.phone else None,
        number=number,
    )
    try:
        found = await services.duplicates.find(asked, reader=reader, now=now, limit=4)
    except Exception as error:
        log.error("duplicates not found", error=type(error).__name__)
        return ()
    return tuple(_similar(each, services) for each in found)


def _similar(found: Candidate, services: Services) -> Similar:
    said = " ".join((found.title or found.text).split())
    return Similar(
        number=found.number,
        heading=said if len(said) <= _MOST_HEADING else f"{said[:_MOST_HEADING]}…",
        verdict=VERDICTS[found.verdict],
        likely=found.verdict is Verdict.LIKELY,
        because=tuple(why_similar(found, services.units)),
        state=found.state,
        open=found.state in OPEN_STATES and found.state is not State.LINKED,
    )


async def _candidates(
    decision: TriageDecision, services: Services, reader: Actor
) -> tuple[CandidateWords, ...]:
    readable = await readable_precedents(decision, services=services, reader=reader)
    return tuple(
        CandidateWords(
            candidate.unit_id,
            unit_name(candidate.unit_id, services.units),
            f"{candidate.score:.0%}",
            _words(candidate.reasons),
            candidate.legal_basis,
            tuple(number for number in candidate.precedents if number in readable),
        )
        for candidate in decision.candidates
        if candidate.score >= _LEAST_SHARE or candidate is decision.candidates[0]
    )


def _words(reasons: Iterable[Reason]) -> tuple[ReasonWords, ...]:
    return tuple(ReasonWords(reason.source, say_reason(reason)) for reason in reasons)


def _first_unit(text: str, place: str, services: Services, now: datetime) -> str:
    tools = services.desk.triage
    decision, _ = tools.decide_on(text, place=place or None, on=now.astimezone(CHINA).date())
    return unit_name(decision.candidates[0].unit_id, tools.units, short=True)


def _aloud(filled: Filled, services: Services, now: datetime, entry: str, *, asks: bool) -> Aloud | None:
    """None where nothing is asked and nothing is known: most complaints are no questions."""
    question = " ".join(filled.text.split())[:_MOST_ASKED]
    on, answerer, regions = now.astimezone(CHINA).date(), services.answerer, services.regions_of(None)
    outcome: Outcome
    if entry:
        outcome = answerer.answer_from(entry, question, on=on, regions=regions)
    else:
        outcome = answerer.answer(question, on=on, regions=regions)
    said = said_of(outcome, question, "")
    match outcome:
        case Answer():
            options: tuple[tuple[str, str], ...] = ()
        case Choice():
            options = tuple((one.article_id, one.question) for one in outcome.options)
        case Refusal():
            if not asks and outcome.reason in (RefusalReason.UNSURE, RefusalReason.NOTHING_NEAR):
                return None
            options = tuple((one.article_id, one.question) for one in outcome.nearest)
    return Aloud(said.kind, said.title, said.text, said.source, options)
