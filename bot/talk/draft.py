"""An unfinished filing: what the citizen told so far, and what was heard beside it and only waits to be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.talk.steps import Step
from routing.citizen_request import RequestType, Secrecy

MOST_PICTURES = 9
MOST_VOICES = 3
DISCLOSURE_TIER = "disclosure"
"""The tier of the profile of time limits that makes a ticket an application for information (依申请公开)."""
LEAST_TEXT = 4
"""A description shorter than this is asked for once more."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as the platform names it; the platform keeps the file for three days."""

    media_id: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came after a notice that asked for it, until the citizen has seen which ticket it is for."""

    text: str
    pictures: tuple[Picture, ...] = ()
    unsure: bool = False
    """Not sent on yet: in the middle of a filing it is asked which of the two it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A filing under way. ``id`` is the key of the message that began it: filing twice gives one ticket."""

    id: str
    touched_at: datetime
    tier: str | None = None
    """Set for an application for information, which needs a name and a number and is asked no type."""
    request_type: RequestType | None = None
    guess: RequestType | None = None
    """What the machine took the text for; the citizen confirms it."""
    text: str = ""
    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    name: str | None = None
    phone: str | None = None
    secrecy: Secrecy | None = None
    pictures: tuple[Picture, ...] = ()
    voices: tuple[Picture, ...] = ()
    """Voice messages the platform made no words of: an official may listen to them."""
    skipped: tuple[Step, ...] = ()
    """The optional questions the citizen chose not to answer."""
    places: tuple[str, ...] = ()
    """Where it may have happened: heard in the text, scanned or told last time. Offered, never taken unasked."""
    phone_heard: str | None = None
    """A number that stood in the text: offered where the number is asked for."""
    parts: tuple[str, ...] = ()
    """Several requests heard in the text, until the citizen says whether they are to be filed apart."""
    more: tuple[str, ...] = ()
    """The requests of the same message that are filed after this one."""
    place_asked_again: bool = False
    """More of the story was told where a place was asked for; the place is asked for once more and no third time."""
    editing: bool = False
    """One field is being changed from the summary: back leads there again."""

    @property
    def has_content(self) -> bool:
        """Whether dropping this draft would lose something the citizen told us."""
        return bool(self.text or self.pictures or self.voices or self.place or self.more)
