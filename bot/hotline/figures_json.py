"""Figures as numerator, denominator, exclusions and as-of time, with the tickets they are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta

from pydantic import BaseModel, Field

from bot.hotline import problems
from bot.hotline.fields import MomentOut
from bot.hotline.models import FiguresQuery, GroupBy, NoBody
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.tickets import READERS
from bot.hotline.triage_json import DepartmentJson, show_department
from routing.departments import UnitId, Units
from routing.figures import Exclusion, Figure, FigureName, FigureRow, Period, Verdict, count, verdicts
from routing.mongo_store import NEVER
from routing.workflow import Role
from routing.working_calendar import CHINA

_DEFAULT_DAYS = 30
DETAIL_PAGE = 1000
"""Verdicts a page of the drill-down holds."""


class FigureJson(BaseModel):
    """``value`` is numerator / denominator, null when there was nothing to count (never 0 %)."""

    numerator: int
    denominator: int
    value: float | None
    excluded: dict[Exclusion, int]
    as_of: MomentOut


class GroupJson(BaseModel):
    """The figures of one unit; ``department`` null collects what no unit had yet."""

    department: DepartmentJson | None
    figures: dict[FigureName, FigureJson]


class VerdictJson(BaseModel):
    """One ticket's part: counted (numerator and denominator), not counted (denominator only), or excluded."""

    number: str
    department: DepartmentJson | None
    counted: bool
    excluded: Exclusion | None


class DetailJson(BaseModel):
    """The drill-down of one figure: of ``count`` verdicts, in the order of their numbers, those of one page."""

    figure: FigureName
    count: int
    verdicts: list[VerdictJson]


class FiguresJson(BaseModel):
    """``to`` null: the period is open. ``groups`` and ``detail`` are null unless asked for."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut | None
    figures: dict[FigureName, FigureJson]
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
    rows = await call.services.queries.figure_rows(period, reader=call.actor, unit_id=unit_id)
    own = call.actor.unit_ids if call.actor.role is Role.LIAISON else None

    def concerns(judged: UnitId | None) -> bool:
        """A ticket that changed hands is judged once per unit; a unit's people read their own part."""
        return (unit_id is None or judged == unit_id) and (own is None or judged in own)

    # Judging a city's month takes a second: beside the event loop, WeChat does not wait for it.
    return 200, await asyncio.to_thread(_answer, rows, query, period, concerns, units)


def period_of(since: datetime | None, until: datetime | None, now: datetime) -> Period:
    """The period asked for; from thirty days ago, and open, where nothing is said."""
    first_day = now.astimezone(CHINA).date() - timedelta(days=_DEFAULT_DAYS)
    since = since or datetime.combine(first_day, time(), CHINA)
    until = until or NEVER
    if since >= until:
        raise problems.invalid({"to": "must lie after from"})
    return Period(since, until, as_of=now)


def _answer(
    rows: list[FigureRow],
    query: FiguresQuery,
    period: Period,
    concerns: Callable[[UnitId | None], bool],
    units: Units,
) -> FiguresJson:
    """Every figure judged once; totals, groups and drill-down are made of the same verdicts."""
    judged = _judge(rows, period, concerns)
    return FiguresJson(
        from_=period.since,
        to=period.until if period.until < NEVER else None,
        figures=_count(judged, period),
        groups=_groups(judged, period, units) if query.group_by is GroupBy.DEPARTMENT else None,
        detail=_detail(query.detail, judged[query.detail], units, page=query.detail_page)
        if query.detail
        else None,
    )


def _judge(
    rows: list[FigureRow], period: Period, concerns: Callable[[UnitId | None], bool]
) -> dict[FigureName, list[Verdict]]:
    return {name: [v for v in verdicts(name, rows, period) if concerns(v.unit_id)] for name in FigureName}


def _count(judged: dict[FigureName, list[Verdict]], period: Period) -> dict[FigureName, FigureJson]:
    return {name: _figure(count(name, parts, period), period) for name, parts in judged.items()}


def _figure(figure: Figure, period: Period) -> FigureJson:
    return FigureJson(
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        excluded={Exclusion(reason): many for reason, many in figure.excluded.items()},
        as_of=period.as_of,
    )


def _groups(judged: dict[FigureName, list[Verdict]], period: Period, units: Units) -> list[GroupJson]:
    """In the order of the units' table, what has no unit last; every group has every figure."""
    order = {unit.id: place for place, unit in enumerate(units.all())}
    by_unit: dict[UnitId | None, dict[FigureName, list[Verdict]]] = {}
    for name, parts in judged.items():
        for verdict in parts:
            group = by_unit.setdefault(verdict.unit_id, {each: [] for each in FigureName})
            group[name].append(verdict)
    ranked = sorted(by_unit, key=lambda u: (u is None, order.get(u, len(order)) if u else 0, u or ""))
    return [
        GroupJson(
            department=show_department(unit_id, units) if unit_id else None,
            figures=_count(by_unit[unit_id], period),
        )
        for unit_id in ranked
    ]


def _detail(name: FigureName, parts: list[Verdict], units: Units, *, page: int) -> DetailJson:
    parts = sorted(parts, key=lambda verdict: verdict.number)
    return DetailJson(
        figure=name,
        count=len(parts),
        verdicts=[
            VerdictJson(
                number=v.number,
                department=show_department(v.unit_id, units) if v.unit_id else None,
                counted=v.counted,
                excluded=v.excluded,
            )
            for v in parts[(page - 1) * DETAIL_PAGE : page * DETAIL_PAGE]
        ],
    )


ENDPOINTS: tuple[Endpoint, ...] = (figures,)
