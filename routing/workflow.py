"""The life of a ticket on one screen: states, actions, who may do what, and where it leads (domain §2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.departments import UnitId
from routing.errors import ActionNotAllowed, NotYourRole


class State(StrEnum):
    """Where a ticket stands. Waiting for an approval is a pending review on the ticket, not a state."""

    RECEIVED = "received"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    REPLIED = "replied"
    RESOLVED = "resolved"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


OPEN_STATES = frozenset({State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.REPLIED})


class Role(StrEnum):
    """What a person or a program is to the ticket."""

    CITIZEN = "citizen"
    OPERATOR = "operator"
    DISPATCHER = "dispatcher"
    LIAISON = "liaison"
    SUPERVISOR = "supervisor"
    EDITOR = "editor"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    SYSTEM = "system"


CENTRE_ROLES = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
"""The hotline centre's own people: they see tickets that have no unit yet."""


class Action(StrEnum):
    """Imperative verbs: what may be done to a ticket."""

    DISPATCH = "dispatch"
    TRANSFER = "transfer"
    ACCEPT = "accept"
    CONTACT = "contact"
    REPLY = "reply"
    RESOLVE = "resolve"
    ANSWER_DIRECTLY = "answer-directly"
    REQUEST_RETURN = "return"
    DECIDE_RETURN = "decide-return"
    SUPPLEMENT = "supplement"
    REMIND = "remind"
    RATE = "rate"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``unit_ids`` are the units this person answers for (a supervisor's include all below)."""

    id: str
    name: str
    role: Role
    unit_ids: frozenset[UnitId] = frozenset()

    def answers_for(self, unit_id: UnitId | None) -> bool:
        """True when this actor may see and handle a ticket of that unit."""
        if self.role in (Role.SYSTEM, Role.CITIZEN):
            return True
        if unit_id is None:
            return self.role in CENTRE_ROLES
        return unit_id in self.unit_ids


SYSTEM = Actor(id="system", name="系统", role=Role.SYSTEM)
CITIZEN = Actor(id="citizen", name="市民", role=Role.CITIZEN)


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table. ``leads_to`` None leaves the state as it is."""

    action: Action
    when: frozenset[State]
    leads_to: State | None
    by: frozenset[Role]


_UNIT = frozenset({Role.LIAISON, Role.SUPERVISOR})
_TRIAGE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.SYSTEM})
_FOR_THE_CITIZEN = frozenset({Role.CITIZEN, Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
_WITH_A_UNIT = frozenset({State.DISPATCHED, State.ACCEPTED})

TRANSITIONS: dict[Action, Transition] = {
    row.action: row
    for row in (
        Transition(Action.DISPATCH, frozenset({State.RECEIVED}), State.DISPATCHED, _TRIAGE),
        Transition(Action.TRANSFER, _WITH_A_UNIT, State.DISPATCHED, _TRIAGE),
        Transition(Action.ACCEPT, frozenset({State.DISPATCHED}), State.ACCEPTED, _UNIT),
        Transition(Action.CONTACT, frozenset({State.ACCEPTED, State.REPLIED}), None, _UNIT),
        Transition(Action.REPLY, frozenset({State.ACCEPTED, State.REPLIED}), State.REPLIED, _UNIT),
        Transition(Action.RESOLVE, frozenset({State.REPLIED}), State.RESOLVED, _UNIT),
        Transition(
            Action.ANSWER_DIRECTLY, frozenset({State.RECEIVED}), State.RESOLVED, CENTRE_ROLES | {Role.SYSTEM}
        ),
        Transition(Action.REQUEST_RETURN, _WITH_A_UNIT, None, _UNIT),
        Transition(Action.DECIDE_RETURN, _WITH_A_UNIT, None, frozenset({Role.DISPATCHER, Role.SUPERVISOR})),
        Transition(Action.SUPPLEMENT, OPEN_STATES, None, _FOR_THE_CITIZEN),
        Transition(Action.REMIND, OPEN_STATES, None, _FOR_THE_CITIZEN),
        Transition(Action.RATE, frozenset({State.RESOLVED}), None, _FOR_THE_CITIZEN),
        Transition(Action.REOPEN, frozenset({State.RESOLVED}), State.DISPATCHED, _FOR_THE_CITIZEN),
        Transition(Action.WITHDRAW, OPEN_STATES, State.WITHDRAWN, _FOR_THE_CITIZEN),
        Transition(
            Action.REJECT,
            frozenset({State.RECEIVED}),
            State.REJECTED,
            frozenset({Role.DISPATCHER, Role.SUPERVISOR}),
        ),
    )
}


def next_state(action: Action, state: State, role: Role) -> State:
    """The state an action leads to; raises ``NotYourRole`` before ``ActionNotAllowed``."""
    row = TRANSITIONS[action]
    if role not in row.by:
        raise NotYourRole(action, role)
    if state not in row.when:
        raise ActionNotAllowed(action, state)
    return row.leads_to or state


def actions_for(state: State, role: Role) -> tuple[Action, ...]:
    """What this role may do now, in the table's order: what a page offers as buttons."""
    return tuple(row.action for row in TRANSITIONS.values() if state in row.when and role in row.by)
