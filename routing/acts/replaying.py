"""A ticket done again from its events: the history is complete when this gives the same ticket.

Each event that began an act is taken as that act; what the act itself added (a closing after a direct answer, an
archive after a visit) must then be found as recorded. Intake facts and triage are given, as they were; how far two
linked documents have come with each other, and what became of notices, is no history.
"""

from __future__ import annotations

from dataclasses import fields

from routing.acts.replayed_acts import ACTS, Diverged, Step, actor_of
from routing.citizen_request import Urgency
from routing.events import EventKind
from routing.ticket import Ticket
from routing.timing.sla import Profile

__all__ = ["Diverged", "replay", "same_history"]

NO_HISTORY = frozenset(
    {
        "version",
        "writes",
        "outbox",
        "done_keys",
        "children",
        "children_owed",
        "owed_since",
        "link_pending",
        "linked_at",
    }
)


def replay(ticket: Ticket, *, profile: Profile) -> Ticket:
    """The ticket its events make; raises ``Diverged``, or the refusal an act then meets."""
    again = _blank(ticket)
    first = ticket.events[0]
    again.begin(profile=profile, actor=actor_of(first), now=first.at)
    while len(again.events) < len(ticket.events):
        done = len(again.events)
        event = ticket.events[done]
        following = ticket.events[done + 1] if done + 1 < len(ticket.events) else None
        step = Step(again, event, following, profile)
        ACTS[event.kind](step)
        if len(again.events) == done or again.events != ticket.events[: len(again.events)]:
            raise Diverged(ticket.number, event.seq)
    return again


def same_history(one: Ticket, other: Ticket) -> bool:
    """Equal in everything but what is no history."""
    return all(
        getattr(one, field.name) == getattr(other, field.name)
        for field in fields(Ticket)
        if field.name not in NO_HISTORY
    )


def _blank(ticket: Ticket) -> Ticket:
    marked = any(e.kind is EventKind.EMERGENCY_MARKED for e in ticket.events)
    return Ticket(
        number=ticket.number,
        channel=ticket.channel,
        external_number=ticket.external_number,
        fingerprint=ticket.fingerprint,
        request_type=ticket.request_type,
        urgency=Urgency.ORDINARY if marked else ticket.urgency,
        secrecy=ticket.secrecy,
        title=ticket.title,
        text=ticket.text,
        place=ticket.place,
        received_at=ticket.received_at,
        tier=ticket.tier,
        applicant=ticket.applicant,
        profile=ticket.profile,
        triage=ticket.triage,
        topic=ticket.topic,
        topic_confidence=ticket.topic_confidence,
    )
