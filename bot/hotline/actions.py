"""What may be done to a ticket: ``POST /api/v1/tickets/{number}/{action}``, one operation per action."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

from bot.hotline import problems
from bot.hotline.acting import PATH, acting, action_endpoint
from bot.hotline.answers import ANSWERS
from bot.hotline.case_actions import CASE_ENDPOINTS
from bot.hotline.disclosure import DISCLOSURE_ACTS
from bot.hotline.models import (
    Dispatching,
    ForTheCitizen,
    NoQuery,
    RatingIn,
    Rejection,
    Reminder,
    Reopening,
    ReturnDecision,
    ReturnRequest,
    Reveal,
    Supplement,
    Transferring,
    Versioned,
    Withdrawal,
    WithText,
)
from bot.hotline.operation import Call, Endpoint, Result, operation
from routing.acts.acting import ForCitizen
from routing.departments import UnitId
from routing.ticket import Rating, Ticket
from routing.workflow import CENTRE_ROLES, Action, Role

CitizensT = TypeVar("CitizensT", bound=ForTheCitizen)


class IdentityJson(BaseModel):
    """Who asked, in full. This reading was logged."""

    name: str | None
    phone: str | None


def _asked(call: Call[CitizensT, NoQuery], action: Action) -> ForCitizen:
    """The caller's key is told apart from its keys for other actions, other callers' and WeChat's message keys."""
    key = f"{call.actor.id}:{action}:{call.body.key}" if call.body.key else None
    return ForCitizen(actor=call.actor, now=call.now, version=call.body.version, key=key)


# ---- the centre


@action_endpoint(Action.DISPATCH, Dispatching)
async def dispatch(call: Call[Dispatching, NoQuery]) -> Ticket:
    return await call.services.desk.dispatch(
        call.number, UnitId(call.body.department), **acting(call), reason=call.body.reason or None
    )


@action_endpoint(Action.TRANSFER, Transferring)
async def transfer(call: Call[Transferring, NoQuery]) -> Ticket:
    return await call.services.desk.transfer(
        call.number, UnitId(call.body.department), **acting(call), reason=call.body.reason
    )


@action_endpoint(Action.REJECT, Rejection)
async def reject(call: Call[Rejection, NoQuery]) -> Ticket:
    return await call.services.desk.reject(
        call.number, **acting(call), reason=call.body.reason, kind=call.body.kind
    )


@action_endpoint(Action.DECIDE_RETURN, ReturnDecision)
async def decide_return(call: Call[ReturnDecision, NoQuery]) -> Ticket:
    return await call.services.desk.decide_return(
        call.number, **acting(call), approved=call.body.approved, reason=call.body.reason
    )


# ---- the unit


@action_endpoint(Action.ACCEPT, Versioned)
async def accept(call: Call[Versioned, NoQuery]) -> Ticket:
    return await call.services.desk.accept(call.number, **acting(call))


@action_endpoint(Action.CONTACT, WithText)
async def contact(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.contact(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.REQUEST_RETURN, ReturnRequest, refuses=(429,))
async def request_return(call: Call[ReturnRequest, NoQuery]) -> Ticket:
    return await call.services.desk.request_return(
        call.number, **acting(call), reason=call.body.reason, basis=call.body.basis
    )


# ---- for the citizen


@action_endpoint(Action.SUPPLEMENT, Supplement, refuses=(429,))
async def supplement(call: Call[Supplement, NoQuery]) -> Ticket:
    asked = _asked(call, Action.SUPPLEMENT)
    return await call.services.desk.supplement(call.number, text=call.body.text, **asked)


@action_endpoint(Action.REMIND, Reminder, refuses=(429,))
async def remind(call: Call[Reminder, NoQuery]) -> Ticket:
    asked = _asked(call, Action.REMIND)
    return await call.services.desk.remind(call.number, text=call.body.text or None, **asked)


@action_endpoint(Action.RATE, RatingIn)
async def rate(call: Call[RatingIn, NoQuery]) -> Ticket:
    body = call.body
    rating = Rating(
        stars=body.stars,
        resolved=body.resolved,
        reasons=tuple(dict.fromkeys(body.reasons)),
        comment=body.comment or None,
    )
    return await call.services.desk.rate(call.number, rating=rating, **_asked(call, Action.RATE))


@action_endpoint(Action.REOPEN, Reopening)
async def reopen(call: Call[Reopening, NoQuery]) -> Ticket:
    asked = _asked(call, Action.REOPEN)
    return await call.services.desk.reopen(call.number, reason=call.body.reason, **asked)


@action_endpoint(Action.WITHDRAW, Withdrawal)
async def withdraw(call: Call[Withdrawal, NoQuery]) -> Ticket:
    asked = _asked(call, Action.WITHDRAW)
    return await call.services.desk.withdraw(call.number, reason=call.body.reason, **asked)


# ---- identity


@operation(
    "POST",
    PATH + "reveal",
    summary="查看联系方式: name and phone, for a reason that is logged.",
    roles=CENTRE_ROLES | {Role.SYSTEM, Role.LIAISON},
    body=Reveal,
    returns={200: IdentityJson},
)
async def reveal(call: Call[Reveal, NoQuery]) -> Result:
    citizen = await call.services.desk.reveal(
        call.number, actor=call.actor, reason=call.body.reason, now=call.now
    )
    return 200, IdentityJson(name=citizen.name, phone=citizen.phone)


ENDPOINTS: tuple[Endpoint, ...] = (
    dispatch,
    transfer,
    reject,
    decide_return,
    accept,
    contact,
    *ANSWERS,
    request_return,
    supplement,
    remind,
    rate,
    reopen,
    withdraw,
    *CASE_ENDPOINTS,
    *DISCLOSURE_ACTS,
    reveal,
)
KNOWN = tuple(endpoint.operation.path.removeprefix(PATH) for endpoint in ENDPOINTS)


async def unknown_action(request: web.Request) -> web.StreamResponse:
    """404 that names the actions there are; routed behind all of them."""
    return problems.unknown_action(request.match_info["action"], KNOWN).response()
