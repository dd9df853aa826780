"""Acts beside the straight path: what a unit asks for, several units at work, duplicates, and what comes after."""

from __future__ import annotations

from bot.hotline.acting import acting, action_endpoint
from bot.hotline.case_models import (
    Appeal,
    CoHandlingAnswer,
    CoHandlingRequest,
    CoHandlingWaiver,
    Decision,
    ExtensionRequest,
    LetterAnswer,
    LetterReceipt,
    Linking,
    Relaying,
    Repeat,
    SuspensionRequest,
    VisitIn,
)
from bot.hotline.models import NoQuery, ReturnRequest, WithReason, WithText
from bot.hotline.operation import Call, Endpoint
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.workflow import Action

# ---- asked for and decided


@action_endpoint(Action.DECIDE_REPLY, Decision)
async def decide_reply(call: Call[Decision, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.decide_reply(
        call.number, **acting(call), approved=call.body.approved, reason=call.body.reason
    )


@action_endpoint(Action.ARBITRATE, ReturnRequest, refuses=(429,))
async def arbitrate(call: Call[ReturnRequest, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.arbitrate(
        call.number,
        **acting(call),
        reason=call.body.reason,
        basis=call.body.basis,
        fallback=call.services.units.fallback.id,
    )


@action_endpoint(Action.EXTEND, ExtensionRequest, refuses=(429,))
async def extend(call: Call[ExtensionRequest, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.request_extension(
        call.number, **acting(call), reason=call.body.reason, amount=call.body.amount
    )


@action_endpoint(Action.DECIDE_EXTENSION, Decision)
async def decide_extension(call: Call[Decision, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.decide_extension(
        call.number, **acting(call), approved=call.body.approved, reason=call.body.reason
    )


@action_endpoint(Action.SUSPEND, SuspensionRequest)
async def suspend(call: Call[SuspensionRequest, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.request_suspension(
        call.number, **acting(call), reason=call.body.reason, until=call.body.until
    )


@action_endpoint(Action.DECIDE_SUSPENSION, Decision)
async def decide_suspension(call: Call[Decision, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.decide_suspension(
        call.number, **acting(call), approved=call.body.approved, reason=call.body.reason
    )


@action_endpoint(Action.ASK_MATERIAL, WithText, refuses=(429,))
async def ask_material(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.ask_material(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.CONSULT, WithText, refuses=(429,))
async def consult(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.consult(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.RESUME, WithReason)
async def resume(call: Call[WithReason, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.resume(call.number, **acting(call), reason=call.body.reason)


# ---- several units


@action_endpoint(Action.CO_HANDLE, CoHandlingRequest)
async def co_handle(call: Call[CoHandlingRequest, NoQuery]) -> Ticket:
    return await call.services.desk.joint.co_handle(
        call.number, [UnitId(unit) for unit in call.body.departments], **acting(call), text=call.body.text
    )


@action_endpoint(Action.ANSWER_CO_HANDLING, CoHandlingAnswer)
async def answer_co_handling(call: Call[CoHandlingAnswer, NoQuery]) -> Ticket:
    return await call.services.desk.joint.answer_co_handling(
        call.number, UnitId(call.body.department), **acting(call), text=call.body.text
    )


@action_endpoint(Action.WAIVE_CO_HANDLING, CoHandlingWaiver)
async def waive_co_handling(call: Call[CoHandlingWaiver, NoQuery]) -> Ticket:
    return await call.services.desk.joint.waive_co_handling(
        call.number, UnitId(call.body.department), **acting(call), reason=call.body.reason
    )


@action_endpoint(Action.RELAY, Relaying)
async def relay(call: Call[Relaying, NoQuery]) -> Ticket:
    return await call.services.desk.joint.relay(
        call.number, UnitId(call.body.department), **acting(call), reason=call.body.reason
    )


@action_endpoint(Action.RECALL, WithReason)
async def recall(call: Call[WithReason, NoQuery]) -> Ticket:
    return await call.services.desk.joint.recall(call.number, **acting(call), reason=call.body.reason)


@action_endpoint(Action.URGE_BELOW, WithText, refuses=(429,))
async def urge_below(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.joint.urge_below(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.ESCALATE, WithText)
async def escalate(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.joint.escalate(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.RECEIVE_LETTER, LetterReceipt)
async def receive_letter(call: Call[LetterReceipt, NoQuery]) -> Ticket:
    return await call.services.desk.joint.receive_letter(call.number, call.body.letter, **acting(call))


@action_endpoint(Action.ANSWER_LETTER, LetterAnswer)
async def answer_letter(call: Call[LetterAnswer, NoQuery]) -> Ticket:
    return await call.services.desk.joint.answer_letter(
        call.number, call.body.letter, **acting(call), text=call.body.text
    )


# ---- duplicates


@action_endpoint(Action.LINK, Linking)
async def link(call: Call[Linking, NoQuery]) -> Ticket:
    return await call.services.desk.links.link(
        call.number, call.body.parent, **acting(call), reason=call.body.reason
    )


@action_endpoint(Action.UNLINK, WithReason)
async def unlink(call: Call[WithReason, NoQuery]) -> Ticket:
    return await call.services.desk.links.unlink(call.number, **acting(call), reason=call.body.reason)


@action_endpoint(Action.NOTE_REPEAT, Repeat)
async def note_repeat(call: Call[Repeat, NoQuery]) -> Ticket:
    return await call.services.desk.aftercare.note_repeat(call.number, call.body.earlier, **acting(call))


# ---- afterwards


@action_endpoint(Action.VISIT, VisitIn, refuses=(429,))
async def visit(call: Call[VisitIn, NoQuery]) -> Ticket:
    return await call.services.desk.aftercare.visit(
        call.number,
        **acting(call),
        outcome=call.body.outcome,
        solved=call.body.solved,
        stars=call.body.stars,
        comment=call.body.comment or None,
    )


@action_endpoint(Action.ARCHIVE, WithReason)
async def archive(call: Call[WithReason, NoQuery]) -> Ticket:
    return await call.services.desk.aftercare.archive(call.number, **acting(call), reason=call.body.reason)


@action_endpoint(Action.MARK_EMERGENCY, WithReason)
async def mark_emergency(call: Call[WithReason, NoQuery]) -> Ticket:
    return await call.services.desk.aftercare.mark_emergency(
        call.number, **acting(call), reason=call.body.reason
    )


@action_endpoint(Action.PUBLISH_REPLY, WithText)
async def publish_reply(call: Call[WithText, NoQuery]) -> Ticket:
    return await call.services.desk.aftercare.publish_reply(call.number, **acting(call), text=call.body.text)


@action_endpoint(Action.APPEAL_EXCLUSION, Appeal, refuses=(429,))
async def appeal_exclusion(call: Call[Appeal, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.appeal_exclusion(
        call.number, **acting(call), reason=call.body.reason, basis=call.body.basis
    )


@action_endpoint(Action.DECIDE_EXCLUSION, Decision)
async def decide_exclusion(call: Call[Decision, NoQuery]) -> Ticket:
    return await call.services.desk.reviews.decide_exclusion(
        call.number, **acting(call), approved=call.body.approved, reason=call.body.reason
    )


CASE_ENDPOINTS: tuple[Endpoint, ...] = (
    decide_reply,
    arbitrate,
    extend,
    decide_extension,
    suspend,
    decide_suspension,
    ask_material,
    consult,
    resume,
    co_handle,
    answer_co_handling,
    waive_co_handling,
    relay,
    recall,
    urge_below,
    escalate,
    receive_letter,
    answer_letter,
    link,
    unlink,
    note_repeat,
    visit,
    archive,
    mark_emergency,
    publish_reply,
    appeal_exclusion,
    decide_exclusion,
)
