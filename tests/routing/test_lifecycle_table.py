"""States x actions x roles: every cell is walked, allowed or refused with its reason, and printed in the guide."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.wording import explain, label
from routing.acts import co_handling, letters, pauses, returns, visits
from routing.acts.reviews import Review, ReviewKind
from routing.errors import ActionNotAllowed, NotYourRole, Refused, TicketPaused
from routing.events import ActorRef, EventKind
from routing.ticket import Rating, Ticket
from routing.timing.sla import DISCLOSURE, PauseReason
from routing.workflow import CITIZEN, SYSTEM, TRANSITIONS, Action, Actor, Role, State, actions_for
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
from tests.routing.lifecycles import ACTS, open_to

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "lifecycle.md"
NOW = MONDAY_9_30
LATER = NOW + timedelta(minutes=30)
ASKED = ActorRef("liaison", "陈联络", Role.LIAISON)
SOMEBODY = {role: Actor(f"some {role}", "某人", role, frozenset({CITY_MANAGEMENT})) for role in Role}
OF_APPLICATIONS = {
    Action.CONSULT,
    Action.ASK_CORRECTION,
    Action.HEAR_THIRD_PARTY,
    Action.DECIDE_DISCLOSURE,
    Action.ENTER_REGISTER,
}
DECIDES = {
    Action.DECIDE_RETURN: ReviewKind.RETURN,
    Action.DECIDE_REPLY: ReviewKind.REPLY,
    Action.DECIDE_EXTENSION: ReviewKind.EXTENSION,
    Action.DECIDE_SUSPENSION: ReviewKind.SUSPENSION,
    Action.DECIDE_EXCLUSION: ReviewKind.EXCLUSION,
}


def in_state(state: State) -> Ticket:
    """A ticket brought there by the acts that lead there."""
    ticket = a_ticket()
    if state in (State.RECEIVED, State.WITHDRAWN, State.REJECTED, State.LINKED):
        if state is State.WITHDRAWN:
            ticket.withdraw(actor=CITIZEN, now=NOW, reason="")
        if state is State.REJECTED:
            ticket.reject(actor=a_dispatcher(), now=NOW, reason="请找法院")
        if state is State.LINKED:
            ACTS[Action.LINK](ticket, random.Random(0), PROFILE, SYSTEM, NOW)
        return ticket
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=NOW)
    if state is State.DISPATCHED:
        return ticket
    ticket.accept(actor=a_liaison(), now=NOW)
    if state is State.ACCEPTED:
        return ticket
    ticket.reply(actor=a_liaison(), now=NOW, text="已修好")
    if state is State.REPLIED:
        return ticket
    ticket.resolve(actor=a_liaison(), now=NOW, profile=PROFILE)
    if state is State.ARCHIVED:
        visits.archive(ticket, actor=SYSTEM, now=NOW, reason="不用回访")
    return ticket


def ready_for(action: Action, state: State) -> Ticket:
    """A ticket in that state to which nothing but the table could object."""
    ticket = in_state(state)
    ticket.tier = DISCLOSURE if action in OF_APPLICATIONS else None
    if action is Action.HEAR_THIRD_PARTY:
        ticket.record(EventKind.THIRD_PARTY_ASKED, a_liaison(), NOW, text="某公司")
    has_unit = state not in (State.RECEIVED, State.WITHDRAWN, State.REJECTED, State.LINKED)
    if action in DECIDES:
        ticket.reviews = (
            Review(
                kind=DECIDES[action],
                asked_at=NOW,
                unit_id=CITY_MANAGEMENT,
                by=ASKED,
                reason="等配件",
                until=NOW + timedelta(days=3),
            ),
        )
    if action is Action.RESUME and ticket.is_open:
        pauses.pause(ticket, PauseReason.SUSPENSION, NOW, NOW + timedelta(days=3), "等雨季过去")
    if action is Action.ARBITRATE and state in (State.DISPATCHED, State.ACCEPTED):
        refused(ticket)
    if has_unit and action in (Action.RECALL, Action.URGE_BELOW):
        ticket.relayed_by = (HOUSING,)
    if has_unit and action in (Action.ANSWER_CO_HANDLING, Action.WAIVE_CO_HANDLING):
        part = co_handling.CoHandler(unit_id=HOUSING, asked_at=NOW, text="请核实")
        ticket.co_handlers = (part,)
    if has_unit and action in (Action.RECEIVE_LETTER, Action.ANSWER_LETTER):
        before, ticket.state = ticket.state, State.ACCEPTED
        letters.escalate(ticket, profile=PROFILE, actor=a_supervisor(), now=NOW, text="请加快")
        ticket.state = before
    return ticket


def refused(ticket: Ticket) -> None:
    state = ticket.state
    returns.request_return(
        ticket, profile=PROFILE, actor=a_liaison(), now=NOW, reason="不属我局", basis="三定方案"
    )
    returns.decide_return(
        ticket, approved=False, profile=PROFILE, actor=a_dispatcher(), now=NOW, reason="属城管"
    )
    assert ticket.state is state


def attempt(ticket: Ticket, action: Action, actor: Actor) -> Refused | None:
    """The refusal, or None when it was done; other arguments are tried before one is believed to be the table's."""
    found: Refused | None = None
    for seed in range(40):
        tried = replace(ticket)
        try:
            ACTS[action](tried, random.Random(seed), PROFILE, actor, LATER)
        except (NotYourRole, TicketPaused) as refusal:
            return refusal
        except Refused as refusal:
            found = refusal
        else:
            return None
    return found


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("state", list(State))
def test_every_cell_of_the_table_is_what_the_ticket_does(action: Action, state: State) -> None:
    row = TRANSITIONS[action]
    for role in Role:
        ticket = ready_for(action, state)
        refusal = attempt(ticket, action, SOMEBODY[role])
        if role not in row.by:
            assert isinstance(refusal, NotYourRole), (role, refusal)
        elif state not in row.when:
            assert isinstance(refusal, ActionNotAllowed), (role, refusal)
        else:
            assert refusal is None, (role, refusal)
            assert action in open_to(ticket, role, now=LATER), role
        if refusal is not None:
            assert label(action) in explain(refusal), "a refusal says what cannot be done"
        assert (action in actions_for(state, role)) == (refusal is None)


