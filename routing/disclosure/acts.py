"""依申请公开: one application from 登记 to 归档, its dates and what may be decided. Pure; nothing is stored here.

The words in force are the 政府信息公开条例 (2019): 20 working days from receipt, or from the corrected application
(arts. 30, 33), at most 20 more, and the time a third party is asked is not counted (arts. 32, 33).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from routing.citizen_request import Applicant as Applicant
from routing.citizen_request import RequestType
from routing.disclosure.rules import DecisionKind, DisclosureRules, Register
from routing.timing.sla import DISCLOSURE, ClockName, PauseReason, Profile, Promise


class DisclosureError(StrEnum):
    """Why an act on an application is refused."""

    DECIDED = "decided"
    NOT_DECIDED = "not_decided"
    TOO_LATE = "too_late"
    ALREADY_ASKED = "already_asked"
    NOT_ASKED = "not_asked"
    WAITING = "waiting"
    ONCE_ONLY = "once_only"
    REASON_MISSING = "reason_missing"
    UNKNOWN_GROUND = "unknown_ground"
    BACKWARDS = "backwards"


class NotAllowed(Exception):
    """The act does not fit the application as it stands."""

    def __init__(self, why: DisclosureError) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Consultation:
    """征求意见: of a third party or another body; its time does not count."""

    asked_at: datetime
    of: str
    answered_at: datetime | None = None
    consents: bool | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """答复: the ground it rests on, and the reason told."""

    at: datetime
    by: str
    ground: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application. Register numbers are given by the store, once each."""

    ticket: str
    received_at: datetime
    """When it counts as received: handed in, signed for, or confirmed with the applicant (art. 31)."""
    applicant: Applicant
    asked_for: str
    correction_asked_at: datetime | None = None
    correction_text: str | None = None
    corrected_at: datetime | None = None
    consultations: tuple[Consultation, ...] = ()
    extended_at: datetime | None = None
    extension: int | None = None
    """Working days granted, once it was extended; None is all that the profile grants."""
    extension_reason: str | None = None
    decision: Decision | None = None
    entry_number: str | None = None
    record_number: str | None = None
    archive_number: str | None = None

    @property
    def counts_from(self) -> datetime:
        """Receipt, or receipt of the corrected application."""
        return self.corrected_at or self.received_at

    @property
    def waits_for_correction(self) -> bool:
        return self.correction_asked_at is not None and self.corrected_at is None and self.decision is None

    @property
    def consulting(self) -> Consultation | None:
        """The consultation still without an answer."""
        return next((each for each in self.consultations if each.answered_at is None), None)


_KIND = RequestType.CONSULTATION
"""The tier decides the limits of an application, not the type."""


# ---- dates


def due(
    application: Application, *, profile: Profile, rules: DisclosureRules, now: datetime
) -> Promise | None:
    """The date by which the body must answer; None while it waits for a correction, when no limit runs.

    Extension and consultations move it in the order they came. A consultation still open counts until ``now``, or
    until a silent third party's time is over (art. 32): from then on the body decides without it.
    """
    if application.waits_for_correction:
        return None
    promise = profile.promise(
        ClockName.REPLY, at=application.counts_from, request_type=_KIND, tier=DISCLOSURE
    )
    moves: list[tuple[datetime, Consultation | int | None]] = [
        (c.asked_at, c) for c in application.consultations
    ]
    if application.extended_at is not None:
        moves.append((application.extended_at, application.extension))
    for _, move in sorted(moves, key=lambda each: each[0]):
        if promise is None:
            break
        if isinstance(move, Consultation):
            promise = profile.after_pause(
                promise,
                reason=PauseReason.THIRD_PARTY,
                paused_at=move.asked_at,
                resumed_at=min(
                    move.answered_at or now, rules.third_party.due(profile.calendar, move.asked_at)
                ),
                request_type=_KIND,
                tier=DISCLOSURE,
            )
        else:
            promise = profile.extended(promise, amount=move, request_type=_KIND, tier=DISCLOSURE)
    return promise


def correction_due(application: Application, *, profile: Profile, rules: DisclosureRules) -> datetime | None:
    """Until when the applicant may correct; None when nobody asked for it."""
    if application.correction_asked_at is None:
        return None
    return rules.correction.due(profile.calendar, application.correction_asked_at)


# ---- acts


def ask_correction(
    application: Application, *, text: str, now: datetime, profile: Profile, rules: DisclosureRules
) -> Application:
    """补正: once, all at one time, within 7 working days (art. 30)."""
    _undecided(application)
    if application.correction_asked_at is not None:
        raise NotAllowed(DisclosureError.ONCE_ONLY)
    if now > rules.correction_notice.due(profile.calendar, application.received_at):
        raise NotAllowed(DisclosureError.TOO_LATE)
    return replace(
        application, correction_asked_at=_after(application.received_at, now), correction_text=_said(text)
    )


