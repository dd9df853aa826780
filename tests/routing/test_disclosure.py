"""依申请公开: dates counted by hand, what may be decided when, and registers whose numbers run without a gap."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from routing.acts import extensions
from routing.citizen_request import Urgency
from routing.clocks import ClockState
from routing.disclosure import applications
from routing.disclosure.acts import (
    Applicant,
    Application,
    DisclosureError,
    NotAllowed,
    ask_correction,
    consult,
    correction_due,
    decide,
    due,
    extend,
    hear,
    numbered,
    receive_correction,
)
from routing.disclosure.applications import application_of, decision_words
from routing.disclosure.rules import DecisionKind, Register, rules_from, shipped_rules
from routing.disclosure.store import MongoDisclosureRegister
from routing.errors import Refused, StaleTicket, UnknownTicket, UnknownYear
from routing.events import RejectReason
from routing.mongo_store import Database
from routing.ticket import Ticket
from routing.timing.profile_files import load_profile
from routing.timing.sla import DISCLOSURE, ClockName
from routing.timing.working_calendar import CHINA
from routing.workflow import CITIZEN, SYSTEM
from tests.factories import CITY_MANAGEMENT, a_dispatcher, a_liaison, a_request

PROFILE = load_profile("demo-county")
RULES = shipped_rules()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def received(when: str = "2026-11-02T10:00", *, ticket: str = "HY1") -> Application:
    return Application(
        ticket=ticket, received_at=at(when), applicant=Applicant.PERSON, asked_for="2025年城区路灯养护合同"
    )


def due_at(application: Application, *, now: str = "2027-06-01T09:00") -> str | None:
    promise = due(application, profile=PROFILE, rules=RULES, now=at(now))
    return promise.due_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if promise else None


def corrected(application: Application, asked: str, back: str | None) -> Application:
    waiting = ask_correction(application, text="请写明年份", now=at(asked), profile=PROFILE, rules=RULES)
    return receive_correction(waiting, now=at(back)) if back else waiting


def consulted(application: Application, asked: str, answered: str | None) -> Application:
    asking = consult(application, of="某公司", now=at(asked))
    return hear(asking, consents=True, now=at(answered)) if answered else asking


def extended(application: Application, by: int, when: str) -> Application:
    return extend(
        application, working_days=by, reason="须检索档案", now=at(when), profile=PROFILE, rules=RULES
    )


def decided(application: Application, ground: str, when: str, *, reason: str = "理由") -> Application:
    return decide(
        application, ground=ground, reason=reason, by="公开办", now=at(when), profile=PROFILE, rules=RULES
    )


def refused(act: Callable[[], object]) -> DisclosureError:
    with pytest.raises(NotAllowed) as refusal:
        act()
    return refusal.value.why


# Dates


@pytest.mark.parametrize(
    ("application", "expected", "article"),
    [
        (received("2026-09-30T16:30"), "2026-11-03 17:30", "art. 33: 18 days of October, 2 and 3 November"),
        (received(), "2026-11-30 17:30", "art. 33: four plain weeks"),
        (
            corrected(received("2026-09-30T16:30"), "2026-10-10T10:00", "2026-10-20T10:00"),
            "2026-11-17 17:30",
            "art. 30: 20 days anew from the corrected application",
        ),
        (
            consulted(received(), "2026-11-09T09:00", "2026-11-11T17:30"),
            "2026-12-03 17:30",
            "art. 33: three days of asking a third party are not counted",
        ),
        (
            consulted(received(), "2026-11-09T09:00", None),
            "2026-12-22 17:30",
            "art. 32: a silent third party takes 15 working days and no more",
        ),
        (
            extended(consulted(received(), "2026-11-09T09:00", "2026-11-11T17:30"), 10, "2026-11-25T10:00"),
            "2026-12-17 17:30",
            "art. 33: ten days after the moved date",
        ),
        (
            consulted(extended(received(), 20, "2026-11-27T10:00"), "2026-12-14T09:00", "2026-12-15T17:30"),
            "2026-12-30 17:30",
            "asked after the old date and before the new one: in the order it came",
        ),
    ],
)
def test_the_date_of_an_answer(application: Application, expected: str, article: str) -> None:
    assert due_at(application) == expected, article


def test_while_a_third_party_is_asked_the_date_moves_day_by_day() -> None:
    asking = consulted(received(), "2026-11-09T09:00", None)
    assert due_at(asking, now="2026-11-09T09:00") == "2026-11-30 17:30"
    assert due_at(asking, now="2026-11-11T17:30") == "2026-12-03 17:30"


def test_no_limit_runs_while_the_applicant_corrects() -> None:
    waiting = corrected(received("2026-09-30T16:30"), "2026-10-15T17:30", None)
    assert due_at(waiting) is None
    until = correction_due(waiting, profile=PROFILE, rules=RULES)
    assert until is not None
    assert until.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") == "2026-11-06 17:30"
    with pytest.raises(NotAllowed):
        corrected(received("2026-09-30T16:30"), "2026-10-15T17:31", None)


# Acts


def test_a_correction_is_asked_for_once_and_a_silent_applicant_gives_up() -> None:
    waiting = corrected(received("2026-09-30T16:30"), "2026-10-15T10:00", None)
    again = waiting
    assert refused(lambda: corrected(again, "2026-10-15T11:00", None)) is DisclosureError.ONCE_ONLY
    assert refused(lambda: decided(again, "provided", "2026-10-16T10:00")) is DisclosureError.WAITING
    assert refused(lambda: decided(again, "not_corrected", "2026-11-05T17:30")) is DisclosureError.WAITING
    given_up = decided(waiting, "not_corrected", "2026-11-09T09:00", reason="")
    assert given_up.decision is not None
    assert RULES.grounds[given_up.decision.ground].kind is DecisionKind.OTHER
    assert (
        refused(lambda: receive_correction(given_up, now=at("2026-11-10T09:00"))) is DisclosureError.DECIDED
    )


def test_an_extension_is_granted_once_in_time_and_within_twenty_days() -> None:
    assert refused(lambda: extended(received(), 5, "2026-11-30T17:31")) is DisclosureError.TOO_LATE
    with pytest.raises(ValueError, match="延期须为1至20个工作日"):
        extended(received(), 21, "2026-11-20T10:00")
    longer = extended(received(), 20, "2026-11-30T17:30")
    assert due_at(longer) == "2026-12-28 17:30"
    assert refused(lambda: extended(longer, 1, "2026-12-01T10:00")) is DisclosureError.ONCE_ONLY


def test_nothing_is_made_public_while_a_third_party_may_still_object() -> None:
    asking = consulted(received(), "2026-11-09T09:00", None)
    assert refused(lambda: decided(asking, "provided", "2026-11-30T17:30")) is DisclosureError.WAITING
    assert decided(asking, "provided", "2026-11-30T17:31").decision is not None
    assert decided(asking, "third_party_rights", "2026-11-10T10:00").decision is not None
    assert refused(lambda: consulted(asking, "2026-11-10T10:00", None)) is DisclosureError.ALREADY_ASKED
    assert (
        refused(lambda: hear(received(), consents=True, now=at("2026-11-10T10:00")))
        is DisclosureError.NOT_ASKED
    )


def test_a_refusal_says_why_and_what_is_decided_stays_decided() -> None:
    why = refused(lambda: decided(received(), "state_secret", "2026-11-10T10:00", reason=" "))
    assert why is DisclosureError.REASON_MISSING
    assert (
        refused(lambda: decided(received(), "because", "2026-11-10T10:00")) is DisclosureError.UNKNOWN_GROUND
    )
    assert refused(lambda: decided(received(), "provided", "2026-11-02T09:59")) is DisclosureError.BACKWARDS
    done = decided(received(), "does_not_exist", "2026-11-10T10:00", reason="经检索档案，未制作")
    assert refused(lambda: decided(done, "provided", "2026-11-11T10:00")) is DisclosureError.DECIDED


# What may be decided


def test_every_kind_of_the_yearly_report_has_its_grounds_and_each_names_its_article() -> None:
    assert {ground.kind for ground in RULES.grounds.values()} == set(DecisionKind) == set(RULES.kinds)
    assert all(ground.title and ground.basis for ground in RULES.grounds.values())
    reasons = {ground.kind for ground in RULES.grounds.values() if ground.reason}
    assert DecisionKind.REFUSED in reasons
    assert all(ground.reason for ground in RULES.grounds.values() if ground.kind is DecisionKind.REFUSED)
    petition = RULES.grounds["petition_or_complaint"]
    assert petition.hand_over == (RejectReason.PETITION, RejectReason.CONSUMER_LINE)


def test_a_table_that_leaves_a_kind_without_ground_is_refused() -> None:
    limits = {"correction_notice": "7 wd", "correction": "15 wd", "third_party": "15 wd"}
    ground = {"id": "a", "kind": "granted", "title": "甲", "basis": "乙"}
    with pytest.raises(ValueError, match="not_processed"):
        rules_from({"limits": limits, "kinds": {"granted": "予以公开"}, "grounds": [ground]})
    with pytest.raises(ValueError, match="重复"):
        rules_from({"limits": limits, "kinds": {}, "grounds": [ground, ground]})


# Registers


def test_a_file_is_put_on_record_after_its_decision_and_archived_after_that() -> None:
    entered = numbered(received(), Register.ENTRY, "登记〔2026〕1号")
    assert (
        refused(lambda: numbered(entered, Register.RECORD, "备案〔2026〕1号")) is DisclosureError.NOT_DECIDED
    )
    done = decided(entered, "provided", "2026-11-10T10:00")
    assert refused(lambda: numbered(done, Register.ARCHIVE, "归档〔2026〕1号")) is DisclosureError.NOT_DECIDED
    closed = numbered(numbered(done, Register.RECORD, "备案〔2026〕1号"), Register.ARCHIVE, "归档〔2026〕1号")
    assert (closed.record_number, closed.archive_number) == ("备案〔2026〕1号", "归档〔2026〕1号")
    assert refused(lambda: numbered(closed, Register.ENTRY, "登记〔2026〕2号")) is DisclosureError.ONCE_ONLY


async def test_twelve_applications_at_once_get_twelve_numbers_without_a_gap(database: Database) -> None:
    store = MongoDisclosureRegister(database)
    await store.prepare()
    tickets = [f"HY{number}" for number in range(12)]
    entered = await asyncio.gather(*(store.enter(received(ticket=ticket)) for ticket in tickets))
    assert {each.entry_number for each in entered} == {f"登记〔2026〕{n}号" for n in range(1, 13)}
    assert await store.enter(received(ticket="HY3")) == await store.get("HY3"), "the same ticket again"
    ledger = await store.register(Register.ENTRY, 2026)
    assert [each.entry_number for each in ledger] == [f"登记〔2026〕{n}号" for n in range(1, 13)]
    next_year = await store.enter(received("2027-01-04T10:00", ticket="HY99"))
    assert next_year.entry_number == "登记〔2027〕1号"


async def test_an_application_goes_through_its_three_registers(database: Database) -> None:
    store = MongoDisclosureRegister(database)
    await store.prepare()
    await store.enter(received())
    await store.change("HY1", lambda a: consulted(a, "2026-11-09T09:00", "2026-11-11T17:30"))
    done = await store.change("HY1", lambda a: decided(a, "severable", "2026-11-20T10:00"))
    assert done == await store.get("HY1")
    await store.number("HY1", Register.RECORD, at=at("2026-11-23T10:00"))
    closed = await store.number("HY1", Register.ARCHIVE, at=at("2027-01-05T10:00"))
    assert (closed.record_number, closed.archive_number) == ("备案〔2026〕1号", "归档〔2027〕1号")
    with pytest.raises(UnknownTicket):
        await store.get("HY2")


async def test_of_two_changes_to_the_same_reading_one_is_refused(database: Database) -> None:
    store = MongoDisclosureRegister(database)
    await store.prepare()
    await store.enter(received())
    results = await asyncio.gather(
        store.change("HY1", lambda a: consulted(a, "2026-11-09T09:00", None)),
        store.change("HY1", lambda a: consulted(a, "2026-11-09T09:00", None)),
        return_exceptions=True,
    )
    assert len((await store.get("HY1")).consultations) == 1
    assert next(type(each) for each in results if isinstance(each, Exception)) in (StaleTicket, NotAllowed)


# The decision as the applicant reads it


def test_a_decision_says_what_why_on_which_article_and_what_can_be_done_against_it() -> None:
    words = decision_words(
        RULES.grounds["does_not_exist"], rules=RULES, reason="经检索档案，未制作", text="特此告知。"
    )
    assert words.splitlines() == [
        "决定：无法提供（经检索，信息不存在）。",
        "理由：经检索档案，未制作",
        "特此告知。",
        "依据：《政府信息公开条例》第三十六条第四项。",
        "如不服本决定，可以自收到之日起60日内申请行政复议，或者自收到之日起6个月内提起行政诉讼。",
    ]
    withdrawn = decision_words(RULES.grounds["withdrawn"], rules=RULES, reason="", text="已撤回。")
    assert "依据：申请人书面撤回。" in withdrawn


# On a ticket


def test_the_ticket_promises_what_the_law_counts_on_random_ways_through_an_application() -> None:
    """The clocks are moved step by step; ``due`` counts from the whole story. Both must come to the same date."""
    compared = corrections = 0
    for seed in range(400):
        rng = random.Random(seed)
        now = at("2026-11-02T10:00") + timedelta(days=rng.randrange(60), minutes=rng.randrange(1440))
        ticket = an_application(now)
        for _ in range(rng.randint(4, 12)):
            now += timedelta(minutes=rng.choice((7, 200, 1440, 3 * 1440, 9 * 1440)))
            act = rng.choice(STEPS)
            try:
                act(ticket, now)
            except UnknownYear:
                break
            except Refused:
                continue
            ticket.check_deadlines(actor=SYSTEM, now=now, profile=PROFILE)
            if ticket.pause is not None:
                continue
            application = application_of(ticket)
            expected = due(application, profile=PROFILE, rules=RULES, now=now)
            clock = ticket.clock(ClockName.REPLY)
            assert clock is not None
            if expected is None or clock.state is not ClockState.RUNNING:
                continue  # it waits for a correction that never came, or is answered
            if clock.alarmed:
                break  # a date once missed is healed by nothing
            assert clock.due_at == expected.due_at, (seed, [e.kind.value for e in ticket.events])
            compared += 1
            corrections += application.corrected_at is not None
    assert compared > 500
    assert corrections > 50


def an_application(now: datetime) -> Ticket:
    request = replace(a_request(at=now), tier=DISCLOSURE, urgency=Urgency.ORDINARY)
    ticket = Ticket.register(request, number="HY2611020001", profile=PROFILE, actor=SYSTEM, now=now)
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=now)
    ticket.accept(actor=a_liaison(), now=now)
    return ticket


def _extend(ticket: Ticket, now: datetime) -> None:
    extensions.request_extension(
        ticket, profile=PROFILE, actor=a_liaison(), now=now, reason="须检索", amount=10
    )
    extensions.decide_extension(
        ticket, approved=True, profile=PROFILE, actor=a_dispatcher(), now=now, reason="属实"
    )


STEPS: tuple[Callable[[Ticket, datetime], object], ...] = (
    lambda t, now: applications.ask_correction(
        t, profile=PROFILE, actor=a_liaison(), now=now, text="请写明年份"
    ),
    lambda t, now: t.supplement(actor=CITIZEN, now=now, text="2025年", profile=PROFILE),
    lambda t, now: applications.consult(t, profile=PROFILE, actor=a_liaison(), now=now, text="某公司"),
    lambda t, now: applications.hear_third_party(
        t, profile=PROFILE, actor=a_liaison(), now=now, consents=True, text="同意"
    ),
    _extend,
)
