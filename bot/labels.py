"""The Chinese label of every vocabulary people see; a test requires the table to be complete."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from bot.delivery_wording import DELIVERY_WORDS
from bot.figure_wording import FIGURE_WORDS
from bot.knowledge_wording import KNOWLEDGE_WORDS
from bot.ticket_wording import TICKET_WORDS
from bot.triage_wording import SIGNALS
from routing.citizen_request import RequestType

LABELS: dict[type[StrEnum], dict[Any, str]] = {
    **TICKET_WORDS,
    **DELIVERY_WORDS,
    **KNOWLEDGE_WORDS,
    **FIGURE_WORDS,
    **SIGNALS,
}


def label(value: StrEnum) -> str:
    """The Chinese word people read for a stored value; a missing one is a defect, so it raises KeyError."""
    return LABELS[type(value)][value]


def request_type_of(word: str) -> RequestType | None:
    """The type a Chinese label or an English value names."""
    found = (t for t, name in LABELS[RequestType].items() if word in (name, t.value))
    return next(found, None)
