"""What citizens sent by file: kept for three days by the platform's clock, then only by the picture's address."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LASTS: Final = timedelta(days=3)
MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all files together; the oldest make room."""

_TYPES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"#!AMR", "audio/amr"),
)


@dataclass(frozen=True, slots=True)
class Media:
    """One file as it was sent."""

    data: bytes
    content_type: str
    at: datetime


class MediaShelf:
    """The files by their media id."""

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._media: OrderedDict[str, Media] = OrderedDict()
        self._bytes = 0

    def add(self, data: bytes, *, kind: str = "image") -> str:
        """Keep a file; returns its new media id."""
        media_id = f"sim-{kind}-{secrets.token_urlsafe(12)}"
        self._media[media_id] = Media(data, content_type(data), self._clock())
        self._bytes += len(data)
        while self._bytes > MOST_BYTES and len(self._media) > 1:
            self._bytes -= len(self._media.popitem(last=False)[1].data)
        return media_id

    def find(self, media_id: str) -> Media | None:
        """By its address, which lives on after the media id ended."""
        return self._media.get(media_id)

    def fetch(self, media_id: str) -> Media | None:
        """By its media id; None once the three days are over."""
        found = self._media.get(media_id)
        return found if found is not None and self._clock() - found.at < LASTS else None


def content_type(data: bytes) -> str:
    """What the first bytes say."""
    return next((kind for start, kind in _TYPES if data.startswith(start)), "application/octet-stream")
