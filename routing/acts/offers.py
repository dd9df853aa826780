"""What a role may do to this very ticket now: the table, less what its reviews, pauses and history rule out."""

from __future__ import annotations

from collections.abc import Callable

from routing.acts.co_handling import may_ask
from routing.acts.letters import may_escalate
from routing.acts.links import shareable
from routing.acts.reviews import ReviewKind
from routing.citizen_request import Secrecy, Urgency
from routing.disclosure import applications
from routing.disclosure.acts import Application
from routing.events import EventKind
from routing.ticket import Ticket
from routing.timing.sla import DISCLOSURE
from routing.workflow import TRANSITIONS, Action, Actor, Role, State, actions_for

_WAITS_FOR_THE_RETURN = frozenset(
    {
        Action.ACCEPT,
        Action.REPLY,
        Action.RESOLVE,
        Action.REQUEST_RETURN,
        Action.ARBITRATE,
        Action.EXTEND,
        Action.SUSPEND,
        Action.CO_HANDLE,
        Action.RELAY,
        Action.LINK,
        Action.APPEAL_EXCLUSION,
        Action.DECIDE_DISCLOSURE,
        Action.DECIDE_REPLY,
        Action.DECIDE_SUSPENSION,
        Action.ASK_MATERIAL,
        Action.CONSULT,
    }
)
_WAITS_FOR_THE_ANSWERS_REVIEW = frozenset(
    {Action.REQUEST_RETURN, Action.ARBITRATE, Action.SUSPEND, Action.ASK_MATERIAL, Action.CONSULT}
)
_OF_A_PART = frozenset({Action.ANSWER_CO_HANDLING, Action.RECEIVE_LETTER, Action.ANSWER_LETTER})
"""Whose act it is, the part says and not who has the ticket."""
_DECIDES = {
    Action.DECIDE_RETURN: ReviewKind.RETURN,
    Action.DECIDE_REPLY: ReviewKind.REPLY,
    Action.DECIDE_EXTENSION: ReviewKind.EXTENSION,
    Action.DECIDE_SUSPENSION: ReviewKind.SUSPENSION,
    Action.DECIDE_EXCLUSION: ReviewKind.EXCLUSION,
}
_ASKS = {
    Action.REQUEST_RETURN: ReviewKind.RETURN,
    Action.ARBITRATE: ReviewKind.RETURN,
    Action.REPLY: ReviewKind.REPLY,
    Action.RESOLVE: ReviewKind.REPLY,
    Action.EXTEND: ReviewKind.EXTENSION,
    Action.SUSPEND: ReviewKind.SUSPENSION,
    Action.APPEAL_EXCLUSION: ReviewKind.EXCLUSION,
}


def offered(ticket: Ticket, role: Role) -> tuple[Action, ...]:
    """In the table's order. What only the profile or a date can refuse is offered all the same."""
    return tuple(action for action in actions_for(ticket.state, role) if _stands_open(ticket, action, role))


def offered_to(ticket: Ticket, reader: Actor) -> tuple[Action, ...]:
    """``offered`` to this reader: who only has a part in the ticket acts for that part."""
    acts = offered(ticket, reader.role)
    if reader.answers_for(ticket.unit_id):
        own = _part_of(ticket, reader)
        return tuple(act for act in acts if act not in _OF_A_PART or act in own)
    return tuple(act for act in acts if act in _part_of(ticket, reader))


def _part_of(ticket: Ticket, reader: Actor) -> frozenset[Action]:
    parts: set[Action] = set()
    if any(c.owes and reader.answers_for(c.unit_id) for c in ticket.co_handlers):
        parts.add(Action.ANSWER_CO_HANDLING)
    letters = [letter for letter in ticket.letters if reader.answers_for(letter.to_unit)]
    if any(letter.owes_receipt for letter in letters):
        parts.add(Action.RECEIVE_LETTER)
    if any(letter.owes_answer for letter in letters):
        parts.add(Action.ANSWER_LETTER)
    return frozenset(parts)


