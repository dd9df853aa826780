"""依申请公开 over HTTP: its acts and the three registers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.hotline.acting import acting, action_endpoint
from bot.hotline.disclosure_json import EntryJson, RegisterJson, show_decision
from bot.hotline.fields import GroundId, OptionalWords, RegisterWord
from bot.hotline.models import NoBody, NoQuery, Query, Versioned, WithText
from bot.hotline.operation import Call, Endpoint, Result, operation
from routing.disclosure.rules import Register
from routing.disclosure.store import MongoDisclosureRegister
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import CENTRE_ROLES, Action, Role

# ---- what callers send


class Opinion(WithText):
    """第三方意见: whether they agree to publication, and what they say."""

    consents: bool


class DisclosureDecision(WithText):
    """答复书. ``text`` is what the applicant is given; most grounds need a ``reason`` too."""

    ground: GroundId
    reason: OptionalWords = ""


class Entering(Versioned):
    """Which register; the number is given, and the same when asked again."""

    register_: RegisterWord = Field(alias="register")


class RegistersQuery(Query):
    """Which register, of which year; the present one where missing."""

    register_: RegisterWord = Field(Register.ENTRY, alias="register")
    year: Annotated[int, Field(ge=2000, le=2099)] | None = None


# ---- acts


@action_endpoint(Action.ASK_CORRECTION, WithText)
async def ask_correction(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.disclosure.ask_correction(
        call.number, **acting(call), text=call.body.text
    )


@action_endpoint(Action.HEAR_THIRD_PARTY, Opinion)
async def hear_third_party(call: Call[Opinion, NoQuery]) -> Ticket:
    return await call.services.desk.disclosure.hear_third_party(
        call.number, **acting(call), consents=call.body.consents, text=call.body.text
    )


@action_endpoint(Action.DECIDE_DISCLOSURE, DisclosureDecision)
async def decide_disclosure(call: Call[DisclosureDecision, NoQuery]) -> Ticket:
    return await call.services.desk.disclosure.decide(
        call.number, **acting(call), ground=call.body.ground, reason=call.body.reason, text=call.body.text
    )


@action_endpoint(Action.ENTER_REGISTER, Entering)
async def enter_register(call: Call[Entering, NoQuery]) -> Ticket:
    return await call.services.desk.disclosure.enter_register(
        call.number, call.body.register_, **acting(call)
    )


DISCLOSURE_ACTS: tuple[Endpoint, ...] = (ask_correction, hear_third_party, decide_disclosure, enter_register)


# ---- the registers


@operation(
    "GET",
    "/api/v1/disclosure/register",
    name="disclosure_register",
    summary="登记, 备案 or 归档 of 依申请公开: one year's register.",
    roles=CENTRE_ROLES | {Role.SYSTEM, Role.AUDITOR},
    query=RegistersQuery,
    returns={200: RegisterJson},
)
async def disclosure_register(call: Call[NoBody, RegistersQuery]) -> Result:
    register, year = call.query.register_, call.query.year or call.now.astimezone(CHINA).year
    found = await MongoDisclosureRegister(call.services.database).register(register, year)
    entries = [
        EntryJson(
            number=getattr(each, f"{register.value}_number"),
            ticket=each.ticket,
            received_at=each.received_at,
            applicant=each.applicant,
            # A register is for the centre, which reads what was written.
            decision=show_decision(each, str),
        )
        for each in found
    ]
    return 200, RegisterJson(register_=register, year=year, entries=entries)


ENDPOINTS: tuple[Endpoint, ...] = (disclosure_register,)
