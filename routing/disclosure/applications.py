"""依申请公开 on a ticket: each step an event, and the application as those events make it.

``disclosure`` knows what the law allows; here its acts move the ticket's clocks, and ``disclosure_desk`` its registers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from routing.acts import co_handling, pauses
from routing.disclosure import acts as disclosure
from routing.disclosure.acts import Application, Consultation, Decision, DisclosureError, NotAllowed
from routing.disclosure.rules import DisclosureRules, Ground, Register, shipped_rules
from routing.errors import DisclosureRefused, Incomplete, NotProvided
from routing.events import Event, EventKind
from routing.timing.sla import DISCLOSURE, PauseReason, Profile
from routing.workflow import SYSTEM, Action, Actor, Role

if TYPE_CHECKING:
    from routing.ticket import Ticket

_REMEDY = "如不服本决定，可以自收到之日起60日内申请行政复议，或者自收到之日起6个月内提起行政诉讼。"


def application_of(ticket: Ticket) -> Application:
    """The application as the ticket's events have it; after a reopening the limits and the decision begin anew."""
    found = Application(
        ticket=ticket.number,
        received_at=ticket.received_at,
        applicant=ticket.applicant,
        asked_for=ticket.text,
    )
    for event in ticket.events:
        found = _with(found, event)
    return found


def _with(found: Application, event: Event) -> Application:
    match event.kind:
        case EventKind.REOPENED:
            return _begun_anew(found, event.at)
        case EventKind.CORRECTION_REQUESTED:
            return replace(found, correction_asked_at=event.at, correction_text=event.text)
        case EventKind.CORRECTION_RECEIVED:
            return replace(found, corrected_at=event.at)
        case EventKind.RESUMED:
            return _resumed(found, event)
        case EventKind.THIRD_PARTY_ASKED:
            asked = Consultation(event.at, event.text or "")
            return replace(found, consultations=(*found.consultations, asked))
        case EventKind.THIRD_PARTY_HEARD:
            return _heard(found, event.at, consents=event.consents)
        case EventKind.EXTENSION_GRANTED:
            return replace(
                found,
                extended_at=event.at,
                extension=event.amount,
                extension_reason=event.basis or event.text,
            )
        case EventKind.DISCLOSURE_DECIDED:
            decision = Decision(event.at, event.by.name, event.ground or "", event.text or "")
            return replace(found, decision=decision)
        case EventKind.ENTERED if event.register is not None:
            return _numbered(found, event.register, event.text or "")
    return found


def _begun_anew(found: Application, at: datetime) -> Application:
    return Application(
        ticket=found.ticket,
        received_at=at,
        applicant=found.applicant,
        asked_for=found.asked_for,
        entry_number=found.entry_number,
        record_number=found.record_number,
        archive_number=found.archive_number,
    )


def _resumed(found: Application, event: Event) -> Application:
    """An official who resumes has the correction, or needs no opinion; time alone brings neither."""
    if event.by.role is Role.SYSTEM:
        return found
    if event.pause is PauseReason.CORRECTION:
        return replace(found, corrected_at=event.until or event.at)
    if event.pause is PauseReason.THIRD_PARTY:
        return _heard(found, event.until or event.at, consents=None)
    return found


def _heard(found: Application, at: datetime, *, consents: bool | None) -> Application:
    if found.consulting is None:
        return found
    answered = replace(found.consulting, answered_at=at, consents=consents)
    return replace(found, consultations=(*found.consultations[:-1], answered))


def _numbered(found: Application, register: Register, number: str) -> Application:
    match register:
        case Register.ENTRY:
            return replace(found, entry_number=number)
        case Register.RECORD:
            return replace(found, record_number=number)
        case Register.ARCHIVE:
            return replace(found, archive_number=number)


# ---- what the ticket asks


def decided(ticket: Ticket) -> bool:
    return application_of(ticket).decision is not None


def require_decided(ticket: Ticket, action: Action) -> None:
    """An application is answered by a decision that names its ground, not by words alone."""
    if ticket.tier == DISCLOSURE and not decided(ticket):
        raise DisclosureRefused(action, DisclosureError.NOT_DECIDED)


def owes_entry(ticket: Ticket) -> bool:
    """Whether the application still has to be entered in the register of what came in."""
    return ticket.tier == DISCLOSURE and ticket.is_open and application_of(ticket).entry_number is None


# ---- acts


def ask_correction(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    text: str,
    rules: DisclosureRules | None = None,
) -> None:
    """补正: the clocks wait, no longer than the rules allow, and begin anew with the corrected application."""
    rules = rules or shipped_rules()
    found = _entered(ticket, Action.ASK_CORRECTION, actor, text=text)
    pauses.require_nothing_waits(ticket)
    pauses.require_no_suspension_asked(ticket)
    _lawful(
        Action.ASK_CORRECTION,
        lambda: disclosure.ask_correction(found, text=text, now=now, profile=profile, rules=rules),
    )
    until = rules.correction.due(profile.calendar, now)
    _wait(ticket, PauseReason.CORRECTION, actor, now, until, text.strip())


def receive_correction(ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime) -> bool:
    """What the applicant sends while a correction is owed is the correction, late or not; True when it was."""
    found = application_of(ticket)
    if ticket.tier != DISCLOSURE or not found.waits_for_correction:
        return False
    if ticket.pause is None:
        pauses.begin_anew(ticket, profile=profile, at=now)
    else:
        pauses.go_on(ticket, profile=profile, at=now)
    ticket.record(
        EventKind.CORRECTION_RECEIVED,
        actor,
        now,
        unit_id=ticket.unit_id,
        pause=PauseReason.CORRECTION,
        until=now,
    )
    return True


