"""督办大屏: what is open, due and late this minute, where it gathers, and how the last days went."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

import orjson
from aiohttp import web

from bot.live_board import BOARD, TooManyWatch, within
from bot.services import SERVICES, Services
from bot.similar_words import why_hot
from bot.web.access import find_viewer
from bot.web.inbox_asked import NONE
from bot.web.live_nearest import WITHOUT_UNIT, nearest_limits
from bot.web.pages import LIVE_ROLES, Viewer, present, show, unit_name
from bot.web.periods import chosen_period
from bot.web.supervision import percent
from bot.wording import label
from routing.departments import UnitId, UnitLevel, Units
from routing.errors import UnknownUnit
from routing.figures.counting import FigureName, add_up
from routing.live_counts import DayCount, LiveCounts, Standing
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role

PAGE = "/console/live"
HEARTBEAT_S = 15.0
LOOK_AGAIN_S = 60
"""How often a page without script is loaded anew, and how often an open stream asks whether its reader may still watch."""
_KINDS = ("open", "today", "at_risk", "overdue")
_WORDS = {"open": "在办", "today": "今天到期", "at_risk": "快到期", "overdue": "已超期"}
_TONES = {"open": "calm", "today": "soon", "at_risk": "soon", "overdue": "late"}
_DUE = {"open": "", "today": "today", "at_risk": "risk", "overdue": "overdue"}
_FIGURES = (
    FigureName.SIGN_IN_ON_TIME,
    FigureName.CLOSED_ON_TIME,
    FigureName.SATISFIED,
    FigureName.RETURNED,
)
_MOST_TOPICS, _MOST_HEAT_UNITS, _MOST_HOT = 8, 10, 5
_HEAT_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One live number: where it is shown, how it stands and where it leads."""

    key: str
    words: str
    value: int
    tone: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLine:
    """A unit's, or a level's, live numbers."""

    name: str
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A cell of topic × unit; ``shade`` 0 to 4 is how much of the largest cell it is."""

    value: int
    shade: int
    href: str


async def board(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now = request.app[SERVICES], present(request)
    units = _scope(viewer.actor)
    counts = LiveCounts(services.database)
    month = chosen_period({"period": "month"}, now=now)
    if request.query.get("part") == "nearest":
        nearest = await nearest_limits(services, reader=viewer.actor, now=now)
        part = show(request, "_live_nearest.html", {"nearest": nearest, "wall": _is_wall(request)})
        part.content_type = "text/plain"  # no page: what the next page is to say once stays kept for it
        return part
    standing, days, heat, hot, judged, nearest = await asyncio.gather(
        counts.standing(now),
        counts.days(now=now, units=units),
        counts.heat(now=now, units=units, days=_HEAT_DAYS),
        services.hotspots.latest(reader=viewer.actor, limit=_MOST_HOT),
        services.queries.figures.groups(month.period, reader=viewer.actor),
        nearest_limits(services, reader=viewer.actor, now=now),
    )
    mine = within(standing, units)
    figures = add_up(judged, month.period)
    since = now.astimezone(CHINA).date() - timedelta(days=_HEAT_DAYS - 1)
    context = {
        "numbers": _numbers("all", sum(mine.values(), Standing()), {}),
        "nearest": nearest,
        "levels": _levels(mine, services.units),
        "units": _unit_lines(mine, services.units),
        "figures": [
            (label(name), percent(figures[name]), figures[name], f"/console/figures/{name}?period=month")
            for name in _FIGURES
            if name in figures
        ],
        "may_see_figures": viewer.actor.role is Role.SUPERVISOR,
        "chart": _chart(days),
        "days": days,
        "heat": _heat(heat, services, since=since),
        "hot": [(each, why_hot(each, each.warned[-1]) if each.warned else "") for each in hot],
        "wall": _is_wall(request),
        "look_again_s": LOOK_AGAIN_S,
    }
    return show(request, "live.html", context)


def _is_wall(request: web.Request) -> bool:
    return request.query.get("wall") == "1"


async def events(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The numbers as server-sent events: at once, then whenever one changed; ends with the session and the service."""
    services, live = request.app[SERVICES], request.app[BOARD]
    units = _scope(viewer.actor)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    try:
        async with live.watching():
            await response.prepare(request)
            sent: dict[str, int] = {}
            looked_at, loop = asyncio.get_running_loop().time(), asyncio.get_running_loop()
            while not live.ended:
                if loop.time() - looked_at >= LOOK_AGAIN_S:
                    again = await find_viewer(request)
                    if again is None or again.actor.role not in LIVE_ROLES:
                        break
                    looked_at, units = loop.time(), _scope(again.actor)
                values = _values(within(live.latest, units), services.units)
                if live.latest and values != sent:
                    await response.write(b"event: numbers\ndata: " + orjson.dumps(values) + b"\n\n")
                    sent = values
                if not await live.changed(within_s=HEARTBEAT_S):
                    await response.write(b": still here\n\n")
    except TooManyWatch:
        return web.Response(status=503, headers={"Retry-After": str(LOOK_AGAIN_S)})
    except ConnectionError:
        pass  # the page was closed
    return response


