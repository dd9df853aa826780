"""The operator's form: what was filled in, what is wrong with it, and what it becomes."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from bot.intake import DESK_NUMBER, MOST_CHARACTERS, MOST_TITLE, tidy_citizen
from routing.citizen_request import Applicant, Channel, Citizen, RequestType, Secrecy
from routing.identity import normalise_phone
from routing.timing.working_calendar import CHINA

MOST = {
    "name": 50,
    "phone": 40,
    "place": 200,
    "title": MOST_TITLE,
    "text": MOST_CHARACTERS,
    "answer": MOST_CHARACTERS,
}
_KEY = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"HY\d{10,14}")
_AHEAD = timedelta(minutes=1)
"""A telephone's clock and ours differ by that much."""
_BACK = timedelta(days=30)
"""A guard against a slip of the keyboard, such as last year's date; what is older comes by the import."""
_LEAST_DIGITS = 7
CHANNELS = tuple(channel for channel in Channel if channel is not Channel.WECHAT)
"""What a person writes down for somebody; WeChat files by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The form as it stands, in the words of its fields. ``key`` makes sending it twice one ticket."""

    key: str
    channel: str = str(Channel.HOTLINE)
    received_at: str = ""
    phone: str = ""
    name: str = ""
    secrecy: str = str(Secrecy.PUBLIC)
    no_texts: str = ""
    """``yes`` where the caller wants no text messages."""
    title: str = ""
    text: str = ""
    place: str = ""
    request_type: str = ""
    """Empty: as the text reads."""
    urgent: str = ""
    """``yes`` where the operator says so; else as the text reads."""
    parent: str = ""
    """The ticket it repeats, where the operator says so."""
    answer: str = ""
    applicant: str = ""
    """Who applies, where it is 依申请公开; empty for everything else."""

    @classmethod
    def new(cls, now: datetime) -> Filled:
        """An empty form; the call began now."""
        return cls(key=secrets.token_hex(16), received_at=local_minute(now))

    @classmethod
    def of(cls, form: Mapping[str, str], now: datetime) -> Filled:
        """What a browser sent, with whatever no field of ours could hold left out."""
        new = cls.new(now)
        said = {each.name: _clean(form.get(each.name, ""), each.name) for each in fields(cls)}
        return cls(
            **{
                **said,
                "key": said["key"] if _KEY.fullmatch(said["key"]) else new.key,
                "channel": said["channel"] if said["channel"] in CHANNELS else new.channel,
                "secrecy": said["secrecy"] if said["secrecy"] in set(Secrecy) else new.secrecy,
                "request_type": said["request_type"] if said["request_type"] in set(RequestType) else "",
                "applicant": said["applicant"] if said["applicant"] in set(Applicant) else "",
                "urgent": "yes" if said["urgent"] else "",
                "no_texts": "yes" if said["no_texts"] else "",
                "parent": said["parent"] if _NUMBER.fullmatch(said["parent"]) else "",
            }
        )

    @property
    def external_number(self) -> str:
        return f"{DESK_NUMBER}{self.key}"

    @property
    def full_text(self) -> str:
        return f"{self.title}\n{self.text}" if self.title else self.text

    @property
    def citizen(self) -> Citizen:
        secrecy, texts = Secrecy(self.secrecy), not self.no_texts
        return tidy_citizen(Citizen(name=self.name, phone=self.phone, secrecy=secrecy, texts=texts))

    @property
    def has_words(self) -> bool:
        """Whether there is anything to keep."""
        return any((self.phone, self.name, self.title, self.text, self.place, self.answer))

    def kept(self) -> dict[str, str]:
        """For a draft."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(slots=True)
class Checked:
    """What is wrong, by field, in words; and when it was received."""

    wrong: dict[str, str] = field(default_factory=dict)
    received_at: datetime | None = None


def check(filled: Filled, *, now: datetime, answered: bool) -> Checked:
    """Everything that is wrong at once, so that nobody sends a form three times."""
    found = Checked()
    for name, most in MOST.items():
        if (length := len(getattr(filled, name))) > most:
            found.wrong[name] = f"最多 {most} 个字，现在有 {length} 个。请写短一些。"
    if not filled.text:
        found.wrong["text"] = "请写下诉求内容。"
    digits = normalise_phone(filled.phone)
    if filled.phone and len(digits) < _LEAST_DIGITS:
        found.wrong["phone"] = "号码不完整。请核对，或者留空。"
    if filled.applicant:
        found.wrong.update(_lacks(filled, answered=answered))
    elif answered and not filled.answer:
        found.wrong["answer"] = "请写下答复市民的内容。"
    found.received_at, words = _moment(filled.received_at, now)
    if words:
        found.wrong["received_at"] = words
    return found


def _lacks(filled: Filled, *, answered: bool) -> dict[str, str]:
    """What an application for information must have (条例第二十九条), and what nobody may do with one."""
    wrong = {}
    if not filled.name:
        wrong["name"] = "申请公开政府信息，要写明申请人的姓名或者名称。"
    if not filled.phone:
        wrong["phone"] = "申请公开政府信息，要写明联系方式。"
    if answered:
        wrong["answer"] = "申请公开政府信息，要由承办单位依法作出决定，不能直接答复办结。"
    return wrong


def whole_number(phone: str) -> str | None:
    """The digits a number is looked up by; None while it is still being typed."""
    known = tidy_citizen(Citizen(phone=phone[: MOST["phone"]])).phone
    digits = normalise_phone(known or "")
    return digits if len(digits) >= _LEAST_DIGITS else None


def local_minute(at: datetime) -> str:
    """As a browser's own field for times takes it."""
    return at.astimezone(CHINA).strftime("%Y-%m-%dT%H:%M")


def _moment(said: str, now: datetime) -> tuple[datetime | None, str]:
    if not said:
        return now, ""
    try:
        at = datetime.strptime(said, "%Y-%m-%dT%H:%M").replace(tzinfo=CHINA)
    except ValueError:
        return None, "请按“2026-11-16T09:30”的样子填，或者留空。"
    if said == local_minute(now):
        return now, ""
    if at > now + _AHEAD:
        return None, "受理时间还没有到。"
    if at < now - _BACK:
        return None, f"早于 {_BACK.days} 天。请核对日期。"
    return min(at, now), ""


def _clean(said: str, name: str) -> str:
    """Without what no store takes and no person types; nothing a person wrote is cut off."""
    lines = "\n\t" if name in ("text", "answer") else ""
    said = said.replace("\r\n", "\n")
    return "".join(c if c.isprintable() or c in lines else " " for c in said).strip()
