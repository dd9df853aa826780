"""Which template or subscription message tells of what, as an account's table says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a message is about, as far as the platform's templates differ."""

    FILED = "filed"
    DISPATCHED = "dispatched"
    PROMISED = "promised"
    EXTENDED = "extended"
    ANSWERED = "answered"
    RATE = "rate"
    OTHER = "other"
    """Whatever has no template of its own."""


class Placeholder(StrEnum):
    """What a field of a template may say of the ticket."""

    NUMBER = "number"
    TITLE = "title"
    """What it is about; of a 保密 or 匿名 ticket only that there is a matter."""
    STATE = "state"
    """What happened, in a few characters: 已派单, 已答复, 请评价."""
    UNIT = "unit"
    REPLY = "reply"
    """How the answer begins; where it may not stand on a locked screen, that there is one."""
    DATE = "date"
    """The date that is promised, or 尽快 where none stands: not for fields of the kinds ``date`` and ``time``."""
    TIME = "time"
    """When it happened: 2026年11月2日 09:30."""
    ACTION = "action"
    """What the citizen can do now."""


_PLACEHOLDERS = frozenset(p.value for p in Placeholder)
_MARK = re.compile(r"\{([^{}]*)\}")
_FIELD = re.compile(r"[a-z]+(?:_[a-z]+)?[0-9]{1,2}|first|remark|keyword[0-9]{1,2}")
_MOST_FIELDS = 12
_FALLBACK: Mapping[NoticeKind, tuple[NoticeKind, ...]] = {
    NoticeKind.RATE: (NoticeKind.ANSWERED,),
    NoticeKind.PROMISED: (NoticeKind.DISPATCHED,),
    NoticeKind.EXTENDED: (NoticeKind.PROMISED,),
}


class NoticeTemplatesInvalid(Exception):
    """A template cannot be used as configured. ``field`` is its path in the account's table; no value is named."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(f"{field_name}: {reason}")
        self.field = field_name
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One template of the account's library: its id, and what each of its fields says."""

    id: str
    fields: Mapping[str, str]
    """Field name (``thing1``) → text with ``{placeholders}``."""
    chat_first: bool = False
    """While the citizen's chat is known to be open, all the words go there, and this only where that fails."""
    lasting: bool = False
    """Of a subscription: citizens agree once for good (长期订阅), not once for each message."""


@dataclass(frozen=True, slots=True)
class NoticeTemplates:
    """What an account can tell by template and by subscription message; nothing unless configured."""

    templates: Mapping[NoticeKind, NoticeTemplate] = field(default_factory=dict)
    subscriptions: Mapping[NoticeKind, NoticeTemplate] = field(default_factory=dict)

    def template(self, kind: NoticeKind) -> NoticeTemplate | None:
        """The template for ``kind``, or the nearest that says less."""
        return _nearest(self.templates, kind)

    def subscription(self, kind: NoticeKind) -> NoticeTemplate | None:
        """The subscription message for ``kind``, or the nearest that says less."""
        return _nearest(self.subscriptions, kind)

    def subscription_with_id(self, template_id: str) -> NoticeTemplate | None:
        """What the platform's event with this template id is about; None if the account no longer uses it."""
        return next((t for t in self.subscriptions.values() if t.id == template_id), None)


def read_notice_templates(table: Mapping[str, object]) -> NoticeTemplates:
    """Read ``templates`` and ``subscriptions`` of one account's TOML table; NoticeTemplatesInvalid for the first
    fault. Both may be left out."""
    return NoticeTemplates(
        templates=_read(table.get("templates", {}), "templates"),
        subscriptions=_read(table.get("subscriptions", {}), "subscriptions"),
    )


def _read(table: object, path: str) -> dict[NoticeKind, NoticeTemplate]:
    if not isinstance(table, Mapping):
        raise NoticeTemplatesInvalid(path, "must be a table")
    kinds = [kind.value for kind in NoticeKind]
    found: dict[NoticeKind, NoticeTemplate] = {}
    for name, value in table.items():
        where = f"{path}.{name}"
        if name not in kinds:
            raise NoticeTemplatesInvalid(where, f"is no kind of notice; use one of {', '.join(kinds)}")
        if not isinstance(value, Mapping):
            raise NoticeTemplatesInvalid(where, "must be a table with id and fields")
        found[NoticeKind(name)] = _read_one(value, where, lasts=path == "subscriptions")
    return found


def _read_one(table: Mapping[str, object], where: str, *, lasts: bool) -> NoticeTemplate:
    for name in table:
        if name not in ("id", "fields", "chat_first", *(["lasting"] if lasts else [])):
            raise NoticeTemplatesInvalid(f"{where}.{name}", "is not a field of a template")
    template_id, fields = table.get("id"), table.get("fields")
    lasting, chat_first = table.get("lasting", False), table.get("chat_first", False)
    if not isinstance(template_id, str) or not template_id.strip():
        raise NoticeTemplatesInvalid(f"{where}.id", "must be the template's id")
    if not isinstance(fields, Mapping) or not 0 < len(fields) <= _MOST_FIELDS:
        raise NoticeTemplatesInvalid(f"{where}.fields", f"must be a table of 1 to {_MOST_FIELDS} fields")
    for name, value in (("lasting", lasting), ("chat_first", chat_first)):
        if not isinstance(value, bool):
            raise NoticeTemplatesInvalid(f"{where}.{name}", "must be true or false")
    said = {name: _text(name, text, f"{where}.fields.{name}") for name, text in fields.items()}
    return NoticeTemplate(template_id.strip(), said, chat_first=bool(chat_first), lasting=bool(lasting))


def _text(name: str, text: object, where: str) -> str:
    """What one field says. A placeholder's bare name stands for the placeholder alone."""
    if not _FIELD.fullmatch(name):
        raise NoticeTemplatesInvalid(where, "is not the name of a template's field, such as thing1")
    if not isinstance(text, str) or not text.strip():
        raise NoticeTemplatesInvalid(where, "must be a text")
    if text in _PLACEHOLDERS:
        return f"{{{text}}}"
    for mark in _MARK.findall(text):
        if mark not in _PLACEHOLDERS:
            known = ", ".join(f"{{{p}}}" for p in Placeholder)
            raise NoticeTemplatesInvalid(where, f"names an unknown placeholder; there are {known}")
    if "{" in _MARK.sub("", text) or "}" in _MARK.sub("", text):
        raise NoticeTemplatesInvalid(where, "has a brace that opens or closes nothing")
    return text


def _nearest(known: Mapping[NoticeKind, NoticeTemplate], kind: NoticeKind) -> NoticeTemplate | None:
    """Kinds fall back along their own chain, then to ``other``."""
    waiting = [kind]
    while waiting:
        one = waiting.pop(0)
        if one in known:
            return known[one]
        waiting += _FALLBACK.get(one, ())
    return known.get(NoticeKind.OTHER)
