"""What a kept photo or attachment is, where it came from, and why one is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from routing.errors import Refused

PhotoId = NewType("PhotoId", str)

MOST_BYTES: Final = 10 * 1024 * 1024
"""Of one file as it comes in; what is kept of a picture is far smaller."""
MOST_PER_TICKET: Final = 60
MOST_AT_ONCE: Final = 9
MOST_LOOSE: Final = 4 * MOST_AT_ONCE
"""What one citizen may have lying about without a ticket: a few drafts' worth, not a disk's."""


class PhotoKind(StrEnum):
    """A picture is re-encoded and has a thumbnail; documents and sounds are kept as they are, to be downloaded."""

    PICTURE = "picture"
    DOCUMENT = "document"
    SOUND = "sound"


class Source(StrEnum):
    """Who gave it, and by which way it came."""

    WECHAT = "wechat"
    CITIZEN_PAGE = "citizen_page"
    OFFICIAL = "official"


class PhotoRefused(Refused):
    """The file is not kept; ``words`` say why and what to do instead."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class PhotosBusy(PhotoRefused):
    """Too many files are being read just now; the same file is taken a little later."""


@dataclass(frozen=True, slots=True)
class SentUp:
    """A file came with the form of an answer, when the ticket's last event was ``after``: it is seen with the first
    answer after that, with none that was given before, and of a ``final`` one not with how far it is (阶段答复)."""

    after: int
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """One file of a ticket, without its bytes. ``name`` is the file's own, of an attachment only."""

    id: PhotoId
    number: str | None
    kind: PhotoKind
    source: Source
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    at: datetime
    name: str = ""
    by: str = ""
    """The official who added it."""
    to_citizen: bool = True
    """Whether the citizen may see it; an official decides that of what an official adds."""
    on_its_own: bool = True
    """Made public beside any answer; False of what came with the form of one alone."""
    sent_up: tuple[SentUp, ...] = ()
