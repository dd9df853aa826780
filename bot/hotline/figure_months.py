"""Frozen months and rankings over HTTP, cut to what the caller may read."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from bot.hotline import problems
from bot.hotline.fields import MomentOut, Since, Until
from bot.hotline.figures_json import FigureJson, every_figure, one_figure, period_of
from bot.hotline.models import NoBody, Query
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.tickets import READERS
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.wording import LABELS
from routing.departments import UnitId, UnitLevel, Units
from routing.figures.counting import FigureName, add_up
from routing.figures.queries import may_read
from routing.figures.scores import (
    PeerGroup,
    Ranking,
    ScoreProfile,
    ScoreProfileInvalid,
    load_score_profile,
    peers_by_level,
    rank,
)
from routing.figures.snapshots import Snapshot, Snapshots, differences, month_period
from routing.mongo_store import NEVER
from routing.workflow import Role

_RANKERS = READERS - {Role.LIAISON}
"""A ranking is made of other units' figures too."""


class MonthsQuery(Query):
    """Which frozen month to open."""

    month: Annotated[str, Field(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")] | None = Field(
        None, description="Like 2026-10; without it the months are only listed."
    )


class RankingQuery(Query):
    """Of which period, by which score profile."""

    from_: Since | None = Field(None, alias="from", description="Default: 30 days before today.")
    to: Until | None = Field(None, description="Default: open.")
    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")] = "county"


class ChangeJson(BaseModel):
    """Where facts that came later part a unit's living figure from the frozen one."""

    department: DepartmentJson | None
    figure: FigureName
    frozen: FigureJson
    now: FigureJson


class FrozenMonthJson(BaseModel):
    """A month as it was frozen: ``figures`` never change, ``changes`` say what is known since. ``rules`` is the version of
    the definitions it was counted by."""

    month: str
    taken_at: MomentOut
    rules: str
    figures: dict[FigureName, FigureJson]
    changes: list[ChangeJson]


class MonthsJson(BaseModel):
    """The frozen months, oldest first. ``frozen`` is the one asked for; null where none was, or it is not frozen."""

    months: list[str]
    frozen: FrozenMonthJson | None


class PointsJson(BaseModel):
    """One part of a score: ``earned`` of ``points``, null where its figure is blank."""

    figure: FigureName
    points: float
    earned: float | None


class ScoreJson(BaseModel):
    """What a unit earned: ``share`` = (``earned`` − ``deducted``) / ``available``, at the least 0; null with ``rank``
    where there was nothing to judge by."""

    department: DepartmentJson
    rank: int | None
    share: float | None
    earned: float
    available: float
    deducted: float
    parts: list[PointsJson]


class RankingJson(BaseModel):
    """One peer group in order; ``red`` are praised, ``black`` named."""

    group: str
    scores: list[ScoreJson]
    red: list[str]
    black: list[str]


class RankingsJson(BaseModel):
    """Every peer group by one profile. ``to`` null: the period is open."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut | None
    as_of: MomentOut
    profile: str
    title: str
    version: str
    rankings: list[RankingJson]


@operation(
    "GET",
    "/api/v1/figures/months",
    name="figure_months",
    summary="Frozen months, and one of them with what changed since.",
    roles=READERS,
    query=MonthsQuery,
    returns={200: MonthsJson},
)
async def months(call: Call[NoBody, MonthsQuery]) -> Result:
    snapshots = Snapshots(call.services.database, call.services.queries.figures)
    found = await snapshots.find(call.query.month) if call.query.month else None
    return 200, MonthsJson(
        months=await snapshots.months(), frozen=await _frozen(call, found) if found else None
    )


async def _frozen(call: Call[NoBody, MonthsQuery], snapshot: Snapshot) -> FrozenMonthJson:
    period = month_period(snapshot.month, as_of=call.now)
    living = await call.services.queries.figures.groups(period, reader=call.actor)
    readable = {u: own for u, own in snapshot.groups.items() if may_read(call.actor, u)}
    then = month_period(snapshot.month, as_of=snapshot.taken_at)
    changed = (d for d in differences(snapshot, living) if may_read(call.actor, d.unit_id))
    return FrozenMonthJson(
        month=snapshot.month,
        taken_at=snapshot.taken_at,
        rules=snapshot.rules,
        figures=every_figure(add_up(readable, then), then),
        changes=[
            ChangeJson(
                department=show_department(each.unit_id, call.services.units) if each.unit_id else None,
                figure=each.name,
                frozen=one_figure(each.frozen, then),
                now=one_figure(each.now, period),
            )
            for each in changed
        ],
    )


@operation(
    "GET",
    "/api/v1/figures/ranking",
    name="figure_ranking",
    summary="Units ranked among their peers by a score profile.",
    roles=_RANKERS,
    query=RankingQuery,
    returns={200: RankingsJson},
)
async def ranking(call: Call[NoBody, RankingQuery]) -> Result:
    query, services = call.query, call.services
    try:
        profile = load_score_profile(query.profile, extra=services.settings.data_dir)
    except ScoreProfileInvalid as wrong:
        raise problems.invalid({"profile": str(wrong)}) from None
    period = period_of(query.from_, query.to, call.now)
    groups = await services.queries.figures.groups(period, reader=call.actor)
    peers = [
        PeerGroup(each.title, tuple(u for u in each.units if u in groups))
        for each in peers_by_level(services.units, LABELS[UnitLevel])
    ]
    judged = rank(profile, groups, (each for each in peers if each.units))
    return 200, RankingsJson(
        from_=period.since,
        to=period.until if period.until < NEVER else None,
        as_of=period.as_of,
        profile=profile.name,
        title=profile.title,
        version=profile.version,
        rankings=[_ranking(each, profile, services.units) for each in judged],
    )


def _ranking(judged: Ranking, profile: ScoreProfile, units: Units) -> RankingJson:
    return RankingJson(
        group=judged.group.title,
        scores=[
            ScoreJson(
                department=show_department(UnitId(score.unit_id), units),
                rank=score.rank,
                share=score.share,
                earned=score.earned,
                available=score.available,
                deducted=score.deducted,
                parts=[
                    PointsJson(figure=part.figure, points=part.points, earned=earned)
                    for part, earned in zip(profile.parts, score.parts, strict=True)
                ],
            )
            for score in judged.scores
        ],
        red=list(judged.red),
        black=list(judged.black),
    )


ENDPOINTS: tuple[Endpoint, ...] = (months, ranking)
