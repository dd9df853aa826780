"""Who hears of what, as a table with its reason per row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import notices
from bot.ticket_view import view_of
from routing.citizen_request import Channel, Urgency
from routing.departments import load_units
from routing.events import Audience, EventKind, NoticeChannel
from routing.ticket import Rating, Ticket
from routing.workflow import CITIZEN, SYSTEM
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


def a_life(channel: Channel = Channel.WECHAT) -> Ticket:
    """Dispatched by a person, transferred, answered and closed, rated badly, reopened."""
    ticket, now = a_ticket(a_request(channel=channel)), MONDAY_9_30
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=now)
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_supervisor(), now=now, reason="属房产职责")
    ticket.accept(actor=a_liaison(), now=now)
    ticket.contact(actor=a_liaison(), now=now, text="已电话联系市民")
    ticket.reply(actor=a_liaison(), now=now, text="已经修好")
    ticket.resolve(actor=a_liaison(), now=now)
    ticket.rate(Rating(1), actor=CITIZEN, now=now)
    ticket.reopen(profile=PROFILE, actor=CITIZEN, now=now, reason="还是不亮")
    return ticket


def audiences(ticket: Ticket, kind: EventKind) -> set[Audience]:
    event = next(e for e in ticket.events if e.kind is kind)
    return {planned.audience for planned in notices.plan(ticket, event)}


@pytest.mark.parametrize(
    ("kind", "told", "reason"),
    [
        (EventKind.REGISTERED, set(), "the reply to the filing says it"),
        (EventKind.DISPATCHED, {Audience.CITIZEN, Audience.UNIT}, "a person found the unit later"),
        (EventKind.TRANSFERRED, {Audience.CITIZEN, Audience.UNIT}, "the citizen must know who has it"),
        (EventKind.ACCEPTED, set(), "signing in is the office's own business"),
        (EventKind.CONTACTED, set(), "the citizen was spoken with"),
        (EventKind.REPLIED, set(), "answered and closed in one act is one message"),
        (EventKind.RESOLVED, {Audience.CITIZEN}, "the answer, and please rate"),
        (EventKind.RATED, {Audience.UNIT, Audience.CENTRE}, "what displeases is the centre's to follow up"),
        (EventKind.REOPENED, {Audience.UNIT}, "the citizen asked for it and was answered there"),
    ],
)
def test_everybody_concerned_hears_and_nobody_else(kind: EventKind, told: set[Audience], reason: str) -> None:
    assert audiences(a_life(), kind) == told, reason


def test_a_reply_before_closing_is_told_by_itself() -> None:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    ticket.reply(actor=a_liaison(), now=MONDAY_9_30, text="正在抢修，今晚通电")
    assert audiences(ticket, EventKind.REPLIED) == {Audience.CITIZEN}


def test_what_triage_dispatched_at_once_is_not_told_twice() -> None:
    ticket = a_ticket(a_request(channel=Channel.WECHAT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    assert audiences(ticket, EventKind.DISPATCHED) == {Audience.UNIT}


def test_a_caller_of_the_hotline_gets_no_wechat_message() -> None:
    ticket = a_life(Channel.HOTLINE)
    assert not any(
        p.channel is NoticeChannel.WECHAT for event in ticket.events for p in notices.plan(ticket, event)
    )


def test_every_planned_notice_has_words_that_fit_wechat() -> None:
    ticket = a_life()
    for event in ticket.events:
        for planned in notices.plan(ticket, event):
            words = notices.render(ticket, event, planned.audience, units=UNITS)
            assert ticket.number in words
            assert len(words.encode()) <= 2048


def test_officials_notices_carry_no_phone_a_citizen_wrote() -> None:
    ticket = a_life()
    ticket.title = "请打13800005678联系我"
    event = next(e for e in ticket.events if e.kind is EventKind.DISPATCHED)
    event = replace(event, text="回电13800005678")
    assert "13800005678" not in notices.render(ticket, event, Audience.UNIT, units=UNITS)


def test_who_reported_an_emergency_never_reads_of_days_alone() -> None:
    ticket = a_ticket(a_request(channel=Channel.WECHAT, urgency=Urgency.URGENT))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    told = notices.render(ticket, ticket.events[-1], Audience.CITIZEN, units=UNITS)
    assert "按紧急件办，白天夜里都有人管" in told
    assert "事后的书面答复最晚" in told
    view = view_of(ticket, UNITS)
    said = view.say(MONDAY_9_30)
    assert "事后书面答复，最晚" in said
    assert "最晚答复：" not in said
    ordinary = a_ticket(a_request(channel=Channel.WECHAT))
    ordinary.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    assert "紧急" not in notices.render(ordinary, ordinary.events[-1], Audience.CITIZEN, units=UNITS)
