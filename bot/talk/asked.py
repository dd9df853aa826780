"""What a notice asked of its citizen between two of their messages: how a ticket was handled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice that asked how the ticket ``number`` was handled. It is the question being answered until the citizen's
    next message, whatever that is."""

    number: str
    at: datetime
    listed: bool
    """Whether it showed the stars with their digits; a card or a text message does not."""

    def packed(self) -> str:
        """As Redis keeps it."""
        return f"{int(self.at.timestamp() * 1000)} {int(self.listed)} {self.number}"


def unpacked(kept: bytes | None) -> Asked | None:
    """None for nothing, and for what another release wrote."""
    parts = kept.decode(errors="replace").split(" ") if kept else []
    if len(parts) != 3 or not (parts[0].isascii() and parts[0].isdigit()):
        return None
    milliseconds, listed, number = parts
    return Asked(number, datetime.fromtimestamp(int(milliseconds) / 1000, UTC), listed == "1")
