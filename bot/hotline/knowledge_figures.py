"""The library's figures: how much of what citizens ask it answers, whether that helps, and what waits to be written."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bot.hotline.fields import MomentOut
from bot.hotline.figures_json import period_of
from bot.hotline.models import GroupBy, KnowledgeFiguresQuery, NoBody
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.knowledge.rights import READERS, units_read_by
from knowledge_base.gaps.figures import Excluded, KnowledgeCount, KnowledgeFigure
from routing.departments import UnitId, Units
from routing.mongo_store import NEVER
from routing.workflow import Role


class KnowledgeFigureJson(BaseModel):
    """``value`` is numerator / denominator, null when there was nothing to count (never 0 %). The numerator of
    ``days_to_update`` is the sum of days, so its value is their mean."""

    numerator: float
    denominator: int
    value: float | None
    excluded: dict[Excluded, int]
    as_of: MomentOut


class KnowledgeGroupJson(BaseModel):
    """The figures of one unit; ``department`` null collects questions that seemed nobody's."""

    department: DepartmentJson | None
    figures: dict[KnowledgeFigure, KnowledgeFigureJson]


class KnowledgeFiguresJson(BaseModel):
    """``to`` null: the period is open. ``groups`` is null unless asked for."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut | None
    figures: dict[KnowledgeFigure, KnowledgeFigureJson]
    groups: list[KnowledgeGroupJson] | None


@operation(
    "GET",
    "/api/v1/answers/figures",
    name="answer-figures",
    summary="The knowledge base's figures of a period, in total or by department.",
    roles=READERS | {Role.OPERATOR, Role.DISPATCHER, Role.ADMINISTRATOR},
    query=KnowledgeFiguresQuery,
    returns={200: KnowledgeFiguresJson},
)
async def answer_figures(call: Call[NoBody, KnowledgeFiguresQuery]) -> Result:
    query, now = call.query, call.now
    period = period_of(query.from_, query.to, now)
    own = units_read_by(call.actor) if call.actor.role in READERS else None
    figures = call.services.knowledge_figures
    counted = await figures.totals(period.since, period.until, now=now, units=own)
    groups = None
    if query.group_by is GroupBy.DEPARTMENT:
        groups = _groups(
            await figures.by_unit(period.since, period.until, now=now, units=own), call.services.units
        )
    return 200, KnowledgeFiguresJson(
        from_=period.since,
        to=period.until if period.until < NEVER else None,
        figures=_figures(counted),
        groups=groups,
    )


def _groups(
    by_unit: dict[str | None, dict[KnowledgeFigure, KnowledgeCount]], units: Units
) -> list[KnowledgeGroupJson]:
    """In the order of the units' table; an owner the table no longer knows, and nobody, last."""
    order = {str(unit.id): place for place, unit in enumerate(units.all())}
    known = sorted((unit for unit in by_unit if unit in order), key=lambda unit: order[unit or ""])
    groups = [
        KnowledgeGroupJson(
            department=show_department(UnitId(unit or ""), units), figures=_figures(by_unit[unit])
        )
        for unit in known
    ]
    nobody = by_unit.get(None)
    return [*groups, KnowledgeGroupJson(department=None, figures=_figures(nobody))] if nobody else groups


def _figures(counted: dict[KnowledgeFigure, KnowledgeCount]) -> dict[KnowledgeFigure, KnowledgeFigureJson]:
    return {name: _figure(figure) for name, figure in counted.items()}


def _figure(figure: KnowledgeCount) -> KnowledgeFigureJson:
    assert figure.as_of is not None
    return KnowledgeFigureJson(
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
        excluded={Excluded(reason): many for reason, many in figure.excluded.items()},
        as_of=figure.as_of,
    )


ENDPOINTS: tuple[Endpoint, ...] = (answer_figures,)
