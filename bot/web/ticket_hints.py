"""What an operator or dispatcher should notice in a message: several requests, abuse, what to ask back."""

from __future__ import annotations

from dataclasses import dataclass

from bot.services import Services
from bot.triage_wording import QUESTIONS
from bot.web.pages import unit_name
from bot.wording import label
from classifier.signals import (
    Gap,
    TranscriptLevel,
    find_abuse,
    find_emergency,
    judge_transcript,
    split_requests,
)
from routing.citizen_request import Channel
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA


@dataclass(frozen=True, slots=True)
class Piece:
    """One of several requests in a text, and the unit that would stand first for it alone."""

    text: str
    unit: str


@dataclass(frozen=True, slots=True)
class Hints:
    """Hints only: a person judges, and nothing is refused because of them."""

    danger: str
    """What danger the text speaks of, and the word that does."""
    abuse: str
    pieces: tuple[Piece, ...]
    gaps: tuple[str, ...]
    questions: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.danger or self.abuse or self.pieces or self.gaps)


def hints_of(ticket: Ticket, services: Services) -> Hints:
    """What the text, and for calls its quality as a transcript, gives to notice."""
    danger, abuse = find_emergency(ticket.text), find_abuse(ticket.text)
    gaps = _gaps(ticket)
    return Hints(
        danger=f"{label(danger.kind)}（“{danger.word}”）" if danger else "",
        abuse=f"{label(abuse.kind)}（“{abuse.word}”）" if abuse else "",
        pieces=_pieces(ticket, services),
        gaps=tuple(label(gap) for gap in gaps),
        questions=tuple(QUESTIONS[gap] for gap in gaps if gap in QUESTIONS),
    )


def _gaps(ticket: Ticket) -> tuple[Gap, ...]:
    """Nobody can ask back while a text stands as written; on the phone somebody can. A place given is known."""
    if ticket.channel is not Channel.HOTLINE:
        return ()
    quality = judge_transcript(ticket.text)
    if quality.level is TranscriptLevel.GOOD:
        return ()
    return tuple(gap for gap in quality.gaps if gap is not Gap.NO_PLACE or not ticket.place)


def _pieces(ticket: Ticket, services: Services) -> tuple[Piece, ...]:
    texts = split_requests(ticket.text)
    if len(texts) < 2:
        return ()
    tools = services.desk.triage
    on = ticket.received_at.astimezone(CHINA).date()
    found = []
    for text in texts:
        decision, _ = tools.decide_on(text, place=ticket.place, on=on)
        found.append(Piece(text, unit_name(decision.candidates[0].unit_id, tools.units, short=True)))
    return tuple(found)
