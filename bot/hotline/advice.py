"""What the model, the duty list and the knowledge base say of a text, before anything is registered."""

from __future__ import annotations

import asyncio
from datetime import date

from pydantic import BaseModel

from bot.hotline.classification import ClassificationJson, Classified, classification
from bot.hotline.models import ClassifyIn, NoBody, NoQuery, QuestionIn
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.triage_json import readable_precedents
from knowledge_base.answer import Answer, Refusal
from routing.departments import UnitLevel
from routing.workflow import Role
from routing.working_calendar import CHINA

EVERYBODY = frozenset(Role) - {Role.CITIZEN}


@operation(
    "POST",
    "/api/v1/classify",
    summary="What a text is about and which unit it would go to, with reasons. Nothing is stored.",
    roles=EVERYBODY,
    body=ClassifyIn,
    returns={200: ClassificationJson},
)
async def classify(call: Call[ClassifyIn, NoQuery]) -> Result:
    body, tools = call.body, call.services.desk.triage
    today = call.now.astimezone(CHINA).date()
    decision, topic = tools.decide_on(body.text, place=body.place or None, on=today)
    readable = await readable_precedents(decision, services=call.services, reader=call.actor)
    case = Classified(body.text, body.place or None, today, tools, decision, topic, readable)
    if body.explain:
        # Some dozens of decisions: WeChat does not wait for them.
        return 200, await asyncio.to_thread(classification, case, explain=True)
    return 200, classification(case)


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
