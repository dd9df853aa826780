"""The ticket's life, told as what people do to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.acts import returns
from routing.citizen_request import RequestType, Secrecy
from routing.clocks import ClockState
from routing.errors import (
    ActionNotAllowed,
    AlreadyThere,
    Incomplete,
    NotYourRole,
    Refused,
    ReviewPending,
    TooOften,
    WindowClosed,
)
from routing.events import EventKind
from routing.mongo_store import from_document, to_document
from routing.ticket import SUPPLEMENTS_PER_DAY, Rating, Ticket
from routing.timing.sla import ClockName
from routing.workflow import CITIZEN, SYSTEM, Actor, State
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_supervisor,
    a_ticket,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def dispatched() -> Ticket:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    return ticket


def resolved() -> Ticket:
    ticket = dispatched()
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + HOUR)
    ticket.contact(actor=a_liaison(), now=MONDAY_9_30 + HOUR, text="已电话联系")
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30 + 2 * HOUR, text="已责令整改")
    ticket.resolve(actor=a_liaison(), now=MONDAY_9_30 + 2 * HOUR)
    return ticket


def clock_state(ticket: Ticket, name: ClockName) -> ClockState:
    clock = ticket.clock(name)
    assert clock is not None
    return clock.state


def test_registering_starts_the_promise_to_the_citizen_at_the_moment_of_receipt() -> None:
    ticket = a_ticket()
    promise = ticket.promise
    assert promise is not None
    # A complaint has 5 working days: Monday's day 1 is Tuesday, due the next Monday at 17:30 (09:30 UTC).
    assert promise.due_at.isoformat() == "2026-11-23T09:30:00+00:00"
    assert "5个工作日" in promise.explanation


def test_a_whole_life_meets_every_clock() -> None:
    ticket = resolved()
    assert ticket.state is State.RESOLVED
    for name in (ClockName.DISPATCH, ClockName.SIGN_IN, ClockName.FIRST_CONTACT, ClockName.REPLY):
        assert clock_state(ticket, name) is ClockState.MET, name


def test_signing_in_after_the_limit_is_missed_however_it_is_done() -> None:
    ticket = dispatched()
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + DAY)
    assert clock_state(ticket, ClockName.SIGN_IN) is ClockState.MISSED


def test_a_transfer_gives_the_new_unit_its_own_sign_in_and_keeps_the_citizens_date() -> None:
    ticket = dispatched()
    promised = ticket.promise
    assert promised is not None
    ticket.transfer(
        HOUSING, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30 + HOUR, reason="属房产职责"
    )
    assert ticket.unit_id == HOUSING
    assert ticket.first_unit_id == CITY_MANAGEMENT
    assert ticket.promise is not None
    assert ticket.promise.due_at == promised.due_at
    signs = [c for c in ticket.clocks if c.name is ClockName.SIGN_IN]
    assert [(c.unit_id, c.state) for c in signs] == [
        (CITY_MANAGEMENT, ClockState.CANCELLED),
        (HOUSING, ClockState.RUNNING),
    ]


def test_a_transfer_wipes_no_lateness() -> None:
    ticket = dispatched()
    ticket.transfer(
        HOUSING, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30 + 2 * DAY, reason="属房产职责"
    )
    first = next(c for c in ticket.clocks if c.name is ClockName.SIGN_IN)
    assert first.state is ClockState.MISSED


def test_a_date_missed_before_a_transfer_stays_with_who_missed_it() -> None:
    ticket = dispatched()
    ticket.transfer(
        HOUSING, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30 + 14 * DAY, reason="属房产职责"
    )
    reply = ticket.clock(ClockName.REPLY)
    assert reply is not None
    assert reply.unit_id == CITY_MANAGEMENT


def test_a_transfer_to_the_same_unit_is_refused() -> None:
    with pytest.raises(AlreadyThere):
        dispatched().transfer(
            CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30, reason="再派一次"
        )


def test_closing_without_contact_is_no_proof_of_contact() -> None:
    ticket = dispatched()
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30, text="已修好")
    ticket.resolve(actor=a_liaison(), now=MONDAY_9_30)
    assert clock_state(ticket, ClockName.FIRST_CONTACT) is ClockState.CANCELLED


def test_one_answer_is_rated_once() -> None:
    ticket = resolved()
    ticket.rate(Rating(1), actor=CITIZEN, now=MONDAY_9_30 + DAY)
    with pytest.raises(ActionNotAllowed):
        ticket.rate(Rating(5), actor=CITIZEN, now=MONDAY_9_30 + DAY)


def test_supplements_are_many_but_not_endless() -> None:
    ticket = dispatched()
    for n in range(SUPPLEMENTS_PER_DAY):
        ticket.supplement(actor=CITIZEN, now=MONDAY_9_30, text=f"第{n}条")
    with pytest.raises(TooOften):
        ticket.supplement(actor=CITIZEN, now=MONDAY_9_30, text="再一条")


def test_a_return_is_asked_once_per_unit_and_the_refused_unit_handles_it() -> None:
    ticket = dispatched()
    ask = {"profile": PROFILE, "actor": a_liaison(), "reason": "不属我局", "basis": "三定方案"}
    returns.request_return(ticket, now=MONDAY_9_30 + HOUR, **ask)  # type: ignore[arg-type]
    with pytest.raises(ReviewPending):
        ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + HOUR)
    returns.decide_return(
        ticket,
        approved=False,
        profile=PROFILE,
        actor=a_dispatcher(),
        now=MONDAY_9_30 + 5 * HOUR,
        reason="属城管",
    )
    assert ticket.unit_id == CITY_MANAGEMENT
    # The centre took its time; the unit's limit starts anew and is not lost by waiting.
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + 6 * HOUR)
    assert clock_state(ticket, ClockName.SIGN_IN) is ClockState.MET
    with pytest.raises(TooOften):
        returns.request_return(ticket, now=MONDAY_9_30 + 7 * HOUR, **ask)  # type: ignore[arg-type]


def test_an_approved_return_goes_back_to_the_dispatcher() -> None:
    ticket = dispatched()
    returns.request_return(
        ticket,
        profile=PROFILE,
        actor=a_liaison(),
        now=MONDAY_9_30 + HOUR,
        reason="不属我局",
        basis="三定方案",
    )
    returns.decide_return(
        ticket,
        approved=True,
        profile=PROFILE,
        actor=a_dispatcher(),
        now=MONDAY_9_30 + 5 * HOUR,
        reason="属实",
    )
    assert (ticket.state, ticket.unit_id) == (State.RECEIVED, None)
    # Neither the unit's limits nor the citizen's date are the returning unit's any more, and somebody is watched.
    running = {c.name: c.unit_id for c in ticket.clocks if c.running}
    assert running == {ClockName.DISPATCH: None, ClockName.REPLY: None}
    assert clock_state(ticket, ClockName.SIGN_IN) is ClockState.CANCELLED


def test_a_return_after_its_window_is_refused() -> None:
    ticket = dispatched()
    with pytest.raises(WindowClosed):
        returns.request_return(
            ticket,
            profile=PROFILE,
            actor=a_liaison(),
            now=MONDAY_9_30 + 3 * DAY,
            reason="不属我局",
            basis="三定",
        )


def test_a_satisfied_rating_archives_and_a_bad_one_can_be_reopened() -> None:
    good, bad = resolved(), resolved()
    good.rate(Rating(5), actor=CITIZEN, now=MONDAY_9_30 + DAY)
    assert good.state is State.ARCHIVED
    bad.rate(Rating(1, resolved=False), actor=CITIZEN, now=MONDAY_9_30 + DAY)
    assert bad.state is State.RESOLVED
    bad.reopen(profile=PROFILE, actor=CITIZEN, now=MONDAY_9_30 + DAY, reason="还是很吵")
    assert bad.state is State.DISPATCHED
    assert bad.promise is not None
    assert bad.promise.name is ClockName.REWORK


def test_reminders_are_limited_so_that_they_stay_a_signal() -> None:
    ticket = dispatched()
    ticket.remind(actor=CITIZEN, now=MONDAY_9_30 + HOUR, text=None)
    with pytest.raises(TooOften):
        ticket.remind(actor=CITIZEN, now=MONDAY_9_30 + 2 * HOUR, text=None)
    ticket.remind(actor=CITIZEN, now=MONDAY_9_30 + HOUR + DAY, text=None)


def test_a_report_is_secret_whatever_was_chosen() -> None:
    ticket = a_ticket(a_request(request_type=RequestType.REPORT, secrecy=Secrecy.PUBLIC))
    assert ticket.secrecy is Secrecy.SECRET


def test_each_limit_is_announced_once_when_near_and_once_when_passed() -> None:
    ticket = dispatched()
    for hours in range(0, 24 * 14):
        ticket.check_deadlines(actor=SYSTEM, now=MONDAY_9_30 + hours * HOUR)
    said = [(e.kind, e.clock) for e in ticket.events if e.clock is not None]
    assert len(said) == len(set(said))
    assert (EventKind.OVERDUE, ClockName.SIGN_IN) in said
    assert (EventKind.AT_RISK, ClockName.REPLY) in said
    assert ticket.next_deadline_at is None


def test_an_empty_text_is_named_as_what_is_missing() -> None:
    ticket = dispatched()
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    with pytest.raises(Incomplete) as refused:
        ticket.reply(actor=a_liaison(), now=MONDAY_9_30, text="  ")
    assert refused.value.field == "text"


def test_a_citizen_cannot_sign_in_for_a_unit() -> None:
    with pytest.raises(NotYourRole):
        dispatched().accept(actor=CITIZEN, now=MONDAY_9_30)
    with pytest.raises(ActionNotAllowed):
        a_ticket().accept(actor=a_liaison(), now=MONDAY_9_30)


ACTORS: tuple[Actor, ...] = (a_liaison(), a_dispatcher(), a_supervisor(), CITIZEN, SYSTEM)


def _do(ticket: Ticket, action: str, actor: Actor, at_hours: int) -> None:
    now = MONDAY_9_30 + at_hours * HOUR
    common = {"actor": actor, "now": now}
    match action:
        case "dispatch":
            ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, **common)  # type: ignore[arg-type]
        case "transfer":
            ticket.transfer(HOUSING, profile=PROFILE, reason="改派", **common)  # type: ignore[arg-type]
        case "accept" | "resolve":
            getattr(ticket, action)(**common)
        case "contact" | "reply" | "supplement" | "answer_directly" | "remind":
            getattr(ticket, action)(text="内容", **common)
        case "request_return":
            returns.request_return(ticket, profile=PROFILE, reason="理由", basis="依据", **common)  # type: ignore[arg-type]
        case "approve_return" | "refuse_return":
            returns.decide_return(
                ticket, approved=action == "approve_return", profile=PROFILE, reason="理由", **common
            )  # type: ignore[arg-type]
        case "rate":
            ticket.rate(Rating(1 + at_hours % 5), **common)  # type: ignore[arg-type]
        case "reopen":
            ticket.reopen(profile=PROFILE, reason="未解决", **common)  # type: ignore[arg-type]
        case "withdraw" | "reject":
            getattr(ticket, action)(reason="理由", **common)
        case "check":
            ticket.check_deadlines(actor=SYSTEM, now=now)


STEPS = st.tuples(
    st.sampled_from(
        [
            "dispatch",
            "transfer",
            "accept",
            "resolve",
            "contact",
            "reply",
            "supplement",
            "answer_directly",
            "remind",
            "request_return",
            "approve_return",
            "refuse_return",
            "rate",
            "reopen",
            "withdraw",
            "reject",
            "check",
        ]
    ),
    st.sampled_from(ACTORS),
    st.integers(0, 48),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_no_sequence_of_acts_breaks_the_ticket(steps: list[tuple[str, Actor, int]]) -> None:
    ticket, hours = a_ticket(), 0
    for action, actor, later in steps:
        hours += later
        before = to_document(ticket)
        try:
            _do(ticket, action, actor, hours)
        except Refused:
            # A refusal changes nothing: what was there is there.
            assert to_document(ticket) == before
    assert [e.seq for e in ticket.events] == list(range(1, len(ticket.events) + 1))
    assert (ticket.unit_id is None) or ticket.first_unit_id is not None
    if not ticket.is_open:
        assert not any(c.running for c in ticket.clocks)
        assert ticket.next_deadline_at is None
    else:
        # An open ticket always has an owner or waits in the queue, and always has a date.
        assert ticket.state is State.RECEIVED or ticket.unit_id is not None
        assert ticket.promise is not None
    assert from_document(to_document(ticket)) == ticket