def _scope(actor: Actor) -> frozenset[UnitId | None] | None:
    """The units whose numbers this reader may know; the auditor's are everybody's."""
    if actor.role is Role.AUDITOR:
        return None
    return frozenset({*actor.unit_ids, None})


def _values(standing: Mapping[UnitId | None, Standing], units: Units) -> dict[str, int]:
    """Every number of the page by its key."""
    parts = {"all": sum(standing.values(), Standing())}
    for unit_id, one in standing.items():
        parts[f"unit:{unit_id or NONE}"] = one
        if level := _level(unit_id, units):
            parts[f"level:{level}"] = parts.get(f"level:{level}", Standing()) + one
    return {f"{part}:{kind}": getattr(one, kind) for part, one in parts.items() for kind in _KINDS}


def _numbers(part: str, one: Standing, where: Mapping[str, str]) -> tuple[Number, ...]:
    return tuple(
        Number(
            key=f"{part}:{kind}",
            words=_WORDS[kind],
            value=getattr(one, kind),
            tone=_TONES[kind],
            href=_href(kind, where),
        )
        for kind in _KINDS
    )


def _href(kind: str, where: Mapping[str, str]) -> str:
    given = {**({"due": _DUE[kind]} if _DUE[kind] else {}), **where}
    return f"/console/tickets?{urlencode(given)}" if given else "/console/tickets"


def _levels(standing: Mapping[UnitId | None, Standing], units: Units) -> list[UnitLine]:
    """The highest level first; what no unit has, and a dissolved unit, have a line among the units and none here."""
    sums: dict[UnitLevel, Standing] = {}
    for unit_id, one in standing.items():
        if level := _level(unit_id, units):
            sums[level] = sums.get(level, Standing()) + one
    return [
        UnitLine(
            name=f"{label(level)}级单位", numbers=_numbers(f"level:{level}", sums[level], {"level": level})
        )
        for level in UnitLevel
        if level in sums
    ]


def _level(unit_id: UnitId | None, units: Units) -> UnitLevel | None:
    if unit_id is None:
        return None
    try:
        return units.get(unit_id).level
    except UnknownUnit:
        return None


def _unit_lines(standing: Mapping[UnitId | None, Standing], units: Units) -> list[UnitLine]:
    """The worst first: who has most overdue, then most at risk."""

    def worst(line: tuple[UnitId | None, Standing]) -> tuple[int, int, int]:
        return -line[1].overdue, -line[1].at_risk, -line[1].open

    return [
        UnitLine(
            name=unit_name(unit_id, units, short=True) or WITHOUT_UNIT,
            numbers=_numbers(f"unit:{unit_id or NONE}", one, {"unit": unit_id or NONE}),
        )
        for unit_id, one in sorted(standing.items(), key=worst)
    ]


def _heat(
    found: Mapping[tuple[str | None, UnitId | None], int], services: Services, *, since: date
) -> tuple[list[str], list[tuple[str, list[Heat]]]]:
    """The busiest topics against the busiest units: column heads and rows."""
    topics, units = _busiest(found, 0, _MOST_TOPICS), _busiest(found, 1, _MOST_HEAT_UNITS)
    most = max(found.values(), default=0)
    rows = [
        (
            topic or "未分类",
            [
                _cell(found.get((topic, UnitId(unit) if unit else None), 0), most, topic, unit, since)
                for unit in units
            ],
        )
        for topic in topics
        if any((topic, UnitId(unit) if unit else None) in found for unit in units)
    ]
    heads = [unit_name(UnitId(unit), services.units, short=True) if unit else "还没派" for unit in units]
    return heads, rows


def _busiest(found: Mapping[tuple[str | None, UnitId | None], int], side: int, most: int) -> list[str | None]:
    sums: dict[str | None, int] = {}
    for key, count in found.items():
        sums[key[side]] = sums.get(key[side], 0) + count
    return sorted(sums, key=lambda one: (-sums[one], one or ""))[:most]


def _cell(value: int, most: int, topic: str | None, unit: str | None, since: date) -> Heat:
    asked = {"tab": "all", "unit": unit or NONE, "topic": topic or NONE, "since": since.isoformat()}
    href = f"/console/tickets?{urlencode(asked)}" if value else ""
    return Heat(value=value, shade=-(-value * 4 // most) if most else 0, href=href)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Two lines over the last days in a box of 100 × 40, and what a screen reader says instead."""

    received: str
    closed: str
    top: int
    said: str


def _chart(days: Iterable[DayCount]) -> Chart:
    days = list(days)
    top = max([1, *(day.received for day in days), *(day.closed for day in days)])

    def line(values: Iterable[int]) -> str:
        last = max(len(days) - 1, 1)
        return " ".join(f"{n * 100 / last:.2f},{38 - 36 * v / top:.2f}" for n, v in enumerate(values))

    said = f"近{len(days)}天：受理{sum(d.received for d in days)}件，办结{sum(d.closed for d in days)}件"
    return Chart(
        received=line(day.received for day in days),
        closed=line(day.closed for day in days),
        top=top,
        said=said,
    )