def _stands_open(ticket: Ticket, action: Action, role: Role) -> bool:
    if ticket.pause is not None and not TRANSITIONS[action].in_pause:
        return False
    waiting = ticket.review(ReviewKind.RETURN)
    if waiting is not None and action in _WAITS_FOR_THE_RETURN:
        return False
    if action in _WAITS_FOR_THE_ANSWERS_REVIEW and ticket.review(ReviewKind.REPLY) is not None:
        return False
    if action in _DECIDES and ticket.review(_DECIDES[action]) is None:
        return False
    if action in _ASKS and ticket.review(_ASKS[action]) is not None:
        return False
    if waiting is not None and waiting.arbitration and action in (Action.DECIDE_RETURN, Action.TRANSFER):
        return role is Role.SUPERVISOR
    suspension = ticket.review(ReviewKind.SUSPENSION)
    if action is Action.DECIDE_SUSPENSION and suspension is not None and suspension.by_supervisor:
        return role is Role.SUPERVISOR
    if action is Action.CO_HANDLE and not may_ask(ticket, role):
        return False
    fits = _FITS.get(action)
    return fits is None or fits(ticket)


def _reopens(ticket: Ticket) -> bool:
    return ticket.state is not State.ARCHIVED or ticket.rating is None or not ticket.rating.good


def _happened(ticket: Ticket, *kinds: EventKind) -> bool:
    return any(event.kind in kinds for event in ticket.events)


def _owed(ticket: Ticket) -> bool:
    return any(c.owes for c in ticket.co_handlers)


def _may_arbitrate(ticket: Ticket) -> bool:
    refused = [e for e in ticket.events if e.kind is EventKind.RETURN_REFUSED and e.unit_id == ticket.unit_id]
    return bool(refused) and not any(e.arbitration for e in refused)


def _undecided(ticket: Ticket) -> Application | None:
    if ticket.tier != DISCLOSURE:
        return None
    application = applications.application_of(ticket)
    return None if application.decision else application


def _fits_application(ticket: Ticket, fits: Callable[[Application], bool]) -> bool:
    application = _undecided(ticket)
    return application is not None and fits(application)


def _may_be_entered(ticket: Ticket) -> bool:
    if ticket.tier != DISCLOSURE:
        return False
    application = applications.application_of(ticket)
    return application.entry_number is None or (
        application.decision is not None and application.archive_number is None
    )


_FITS: dict[Action, Callable[[Ticket], bool]] = {
    Action.REQUEST_RETURN: lambda t: t.unit_id not in t.returned_by,
    Action.ARBITRATE: _may_arbitrate,
    Action.RESOLVE: lambda t: not _owed(t),
    Action.REPLY: lambda t: not _owed(t) and (t.tier != DISCLOSURE or applications.decided(t)),
    Action.ANSWER_DIRECTLY: lambda t: t.tier != DISCLOSURE,
    Action.CONSULT: lambda t: _undecided(t) is not None,
    Action.ASK_CORRECTION: lambda t: _fits_application(t, lambda a: a.correction_asked_at is None),
    Action.HEAR_THIRD_PARTY: lambda t: _fits_application(t, lambda a: a.consulting is not None),
    Action.DECIDE_DISCLOSURE: lambda t: (
        _undecided(t) is not None and t.review(ReviewKind.REPLY) is None and not _owed(t)
    ),
    Action.ENTER_REGISTER: _may_be_entered,
    Action.RESUME: lambda t: t.pause is not None,
    Action.ANSWER_CO_HANDLING: lambda t: _owed(t),
    Action.WAIVE_CO_HANDLING: lambda t: _owed(t),
    Action.ESCALATE: may_escalate,
    Action.RECEIVE_LETTER: lambda t: any(letter.owes_receipt for letter in t.letters),
    Action.ANSWER_LETTER: lambda t: any(letter.owes_answer for letter in t.letters),
    Action.LINK: lambda t: shareable(t) and not t.children,
    Action.RATE: lambda t: t.rating is None,
    Action.REOPEN: _reopens,
    Action.MARK_EMERGENCY: lambda t: t.urgency is not Urgency.URGENT,
    Action.NOTE_REPEAT: lambda t: not _happened(t, EventKind.REPEAT_NOTED),
    Action.PUBLISH_REPLY: lambda t: (
        t.secrecy is Secrecy.PUBLIC
        and t.reply_text is not None
        and not _happened(t, EventKind.REPLY_PUBLISHED)
    ),
    Action.APPEAL_EXCLUSION: lambda t: (
        not _happened(t, EventKind.EXCLUSION_UPHELD, EventKind.EXCLUSION_DISMISSED)
    ),
}
