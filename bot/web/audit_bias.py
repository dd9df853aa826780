"""The bias report: the same rates by place, door and length of the request, with their intervals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.audit_scope import Scope, around, rows_for, scope_of
from bot.web.audit_words import GROUPS, LENGTHS, MEANINGS, MEASURES, PLACE_UNKNOWN, STANDINGS
from bot.web.pages import Viewer, present, show
from bot.web.supervision import percent
from bot.wording import label
from routing.audit.bias import ENOUGH, UNKNOWN, Compared, GroupBy, Length, Measure, Report, Standing, report
from routing.audit.checks import Rate
from routing.citizen_request import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCell:
    """One rate of one group; ``low`` to ``high`` is its interval in percent, ``all`` the rate of everybody."""

    percent: str
    rate: Rate
    low: float
    high: float
    at: float
    all: float | None
    flag: tuple[str, str] | None
    """(tone, words) when it is pointed out."""
    few: bool
    said: str
    href: str


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group's line of the table."""

    name: str
    tickets: int
    cells: tuple[RateCell, ...]
    hours: str


async def bias_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, scope = request.app[SERVICES], scope_of(request)
    group_by = group_by_of(request)
    found = await rows_for(request, viewer, scope)
    made = await asyncio.to_thread(report, found.rows, group_by, services.gazetteer, as_of=present(request))
    context = {
        **around(request, viewer, scope, name="bias", found=found, asked={"by": group_by}),
        "groups": [(scope.href("bias", by=each), words, each is group_by) for each, words in GROUPS.items()],
        "group_words": GROUPS[group_by],
        "measures": [(MEASURES[measure], MEANINGS[measure]) for measure in Measure],
        "everybody": [(MEASURES[m], MEANINGS[m], percent(rate), rate) for m, rate in made.everybody.items()],
        "all_hours": hours_words(made.dispatch_hours),
        "lines": lines_of(made, scope, group_by, services),
        "comparisons": made.comparisons,
        "pointed_out": made.pointed_out,
        "enough": ENOUGH,
    }
    return show(request, "audit_bias.html", context)


def group_by_of(request: web.Request) -> GroupBy:
    asked = request.query.get("by", "")
    return GroupBy(asked) if asked in set(GroupBy) else GroupBy.TOWNSHIP


def lines_of(made: Report, scope: Scope, group_by: GroupBy, services: Services) -> list[GroupLine]:
    return [
        GroupLine(
            group_words(group.key, group_by, services),
            group.tickets,
            tuple(
                _cell(
                    compared,
                    made.everybody[measure],
                    href=scope.href("bias/tickets", by=group_by, key=group.key or "-", measure=measure),
                )
                for measure, compared in group.compared.items()
            ),
            hours_words(group.dispatch_hours),
        )
        for group in made.groups
    ]


def group_words(key: str, group_by: GroupBy, services: Services) -> str:
    """A group's name; the id of a place the gazetteer has no more."""
    match group_by:
        case GroupBy.CHANNEL:
            return label(Channel(key)) if key in set(Channel) else key
        case GroupBy.LENGTH:
            return LENGTHS[Length(key)] if key in set(Length) else key
    if key == UNKNOWN:
        return PLACE_UNKNOWN
    try:
        return services.gazetteer.get(key).name
    except KeyError:
        return key


def hours_words(hours: float | None) -> str:
    if hours is None:
        return "—"
    if hours * 60 < 1:
        return "不到 1 分钟"
    if hours < 1:
        return f"{hours * 60:.0f} 分钟"
    return f"{hours:.1f} 小时" if hours < 48 else f"{hours / 24:.1f} 天"


def _cell(compared: Compared, everybody: Rate, *, href: str) -> RateCell:
    rate = compared.rate
    low, high = (round(end * 100, 1) for end in rate.interval)
    few = compared.standing is Standing.FEWER_THAN_ENOUGH
    said = f"{percent(rate)}，95%区间{low:.0f}%至{high:.0f}%，总体{percent(everybody)}"
    return RateCell(
        percent=percent(rate),
        rate=rate,
        low=low,
        high=high,
        at=(rate.value or 0.0) * 100,
        all=everybody.value * 100 if everybody.value is not None else None,
        flag=STANDINGS.get(compared.standing),
        few=few,
        said=f"{said}，件数太少" if few else said,
        href=href,
    )
