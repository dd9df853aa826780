"""What a notice asked of its citizen between two of their messages: how a ticket was handled, or what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class AskedFor(StrEnum):
    """What is to be said or sent."""

    RATING = "rating"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Asked:
    """A notice that asked about the ticket ``number``. It is the question being answered until the citizen's next
    message, whatever that is; what is missing is waited for until it came."""

    number: str
    at: datetime
    listed: bool
    """Whether it showed the stars with their digits; a card or a text message does not."""
    what: AskedFor = AskedFor.RATING

    def packed(self) -> str:
        """As Redis keeps it."""
        kept = f"{int(self.at.timestamp() * 1000)} {int(self.listed)} {self.number}"
        return kept if self.what is AskedFor.RATING else f"{kept} {self.what}"


def unpacked(kept: bytes | None) -> Asked | None:
    """None for nothing, and for what another release wrote."""
    parts = kept.decode(errors="replace").split(" ") if kept else []
    if len(parts) not in (3, 4) or not (parts[0].isascii() and parts[0].isdigit()):
        return None
    milliseconds, listed, number, *what = parts
    if what and what[0] not in tuple(AskedFor):
        return None
    at = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return Asked(number, at, listed == "1", AskedFor(what[0]) if what else AskedFor.RATING)
