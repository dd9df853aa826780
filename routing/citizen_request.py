"""What a citizen asks for, before it becomes a ticket: the vocabulary every channel shares."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from routing.departments import UnitId


class RequestType(StrEnum):
    """诉求类型. The stored value is English; the Chinese label lives in ``bot.wording``."""

    CONSULTATION = "consultation"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGESTION = "suggestion"
    PRAISE = "praise"


class Channel(StrEnum):
    """The door a citizen request came through."""

    WECHAT = "wechat"
    HOTLINE = "hotline"
    WEB = "web"
    WALK_IN = "walk_in"
    LETTER = "letter"


class Secrecy(StrEnum):
    """How much of the citizen the handling unit may see: 公开, 保密 or 匿名."""

    PUBLIC = "public"
    SECRET = "secret"  # noqa: S105 - a degree of secrecy, not a password
    ANONYMOUS = "anonymous"


class Urgency(StrEnum):
    """紧急程度. An urgent ticket's clocks run round the clock."""

    ORDINARY = "ordinary"
    URGENT = "urgent"


class Applicant(StrEnum):
    """Who asks for information (依申请公开), as the yearly report counts them."""

    PERSON = "person"
    BUSINESS = "business"
    RESEARCH = "research"
    CHARITY = "charity"
    LEGAL_SERVICE = "legal_service"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Citizen:
    """Who asks. Never stored beside the content: the store seals it into the identity vault."""

    name: str | None = None
    phone: str | None = None
    account: str | None = None
    """The WeChat account the citizen wrote to; a citizen's openid is per account."""
    openid: str | None = None
    texts: bool = True
    """Whether they want text messages at all."""
    secrecy: Secrecy = Secrecy.PUBLIC


@dataclass(frozen=True, slots=True)
class CitizenRequest:
    """One request of one citizen, from any channel.

    ``external_number`` makes registration idempotent within its channel: the hotline's own ticket number, or
    the WeChat draft's id. ``received_at`` is an aware UTC instant, when the citizen asked.
    """

    channel: Channel
    external_number: str
    request_type: RequestType
    text: str
    citizen: Citizen
    received_at: datetime
    title: str | None = None
    place: str | None = None
    """The place in the citizen's own words, as said or typed; ``routing.places.gazetteer`` resolves it."""
    urgency: Urgency = Urgency.ORDINARY
    tier: str | None = None
    """The profile's tier, where the matter has one of its own (依申请公开)."""
    applicant: Applicant = Applicant.PERSON
    """Who asks, where it is 依申请公开."""
    profile: str | None = None
    """The rules of time of the account it came through; None is the installation's."""
    leave_to: UnitId | None = None
    """The department whose own account it came through: has what triage is not sure of."""
    at_unit: UnitId | None = None
    """The department whose code was scanned (its window, its street): offered by triage, never obeyed."""

    @property
    def full_text(self) -> str:
        """Title, then text, as the classifier was trained to read them."""
        return f"{self.title}\n{self.text}" if self.title else self.text
