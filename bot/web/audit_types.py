"""The type check: requests worded as one type and recorded as another, for a person to look at."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.services import SERVICES
from bot.web.audit_scope import Scope, around, name_of, rows_for, scope_of
from bot.web.audit_words import DOUBT_MEANINGS, DOUBTS
from bot.web.pages import Viewer, show
from bot.web.supervision import percent
from bot.wording import label
from routing.audit.checks import AuditRow, Rate
from routing.audit.types import SURE_FROM, Doubt, Group, Reading, by, judged, rate, read, registrar
from routing.citizen_request import RequestType
from routing.timing.sla import Profile
from routing.workflow import CITIZEN


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything the page shows of one doubt."""

    rate: Rate
    pairs: tuple[tuple[RequestType, RequestType, int], ...]
    """(worded as, recorded as, tickets), the most frequent first."""
    registrars: tuple[Group, ...]
    units: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One person's or unit's line of the table."""

    name: str
    percent: str
    rate: Rate
    href: str


async def types_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, scope = request.app[SERVICES], scope_of(request)
    doubt = doubt_of(request)
    found = await rows_for(request, viewer, scope)
    readings = await asyncio.to_thread(read, found.rows)
    counted, other = await asyncio.to_thread(_both, readings, doubt, services.profile)
    names = registrar_names(readings)
    context = {
        **around(request, viewer, scope, name="types", found=found, asked={"doubt": doubt}),
        "doubts": [
            (scope.href("types", doubt=each), words, each is doubt, other[each])
            for each, words in DOUBTS.items()
        ],
        "doubt_words": DOUBTS[doubt],
        "meaning": DOUBT_MEANINGS[doubt],
        "counted": counted,
        "percent": percent(counted.rate),
        "sure_from": f"{SURE_FROM:.0%}",
        "unclear": sum(not reading.clear for reading in readings),
        "tickets_href": scope.href("types/tickets", doubt=doubt),
        "pairs": [
            (
                label(worded),
                label(recorded),
                tickets,
                scope.href("types/tickets", doubt=doubt, worded=worded, recorded=recorded),
            )
            for worded, recorded, tickets in counted.pairs
        ],
        "registrars": group_lines(
            counted.registrars, scope, doubt, "registrar", lambda key: names.get(key, key)
        ),
        "by_unit": group_lines(counted.units, scope, doubt, "unit", lambda key: name_of(key, services)),
    }
    return show(request, "audit_types.html", context)


def doubt_of(request: web.Request) -> Doubt:
    asked = request.query.get("doubt", "")
    return Doubt(asked) if asked in set(Doubt) else Doubt.MILDER


def count(readings: list[Reading], doubt: Doubt, profile: Profile) -> Counted:
    found = judged(readings, doubt, profile)
    pairs = Counter((reading.worded, reading.row.request_type) for reading, doubtful in found if doubtful)
    ranked = sorted(pairs.items(), key=lambda each: (-each[1], each[0]))
    return Counted(
        rate(found),
        tuple((worded, recorded, tickets) for (worded, recorded), tickets in ranked),
        tuple(by(found, registrar)),
        tuple(by(found, unit_key)),
    )


def unit_key(row: AuditRow) -> str:
    return row.unit_id or ""


def registrar_names(readings: list[Reading]) -> dict[str, str]:
    """What each registrar is called; the citizen chose the type alone."""
    names = {r.row.registered_by.id: r.row.registered_by.name for r in readings if r.row.registered_by}
    return {**names, CITIZEN.id: "市民自己选的", "": "没有记录"}


def group_lines(
    groups: tuple[Group, ...], scope: Scope, doubt: Doubt, side: str, name: Callable[[str], str]
) -> list[GroupLine]:
    return [
        GroupLine(
            name(group.key),
            percent(group.rate),
            group.rate,
            scope.href("types/tickets", doubt=doubt, side=side, key=group.key or "-"),
        )
        for group in groups
    ]


def _both(readings: list[Reading], doubt: Doubt, profile: Profile) -> tuple[Counted, dict[Doubt, Rate]]:
    """The doubt that is shown, and the other's rate for its tab."""
    counted = count(readings, doubt, profile)
    rates = {each: counted.rate if each is doubt else rate(judged(readings, each, profile)) for each in Doubt}
    return counted, rates
