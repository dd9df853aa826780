"""What somebody may do to this very ticket now: each act is tried on a copy, so that what is offered and what the act
takes are one rule. Fields a person fills in are filled in well: only what is known beforehand can withhold an offer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.acts import (
    answers,
    co_handling,
    emergencies,
    exclusions,
    extensions,
    letters,
    links,
    notes,
    pauses,
    relays,
    returns,
    visits,
)
from routing.acts.visits import Rating
from routing.departments import UnitId, Units
from routing.disclosure import applications
from routing.disclosure.rules import shipped_rules
from routing.errors import Refused
from routing.events import Register, Solved, VisitOutcome
from routing.ticket import Ticket
from routing.timing.sla import Profile
from routing.workflow import CITIZEN, TRANSITIONS, Action, Actor, actions_for

_SAID = "—"
"""What a form would hold."""
_ANOTHER = UnitId("another")
_OF_A_PART = frozenset(
    {
        Action.ANSWER_CO_HANDLING,
        Action.RECEIVE_LETTER,
        Action.ANSWER_LETTER,
        Action.RECALL,
        Action.URGE_BELOW,
    }
)
"""Whose act it is, the part says and not who has the ticket."""


@dataclass(frozen=True, slots=True)
class _Try:
    """One copy of the ticket, to be used up by an act."""

    ticket: Ticket
    actor: Actor
    profile: Profile
    now: datetime
    units: Units | None

    @property
    def fallback(self) -> UnitId | None:
        return self.units.fallback.id if self.units else None


def offered(
    ticket: Ticket, actor: Actor, *, profile: Profile, now: datetime, units: Units | None = None
) -> tuple[Action, ...]:
    """In the table's order; whose ticket it is, is not asked. Without ``units`` every unit has some below it."""
    attempt = _Try(ticket.copied(), actor, profile, now, units)
    open_to = []
    for action in actions_for(ticket.state, actor.role):
        if _is_taken(action, attempt):
            open_to.append(action)
            attempt = _Try(ticket.copied(), actor, profile, now, units)
    return tuple(open_to)


def offered_to(
    ticket: Ticket, reader: Actor, *, profile: Profile, now: datetime, units: Units | None = None
) -> tuple[Action, ...]:
    """``offered`` to this reader: who only has a part in the ticket acts for that part."""
    acts = offered(ticket, reader, profile=profile, now=now, units=units)
    own = _part_of(ticket, reader)
    if reader.answers_for(ticket.unit_id):
        return tuple(act for act in acts if act not in _OF_A_PART or act in own)
    return tuple(act for act in acts if act in own)


def open_to_citizen(ticket: Ticket) -> frozenset[Action]:
    """What the ticket's citizen may ask for, whatever the day: what was used up for today is answered in words."""
    acts = set(actions_for(ticket.state, CITIZEN.role))
    if ticket.rating is not None:
        acts.discard(Action.RATE)
    if not visits.may_reopen(ticket):
        acts.discard(Action.REOPEN)
    return frozenset(acts)


def _part_of(ticket: Ticket, reader: Actor) -> frozenset[Action]:
    parts: set[Action] = set()
    if any(c.owes and reader.answers_for(c.unit_id) for c in ticket.co_handlers):
        parts.add(Action.ANSWER_CO_HANDLING)
    to_reader = [letter for letter in ticket.letters if reader.answers_for(letter.to_unit)]
    if any(letter.owes_receipt for letter in to_reader):
        parts.add(Action.RECEIVE_LETTER)
    if any(letter.owes_answer for letter in to_reader):
        parts.add(Action.ANSWER_LETTER)
    upper = relays.above(ticket)
    if upper is not None and reader.answers_for(upper):
        parts |= {Action.RECALL, Action.URGE_BELOW}
    return frozenset(parts)


def _is_taken(action: Action, attempt: _Try) -> bool:
    """Tried on the attempt's copy, which a refusal leaves as it was."""
    if attempt.ticket.pause is not None and not TRANSITIONS[action].in_pause:
        return False
    for way in _WAYS[action]:
        with suppress(Refused):
            way(attempt)
            return True
    return False


Way = Callable[[_Try], object]


def _relay(t: _Try) -> None:
    above = t.ticket.unit_id
    below = [_ANOTHER]
    if t.units is not None and above is not None:
        below = sorted(t.units.subtree(above) - {above, *t.ticket.relayed_by}) or [above]
    relays.relay(t.ticket, below[0], profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)


