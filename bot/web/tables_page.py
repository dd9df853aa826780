"""单位与规则: the units, duties and days off in force, and new ones from a file: looked at first, taken after a yes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from aiohttp import web

from bot.calendar_import import import_days
from bot.held_uploads import HeldUpload, HeldUploads
from bot.services import SERVICES, Services
from bot.table_imports import checked_plans, duty_rows, unit_rows
from bot.web.access import Form, set_flash
from bot.web.knowledge_upload import TooMuch, UploadLimits, read_upload_form
from bot.web.pages import Viewer, present, show
from bot.web.table_words import (
    KINDS,
    Seen,
    change_words,
    days_section,
    error_words,
    heading_words,
    promise_words,
    sections_of,
    taken_words,
    warnings_of,
)
from bot.wording import say_date
from routing.reference_store import MongoReferenceStore, Origin, ReferenceChanged, ReferenceDamaged
from routing.reference_tables import (
    TABLE_COLUMNS,
    Plan,
    TableKind,
    TableRows,
    demo_rows,
    plan_duties,
    plan_units,
)
from routing.tables import InvalidTable
from routing.timing.calendar_store import CalendarChanged, MongoCalendarStore, in_force, years_of
from routing.timing.official_days import CalendarFileInvalid, missing_from_notice, official_days_in
from routing.timing.working_calendar import CHINA

PAGE = "/console/tables"
_CALENDAR = "calendar"
_MOST_ERRORS = 100
_LIMITS = UploadLimits(
    files=1,
    file_bytes=4 * 1024 * 1024,
    bytes=5 * 1024 * 1024,
    one_too_large="更大的表请在服务器上用 huiyin import 导入。",
    too_many="一次上传一张表。",
    all_too_large="更大的表请在服务器上用 huiyin import 导入。",
)


class _Unfit(Exception):
    """The form cannot be used; the text says why."""


async def tables_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request)


async def upload(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The preview: nothing is taken yet."""
    services = request.app[SERVICES]
    try:
        form = await read_upload_form(request, viewer, limits=_LIMITS)
        held = await _held(form.fields, form.files, request)
    except (_Unfit, TooMuch) as unfit:
        return await _show(request, problem=str(unfit), status=422)
    seen = await _look(services, held, request)
    context = {"seen": seen, "token": "", "back": PAGE, "confirm": f"{PAGE}/confirm"}
    if seen.changes and not seen.errors:
        context["token"] = await HeldUploads(services.redis).hold(held, username=viewer.user.username)
    return show(request, "table_preview.html", context, status=422 if seen.errors else 200)


