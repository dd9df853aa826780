"""Answers over HTTP: what the check before sending finds is named in what is returned, and stays with the answer.

A caller who asks for the check (``check``) is refused as the writer on the page is: until every doubt was seen and a
reason is given. One who does not has their answer taken as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

from bot.hotline.acting import acting, action_operation
from bot.hotline.fields import Reason, Text
from bot.hotline.models import Body, NoQuery, Versioned
from bot.hotline.operation import Call, Endpoint, Result
from bot.hotline.problems import ApiProblem
from bot.hotline.ticket_json import TicketJson, show_ticket
from bot.reply_check import Doubt, Finding, to_override
from bot.reply_findings import DOUBTS, findings_of, say_finding
from routing.acts.acting import Excuse
from routing.ticket import Ticket
from routing.workflow import Action

# ---- what callers send


class Checked(Body):
    """How the check before sending is used."""

    check: bool = Field(False, description="Refuse with 409 `reply_doubtful` while the check has doubts.")
    despite: Reason | None = Field(None, description="Why it is sent in spite of the doubts.")
    seen: Annotated[list[str], Field(max_length=20)] = Field(
        [], description="The doubts the reason is given in sight of: the keys of `errors` of that refusal."
    )


class Answering(Checked, Versioned):
    """What the citizen is answered."""

    text: Text


class Closing(Checked, Versioned):
    """``text`` answers and closes in one step; without it an answer must have been given before."""

    text: Text | None = None


AnsweringT = TypeVar("AnsweringT", Answering, Closing)


# ---- what they get


class DoubtJson(BaseModel):
    """What may be wrong with the answer. ``quote`` are its words, empty where it is about all of it."""

    doubt: Doubt
    label: str
    advice: str
    quote: str


class AnsweredTicketJson(TicketJson):
    """The ticket, and what the check found of the answer just given."""

    doubts: list[DoubtJson]


Act = Callable[[Call[AnsweringT, NoQuery], Excuse], Awaitable[Ticket]]


def _answer_endpoint(
    action: Action, body: type[AnsweringT], *, refuses: tuple[int, ...] = ()
) -> Callable[[Act[AnsweringT]], Endpoint]:
    """As ``action_endpoint``, with the check before it and what it found behind it."""

    def declare(act: Act[AnsweringT]) -> Endpoint:
        @action_operation(action, body, returns=AnsweredTicketJson, refuses=refuses)
        async def perform(call: Call[AnsweringT, NoQuery]) -> Result:
            found = await _findings(call)
            despite = call.body.despite
            if call.body.check and found and not (despite and to_override(found, call.body.seen)):
                raise _doubtful(found)
            codes = tuple(each.doubt.value for each in found)
            ticket = await act(call, Excuse(doubts=codes, despite=despite if found else None))
            shown = await show_ticket(ticket, services=call.services, reader=call.actor, now=call.now)
            return 200, AnsweredTicketJson.model_construct(**dict(shown), doubts=[_doubt(f) for f in found])

        return perform

    return declare


async def _findings(call: Call[AnsweringT, NoQuery]) -> tuple[Finding, ...]:
    """Nothing of an answer that is going to be refused for another reason."""
    text, actor = call.body.text, call.actor
    if text is None:
        return ()
    ticket = await call.services.queries.get(call.number, reader=actor)
    if ticket.version != call.body.version or not actor.answers_for(ticket.unit_id):
        return ()
    return findings_of(text, ticket, call.services, now=call.now)


def _doubtful(found: tuple[Finding, ...]) -> ApiProblem:
    return ApiProblem(
        409,
        "Reply doubtful",
        f"还没有发出去。发送前核对，有{len(found)}处请再看一眼；不改也要发的，请写明理由。",
        errors={each.doubt.value: say_finding(each) for each in found},
    )


def _doubt(finding: Finding) -> DoubtJson:
    what, advice = DOUBTS[finding.doubt]
    return DoubtJson(doubt=finding.doubt, label=what, advice=advice, quote=finding.quote)


# ---- the acts


@_answer_endpoint(Action.ANSWER_DIRECTLY, Answering)
async def answer_directly(call: Call[Answering, NoQuery], excuse: Excuse) -> Ticket:
    return await call.services.desk.answer_directly(
        call.number, **acting(call), text=call.body.text, **excuse
    )


@_answer_endpoint(Action.REPLY, Answering)
async def reply(call: Call[Answering, NoQuery], excuse: Excuse) -> Ticket:
    return await call.services.desk.reply(call.number, **acting(call), text=call.body.text, **excuse)


@_answer_endpoint(Action.INTERIM_REPLY, Answering, refuses=(429,))
async def interim_reply(call: Call[Answering, NoQuery], excuse: Excuse) -> Ticket:
    return await call.services.desk.interim_reply(call.number, **acting(call), text=call.body.text, **excuse)


@_answer_endpoint(Action.RESOLVE, Closing)
async def resolve(call: Call[Closing, NoQuery], excuse: Excuse) -> Ticket:
    return await call.services.desk.resolve(call.number, **acting(call), text=call.body.text, **excuse)


ANSWERS: tuple[Endpoint, ...] = (answer_directly, reply, interim_reply, resolve)
