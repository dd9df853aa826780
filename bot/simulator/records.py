"""What the simulated platform remembers: the account, what citizens see, and how each push went."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    """消息加解密方式 of an official account."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """An official account as the platform knows it; the service must be configured with the same values."""

    name: str
    """The account's name in our URLs: ``/wechat/{name}``."""
    title: str
    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    mode: Mode | str = Mode.SAFE

    @property
    def original_id(self) -> str:
        """The ``gh_…`` id that stands in ToUserName of every push."""
        return "gh_" + hashlib.sha256(self.app_id.encode()).hexdigest()[:12]


class EntryKind(StrEnum):
    """What one line of the chat is."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    LOCATION = "location"
    EVENT = "event"
    NEWS = "news"
    MENU = "menu"
    TEMPLATE = "template"
    SMS = "sms"
    """Not in the chat at all: a text message on the same phone."""
    OTHER = "other"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ChatEntry:
    """One line of a citizen's chat, in the order the citizen's phone shows them.

    ``text`` may carry the ``<a href=…>`` links WeChat allows in text replies; everything else in it is plain.
    """

    sequence: int
    at: datetime
    from_citizen: bool
    text: str
    kind: EntryKind
    note: str = ""


class Outcome(StrEnum):
    """What became of a push: a reply, silence, WeChat's fault notice, or a failure the citizen does not see."""

    ANSWERED = "answered"
    SUCCESS = "success"
    FAULT_SHOWN = "fault_shown"
    FAILED = "failed"


class TryResult(StrEnum):
    """How one of up to three deliveries of a push ended."""

    ANSWERED = "answered"
    SUCCESS = "success"
    CUT = "cut"
    LOST = "lost"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Try:
    """One HTTP delivery of a push."""

    number: int
    milliseconds: float
    status: int | None
    result: TryResult
    encrypted: bool
    """Whether the push went out encrypted only."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The whole fate of one push, over all its tries."""

    at: datetime
    openid: str = field(repr=False)
    label: str
    message_id: str | None
    """None for events, which carry no MsgId."""
    replies: tuple[str, ...]
    tries: tuple[Try, ...]
    seconds: float
    outcome: Outcome
    error: str | None = None
    repeated: tuple[str | None, ...] = ()
    """What the service said to deliveries after the push was settled; None for ``success``. Nobody sees it."""

    @property
    def attempts(self) -> int:
        """How often the platform delivered: 1 to 3."""
        return len(self.tries)

    @property
    def text(self) -> str:
        """What the citizen reads, as one string; empty when nothing came."""
        return "\n".join(self.replies)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the service to the platform's API."""

    at: datetime
    endpoint: str
    code: int
    openid: str | None = field(repr=False, default=None)
    fault: str | None = None
    """The ordered fault it met; ``code`` is then what was answered, if the answer arrived."""
