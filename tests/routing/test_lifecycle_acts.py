"""What is asked, decided and done beside the straight path, told as what people do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from bot.notice_wording import notice_to_citizen
from routing.acts import (
    co_handling,
    emergencies,
    exclusions,
    extensions,
    letters,
    links,
    notes,
    pauses,
    relays,
    returns,
    visits,
)
from routing.citizen_request import Channel, RequestType, Urgency
from routing.clocks import Clock, ClockState
from routing.departments import UnitId, load_units
from routing.disclosure import applications
from routing.errors import (
    ActionNotAllowed,
    AnswersOwed,
    CannotLink,
    CannotReturn,
    Incomplete,
    NothingToDo,
    NotProvided,
    NotYourRole,
    OutOfRange,
    ReviewPending,
    TicketPaused,
    TooOften,
    WindowClosed,
)
from routing.events import Event, EventKind, Fault, LetterLevel, RejectReason, Solved, VisitOutcome
from routing.mongo_store import from_document, to_document
from routing.ticket import Rating, Ticket
from routing.timing.sla import DISCLOSURE, ClockName
from routing.workflow import CITIZEN, SYSTEM, Actor, Role, State
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

AWARE = json_util.JSONOptions(tz_aware=True, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = MONDAY_9_30
WATER, TOWN = UnitId("qh.water"), UnitId("qh.chengguan")
FALLBACK = load_units().fallback.id
OPERATOR = Actor("operator", "赵话务", Role.OPERATOR)


def at_work(**request: object) -> Ticket:
    ticket = a_ticket(a_request(**request))  # type: ignore[arg-type]
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW + HOUR)
    return ticket


def closed(**request: object) -> Ticket:
    ticket = at_work(**request)
    ticket.contact(actor=a_liaison(), now=NOW + HOUR, text="已电话联系")
    ticket.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已责令整改")
    ticket.resolve(actor=a_liaison(), now=NOW + 2 * HOUR, profile=PROFILE)
    return ticket


def clock(ticket: Ticket, name: ClockName) -> Clock:
    found = ticket.clock(name)
    assert found is not None, name
    return found


def last(ticket: Ticket, kind: EventKind) -> Event:
    return next(e for e in reversed(ticket.events) if e.kind is kind)


def kinds(ticket: Ticket) -> list[EventKind]:
    return [e.kind for e in ticket.events]


# ---- 延期


def ask_extension(ticket: Ticket, now: datetime = NOW + DAY, amount: int | None = 5) -> None:
    extensions.request_extension(
        ticket, profile=PROFILE, actor=a_liaison(), now=now, reason="等配件到货", amount=amount
    )


def grant(ticket: Ticket, now: datetime = NOW + DAY, *, approved: bool = True) -> None:
    extensions.decide_extension(
        ticket, approved=approved, profile=PROFILE, actor=a_dispatcher(), now=now, reason="情况属实"
    )


def test_an_extension_moves_the_citizens_date_and_tells_them_the_new_one_and_why() -> None:
    ticket = at_work()
    ask_extension(ticket)
    assert clock(ticket, ClockName.REPLY).due_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    grant(ticket)
    # Five working days after Monday 23 November: Monday 30 November, 17:30 in China.
    assert clock(ticket, ClockName.REPLY).due_at == datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
    told = notice_to_citizen(ticket, last(ticket, EventKind.EXTENSION_GRANTED), units=load_units())
    assert "最晚11月30日（周一）17:30答复您" in told
    assert "原因：等配件到货" in told


def test_an_extension_is_asked_before_the_limit_ends_and_as_often_as_the_profile_says() -> None:
    ticket = at_work()
    with pytest.raises(WindowClosed):
        ask_extension(ticket, NOW + 8 * DAY)
    with pytest.raises(OutOfRange) as refused:
        ask_extension(ticket, amount=11)
    assert "10个工作日" in refused.value.allowed
    ask_extension(ticket)
    with pytest.raises(ReviewPending):
        ask_extension(ticket)
    grant(ticket)
    with pytest.raises(TooOften):
        ask_extension(ticket)


def test_what_is_filed_on_a_saturday_and_extended_before_monday_was_extended_once() -> None:
    saturday = NOW - 2 * DAY
    ticket = a_ticket(at=saturday)
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=saturday)
    ticket.accept(actor=a_liaison(), now=saturday)
    ask_extension(ticket, saturday)
    grant(ticket, saturday)
    with pytest.raises(TooOften):
        ask_extension(ticket, saturday)


def test_an_extension_asked_in_time_and_granted_late_takes_the_lateness_back() -> None:
    ticket = at_work()
    ask_extension(ticket, NOW + DAY)
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 8 * DAY, profile=PROFILE)
    assert clock(ticket, ClockName.REPLY).alarmed
    grant(ticket, NOW + 8 * DAY)
    assert not clock(ticket, ClockName.REPLY).alarmed
    assert not clock(ticket, ClockName.REPLY).overdue(NOW + 8 * DAY)


def test_a_refused_extension_changes_no_date() -> None:
    ticket = at_work()
    before = clock(ticket, ClockName.REPLY)
    ask_extension(ticket)
    grant(ticket, approved=False)
    assert clock(ticket, ClockName.REPLY) == before
    assert not ticket.reviews


# ---- pauses


def suspended(until: datetime = NOW + 4 * DAY) -> Ticket:
    ticket = at_work()
    pauses.request_suspension(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, reason="等雨停", until=until
    )
    pauses.decide_suspension(ticket, approved=True, actor=a_dispatcher(), now=NOW + DAY, reason="同意")
    return ticket


def test_a_suspended_ticket_is_silent_and_resumes_later_by_the_working_time_it_stood_still() -> None:
    ticket = suspended()
    assert not ticket.check_deadlines(actor=SYSTEM, now=NOW + 3 * DAY, profile=PROFILE)
    with pytest.raises(TicketPaused):
        ticket.reply(actor=a_liaison(), now=NOW + 3 * DAY, text="已修好")
    pauses.resume(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 3 * DAY, reason="雨停了")
    # Tuesday 9:30 to Thursday 9:30 is two working days: from Monday the 23rd to Wednesday the 25th.
    assert clock(ticket, ClockName.REPLY).due_at == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert last(ticket, EventKind.RESUMED).until == NOW + 3 * DAY


def test_on_the_review_date_the_clocks_go_on_by_themselves_from_that_moment() -> None:
    ticket = suspended(until=NOW + 2 * DAY)
    assert ticket.next_deadline_at == NOW + 2 * DAY
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 3 * DAY, profile=PROFILE)
    assert ticket.pause is None
    assert last(ticket, EventKind.RESUMED).until == NOW + 2 * DAY
    assert clock(ticket, ClockName.REPLY).due_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_a_date_missed_before_the_pause_stays_missed() -> None:
    ticket = at_work()
    late = NOW + 8 * DAY
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=late, text="请补合同")
    assert clock(ticket, ClockName.REPLY).overdue(late + 9 * DAY)
    ticket.withdraw(actor=CITIZEN, now=late + 9 * DAY, reason="")
    assert clock(ticket, ClockName.REPLY).state is ClockState.MISSED


def test_a_suspension_needs_a_review_date_that_lies_ahead() -> None:
    ticket = at_work()
    ask = {"profile": PROFILE, "actor": a_liaison(), "now": NOW + DAY, "reason": "等雨停"}
    with pytest.raises(Incomplete):
        pauses.request_suspension(ticket, until=None, **ask)  # type: ignore[arg-type]
    with pytest.raises(OutOfRange):
        pauses.request_suspension(ticket, until=NOW, **ask)  # type: ignore[arg-type]


def test_what_the_citizen_sends_ends_the_wait_for_it() -> None:
    ticket = at_work()
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, text="请补购房合同")
    ticket.supplement(actor=CITIZEN, now=NOW + 2 * DAY, text="合同照片", profile=PROFILE)
    assert kinds(ticket)[-2:] == [EventKind.SUPPLEMENTED, EventKind.MATERIAL_RECEIVED]
    assert ticket.pause is None
    assert clock(ticket, ClockName.REPLY).due_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_who_sent_something_else_is_asked_once_more_within_the_time_of_the_first_question() -> None:
    ticket = at_work()
    ask = {"profile": PROFILE, "actor": a_liaison(), "text": "请补购房合同"}
    pauses.ask_material(ticket, now=NOW + DAY, **ask)  # type: ignore[arg-type]
    until = last(ticket, EventKind.MATERIAL_REQUESTED).until
    ticket.supplement(actor=CITIZEN, now=NOW + 2 * DAY, text="快点办", profile=PROFILE)
    pauses.ask_material(ticket, now=NOW + 2 * DAY, **ask)  # type: ignore[arg-type]
    assert ticket.pause is not None
    assert ticket.pause.until == until
    ticket.supplement(actor=CITIZEN, now=NOW + 3 * DAY, text="合同照片", profile=PROFILE)
    with pytest.raises(TooOften):
        pauses.ask_material(ticket, now=NOW + 3 * DAY, **ask)  # type: ignore[arg-type]


def test_the_wait_for_material_is_capped() -> None:
    ticket = at_work()
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, text="请补合同")
    assert ticket.pause is not None
    # Ten working days from Tuesday 17 November.
    assert ticket.pause.until == datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 40 * DAY, profile=PROFILE)
    assert ticket.pause is None
    assert clock(ticket, ClockName.REPLY).overdue(NOW + 40 * DAY)


def test_only_a_disclosure_request_waits_for_a_third_party() -> None:
    with pytest.raises(NotProvided):
        applications.consult(at_work(), profile=PROFILE, actor=a_liaison(), now=NOW + DAY, text="征求意见")
    ticket = a_ticket(replace(a_request(), tier=DISCLOSURE))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW + HOUR)
    assert "20个工作日" in clock(ticket, ClockName.REPLY).explanation
    applications.consult(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, text="征求意见")
    assert ticket.pause is not None, "all clocks stand still until the third party's time is over"
    assert ticket.next_deadline_at == ticket.pause.until


# ---- returns


def ask_return(ticket: Ticket, now: datetime = NOW + HOUR, fallback: UnitId | None = FALLBACK) -> None:
    returns.request_return(
        ticket,
        profile=PROFILE,
        actor=a_liaison(),
        now=now,
        reason="不属我局",
        basis="三定方案",
        fallback=fallback,
    )


def decide(ticket: Ticket, actor: Actor, *, approved: bool, now: datetime = NOW + HOUR) -> None:
    returns.decide_return(
        ticket,
        approved=approved,
        profile=PROFILE,
        actor=actor,
        now=now,
        reason="审核",
        fallback=FALLBACK,
    )


def test_the_second_dispute_goes_to_a_supervisor_and_then_to_the_fallback_unit() -> None:
    ticket = at_work()
    ask_return(ticket)
    decide(ticket, a_dispatcher(), approved=True)
    assert last(ticket, EventKind.RETURN_APPROVED).fault is Fault.MISDISPATCHED
    ticket.dispatch(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR)
    ask_return(ticket)
    with pytest.raises(NotYourRole):
        decide(ticket, a_dispatcher(), approved=True)
    decide(ticket, a_supervisor(), approved=True)
    assert (ticket.unit_id, ticket.state) == (FALLBACK, State.DISPATCHED)
    assert kinds(ticket)[-2:] == [EventKind.RETURN_APPROVED, EventKind.TRANSFERRED]
    with pytest.raises(CannotReturn):
        ask_return(ticket)


def test_a_refused_unit_may_go_to_arbitration_once() -> None:
    ticket = at_work()
    ask = {"profile": PROFILE, "actor": a_liaison(), "reason": "仍有异议", "basis": "条例第3条"}
    with pytest.raises(ActionNotAllowed):
        returns.arbitrate(ticket, now=NOW + HOUR, **ask)  # type: ignore[arg-type]
    ask_return(ticket)
    decide(ticket, a_dispatcher(), approved=False)
    assert last(ticket, EventKind.RETURN_REFUSED).fault is Fault.UNREASONABLE
    returns.arbitrate(ticket, now=NOW + HOUR, **ask)  # type: ignore[arg-type]
    decide(ticket, a_supervisor(), approved=False)
    assert ticket.unit_id == CITY_MANAGEMENT
    with pytest.raises(TooOften):
        returns.arbitrate(ticket, now=NOW + HOUR, **ask)  # type: ignore[arg-type]


def test_a_transfer_while_a_return_waits_decides_it_so_that_the_rate_keeps_it() -> None:
    ticket = at_work()
    ask_return(ticket)
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR, reason="属住建")
    assert kinds(ticket)[-2:] == [EventKind.RETURN_APPROVED, EventKind.TRANSFERRED]
    assert ticket.events[-2].fault is Fault.MISDISPATCHED
    assert not ticket.reviews


# ---- several units


def helped() -> Ticket:
    ticket = at_work()
    co_handling.co_handle(
        ticket, (HOUSING, WATER), profile=PROFILE, actor=a_liaison(), now=NOW + HOUR, text="请核实权属"
    )
    return ticket


def test_the_lead_waits_for_its_co_handlers_or_lets_them_off_with_a_reason() -> None:
    ticket = helped()
    assert {c.unit_id for c in ticket.clocks if c.name is ClockName.CO_HANDLING} == {HOUSING, WATER}
    with pytest.raises(AnswersOwed):
        ticket.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已修好")
    co_handling.answer_co_handling(
        ticket, HOUSING, actor=a_liaison(HOUSING), now=NOW + 2 * HOUR, text="属物业"
    )
    co_handling.waive_co_handling(ticket, WATER, actor=a_liaison(), now=NOW + 2 * HOUR, reason="不涉及")
    ticket.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已修好")
    ticket.resolve(actor=a_liaison(), now=NOW + 2 * HOUR)
    ended = {c.unit_id: c.state for c in ticket.clocks if c.name is ClockName.CO_HANDLING}
    assert ended == {HOUSING: ClockState.MET, WATER: ClockState.CANCELLED}


def test_a_co_handler_answers_once_and_that_gets_the_ticket_owes_its_part_no_more() -> None:
    ticket = helped()
    co_handling.answer_co_handling(ticket, WATER, actor=a_liaison(WATER), now=NOW + HOUR, text="无关")
    with pytest.raises(NothingToDo):
        co_handling.answer_co_handling(ticket, WATER, actor=a_liaison(WATER), now=NOW + HOUR, text="无关")
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR, reason="属住建")
    assert not any(c.owes for c in ticket.co_handlers)


def test_letters_rise_from_blue_to_red_and_each_is_answered_under_its_own_clock() -> None:
    ticket = at_work()
    for week in range(3):
        letters.escalate(
            ticket, profile=PROFILE, actor=a_supervisor(), now=NOW + week * 7 * DAY, text="请加快"
        )
    assert [letter.level for letter in ticket.letters] == [*LetterLevel]
    second = ticket.letters[1].id
    letters.receive_letter(ticket, second, actor=a_liaison(), now=NOW + 14 * DAY)
    letters.answer_letter(ticket, second, actor=a_liaison(), now=NOW + 15 * DAY, text="明天完成")
    answered = [c.subject for c in ticket.clocks if c.name is ClockName.SUPERVISION_ANSWER and not c.running]
    assert answered == [second]
    with pytest.raises(NothingToDo):
        letters.answer_letter(ticket, second, actor=a_liaison(), now=NOW + 15 * DAY, text="又完成")


def test_a_level_relays_down_and_stays_responsible_for_the_citizens_date() -> None:
    ticket = at_work()
    relays.relay(ticket, TOWN, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, reason="就近办理")
    assert (ticket.unit_id, ticket.responsible_unit_id) == (TOWN, CITY_MANAGEMENT)
    assert ticket.first_unit_id == CITY_MANAGEMENT
    assert ticket.state is State.DISPATCHED
    assert clock(ticket, ClockName.REPLY).unit_id == CITY_MANAGEMENT
    own = clock(ticket, ClockName.RELAY)
    assert own.unit_id == TOWN
    assert own.due_at <= clock(ticket, ClockName.REPLY).due_at
    assert clock(ticket, ClockName.SIGN_IN).unit_id == TOWN


def test_a_duplicate_keeps_its_own_number_has_no_clock_and_is_answered_with_its_parent() -> None:
    child = a_ticket()
    links.link(child, "HY2611160001", unit_id=HOUSING, actor=a_dispatcher(), now=NOW, reason="同一件事")
    assert child.state is State.LINKED
    assert not any(c.running for c in child.clocks)
    child.supplement(actor=CITIZEN, now=NOW, text="我家也是")
    links.answer_with_parent(
        child,
        parent="HY2611160001",
        text="已修好",
        unit_id=HOUSING,
        profile=PROFILE,
        actor=SYSTEM,
        now=NOW + DAY,
    )
    assert (child.state, child.reply_text) == (State.RESOLVED, "已修好")
    child.rate(Rating(1), actor=CITIZEN, now=NOW + DAY)
    child.reopen(profile=PROFILE, actor=CITIZEN, now=NOW + DAY, reason="我家没修好")
    assert child.unit_id == HOUSING


def test_a_ticket_is_not_linked_to_itself() -> None:
    ticket = a_ticket()
    with pytest.raises(CannotLink):
        links.link(ticket, ticket.number, unit_id=None, actor=a_dispatcher(), now=NOW, reason="同一件事")


def test_what_was_linked_by_mistake_starts_anew_with_a_date_of_its_own() -> None:
    child = a_ticket()
    links.link(child, "HY2611160001", unit_id=None, actor=a_dispatcher(), now=NOW, reason="同一件事")
    links.unlink(child, profile=PROFILE, actor=a_dispatcher(), now=NOW + DAY, reason="不是同一件事")
    assert child.state is State.RECEIVED
    assert {c.name for c in child.clocks if c.running} == {ClockName.DISPATCH, ClockName.REPLY}


# ---- afterwards


def visit(ticket: Ticket, outcome: VisitOutcome, now: datetime = NOW + DAY, **said: Any) -> None:
    visits.visit(ticket, profile=PROFILE, actor=OPERATOR, now=now, outcome=outcome, **said)


def test_a_visit_that_finds_it_solved_archives_and_counts_the_rating() -> None:
    ticket = closed()
    visit(ticket, VisitOutcome.REACHED, solved=Solved.REAL, stars=5)
    assert ticket.state is State.ARCHIVED
    assert kinds(ticket)[-3:] == [EventKind.VISITED, EventKind.RATED, EventKind.ARCHIVED]
    assert clock(ticket, ClockName.FOLLOW_UP_VISIT).state is ClockState.MET


@pytest.mark.parametrize("said", [{"solved": Solved.NO}, {"solved": Solved.EXPLAINED, "stars": 2}])
def test_a_bad_visit_sends_the_ticket_back_under_the_rework_limit(said: dict[str, Any]) -> None:
    ticket = closed()
    visit(ticket, VisitOutcome.REACHED, **said)
    assert ticket.state is State.DISPATCHED
    assert ticket.promise is not None
    assert ticket.promise.name is ClockName.REWORK
    assert not any(c.running for c in ticket.clocks if c.name is ClockName.FOLLOW_UP_VISIT)


def test_three_tries_without_reaching_anybody_archive_without_a_rating() -> None:
    ticket = closed()
    for tried in range(PROFILE.visit_tries):
        visit(ticket, VisitOutcome.NOT_REACHED, NOW + DAY + 3 * tried * HOUR)
    assert (ticket.state, ticket.rating) == (State.ARCHIVED, None)
    with pytest.raises(ActionNotAllowed):
        visit(ticket, VisitOutcome.NOT_REACHED)


def test_silence_is_archived_when_the_visits_limit_ends_and_is_no_satisfaction() -> None:
    ticket = closed()
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 3 * DAY, profile=PROFILE)
    assert (ticket.state, ticket.rating) == (State.ARCHIVED, None)
    assert last(ticket, EventKind.ARCHIVED).by.role is Role.SYSTEM
    # Late is not too late: the citizen still rates, and a bad rating brings the ticket back into view.
    ticket.rate(Rating(1), actor=CITIZEN, now=NOW + 9 * DAY, profile=PROFILE)
    assert ticket.state is State.RESOLVED
    assert clock(ticket, ClockName.FOLLOW_UP_VISIT).running


def test_a_bad_rating_is_not_put_away_by_silence() -> None:
    ticket = closed()
    ticket.rate(Rating(1), actor=CITIZEN, now=NOW + DAY, profile=PROFILE)
    ticket.check_deadlines(actor=SYSTEM, now=NOW + 5 * DAY, profile=PROFILE)
    assert ticket.state is State.RESOLVED


def test_only_the_sampled_share_is_visited_and_by_no_ones_choice() -> None:
    numbers = [f"HY26111{n:05d}" for n in range(2000)]
    taken = [n for n in numbers if visits.sampled(n, 0.3)]
    assert 0.26 < len(taken) / len(numbers) < 0.34
    assert taken == [n for n in numbers if visits.sampled(n, 0.3)]
    assert all(visits.sampled(n, 1.0) for n in numbers)
    assert not any(visits.sampled(n, 0.0) for n in numbers)


def test_a_closed_matter_is_reopened_within_the_profiles_days_only() -> None:
    ticket = closed()
    with pytest.raises(WindowClosed):
        ticket.reopen(profile=PROFILE, actor=CITIZEN, now=NOW + 60 * DAY, reason="又坏了")


def test_an_exclusion_is_appealed_once_with_evidence_and_decided_by_a_supervisor() -> None:
    ticket = closed()
    with pytest.raises(Incomplete):
        exclusions.appeal_exclusion(ticket, actor=a_liaison(), now=NOW + DAY, reason="恶意", basis=" ")
    exclusions.appeal_exclusion(ticket, actor=a_liaison(), now=NOW + DAY, reason="恶意", basis="录音")
    exclusions.decide_exclusion(ticket, approved=True, actor=a_supervisor(), now=NOW + DAY, reason="属实")
    with pytest.raises(TooOften):
        exclusions.appeal_exclusion(ticket, actor=a_liaison(), now=NOW + DAY, reason="恶意", basis="录音")


# ---- intake and small facts


def test_a_wechat_filing_is_accepted_in_time_by_dispatch_answer_or_rejection() -> None:
    for end in ("dispatch", "answer", "reject"):
        ticket = a_ticket(a_request(channel=Channel.WECHAT))
        if end == "dispatch":
            ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR)
        elif end == "answer":
            ticket.answer_directly(actor=a_dispatcher(), now=NOW + HOUR, text="带身份证")
        else:
            ticket.reject(actor=a_dispatcher(), now=NOW + HOUR, reason="请找法院")
        assert clock(ticket, ClockName.ACCEPTANCE).state is ClockState.MET, end
    assert a_ticket().clock(ClockName.ACCEPTANCE) is None


def test_a_rejection_carries_its_class_and_the_citizen_is_told_both() -> None:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.reject(actor=a_dispatcher(), now=NOW, reason="请向县法院起诉。", kind=RejectReason.LITIGATION)
    told = notice_to_citizen(ticket, ticket.events[-1], units=load_units())
    assert "应通过诉讼、仲裁、行政复议解决" in told
    assert "请向县法院起诉" in told


def test_answered_but_not_closed_is_nudged_once_instead_of_warned() -> None:
    ticket = at_work()
    ticket.contact(actor=a_liaison(), now=NOW + HOUR, text="已联系")
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已修好")
    for hours in range(0, 24 * 7):
        ticket.check_deadlines(actor=SYSTEM, now=NOW + hours * HOUR, profile=PROFILE)
    assert kinds(ticket).count(EventKind.NUDGED) == 1
    assert EventKind.AT_RISK not in kinds(ticket)


def test_an_emergency_brings_every_date_nearer_and_none_further() -> None:
    ticket = a_ticket()
    before = {c.name: c.due_at for c in ticket.clocks}
    emergencies.mark_emergency(ticket, profile=PROFILE, actor=a_dispatcher(), now=NOW, reason="有人受伤")
    assert ticket.urgency is Urgency.URGENT
    after = {c.name: c.due_at for c in ticket.clocks}
    assert after[ClockName.DISPATCH] == NOW + timedelta(minutes=30)
    assert all(after[name] <= before[name] for name in before)


def test_answers_under_review_reach_the_citizen_only_when_approved() -> None:
    ticket, reviewed = at_work(), replace(PROFILE, review_replies=True)
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="办好了", profile=reviewed)
    assert (ticket.state, ticket.reply_text) == (State.ACCEPTED, None)
    ticket.decide_reply(approved=False, actor=a_dispatcher(), now=NOW + HOUR, reason="请写明依据")
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="依据条例第3条，已修好", profile=reviewed)
    ticket.decide_reply(approved=True, actor=a_dispatcher(), now=NOW + HOUR, reason="")
    assert (ticket.state, ticket.reply_text) == (State.REPLIED, "依据条例第3条，已修好")


def test_an_answer_is_published_by_a_second_pair_of_eyes() -> None:
    ticket = closed()
    writer = replace(a_supervisor(), id=a_liaison().id)
    with pytest.raises(NotYourRole):
        notes.publish_reply(ticket, actor=writer, now=NOW + DAY, text="已修好。")
    notes.publish_reply(ticket, actor=a_supervisor(), now=NOW + DAY, text="已修好。")
    report = closed(request_type=RequestType.REPORT)
    with pytest.raises(ActionNotAllowed):
        notes.publish_reply(report, actor=a_supervisor(), now=NOW + DAY, text="已修好。")


def test_other_dates_are_put_on_running_clocks_only_and_each_is_recorded() -> None:
    ticket = at_work()
    later = replace(clock(ticket, ClockName.REPLY).promise, due_at=NOW + 9 * DAY, warn_at=NOW + 8 * DAY)
    index = next(n for n, c in enumerate(ticket.clocks) if c.name is ClockName.REPLY)
    stopped = next(n for n, c in enumerate(ticket.clocks) if c.name is ClockName.DISPATCH)
    over = replace(ticket.clocks[stopped].promise, due_at=NOW + 9 * DAY)
    notes.replan(ticket, {index: later, stopped: over}, actor=SYSTEM, now=NOW, reason="放假安排调整")
    assert clock(ticket, ClockName.REPLY).due_at == NOW + 9 * DAY
    assert kinds(ticket).count(EventKind.REPLANNED) == 1


def test_tickets_of_before_reviews_had_a_list_still_load() -> None:
    path = Path(__file__).parent / "data" / "tickets-before-reviews.json"
    waiting, reopened = map(
        from_document, json_util.loads(path.read_text(encoding="utf-8"), json_options=AWARE)
    )
    asked = waiting.pending_return
    assert asked is not None
    assert (asked.reason, asked.basis, asked.by.name) == ("不属我局", "三定方案", "陈联络")
    decide(waiting, a_dispatcher(), approved=False)
    assert from_document(to_document(waiting)) == waiting
    assert reopened.promise is not None
    assert reopened.promise.name is ClockName.REWORK
    ask_late = NOW + 6 * DAY
    reopened.accept(actor=a_liaison(), now=ask_late)
    ask_extension(reopened, ask_late)
    assert from_document(to_document(reopened)) == reopened