@pytest.mark.parametrize("action", list(Action))
def test_in_a_pause_only_what_the_table_says_is_done(action: Action) -> None:
    row = TRANSITIONS[action]
    for state in row.when & {State.ACCEPTED, State.REPLIED}:
        ticket = ready_for(action, state)
        if ticket.pause is None:
            pauses.pause(ticket, PauseReason.SUSPENSION, NOW, NOW + timedelta(days=3), "等雨季过去")
        role = sorted(row.by)[0]
        refusal = attempt(ticket, action, SOMEBODY[role])
        assert isinstance(refusal, TicketPaused) == (not row.in_pause), refusal
        assert (action in open_to(ticket, role, now=LATER)) == row.in_pause


def test_every_action_has_its_row_and_its_random_act() -> None:
    assert set(TRANSITIONS) == set(Action) == set(ACTS)


def test_who_was_satisfied_files_a_new_matter_instead_of_reopening() -> None:
    ticket = in_state(State.RESOLVED)
    ticket.rate(Rating(5), actor=CITIZEN, now=NOW)
    assert ticket.state is State.ARCHIVED
    assert not open_to(ticket, Role.CITIZEN)
    with pytest.raises(ActionNotAllowed):
        ticket.reopen(profile=PROFILE, actor=CITIZEN, now=NOW, reason="又坏了")


def test_nobody_leaves_withdrawn_or_rejected() -> None:
    for state in (State.WITHDRAWN, State.REJECTED):
        assert not any(actions_for(state, role) for role in Role)


def printed_table() -> str:
    """The table as ``docs/lifecycle.md`` shows it."""
    lines = [
        "| 操作 | 命令 | 可在状态 | 之后 | 谁可以 | 暂停计时中 |",
        "|---|---|---|---|---|---|",
    ]
    for row in TRANSITIONS.values():
        when = "、".join(label(s) for s in State if s in row.when)
        by = "、".join(label(r) for r in Role if r in row.by)
        leads = label(row.leads_to) if row.leads_to else "不变或看结果"
        pause = "可以" if row.in_pause else "不可以"
        lines.append(f"| {label(row.action)} | `{row.action}` | {when} | {leads} | {by} | {pause} |")
    return "\n".join(lines)


def test_the_guide_prints_the_table() -> None:
    assert printed_table() in GUIDE.read_text(encoding="utf-8")
