"""Months as they were when they ended: counted once, kept for ever, and compared with what is known now.

A frozen month never changes. Facts that arrive later (an appeal upheld, a return decided, a ticket linked) change the
living figures only; ``differences`` says where the two part and by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from routing.departments import UnitId
from routing.figures.counting import Figure, FigureName, Groups, Period
from routing.figures.marks import VERSION
from routing.figures.queries import Balance, FigureReads
from routing.figures.rules import figure_rules
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM

Document = dict[str, Any]


class MonthNotOver(ValueError):
    """A month can be frozen once it has ended."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen month. ``rules`` and ``marks`` say by which definitions it was counted."""

    month: str
    taken_at: datetime
    taken_by: str
    rules: str
    marks: str
    groups: Groups
    balance: Balance


@dataclass(frozen=True, slots=True)
class Difference:
    """Where late facts part the living figure from the frozen one."""

    unit_id: UnitId | None
    name: FigureName
    frozen: Figure
    now: Figure


def month_period(month: str, *, as_of: datetime) -> Period:
    """``2026-10`` as a period of China's days; raises ``ValueError`` for anything else."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(_midnight(first), _midnight(following), as_of)


def month_before(now: datetime) -> str:
    """The last month that has ended in China."""
    return f"{now.astimezone(CHINA).date().replace(day=1) - timedelta(days=1):%Y-%m}"


def differences(snapshot: Snapshot, groups: Groups) -> list[Difference]:
    """What changed since, by unit and figure; nothing when the month stands as it was. 逾期在办 is of its own moment
    and is not compared."""
    found = []
    for unit_id in sorted({*snapshot.groups, *groups}, key=lambda u: (u is None, u or "")):
        for name in FigureName:
            if name is FigureName.OVERDUE_OPEN:
                continue
            blank = Figure(name, 0, 0)
            frozen = snapshot.groups.get(unit_id, {}).get(name, blank)
            now = groups.get(unit_id, {}).get(name, blank)
            if _terms(frozen) != _terms(now):
                found.append(Difference(unit_id, name, frozen, now))
    return found


class Snapshots:
    """The frozen months of one installation, one document each, written once."""

    def __init__(self, database: Any, figures: FigureReads) -> None:
        self._months = database["figure_months"]
        self._figures = figures

    async def freeze(self, month: str, *, by: str, now: datetime) -> Snapshot:
        """Count and keep a month that has ended. Frozen already: the month as it was kept first."""
        period = month_period(month, as_of=now)
        if now < period.until:
            raise MonthNotOver(month)
        earlier = await self.find(month)
        if earlier is not None:
            return earlier
        snapshot = Snapshot(
            month=month,
            taken_at=now,
            taken_by=by,
            rules=figure_rules().version,
            marks=VERSION,
            groups=await self._figures.groups(period, reader=SYSTEM),
            balance=await self._figures.balance(period),
        )
        try:
            await self._months.insert_one(_document(snapshot))
        except DuplicateKeyError:
            first = await self.find(month)
            assert first is not None
            return first
        return snapshot

    async def freeze_what_ended(self, now: datetime) -> int:
        """For the worker: freeze the last month once it is over; how many were frozen."""
        month = month_before(now)
        if await self._months.find_one({"_id": month}, {"_id": 1}) is not None:
            return 0
        await self.freeze(month, by=SYSTEM.id, now=now)
        return 1

    async def find(self, month: str) -> Snapshot | None:
        document = await self._months.find_one({"_id": month})
        return _snapshot(document) if document else None

    async def months(self) -> list[str]:
        """The frozen months, oldest first."""
        return [d["_id"] async for d in self._months.find({}, {"_id": 1}).sort("_id", 1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=CHINA)


def _terms(figure: Figure) -> tuple[int | float, int, dict[str, int]]:
    return figure.numerator, figure.denominator, {k: v for k, v in figure.excluded.items() if v}


def _document(snapshot: Snapshot) -> Document:
    return {
        "_id": snapshot.month,
        "taken_at": snapshot.taken_at,
        "taken_by": snapshot.taken_by,
        "rules": snapshot.rules,
        "marks": snapshot.marks,
        "balance": asdict(snapshot.balance),
        "groups": [
            {
                "unit_id": unit_id,
                "figures": {
                    name.value: {"n": f.numerator, "d": f.denominator, "x": f.excluded}
                    for name, f in figures.items()
                },
            }
            for unit_id, figures in snapshot.groups.items()
        ],
    }


def _snapshot(document: Mapping[str, Any]) -> Snapshot:
    taken_at = document["taken_at"]
    taken_at = taken_at if taken_at.tzinfo else taken_at.replace(tzinfo=UTC)
    return Snapshot(
        month=document["_id"],
        taken_at=taken_at,
        taken_by=document["taken_by"],
        rules=document["rules"],
        marks=document["marks"],
        balance=Balance(**document["balance"]),
        groups={
            group["unit_id"]: {
                FigureName(name): Figure(FigureName(name), f["n"], f["d"], f["x"], taken_at)
                for name, f in group["figures"].items()
            }
            for group in document["groups"]
        },
    )
