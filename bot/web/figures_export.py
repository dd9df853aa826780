"""The figures of the chosen period as the workbook of ``huiyin export figures``, with the reader's name on every sheet."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import structlog
from aiohttp import web

from bot.reports.month import Report, gather_report
from bot.reports.workbook import write_workbook
from bot.services import SERVICES
from bot.web.pages import Viewer, present
from bot.web.periods import chosen_period
from bot.wording import LABELS
from routing.departments import UnitLevel, Units
from routing.duty.roster_store import MongoRosterStore
from routing.figures.scores import load_score_profile, peers_by_level
from routing.figures.snapshots import Snapshots

log = structlog.get_logger(__name__)

PROFILE = "county"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def export(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """What the reader may see on the page, and the same numbers; who took it and of when is logged."""
    services, chosen = request.app[SERVICES], chosen_period(request.query, now=present(request))
    reads, units = services.queries.figures, services.units
    report = await gather_report(
        reads,
        Snapshots(services.database, reads),
        chosen.period,
        reader=viewer.actor,
        profile=load_score_profile(PROFILE, extra=services.settings.data_dir),
        peers=peers_by_level(units, LABELS[UnitLevel]),
        units=units,
        rosters=MongoRosterStore(services.database),
    )
    body = await asyncio.to_thread(_workbook, report, units)
    log.info(
        "figures exported", by=viewer.actor.id, first=report.first_day, last=report.last_day, bytes=len(body)
    )
    filename = quote(f"考核指标-{report.first_day}-{report.last_day}.xlsx")
    headers = {
        "Content-Disposition": f"attachment; filename=\"figures.xlsx\"; filename*=UTF-8''{filename}",
        "Cache-Control": "no-store",
    }
    return web.Response(body=body, content_type=_WORKBOOK, headers=headers)


def _workbook(report: Report, units: Units) -> bytes:
    with TemporaryDirectory(prefix="huiyin-") as folder:
        out = Path(folder) / "figures.xlsx"
        write_workbook(report, out, units=units)
        return out.read_bytes()
