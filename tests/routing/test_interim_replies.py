"""阶段答复: the citizen hears how far it is, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.notices import caller, plan, render
from routing.acts import co_handling, pauses, returns
from routing.acts.interim import INTERIM_REPLIES_PER_DAY, interim_reply
from routing.acts.replaying import replay, same_history
from routing.citizen_request import Channel, Secrecy
from routing.departments import UnitId, load_units
from routing.errors import ActionNotAllowed, Incomplete, NotYourRole, ReviewPending, TooOften
from routing.events import Audience, EventKind, NoticeChannel
from routing.figures.rows import KINDS
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import CITIZEN, SYSTEM, State
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

NOW = MONDAY_9_30 + timedelta(hours=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORDS = "配件已经订了，到货后马上更换路灯。"


def at_work(channel: Channel = Channel.WECHAT, secrecy: Secrecy = Secrecy.PUBLIC) -> Ticket:
    ticket = a_ticket(a_request(channel=channel, secrecy=secrecy))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30)
    return ticket


def test_no_clock_no_state_and_no_figure_hears_of_it() -> None:
    ticket = at_work()
    clocks, state = ticket.clocks, ticket.state
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    assert (ticket.clocks, ticket.state, ticket.reply_text) == (clocks, state, None)
    contact = ticket.clock(ClockName.FIRST_CONTACT)
    assert contact is not None
    assert contact.running, "the first contact is still owed"
    assert ticket.events[-1].kind is EventKind.INTERIM_REPLIED
    assert EventKind.INTERIM_REPLIED not in KINDS


def test_the_answer_still_has_to_come_before_it_is_closed() -> None:
    ticket = at_work()
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    with pytest.raises(ActionNotAllowed):
        ticket.resolve(actor=a_liaison(), now=NOW + HOUR)
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="路灯已经更换。")
    ticket.resolve(actor=a_liaison(), now=NOW + HOUR)
    assert ticket.state is State.RESOLVED


def test_it_is_sent_while_a_co_handler_owes_and_while_the_clocks_stand_still() -> None:
    ticket = at_work()
    co_handling.co_handle(ticket, [HOUSING], profile=PROFILE, actor=a_liaison(), now=NOW, text="请核实")
    pauses.ask_material(ticket, profile=PROFILE, actor=a_liaison(), now=NOW, text="请补照片")
    paused = ticket.pause
    interim_reply(ticket, actor=a_liaison(), now=NOW + HOUR, text=WORDS)
    assert ticket.pause == paused
    assert ticket.co_handlers[0].owes


def test_nothing_of_an_answer_that_waits_for_its_review_goes_out_this_way() -> None:
    ticket = at_work()
    reviewed = replace(PROFILE, review_replies=True)
    ticket.reply(actor=a_liaison(), now=NOW, text="已经更换。", profile=reviewed)
    with pytest.raises(ReviewPending):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)


def test_not_while_the_centre_decides_whose_ticket_it_is() -> None:
    ticket = at_work()
    returns.request_return(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW, reason="不属本局", basis="三定方案"
    )
    with pytest.raises(ReviewPending):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)


def test_twice_a_day_and_counted_anew_by_the_next_unit() -> None:
    ticket = at_work()
    for _ in range(INTERIM_REPLIES_PER_DAY):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    with pytest.raises(TooOften):
        interim_reply(ticket, actor=a_liaison(), now=NOW + HOUR, text=WORDS)
    interim_reply(ticket, actor=a_liaison(), now=NOW + DAY + HOUR, text=WORDS)
    ticket = at_work()
    for _ in range(INTERIM_REPLIES_PER_DAY):
        interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    later = NOW + HOUR
    ticket.transfer(HOUSING, profile=PROFILE, actor=a_dispatcher(), now=later, reason="属房产职责")
    ticket.accept(actor=a_liaison(HOUSING), now=later)
    interim_reply(ticket, actor=a_liaison(HOUSING), now=later, text=WORDS)


@pytest.mark.parametrize("text", ["", " \n "])
def test_it_says_something(text: str) -> None:
    with pytest.raises(Incomplete):
        interim_reply(at_work(), actor=a_liaison(), now=NOW, text=text)


def test_neither_the_citizen_nor_a_dispatcher_writes_it() -> None:
    for actor in (CITIZEN, a_dispatcher()):
        with pytest.raises(NotYourRole):
            interim_reply(at_work(), actor=actor, now=NOW, text=WORDS)


def test_doing_the_acts_again_gives_the_same_ticket() -> None:
    ticket = at_work()
    interim_reply(
        ticket, actor=a_liaison(), now=NOW, text=WORDS, doubts=("promises_a_date",), despite="已排期"
    )
    ticket.reply(actor=a_liaison(), now=NOW + HOUR, text="已经更换。")
    assert same_history(replay(ticket, profile=PROFILE), ticket)


def test_the_citizen_reads_the_words_and_that_the_answer_is_yet_to_come() -> None:
    ticket = at_work()
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    event = ticket.events[-1]
    assert [(n.audience, n.channel) for n in plan(ticket, event)] == [
        (Audience.CITIZEN, NoticeChannel.WECHAT)
    ]
    said = render(ticket, event, Audience.CITIZEN, units=load_units())
    assert WORDS in said
    assert "还没办完" in said
    assert "最晚11月" in said


@pytest.mark.parametrize(
    ("secrecy", "rings"), [(Secrecy.PUBLIC, CITY_MANAGEMENT), (Secrecy.SECRET, None)], ids=["unit", "centre"]
)
def test_who_has_no_wechat_is_rung_by_whoever_may_know_them(secrecy: Secrecy, rings: UnitId | None) -> None:
    ticket = at_work(Channel.HOTLINE, secrecy)
    interim_reply(ticket, actor=a_liaison(), now=NOW, text=WORDS)
    event = ticket.events[-1]
    assert [n.channel for n in plan(ticket, event)] == [NoticeChannel.TELEPHONE]
    assert caller(ticket, event) == rings
