"""What a reader is offered is what they may do: the lead the whole, a co-handler or an addressee their part."""

from __future__ import annotations

from datetime import timedelta

from routing.acts import co_handling, letters
from routing.acts.offers import offered_to
from routing.acts.writing import may_read
from routing.departments import UnitId
from routing.ticket import Ticket
from routing.workflow import Action, Actor, Role
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_supervisor,
    a_ticket,
)

NOW = MONDAY_9_30
HOUR = timedelta(hours=1)
LEAD = Actor("lead", "主办", Role.LIAISON, frozenset({CITY_MANAGEMENT}))
HELPER = Actor("helper", "协办", Role.LIAISON, frozenset({HOUSING}))
STRANGER = Actor("stranger", "旁人", Role.LIAISON, frozenset({UnitId("qh.water")}))


def helped() -> Ticket:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    ticket.accept(actor=a_liaison(), now=NOW)
    co_handling.co_handle(ticket, [HOUSING], profile=PROFILE, actor=a_dispatcher(), now=NOW, text="请核实")
    return ticket


def test_a_co_handler_is_offered_its_answer_and_nothing_of_the_leads() -> None:
    ticket = helped()
    assert offered_to(ticket, HELPER) == (Action.ANSWER_CO_HANDLING,)
    assert Action.WAIVE_CO_HANDLING in offered_to(ticket, LEAD)
    assert Action.ANSWER_CO_HANDLING not in offered_to(ticket, LEAD)
    co_handling.answer_co_handling(ticket, HOUSING, actor=HELPER, now=NOW + HOUR, text="归物业")
    assert offered_to(ticket, HELPER) == ()
    assert may_read(ticket, HELPER), "who answered may look at what became of it"


def test_who_was_asked_by_mistake_reads_no_more() -> None:
    ticket = helped()
    assert may_read(ticket, HELPER)
    co_handling.waive_co_handling(ticket, HOUSING, actor=LEAD, now=NOW + HOUR, reason="请错了单位")
    assert ticket.concerned == frozenset()
    assert not may_read(ticket, HELPER)
    assert offered_to(ticket, HELPER) == ()


def test_a_letter_is_its_addressees() -> None:
    ticket = helped()
    letters.escalate(ticket, profile=PROFILE, actor=a_supervisor(), now=NOW + HOUR, text="请抓紧")
    assert {Action.RECEIVE_LETTER, Action.ANSWER_LETTER} <= set(offered_to(ticket, LEAD))
    assert Action.RECEIVE_LETTER not in offered_to(ticket, HELPER)
    assert offered_to(ticket, STRANGER) == ()