def receive_correction(application: Application, *, now: datetime) -> Application:
    """The limit counts anew from here."""
    _undecided(application)
    if application.correction_asked_at is None or application.corrected_at is not None:
        raise NotAllowed(DisclosureError.NOT_ASKED)
    return replace(application, corrected_at=_after(application.correction_asked_at, now))


def consult(application: Application, *, of: str, now: datetime) -> Application:
    """Ask a third party or another body; one at a time."""
    _undecided(application)
    if application.waits_for_correction:
        raise NotAllowed(DisclosureError.WAITING)
    if application.consulting is not None:
        raise NotAllowed(DisclosureError.ALREADY_ASKED)
    asked = Consultation(_after(application.counts_from, now), _said(of))
    return replace(application, consultations=(*application.consultations, asked))


def hear(application: Application, *, consents: bool, now: datetime) -> Application:
    """What the one asked answers."""
    _undecided(application)
    if application.consulting is None:
        raise NotAllowed(DisclosureError.NOT_ASKED)
    answered = replace(
        application.consulting, answered_at=_after(application.consulting.asked_at, now), consents=consents
    )
    return replace(application, consultations=(*application.consultations[:-1], answered))


def extend(
    application: Application,
    *,
    working_days: int,
    reason: str,
    now: datetime,
    profile: Profile,
    rules: DisclosureRules,
) -> Application:
    """延长, once, before the limit ends; the applicant is told. Raises ValueError beyond what the profile grants."""
    _undecided(application)
    if application.extended_at is not None:
        raise NotAllowed(DisclosureError.ONCE_ONLY)
    present = due(application, profile=profile, rules=rules, now=now)
    if present is None:
        raise NotAllowed(DisclosureError.WAITING)
    if now > present.due_at:
        raise NotAllowed(DisclosureError.TOO_LATE)
    later = replace(application, extended_at=now, extension=working_days, extension_reason=_said(reason))
    if due(later, profile=profile, rules=rules, now=now) is None:
        raise NotAllowed(DisclosureError.TOO_LATE)
    return later


def decide(
    application: Application,
    *,
    ground: str,
    reason: str,
    by: str,
    now: datetime,
    profile: Profile,
    rules: DisclosureRules,
) -> Application:
    """答复. A waiting correction can only end as given up or withdrawn; nothing is made public while a third party
    may still object."""
    _undecided(application)
    found = rules.grounds.get(ground)
    if found is None:
        raise NotAllowed(DisclosureError.UNKNOWN_GROUND)
    if application.waits_for_correction and found.kind is not DecisionKind.OTHER:
        raise NotAllowed(DisclosureError.WAITING)
    if found.id == "not_corrected" and not may_give_up(application, now=now, profile=profile, rules=rules):
        raise NotAllowed(DisclosureError.WAITING)
    asked = application.consulting
    opens = found.kind in (DecisionKind.GRANTED, DecisionKind.PARTLY)
    if opens and asked is not None and now <= rules.third_party.due(profile.calendar, asked.asked_at):
        raise NotAllowed(DisclosureError.WAITING)
    if found.reason and not reason.strip():
        raise NotAllowed(DisclosureError.REASON_MISSING)
    decision = Decision(_after(application.received_at, now), by, ground, reason.strip())
    return replace(application, decision=decision)


def may_give_up(application: Application, *, now: datetime, profile: Profile, rules: DisclosureRules) -> bool:
    """Whether the applicant let the time for correcting pass, so that ``not_corrected`` may be decided."""
    until = correction_due(application, profile=profile, rules=rules)
    return application.waits_for_correction and until is not None and now > until


def numbered(application: Application, register: Register, number: str) -> Application:
    """The application with its number in that register; the decision comes before 备案, 备案 before 归档."""
    if getattr(application, f"{register.value}_number") is not None:
        raise NotAllowed(DisclosureError.ONCE_ONLY)
    if register is not Register.ENTRY and application.decision is None:
        raise NotAllowed(DisclosureError.NOT_DECIDED)
    if register is Register.ENTRY:
        return replace(application, entry_number=number)
    if register is Register.RECORD:
        return replace(application, record_number=number)
    if application.record_number is None:
        raise NotAllowed(DisclosureError.NOT_DECIDED)
    return replace(application, archive_number=number)


def _undecided(application: Application) -> None:
    if application.decision is not None:
        raise NotAllowed(DisclosureError.DECIDED)


def _after(before: datetime, now: datetime) -> datetime:
    if now < before:
        raise NotAllowed(DisclosureError.BACKWARDS)
    return now


def _said(text: str) -> str:
    if not text.strip():
        raise NotAllowed(DisclosureError.REASON_MISSING)
    return text.strip()
