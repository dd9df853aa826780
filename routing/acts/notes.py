"""Small facts added to a ticket: an earlier one of the same person, an answer made public, a date worked out anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from routing.citizen_request import Secrecy
from routing.errors import ActionNotAllowed, AlreadyDone, Incomplete, NotYourRole, OutOfRange
from routing.events import EventKind
from routing.redaction import redact
from routing.timing.sla import Promise
from routing.workflow import Action, Actor

if TYPE_CHECKING:
    from routing.ticket import Ticket


def note_repeat(
    ticket: Ticket, earlier: str, *, actor: Actor, now: datetime, earlier_at: datetime | None = None
) -> None:
    """重复诉求: the same person asked for the same before (``earlier_at``). Once per ticket."""
    ticket.enter(Action.NOTE_REPEAT, actor)
    if earlier == ticket.number or (earlier_at is not None and earlier_at > ticket.received_at):
        raise OutOfRange("earlier", "同一个人更早提出的另一张工单")
    if any(e.kind is EventKind.REPEAT_NOTED for e in ticket.events):
        raise AlreadyDone(Action.NOTE_REPEAT, ticket.state)
    ticket.record(EventKind.REPEAT_NOTED, actor, now, unit_id=ticket.unit_id, ticket=earlier)


def ask_to_resend(ticket: Ticket, what: str, *, actor: Actor, now: datetime) -> bool:
    """Ask the citizen of an open ticket for what was lost of theirs; once per ticket, and False after that."""
    if not ticket.is_open or any(e.kind is EventKind.RESEND_ASKED for e in ticket.events):
        return False
    ticket.record(EventKind.RESEND_ASKED, actor, now, unit_id=ticket.unit_id, text=what)
    return True


def publish_reply(ticket: Ticket, *, actor: Actor, now: datetime, text: str) -> None:
    """公开答复, in words fit for everybody. Only what its citizen made 公开, and not by who wrote the answer: a
    second pair of eyes reads it for secrets (保密审查). Telephone and identity numbers are found out here."""
    ticket.enter(Action.PUBLISH_REPLY, actor)
    if not text.strip():
        raise Incomplete("text")
    if redact(text) != text:
        raise OutOfRange("text", "不写电话、证件号、门牌等个人信息")
    if ticket.secrecy is not Secrecy.PUBLIC or ticket.reply_text is None:
        raise ActionNotAllowed(Action.PUBLISH_REPLY, ticket.state)
    if any(e.kind is EventKind.REPLY_PUBLISHED for e in ticket.events):
        raise AlreadyDone(Action.PUBLISH_REPLY, ticket.state)
    if any(e.kind is EventKind.REPLIED and e.by.id == actor.id for e in ticket.events):
        raise NotYourRole(Action.PUBLISH_REPLY, actor.role)
    ticket.record(EventKind.REPLY_PUBLISHED, actor, now, unit_id=ticket.unit_id, text=text.strip())


def note_file(ticket: Ticket, name: str, *, shown: bool, actor: Actor, now: datetime, reason: str) -> None:
    """What the citizen sees of an answer's files was changed after the answer: the history says who did it and why."""
    if not reason.strip():
        raise Incomplete("reason")
    kind = EventKind.FILE_SHOWN if shown else EventKind.FILE_HIDDEN
    ticket.record(kind, actor, now, unit_id=ticket.unit_id, text=reason.strip(), comment=name or None)


def replan(
    ticket: Ticket, replacements: Mapping[int, Promise], *, actor: Actor, now: datetime, reason: str
) -> None:
    """Put other dates on running clocks (by their index): a calendar or a profile was changed on purpose."""
    if not reason.strip():
        raise Incomplete("reason")
    for index, promise in sorted(replacements.items()):
        clock = ticket.clocks[index]
        if not clock.running or clock.name is not promise.clock or clock.due_at == promise.due_at:
            continue
        ticket.clocks = tuple(
            c.promised(promise, now=now) if n == index else c for n, c in enumerate(ticket.clocks)
        )
        ticket.record(
            EventKind.REPLANNED,
            actor,
            now,
            unit_id=clock.unit_id,
            clock=clock.name,
            text=reason.strip(),
            until=promise.due_at,
            index=index,
            promise=promise,
        )
