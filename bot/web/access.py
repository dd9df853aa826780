"""Who may open what: each console address declares its roles; nothing is served to a stranger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from urllib.parse import quote, urlsplit

from aiohttp import web

from bot.services import SERVICES
from bot.web.errors import error_page
from bot.web.pages import VIEWER, Viewer
from bot.web.sessions import COOKIE, Sessions, Undo
from routing.errors import NotYourRole, UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role

Form = Mapping[str, str]
Shown = Callable[[web.Request, Viewer], Awaitable[web.StreamResponse]]
Acted = Callable[[web.Request, Viewer, Form], Awaitable[web.StreamResponse]]
Plain = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOGIN = "/console/login"
LOGOUT = "/console/logout"
PASSWORD = "/console/password"  # noqa: S105 - an address
_BEFORE_A_PASSWORD_OF_ONES_OWN = frozenset({PASSWORD, LOGOUT, "/console/watermark.svg"})


def sessions_of(request: web.Request) -> Sessions:
    services = request.app[SERVICES]
    return Sessions(services.redis, services.settings.key_bytes())


def shown_to(roles: frozenset[Role], handler: Shown) -> Plain:
    """A page for those roles. A stranger is sent to log in first and comes back to the same address."""

    async def show_page(request: web.Request) -> web.StreamResponse:
        viewer = await find_viewer(request)
        if viewer is None:
            raise web.HTTPSeeOther(_login_then(request.path_qs))
        if viewer.unit_is_dissolved:
            return _without_a_unit(request)
        _require(viewer, roles)
        response = await handler(request, viewer)
        # A picture the page fetches must not swallow the sentence meant for the next page.
        if viewer.session.flash and response.content_type == "text/html":
            await sessions_of(request).forget_flash(viewer.session)
        return response

    return show_page


def done_by(roles: frozenset[Role], handler: Acted, *, most_bytes: int | None = None) -> Plain:
    """A form of those roles: its CSRF token is checked before the handler sees it. ``most_bytes`` is for forms that
    carry whole documents; others may be as large as the application lets any body be."""

    async def take_form(request: web.Request) -> web.StreamResponse:
        viewer = await find_viewer(request)
        if viewer is None:
            # Not back to the address of the form, which answers only a POST.
            raise web.HTTPSeeOther(_login_then(_page_of(request)))
        if viewer.unit_is_dissolved and request.path != LOGOUT:
            return _without_a_unit(request)
        _require(viewer, roles)
        form = await read_form(request, most_bytes=most_bytes)
        check_csrf(viewer, form.get("csrf", ""))
        return await handler(request, viewer, form)

    return take_form


def uploaded_by(roles: frozenset[Role], handler: Shown) -> Plain:
    """A form of those roles that carries files: the handler reads the parts itself and checks the token, which stands
    first, before it takes a file."""

    async def take_upload(request: web.Request) -> web.StreamResponse:
        viewer = await find_viewer(request)
        if viewer is None:
            raise web.HTTPSeeOther(_login_then(_page_of(request)))
        if viewer.unit_is_dissolved:
            return _without_a_unit(request)
        _require(viewer, roles)
        if request.content_type != "multipart/form-data":
            raise web.HTTPUnsupportedMediaType
        return await handler(request, viewer)

    return take_upload


def check_csrf(viewer: Viewer, token: str) -> None:
    """Raises what HTTP has for a form that is not from a page of this session."""
    if not compare_digest(token.encode(), viewer.session.csrf.encode()):
        raise web.HTTPForbidden


async def read_form(request: web.Request, *, most_bytes: int | None = None) -> Form:
    """The text fields of a form; the last of a name counts. Raises what HTTP has for a body that is no form.

    Our forms send no files, so the far larger grammar of multipart is not even parsed; and they are sent in UTF-8,
    while some other encodings can spell what no store takes.
    """
    if request.content_type != "application/x-www-form-urlencoded" or not _is_utf8(request.charset):
        raise web.HTTPUnsupportedMediaType
    if most_bytes is not None:
        # A limit of a request's own can only be given to a copy of it; the body has not been read yet.
        request = request.clone(client_max_size=most_bytes)
    try:
        fields = await request.post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _is_utf8(charset: str | None) -> bool:
    return charset is None or charset.lower().replace("-", "").replace("_", "") == "utf8"


async def set_flash(request: web.Request, viewer: Viewer, words: str, *, undo: Undo | None = None) -> None:
    """Say it on the next page this person opens, with the way back beside it."""
    await sessions_of(request).set_flash(viewer.session, words, undo)


def safe_next(address: str | None) -> str:
    """An address of our own console, or its home: a link must not lead elsewhere after login."""
    if not address or not address.startswith("/console/") or "\\" in address or not address.isprintable():
        return "/console/"
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path in (LOGIN, LOGOUT):
        return "/console/"
    return address


async def find_viewer(request: web.Request) -> Viewer | None:
    """Who is looking; None for a stranger, and for whoever may not come in any more."""
    services = request.app[SERVICES]
    cookie = request.cookies.get(COOKIE)
    session = await sessions_of(request).find(cookie, now=services.clock()) if cookie else None
    if session is None:
        return None
    # Read anew each time: a role that was taken away is gone with the next click.
    user = await services.people.find_user(session.username)
    if user is None or (user.sessions_since is not None and session.started_at < user.sessions_since):
        return None
    if user.password_is_temporary and request.path not in _BEFORE_A_PASSWORD_OF_ONES_OWN:
        raise web.HTTPSeeOther(PASSWORD)
    try:
        viewer = Viewer(
            user=user,
            actor=user.actor(services.units, on=services.clock().astimezone(CHINA).date()),
            session=session,
        )
    except UnknownUnit:
        nowhere = Actor(user.username, user.name, user.role)
        viewer = Viewer(user=user, actor=nowhere, session=session, unit_is_dissolved=True)
    request[VIEWER] = viewer
    return viewer


def _without_a_unit(request: web.Request) -> web.Response:
    return error_page(request, status=403, words="您的单位已撤并，请联系管理员。")


def _require(viewer: Viewer, roles: frozenset[Role]) -> None:
    if viewer.actor.role not in roles:
        raise NotYourRole("open", viewer.actor.role)


def _login_then(address: str) -> str:
    return f"{LOGIN}?next={quote(safe_next(address), safe='/')}"


def _page_of(request: web.Request) -> str:
    number = request.match_info.get("number")
    return f"/console/tickets/{number}" if number else "/console/"
