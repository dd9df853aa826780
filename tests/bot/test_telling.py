"""Every citizen hears what concerns them: by WeChat, by telephone where there is none, in words of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot import notices
from bot.alarm_delivery import planner
from bot.ticket_view import view_of
from routing.acts import extensions, links, outbox, pauses
from routing.acts.outbox import WORTH_A_CALL
from routing.citizen_request import Channel, Secrecy
from routing.departments import load_units
from routing.errors import Incomplete
from routing.events import Audience, Event, EventKind, NoticeChannel, NoticeState, RejectReason
from routing.ticket import Rating, Ticket
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

UNITS = load_units()
NOW = MONDAY_9_30
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPERATOR = Actor("operator", "赵话务", Role.OPERATOR)


def at_work(channel: Channel = Channel.HOTLINE, **request: Any) -> Ticket:
    ticket = a_ticket(a_request(channel=channel, **request))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW + HOUR)
    return ticket


def _extended(t: Ticket) -> None:
    extensions.request_extension(t, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, reason="等配件")
    extensions.decide_extension(
        t, approved=True, profile=PROFILE, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="同意"
    )


def _suspended(t: Ticket) -> None:
    ask = {"profile": PROFILE, "actor": a_liaison(), "now": NOW + 2 * HOUR, "reason": "等雨季过去"}
    pauses.request_suspension(t, until=NOW + 5 * DAY, **ask)  # type: ignore[arg-type]
    pauses.decide_suspension(t, approved=True, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="同意")


def _asked(t: Ticket) -> None:
    pauses.ask_material(t, profile=PROFILE, actor=a_liaison(), now=NOW + 2 * HOUR, text="路灯杆上的编号")


def _resumed(t: Ticket) -> None:
    _suspended(t)
    t.check_deadlines(actor=SYSTEM, now=NOW + 6 * DAY, profile=PROFILE)


def _replied(t: Ticket) -> None:
    t.reply(actor=a_liaison(), now=NOW + 2 * HOUR, text="正在抢修，今晚通电")


def _closed(t: Ticket) -> None:
    _replied(t)
    t.resolve(actor=a_liaison(), now=NOW + 3 * HOUR, profile=PROFILE)


def _withdrawn(t: Ticket) -> None:
    t.withdraw(actor=a_supervisor(), now=NOW + 3 * HOUR, reason="市民来电要求撤回")


def _linked(t: Ticket) -> None:
    links.link(
        t, "HY2611160009", unit_id=HOUSING, actor=a_dispatcher(), now=NOW + 2 * HOUR, reason="同一件事"
    )


def _unlinked(t: Ticket) -> None:
    _linked(t)
    links.unlink(t, profile=PROFILE, actor=a_dispatcher(), now=NOW + 3 * HOUR, reason="不是同一件事")


LIVES: dict[EventKind, Callable[[Ticket], None]] = {
    EventKind.EXTENSION_GRANTED: _extended,
    EventKind.SUSPENSION_GRANTED: _suspended,
    EventKind.MATERIAL_REQUESTED: _asked,
    EventKind.RESUMED: _resumed,
    EventKind.REPLIED: _replied,
    EventKind.RESOLVED: _closed,
    EventKind.WITHDRAWN: _withdrawn,
    EventKind.LINKED: _linked,
    EventKind.UNLINKED: _unlinked,
}


def lived(kind: EventKind, channel: Channel = Channel.HOTLINE, **request: Any) -> tuple[Ticket, Event]:
    ticket = at_work(channel, **request)
    LIVES[kind](ticket)
    return ticket, next(e for e in reversed(ticket.events) if e.kind is kind)


def channels(ticket: Ticket, event: Event) -> set[NoticeChannel]:
    return {p.channel for p in notices.plan(ticket, event) if p.audience is Audience.CITIZEN}


@pytest.mark.parametrize("kind", LIVES)
@pytest.mark.parametrize("channel", [Channel.HOTLINE, Channel.WEB])
def test_who_has_no_wechat_is_rung_about_dates_questions_and_ends(kind: EventKind, channel: Channel) -> None:
    assert channels(*lived(kind, channel)) == {NoticeChannel.TELEPHONE}
    assert channels(*lived(kind, Channel.WECHAT)) == {NoticeChannel.WECHAT}


def test_a_rejection_is_rung_and_names_the_numbers_for_danger_first() -> None:
    ticket = a_ticket(a_request(channel=Channel.HOTLINE))
    ticket.reject(actor=a_supervisor(), now=NOW, reason="请先报警。", kind=RejectReason.EMERGENCY_SERVICES)
    assert channels(ticket, ticket.events[-1]) == {NoticeChannel.TELEPHONE}
    words = notices.render_call(ticket, ticket.events[-1], units=UNITS)
    assert words.index("110") < words.index("请先报警")


def test_that_another_office_has_it_is_no_call() -> None:
    ticket = at_work()
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + 2 * HOUR, reason="属房产职责")
    assert channels(ticket, ticket.events[-1]) == set()


@pytest.mark.parametrize("kind", LIVES)
def test_what_is_read_out_can_be_said_on_the_telephone(kind: EventKind) -> None:
    ticket, event = lived(kind)
    words = notices.render_call(ticket, event, units=UNITS)
    assert words.startswith(f"请电话告知市民：您的工单{ticket.number}（")
    for unsayable in ("<a", "weixin", "请点", "打字", "拨打12345", "有新进展"):
        assert unsayable not in words


def test_a_call_on_a_console_shows_no_number_a_citizen_wrote() -> None:
    ticket, event = lived(EventKind.MATERIAL_REQUESTED, text="请打13800005678联系我，路灯不亮", title=None)
    assert "13800005678" not in notices.render_call(ticket, event, units=UNITS)


def test_the_unit_rings_with_its_answer_unless_it_may_not_know_who_asked() -> None:
    assert notices.caller(*lived(EventKind.RESOLVED)) == CITY_MANAGEMENT
    assert notices.caller(*lived(EventKind.RESOLVED, secrecy=Secrecy.ANONYMOUS)) is None
    assert notices.caller(*lived(EventKind.EXTENSION_GRANTED)) is None


@pytest.mark.parametrize(
    ("kind", "state", "calls"),
    [
        (EventKind.EXTENSION_GRANTED, NoticeState.FAILED, 1),
        (EventKind.MATERIAL_REQUESTED, NoticeState.WAITING, 1),
        (EventKind.EXTENSION_GRANTED, NoticeState.WAITING, 0),
        (EventKind.EXTENSION_GRANTED, NoticeState.SENT, 0),
        (EventKind.EXTENSION_GRANTED, NoticeState.UNKNOWN, 0),
    ],
)
def test_what_wechat_did_not_take_is_told_by_telephone(
    kind: EventKind, state: NoticeState, calls: int
) -> None:
    ticket, event = lived(kind, Channel.WECHAT)
    ticket.plan_notices(notices.plan, since=event.seq - 1)
    told = next(e for e in ticket.outbox if e.audience is Audience.CITIZEN)
    for _ in range(2):
        outbox.settle(ticket, told.id, state, now=NOW + DAY, failure="45015")
    rung = [e for e in ticket.outbox if e.channel is NoticeChannel.TELEPHONE]
    assert len(rung) == calls
    assert all(e.next_attempt_at == NOW + DAY and e.state is NoticeState.QUEUED for e in rung)


def test_an_office_that_withdraws_says_why_and_the_citizen_hears_it() -> None:
    ticket = at_work(Channel.WECHAT)
    with pytest.raises(Incomplete):
        ticket.withdraw(actor=a_supervisor(), now=NOW + DAY, reason=" ")
    assert ticket.state is State.ACCEPTED
    _withdrawn(ticket)
    words = notices.render(ticket, ticket.events[-1], Audience.CITIZEN, units=UNITS)
    assert "市民来电要求撤回" in words
    assert "没有提过撤回，请马上拨打12345" in words
    view = view_of(ticket, UNITS)
    assert view.state_name == "已撤回"
    assert view.happened[-1][1] == "撤回了"


def test_who_withdrew_themselves_is_not_told_and_reads_that_they_did() -> None:
    ticket = at_work(Channel.WECHAT)
    ticket.withdraw(actor=CITIZEN, now=NOW + DAY, reason="")
    assert channels(ticket, ticket.events[-1]) == set()
    assert view_of(ticket, UNITS).happened[-1][1] == "您撤回了"


def test_who_withdraws_by_telephone_is_not_rung_back() -> None:
    ticket = at_work(Channel.HOTLINE)
    ticket.withdraw(actor=OPERATOR, now=NOW + DAY, reason="市民说已经修好")
    assert channels(ticket, ticket.events[-1]) == set()


def test_an_ordinary_visits_limit_is_nobodys_notice_and_a_bad_ratings_is_the_centres() -> None:
    def told(ticket: Ticket) -> list[Audience]:
        seen = len(ticket.events)
        for after in (timedelta(days=1), timedelta(days=20)):
            ticket.check_deadlines(actor=SYSTEM, now=NOW + after, profile=PROFILE)
        plan = planner(lambda _: PROFILE)
        alarms = (EventKind.AT_RISK, EventKind.OVERDUE, EventKind.ALARM_RAISED)
        assert [e for e in ticket.events[seen:] if e.kind in alarms]
        return [p.audience for e in ticket.events[seen:] if e.kind in alarms for p in plan(ticket, e)]

    silent, angry = at_work(), at_work()
    _closed(silent)
    _closed(angry)
    angry.rate(Rating(1), actor=CITIZEN, now=NOW + 4 * HOUR, profile=PROFILE)
    assert Audience.CENTRE in {p.audience for p in notices.plan(angry, angry.events[-1])}
    assert told(silent) == []
    assert Audience.CENTRE in told(angry)


def test_a_date_already_past_is_not_promised_again() -> None:
    ticket = at_work(Channel.WECHAT)
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=NOW + 30 * DAY, reason="属房产职责")
    words = notices.render(ticket, ticket.events[-1], Audience.CITIZEN, units=UNITS)
    assert "最晚" not in words
    assert "日期已经过了" in words


def test_a_date_of_another_year_says_so() -> None:
    ticket, event = lived(EventKind.SUSPENSION_GRANTED, Channel.WECHAT)
    event = replace(event, until=event.at + timedelta(days=200))
    words = notices.render(ticket, event, Audience.CITIZEN, units=UNITS)
    assert f"{event.at.year + 1}年" in words


def test_what_was_linked_still_has_its_date() -> None:
    ticket, event = lived(EventKind.LINKED, Channel.WECHAT)
    assert ticket.promise is not None
    assert "最晚" in notices.render(ticket, event, Audience.CITIZEN, units=UNITS)


@pytest.mark.parametrize(
    ("kind", "standing"),
    [(EventKind.SUSPENSION_GRANTED, "先等一等"), (EventKind.MATERIAL_REQUESTED, "等您补充")],
)
def test_progress_says_that_it_waits_and_for_what(kind: EventKind, standing: str) -> None:
    ticket, _ = lived(kind, Channel.WECHAT)
    view = view_of(ticket, UNITS)
    assert standing in view.state_name
    said = view.say(NOW + DAY)
    assert "承办单位正在办" not in said
    assert "停的时间不算" in said
    assert "11月" in said.split("最晚答复")[0], "until when"
    if kind is EventKind.MATERIAL_REQUESTED:
        assert "路灯杆上的编号" in said


def test_every_kind_worth_a_call_is_one_the_citizen_hears_of() -> None:
    for kind in WORTH_A_CALL - {EventKind.REPLANNED, EventKind.WITHDRAWN, EventKind.REPLIED}:
        assert kind in notices._CITIZEN_HEARS_OF


def test_what_a_linked_citizen_says_is_heard_where_no_unit_has_it() -> None:
    ticket = at_work(Channel.WECHAT)
    links.link(ticket, "HY2611160009", unit_id=None, actor=a_dispatcher(), now=NOW + HOUR, reason="同一件事")
    ticket.remind(actor=CITIZEN, now=NOW + DAY, text="快点")
    ticket.supplement(actor=CITIZEN, now=NOW + DAY, text="又坏了一盏")
    for event in ticket.events[-2:]:
        assert [p.audience for p in notices.plan(ticket, event)] == [Audience.CENTRE]


def test_the_date_of_the_matter_joined_is_the_one_told() -> None:
    ticket, event = lived(EventKind.LINKED, Channel.WECHAT)
    told = replace(event, until=event.at + timedelta(days=2))
    assert "最晚11月18日" in notices.render(ticket, told, Audience.CITIZEN, units=UNITS)
    moved = replace(event, by=replace(event.by, role=Role.SYSTEM), text=None)
    assert channels(ticket, moved) == set()
