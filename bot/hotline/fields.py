"""The kinds of values the API's bodies and queries are made of, each with its JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
)

from bot.wording import LABELS
from routing.citizen_request import Applicant, Channel, RequestType, Secrecy, Urgency
from routing.disclosure.rules import shipped_rules
from routing.events import Register, RejectReason, Solved, VisitOutcome
from routing.timing.working_calendar import CHINA

_VocabularyT = TypeVar("_VocabularyT", bound=StrEnum)

# What no text of a person holds, and what stores, regular expressions and spreadsheets choke on.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BREAKS = str.maketrans({"\x0b": "\n", "\x0c": "\n"})
_DAY = r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_MOMENT = rf"{_DAY}[Tt ]{_CLOCK}(:[0-5][0-9]([.][0-9]{{1,9}})?)?([Zz]|[+-]{_CLOCK})?"
# A query's unescaped "+" arrives as a space.
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def cleaned(value: Any) -> Any:
    """The text without outer white space, control characters shown as U+FFFD; anything else as it is."""
    return _CONTROL.sub("\ufffd", value.translate(_BREAKS)).strip() if isinstance(value, str) else value


_CLEAN = BeforeValidator(cleaned)


def _filled(most: int) -> StringConstraints:
    # The pattern tells schema readers that white space alone is nothing.
    return StringConstraints(min_length=1, max_length=most, pattern=r"\S")


def _at_most(most: int) -> StringConstraints:
    return StringConstraints(max_length=most)


Text = Annotated[str, _filled(5000), _CLEAN]
Question = Annotated[str, _filled(500), _CLEAN]
Reason = Annotated[str, _filled(500), _CLEAN]
ExternalNumber = Annotated[str, _filled(64), _CLEAN]
Tier = Annotated[str, _filled(64), _CLEAN]
PersonName = Annotated[str, _filled(64), _CLEAN]
LetterId = Annotated[str, _filled(64), _CLEAN]
UnitIdText = Annotated[str, _filled(64), _CLEAN]
ReasonTag = Annotated[str, _filled(20), _CLEAN]
Title = Annotated[str, _at_most(200), _CLEAN]
Place = Annotated[str, _at_most(200), _CLEAN]
OptionalWords = Annotated[str, _at_most(500), _CLEAN]
SearchWords = Annotated[str, _at_most(100), _CLEAN]
ArticleId = Annotated[str, _at_most(100), _CLEAN]
Name = Annotated[str, _at_most(50), _CLEAN]
Phone = Annotated[str, _at_most(40), _CLEAN]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]


# ---- vocabularies: the English value, or the Chinese label people see


_ALSO_SAID: dict[type[StrEnum], dict[str, Any]] = {
    Channel: {"电话": Channel.HOTLINE, "热线": Channel.HOTLINE, "网络": Channel.WEB}
}


def _words_of(vocabulary: type[_VocabularyT]) -> dict[str, _VocabularyT]:
    words = {label: value for value, label in LABELS[vocabulary].items()}
    return words | {value.value: value for value in vocabulary} | _ALSO_SAID.get(vocabulary, {})


def _read(vocabulary: type[_VocabularyT]) -> PlainValidator:
    words = _words_of(vocabulary)

    def parse(value: Any) -> _VocabularyT:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"must be one of {', '.join(v.value for v in vocabulary)} or its Chinese label")
        return words[value]

    return PlainValidator(parse)


def _listed(vocabulary: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": sorted(_words_of(vocabulary))})


RequestTypeWord = Annotated[RequestType, _read(RequestType), _listed(RequestType)]
ChannelWord = Annotated[Channel, _read(Channel), _listed(Channel)]
SecrecyWord = Annotated[Secrecy, _read(Secrecy), _listed(Secrecy)]
ApplicantWord = Annotated[Applicant, _read(Applicant), _listed(Applicant)]
RegisterWord = Annotated[Register, _read(Register), _listed(Register)]
UrgencyWord = Annotated[Urgency, _read(Urgency), _listed(Urgency)]
RejectReasonWord = Annotated[RejectReason, _read(RejectReason), _listed(RejectReason)]
VisitOutcomeWord = Annotated[VisitOutcome, _read(VisitOutcome), _listed(VisitOutcome)]
SolvedWord = Annotated[Solved, _read(Solved), _listed(Solved)]


def _ground(value: Any) -> str:
    if not isinstance(value, str) or value not in shipped_rules().grounds:
        raise ValueError(f"must be one of {', '.join(shipped_rules().grounds)}")
    return value


GroundId = Annotated[
    str,
    PlainValidator(_ground),
    WithJsonSchema({"type": "string", "enum": sorted(shipped_rules().grounds)}),
]


# ---- times: Asia/Shanghai where no offset is given


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.upper().replace(" ", "T"))
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA)
    # MongoDB keeps milliseconds.
    return aware.astimezone(UTC).replace(microsecond=aware.microsecond // 1000 * 1000)


def parse_moment(value: Any) -> datetime:
    """An aware UTC instant from ISO 8601 date and time; raises ``ValueError``."""
    if not isinstance(value, str) or not re.fullmatch(_MOMENT, value):
        raise ValueError(
            "must be a date and time like 2026-11-16T09:30 or 2026-11-16T09:30:00+08:00, of this century"
        )
    return _moment(value)


def _bound(*, days: int) -> Callable[[Any], datetime]:
    def parse(value: Any) -> datetime:
        text = _LOST_PLUS.sub("+", value) if isinstance(value, str) and len(value) > 16 else value
        if isinstance(text, str) and re.fullmatch(_DAY, text):
            day = date.fromisoformat(text)
            return datetime.combine(day + timedelta(days=days), time(), CHINA).astimezone(UTC)
        if isinstance(text, str) and re.fullmatch(_MOMENT, text):
            return _moment(text)
        raise ValueError(
            "must be a date like 2026-11-16 or a date and time like 2026-11-16T09:30:00+08:00, of this century"
        )

    return parse


def _time_schema(description: str, *, day_too: bool) -> WithJsonSchema:
    pattern = f"^({_DAY}|{_MOMENT})$" if day_too else f"^{_MOMENT}$"
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": description})


_ZONE = "Asia/Shanghai unless an offset is given."
MomentIn = Annotated[
    datetime, PlainValidator(parse_moment), _time_schema(f"Date and time. {_ZONE}", day_too=False)
]
Since = Annotated[
    datetime,
    PlainValidator(_bound(days=0)),
    _time_schema(f"A date (its first moment) or date and time. {_ZONE}", day_too=True),
]
Until = Annotated[
    datetime,
    PlainValidator(_bound(days=1)),
    _time_schema(f"A date (that whole day included) or date and time (exclusive). {_ZONE}", day_too=True),
]


def in_china(at: datetime) -> str:
    """ISO 8601 with +08:00, to the second (milliseconds where there are any)."""
    local = at.astimezone(CHINA)
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


MomentOut = Annotated[
    datetime,
    PlainSerializer(in_china, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 4.0 is an integer there."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Limits stand before the validator: behind it they would hold, but be missing from the schema.
Stars = Annotated[int, Field(ge=1, le=5), BeforeValidator(_whole)]
Amount = Annotated[int, Field(ge=1, le=1000), BeforeValidator(_whole)]
"""How many of a limit's units."""
Version = Annotated[
    int,
    Field(ge=1, le=1_000_000, description="The version of the ticket you last read."),
    BeforeValidator(_whole),
]
ReasonTags = Annotated[list[ReasonTag], Field(max_length=5)]
