"""What to say once a draft became a ticket; and what is asked next where one message told of several matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.talk import filing, phrases
from bot.talk.replacing import replace
from bot.talk.session import Choice, Draft, Heard, Pick, Session, Step, Turn, to_home, to_step
from bot.ticket_view import TicketView
from bot.wording import explain
from classifier.signals import find_emergency
from routing.citizen_request import Secrecy
from routing.errors import Refused


@dataclass(frozen=True, slots=True)
class Filed:
    """The new ticket, its query code, and when work begins if the office is closed now.

    The last two speak of a draft that was changed after it had become a ticket: ``left_out`` why the change
    could not be added, ``kept_secrecy`` what the ticket keeps where the citizen now chose otherwise.
    """

    ticket: TicketView
    code: str
    opens_at: datetime | None
    left_out: Refused | None = None
    kept_secrecy: Secrecy | None = None
    page: str | None = None
    """The citizen's own page of the ticket."""
    subscribe: str | None = None
    """Where the citizen may consent to notices, if they have not."""


def after_filing(session: Session, filed: Filed, heard: Heard) -> Turn:
    """Number, code and date; then the next request of the same message, or what can be done with this one."""
    ticket, draft, now = filed.ticket, session.draft, heard.now
    said = phrases.filed(
        number=ticket.number,
        code=filed.code,
        unit=ticket.unit_name,
        promised_at=ticket.promised_at,
        explanation=ticket.explanation,
        opens_at=None if ticket.urgent else filed.opens_at,
        now=now,
        page=filed.page,
        elder=session.elder,
        urgent=ticket.urgent,
        within=ticket.handed_within,
        danger=find_emergency(draft.text) if draft and ticket.urgent else None,
    )
    known = _remembered(session, draft) if draft else session
    other = filing.next_of(draft, heard) if draft else None
    clean = to_home(replace(known, draft=other, question=None)).session
    remembered = replace(clean, filed=ticket.number, filed_at=now, ticket=ticket.number)
    if other is not None:
        return filing.ask_next(remembered, said, *_notes_on(filed), phrases.next_of_several(other.text))
    choices = (
        Choice("补充", Pick.SUPPLEMENT, note="再说几句"),
        Choice("我的诉求", Pick.MINE),
        Choice("首页", Pick.HOME),
    )
    subscribe = (phrases.subscribe(filed.subscribe),) if filed.subscribe else ()
    return to_step(remembered, Step.TICKET, said, *_notes_on(filed), *subscribe, choices=choices)


def _remembered(session: Session, draft: Draft) -> Session:
    """What can be offered at the next filing; who was anonymous told nothing to remember."""
    if draft.secrecy is Secrecy.ANONYMOUS:
        return session
    told = draft.place if draft.place and draft.latitude is None else session.place
    return replace(session, phone=draft.phone or session.phone, name=draft.name or session.name, place=told)


def _notes_on(filed: Filed) -> tuple[str, ...]:
    """What the citizen must know where the ticket is not quite what they last said."""
    secrecy = (phrases.kept_secrecy(filed.kept_secrecy),) if filed.kept_secrecy else ()
    left_out = (phrases.left_out(explain(filed.left_out)),) if filed.left_out else ()
    return (*left_out, *secrecy)
