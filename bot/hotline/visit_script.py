"""回访话术 over HTTP: what to ask the citizen of a closed ticket, in order."""

from __future__ import annotations

from pydantic import BaseModel

from bot.hotline.models import NoBody, NoQuery
from bot.hotline.operation import Call, Endpoint, Result, operation
from routing.acts.visit_script import shipped_script
from routing.redaction import redact
from routing.workflow import TRANSITIONS, Action

_MOST = 40


class QuestionJson(BaseModel):
    """One question; ``field`` is where the answer goes in ``visit``, null for what is only asked."""

    id: str
    text: str
    answers: list[str]
    field: str | None
    note: str


class VisitScriptJson(BaseModel):
    """What is said before, asked in order, and said after."""

    opening: str
    questions: list[QuestionJson]
    closing: str


@operation(
    "GET",
    "/api/v1/tickets/{number}/visit-script",
    name="visit_script",
    summary="What to ask this ticket's citizen on the follow-up visit, in order.",
    roles=TRANSITIONS[Action.VISIT].by,
    returns={200: VisitScriptJson},
)
async def visit_script(call: Call[NoBody, NoQuery]) -> Result:
    ticket = await call.services.queries.get(call.number, reader=call.actor)
    units = call.services.units
    unit = units.get(ticket.unit_id).name if ticket.unit_id else "热线中心"
    title = redact(ticket.title or ticket.text)[:_MOST]
    script = shipped_script().about(ticket, unit=unit, title=title)
    questions = [
        QuestionJson(id=q.id, text=q.text, answers=list(q.answers), field=q.field, note=q.note)
        for q in script.questions
    ]
    return 200, VisitScriptJson(opening=script.opening, questions=questions, closing=script.closing)


ENDPOINTS: tuple[Endpoint, ...] = (visit_script,)