def _owing(t: _Try) -> UnitId:
    return next((c.unit_id for c in t.ticket.co_handlers if c.owes), _ANOTHER)


def _letter(t: _Try, *, receipt: bool) -> str:
    owed = (x.id for x in t.ticket.letters if (x.owes_receipt if receipt else x.owes_answer))
    return next(owed, _SAID)


def _suspend(t: _Try) -> None:
    until = t.now + timedelta(minutes=1)
    pauses.request_suspension(
        t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID, until=until
    )


def _decisions(decide: Callable[[_Try, bool], object]) -> tuple[Way, ...]:
    """Agreeing, or only refusing: what was asked for may have become impossible."""
    return (lambda t: decide(t, True), lambda t: decide(t, False))


def _visits() -> Iterator[Way]:
    def visit(t: _Try, outcome: VisitOutcome, solved: Solved | None) -> None:
        visits.visit(t.ticket, profile=t.profile, actor=t.actor, now=t.now, outcome=outcome, solved=solved)

    yield lambda t: visit(t, VisitOutcome.REACHED, Solved.REAL)
    yield lambda t: visit(t, VisitOutcome.REFUSED, None)


def _decide_disclosure() -> Iterator[Way]:
    def decide(t: _Try, ground: str) -> None:
        applications.decide(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, ground=ground, reason=_SAID, text=_SAID
        )

    def on(ground: str) -> Way:
        return lambda t: decide(t, ground)

    return (on(ground) for ground in shipped_rules().grounds)


def _enter() -> Iterator[Way]:
    def into(register: Register) -> Way:
        return lambda t: applications.enter_register(t.ticket, register, _SAID, actor=t.actor, now=t.now)

    return (into(register) for register in Register)


def _one(way: Way) -> tuple[Way, ...]:
    return (way,)


