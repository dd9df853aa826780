"""Ways in and out: through WeChat, which says who it is, or with number and query code; and leaving."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES
from bot.talk import phrases
from bot.talk.following import TICKET_NUMBER
from bot.web.access import Form, read_form
from bot.web.citizen_access import (
    BY_WECHAT,
    ENTERED,
    Visitor,
    find_session,
    in_wechat,
    sessions_of,
    states_of,
)
from bot.web.citizen_codes import WINDOW_S, CodeTries
from bot.web.citizen_links import citizen_path
from bot.web.citizen_pages import account_of, is_secure, show_citizen
from bot.web.citizen_sessions import CitizenSession, delete_cookie, set_cookie
from bot.web.citizen_states import COOKIE as WAY_COOKIE
from bot.web.login import from_our_own_page
from bot.web.public_pages import reader_key
from bot.wechat.accounts import Account
from bot.wechat.oauth import OAuthFailure, OAuthRefused

_STOPS = {
    OAuthFailure.CODE_INVALID: (400, "这次打开的链接已经过期，或者不完整。请点“重新进入”。"),
    OAuthFailure.CODE_USED: (400, "这个链接已经用过一次了。请点“重新进入”。"),
    OAuthFailure.SNAPSHOT: (
        403,
        "现在是微信的“网页快照”，看不到您自己的诉求。请点页面最下方的“使用完整服务”，再点“重新进入”。",
    ),
    OAuthFailure.BUSY: (503, "微信那边没有回应，不是您的问题。请过一会儿点“重新进入”，或者按工单号查。"),
    OAuthFailure.ACCOUNT: (503, "现在不能从微信进入，我们正在处理。请先按工单号查，急事请拨打12345。"),
}


async def enter(request: web.Request) -> web.StreamResponse:
    """Back from WeChat with a code: who it is, a session, and on to the page they wanted."""
    account = account_of(request)
    services, now = request.app[SERVICES], request.app[SERVICES].clock()
    before = await find_session(request, account)
    mark = request.cookies.get(WAY_COOKIE, "")
    back_to = await states_of(request).redeem(
        account.name, request.query.get("state", ""), mark=mark, now=now
    )
    if back_to is None:
        if before is not None and before.openid is not None:
            # The back button, or a reload: they are in already.
            raise web.HTTPSeeOther(citizen_path(account.name))
        return _stop(request, account, OAuthFailure.CODE_INVALID)
    try:
        openid = await services.oauth[account.name].openid_of(request.query.get("code", ""))
    except OAuthRefused as refused:
        return _stop(request, account, refused.failure)
    value = await sessions_of(request).start(
        account.name, openid=openid, numbers=before.numbers if before else (), now=now
    )
    if before is not None:
        await sessions_of(request).end(before)
    response = _see_other(f"{back_to}?{ENTERED}=1")
    set_cookie(response, value, path=citizen_path(account.name), secure=is_secure(request))
    return response


def _stop(request: web.Request, account: Account, failure: OAuthFailure) -> web.Response:
    status, words = _STOPS[failure]
    home = citizen_path(account.name)
    context = {"words": words, "again": home, "find": f"{home}/find"}
    return show_citizen(request, "citizen_stop.html", context, status=status)


# ---- with number and query code


async def show_find(request: web.Request) -> web.StreamResponse:
    """For whoever is outside WeChat, or rang 12345."""
    account = account_of(request)
    number = request.query.get("number", "")[:20]
    session = await find_session(request, account)
    return _find_page(request, account, session, number=number if TICKET_NUMBER.fullmatch(number) else "")


async def find(request: web.Request) -> web.StreamResponse:
    """A wrong number and a wrong code get the same answer; both count, right ones do not."""
    account = account_of(request)
    if not from_our_own_page(request):
        raise web.HTTPForbidden
    form = await read_form(request)
    session = await find_session(request, account)
    number, code = _tidy(form.get("number", "")).upper(), _tidy(form.get("code", ""))
    if not TICKET_NUMBER.fullmatch(number):
        return _find_page(request, account, session, number=number[:20], mistake=phrases.BAD_NUMBER)
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return _find_page(request, account, session, number=number, mistake=phrases.BAD_CODE)
    services = request.app[SERVICES]
    tries = CodeTries(
        services.redis, reader_key(request, "code"), services.vault.blind_index(number, field="codes")
    )
    if not await tries.take():
        page = _find_page(request, account, session, mistake=phrases.CODE_BLOCKED, status=429)
        page.headers["Retry-After"] = str(WINDOW_S)
        return page
    ticket = await services.queries.find_with_code(number, code)
    if ticket is None:
        return _find_page(request, account, session, number=number, mistake=_WRONG)
    await tries.give_back()
    return await _let_in(request, account, session, ticket.number)


_NEEDS_CODE = "这张工单不是在这个微信里登记的，或者没有这个工单号。请输入查询码再看。"
_WRONG = "工单号和查询码对不上。请核对后再试。"


async def _let_in(
    request: web.Request, account: Account, session: CitizenSession | None, number: str
) -> web.StreamResponse:
    response = _see_other(citizen_path(account.name, number))
    if session is not None:
        await sessions_of(request).open_also(session, number)
        return response
    now = request.app[SERVICES].clock()
    value = await sessions_of(request).start(account.name, openid=None, numbers=(number,), now=now)
    set_cookie(response, value, path=citizen_path(account.name), secure=is_secure(request))
    return response


def _find_page(
    request: web.Request,
    account: Account,
    session: CitizenSession | None,
    *,
    number: str = "",
    mistake: str = "",
    status: int = 422,
) -> web.Response:
    home = citizen_path(account.name)
    context = {
        "number": number,
        "mistake": mistake,
        "by_wechat": f"{home}?{BY_WECHAT}=1"
        if in_wechat(request, account) and not (session and session.openid)
        else "",
    }
    said = "已经退出。" if "left" in request.query and session is None else None
    if "ask" in request.query and not mistake:
        said = _NEEDS_CODE
    return show_citizen(
        request, "citizen_find.html", context, session=session, said=said, status=status if mistake else 200
    )


def _tidy(said: str) -> str:
    """Full-width digits and blanks, as a Chinese keyboard writes them."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in said[:60])
    return "".join(narrow.split())


# ---- out again


async def leave(request: web.Request, visitor: Visitor, form: Form) -> web.StreamResponse:
    """Forget who it was at once: the telephone may be somebody else's."""
    await sessions_of(request).end(visitor.session)
    home = citizen_path(visitor.account.name)
    response = _see_other(f"{home}/find?{urlencode({'left': '1'})}")
    delete_cookie(response, path=home)
    return response


def _see_other(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
