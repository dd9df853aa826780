"""Figures as numerator, denominator, exclusions and as-of time, with the tickets they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import takewhile

from pydantic import BaseModel, Field

from bot.hotline import problems
from bot.hotline.fields import MomentOut
from bot.hotline.models import FiguresQuery, GroupBy, NoBody
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.tickets import READERS
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.reports.attendance import attendance_of
from routing.departments import UnitId, Units
from routing.duty.roster import Attendance
from routing.duty.roster_store import MongoRosterStore
from routing.figures.counting import (
    Exclusion,
    Figure,
    FigureName,
    Groups,
    Period,
    Verdict,
    add_up,
)
from routing.figures.queries import Suspended, all_suspended, may_read
from routing.mongo_store import NEVER
from routing.timing.working_calendar import CHINA

_DEFAULT_DAYS = 30
DETAIL_PAGE = 1000
"""Verdicts a page of the drill-down holds."""


class FigureJson(BaseModel):
    """``value`` is numerator / denominator, null when there was nothing to count (never 0 %)."""

    numerator: int | float
    denominator: int
    value: float | None
    excluded: dict[Exclusion, int]
    as_of: MomentOut


class SuspendedJson(BaseModel):
    """挂账 in the period: tickets that stood still, and for how many of its days altogether. It keeps them out of
    ``closed_on_time`` while it lasts."""

    tickets: int
    days: float


class AttendanceJson(BaseModel):
    """在线值守率: shifts checked in for, of those whose time for it is over; ``value`` null without a shift, and all
    blank while ``in_use`` is false: nobody has ever checked in."""

    in_use: bool
    numerator: int
    denominator: int
    value: float | None
    as_of: MomentOut


class GroupJson(BaseModel):
    """The figures of one unit; ``department`` null collects what no unit had to keep."""

    department: DepartmentJson | None
    figures: dict[FigureName, FigureJson]
    suspended: SuspendedJson
    attendance: AttendanceJson


class VerdictJson(BaseModel):
    """One ticket's part: counted (numerator and denominator), not counted (denominator only), or excluded."""

    number: str
    department: DepartmentJson | None
    counted: bool
    excluded: Exclusion | None


class DetailJson(BaseModel):
    """The drill-down of one figure: of ``count`` verdicts, in the order of their numbers, those of one page. ``next``
    goes into ``detail_after`` for the following page; null at the end."""

    figure: FigureName
    count: int
    next: str | None
    verdicts: list[VerdictJson]


