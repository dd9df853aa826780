"""The tickets behind one number of the audit, and what the machine had to say about each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.services import SERVICES, Services
from bot.triage_wording import say_reason
from bot.web.audit import axis_of, side_words
from bot.web.audit_bias import group_by_of, group_words
from bot.web.audit_scope import (
    AUDITS,
    Place,
    Scope,
    decode_cursor,
    encode_cursor,
    name_of,
    rows_for,
    scope_of,
    topics_of,
)
from bot.web.audit_types import doubt_of, registrar_names, unit_key
from bot.web.audit_words import DOUBT_MEANINGS, DOUBTS, MEANINGS, MEASURES, VERDICTS
from bot.web.liaison import for_reader, heading_of
from bot.web.pages import Viewer, present, show
from bot.wording import label
from routing.audit.bias import UNKNOWN, Measure, key_of
from routing.audit.bias import judge as judge_rate
from routing.audit.checks import AuditRow, pair_of
from routing.audit.types import Reading, judge, read, registrar
from routing.citizen_request import RequestType
from routing.queries import TicketFilter
from routing.ticket import Ticket
from routing.workflow import Actor

PAGE = 30
_MOST = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One ticket behind a number; the list goes by ``order``, smallest first."""

    order: float
    row: AuditRow
    tone: str
    words: str

    @property
    def place(self) -> Place:
        return self.order, self.row.number


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind one number: its name, what it means, its tickets, and the way back."""

    title: str
    meaning: str
    entries: list[Entry]
    back: str
    asked: dict[str, str]


async def tickets(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """One page of them; a cursor that cannot be read begins anew."""
    name = request.match_info["name"]
    if name not in _BEHIND:
        raise web.HTTPNotFound
    services, scope = request.app[SERVICES], scope_of(request)
    behind = await _BEHIND[name](request, viewer, scope)
    after = decode_cursor(request.query.get("cursor", ""))
    ordered = sorted(behind.entries, key=lambda entry: entry.place)
    rest = [entry for entry in ordered if after is None or entry.place > after]
    page = rest[:PAGE]
    numbers = tuple(entry.row.number for entry in page)
    found = await services.queries.search(TicketFilter(numbers=numbers), reader=viewer.actor, limit=PAGE)
    stored = {ticket.number: ticket for ticket in found.tickets}
    here = f"{name}/tickets"
    context = {
        "title": behind.title,
        "meaning": behind.meaning,
        "scope": scope,
        "audit_words": AUDITS[name],
        "back_href": behind.back,
        "total": len(ordered),
        "lines": [
            _line(entry, stored[entry.row.number], services, viewer.actor)
            for entry in page
            if entry.row.number in stored
        ],
        "first_href": scope.href(here, **behind.asked) if after is not None else None,
        "next_href": scope.href(here, **behind.asked, cursor=encode_cursor(page[-1].place))
        if len(rest) > PAGE
        else None,
    }
    return show(request, "audit_tickets.html", context)


def _line(entry: Entry, ticket: Ticket, services: Services, reader: Actor) -> dict[str, Any]:
    candidates = ticket.triage.candidates if ticket.triage else ()
    first = candidates[0] if candidates else None
    return {
        "number": ticket.number,
        "heading": heading_of(ticket),
        "received_at": ticket.received_at,
        "type": label(ticket.request_type),
        "unit": name_of(ticket.unit_id or "", services),
        "tone": entry.tone,
        "words": entry.words,
        "first": name_of(first.unit_id, services) if first else "",
        "automatic": ticket.triage is not None and ticket.triage.automatic,
        "reasons": "；".join(for_reader(say_reason(r), reader) for r in first.reasons) if first else "",
    }


# ---- what stands behind the numbers of each page


async def _confusion(request: web.Request, viewer: Viewer, scope: Scope) -> Behind:
    services, axis = request.app[SERVICES], axis_of(request)
    pair = _key(request, "guessed"), _key(request, "handled")
    found = await rows_for(request, viewer, scope)
    topics = topics_of(services, at=present(request))

    def cost(row: AuditRow) -> Entry:
        parts = [
            f"退单{row.returns}次" if row.returns else "",
            f"改派{row.transfers}次" if row.transfers else "",
        ]
        if row.days_lost:
            parts.append(f"耽误{row.days_lost:.1f}天")
        moved = "，".join(part for part in parts if part)
        return Entry(-row.days_lost, row, "soon" if moved else "off", moved or "没有退单、改派")

    entries = [cost(row) for row in found.rows if pair_of(row, axis, topics) == pair]
    guessed, handled = (side_words(key, axis, services) for key in pair)
    same = "机器首选与实际办理一致" if pair[0] == pair[1] else f"机器首选{guessed}，实际由{handled}办理"
    return Behind(
        f"{guessed} → {handled}",
        f"{same}。耽误久的在前",
        entries,
        scope.href("confusion", axis=axis),
        {"axis": axis, "guessed": pair[0] or "-", "handled": pair[1] or "-"},
    )


async def _bias(request: web.Request, viewer: Viewer, scope: Scope) -> Behind:
    services, group_by, key = request.app[SERVICES], group_by_of(request), _key(request, "key")
    try:
        measure = Measure(request.query.get("measure", ""))
    except ValueError:
        raise web.HTTPNotFound from None
    found, now = await rows_for(request, viewer, scope), present(request)
    entries = []
    for row in found.rows:
        verdict = judge_rate(measure, row, as_of=now)
        if verdict is not None and key_of(row, group_by, services.gazetteer) == key:
            # What fell short stands first, the newest of it before the older.
            order = (1e12 if verdict else 0.0) - row.received_at.timestamp()
            entries.append(Entry(order, row, "met" if verdict else "soon", VERDICTS[measure][not verdict]))
    return Behind(
        f"{group_words(key, group_by, services) if key != UNKNOWN else '地点不明'} · {MEASURES[measure]}",
        MEANINGS[measure],
        entries,
        scope.href("bias", by=group_by),
        {"by": group_by, "key": key or "-", "measure": measure},
    )


async def _types(request: web.Request, viewer: Viewer, scope: Scope) -> Behind:
    services, doubt = request.app[SERVICES], doubt_of(request)
    found = await rows_for(request, viewer, scope)
    readings = await asyncio.to_thread(read, found.rows)
    asked = {"doubt": str(doubt)}
    title = DOUBTS[doubt]
    wanted: list[Callable[[Reading], bool]] = []
    if (side := request.query.get("side", "")) in _SIDES:
        key, of = _key(request, "key"), _SIDES[side]
        asked |= {"side": side, "key": key or "-"}
        names: Mapping[str, str] = registrar_names(readings) if side == "registrar" else {}
        title = f"{names.get(key) or name_of(key, services)} · {title}"
        wanted.append(lambda reading: of(reading.row) == key)
    worded, recorded = request.query.get("worded", ""), request.query.get("recorded", "")
    if {worded, recorded} <= set(RequestType):
        asked |= {"worded": worded, "recorded": recorded}
        title = f"措辞像{label(RequestType(worded))}，登记为{label(RequestType(recorded))}"
        wanted.append(lambda reading: (reading.worded, reading.row.request_type) == (worded, recorded))
    entries = [
        _doubtful(reading)
        for reading in readings
        if all(each(reading) for each in wanted) and judge(doubt, reading, services.profile)
    ]
    meaning = f"{DOUBT_MEANINGS[doubt]}。疑似，需人工核对；措辞明显的在前"
    return Behind(title, meaning, entries, scope.href("types", doubt=doubt), asked)


def _doubtful(reading: Reading) -> Entry:
    words = (
        f"措辞像{label(reading.worded)}（{reading.confidence:.0%}），登记为{label(reading.row.request_type)}"
    )
    return Entry(-reading.confidence, reading.row, "soon", words)


_SIDES: dict[str, Callable[[AuditRow], str]] = {"registrar": registrar, "unit": unit_key}
_BEHIND = {"confusion": _confusion, "bias": _bias, "types": _types}


def _key(request: web.Request, name: str) -> str:
    """A key from the address, where ``-`` stands for the empty one."""
    value = request.query.get(name, "")[:_MOST]
    return "" if value == "-" else value
