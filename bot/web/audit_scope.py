"""What every page of the audit asks for in its address, and the rows that answer it."""

from __future__ import annotations

import base64
import binascii
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.liaison import units_of
from bot.web.pages import Viewer, present, unit_name
from bot.web.periods import PRESETS, ChosenPeriod, chosen_period
from routing.audit.checks import NO_TOPIC, TopicsOf
from routing.audit.rows import AuditFilter, AuditRows, Found
from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.timing.working_calendar import CHINA

AUDITS = {"confusion": "派单对照", "types": "类型核对", "bias": "公平性", "samples": "抽查"}
"""The pages of the audit, as addresses and as people read them."""
_MOST = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Period, unit and channel, common to all pages of the audit."""

    chosen: ChosenPeriod
    unit: UnitId | None
    channel: Channel | None

    @property
    def query(self) -> dict[str, str]:
        """The scope as fields of an address."""
        fields = dict(self.chosen.query)
        if self.unit is not None:
            fields["unit"] = self.unit
        if self.channel is not None:
            fields["channel"] = self.channel
        return fields

    def href(self, path: str, **fields: str) -> str:
        """An address of the audit in this scope; empty fields are left out."""
        given = {name: value for name, value in fields.items() if value}
        return f"/console/audit/{path}?{urlencode({**self.query, **given})}"

    @property
    def words(self) -> str:
        """The days of receipt, both included."""
        return f"{self.chosen.first} 至 {self.chosen.last or '今天'}"

    @property
    def filter(self) -> AuditFilter:
        return AuditFilter(period=self.chosen.period, unit_id=self.unit, channel=self.channel)


def scope_of(request: web.Request) -> Scope:
    """The scope asked for; what cannot be read narrows nothing."""
    unit, channel = request.query.get("unit", "")[:_MOST], request.query.get("channel", "")
    return Scope(
        chosen=chosen_period(request.query, now=present(request)),
        unit=UnitId(unit) if unit else None,
        channel=Channel(channel) if channel in set(Channel) else None,
    )


async def rows_for(request: web.Request, viewer: Viewer, scope: Scope) -> Found:
    """The tickets of the scope that this reader may see."""
    return await AuditRows(request.app[SERVICES].database).find(scope.filter, reader=viewer.actor)


def around(
    request: web.Request, viewer: Viewer, scope: Scope, *, name: str, found: Found, asked: dict[str, str]
) -> dict[str, Any]:
    """What the pages' common head needs; ``asked`` is kept when period, unit or channel change."""
    return {
        "scope": scope,
        "audit": name,
        "audits": [(scope.href(path), words, path == name) for path, words in AUDITS.items()],
        "asked": asked,
        "presets": PRESETS,
        "channels": list(Channel),
        "units": units_of(viewer.actor, request.app[SERVICES]),
        "examined": len(found.rows),
        "complete": found.complete,
        "export_href": scope.href(f"{name}/export", **asked),
    }


def name_of(unit_id: str, services: Services) -> str:
    """A unit's short name; the centre for tickets without one."""
    return unit_name(UnitId(unit_id), services.units, short=True) if unit_id else "热线中心"


def topics_of(services: Services, *, at: datetime) -> TopicsOf:
    """The topics of every unit's duties in force, the most frequent first; 属地 duties count for all units of
    their level."""
    named: defaultdict[UnitId, Counter[str]] = defaultdict(Counter)
    local: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for duty in services.desk.triage.duties.in_force(at.astimezone(CHINA).date()):
        if duty.unit_id is not None:
            named[duty.unit_id][duty.topic] += 1
        elif duty.place_level is not None:
            local[duty.place_level][duty.topic] += 1
    found = {}
    for unit in services.units.all():
        own = named[unit.id] + (local[unit.level] if unit.place_id is not None else Counter())
        found[unit.id] = tuple(sorted(own, key=lambda topic: (-own[topic], topic)))
    return found


def topic_words(topic: str) -> str:
    return topic if topic != NO_TOPIC else "清单外"


# ---- cursors: where in an order of (number, ticket) a page ended

Place = tuple[float, str]


def encode_cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(f"{place[0]!r}|{place[1]}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> Place | None:
    """None for a cursor that is not one of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor[: _MOST * 2] + "=" * (-len(cursor) % 4)).decode()
        order, number = text.split("|", 1)
        return float(order), number
    except (ValueError, binascii.Error):
        return None
