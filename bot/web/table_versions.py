"""An earlier version of a city's tables or days off: what it changed, what going back to it would, and going back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.calendar_import import CalendarOutcome, back_to, changed_days
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer, present, show
from bot.web.table_words import (
    KINDS,
    Section,
    days_section,
    error_words,
    promise_words,
    sections_of,
    taken_words,
    warnings_of,
)
from routing.reference_back import compared, plan_back
from routing.reference_store import MongoReferenceStore, Origin, ReferenceChanged, ReferenceDamaged
from routing.reference_tables import Plan, TableKind, TableRows, demo_rows
from routing.tables import InvalidTable
from routing.timing.calendar_store import CalendarChanged, CalendarVersion, MongoCalendarStore
from routing.timing.working_calendar import CHINA

PAGE = "/console/tables"
MOST_WHY = 200
_NO_REASON = "请写明为什么退回，例如：导入时选错了文件。"
_OVERTAKEN = "另有一次导入刚刚完成。下面是对照最新一版的变动，请再看一遍。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What going back would do. With ``problem`` it cannot be done."""

    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problem: str = ""
    changes: bool = False
    may_apply: bool = False


# ---- units, duties and places


async def tables_version(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show_tables(request)


async def tables_back(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """The earlier set once more, as a version of its own."""
    services, number, base = request.app[SERVICES], _number(request), _whole(form.get("base", ""))
    why = form.get("why", "").strip()[:MOST_WHY]
    if not why:
        return await _show_tables(request, problem=_NO_REASON, status=422)
    store = MongoReferenceStore(services.database)
    if number >= base or (number and await store.version(number) is None):
        raise web.HTTPBadRequest
    try:
        tables, plans = await _plans_back(store, number, base, request)
        if not plans:
            return await _show_tables(request, problem="和现行的一样，不用退回。", status=409)
        said = f"退回到第 {number} 版" if number else "退回到随系统提供的单位表和权责清单"
        origin = Origin(by=viewer.user.username, at=present(request), files=(said,), why=why)
        new = await store.append(tables, plans, base=base, origin=origin)
    except ReferenceChanged:
        return await _show_tables(request, problem=_OVERTAKEN, why=why, status=409)
    except InvalidTable:
        return await _show_tables(request, problem="表格和现有数据对不上，退不回去。", why=why, status=409)
    await set_flash(request, viewer, f"已{said}，存为第 {new} 版，运行中的服务随即采用。")
    raise web.HTTPSeeOther(PAGE)


async def _plans_back(
    store: MongoReferenceStore, number: int, base: int, request: web.Request
) -> tuple[TableRows, dict[TableKind, Plan]]:
    """Raises ``InvalidTable``."""
    current, earlier = await _rows(store, base), await _rows(store, number)
    day = present(request).astimezone(CHINA).date()
    return await asyncio.to_thread(plan_back, current, earlier, day=day)


async def _rows(store: MongoReferenceStore, number: int) -> TableRows:
    """Before the first import, version 0, the demo county's tables were in force."""
    return await store.rows(number) if number else await asyncio.to_thread(demo_rows)


async def _show_tables(
    request: web.Request, *, problem: str = "", why: str = "", status: int = 200
) -> web.Response:
    services, number = request.app[SERVICES], _number(request)
    store = MongoReferenceStore(services.database)
    version, newest = await store.version(number), await store.newest_version()
    if version is None and number:
        raise web.HTTPNotFound
    try:
        after, before = await _rows(store, number), await _rows(store, max(number - 1, 0))
        made = await asyncio.to_thread(compared, before, after)
        back = await _tables_back_preview(services, store, number, newest, request)
    except ReferenceDamaged:
        problem, made, back = "库中的表已损坏，请从备份恢复。", {}, None
    context = {
        "title": f"单位表和权责清单第 {number} 版" if number else "随系统提供的单位表和权责清单",
        "by": version.origin.by if version else "",
        "at": version.origin.at if version else None,
        "files": "、".join(version.origin.files) if version else "",
        "reason": version.origin.why if version else "",
        "sections": _all_sections(made),
        "action": f"{PAGE}/versions/{number}/back",
    }
    return await _show(request, context, newest, back, problem=problem, why=why, status=status)


async def _tables_back_preview(
    services: Services, store: MongoReferenceStore, number: int, newest: int, request: web.Request
) -> Back | None:
    if number == newest:
        return None
    try:
        tables, plans = await _plans_back(store, number, newest, request)
    except InvalidTable as invalid:
        found = "；".join(error_words(each) for each in invalid.errors[:5])
        return Back(problem=f"退不回去：{found}")
    return Back(
        sections=_all_sections(plans),
        notes=("从今天起按这一版；以后才有的单位和事项今天起终止，以前的工单仍按当时的表。",),
        warnings=await warnings_of(services.database, tables, plans),
        changes=bool(plans),
    )


def _all_sections(plans: Mapping[TableKind, Plan]) -> tuple[Section, ...]:
    return tuple(
        section
        for kind, plan in plans.items()
        for section in sections_of(plan, before=KINDS[kind])
        if section.lines
    )


# ---- days off


async def days_version(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show_days(request)


async def days_back(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """The earlier days once more; promises on open tickets move only where that is asked for."""
    services = request.app[SERVICES]
    earlier, base = await _calendar(services, _number(request)), _whole(form.get("base", ""))
    why = form.get("why", "").strip()[:MOST_WHY]
    if not why:
        return await _show_days(request, problem=_NO_REASON, status=422)
    if earlier.number >= base:
        raise web.HTTPBadRequest
    try:
        outcome = await _days_back(
            services, earlier, base, by=viewer.user.username, why=why, apply=form.get("apply") == "yes"
        )
    except CalendarChanged:
        return await _show_days(request, problem=_OVERTAKEN, why=why, status=409)
    await set_flash(request, viewer, taken_words("放假安排已退回", outcome))
    raise web.HTTPSeeOther(PAGE)


async def _days_back(
    services: Services,
    earlier: CalendarVersion,
    base: int,
    *,
    by: str = "",
    why: str = "",
    apply: bool = False,
    dry_run: bool = False,
) -> CalendarOutcome:
    return await back_to(
        services.database,
        services.settings,
        earlier,
        base=base,
        dry_run=dry_run,
        apply=apply,
        by=by,
        why=why,
    )


async def _show_days(
    request: web.Request, *, problem: str = "", why: str = "", status: int = 200
) -> web.Response:
    services, number = request.app[SERVICES], _number(request)
    version = await _calendar(services, number)
    newest = await MongoCalendarStore(services.database).current_number()
    before = await _calendar(services, number - 1) if number else version
    back = None
    if number != newest:
        outcome = await _days_back(services, version, newest, dry_run=True)
        found = outcome.found.preview
        back = Back(
            sections=(days_section(outcome.days),) if outcome.days else (),
            notes=(promise_words(found),),
            changes=bool(outcome.days),
            may_apply=bool(found.changes),
        )
    made = changed_days(before.days, version.days)
    context = {
        "title": f"放假安排第 {number} 版" if number else "随系统提供的放假安排",
        "by": version.by,
        "at": version.at,
        "files": version.file,
        "reason": version.why,
        "sections": (days_section(made),) if made else (),
        "action": f"{PAGE}/days/{number}/back",
    }
    return await _show(request, context, newest, back, problem=problem, why=why, status=status)


async def _calendar(services: Services, number: int) -> CalendarVersion:
    found = await MongoCalendarStore(services.database).version(number)
    if found is None:
        raise web.HTTPNotFound
    return found


# ---- both


async def _show(
    request: web.Request,
    context: Mapping[str, object],
    newest: int,
    back: Back | None,
    *,
    problem: str,
    why: str,
    status: int,
) -> web.Response:
    by = str(context["by"])
    names = await request.app[SERVICES].staff.names({by} - {""})
    shown = {**context, "who": names.get(by, by), "back": back, "base": newest, "most_why": MOST_WHY}
    return show(request, "table_version.html", {**shown, "problem": problem, "why": why}, status=status)


def _number(request: web.Request) -> int:
    return _whole(request.match_info["number"], refusal=web.HTTPNotFound)


def _whole(text: str, *, refusal: type[web.HTTPClientError] = web.HTTPBadRequest) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise refusal
    return int(text)