def consult(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    text: str,
    rules: DisclosureRules | None = None,
) -> None:
    """Ask a third party whose interests the answer touches; that time is not counted, and silence ends it."""
    rules = rules or shipped_rules()
    found = _entered(ticket, Action.CONSULT, actor, text=text)
    pauses.require_first(ticket, Action.CONSULT, PauseReason.THIRD_PARTY, profile)
    _lawful(Action.CONSULT, lambda: disclosure.consult(found, of=text, now=now))
    cap = profile.pauses[PauseReason.THIRD_PARTY]
    until = rules.third_party.due(profile.calendar, now)
    until = min(until, cap.due(profile.calendar, now)) if cap else until
    _wait(ticket, PauseReason.THIRD_PARTY, actor, now, until, text.strip())


def hear_third_party(
    ticket: Ticket, *, profile: Profile, actor: Actor, now: datetime, consents: bool, text: str
) -> None:
    """The third party's opinion, which may also come after its time: then it moves no date."""
    found = _entered(ticket, Action.HEAR_THIRD_PARTY, actor, text=text)
    _lawful(Action.HEAR_THIRD_PARTY, lambda: disclosure.hear(found, consents=consents, now=now))
    waiting = ticket.pause if ticket.pause and ticket.pause.reason is PauseReason.THIRD_PARTY else None
    at = pauses.ended(waiting, now) if waiting else None
    if at is not None:
        pauses.go_on(ticket, profile=profile, at=at)
    ticket.record(
        EventKind.THIRD_PARTY_HEARD,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=text.strip(),
        consents=consents,
        pause=PauseReason.THIRD_PARTY if waiting else None,
        until=at,
    )


def decide(
    ticket: Ticket,
    *,
    profile: Profile,
    actor: Actor,
    now: datetime,
    ground: str,
    reason: str,
    text: str,
    rules: DisclosureRules | None = None,
) -> None:
    """答复书: the decision with its ground, sent as the ticket's reply (or to review first). Ends any wait."""
    rules = rules or shipped_rules()
    found = _entered(ticket, Action.DECIDE_DISCLOSURE, actor, text=text)
    pauses.require_nothing_waits(ticket)
    co_handling.require_no_answers_owed(ticket)
    _lawful(
        Action.DECIDE_DISCLOSURE,
        lambda: disclosure.decide(
            found, ground=ground, reason=reason, by=actor.name, now=now, profile=profile, rules=rules
        ),
    )
    was = ticket.pause
    at = pauses.ended(was, now) if was else None
    if at is not None:
        pauses.go_on(ticket, profile=profile, at=at)
    ticket.record(
        EventKind.DISCLOSURE_DECIDED,
        actor,
        now,
        unit_id=ticket.unit_id,
        text=reason.strip() or None,
        comment=text.strip(),
        ground=ground,
        pause=was.reason if was else None,
        until=at,
    )
    words = decision_words(rules.grounds[ground], rules=rules, reason=reason.strip(), text=text.strip())
    ticket.reply(actor=actor, now=now, text=words, profile=profile)


def decision_words(ground: Ground, *, rules: DisclosureRules, reason: str, text: str) -> str:
    """What the applicant reads: what was decided, on which article, why, and what can be done against it."""
    lines = [f"决定：{rules.kinds[ground.kind]}（{ground.title}）。"]
    if reason:
        lines.append(f"理由：{reason}")
    lines.append(text)
    basis = f"《政府信息公开条例》{ground.basis}" if ground.basis.startswith("第") else ground.basis
    lines.append(f"依据：{basis}。")
    return "\n".join([*lines, _REMEDY])


def enter_register(ticket: Ticket, register: Register, number: str, *, actor: Actor, now: datetime) -> None:
    """登记, 备案 or 归档 under the number that register gave."""
    found = _entered(ticket, Action.ENTER_REGISTER, actor, text=number)
    _lawful(Action.ENTER_REGISTER, lambda: disclosure.numbered(found, register, number))
    ticket.record(EventKind.ENTERED, actor, now, unit_id=ticket.unit_id, text=number, register=register)


def enter_by_system(ticket: Ticket, number: str, *, now: datetime) -> None:
    """登记 right after intake; done before, it stays as it was."""
    if owes_entry(ticket):
        enter_register(ticket, Register.ENTRY, number, actor=SYSTEM, now=now)


def _entered(ticket: Ticket, action: Action, actor: Actor, *, text: str) -> Application:
    ticket.enter(action, actor)
    if ticket.tier != DISCLOSURE:
        raise NotProvided(action)
    if not text.strip():
        raise Incomplete("text")
    return application_of(ticket)


def _lawful(action: Action, act: Callable[[], Application]) -> None:
    try:
        act()
    except NotAllowed as wrong:
        raise DisclosureRefused(action, wrong.why) from wrong


_ASKED = {
    PauseReason.CORRECTION: EventKind.CORRECTION_REQUESTED,
    PauseReason.THIRD_PARTY: EventKind.THIRD_PARTY_ASKED,
}


def _wait(
    ticket: Ticket, reason: PauseReason, actor: Actor, now: datetime, until: datetime, text: str
) -> None:
    ticket.record(_ASKED[reason], actor, now, unit_id=ticket.unit_id, text=text, until=until, pause=reason)
    pauses.pause(ticket, reason, now, until, text)
