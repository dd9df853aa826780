"""What a reader is offered is what they may do: the lead the whole, a co-handler or an addressee their part."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from routing.acts import co_handling, extensions, letters, offers
from routing.acts.writing import may_read
from routing.departments import UnitId, load_units
from routing.errors import NotYourRole, NotYourUnit, Refused, TicketPaused
from routing.ticket import Ticket
from routing.timing.profile_files import load_profile
from routing.timing.sla import Profile
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
from tests.routing.lifecycles import ACTS, PEOPLE, a_random_ticket, later, next_act

NOW = MONDAY_9_30
HOUR = timedelta(hours=1)
LEAD = Actor("lead", "主办", Role.LIAISON, frozenset({CITY_MANAGEMENT}))
HELPER = Actor("helper", "协办", Role.LIAISON, frozenset({HOUSING}))
STRANGER = Actor("stranger", "旁人", Role.LIAISON, frozenset({UnitId("qh.water")}))


def offered_to(ticket: Ticket, reader: Actor) -> tuple[Action, ...]:
    return offers.offered_to(ticket, reader, profile=PROFILE, now=NOW + HOUR)


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


# ---- one rule for the offer and the act


def taken(ticket: Ticket, action: Action, profile: Profile, actor: Actor, now: datetime) -> bool:
    """Whether anything a person might write into the form is taken; a refusal for role or state ends the tries."""
    for seed in range(150 if action is Action.DECIDE_DISCLOSURE else 40):
        try:
            ACTS[action](ticket.copied(), random.Random(seed), profile, actor, now)
        except (NotYourRole, NotYourUnit, TicketPaused):
            return False
        except Refused:
            continue
        return True
    return False


@pytest.mark.parametrize("part", range(2))
def test_what_is_offered_is_taken_and_what_is_not_offered_is_refused(part: int) -> None:
    """Over random lives: an offer that the act refuses, or an act that was never offered, is a second rule."""
    units, seen = load_units(), Counter[bool]()
    reviewed = replace(PROFILE, review_replies=True)
    for seed in range(part * 60, part * 60 + 60):
        rng = random.Random(seed)
        profile = rng.choice((PROFILE, reviewed, load_profile("beijing-tier")))
        ticket, now = a_random_ticket(rng), NOW
        for step in range(30):
            now += later(rng)
            actor, act = next_act(ticket, rng)
            with suppress(Refused):
                act(ticket, rng, profile, actor, now)
            if step % 5 != 4:
                continue
            reader = rng.choice(PEOPLE)
            open_to = offers.offered(ticket, reader, profile=profile, now=now, units=units)
            for action in set(Action) - {Action.RELAY}:
                found = taken(ticket, action, profile, reader, now)
                assert found == (action in open_to), (seed, step, reader.role, action, ticket.state)
                seen[found] += 1
    assert seen[True] > 400


def test_an_extension_used_up_or_asked_too_late_is_not_offered() -> None:
    ticket = helped()
    promise = ticket.promise
    assert promise is not None
    ask = {"profile": PROFILE, "actor": LEAD, "reason": "等配件"}

    def may(now: datetime) -> bool:
        acts = offers.offered_to(ticket, LEAD, profile=PROFILE, now=now)
        return Action.EXTEND in acts

    assert may(NOW + HOUR)
    assert not may(promise.due_at + HOUR)
    extensions.request_extension(ticket, now=NOW + HOUR, **ask)  # type: ignore[arg-type]
    assert not may(NOW + HOUR), "one is being decided"
    extensions.decide_extension(
        ticket, approved=True, profile=PROFILE, actor=a_dispatcher(), now=NOW + HOUR, reason="属实"
    )
    assert not may(NOW + HOUR), "the profile allows one"


def test_a_return_is_offered_within_its_window_only_and_never_to_the_fallback_unit() -> None:
    units, ticket = load_units(), helped()

    def may(ticket: Ticket, now: datetime) -> bool:
        reader = Actor("one", "某人", Role.LIAISON, frozenset({ticket.unit_id or CITY_MANAGEMENT}))
        acts = offers.offered_to(ticket, reader, profile=PROFILE, now=now, units=units)
        return Action.REQUEST_RETURN in acts

    assert may(ticket, NOW + HOUR)
    assert not may(ticket, NOW + timedelta(days=4))
    kept = a_ticket()
    kept.dispatch(units.fallback.id, profile=PROFILE, actor=a_dispatcher(), now=NOW)
    assert not may(kept, NOW + HOUR)


def test_only_a_unit_with_others_below_is_offered_to_relay() -> None:
    units = load_units()
    for unit in units.all():
        ticket = a_ticket()
        ticket.dispatch(unit.id, profile=PROFILE, actor=a_dispatcher(), now=NOW)
        ticket.accept(actor=a_liaison(unit.id), now=NOW)
        reader = a_liaison(unit.id)
        acts = offers.offered_to(ticket, reader, profile=PROFILE, now=NOW + HOUR, units=units)
        assert (Action.RELAY in acts) == (len(units.subtree(unit.id)) > 1)


def test_trying_an_offer_leaves_no_trace_on_the_ticket() -> None:
    ticket = helped()
    before = replace(ticket)
    for role in Role:
        offers.offered(ticket, Actor("x", "某人", role), profile=PROFILE, now=NOW + HOUR)
    assert ticket == before


def test_who_asked_is_not_offered_to_decide() -> None:
    ticket = helped()
    boss = a_supervisor()
    extensions.request_extension(ticket, profile=PROFILE, actor=boss, now=NOW + HOUR, reason="等配件")
    for reader, may in ((boss, False), (a_dispatcher(), True)):
        assert (Action.DECIDE_EXTENSION in offered_to(ticket, reader)) is may
