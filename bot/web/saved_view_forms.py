"""Saving a list of tickets under a name, and forgetting it: forms of the inbox."""

from __future__ import annotations

from aiohttp import web

from bot.saved_views import MOST_QUERY, MOST_VIEWS
from bot.services import SERVICES
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer
from bot.web.sessions import Undo
from routing.errors import Incomplete, UsedUp

_INBOX = "/console/tickets"


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Back to the list it was about, with what became of it."""
    views, action = request.app[SERVICES].saved_views, request.match_info["action"]
    query, name = _query(form), form.get("name", "")
    before = {view.name: view.query for view in await views.of(viewer.user.username)}
    undo = None
    if action == "save":
        try:
            saved = await views.save(viewer.user.username, name, query)
        except Incomplete:
            words = "没有保存：请给视图起个名字。"
        except UsedUp:
            words = f"没有保存：最多{MOST_VIEWS}个视图，请先删掉不用的。"
        else:
            words = f"视图“{saved.name}”已保存，在列表上方点一下就能打开。"
            undo = _undo(saved.name, before.get(saved.name), back=query)
    elif action == "forget":
        await views.forget(viewer.user.username, name)
        words = f"视图“{name[:20]}”已删除。"
        undo = _undo(name, before[name]) if name in before else None
    else:
        raise web.HTTPNotFound
    await set_flash(request, viewer, words, undo=undo)
    raise web.HTTPSeeOther(f"{_INBOX}?{query}" if query else _INBOX)


def _undo(name: str, query: str | None, *, back: str = "") -> Undo:
    """The view as it stood before; None was none."""
    if query is None:
        return Undo(href="/console/views/forget", fields={"name": name, "query": back})
    return Undo(href="/console/views/save", fields={"name": name, "query": query})


def _query(form: Form) -> str:
    """The query of an address; control characters have no place in a header."""
    query = form.get("query", "")[:MOST_QUERY]
    return query if query.isascii() and query.isprintable() and " " not in query else ""