_WAYS: dict[Action, tuple[Way, ...]] = {
    # ---- the straight path
    Action.DISPATCH: _one(lambda t: t.ticket.dispatch(_ANOTHER, profile=t.profile, actor=t.actor, now=t.now)),
    Action.TRANSFER: _one(
        lambda t: t.ticket.transfer(_ANOTHER, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.ACCEPT: _one(lambda t: t.ticket.accept(actor=t.actor, now=t.now)),
    Action.CONTACT: _one(lambda t: t.ticket.contact(actor=t.actor, now=t.now, text=_SAID)),
    Action.REPLY: _one(lambda t: t.ticket.reply(actor=t.actor, now=t.now, text=_SAID, profile=t.profile)),
    Action.INTERIM_REPLY: _one(
        lambda t: answers.interim_reply(t.ticket, actor=t.actor, now=t.now, text=_SAID)
    ),
    Action.DECIDE_REPLY: _decisions(
        lambda t, yes: t.ticket.decide_reply(approved=yes, actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.RESOLVE: _one(lambda t: t.ticket.resolve(actor=t.actor, now=t.now, profile=t.profile)),
    Action.ANSWER_DIRECTLY: _one(
        lambda t: t.ticket.answer_directly(actor=t.actor, now=t.now, text=_SAID, profile=t.profile)
    ),
    Action.REJECT: _one(lambda t: t.ticket.reject(actor=t.actor, now=t.now, reason=_SAID)),
    # ---- returns
    Action.REQUEST_RETURN: _one(
        lambda t: returns.request_return(
            t.ticket,
            profile=t.profile,
            actor=t.actor,
            now=t.now,
            reason=_SAID,
            basis=_SAID,
            fallback=t.fallback,
        )
    ),
    Action.ARBITRATE: _one(
        lambda t: returns.arbitrate(
            t.ticket,
            profile=t.profile,
            actor=t.actor,
            now=t.now,
            reason=_SAID,
            basis=_SAID,
            fallback=t.fallback,
        )
    ),
    Action.DECIDE_RETURN: _decisions(
        lambda t, yes: returns.decide_return(
            t.ticket,
            approved=yes,
            profile=t.profile,
            actor=t.actor,
            now=t.now,
            reason=_SAID,
            fallback=t.fallback,
        )
    ),
    # ---- time
    Action.EXTEND: _one(
        lambda t: extensions.request_extension(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID
        )
    ),
    Action.DECIDE_EXTENSION: _decisions(
        lambda t, yes: extensions.decide_extension(
            t.ticket, approved=yes, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID
        )
    ),
    Action.SUSPEND: _one(_suspend),
    Action.DECIDE_SUSPENSION: _decisions(
        lambda t, yes: pauses.decide_suspension(
            t.ticket, approved=yes, actor=t.actor, now=t.now, reason=_SAID
        )
    ),
    Action.ASK_MATERIAL: _one(
        lambda t: pauses.ask_material(t.ticket, profile=t.profile, actor=t.actor, now=t.now, text=_SAID)
    ),
    Action.CONSULT: _one(
        lambda t: applications.consult(t.ticket, profile=t.profile, actor=t.actor, now=t.now, text=_SAID)
    ),
    Action.RESUME: _one(
        lambda t: pauses.resume(t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)
    ),
    # ---- 依申请公开
    Action.ASK_CORRECTION: _one(
        lambda t: applications.ask_correction(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, text=_SAID
        )
    ),
    Action.HEAR_THIRD_PARTY: _one(
        lambda t: applications.hear_third_party(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, consents=True, text=_SAID
        )
    ),
    Action.DECIDE_DISCLOSURE: tuple(_decide_disclosure()),
    Action.ENTER_REGISTER: tuple(_enter()),
    # ---- several units
    Action.CO_HANDLE: _one(
        lambda t: co_handling.co_handle(
            t.ticket, (_ANOTHER,), profile=t.profile, actor=t.actor, now=t.now, text=_SAID
        )
    ),
    Action.ANSWER_CO_HANDLING: _one(
        lambda t: co_handling.answer_co_handling(t.ticket, _owing(t), actor=t.actor, now=t.now, text=_SAID)
    ),
    Action.WAIVE_CO_HANDLING: _one(
        lambda t: co_handling.waive_co_handling(t.ticket, _owing(t), actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.RELAY: _one(_relay),
    Action.RECALL: _one(
        lambda t: relays.recall(t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.URGE_BELOW: _one(lambda t: relays.urge_below(t.ticket, actor=t.actor, now=t.now, text=_SAID)),
    Action.ESCALATE: _one(
        lambda t: letters.escalate(t.ticket, profile=t.profile, actor=t.actor, now=t.now, text=_SAID)
    ),
    Action.RECEIVE_LETTER: _one(
        lambda t: letters.receive_letter(t.ticket, _letter(t, receipt=True), actor=t.actor, now=t.now)
    ),
    Action.ANSWER_LETTER: _one(
        lambda t: letters.answer_letter(
            t.ticket, _letter(t, receipt=False), actor=t.actor, now=t.now, text=_SAID
        )
    ),
    Action.MARK_EMERGENCY: _one(
        lambda t: emergencies.mark_emergency(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID
        )
    ),
    # ---- duplicates
    Action.LINK: _one(
        lambda t: links.link(t.ticket, _SAID, unit_id=None, actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.UNLINK: _one(
        lambda t: links.unlink(t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)
    ),
    Action.NOTE_REPEAT: _one(lambda t: notes.note_repeat(t.ticket, _SAID, actor=t.actor, now=t.now)),
    # ---- the citizen
    Action.SUPPLEMENT: _one(
        lambda t: t.ticket.supplement(actor=t.actor, now=t.now, text=_SAID, profile=t.profile)
    ),
    Action.REMIND: _one(lambda t: t.ticket.remind(actor=t.actor, now=t.now, text=None)),
    Action.WITHDRAW: _one(lambda t: t.ticket.withdraw(actor=t.actor, now=t.now, reason=_SAID)),
    Action.RATE: _one(lambda t: t.ticket.rate(Rating(5), actor=t.actor, now=t.now, profile=t.profile)),
    Action.REOPEN: _one(lambda t: t.ticket.reopen(profile=t.profile, actor=t.actor, now=t.now, reason=_SAID)),
    # ---- afterwards
    Action.VISIT: tuple(_visits()),
    Action.ARCHIVE: _one(lambda t: visits.archive(t.ticket, actor=t.actor, now=t.now, reason=_SAID)),
    Action.PUBLISH_REPLY: _one(lambda t: notes.publish_reply(t.ticket, actor=t.actor, now=t.now, text=_SAID)),
    Action.APPEAL_EXCLUSION: _one(
        lambda t: exclusions.appeal_exclusion(
            t.ticket, profile=t.profile, actor=t.actor, now=t.now, reason=_SAID, basis=_SAID
        )
    ),
    Action.DECIDE_EXCLUSION: _decisions(
        lambda t, yes: exclusions.decide_exclusion(
            t.ticket, approved=yes, actor=t.actor, now=t.now, reason=_SAID
        )
    ),
}
"""How each act is tried: the first way that is taken is enough."""
