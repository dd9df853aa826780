"""What no act may gain, lose or show through another: dead ends, promises, own requests, strangers' words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from routing.acts import (
    co_handling,
    emergencies,
    exclusions,
    extensions,
    letters,
    limits,
    links,
    pauses,
    relays,
    returns,
)
from routing.citizen_request import RequestType, Secrecy
from routing.clocks import Clock, ClockState
from routing.departments import UnitId
from routing.errors import NothingToDo, NotYourRole, OwnRequest, ReviewPending, SecretLink, TooOften
from routing.events import EventKind, LetterLevel
from routing.mongo_store import Database
from routing.redaction import redact_answer
from routing.ticket import Ticket
from routing.timing.limits import Limit, Unit
from routing.timing.sla import DISCLOSURE, ClockName, Profile
from routing.workflow import CITIZEN, SYSTEM, Actor, Role, State
from tests.bot.errand_office import UNITS, CountingWeChat, Office
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

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = MONDAY_9_30
WATER, TOWN = UnitId("qh.water"), UnitId("qh.chengguan")
REVIEWED = replace(PROFILE, review_replies=True)
SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, UNITS.subtree(UnitId("qh.government")))


def dispatched(**request: object) -> Ticket:
    ticket = a_ticket(a_request(**request))  # type: ignore[arg-type]
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    return ticket


def at_work(**request: object) -> Ticket:
    ticket = dispatched(**request)
    ticket.accept(actor=a_liaison(), now=NOW + HOUR)
    return ticket


def clock(ticket: Ticket, name: ClockName) -> Clock:
    found = ticket.clock(name)
    assert found is not None, name
    return found


def ask_return(ticket: Ticket, now: object = NOW + 2 * HOUR, actor: Actor | None = None) -> None:
    returns.request_return(
        ticket,
        profile=PROFILE,
        actor=actor or a_liaison(),
        now=now,  # type: ignore[arg-type]
        reason="不属我局",
        basis="三定方案",
    )


def kinds(ticket: Ticket, since: int) -> list[tuple[EventKind, str | None]]:
    return [(e.kind, e.unit_id) for e in ticket.events[since:]]


# ---- no dead ends


def test_a_return_is_not_asked_while_the_answer_handed_in_waits_for_its_review() -> None:
    ticket = at_work()
    ticket.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已处理", profile=REVIEWED)
    with pytest.raises(ReviewPending):
        ask_return(ticket)
    ticket.decide_reply(approved=True, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="")
    assert ticket.state is State.REPLIED
    ticket.resolve(actor=a_liaison(), now=NOW + 3 * HOUR, profile=REVIEWED)


def test_no_clock_is_stopped_while_a_return_or_an_answer_waits_for_its_decision() -> None:
    ticket = at_work()
    pauses.request_suspension(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW + HOUR, reason="等雨停", until=NOW + 9 * DAY
    )
    ask_return(ticket)
    with pytest.raises(ReviewPending):
        pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 3 * HOUR, text="发照片")
    with pytest.raises(ReviewPending):
        pauses.decide_suspension(ticket, approved=True, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="可")
    handed_in = at_work()
    handed_in.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="已处理", profile=REVIEWED)
    with pytest.raises(ReviewPending):
        pauses.ask_material(handed_in, profile=PROFILE, actor=a_liaison(), now=NOW + 3 * HOUR, text="发照片")


# ---- nobody decides their own request


def test_nobody_decides_what_they_asked_for_themselves() -> None:
    boss, other = a_supervisor(), Actor("another", "许督办", Role.SUPERVISOR)
    ticket, later = at_work(), NOW + 3 * HOUR
    decides = {"approved": True, "actor": boss, "now": later, "reason": "同意"}
    extensions.request_extension(ticket, profile=PROFILE, actor=boss, now=later, reason="等配件")
    with pytest.raises(OwnRequest):
        extensions.decide_extension(ticket, profile=PROFILE, **decides)  # type: ignore[arg-type]
    pauses.request_suspension(
        ticket, profile=PROFILE, actor=boss, now=later, reason="等雨停", until=later + 9 * DAY
    )
    with pytest.raises(OwnRequest):
        pauses.decide_suspension(ticket, **decides)  # type: ignore[arg-type]
    exclusions.appeal_exclusion(ticket, actor=boss, now=later, reason="恶意", basis="录音")
    with pytest.raises(OwnRequest):
        exclusions.decide_exclusion(ticket, **decides)  # type: ignore[arg-type]
    ask_return(ticket, actor=boss)
    with pytest.raises(OwnRequest):
        returns.decide_return(ticket, profile=PROFILE, **decides)  # type: ignore[arg-type]
    with pytest.raises(OwnRequest):
        ticket.transfer(HOUSING, profile=PROFILE, actor=boss, now=later, reason="属住建")
    ticket.transfer(HOUSING, profile=PROFILE, actor=other, now=later, reason="属住建")
    handed_in = at_work()
    handed_in.reply(actor=boss, now=later, text="已处理", profile=REVIEWED)
    with pytest.raises(OwnRequest):
        handed_in.decide_reply(approved=True, actor=boss, now=later, reason="")


# ---- promises are not reset by acting


def test_linking_and_unlinking_gives_no_later_date_and_no_new_extension() -> None:
    ticket = at_work()
    extensions.request_extension(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + DAY, reason="等配件")
    extensions.decide_extension(
        ticket, approved=True, profile=PROFILE, actor=a_dispatcher(), now=NOW + DAY, reason="属实"
    )
    due_at = clock(ticket, ClockName.REPLY).due_at
    links.link(ticket, "HY1", unit_id=WATER, actor=a_dispatcher(), now=NOW + 2 * DAY, reason="同一件事")
    assert not any(c.running for c in ticket.clocks)
    links.unlink(ticket, profile=PROFILE, actor=a_dispatcher(), now=NOW + 4 * DAY, reason="不是一件事")
    [reply] = [c for c in ticket.clocks if c.name is ClockName.REPLY]
    assert (reply.due_at, reply.running, reply.unit_id) == (due_at, True, None)
    ticket.dispatch(WATER, profile=PROFILE, actor=a_dispatcher(), now=NOW + 4 * DAY)
    ticket.accept(actor=a_liaison(WATER), now=NOW + 4 * DAY)
    with pytest.raises(TooOften):
        extensions.request_extension(
            ticket, profile=PROFILE, actor=a_liaison(WATER), now=NOW + 4 * DAY, reason="等配件"
        )


def test_a_date_missed_before_the_link_stays_with_who_missed_it() -> None:
    ticket = at_work()
    links.link(ticket, "HY1", unit_id=WATER, actor=a_dispatcher(), now=NOW + 30 * DAY, reason="同一件事")
    assert clock(ticket, ClockName.REPLY).state is ClockState.MISSED
    links.unlink(ticket, profile=PROFILE, actor=a_dispatcher(), now=NOW + 31 * DAY, reason="不是一件事")
    reply = clock(ticket, ClockName.REPLY)
    assert (reply.running, reply.unit_id) == (True, CITY_MANAGEMENT)
    assert reply.overdue(NOW + 31 * DAY)


def test_a_refused_return_gives_the_unit_no_new_limits_only_the_time_the_centre_took() -> None:
    ticket = dispatched()
    before = clock(ticket, ClockName.SIGN_IN)
    left = PROFILE.calendar.working_minutes_between(NOW + 2 * HOUR, before.due_at)
    ask_return(ticket)
    assert clock(ticket, ClockName.SIGN_IN).paused
    decided = NOW + DAY + HOUR
    returns.decide_return(
        ticket, approved=False, profile=PROFILE, actor=a_dispatcher(), now=decided, reason="属城管"
    )
    [after] = [c for c in ticket.clocks if c.name is ClockName.SIGN_IN]
    assert (after.running, after.paused) == (True, False)
    assert PROFILE.calendar.working_minutes_between(decided, after.due_at) == left


def test_a_limit_missed_before_the_return_was_asked_stays_missed() -> None:
    ticket = at_work()
    missed_at = clock(ticket, ClockName.FIRST_CONTACT).due_at + HOUR
    # The window of returns is short: what counts here is the limit, not whether one may still ask.
    limits.pause(ticket, (ClockName.FIRST_CONTACT,), missed_at)
    pauses.go_on_with(ticket, (ClockName.FIRST_CONTACT,), profile=PROFILE, at=missed_at + DAY)
    assert clock(ticket, ClockName.FIRST_CONTACT).overdue(missed_at + DAY)


def test_who_resumes_late_gets_no_more_than_the_worker_would_give() -> None:
    by_hand, by_time = at_work(), at_work()
    for ticket in (by_hand, by_time):
        pauses.request_suspension(
            ticket, profile=PROFILE, actor=a_liaison(), now=NOW + HOUR, reason="等雨停", until=NOW + DAY
        )
        pauses.decide_suspension(ticket, approved=True, actor=a_dispatcher(), now=NOW + HOUR, reason="可以")
    pauses.resume(by_hand, profile=PROFILE, actor=a_liaison(), now=NOW + 4 * DAY, reason="雨停了")
    by_time.check_deadlines(actor=SYSTEM, now=NOW + 4 * DAY, profile=PROFILE)
    assert clock(by_hand, ClockName.REPLY).due_at == clock(by_time, ClockName.REPLY).due_at


def test_an_emergency_waits_for_nothing() -> None:
    ticket = at_work()
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + HOUR, text="发照片")
    emergencies.mark_emergency(
        ticket, profile=PROFILE, actor=a_supervisor(), now=NOW + DAY, reason="有人受伤"
    )
    assert ticket.pause is None
    assert not any(c.paused for c in ticket.clocks)
    assert [kind for kind, _ in kinds(ticket, -2)] == [EventKind.EMERGENCY_MARKED, EventKind.RESUMED]


# ---- several units


def test_a_co_handlers_date_is_never_later_than_the_citizens() -> None:
    ticket = at_work()
    co_handling.co_handle(
        ticket, [WATER], profile=PROFILE, actor=a_liaison(), now=NOW + 4 * DAY, text="请核实"
    )
    assert clock(ticket, ClockName.CO_HANDLING).due_at == clock(ticket, ClockName.REPLY).due_at


def test_what_was_told_in_confidence_only_the_centre_shows_to_further_units() -> None:
    ticket = at_work(request_type=RequestType.REPORT)
    ask = {"profile": PROFILE, "now": NOW + HOUR, "text": "请核实"}
    with pytest.raises(NotYourRole):
        co_handling.co_handle(ticket, [WATER], actor=a_liaison(), **ask)  # type: ignore[arg-type]
    co_handling.co_handle(ticket, [WATER], actor=a_dispatcher(), **ask)  # type: ignore[arg-type]


def test_a_letter_goes_with_its_unit_and_the_next_unit_begins_at_blue() -> None:
    ticket = at_work()
    send = {"profile": PROFILE, "actor": a_supervisor(), "text": "请加快"}
    letters.escalate(ticket, now=NOW + HOUR, **send)  # type: ignore[arg-type]
    ask_return(ticket)
    returns.decide_return(
        ticket, approved=True, profile=PROFILE, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="误派"
    )
    assert clock(ticket, ClockName.SUPERVISION_ANSWER).state is ClockState.CANCELLED
    assert CITY_MANAGEMENT not in ticket.concerned
    ticket.dispatch(WATER, profile=PROFILE, actor=a_dispatcher(), now=NOW + 4 * HOUR)
    letters.escalate(ticket, now=NOW + 5 * HOUR, **send)  # type: ignore[arg-type]
    assert ticket.letters[-1].level is LetterLevel.BLUE
    with pytest.raises(NothingToDo):
        letters.answer_letter(
            ticket, ticket.letters[0].id, actor=a_liaison(), now=NOW + 5 * HOUR, text="已办"
        )


def test_a_letter_wants_its_answer_also_while_the_ticket_stands_still() -> None:
    ticket = at_work()
    letters.escalate(ticket, profile=PROFILE, actor=a_supervisor(), now=NOW + HOUR, text="请加快")
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, text="发照片")
    assert not clock(ticket, ClockName.SUPERVISION_ANSWER).paused
    assert clock(ticket, ClockName.REPLY).paused


def test_the_level_that_answers_for_the_citizens_date_answers_for_the_rework_too() -> None:
    ticket, below = at_work(), a_liaison(TOWN)
    relays.relay(ticket, TOWN, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, reason="就近办理")
    ticket.accept(actor=below, now=NOW + 3 * HOUR)
    ticket.reply(actor=below, now=NOW + 3 * HOUR, text="已修好")
    ticket.resolve(actor=below, now=NOW + 4 * HOUR, profile=PROFILE)
    ticket.reopen(profile=PROFILE, actor=CITIZEN, now=NOW + 5 * HOUR, reason="又坏了")
    assert clock(ticket, ClockName.REWORK).unit_id == CITY_MANAGEMENT
    assert clock(ticket, ClockName.SIGN_IN).unit_id == TOWN


def test_what_falls_with_a_transfer_or_a_withdrawal_is_told_to_who_asked_and_who_helped() -> None:
    ticket = at_work()
    extensions.request_extension(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, reason="等配件"
    )
    co_handling.co_handle(
        ticket, [HOUSING, WATER], profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, text="请核实"
    )
    seq = len(ticket.events)
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="属住建")
    assert kinds(ticket, seq) == [
        (EventKind.TRANSFERRED, HOUSING),
        (EventKind.EXTENSION_REFUSED, CITY_MANAGEMENT),
        (EventKind.CO_HANDLING_WAIVED, HOUSING),
    ]
    seq = len(ticket.events)
    ticket.withdraw(actor=CITIZEN, now=NOW + 4 * HOUR, reason="")
    assert kinds(ticket, seq) == [(EventKind.WITHDRAWN, HOUSING), (EventKind.CO_HANDLING_WAIVED, WATER)]


# ---- links show nobody what is not theirs


@pytest.mark.parametrize(
    "told",
    [
        {"secrecy": Secrecy.SECRET},
        {"secrecy": Secrecy.ANONYMOUS},
        {"request_type": RequestType.REPORT},
    ],
)
def test_what_was_told_in_confidence_is_not_linked(told: dict[str, object]) -> None:
    ticket = at_work(**told)
    with pytest.raises(SecretLink):
        links.link(ticket, "HY1", unit_id=WATER, actor=a_dispatcher(), now=NOW + HOUR, reason="同一件事")
    assert not links.shareable(ticket)
    assert not links.shareable(replace(at_work(), tier=DISCLOSURE))


def test_another_citizen_reads_the_answer_without_the_name_phone_and_door_of_the_first() -> None:
    child = at_work()
    links.link(child, "HY1", unit_id=WATER, actor=a_dispatcher(), now=NOW + HOUR, reason="同一件事")
    links.answer_with_parent(
        child,
        parent="HY1",
        text="王建国先生（13800005678，幸福路12号3单元502室）您好，路灯已修好。",
        unit_id=WATER,
        profile=PROFILE,
        actor=SYSTEM,
        now=NOW + DAY,
    )
    assert child.reply_text is not None
    for private in ("王建国", "13800005678", "12号", "502"):
        assert private not in child.reply_text
    assert child.reply_text.endswith("您好，路灯已修好。")
    assert redact_answer(child.reply_text) == child.reply_text


@pytest.mark.parametrize(
    "said",
    ["老师您好，学校已整改。", "已向申请人说明。", "已与施工单位联系，要求整改。", "业主先生们：已修好。"],
)
def test_words_that_name_nobody_stay_in_the_answer(said: str) -> None:
    assert redact_answer(said) == said


# ---- links over two documents


async def an_office(database: Database) -> Office:
    office = Office(database, clock=lambda: NOW, wechat=CountingWeChat())
    await office.prepare()
    return office


async def filed(office: Office, n: int, **request: object) -> str:
    return (await office.desk.register(a_request(external_number=f"F{n}", **request), now=NOW)).number  # type: ignore[arg-type]


async def linked(office: Office, child: str, parent: str) -> Ticket:
    return await office.desk.links.link(
        child, parent, actor=SUPERVISOR, version=None, now=NOW, reason="同一件事"
    )


async def to_unit(office: Office, number: str, unit_id: UnitId) -> None:
    ticket = await office.tickets.get(number)
    act = {"actor": SUPERVISOR, "version": None, "now": NOW}
    if ticket.state is State.RECEIVED:
        await office.desk.dispatch(number, unit_id, **act)  # type: ignore[arg-type]
    elif ticket.unit_id != unit_id:
        await office.desk.transfer(number, unit_id, reason="职责不同", **act)  # type: ignore[arg-type]


async def test_a_child_goes_with_its_parent_from_unit_to_unit(database: Database) -> None:
    office = await an_office(database)
    parent, child = await filed(office, 1), await filed(office, 2)
    await to_unit(office, parent, CITY_MANAGEMENT)
    await linked(office, child, parent)
    promised = (await office.tickets.get(parent)).promise
    found = await office.tickets.get(child)
    assert promised is not None
    assert next(e for e in found.events if e.kind is EventKind.LINKED).until == promised.due_at
    assert found.unit_id == CITY_MANAGEMENT
    await to_unit(office, parent, WATER)
    await office.desk.links.settle_links(NOW)
    assert (await office.tickets.get(child)).unit_id == WATER
    assert not (await office.tickets.get(parent)).children_owed
    assert await office.desk.links.settle_links(NOW) == 0


async def test_nothing_is_linked_to_a_parent_told_in_confidence(database: Database) -> None:
    office = await an_office(database)
    parent, child = await filed(office, 1, secrecy=Secrecy.SECRET), await filed(office, 2)
    with pytest.raises(SecretLink):
        await linked(office, child, parent)


async def test_a_child_that_cannot_be_answered_holds_up_no_other(database: Database) -> None:
    office = await an_office(database)
    parent, broken, well = [await filed(office, n) for n in range(3)]
    await to_unit(office, parent, CITY_MANAGEMENT)
    for child in (broken, well):
        await linked(office, child, parent)
    await database["tickets"].update_one({"_id": broken}, {"$set": {"state": "no such state"}})
    await office.desk.accept(parent, actor=a_liaison(), version=None, now=NOW)
    await office.desk.resolve(parent, actor=a_liaison(), version=None, now=NOW, text="已修好")
    await office.desk.links.settle_links(NOW)
    assert (await office.tickets.get(well)).state is State.RESOLVED
    assert (await office.tickets.get(parent)).children_owed == (broken,)
    await database["tickets"].update_one({"_id": broken}, {"$set": {"state": "linked"}})
    await office.desk.links.settle_links(NOW + timedelta(minutes=6))
    assert (await office.tickets.get(broken)).state is State.RESOLVED


def _in_clock_hours(profile: Profile) -> Profile:
    rule = profile.clocks[ClockName.REPLY]
    hours = replace(rule, types={kind: Limit(120, Unit.HOUR) for kind in rule.types})
    return replace(profile, clocks={**profile.clocks, ClockName.REPLY: hours})


def test_a_pause_moves_a_date_as_it_was_promised_whatever_the_profile_says_by_then() -> None:
    """Friday noon to Monday noon is one working day, not three days, where five working days were promised."""
    friday = NOW + 4 * DAY
    changed = _in_clock_hours(PROFILE)
    found = []
    for at_the_end in (PROFILE, changed):
        ticket = at_work()
        pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=friday, text="请补合同")
        pauses.resume(ticket, profile=at_the_end, actor=a_liaison(), now=friday + 3 * DAY, reason="已补")
        found.append(ticket.promise)
    assert found[0] is not None
    assert found[0] == found[1]
    gone = replace(PROFILE, clocks={n: r for n, r in PROFILE.clocks.items() if n is not ClockName.REPLY})
    ticket = at_work()
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=friday, text="请补合同")
    pauses.resume(ticket, profile=gone, actor=a_liaison(), now=friday + 3 * DAY, reason="已补")
    assert ticket.promise == found[0]


def test_a_promise_of_before_this_was_kept_is_moved_by_the_profile_at_hand() -> None:
    friday, changed = NOW + 4 * DAY, _in_clock_hours(PROFILE)
    ticket = at_work()
    ticket.clocks = tuple(replace(c, counts_in=None) for c in ticket.clocks)
    before = ticket.promise
    assert before is not None
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=friday, text="请补合同")
    pauses.resume(ticket, profile=changed, actor=a_liaison(), now=friday + 3 * DAY, reason="已补")
    assert ticket.promise is not None
    assert ticket.promise.due_at == before.due_at + 3 * DAY
