"""依申请公开 as data: the three registers, what may be decided, on which article, and the side limits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from routing.events import Register as Register
from routing.events import RejectReason
from routing.timing.limits import Limit

RULES = Path(__file__).parent.parent / "data" / "disclosure.toml"


class DecisionKind(StrEnum):
    """What became of an application, as the yearly report counts it."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    NOT_PROCESSED = "not_processed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Ground:
    """One decision a body may take, with the article it rests on."""

    id: str
    kind: DecisionKind
    title: str
    basis: str
    reason: bool = False
    """Whether the applicant must be told why (说明理由)."""
    hand_over: tuple[RejectReason, ...] = ()
    """Where the matter belongs instead (信访, 12315)."""


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """The limits and grounds, as data."""

    correction_notice: Limit
    correction: Limit
    third_party: Limit
    kinds: Mapping[DecisionKind, str]
    grounds: Mapping[str, Ground]


@cache
def shipped_rules() -> DisclosureRules:
    return rules_from(tomllib.loads(RULES.read_text(encoding="utf-8")))


def rules_from(data: Mapping[str, Any]) -> DisclosureRules:
    """Raises ValueError (KeyError for a missing limit): a kind without ground or an unknown kind is a mistake."""
    grounds = {}
    for table in data["grounds"]:
        ground = Ground(
            id=table["id"],
            kind=DecisionKind(table["kind"]),
            title=table["title"],
            basis=table["basis"],
            reason=table.get("reason", False),
            hand_over=tuple(RejectReason(each) for each in table.get("hand_over", ())),
        )
        if ground.id in grounds:
            raise ValueError(f"决定种类重复：{ground.id}")
        grounds[ground.id] = ground
    kinds = {DecisionKind(kind): title for kind, title in data["kinds"].items()}
    unused = (
        set(DecisionKind) - {ground.kind for ground in grounds.values()} | set(DecisionKind) - kinds.keys()
    )
    if unused:
        raise ValueError(f"缺少决定种类：{'、'.join(sorted(unused))}")
    limits = {
        name: Limit.parse(data["limits"][name]) for name in ("correction_notice", "correction", "third_party")
    }
    return DisclosureRules(**limits, kinds=kinds, grounds=grounds)


def register_number(register: Register, year: int, count: int) -> str:
    """``登记〔2026〕12号``."""
    return f"{_REGISTERS[register]}〔{year}〕{count}号"


_REGISTERS = {Register.ENTRY: "登记", Register.RECORD: "备案", Register.ARCHIVE: "归档"}
