"""What the model, the duty list and the knowledge base say of a text, before anything is registered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel

from bot.hotline.classification import ClassificationJson, Classified, classification
from bot.hotline.models import ClassifyIn, NoBody, NoQuery, QuestionIn
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.triage_json import readable_precedents
from bot.knowledge.pages import public_page
from bot.knowledge.regions import regions_at
from knowledge_base.answering.outcome import Answer, Choice, Outcome, Refusal, Suggestion
from routing.departments import UnitLevel
from routing.timing.working_calendar import CHINA
from routing.workflow import Role

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
    """What an answer rests on. ``provision`` is the numbered article (第七条) quoted, null where none was."""

    title: str
    issuer: str
    document_number: str | None
    published_on: date
    effective_on: date
    provision: str | None


class AnswerJson(BaseModel):
    """``field`` is the field of a service guide that answers, in Chinese; null for other articles. ``page`` is the
    address of the public page, null where the service's own address is not configured."""

    article_id: str
    title: str
    text: str
    citation: CitationJson
    confidence: float
    field: str | None
    page: str | None


class SuggestionJson(BaseModel):
    """A question the knowledge base does answer."""

    article_id: str
    question: str


class AnsweredJson(BaseModel):
    """``answer``; or ``choices``, one of which is sent back as ``entry``; or ``reason`` and the nearest questions.

    ``named`` says which sensitive topic or which other place a refusal is about.
    """

    answered: bool
    answer: AnswerJson | None
    choices: list[SuggestionJson]
    reason: str | None
    named: str | None
    nearest: list[SuggestionJson]


@operation(
    "POST",
    "/api/v1/answers",
    name="answers",
    summary="The answer a citizen would get, with its source; a choice of entries; or the refusal with the "
    "nearest questions.",
    roles=EVERYBODY,
    body=QuestionIn,
    returns={200: AnsweredJson},
)
async def answers(call: Call[QuestionIn, NoQuery]) -> Result:
    body, services = call.body, call.services
    today = call.now.astimezone(CHINA).date()
    regions = regions_at(body.region, services.gazetteer) if body.region else services.regions_of(None)
    if body.entry:
        found: Outcome = services.answerer.answer_from(body.entry, body.question, on=today, regions=regions)
    else:
        found = services.answerer.answer(body.question, on=today, about=body.about or None, regions=regions)
    return 200, answered(found, public_url=services.settings.public_url)


def answered(found: Outcome, *, public_url: str) -> AnsweredJson:
    """What the library said, for programs."""
    match found:
        case Answer():
            return AnsweredJson(
                answered=True,
                answer=_answer(found, public_url),
                choices=[],
                reason=None,
                named=None,
                nearest=[],
            )
        case Choice(options):
            return AnsweredJson(
                answered=False,
                answer=None,
                choices=_suggestions(options),
                reason=None,
                named=None,
                nearest=[],
            )
        case Refusal(nearest, reason, named):
            return AnsweredJson(
                answered=False,
                answer=None,
                choices=[],
                reason=reason,
                named=named,
                nearest=_suggestions(nearest),
            )


def _answer(found: Answer, public_url: str) -> AnswerJson:
    cited = found.citation
    return AnswerJson(
        article_id=found.article_id,
        title=found.title,
        text=found.text,
        citation=CitationJson(
            title=cited.title,
            issuer=cited.issuer,
            document_number=cited.document_number,
            published_on=cited.published_on,
            effective_on=cited.effective_on,
            provision=cited.provision,
        ),
        confidence=found.confidence,
        field=found.field,
        page=public_page(public_url, found.article_id),
    )


def _suggestions(found: Iterable[Suggestion]) -> list[SuggestionJson]:
    return [SuggestionJson(article_id=one.article_id, question=one.question) for one in found]


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
