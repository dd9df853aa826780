"""What has an end: answers before every part is in, suspensions, letters, acts that are used up, messages in a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import notices
from bot.notice_wording import notice_to_citizen
from bot.web.errors import status_of
from bot.wording import explain
from routing.acts import co_handling, emergencies, extensions, letters, links, notes, pauses, relays, rework
from routing.citizen_request import Channel
from routing.departments import UnitId, load_units
from routing.disclosure import applications
from routing.errors import (
    AlreadyDone,
    AnswersOwed,
    LetterOpen,
    NotYourRole,
    OutOfRange,
    Refused,
    TooOften,
    UsedUp,
)
from routing.events import Audience, EventKind, LetterLevel
from routing.mongo_store import from_document, to_document
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE
from routing.workflow import CITIZEN, SYSTEM, Action, Role, State
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
from tests.routing.lifecycles import open_to

NOW = MONDAY_9_30
TOWN = UnitId("qh.chengguan")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at_work(**request: object) -> Ticket:
    ticket = a_ticket(a_request(**request))  # type: ignore[arg-type]
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW)
    return ticket


# ---- one merged answer


def ask_housing(ticket: Ticket) -> None:
    co_handling.co_handle(ticket, (HOUSING,), profile=PROFILE, actor=a_liaison(), now=NOW, text="请核实")


def test_the_citizen_is_answered_once_when_every_co_handler_has_answered_or_was_let_off() -> None:
    for let_off in (False, True):
        ticket = at_work()
        ask_housing(ticket)
        assert Action.REPLY not in open_to(ticket, Role.LIAISON)
        before = replace(ticket)
        with pytest.raises(AnswersOwed):
            ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已修好", profile=PROFILE)
        assert ticket == before
        if let_off:
            co_handling.waive_co_handling(ticket, HOUSING, actor=a_liaison(), now=NOW, reason="不涉及")
        else:
            helper = a_liaison(HOUSING)
            co_handling.answer_co_handling(ticket, HOUSING, actor=helper, now=NOW, text="属物业")
        assert Action.REPLY in open_to(ticket, Role.LIAISON)
        ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已修好", profile=PROFILE)
        assert ticket.state is State.REPLIED


def test_an_answer_under_review_waits_too_for_who_was_asked_meanwhile() -> None:
    ticket = at_work()
    reviewed = replace(PROFILE, review_replies=True)
    ticket.reply(actor=a_liaison(), now=NOW, text="已修好", profile=reviewed)
    ask_housing(ticket)
    with pytest.raises(AnswersOwed):
        ticket.decide_reply(approved=True, actor=a_dispatcher(), now=NOW + HOUR, reason="")
    ticket.decide_reply(approved=False, actor=a_dispatcher(), now=NOW + HOUR, reason="请等协办单位")
    assert ticket.state is State.ACCEPTED


# ---- 挂账


def suspend_once_more(ticket: Ticket, decider: Role, day: int) -> None:
    now = NOW + day * DAY
    pauses.request_suspension(
        ticket, profile=PROFILE, actor=a_liaison(), now=now, reason="等雨停", until=now + DAY
    )
    by = {Role.DISPATCHER: a_dispatcher(), Role.SUPERVISOR: a_supervisor()}[decider]
    pauses.decide_suspension(ticket, approved=True, actor=by, now=now, reason="同意")
    pauses.resume(ticket, profile=PROFILE, actor=a_liaison(), now=now + HOUR, reason="雨停了")


def test_only_a_supervisor_grants_a_suspension_beyond_those_of_the_profile() -> None:
    assert PROFILE.suspensions == 1
    ticket = at_work()
    suspend_once_more(ticket, Role.DISPATCHER, 1)
    with pytest.raises(NotYourRole):
        suspend_once_more(ticket, Role.DISPATCHER, 2)
    assert Action.DECIDE_SUSPENSION not in open_to(ticket, Role.DISPATCHER)
    assert Action.DECIDE_SUSPENSION in open_to(ticket, Role.SUPERVISOR)
    assert from_document(to_document(ticket)) == ticket
    now = NOW + 2 * DAY
    pauses.decide_suspension(ticket, approved=True, actor=a_supervisor(), now=now, reason="同意")
    assert ticket.pause is not None


def test_a_dispatcher_may_refuse_no_further_suspension_either_and_a_rework_counts_anew() -> None:
    ticket = at_work()
    suspend_once_more(ticket, Role.DISPATCHER, 1)
    ticket.reply(actor=a_liaison(), now=NOW + 2 * DAY, text="已修好")
    ticket.resolve(actor=a_liaison(), now=NOW + 2 * DAY, profile=PROFILE)
    rework.begin(ticket, profile=PROFILE, actor=SYSTEM, now=NOW + 2 * DAY, reason="又坏了")
    ticket.accept(actor=a_liaison(), now=NOW + 2 * DAY)
    suspend_once_more(ticket, Role.DISPATCHER, 3)
    with pytest.raises(NotYourRole):
        suspend_once_more(ticket, Role.DISPATCHER, 4)


def test_the_citizen_reads_why_it_waits_and_not_the_reviewers_word() -> None:
    ticket = at_work(channel=Channel.WECHAT)
    suspend_once_more(ticket, Role.DISPATCHER, 1)
    granted = next(e for e in ticket.events if e.kind is EventKind.SUSPENSION_GRANTED)
    told = notice_to_citizen(ticket, granted, units=load_units())
    assert "原因：等雨停" in told
    assert "同意" not in told


# ---- 督办函


def send(ticket: Ticket, at: timedelta) -> None:
    letters.escalate(ticket, profile=PROFILE, actor=a_supervisor(), now=NOW + at, text="请加快")


def test_a_letter_follows_only_an_answered_or_an_overdue_one_and_after_red_only_an_answer() -> None:
    ticket = at_work()
    send(ticket, HOUR)
    with pytest.raises(LetterOpen):
        send(ticket, HOUR)
    first = ticket.letters[0].id
    letters.answer_letter(ticket, first, actor=a_liaison(), now=NOW + 2 * HOUR, text="明天办")
    send(ticket, 2 * HOUR)
    send(ticket, 10 * DAY)
    assert [letter.level for letter in ticket.letters] == list(LetterLevel)
    with pytest.raises(LetterOpen):
        send(ticket, 60 * DAY)
    red = ticket.letters[-1].id
    letters.answer_letter(ticket, red, actor=a_liaison(), now=NOW + 60 * DAY, text="今天办")
    send(ticket, 60 * DAY)
    assert ticket.letters[-1].level is LetterLevel.RED


def test_a_letter_whose_limit_ended_with_the_closing_stops_no_other_after_a_reopening() -> None:
    ticket = at_work()
    send(ticket, HOUR)
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已修好")
    ticket.resolve(actor=a_liaison(), now=NOW + HOUR, profile=PROFILE)
    rework.begin(ticket, profile=PROFILE, actor=SYSTEM, now=NOW + 2 * HOUR, reason="又坏了")
    send(ticket, 2 * HOUR)
    assert ticket.letters[-1].level is LetterLevel.ORANGE


# ---- linked tickets


def test_who_was_told_of_the_link_is_not_told_again_when_the_parent_moves() -> None:
    child = a_ticket(a_request(channel=Channel.WECHAT))
    links.link(child, "HY2611160001", unit_id=HOUSING, actor=SYSTEM, now=NOW, reason="同一件事")
    links.follow(child, "HY2611160001", unit_id=CITY_MANAGEMENT, now=NOW + HOUR)
    told = [
        e.text
        for e in child.events
        if e.kind is EventKind.LINKED and Audience.CITIZEN in {n.audience for n in notices.plan(child, e)}
    ]
    assert told == ["同一件事"]


def test_the_level_that_relayed_a_ticket_answers_no_more_for_what_was_linked_since() -> None:
    ticket = at_work()
    relays.relay(ticket, TOWN, profile=PROFILE, actor=a_liaison(), now=NOW, reason="就近办理")
    links.link(ticket, "HY2611160001", unit_id=HOUSING, actor=a_dispatcher(), now=NOW, reason="同一件事")
    assert ticket.responsible_unit_id == HOUSING
    links.unlink(ticket, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR, reason="不是同一件事")
    assert ticket.responsible_unit_id is None
    assert CITY_MANAGEMENT not in ticket.concerned


# ---- acts that are used up


def test_what_is_urgent_or_noted_already_says_so_and_not_that_the_state_forbids_it() -> None:
    ticket = at_work()
    urgent = {"profile": PROFILE, "actor": a_dispatcher(), "now": NOW, "reason": "有人受伤"}
    emergencies.mark_emergency(ticket, **urgent)  # type: ignore[arg-type]
    with pytest.raises(AlreadyDone) as refused:
        emergencies.mark_emergency(ticket, **urgent)  # type: ignore[arg-type]
    assert "已经是紧急" in explain(refused.value)
    earlier = replace(at_work(), number="HY2611150001", received_at=ticket.received_at - DAY)
    notes.note_repeat(ticket, earlier.number, actor=a_dispatcher(), now=NOW, earlier_at=earlier.received_at)
    with pytest.raises(AlreadyDone) as refused:
        notes.note_repeat(ticket, earlier.number, actor=a_dispatcher(), now=NOW)
    assert "已经标过" in explain(refused.value)


def test_a_repeat_names_another_ticket_that_came_before() -> None:
    ticket = at_work()
    noted: tuple[Callable[[], object], ...] = (
        lambda: notes.note_repeat(ticket, ticket.number, actor=a_dispatcher(), now=NOW),
        lambda: notes.note_repeat(
            ticket, "HY2611170001", actor=a_dispatcher(), now=NOW, earlier_at=ticket.received_at + HOUR
        ),
    )
    for note in noted:
        with pytest.raises(OutOfRange) as refused:
            note()
        assert "更早" in explain(refused.value)
        assert "并案" not in explain(refused.value)


def test_what_is_used_up_for_good_names_the_next_way_and_sends_nobody_to_wait() -> None:
    ticket = at_work()
    ask = {"profile": PROFILE, "actor": a_liaison(), "now": NOW + HOUR, "reason": "等配件"}
    extensions.request_extension(ticket, **ask)  # type: ignore[arg-type]
    extensions.decide_extension(
        ticket, approved=True, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR, reason="属实"
    )
    with pytest.raises(UsedUp) as refused:
        extensions.request_extension(ticket, **ask)  # type: ignore[arg-type]
    assert status_of(refused.value) == 409
    assert "再试" not in explain(refused.value)


@pytest.mark.parametrize("action", list(Action))
def test_no_act_used_up_for_good_is_answered_with_a_try_later(action: Action) -> None:
    assert "再试" not in explain(UsedUp(action, 1))


# ---- messages in a row


def test_the_citizen_is_not_sent_answer_after_answer() -> None:
    ticket = at_work()
    refused: Refused | None = None
    for n in range(50):
        try:
            ticket.reply(actor=a_liaison(), now=NOW + n * timedelta(minutes=1), text=f"已修好{n}")
        except TooOften as wrong:
            refused = wrong
            break
    assert refused is not None
    assert sum(e.kind is EventKind.REPLIED for e in ticket.events) == 5
    assert status_of(refused) == 429
    ticket.reply(actor=a_liaison(), now=NOW + 2 * DAY, text="更正")
    assert ticket.reply_text == "更正"


def test_an_applications_decision_waits_for_the_co_handlers_too() -> None:
    ticket = at_work()
    ticket.tier = DISCLOSURE
    ask_housing(ticket)
    assert Action.DECIDE_DISCLOSURE not in open_to(ticket, Role.LIAISON)
    before = replace(ticket)
    with pytest.raises(AnswersOwed):
        applications.decide(
            ticket,
            profile=PROFILE,
            actor=a_liaison(),
            now=NOW + HOUR,
            ground="open",
            reason="",
            text="见附件",
        )
    assert ticket == before


def test_an_offices_reminder_uses_up_none_of_the_citizens() -> None:
    ticket = at_work()
    ticket.remind(actor=a_dispatcher(), now=NOW, text="市民来电")
    ticket.remind(actor=CITIZEN, now=NOW + HOUR, text=None)
    for actor in (CITIZEN, a_dispatcher()):
        with pytest.raises(TooOften):
            ticket.remind(actor=actor, now=NOW + 2 * HOUR, text="再催")


def test_a_citizen_whose_wait_an_office_ended_hears_that_it_goes_on_and_until_when() -> None:
    for actor, hears in ((a_dispatcher(), True), (CITIZEN, False)):
        ticket = at_work(channel=Channel.WECHAT)
        pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + HOUR, text="请补合同")
        ticket.supplement(actor=actor, now=NOW + 2 * HOUR, text="合同已交到窗口", profile=PROFILE)
        event = ticket.events[-1]
        assert event.kind is EventKind.MATERIAL_RECEIVED
        told = {n.audience for n in notices.plan(ticket, event)}
        assert (Audience.CITIZEN in told) is hears
        words = notices.render(ticket, event, Audience.CITIZEN, units=load_units())
        assert "收到了" in words
        assert "最晚" in words
