"""The confusion browser: which unit or topic the machine thought of first, and which it turned out to be."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.audit_scope import Scope, around, name_of, rows_for, scope_of, topic_words, topics_of
from bot.web.audit_words import AXES, LEFT_OUT
from bot.web.liaison import for_reader
from bot.web.pages import Viewer, present, show
from bot.web.supervision import percent
from routing.audit.checks import Axis, Cell, Confusion, Rate, confusion
from routing.workflow import Actor

MOST_LINES = 60
MOST_IN_MATRIX = 12
"""Units or topics on each side of the heat map: more cannot be read."""
_SHADES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One pair, as shown."""

    guessed: str
    handled: str
    tickets: int
    automatic: int
    returns: int
    transfers: int
    days: str
    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Square:
    """One cell of the heat map; ``shade`` 0 to 5 is its share of the row."""

    tickets: int
    shade: int
    agrees: bool
    href: str
    said: str


async def landing(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    raise web.HTTPSeeOther("/console/audit/confusion")


async def confusion_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, scope = request.app[SERVICES], scope_of(request)
    axis = axis_of(request)
    found = await rows_for(request, viewer, scope)
    topics = topics_of(services, at=present(request))
    counted = await asyncio.to_thread(confusion, found.rows, axis, topics)
    mistakes = counted.mistakes
    agreeing = Rate(counted.agreeing, counted.tickets)
    context = {
        **around(request, viewer, scope, name="confusion", found=found, asked={"axis": axis}),
        "axis": axis,
        "axes": [(scope.href("confusion", axis=each), words, each is axis) for each, words in AXES.items()],
        "agreeing": agreeing,
        "agreeing_percent": percent(agreeing),
        "wrong_tickets": sum(cell.tickets for cell in mistakes),
        "moved": sum(cell.returns + cell.transfers for cell in mistakes),
        "days": f"{sum(cell.days_lost for cell in mistakes):.1f}",
        "left_out": [(LEFT_OUT[reason], count) for reason, count in sorted(counted.left_out.items())],
        "lines": [line_of(cell, scope, axis, services, viewer.actor) for cell in mistakes[:MOST_LINES]],
        "more": max(0, len(mistakes) - MOST_LINES),
        "matrix": _matrix(counted, scope, axis, services),
    }
    return show(request, "audit_confusion.html", context)


def axis_of(request: web.Request) -> Axis:
    asked = request.query.get("axis", "")
    return Axis(asked) if asked in set(Axis) else Axis.UNIT


def line_of(cell: Cell, scope: Scope, axis: Axis, services: Services, reader: Actor) -> Line:
    words = "、".join(f"{word}×{count}" for word, count in cell.deciding_words)
    return Line(
        guessed=side_words(cell.guessed, axis, services),
        handled=side_words(cell.handled, axis, services),
        tickets=cell.tickets,
        automatic=cell.automatic,
        returns=cell.returns,
        transfers=cell.transfers,
        days=f"{cell.days_lost:.1f}",
        words=for_reader(words, reader),
        href=_cell_href(cell.guessed, cell.handled, scope, axis),
    )


def side_words(key: str, axis: Axis, services: Services) -> str:
    """A unit's or a topic's name."""
    return name_of(key, services) if axis is Axis.UNIT else topic_words(key)


def _matrix(
    counted: Confusion, scope: Scope, axis: Axis, services: Services
) -> tuple[list[str], list[tuple[str, int, list[Square]]]] | None:
    """(columns, rows of (name, all its tickets, squares)) of what is most often confused; None when nothing is."""
    weight: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for cell in counted.cells:
        rows[cell.guessed] += cell.tickets
        if not cell.agrees:
            weight[cell.guessed] += cell.tickets
            weight[cell.handled] += cell.tickets
    keys = [key for key, _ in sorted(weight.items(), key=lambda each: (-each[1], each[0]))[:MOST_IN_MATRIX]]
    if not keys:
        return None
    tickets = {(cell.guessed, cell.handled): cell.tickets for cell in counted.cells}
    names = {key: side_words(key, axis, services) for key in keys}
    lines = []
    for guessed in (key for key in keys if rows[key]):
        squares = []
        for handled in keys:
            number = tickets.get((guessed, handled), 0)
            share = number / rows[guessed]
            shade = 0 if not number else max(1, round(share * _SHADES))
            said = f"机器首选{names[guessed]}，{names[handled]}办理：{number}件，占{share:.0%}"
            href = _cell_href(guessed, handled, scope, axis) if number else ""
            squares.append(Square(number, shade, guessed == handled, href, said))
        lines.append((names[guessed], rows[guessed], squares))
    return [names[key] for key in keys], lines


def _cell_href(guessed: str, handled: str, scope: Scope, axis: Axis) -> str:
    # Topics may be empty (no duty): the field must then still be there.
    return scope.href("confusion/tickets", axis=axis, guessed=guessed or "-", handled=handled or "-")
