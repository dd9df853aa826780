"""What an act on tickets or people can come to: plain values, put into words by ``bot.talk.outcomes``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.ticket_view import TicketView


@dataclass(frozen=True, slots=True)
class Found:
    ticket: TicketView | None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """The citizen's own tickets, newest first."""

    tickets: tuple[TicketView, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The ticket as it stands after the act, and when work goes on if the office is closed now."""

    ticket: TicketView
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonHours:
    """``opens_at`` None: somebody is at work now; ``here``: they can be reached in this chat."""

    opens_at: datetime | None
    here: bool = False
    phone: str = "12345"
    """Where they can be rung while at work: the account's own service."""
