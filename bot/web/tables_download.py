"""The tables in force as workbooks: changed in Excel and uploaded again, they are the next version."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable, Sequence
from urllib.parse import quote

import structlog
import xlsxwriter  # type: ignore[import-untyped]
from aiohttp import web

from bot.services import SERVICES
from bot.web.pages import Viewer, present
from bot.web.table_words import KINDS
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import TABLE_COLUMNS, TableKind, demo_rows
from routing.timing.calendar_store import MongoCalendarStore, in_force
from routing.timing.working_calendar import CHINA

log = structlog.get_logger(__name__)

_DAYS = "calendar"
_DAY_COLUMNS = ("notice_year", "date", "kind", "name", "notice")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def download(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """``?table=units``, ``duties`` or ``calendar``, under the headings an upload wants."""
    kind = request.query.get("table", "")
    if kind not in (TableKind.UNITS, TableKind.DUTIES, _DAYS):
        raise web.HTTPNotFound
    columns: Sequence[str] = _DAY_COLUMNS if kind == _DAYS else TABLE_COLUMNS[TableKind(kind)]
    rows = await _days(request) if kind == _DAYS else await _rows(request, TableKind(kind))
    body = await asyncio.to_thread(_workbook, columns, rows)
    log.info("table downloaded", by=viewer.actor.id, table=kind, rows=len(rows))
    name = quote(f"{KINDS[kind]}-{present(request).astimezone(CHINA).date().isoformat()}.xlsx")
    headers = {
        "Content-Disposition": f"attachment; filename=\"{kind}.xlsx\"; filename*=UTF-8''{name}",
        "Cache-Control": "no-store",
    }
    return web.Response(body=body, content_type=_WORKBOOK, headers=headers)


async def _rows(request: web.Request, kind: TableKind) -> list[list[str]]:
    """As an upload is compared with them: before the first import, the demo county's."""
    store = MongoReferenceStore(request.app[SERVICES].database)
    newest = await store.newest_version()
    tables = await store.rows(newest) if newest else await asyncio.to_thread(demo_rows)
    today = present(request).astimezone(CHINA).date().isoformat()
    past = "effective_to" if kind is TableKind.DUTIES else ""
    rows = [row for row in tables.of(kind) if not (past and row[past] and row[past] < today)]
    return [[row[column] for column in TABLE_COLUMNS[kind]] for row in rows]


async def _days(request: web.Request) -> list[list[str]]:
    """The national notices; local days are a file of their own."""
    calendar = await MongoCalendarStore(request.app[SERVICES].database).current()
    return sorted(
        [str(row.notice_year), row.day.isoformat(), row.kind.value, row.name, row.notice]
        for row in in_force(calendar.days)
        if not row.local
    )


def _workbook(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Every cell is text, so that no spreadsheet makes a number of a code or another date of a date."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "num_format": "@"})
    sheet = book.add_worksheet("表")
    sheet.set_column(0, len(columns) - 1, 18, text)
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(columns):
        sheet.write_string(0, column, heading, bold)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            sheet.write_string(line, column, cell, text)
    book.close()
    return out.getvalue()
