"""A ticket as somebody may read it who must not learn who asked: the citizen's own name and number taken out of
whatever anybody wrote. Nothing stored changes; whoever has the right reads the words as they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from routing.acts.co_handling import CoHandler
from routing.acts.letters import Letter
from routing.acts.reviews import Review
from routing.acts.visits import Rating, Visit
from routing.citizen_request import Citizen
from routing.events import Event
from routing.redaction import COMPOUND_SURNAMES
from routing.ticket import Ticket

_TITLES = "先生|女士|小姐|同志|同学|老师|师傅|大爷|大妈|大娘|大叔|阿姨|某某|某"
_NAME, _NUMBER = "[姓名]", "[手机号]"
_LEAST_DIGITS = 7

Words = Callable[[str], str]


def concealing(citizen: Citizen) -> Words | None:
    """What takes this citizen's name and telephone out of a text; None where neither is known."""
    rules: list[tuple[re.Pattern[str], str]] = []
    name = re.sub(r"\s", "", citizen.name or "")
    if len(name) > 1:
        surname = name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[0]
        spaced = r"\s{0,2}".join(map(re.escape, name))
        rules.append((re.compile(rf"{spaced}|{re.escape(surname)}(?:{_TITLES})"), _NAME))
    digits = re.sub(r"\D", "", citizen.phone or "")
    if len(digits) >= _LEAST_DIGITS:
        rules.append((re.compile(rf"(?<!\d){'[-. ]{0,2}'.join(digits)}(?!\d)"), _NUMBER))
    if not rules:
        return None

    def conceal(text: str) -> str:
        for pattern, placeholder in rules:
            text = pattern.sub(placeholder, text)
        return text

    return conceal


def concealed(ticket: Ticket, words: Words) -> Ticket:
    """A copy for reading; it must never be saved."""
    other = ticket.copied()
    other.title, other.text, other.place = (
        _said(words, ticket.title),
        words(ticket.text),
        _said(words, ticket.place),
    )
    other.reply_text = _said(words, ticket.reply_text)
    other.events = tuple(_event(words, event) for event in ticket.events)
    other.reviews = tuple(_review(words, review) for review in ticket.reviews)
    other.co_handlers = tuple(_part(words, part) for part in ticket.co_handlers)
    other.letters = tuple(_letter(words, letter) for letter in ticket.letters)
    other.visits = tuple(_visit(words, visit) for visit in ticket.visits)
    other.rating = _rating(words, ticket.rating) if ticket.rating else None
    if ticket.pause is not None:
        other.pause = replace(ticket.pause, text=words(ticket.pause.text))
    return other


def _said(words: Words, text: str | None) -> str | None:
    return words(text) if text else text


def _event(words: Words, event: Event) -> Event:
    if not (event.text or event.basis or event.comment or event.reasons):
        return event
    return replace(
        event,
        text=_said(words, event.text),
        basis=_said(words, event.basis),
        comment=_said(words, event.comment),
        reasons=tuple(words(reason) for reason in event.reasons),
    )


def _review(words: Words, review: Review) -> Review:
    return replace(review, reason=words(review.reason), basis=_said(words, review.basis))


def _part(words: Words, part: CoHandler) -> CoHandler:
    return replace(
        part, text=words(part.text), answer=_said(words, part.answer), waived=_said(words, part.waived)
    )


def _letter(words: Words, letter: Letter) -> Letter:
    return replace(letter, text=words(letter.text), answer=_said(words, letter.answer))


def _visit(words: Words, visit: Visit) -> Visit:
    return replace(visit, comment=_said(words, visit.comment))


def _rating(words: Words, rating: Rating) -> Rating:
    return replace(
        rating,
        reasons=tuple(words(reason) for reason in rating.reasons),
        comment=_said(words, rating.comment),
    )
