"""The import wizard: upload, look at what would come of it, agree; drafts for review, never anything public."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.knowledge import notes
from bot.knowledge.regions import why_no_region
from bot.services import Services
from bot.web.access import Form, set_flash
from bot.web.knowledge_fields import FIELD_WORDS
from bot.web.knowledge_import_runs import ImportRuns, Run, RunState, UnknownRun, begin, places_of
from bot.web.knowledge_pages import PAGE, person_of, services_of, show_knowledge, unit_choices
from bot.web.knowledge_upload import MOST_BYTES, MOST_FILES, TooMuch, read_upload_form
from bot.web.pages import Viewer, present, unit_name
from bot.wording import label
from knowledge_base.article import ArticleKind
from routing.departments import UnitId
from routing.errors import UnknownUnit

ADDRESS = f"{PAGE}/import"
_REFRESH_S = 2
_CHANGES = {
    "new": ("新增", "met"),
    "changed": ("更新", "calm"),
    "unchanged": ("没有变化", "off"),
    "refused": ("不能导入", "late"),
}
STATE_WORDS = {
    RunState.READING: "正在读取",
    RunState.PREVIEW: "等您确认",
    RunState.WRITING: "正在写入",
    RunState.DONE: "已导入",
    RunState.FAILED: "失败",
}


async def show_import(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _start(request, viewer)


async def upload(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Take the files and begin to read them; the editor is led to where it can be watched."""
    services = services_of(request)
    try:
        given = await read_upload_form(request, viewer)
    except TooMuch as too_much:
        return await _start(request, viewer, problem=too_much.words, status=413)
    unit = given.fields.get("unit", "")
    try:
        services.units.get(UnitId(unit))
    except UnknownUnit:
        return await _start(request, viewer, problem="请选择负责单位。", status=422)
    if not given.files:
        return await _start(request, viewer, problem="请选择要导入的文件。", status=422)
    region = " ".join(given.fields.get("region", "").split())[:60]
    if region and len(meant := places_of(services).get(region, ())) != 1:
        problem = f"适用地区：{why_no_region(region, meant)}。"
        return await _start(request, viewer, problem=problem, status=422)
    runs = ImportRuns(services.database)
    defaults = {"unit": unit, "region": region}
    run_id = await runs.open(given.files, by=viewer.user.username, defaults=defaults, now=present(request))
    run = await runs.get(run_id, by=viewer.user.username)
    begin(request.app, services, run, person_of(viewer), write=False)
    raise web.HTTPSeeOther(f"{ADDRESS}/{run_id}")


async def show_run(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """How far it has come; while something is going on the page asks again by itself, without any script."""
    services = services_of(request)
    run = await _run(services, request, viewer)
    broken = run.broken_off(present(request))
    working = run.state in (RunState.READING, RunState.WRITING) and not broken
    lines = [_line(one, services) for one in run.record.get("entries", [])]
    context = {
        "run": run,
        "href": f"{ADDRESS}/{run.id}",
        "state_words": "中断了" if broken else STATE_WORDS[run.state],
        "working": working,
        "broken": broken,
        "unit": unit_name(UnitId(run.defaults.get("unit", "")), services.units),
        "counts": [(words, tone, run.record.get(key, 0)) for key, (words, tone) in _CHANGES.items()],
        "lines": lines,
        "ends": list(dict.fromkeys(words for line in lines for words in line["ends"])),
        "left": run.record.get("left", 0),
        "problems": run.record.get("problems", []),
        "takes": run.record.get("new", 0) + run.record.get("changed", 0),
    }
    response = show_knowledge(request, viewer, "knowledge_import_run.html", context, tab="/import")
    if working:
        response.headers["Refresh"] = str(_REFRESH_S)
    return response


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Agree, begin again what broke off, or think better of it."""
    services, now = services_of(request), present(request)
    run = await _run(services, request, viewer)
    runs, action = ImportRuns(services.database), request.match_info["action"]
    broken = run.broken_off(now)
    if action == "forget":
        await runs.forget(run.id)
        await set_flash(request, viewer, "已放弃，文件也删除了。")
        raise web.HTTPSeeOther(ADDRESS)
    if action == "confirm":
        may, to = run.state is RunState.PREVIEW, RunState.WRITING
    elif action == "again":
        may, to = broken or run.state is RunState.FAILED, RunState.READING
    else:
        raise web.HTTPNotFound
    if may and (begun := await runs.move(run, to=to, now=now)):
        begin(request.app, services, begun, person_of(viewer), write=to is RunState.WRITING)
    raise web.HTTPSeeOther(f"{ADDRESS}/{run.id}")


async def _run(services: Services, request: web.Request, viewer: Viewer) -> Run:
    try:
        return await ImportRuns(services.database).get(request.match_info["name"], by=viewer.user.username)
    except UnknownRun:
        raise web.HTTPNotFound from None


async def _start(
    request: web.Request, viewer: Viewer, *, problem: str = "", status: int = 200
) -> web.Response:
    services = services_of(request)
    gazetteer = services.gazetteer
    context = {
        "units": unit_choices(services),
        "unit": str(viewer.user.unit_id),
        "region": gazetteer.get(gazetteer.home).name if gazetteer.home else "",
        "runs": [
            (f"{ADDRESS}/{run.id}", "、".join(run.files[:3]), len(run.files), STATE_WORDS[run.state], run.at)
            for run in await ImportRuns(services.database).latest(by=viewer.user.username)
        ],
        "most_files": MOST_FILES,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
        "problem": problem,
    }
    return show_knowledge(request, viewer, "knowledge_import.html", context, tab="/import", status=status)


def _line(entry: dict[str, Any], services: Services) -> dict[str, Any]:
    """One planned entry for the page, from the plan's own record."""
    words, tone = _CHANGES[entry["change"]]
    return {
        **entry,
        "words": words,
        "tone": tone,
        "kind_words": label(ArticleKind(entry["kind"])),
        "unit": unit_name(UnitId(entry.get("owner_unit_id") or ""), services.units, short=True),
        "ends": [notes.will_end(one["title"], one["resting"]) for one in entry.get("ends", [])],
        "differs": "、".join(FIELD_WORDS.get(name, name) for name in entry.get("fields", [])),
    }
