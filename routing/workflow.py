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
    LINKED = "linked"
    """并案: a duplicate that is answered together with its parent."""
    RESOLVED = "resolved"
    ARCHIVED = "archived"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


OPEN_STATES = frozenset({State.RECEIVED, State.DISPATCHED, State.ACCEPTED, State.REPLIED, State.LINKED})


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
    INTERIM_REPLY = "interim-reply"
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
    ARBITRATE = "arbitrate"
    DECIDE_REPLY = "decide-reply"
    EXTEND = "extend"
    DECIDE_EXTENSION = "decide-extension"
    SUSPEND = "suspend"
    DECIDE_SUSPENSION = "decide-suspension"
    ASK_MATERIAL = "ask-material"
    CONSULT = "consult"
    RESUME = "resume"
    CO_HANDLE = "co-handle"
    ANSWER_CO_HANDLING = "answer-co-handling"
    WAIVE_CO_HANDLING = "waive-co-handling"
    ESCALATE = "escalate"
    RECEIVE_LETTER = "receive-letter"
    ANSWER_LETTER = "answer-letter"
    RELAY = "relay"
    RECALL = "recall"
    URGE_BELOW = "urge-below"
    LINK = "link"
    UNLINK = "unlink"
    VISIT = "visit"
    ARCHIVE = "archive"
    APPEAL_EXCLUSION = "appeal-exclusion"
    DECIDE_EXCLUSION = "decide-exclusion"
    MARK_EMERGENCY = "mark-emergency"
    NOTE_REPEAT = "note-repeat"
    PUBLISH_REPLY = "publish-reply"
    ASK_CORRECTION = "ask-correction"
    HEAR_THIRD_PARTY = "hear-third-party"
    DECIDE_DISCLOSURE = "decide-disclosure"
    ENTER_REGISTER = "enter-register"


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
    """One row of the table. ``leads_to`` None leaves the state as it is, or the act decides by what it finds."""

    action: Action
    when: frozenset[State]
    leads_to: State | None
    by: frozenset[Role]
    in_pause: bool = False
    """Whether it may be done while the clocks stand still (挂账, waiting for material)."""


_UNIT = frozenset({Role.LIAISON, Role.SUPERVISOR})
_TRIAGE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.SYSTEM})
_REVIEWERS = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_FOR_THE_CITIZEN = frozenset({Role.CITIZEN, Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR})
_AFTERCARE = frozenset({State.RESOLVED, State.ARCHIVED})
_AT_WORK = frozenset({State.ACCEPTED, State.REPLIED})
_WITH_A_UNIT = frozenset({State.DISPATCHED, State.ACCEPTED})
_HANDED = _WITH_A_UNIT | {State.REPLIED}
_IN_HAND = _HANDED | {State.RECEIVED}

