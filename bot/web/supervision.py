"""The supervisors' figures: every cell says percent and numbers, and opens onto the tickets it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from bot.figure_wording import MEANINGS
from bot.services import SERVICES, Services
from bot.web.liaison import heading_of, units_of
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.periods import PRESETS, ChosenPeriod, chosen_period
from bot.wording import label
from routing.audit.checks import Rate
from routing.departments import UnitId
from routing.figures.counting import Exclusion, Figure, FigureName, Verdict, add_up, count
from routing.figures.queries import all_suspended
from routing.queries import TicketFilter
from routing.workflow import State

DRILL_DOWN_PAGE = 50
_NO_UNIT = "none"
"""Stands in addresses for tickets no unit has yet."""
WANTED, ACCEPTABLE, TOO_MUCH = 0.9, 0.8, 0.1
"""Where a figure turns yellow, red, and where one of which less is better turns red. For the eye only."""
LESS_IS_BETTER = frozenset(
    {
        FigureName.OVERDUE_OPEN,
        FigureName.RETURNED,
        FigureName.MISDISPATCHED,
        FigureName.UNREASONABLE_RETURNS,
        FigureName.EXTENDED,
        FigureName.REOPENED,
        FigureName.REPEATED,
    }
)
NO_TONE = frozenset(
    {FigureName.CLOSED, FigureName.REPLIED, FigureName.REPLIED_PUBLICLY, FigureName.CLOSED_EARLY}
)
"""What came in yesterday cannot be closed yet, and nobody has to close early: a low share says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of one group, as shown."""

    name: FigureName
    percent: str
    numerator: int | float
    denominator: int
    excluded: str
    share: float
    """0 to 1, for the bar; 0 when there is nothing to count."""
    href: str
    tone: str = ""


_BLANK = Cell(
    name=FigureName.CLOSED,
    percent="—",
    numerator=0,
    denominator=0,
    excluded="",
    share=0.0,
    href="",
    tone="off",
)
"""Where a unit has nothing to do with a figure."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A department's line of the table."""

    unit: str
    cells: tuple[Cell, ...]


