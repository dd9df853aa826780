"""Who may open which of the citizens' pages. An unknown ticket and another citizen's are the same 404."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import urlencode

from aiohttp import web

from bot.redis_state import RateLimit
from bot.services import SERVICES
from bot.web.access import Form, read_form
from bot.web.citizen_links import citizen_path
from bot.web.citizen_pages import account_of, is_secure, show_citizen
from bot.web.citizen_sessions import COOKIE, CitizenSession, CitizenSessions
from bot.web.citizen_states import COOKIE as WAY_COOKIE
from bot.web.citizen_states import COOKIE_LASTS_S, States, mark_of
from bot.web.public_pages import reader_key
from bot.wechat.accounts import Account
from routing.errors import UnknownTicket
from routing.ticket import Ticket

_MOST_OWN = 5_000
_ENTRIES, _ENTRIES_WINDOW_S = 300, 60.0
"""From one address: after a notice to many, a whole town comes through a few addresses of its telephone company."""

ENTERED = "entered"
"""In the address one comes back to: whoever still has no session then cannot keep one, and is not sent round again."""


BY_WECHAT = "wechat"
"""In the address of who came in by a query code and now wants in as the follower they are."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody let in, on one account's pages."""

    account: Account
    session: CitizenSession


Shown = Callable[[web.Request, Visitor], Awaitable[web.StreamResponse]]
Acted = Callable[[web.Request, Visitor, Form], Awaitable[web.StreamResponse]]
Plain = Callable[[web.Request], Awaitable[web.StreamResponse]]


def sessions_of(request: web.Request) -> CitizenSessions:
    services = request.app[SERVICES]
    return CitizenSessions(services.redis, services.vault, services.settings.key_bytes())


def states_of(request: web.Request) -> States:
    services = request.app[SERVICES]
    return States(services.redis, services.settings.key_bytes())


async def find_session(request: web.Request, account: Account) -> CitizenSession | None:
    cookie = request.cookies.get(COOKIE)
    now = request.app[SERVICES].clock()
    return await sessions_of(request).find(cookie, account=account.name, now=now) if cookie else None


def shown(handler: Shown) -> Plain:
    """A page of the visitor's own. A stranger goes through WeChat first, or by number and query code."""

    async def show_page(request: web.Request) -> web.StreamResponse:
        account = account_of(request)
        session = await find_session(request, account)
        if session is None or (session.openid is None and BY_WECHAT in request.query):
            return await enter_first(request, account)
        return await handler(request, Visitor(account, session))

    return show_page


def done(handler: Acted) -> Plain:
    """A form of such a page: its token is checked before the handler sees it."""

    async def take_form(request: web.Request) -> web.StreamResponse:
        visitor = await visitor_of_form(request)
        form = await read_form(request)
        check_csrf(visitor, form.get("csrf", ""))
        return await handler(request, visitor, form)

    return take_form


def uploaded(handler: Shown) -> Plain:
    """A form that carries files: the handler reads its parts, and checks the token before it takes a file."""

    async def take_upload(request: web.Request) -> web.StreamResponse:
        visitor = await visitor_of_form(request)
        if request.content_type != "multipart/form-data":
            raise web.HTTPUnsupportedMediaType
        return await handler(request, visitor)

    return take_upload


async def visitor_of_form(request: web.Request) -> Visitor:
    """Whoever sends a form; with a session that ended meanwhile, they are led in again to the form's page."""
    account = account_of(request)
    session = await find_session(request, account)
    if session is None:
        number = request.match_info.get("number")
        raise web.HTTPSeeOther(citizen_path(account.name, number))
    return Visitor(account, session)


def check_csrf(visitor: Visitor, token: str) -> None:
    """Raises what HTTP has for a form that is not from a page of this session."""
    if not compare_digest(token.encode(), visitor.session.csrf.encode()):
        raise web.HTTPForbidden


def in_wechat(request: web.Request, account: Account) -> bool:
    """Whether WeChat can be asked who this is: outside its own browser it only says that it must be opened there."""
    oauth = request.app[SERVICES].oauth.get(account.name)
    return oauth is not None and (
        oauth.simulated or "MicroMessenger" in request.headers.get("User-Agent", "")
    )


async def enter_first(request: web.Request, account: Account) -> web.StreamResponse:
    """Send a stranger to WeChat, which sends them back at once; outside WeChat, to the page for number and code."""
    number = request.match_info.get("number", "")
    if not in_wechat(request, account):
        fields = f"?{urlencode({'number': number})}" if number else ""
        raise web.HTTPSeeOther(f"{citizen_path(account.name)}/find{fields}")
    if ENTERED in request.query:
        context = {"words": NO_COOKIE, "again": request.path, "find": f"{citizen_path(account.name)}/find"}
        return show_citizen(request, "citizen_stop.html", context, status=403)
    services = request.app[SERVICES]
    limits = RateLimit(services.redis)
    if not await limits.allow(f"entries:{reader_key(request)}", _ENTRIES, _ENTRIES_WINDOW_S):
        return too_many(request, account)
    mark = mark_of(request.cookies.get(WAY_COOKIE))
    state = await states_of(request).issue(
        account.name, mark=mark, back_to=request.path, now=services.clock()
    )
    redirect_uri = f"{public_base(request)}{citizen_path(account.name)}/enter"
    address = services.oauth[account.name].authorize_address(redirect_uri=redirect_uri, state=state)
    response = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    response.set_cookie(
        WAY_COOKIE,
        mark,
        path=citizen_path(account.name),
        max_age=COOKIE_LASTS_S,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )
    return response


NO_COOKIE = "没能记住您是从微信进来的，或者离上次打开已经超过2小时。请点“重新进入”。还不行，请按工单号查。"


def too_many(request: web.Request, account: Account) -> web.Response:
    context = {
        "words": "现在打开的人太多了。请过1分钟再点“重新进入”。",
        "again": request.path,
        "find": f"{citizen_path(account.name)}/find",
    }
    response = show_citizen(request, "citizen_stop.html", context, status=429)
    response.headers["Retry-After"] = str(int(_ENTRIES_WINDOW_S))
    return response


def public_base(request: web.Request) -> str:
    """The service's address as browsers know it; without a configured one, as this browser wrote it."""
    configured = request.app[SERVICES].settings.public_url.rstrip("/")
    return configured or f"{request.scheme}://{request.host}"


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """``filed_here`` is false for who only has its query code: they see what the chat tells such a one, and no more."""

    ticket: Ticket
    filed_here: bool


async def own_numbers(request: web.Request, visitor: Visitor) -> list[str]:
    """Every ticket this visitor may see, the newest first."""
    return sorted({*await _filed_here(request, visitor), *visitor.session.numbers}, reverse=True)


async def own_ticket(request: web.Request, visitor: Visitor) -> OwnTicket:
    """The ticket an address names. Raises ``UnknownTicket`` before it is even looked for, if it is not theirs."""
    number = request.match_info["number"].upper()
    filed_here = number in await _filed_here(request, visitor)
    if not filed_here and number not in visitor.session.numbers:
        raise UnknownTicket(number)
    return OwnTicket(await request.app[SERVICES].tickets.get(number), filed_here)


async def _filed_here(request: web.Request, visitor: Visitor) -> list[str]:
    openid = visitor.session.openid
    if openid is None:
        return []
    return await request.app[SERVICES].identities.numbers_of(
        account=visitor.account.name, openid=openid, limit=_MOST_OWN
    )
