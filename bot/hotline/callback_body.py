"""What the hotline platform is told: status and answers, and never who asked."""

from __future__ import annotations

from enum import StrEnum

import orjson
from pydantic import BaseModel

from bot.hotline.fields import MomentOut
from bot.hotline.platform_events import SAID_TO_THE_CITIZEN
from bot.hotline.ticket_json import PromiseJson
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.wording import STARS, label
from routing.acts.links import shareable
from routing.citizen_request import Channel
from routing.departments import Units
from routing.events import EventKind, OutboxEntry, RejectReason
from routing.redaction import redact
from routing.ticket import Ticket
from routing.workflow import State


class Words(StrEnum):
    """Whether the words in a body are those that were written."""

    WHOLE = "whole"
    REDACTED = "redacted"
    """Numbers, names and doors were taken out."""
    WITHHELD = "withheld"
    """Told in confidence: none are sent."""


class RatingSaid(BaseModel):
    """好差评 without what was written with it."""

    stars: int
    label: str
    resolved: bool | None


class TicketSaid(BaseModel):
    """The ticket as it stands when this is sent, later events included."""

    number: str
    external_number: str
    channel: Channel
    version: int
    state: State
    state_label: str
    department: DepartmentJson | None
    promised: PromiseJson | None
    reply: str | None
    rating: RatingSaid | None
    received_at: MomentOut
    resolved_at: MomentOut | None


class CallbackBody(BaseModel):
    """One call of the platform. ``id`` is the same at each attempt; ``sequence`` grows within the ticket."""

    id: str
    event: EventKind
    label: str
    sequence: int
    at: MomentOut
    text: str | None
    reject_reason: RejectReason | None
    words: Words
    ticket: TicketSaid


def callback_body(entry: OutboxEntry, ticket: Ticket, *, unnamed: Ticket, units: Units) -> bytes:
    """The JSON. ``unnamed`` is the ticket as they may read it who must not learn who asked: all words are taken from
    there, and what is left of numbers and names is redacted."""
    event, seq = ticket.event(entry.event_seq), entry.event_seq
    text, reply, words = _readable(ticket, unnamed, seq)
    rating, promise = ticket.rating, ticket.promise
    body = CallbackBody(
        id=entry.id,
        event=event.kind,
        label=label(event.kind),
        sequence=seq,
        at=event.at,
        text=text,
        reject_reason=event.reject_reason,
        words=words,
        ticket=TicketSaid(
            number=ticket.number,
            external_number=ticket.external_number,
            channel=ticket.channel,
            version=ticket.version,
            state=ticket.state,
            state_label=label(ticket.state),
            department=show_department(ticket.unit_id, units) if ticket.unit_id else None,
            promised=PromiseJson(due_at=promise.due_at, explanation=promise.explanation) if promise else None,
            reply=reply,
            rating=RatingSaid(stars=rating.stars, label=STARS[rating.stars], resolved=rating.resolved)
            if rating
            else None,
            received_at=ticket.received_at,
            resolved_at=ticket.resolved_at,
        ),
    )
    return orjson.dumps(body.model_dump(mode="json"))


def _readable(ticket: Ticket, unnamed: Ticket, seq: int) -> tuple[str | None, str | None, Words]:
    """What the event says to the citizen and the answer that stands, as far as they may be sent."""
    if not shareable(ticket):
        return None, None, Words.WITHHELD
    written = _written(ticket, seq)
    text, reply = (redact(words) if words else None for words in _written(unnamed, seq))
    return text, reply, Words.WHOLE if (text, reply) == written else Words.REDACTED


def _written(ticket: Ticket, seq: int) -> tuple[str | None, str | None]:
    event = ticket.event(seq)
    said = event.text if event.kind in SAID_TO_THE_CITIZEN else None
    return said or None, ticket.reply_text or None
