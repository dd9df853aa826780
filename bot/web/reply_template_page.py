"""答复模板: what a unit answers again and again, with gaps filled in from the ticket; each unit its own."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from bot.reply_templates import GAPS, MOST_TEMPLATES, MOST_TEXT, MOST_TITLE
from bot.services import SERVICES
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer, present, show
from bot.web.sessions import Undo
from routing.errors import Incomplete, UsedUp

PAGE = "/console/reply-templates"
_MISSING = {"title": "请写模板名称。", "text": "请写模板内容。"}


async def templates_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def add(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    services, unit_id = request.app[SERVICES], viewer.user.unit_id
    title, text = form.get("title", ""), form.get("text", "")
    try:
        await services.reply_templates.add(
            unit_id, title=title, text=text, by=viewer.user.name, now=present(request)
        )
    except (Incomplete, UsedUp) as refused:
        return await _show(request, viewer, at="new", problem=_words(refused), kept=form)
    await set_flash(request, viewer, f"模板“{title.strip()[:MOST_TITLE]}”已保存，写答复时可以直接用。")
    raise web.HTTPSeeOther(PAGE)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Save, delete, or take a deletion back. Another unit's template is as good as absent."""
    services, mine = request.app[SERVICES], {viewer.user.unit_id}
    template_id, action = request.match_info["name"], request.match_info["action"]
    store = services.reply_templates
    undo: Undo | None
    if action == "save":
        try:
            done = await store.change(
                template_id,
                mine,
                title=form.get("title", ""),
                text=form.get("text", ""),
                by=viewer.user.name,
                now=present(request),
            )
        except Incomplete as refused:
            return await _show(request, viewer, at=template_id, problem=_words(refused), kept=form)
        words, undo = "模板已保存。", None
    elif action == "delete":
        done = await store.delete(template_id, mine)
        words = "模板已删除。"
        undo = Undo(
            href=f"{PAGE}/{template_id}/restore", fields={"id": template_id}, words="恢复刚才删除的模板"
        )
    elif action == "restore":
        done = await store.restore(template_id, mine)
        words, undo = "模板已恢复。", None
    else:
        raise web.HTTPNotFound
    if not done:
        raise web.HTTPNotFound
    await set_flash(request, viewer, words, undo=undo)
    raise web.HTTPSeeOther(PAGE)


async def _show(
    request: web.Request,
    viewer: Viewer,
    *,
    at: str = "",
    problem: str = "",
    kept: Mapping[str, str] | None = None,
) -> web.Response:
    context = {
        "templates": await request.app[SERVICES].reply_templates.of({viewer.user.unit_id}),
        "at": at,
        "problem": problem,
        "kept": kept or {},
        "gaps": GAPS,
        "most_title": MOST_TITLE,
        "most_text": MOST_TEXT,
    }
    return show(request, "reply_templates.html", context, status=422 if problem else 200)


def _words(refused: Incomplete | UsedUp) -> str:
    if isinstance(refused, Incomplete):
        return _MISSING.get(refused.field, "请补全。")
    return f"每个单位最多{MOST_TEMPLATES}个模板。请先删掉不用的。"
