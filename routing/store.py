"""What the service desk needs of storage. ``mongo_store`` is the implementation that ships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from routing.citizen_request import Channel, Citizen
from routing.identity import MaskedCitizen
from routing.ticket import Ticket
from routing.workflow import Actor


class Sweep(StrEnum):
    """What the worker looks for: a clock that has something to say, a notice to attempt, a link to complete,
    an application to enter in its register, a call the platform waits for."""

    DEADLINES = "next_deadline_at"
    OUTBOX = "next_outbox_at"
    LINKS = "next_link_at"
    ENTRIES = "next_entry_at"
    CALLBACKS = "next_callback_at"


class TicketStore(Protocol):
    """Tickets, one document each, saved by one versioned write."""

    async def next_number(self, now: datetime) -> str:
        """A number never given before, e.g. ``HY2611210012`` (China's date, then the day's count)."""

    async def add(self, ticket: Ticket) -> bool:
        """Store a new ticket at version 1. False when its channel and external number are already there."""

    async def get(self, number: str) -> Ticket:
        """Raises ``UnknownTicket``."""

    async def save(self, ticket: Ticket) -> None:
        """Write over the version that was read, and count the version up; raises ``StaleTicket``."""

    async def find_by_external_number(self, channel: Channel, external_number: str) -> Ticket | None: ...

    async def find_by_message(self, message_id: str) -> str | None:
        """The ticket one of whose notices went out as this message of a channel."""

    async def numbers_due(self, sweep: Sweep, now: datetime, *, limit: int) -> list[str]:
        """Numbers of the tickets a sweep must look at now, the longest waiting first."""

    async def put_off(self, number: str, sweep: Sweep, until: datetime) -> None:
        """Let a sweep pass a ticket by until then, without reading or changing the ticket itself."""


class IdentityStore(Protocol):
    """Who asked, sealed, one record per ticket; every opening of it leaves a line in the log of reads."""

    async def put(self, number: str, citizen: Citizen) -> None: ...

    async def read(self, number: str, *, reader: Actor, reason: str, now: datetime) -> Citizen:
        """Open the identity; the read is logged before it is given. Raises ``UnknownTicket``."""

    async def note_waiting(self, number: str) -> None:
        """A notice of this ticket waits until its citizen writes again."""

    async def take_waiting(self, *, account: str, openid: str) -> list[str]:
        """The tickets whose notices wait for this citizen; they wait no longer."""

    async def discard(self, number: str) -> None:
        """Forget an identity whose ticket never came to be."""

    async def masked(self, number: str) -> MaskedCitizen: ...

    async def to_conceal(self, numbers: Iterable[str]) -> dict[str, Citizen]:
        """Whose name and number must be taken out of these tickets' texts. For that alone: nobody is shown it, so no
        read is logged."""

    async def numbers_of(self, *, account: str, openid: str, limit: int) -> list[str]:
        """Ticket numbers of one WeChat citizen, newest first."""