async def confirm(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Take what was previewed, if nothing else was taken since."""
    services, uploads, me = (
        request.app[SERVICES],
        HeldUploads(request.app[SERVICES].redis),
        viewer.user.username,
    )
    token = form.get("token", "")
    held = await uploads.find(token, username=me)
    if held is None:
        return await _show(request, problem="预览已过时，请重新上传。", status=409)
    try:
        if held.kind == _CALENDAR:
            said = await _take_days(services, held, viewer, request, apply=form.get("apply") == "yes")
        else:
            said = await _take_table(services, held, viewer, request)
    except (ReferenceChanged, CalendarChanged):
        return await _show(request, problem="另有一次导入刚刚完成。请重新上传，再看一遍变动。", status=409)
    except (InvalidTable, CalendarFileInvalid):
        return await _show(request, problem="表格和现有数据对不上了，请重新上传。", status=409)
    await uploads.let_go(token, username=me)
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


async def _held(
    fields: dict[str, str], files: Sequence[tuple[str, bytes]], request: web.Request
) -> HeldUpload:
    services, kind, day = request.app[SERVICES], fields.get("kind", ""), fields.get("day", "").strip()
    if kind not in (TableKind.UNITS, TableKind.DUTIES, _CALENDAR):
        raise web.HTTPBadRequest
    if not files:
        raise _Unfit("请选择文件。")
    name, data = files[0]
    if not name.lower().endswith((".csv", ".xlsx", ".xls")):
        raise _Unfit("请上传 CSV 或 Excel 文件。")
    if day and _date(day) is None:
        raise _Unfit("生效日期应如 2026-12-01。")
    if kind == _CALENDAR:
        base = await MongoCalendarStore(services.database).current_number()
    else:
        base = await MongoReferenceStore(services.database).newest_version()
    return HeldUpload(kind=kind, name=name, data=data, base=base, day=day)


async def _look(services: Services, held: HeldUpload, request: web.Request) -> Seen:
    title = KINDS[held.kind]
    try:
        if held.kind == _CALENDAR:
            return await _look_at_days(services, held, title)
        tables, plan = await _planned(services, held, request)
    except InvalidTable as invalid:
        errors = tuple(error_words(each) for each in invalid.errors[:_MOST_ERRORS])
        return Seen(title=title, file=held.name, errors=errors)
    except CalendarFileInvalid as invalid:
        return Seen(title=title, file=held.name, errors=invalid.errors[:_MOST_ERRORS])
    except ReferenceDamaged:
        return Seen(title=title, file=held.name, errors=("库中的表已损坏，请从备份恢复后再导入。",))
    warnings = await warnings_of(services.database, tables, {plan.kind: plan})
    notes = []
    if plan.effective_from:
        notes.append(f"从 {plan.effective_from.isoformat()} 起生效，以前的工单仍按当时的表。")
    return Seen(
        title=title,
        file=held.name,
        sections=sections_of(plan),
        notes=tuple(notes),
        warnings=warnings,
        changes=not plan.changes_nothing,
    )


async def _planned(services: Services, held: HeldUpload, request: web.Request) -> tuple[TableRows, Plan]:
    """Raises ``InvalidTable``. Before the first import the demo county's tables are what is in force."""
    store, kind = MongoReferenceStore(services.database), TableKind(held.kind)
    current = demo_rows() if held.base == 0 else await store.rows(held.base)
    day = _date(held.day) or present(request).astimezone(CHINA).date()

    def plan() -> tuple[TableRows, Plan]:
        if kind is TableKind.UNITS:
            rows = held.as_file(lambda file: unit_rows(file, current.places))
            made = plan_units(current, rows, effective_from=day)
        else:
            rows = held.as_file(lambda file: duty_rows(file, current.units))
            made = plan_duties(current, rows, effective_from=day)
        return checked_plans(current, {kind: made}, held.name)[0], made

    return await asyncio.to_thread(plan)


async def _take_table(services: Services, held: HeldUpload, viewer: Viewer, request: web.Request) -> str:
    tables, plan = await _planned(services, held, request)
    origin = Origin(by=viewer.user.username, at=present(request), files=(held.name,))
    store = MongoReferenceStore(services.database)
    number = await store.append(tables, {plan.kind: plan}, base=held.base, origin=origin)
    return f"{KINDS[held.kind]}已存为第 {number} 版，运行中的服务随即采用。"


async def _look_at_days(services: Services, held: HeldUpload, title: str) -> Seen:
    rows = await asyncio.to_thread(held.as_file, official_days_in)
    missing = missing_from_notice(rows)
    if missing:
        return Seen(title=title, file=held.name, errors=missing)
    outcome = await import_days(
        services.database, services.settings, rows, held.name, dry_run=True, apply=False, by=""
    )
    return Seen(
        title=title,
        file=held.name,
        sections=(days_section(outcome.days),),
        notes=(promise_words(outcome.found.preview),),
        changes=bool(outcome.days),
        may_apply=bool(outcome.found.preview.changes),
    )


async def _take_days(
    services: Services, held: HeldUpload, viewer: Viewer, request: web.Request, *, apply: bool
) -> str:
    if await MongoCalendarStore(services.database).current_number() != held.base:
        raise CalendarChanged
    rows = await asyncio.to_thread(held.as_file, official_days_in)
    outcome = await import_days(
        services.database,
        services.settings,
        rows,
        held.name,
        dry_run=False,
        apply=apply,
        by=viewer.user.username,
    )
    return taken_words("放假安排已导入", outcome)


async def _show(request: web.Request, *, problem: str = "", status: int = 200) -> web.Response:
    services = request.app[SERVICES]
    reference, calendars = MongoReferenceStore(services.database), MongoCalendarStore(services.database)
    versions, calendar = await reference.history(limit=20), await calendars.current()
    days = in_force(calendar.days)
    calendars_before = await calendars.history(limit=20)
    by = {*(version.origin.by for version in versions), *(each.by for each in calendars_before)} - {""}
    units = services.units.all()
    context = {
        "problem": problem,
        "versions": [
            (
                version,
                "；".join(f"{KINDS[kind]} {change_words(counts)}" for kind, counts in version.counts.items()),
            )
            for version in versions
        ],
        "in_force": await reference.current_version(),
        "names": await services.staff.names(by),
        "unit_count": len(units),
        "calendar": calendar,
        "calendars": calendars_before,
        "years": sorted(years_of(days)),
        "local_days": sum(row.local for row in days),
        "headings": {kind: "、".join(map(heading_words, columns)) for kind, columns in TABLE_COLUMNS.items()},
        "today": say_date(present(request)),
        "first_day": present(request).astimezone(CHINA).date().isoformat(),
    }
    return show(request, "tables.html", context, status=status)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
