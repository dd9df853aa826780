"""What a period's report is made of, gathered once for workbook and bulletin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.reports.attendance import attendance_of
from routing.departments import UnitId, Units
from routing.duty.roster import Attendance
from routing.duty.roster_store import MongoRosterStore
from routing.figures.counting import Figure, FigureName, FigureRow, Groups, Period, add_up, verdicts
from routing.figures.queries import Balance, FigureReads, Suspended, may_read
from routing.figures.scores import PeerGroup, Ranking, ScoreProfile, rank
from routing.figures.snapshots import Difference, Snapshot, Snapshots, differences
from routing.figures.stars import StarCounts, count_stars
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor


@dataclass(frozen=True, slots=True)
class Line:
    """One ticket of one unit: what it is to each figure that concerns it. Counted, not counted, or left out."""

    number: str
    unit_id: UnitId | None
    said: dict[FigureName, str]


COUNTED, NOT_COUNTED = "1", "0"
_YEARS_AHEAD = timedelta(days=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A period's figures with everything they rest on; no text and nobody's name but the reader's."""

    period: Period
    reader: str
    groups: Groups
    totals: dict[FigureName, Figure]
    balance: Balance | None
    profile: ScoreProfile
    rankings: tuple[Ranking, ...]
    lines: tuple[Line, ...]
    snapshot: Snapshot | None = None
    late: tuple[Difference, ...] = ()
    stars: StarCounts | None = None
    """Rated tickets by the profile's star classes, where it has any."""
    on_duty: dict[UnitId, Attendance] | None = None
    """在线值守, of the units that had shifts; None until anybody has ever checked in."""
    suspended: Mapping[UnitId | None, Suspended] = field(default_factory=dict)
    """挂账 in the period, beside the rate it keeps tickets out of."""

    @property
    def first_day(self) -> str:
        return f"{self.period.since.astimezone(CHINA):%Y-%m-%d}"

    @property
    def last_day(self) -> str:
        """The last day asked for; today where the period is open."""
        if self.period.until > self.period.as_of + _YEARS_AHEAD:
            return self.as_of[:10]
        return f"{(self.period.until - timedelta(seconds=1)).astimezone(CHINA):%Y-%m-%d}"

    @property
    def as_of(self) -> str:
        return f"{self.period.as_of.astimezone(CHINA):%Y-%m-%d %H:%M}"


async def gather_report(
    figures: FigureReads,
    snapshots: Snapshots,
    period: Period,
    *,
    reader: Actor,
    profile: ScoreProfile,
    peers: tuple[PeerGroup, ...],
    units: Units,
    rosters: MongoRosterStore,
    with_lines: bool = True,
) -> Report:
    """Count, rank, and list the tickets; a frozen month is shown beside what is known now. Without ``with_lines`` no
    ticket is listed, and none is read unless the profile counts stars."""
    ids = [unit.id for unit in units.all()]
    readable = [unit_id for unit_id in ids if may_read(reader, unit_id)]
    (groups, balance), snapshot, on_duty, suspended = await asyncio.gather(
        _counted(figures, period, reader=reader, hidden=sorted(set(ids) - set(readable))),
        _frozen(snapshots, period),
        attendance_of(rosters, readable, everybody=ids, period=period),
        figures.suspended(period, reader=reader),
    )
    classes = profile.star_classes
    rows = await figures.rows(period) if with_lines or classes else []
    seen = frozenset(groups)
    lines = await asyncio.to_thread(_lines, rows, period, seen) if with_lines else ()
    stars = await asyncio.to_thread(count_stars, rows, period, classes, units=seen) if classes else None
    shown = seen.intersection(ids)
    known = tuple(PeerGroup(group.title, tuple(u for u in group.units if u in shown)) for group in peers)
    late = differences(snapshot, groups) if snapshot else []
    return Report(
        period=period,
        reader=reader.name,
        groups=groups,
        totals=add_up(groups, period),
        balance=balance,
        profile=profile,
        rankings=tuple(rank(profile, groups, (group for group in known if group.units))),
        lines=lines,
        snapshot=snapshot,
        late=tuple(d for d in late if may_read(reader, d.unit_id)),
        stars=stars,
        on_duty=on_duty,
        suspended=suspended,
    )


async def _counted(
    figures: FigureReads, period: Period, *, reader: Actor, hidden: list[UnitId]
) -> tuple[Groups, Balance | None]:
    """The balance is for who may read every unit that ever had a part in a ticket."""
    if may_read(reader, None) and not await figures.is_any_with(hidden):
        return await figures.groups_and_balance(period, reader=reader)
    return await figures.groups(period, reader=reader), None


async def _frozen(snapshots: Snapshots, period: Period) -> Snapshot | None:
    if not _is_a_month(period):
        return None
    return await snapshots.find(f"{period.since.astimezone(CHINA):%Y-%m}")


def _is_a_month(period: Period) -> bool:
    first = period.since.astimezone(CHINA)
    return first.day == 1 and (first + timedelta(days=31)).replace(day=1) == period.until.astimezone(CHINA)


def _lines(rows: list[FigureRow], period: Period, units: frozenset[UnitId | None]) -> tuple[Line, ...]:
    """The drill-down of every figure at once, by ticket and unit; what counts twice stands twice ("1 0")."""
    found: dict[tuple[str, UnitId | None], dict[FigureName, list[str]]] = {}
    for name in FigureName:
        for verdict in verdicts(name, rows, period):
            if verdict.unit_id not in units:
                continue
            if verdict.excluded is not None:
                said = verdict.excluded.value
            elif not verdict.counted:
                said = NOT_COUNTED
            else:
                said = COUNTED if verdict.tenths == 10 else f"{verdict.tenths / 10:g}"
            found.setdefault((verdict.number, verdict.unit_id), {}).setdefault(name, []).append(said)
    return tuple(
        Line(number, unit_id, {name: " ".join(words) for name, words in said.items()})
        for (number, unit_id), said in sorted(found.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    )
