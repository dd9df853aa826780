"""One message of one citizen, as WeChat pushed it to us, after every check of the platform's rules."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache


class MessageKind(StrEnum):
    """What arrived. Types this service does not know are OTHER, never an error."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A push that was signed, fresh, readable and addressed to us.

    ``openid`` is the citizen's name within one account only. ``created_at`` is aware UTC, in whole seconds.
    """

    account: str
    openid: str
    kind: MessageKind
    message_id: str | None
    created_at: datetime
    content: str = ""
    """The typed text, a voice message's recognised words, a location's label, or a link's title and URL."""
    event: str | None = None
    """The event's name in lower case, otherwise as the platform calls it: ``subscribe``, ``click`` …"""
    event_key: str | None = None
    """As sent: a menu button's key, or ``qrscene_X`` when a follower came by a QR code."""
    picture_url: str | None = None
    media_id: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    menu_choice: str | None = None
    """The id of the tapped choice (``bizmsgmenuid``); not every client sends it, so match ``content`` too."""
    addressed_to: str = ""
    """The official account's own id, which the reply must name as its sender."""
    fields: tuple[tuple[str, str], ...] = ()
    """An event's remaining leaves as (path, text); one ``<List>`` or several simply repeat their paths."""
    fingerprint: str = ""
    """SHA-256 of the decrypted XML, the same in every delivery of one message; empty where a message id says as much."""

    @property
    def key(self) -> str:
        """The same for every delivery of one message, different for any two messages; names no citizen."""
        if self.message_id and self.kind is not MessageKind.EVENT:
            return _key(self.account, "message", self.openid, self.created_at, self.message_id)
        name = self.event or self.kind.value
        rest = (name, self.event_key or "", self.fingerprint)
        return _key(self.account, "event", self.openid, self.created_at, *rest)

    def field(self, name: str) -> str | None:
        """The first leaf whose path ends in ``name``, as in ``message.field("TemplateId")``."""
        return next((text for path, text in self.fields if path.rpartition("/")[2] == name), None)


@lru_cache(maxsize=1024)
def _key(account: str, what: str, openid: str, created_at: datetime, *rest: str) -> str:
    """Asked for again and again while a message is answered."""
    parts = (account, what, openid, str(int(created_at.timestamp())), *rest)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