async def figures(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, chosen = request.app[SERVICES], chosen_period(request.query, now=present(request))
    queries = services.queries.figures
    judged = await queries.groups(chosen.period, reader=viewer.actor)
    groups = sorted(judged.items(), key=lambda group: _worst_first(group[1]))
    closing = [
        (
            _group_name(unit_id, services),
            _cell(figures_[FigureName.CLOSED_ON_TIME], _asked(chosen, unit_id or "")),
        )
        for unit_id, figures_ in groups
        if figures_.get(FigureName.CLOSED_ON_TIME) and figures_[FigureName.CLOSED_ON_TIME].denominator
    ]
    context = {
        "chosen": chosen,
        "presets": PRESETS,
        "cards": [_cell(figure, _asked(chosen, "")) for figure in add_up(judged, chosen.period).values()],
        "names": list(FigureName),
        "meanings": {name: meaning.terms for name, meaning in MEANINGS.items()},
        "groups": [
            GroupRow(_group_name(unit_id, services), _cells(figures_, chosen, unit_id))
            for unit_id, figures_ in groups
        ],
        "closing": closing,
        "export_href": f"/console/figures/export?{urlencode(chosen.query)}",
        "suspended": all_suspended(await queries.suspended(chosen.period, reader=viewer.actor)),
    }
    return show(request, "figures.html", context)


async def drill_down(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The tickets behind one figure: counted, not counted, or left out and why."""
    services, chosen = request.app[SERVICES], chosen_period(request.query, now=present(request))
    try:
        name = FigureName(request.match_info["name"])
    except ValueError:
        raise web.HTTPNotFound from None
    unit = request.query.get("unit", "")[:64]
    unit_id = UnitId(unit) if unit and unit != _NO_UNIT else None
    judged = await services.queries.figures.verdicts(
        name, chosen.period, reader=viewer.actor, unit_id=unit_id
    )
    judged = [v for v in judged if not unit or v.unit_id == unit_id]
    judged.sort(key=_failures_first(name))
    figure = count(name, judged, chosen.period)
    page = max(1, _page_number(request.query.get("page", "")))
    shown = judged[(page - 1) * DRILL_DOWN_PAGE : page * DRILL_DOWN_PAGE]
    found = await services.queries.search(
        TicketFilter(numbers=tuple({v.number for v in shown})), reader=viewer.actor, limit=DRILL_DOWN_PAGE
    )
    tickets = {ticket.number: ticket for ticket in found.tickets}
    context = {
        "chosen": chosen,
        "name": name,
        "meaning": MEANINGS[name].terms,
        "cell": _cell(figure, _asked(chosen, unit_id or "")),
        "unit": _group_name(unit_id, services) if unit else "",
        "lines": [
            {
                "number": v.number,
                "unit": _group_name(v.unit_id, services),
                "verdict": _verdict_words(v, name),
                "heading": heading_of(t) if (t := tickets.get(v.number)) else "",
                "state": label(t.state) if t else "",
            }
            for v in shown
        ],
        "total": len(judged),
        "page": page,
        "previous_href": _drill_href(name, chosen, unit, page=page - 1) if page > 1 else None,
        "next_href": _drill_href(name, chosen, unit, page=page + 1)
        if page * DRILL_DOWN_PAGE < len(judged)
        else None,
        "back_href": f"/console/figures?{urlencode(chosen.query)}",
        "units": units_of(viewer.actor, services),
        "unit_value": unit,
    }
    return show(request, "drill_down.html", context)


def percent(figure: Figure | Rate) -> str:
    """One decimal, and a second where one would round up to a hundred what is not all; blank as —."""
    if figure.value is None:
        return "—"
    one, two = f"{figure.value * 100:.1f}", f"{figure.value * 100:.2f}"
    if figure.numerator == figure.denominator or one != "100.0":
        return f"{one}%"
    return f"{two}%" if two != "100.00" else "99.99%"


def _cells(
    figures_: dict[FigureName, Figure], chosen: ChosenPeriod, unit_id: UnitId | None
) -> tuple[Cell, ...]:
    asked = _asked(chosen, unit_id or _NO_UNIT)
    return tuple(_cell(figures_[name], asked) if name in figures_ else _BLANK for name in FigureName)


def _cell(figure: Figure, asked: str) -> Cell:
    """``asked`` is what stands in the address of its tickets behind the question mark."""
    excluded = " · ".join(
        f"{label(Exclusion(reason))} {number}" for reason, number in sorted(figure.excluded.items())
    )
    return Cell(
        name=figure.name,
        percent=percent(figure),
        numerator=figure.numerator,
        denominator=figure.denominator,
        excluded=excluded,
        share=figure.value or 0.0,
        href=f"/console/figures/{figure.name}?{asked}",
        tone=_tone(figure),
    )


def _tone(figure: Figure) -> str:
    """Colour only where somebody should look: well under what is expected, or anything overdue."""
    if figure.value is None:
        return "off"
    if figure.name in NO_TONE:
        return ""
    if figure.name in LESS_IS_BETTER:
        return "late" if figure.value > TOO_MUCH else ""
    return "late" if figure.value < ACCEPTABLE else "soon" if figure.value < WANTED else ""


def _worst_first(figures_: dict[FigureName, Figure]) -> tuple[float, float]:
    closed = figures_.get(FigureName.CLOSED_ON_TIME)
    overdue = figures_.get(FigureName.OVERDUE_OPEN)
    share = closed.value if closed and closed.value is not None else 2.0
    return share, -(overdue.numerator if overdue else 0)


def _failures_first(name: FigureName) -> Callable[[Verdict], int]:
    """What a supervisor looks for first: the failures, or for overdue and returned the counted ones. Equals stay in
    the order of their numbers."""
    less_is_better = name in LESS_IS_BETTER
    return lambda verdict: 2 if verdict.excluded is not None else int(verdict.counted != less_is_better)


def _verdict_words(verdict: Verdict, name: FigureName) -> tuple[str, str]:
    """(tone, words)."""
    if verdict.excluded is not None:
        return "off", f"不计：{label(verdict.excluded)}"
    good = verdict.counted != (name in LESS_IS_BETTER)
    return ("met" if good else "late"), (MEANINGS[name].counted if verdict.counted else MEANINGS[name].other)


def _group_name(unit_id: UnitId | None, services: Services) -> str:
    return unit_name(unit_id, services.units, short=True) or f"{label(State.RECEIVED)}（热线中心）"


def _drill_href(name: FigureName, chosen: ChosenPeriod, unit: str, *, page: int) -> str:
    return f"/console/figures/{name}?{_asked(chosen, unit, page=page)}"


def _asked(chosen: ChosenPeriod, unit: str, *, page: int = 1) -> str:
    fields = {"unit": unit, **chosen.query} if unit else dict(chosen.query)
    return urlencode({**fields, "page": page} if page > 1 else fields)


def _page_number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 1