class FiguresJson(BaseModel):
    """``to`` null: the period is open. ``groups`` and ``detail`` are null unless asked for."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut | None
    figures: dict[FigureName, FigureJson]
    suspended: SuspendedJson
    attendance: AttendanceJson
    groups: list[GroupJson] | None
    detail: DetailJson | None


@operation(
    "GET",
    "/api/v1/figures",
    name="figures",
    summary="Every figure of a period, in total or by department, with a drill-down to the tickets.",
    roles=READERS,
    query=FiguresQuery,
    returns={200: FiguresJson},
    refuses=(404,),
)
async def figures(call: Call[NoBody, FiguresQuery]) -> Result:
    query, units = call.query, call.services.units
    period = period_of(query.from_, query.to, call.now)
    unit_id = units.get(UnitId(query.department)).id if query.department else None
    figures_ = call.services.queries.figures
    groups = await figures_.groups(period, reader=call.actor)
    if unit_id is not None:
        groups = {unit_id: groups[unit_id]} if unit_id in groups else {}
    suspended = await figures_.suspended(period, reader=call.actor)
    if unit_id is not None:
        suspended = {unit_id: suspended[unit_id]} if unit_id in suspended else {}
    attended = await _attendance(call, period, unit_id)
    detail = None
    if query.detail:
        # A ticket that changed hands is judged once per unit; everybody reads their own units' part.
        judged = await figures_.verdicts(query.detail, period, reader=call.actor, unit_id=unit_id)
        parts = [v for v in judged if unit_id is None or v.unit_id == unit_id]
        detail = _detail(query.detail, parts, units, page=query.detail_page, after=query.detail_after)
    return 200, FiguresJson(
        from_=period.since,
        to=period.until if period.until < NEVER else None,
        figures=every_figure(add_up(groups, period), period),
        suspended=_suspended(all_suspended(suspended)),
        attendance=_attended(attended, period),
        groups=_groups(groups, suspended, attended, period, units)
        if query.group_by is GroupBy.DEPARTMENT
        else None,
        detail=detail,
    )


async def _attendance(
    call: Call[NoBody, FiguresQuery], period: Period, unit_id: UnitId | None
) -> Mapping[UnitId, Attendance] | None:
    """By unit whose figures this reader may read; None while nobody ever checked in."""
    asked = [unit_id] if unit_id else [unit.id for unit in call.services.units.all()]
    return await attendance_of(
        MongoRosterStore(call.services.database),
        [unit for unit in asked if may_read(call.actor, unit)],
        everybody=[unit.id for unit in call.services.units.all()],
        period=period,
    )


def _attended(found: Mapping[UnitId, Attendance] | None, period: Period) -> AttendanceJson:
    """All of these units together."""
    each = (found or {}).values()
    attended, scheduled = sum(one.attended for one in each), sum(one.scheduled for one in each)
    return AttendanceJson(
        in_use=found is not None,
        numerator=attended,
        denominator=scheduled,
        value=attended / scheduled if scheduled else None,
        as_of=period.as_of,
    )


def period_of(since: datetime | None, until: datetime | None, now: datetime) -> Period:
    """The period asked for; from thirty days ago, and open, where nothing is said."""
    first_day = now.astimezone(CHINA).date() - timedelta(days=_DEFAULT_DAYS)
    since = since or datetime.combine(first_day, time(), CHINA)
    until = until or NEVER
    if since >= until:
        raise problems.invalid({"to": "must lie after from"})
    return Period(since, until, as_of=now)


def every_figure(figures_: Mapping[FigureName, Figure], period: Period) -> dict[FigureName, FigureJson]:
    """Every figure, those nothing concerned blank."""
    return {
        name: one_figure(figures_.get(name) or Figure(name, 0, 0, {}, period.as_of), period)
        for name in FigureName
    }


def one_figure(figure: Figure, period: Period) -> FigureJson:
    return FigureJson(
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        excluded={Exclusion(reason): many for reason, many in figure.excluded.items()},
        as_of=period.as_of,
    )


def _suspended(suspended: Suspended) -> SuspendedJson:
    return SuspendedJson(tickets=suspended.tickets, days=suspended.days)


def _groups(
    groups: Groups,
    suspended: Mapping[UnitId | None, Suspended],
    attended: Mapping[UnitId, Attendance] | None,
    period: Period,
    units: Units,
) -> list[GroupJson]:
    """In the order of the units' table, what has no unit last; every group has every figure."""
    shifts = attended or {}
    order = {unit.id: place for place, unit in enumerate(units.all())}
    ranked = sorted(
        {*groups, *suspended, *shifts},
        key=lambda u: (u is None, order.get(u, len(order)) if u else 0, u or ""),
    )
    return [
        GroupJson(
            department=show_department(unit_id, units) if unit_id else None,
            figures=every_figure(groups.get(unit_id, {}), period),
            suspended=_suspended(suspended.get(unit_id, Suspended())),
            attendance=_attended(
                None if attended is None else {u: each for u, each in shifts.items() if u == unit_id}, period
            ),
        )
        for unit_id in ranked
    ]


def _detail(
    name: FigureName, parts: list[Verdict], units: Units, *, page: int, after: str | None
) -> DetailJson:
    """``parts`` by number. After a number: what comes next whatever was filed meanwhile; a page ends with all of its
    last ticket's parts."""
    count = len(parts)
    if after is not None:
        parts = [v for v in parts if v.number > after]
    shown = parts[(page - 1) * DETAIL_PAGE : page * DETAIL_PAGE]
    rest = parts[page * DETAIL_PAGE :]
    shown += takewhile(lambda v: v.number == shown[-1].number, rest) if after is not None and shown else ()
    more = bool(shown) and parts[-1].number > shown[-1].number
    return DetailJson(
        figure=name,
        count=count,
        next=shown[-1].number if more else None,
        verdicts=[
            VerdictJson(
                number=v.number,
                department=show_department(v.unit_id, units) if v.unit_id else None,
                counted=v.counted,
                excluded=v.excluded,
            )
            for v in shown
        ],
    )


ENDPOINTS: tuple[Endpoint, ...] = (figures,)