TRANSITIONS: dict[Action, Transition] = {
    row.action: row
    for row in (
        # ---- the straight path
        Transition(Action.DISPATCH, frozenset({State.RECEIVED}), State.DISPATCHED, _TRIAGE),
        Transition(Action.TRANSFER, _WITH_A_UNIT, State.DISPATCHED, _TRIAGE),
        Transition(Action.ACCEPT, frozenset({State.DISPATCHED}), State.ACCEPTED, _UNIT),
        Transition(Action.CONTACT, _AT_WORK, None, _UNIT, in_pause=True),
        Transition(Action.REPLY, _AT_WORK, None, _UNIT),
        Transition(Action.INTERIM_REPLY, frozenset({State.ACCEPTED}), None, _UNIT, in_pause=True),
        Transition(Action.DECIDE_REPLY, _AT_WORK, None, CENTRE_ROLES),
        Transition(Action.RESOLVE, frozenset({State.REPLIED}), State.RESOLVED, _UNIT),
        Transition(
            Action.ANSWER_DIRECTLY, frozenset({State.RECEIVED}), State.RESOLVED, CENTRE_ROLES | {Role.SYSTEM}
        ),
        Transition(Action.REJECT, frozenset({State.RECEIVED}), State.REJECTED, _REVIEWERS),
        # ---- returns
        Transition(Action.REQUEST_RETURN, _WITH_A_UNIT, None, _UNIT),
        Transition(Action.DECIDE_RETURN, _WITH_A_UNIT, None, _REVIEWERS),
        Transition(Action.ARBITRATE, _WITH_A_UNIT, None, _UNIT),
        # ---- time
        Transition(Action.EXTEND, _AT_WORK, None, _UNIT),
        Transition(Action.DECIDE_EXTENSION, _AT_WORK, None, _REVIEWERS, in_pause=True),
        Transition(Action.SUSPEND, _AT_WORK, None, _UNIT),
        Transition(Action.DECIDE_SUSPENSION, _AT_WORK, None, _REVIEWERS),
        Transition(Action.ASK_MATERIAL, _AT_WORK, None, _UNIT),
        Transition(Action.CONSULT, _AT_WORK, None, _UNIT),
        Transition(Action.RESUME, _AT_WORK, None, _UNIT | _REVIEWERS | {Role.SYSTEM}, in_pause=True),
        # ---- 依申请公开
        Transition(Action.ASK_CORRECTION, _AT_WORK, None, _UNIT),
        Transition(Action.HEAR_THIRD_PARTY, _AT_WORK, None, _UNIT, in_pause=True),
        Transition(Action.DECIDE_DISCLOSURE, _AT_WORK, None, _UNIT, in_pause=True),
        Transition(
            Action.ENTER_REGISTER,
            OPEN_STATES | _AFTERCARE,
            None,
            _UNIT | CENTRE_ROLES | {Role.SYSTEM},
            in_pause=True,
        ),
        # ---- several units
        Transition(Action.CO_HANDLE, _HANDED, None, _UNIT | {Role.DISPATCHER}),
        Transition(Action.ANSWER_CO_HANDLING, _HANDED, None, _UNIT, in_pause=True),
        Transition(Action.WAIVE_CO_HANDLING, _HANDED, None, _UNIT | {Role.DISPATCHER}, in_pause=True),
        Transition(Action.RELAY, frozenset({State.ACCEPTED}), State.DISPATCHED, _UNIT),
        Transition(Action.RECALL, _HANDED, State.ACCEPTED, _UNIT),
        Transition(Action.URGE_BELOW, _HANDED, None, _UNIT, in_pause=True),
        # ---- 督办
        Transition(Action.ESCALATE, _HANDED, None, _SUPERVISOR, in_pause=True),
        Transition(Action.RECEIVE_LETTER, _HANDED | _AFTERCARE, None, _UNIT, in_pause=True),
        Transition(Action.ANSWER_LETTER, _HANDED | _AFTERCARE, None, _UNIT, in_pause=True),
        Transition(Action.MARK_EMERGENCY, _IN_HAND, None, CENTRE_ROLES | {Role.SYSTEM}, in_pause=True),
        # ---- duplicates
        Transition(Action.LINK, _IN_HAND, State.LINKED, _TRIAGE),
        Transition(Action.UNLINK, frozenset({State.LINKED}), State.RECEIVED, _TRIAGE),
        Transition(Action.NOTE_REPEAT, _IN_HAND, None, CENTRE_ROLES | {Role.SYSTEM}, in_pause=True),
        # ---- the citizen
        Transition(Action.SUPPLEMENT, OPEN_STATES, None, _FOR_THE_CITIZEN, in_pause=True),
        Transition(Action.REMIND, OPEN_STATES, None, _FOR_THE_CITIZEN, in_pause=True),
        Transition(Action.WITHDRAW, OPEN_STATES, State.WITHDRAWN, _FOR_THE_CITIZEN, in_pause=True),
        Transition(Action.RATE, _AFTERCARE, None, _FOR_THE_CITIZEN),
        Transition(Action.REOPEN, _AFTERCARE, State.DISPATCHED, _FOR_THE_CITIZEN),
        # ---- afterwards
        Transition(Action.VISIT, frozenset({State.RESOLVED}), None, CENTRE_ROLES),
        Transition(Action.ARCHIVE, frozenset({State.RESOLVED}), State.ARCHIVED, CENTRE_ROLES | {Role.SYSTEM}),
        Transition(Action.PUBLISH_REPLY, _AFTERCARE, None, _REVIEWERS),
        Transition(Action.APPEAL_EXCLUSION, _HANDED | _AFTERCARE, None, _UNIT, in_pause=True),
        # A ticket may go back to the queue while the appeal waits.
        Transition(Action.DECIDE_EXCLUSION, _IN_HAND | _AFTERCARE, None, _SUPERVISOR, in_pause=True),
    )
}
"""What may be done to a ticket: states x actions x roles. ``docs/lifecycle.md`` prints it."""


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
