"""Logging in and out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web

from bot import wording
from bot.people import LoginFailed, LoginLocked
from bot.services import SERVICES
from bot.web.access import LOGIN, Form, find_viewer, read_form, safe_next, sessions_of
from bot.web.errors import status_of
from bot.web.pages import Viewer, show
from bot.web.sessions import COOKIE, delete_cookie, set_cookie
from routing.workflow import Role


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """A login the demo shows on its login page; production has none."""

    role: Role
    user: str
    password: str
    unit_name: str = ""


DEMO_LOGINS: web.AppKey[list[DemoLogin]] = web.AppKey("demo_logins", list)


async def show_login(request: web.Request) -> web.Response:
    if await find_viewer(request) is not None:
        raise web.HTTPSeeOther(safe_next(request.query.get("next")))
    return _form(request, next_=safe_next(request.query.get("next")))


async def log_in(request: web.Request) -> web.StreamResponse:
    """A new session for the right password; any session this browser had before ends."""
    form = await read_form(request)
    if not from_our_own_page(request):
        raise web.HTTPForbidden
    services = request.app[SERVICES]
    next_ = safe_next(form.get("next"))
    username = form.get("user", "").strip()
    try:
        user = await services.people.log_in(username, form.get("password", ""), now=services.clock())
    except (LoginFailed, LoginLocked) as refused:
        words, status = wording.explain(refused), status_of(refused)
        return _form(request, next_=next_, username=username, words=words, status=status)
    sessions = sessions_of(request)
    if before := request.cookies.get(COOKIE):
        await sessions.end(before)
    value = await sessions.start(user.username, now=services.clock())
    response = web.Response(status=303, headers={"Location": next_})
    set_cookie(response, value, secure=services.settings.public_url.startswith("https://"))
    return response


async def log_out(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    await sessions_of(request).end(request.cookies[COOKIE])
    response = web.Response(status=303, headers={"Location": LOGIN})
    delete_cookie(response)
    return response


def _form(
    request: web.Request, *, next_: str, username: str = "", words: str | None = None, status: int = 200
) -> web.Response:
    context = {
        "next": next_,
        "username": username,
        "words": words,
        "demo_logins": request.app.get(DEMO_LOGINS, []),
    }
    return show(request, "login.html", context, status=status)


def from_our_own_page(request: web.Request) -> bool:
    """Browsers name the page a form was sent from; another site must not log somebody in as somebody else."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    public = request.app[SERVICES].settings.public_url
    try:
        site = urlsplit(origin).netloc
    except ValueError:  # such as "http://[": no page of ours
        return False
    return site in {request.host, urlsplit(public).netloc} - {""}
