"""One door for every channel: what a citizen asked, in any shape, becomes one registered ticket."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from classifier.model import Guess
from classifier.signals import read_type_and_danger
from routing.citizen_request import Applicant, Channel, Citizen, CitizenRequest, RequestType, Urgency
from routing.departments import UnitId
from routing.errors import Incomplete, Refused
from routing.ticket import Ticket

log = structlog.get_logger(__name__)

MOST_CHARACTERS = 5000
MOST_TITLE = 200
DESK_NUMBER = "desk-"
"""How the numbers begin which the operators' desk gives for want of an outside one."""
VAGUE = 0.5
"""Below this the words do not say what kind of request it is."""

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?(\d{7,8})(?!\d)")
_LOCAL = re.compile(r"(?<!\d)([2-8]\d{6,7})(?!\d)")
_SAYS_NAME = re.compile(r"^(?:姓名|名字|叫|姓|是|[:：\s])+")


class TextTooLong(Refused):
    """The text is longer than a ticket takes."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(length, limit)
        self.length = length
        self.limit = limit


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What the door a request came through decides: an official account may have rules of time of its own, and belong
    to a department."""

    profile: str | None = None
    leave_to: UnitId | None = None


NO_RULES = DoorRules()


class Registers(Protocol):
    """The part of the service desk the door needs; idempotent by channel and external number."""

    async def register(self, request: CitizenRequest, *, now: datetime) -> Ticket: ...


def find_phone(text: str) -> str | None:
    """The first phone number in a text: a mobile's 11 digits, or a landline as ``0576-88881234``."""
    plain = unicodedata.normalize("NFKC", text)
    if mobile := _MOBILE.search(plain):
        return re.sub(r"\D", "", mobile[1])
    if landline := _LANDLINE.search(plain):
        return f"{landline[1]}-{landline[2]}"
    local = _LOCAL.search(plain)
    return local[1] if local else None


def without_phone(text: str) -> str:
    """What else was said beside the number, such as a name."""
    plain = unicodedata.normalize("NFKC", text)
    for pattern in (_MOBILE, _LANDLINE, _LOCAL):
        if pattern.search(plain):
            rest = pattern.sub(" ", plain).strip(" ,，。:：;；电话手机号是我的")
            return _SAYS_NAME.sub("", rest)
    return plain.strip()


async def register_citizen_request(
    desk: Registers,
    *,
    channel: Channel,
    external_number: str,
    text: str,
    citizen: Citizen,
    received_at: datetime,
    now: datetime,
    title: str | None = None,
    request_type: RequestType | None = None,
    place: str | None = None,
    urgency: Urgency | None = None,
    tier: str | None = None,
    applicant: Applicant = Applicant.PERSON,
    door: DoorRules = NO_RULES,
    at_unit: UnitId | None = None,
) -> Ticket:
    """Tidy what came in, fill in type and urgency where the channel knows none, and register it.

    The same external number again returns the same ticket. Raises ``Incomplete`` for an empty text or number,
    ``TextTooLong``, and whatever the desk refuses.
    """
    text, number = text.strip(), external_number.strip()
    if not number:
        raise Incomplete("external_number")
    if not text:
        raise Incomplete("text")
    if len(text) > MOST_CHARACTERS:
        raise TextTooLong(len(text), MOST_CHARACTERS)
    title = (title or "").strip()[:MOST_TITLE] or None
    said = f"{title}\n{text}" if title else text
    likely, danger = read_type_and_danger(said)
    return await desk.register(
        CitizenRequest(
            channel=channel,
            external_number=number,
            request_type=request_type or _type_read(likely),
            text=text,
            citizen=tidy_citizen(citizen),
            received_at=received_at,
            title=title,
            place=(place or "").strip() or None,
            tier=tier,
            applicant=applicant,
            profile=door.profile,
            leave_to=door.leave_to,
            at_unit=at_unit,
            urgency=urgency or (Urgency.URGENT if danger and danger.sure else Urgency.ORDINARY),
        ),
        now=now,
    )


class EntersApplications(Protocol):
    """The part of the service desk that keeps the register of 依申请公开."""

    async def enter(self, number: str, *, now: datetime) -> Ticket: ...


async def enter_application(register: EntersApplications, ticket: Ticket, *, now: datetime) -> Ticket:
    """An application with its number in the register, every other ticket as it is; where the register fails now, the
    worker does it."""
    if ticket.next_entry_at is None:
        return ticket
    try:
        return await register.enter(ticket.number, now=now)
    except Exception as error:
        log.error("application not entered", number=ticket.number, error=type(error).__name__)
        return ticket


def _type_read(guess: Guess) -> RequestType:
    """举报 and 表扬 change who may know and what is owed: nobody's request becomes one on a vague guess."""
    read = RequestType(guess.label)
    if guess.confidence < VAGUE and read in (RequestType.REPORT, RequestType.PRAISE):
        return RequestType.HELP
    return read


def tidy_citizen(citizen: Citizen) -> Citizen:
    """One spelling per phone number; a number we cannot read is kept as it was said, never dropped."""
    phone = (citizen.phone or "").strip()
    name = (citizen.name or "").strip()
    return replace(citizen, phone=(find_phone(phone) or phone) or None, name=name or None)
