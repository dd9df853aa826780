"""Rendering of the citizens' own pages: whose account it is, how large the letters are, what was just done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from bot.services import SERVICES
from bot.web.citizen_links import citizen_path
from bot.web.citizen_sessions import CitizenSession
from bot.web.public_pages import href
from bot.wechat.accounts import Account

HOME = "/my"
_SIZE_COOKIE = "huiyin_size"
_YEAR_S = 365 * 24 * 3600


def account_of(request: web.Request) -> Account:
    """The account an address names; raises what HTTP has for one that is none."""
    account = request.app[SERVICES].wechat_accounts.get(request.match_info.get("account", ""))
    if account is None:
        raise web.HTTPNotFound
    return account


def show_citizen(
    request: web.Request,
    template: str,
    context: Mapping[str, Any],
    *,
    session: CitizenSession | None = None,
    said: str | None = None,
    status: int = 200,
) -> web.Response:
    """The page, kept by no cache. ``said`` is what the last form led to."""
    services = request.app[SERVICES]
    wanted = request.query.get("size")
    big = wanted == "big" or (wanted is None and request.cookies.get(_SIZE_COOKIE) == "big")
    account = services.wechat_accounts.get(request.match_info.get("account", ""))
    around = {
        "big": big,
        "size_href": _size_href(request, "normal" if big else "big"),
        "account": account,
        "home": citizen_path(account.name) if account else "",
        "session": session,
        "csrf": session.csrf if session else "",
        "said": said,
        "here": request.path,
        "now": services.clock(),
    }
    response = aiohttp_jinja2.render_template(template, request, {**around, **context}, status=status)
    response.headers["Cache-Control"] = "no-store"
    if wanted in ("big", "normal"):
        response.set_cookie(
            _SIZE_COOKIE,
            wanted,
            path=HOME,
            max_age=_YEAR_S,
            httponly=True,
            samesite="Lax",
            secure=is_secure(request),
        )
    return response


def is_secure(request: web.Request) -> bool:
    """Whether cookies may go over https only."""
    return request.app[SERVICES].settings.public_url.startswith("https://")


def _size_href(request: web.Request, size: str) -> str:
    """The same page in the other size; after a form that was not taken, the page the form stood on."""
    if request.method not in ("GET", "HEAD"):
        return href(request.rel_url.raw_path.rpartition("/")[0], {"size": size})
    # Neither code nor state of a way back from WeChat belongs into an address of ours.
    kept = {name: value for name, value in request.query.items() if name in ("page", "number")}
    return href(request.rel_url.raw_path, {**kept, "size": size})
