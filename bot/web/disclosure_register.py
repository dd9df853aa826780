"""依申请公开台账: one year of 登记, 备案 or 归档, the newest first, each line with its ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES
from bot.web.pages import Viewer, present, show
from bot.wording import label
from routing.disclosure.acts import Application
from routing.disclosure.rules import Register, shipped_rules
from routing.disclosure.store import MongoDisclosureRegister
from routing.redaction import redact
from routing.timing.working_calendar import CHINA

PAGE = "/console/disclosure"
_ON_A_PAGE = 50
_MOST_ASKED = 60
_FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry."""

    number: str
    ticket: str
    received_at: datetime
    applicant: str
    asked_for: str
    decision: str


async def register_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """An address of nobody's making shows this year's 登记."""
    this_year = present(request).astimezone(CHINA).year
    register, year, at = _asked(request.query, this_year)
    found = await MongoDisclosureRegister(request.app[SERVICES].database).register(register, year)
    shown = list(reversed(found))[(at - 1) * _ON_A_PAGE : at * _ON_A_PAGE]
    context: dict[str, Any] = {
        "lines": [_line(each, register) for each in shown],
        "total": len(found),
        "register": register,
        "year": year,
        "tabs": [(label(one), _href(one, year), one is register) for one in Register],
        "years": [
            (each, _href(register, each), each == year) for each in range(this_year, this_year - 4, -1)
        ],
        "first_href": _href(register, year) if at > 1 else None,
        "next_href": _href(register, year, page=at + 1) if at * _ON_A_PAGE < len(found) else None,
    }
    return show(request, "disclosure_register.html", context)


def _asked(query: Mapping[str, str], this_year: int) -> tuple[Register, int, int]:
    register, year = query.get("register", ""), _whole(query.get("year", ""))
    return (
        Register(register) if register in set(Register) else Register.ENTRY,
        year if _FIRST_YEAR <= year <= this_year else this_year,
        max(1, _whole(query.get("page", ""))),
    )


def _line(found: Application, register: Register) -> Line:
    ground = shipped_rules().grounds.get(found.decision.ground) if found.decision else None
    asked = " ".join(redact(found.asked_for).split())
    return Line(
        number=getattr(found, f"{register.value}_number"),
        ticket=found.ticket,
        received_at=found.received_at,
        applicant=label(found.applicant),
        asked_for=asked[:_MOST_ASKED] + ("…" if len(asked) > _MOST_ASKED else ""),
        decision=f"{label(ground.kind)}（{ground.title}）" if ground else "",
    )


def _href(register: Register, year: int, *, page: int = 1) -> str:
    fields = {"register": register.value, "year": str(year), **({"page": str(page)} if page > 1 else {})}
    return f"{PAGE}?{urlencode(fields)}"


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
