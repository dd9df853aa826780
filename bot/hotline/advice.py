"""What the model, the duty list and the knowledge base say of a text, before anything is registered."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from bot.hotline.models import ClassifyIn, NoBody, NoQuery, QuestionIn
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.ticket_json import TriageJson, show_triage
from bot.wording import label
from classifier.signals import find_emergency, guess_request_type
from knowledge_base.answer import Answer, Refusal
from routing.citizen_request import Channel, Citizen, CitizenRequest, RequestType
from routing.departments import UnitLevel
from routing.workflow import Role
from routing.working_calendar import CHINA

EVERYBODY = frozenset(Role) - {Role.CITIZEN}


class GuessJson(BaseModel):
    """A label and how sure the model is of it."""

    label: str
    confidence: float


class RequestTypeJson(BaseModel):
    """咨询, 求助, 投诉, 举报, 建议 or 表扬, by rules."""

    request_type: RequestType
    label: str
    confidence: float


class ClassificationJson(BaseModel):
    """``label`` is the best guess even where the model ``abstained``; ``triage`` is what registration would decide."""

    label: str
    confidence: float
    abstained: bool
    alternatives: list[GuessJson]
    because: list[str]
    request_type: RequestTypeJson
    emergency: bool
    triage: TriageJson


@operation(
    "POST",
    "/api/v1/classify",
    summary="What a text is about and which unit it would go to, with reasons. Nothing is stored.",
    roles=EVERYBODY,
    body=ClassifyIn,
    returns={200: ClassificationJson},
)
async def classify(call: Call[ClassifyIn, NoQuery]) -> Result:
    text = call.body.text
    kind = guess_request_type(text)
    request = CitizenRequest(
        channel=Channel.HOTLINE,
        external_number="",
        request_type=RequestType(kind.label),
        text=text,
        citizen=Citizen(),
        received_at=call.now,
        place=call.body.place or None,
    )
    decision, topic = call.services.desk.triage.decide(request)
    return 200, ClassificationJson(
        label=topic.label,
        confidence=topic.confidence,
        abstained=topic.abstained,
        alternatives=[GuessJson(label=g.label, confidence=g.confidence) for g in topic.alternatives],
        because=list(topic.because),
        request_type=RequestTypeJson(
            request_type=request.request_type, label=label(request.request_type), confidence=kind.confidence
        ),
        emergency=find_emergency(text) is not None,
        triage=show_triage(decision, call.services.units),
    )


class CitationJson(BaseModel):
    """What an answer rests on."""

    title: str
    issuer: str
    document_number: str | None
    published_on: date


class AnswerJson(BaseModel):
    """``field`` is the field of a service guide that answers, in Chinese; null for other articles."""

    article_id: str
    title: str
    text: str
    citation: CitationJson
    confidence: float
    field: str | None


class SuggestionJson(BaseModel):
    """A question the knowledge base does answer."""

    article_id: str
    question: str


class AnsweredJson(BaseModel):
    """Either ``answer``, or ``reason`` and the nearest questions."""

    answered: bool
    answer: AnswerJson | None
    reason: str | None
    nearest: list[SuggestionJson]


@operation(
    "POST",
    "/api/v1/answers",
    name="answers",
    summary="The answer a citizen would get, with its source, or the refusal with the nearest questions.",
    roles=EVERYBODY,
    body=QuestionIn,
    returns={200: AnsweredJson},
)
async def answers(call: Call[QuestionIn, NoQuery]) -> Result:
    today = call.now.astimezone(CHINA).date()
    found = call.services.answerer.answer(call.body.question, on=today, about=call.body.about or None)
    return 200, _refusal(found) if isinstance(found, Refusal) else _answer(found)


def _answer(found: Answer) -> AnsweredJson:
    cited = found.citation
    return AnsweredJson(
        answered=True,
        answer=AnswerJson(
            article_id=found.article_id,
            title=found.title,
            text=found.text,
            citation=CitationJson(
                title=cited.title,
                issuer=cited.issuer,
                document_number=cited.document_number,
                published_on=cited.published_on,
            ),
            confidence=found.confidence,
            field=found.field,
        ),
        reason=None,
        nearest=[],
    )


def _refusal(found: Refusal) -> AnsweredJson:
    nearest = [SuggestionJson(article_id=s.article_id, question=s.question) for s in found.nearest]
    return AnsweredJson(answered=False, answer=None, reason=found.reason, nearest=nearest)


class UnitJson(BaseModel):
    """A unit tickets can be dispatched to."""

    id: str
    name: str
    short_name: str
    level: UnitLevel
    parent_id: str | None


class UnitsJson(BaseModel):
    """All units, in the order of the installation's table."""

    departments: list[UnitJson]


@operation(
    "GET",
    "/api/v1/departments",
    name="departments",
    summary="The units tickets can be dispatched to, with the ids the other operations take.",
    roles=EVERYBODY,
    returns={200: UnitsJson},
)
async def departments(call: Call[NoBody, NoQuery]) -> Result:
    units = [
        UnitJson(id=u.id, name=u.name, short_name=u.short_name, level=u.level, parent_id=u.parent_id)
        for u in call.services.units.all()
    ]
    return 200, UnitsJson(departments=units)


ENDPOINTS: tuple[Endpoint, ...] = (classify, answers, departments)
