"""Choosing one's own password; whoever came in with a handed-over one does it first."""

from __future__ import annotations

from aiohttp import web

from bot.services import SERVICES
from bot.web.access import PASSWORD, Form, sessions_of
from bot.web.errors import status_of
from bot.web.pages import Viewer, present, show
from bot.web.sessions import set_cookie
from bot.wording import explain
from routing.errors import Refused


async def show_form(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return _form(request, viewer)


async def change(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Every other session of this person ends; this one goes on under a new cookie."""
    services = request.app[SERVICES]
    old, new = form.get("old", ""), form.get("new", "")
    if new != form.get("again", ""):
        return _form(request, viewer, problem="两次输入的新密码不一样，请重新输入。", status=422)
    try:
        await services.people.change_password(viewer.user.username, old, new, now=present(request))
    except Refused as refused:
        return _form(request, viewer, problem=explain(refused), status=status_of(refused))
    sessions = sessions_of(request)
    value = await sessions.start(viewer.user.username, now=present(request))
    started = await sessions.find(value, now=present(request))
    if started is not None:
        await sessions.set_flash(started, "密码已改。其他地方的登录都已退出。")
    response = web.Response(status=303, headers={"Location": "/console/"})
    set_cookie(response, value, secure=services.settings.public_url.startswith("https://"))
    return response


def _form(request: web.Request, viewer: Viewer, *, problem: str = "", status: int = 200) -> web.Response:
    context = {"problem": problem, "first": viewer.user.password_is_temporary, "action": PASSWORD}
    return show(request, "password.html", context, status=status)
