"""What every public page needs: rendering without a login, the reader's letter size, who asks from where."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.redis_state import RateLimit
from bot.services import SERVICES
from bot.web.client_address import client_address

PAGE = "/answers"
_SIZE_COOKIE = "huiyin_size"
_YEAR_S = 365 * 24 * 3600
_SEARCHES, _SEARCHES_WINDOW_S = 120, 60
"""From one address: many people of one building may search at once, a script must not keep WeChat waiting."""


def show_public(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """The page for anybody. It is not kept by caches: what is in force changes from one day to the next."""
    wanted = request.query.get("size")
    big = wanted == "big" or (wanted is None and request.cookies.get(_SIZE_COOKIE) == "big")
    services = request.app[SERVICES]
    around = {
        "big": big,
        "size_href": href(request.rel_url.raw_path, {**request.query, "size": "normal" if big else "big"}),
        "place": place_words(request),
        "here": request.path,
        "now": services.clock(),
    }
    response = aiohttp_jinja2.render_template(template, request, {**around, **context}, status=status)
    response.headers["Cache-Control"] = "no-store"
    if wanted in ("big", "normal"):
        secure = services.settings.public_url.startswith("https://")
        response.set_cookie(
            _SIZE_COOKIE, wanted, path=PAGE, max_age=_YEAR_S, httponly=True, samesite="Lax", secure=secure
        )
    return response


def href(path: str, fields: Mapping[str, str]) -> str:
    """The address with those of the fields that say something."""
    given = {name: value for name, value in fields.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def place_words(request: web.Request) -> str:
    """Whose page this is: the name of the area the installation serves."""
    gazetteer = request.app[SERVICES].gazetteer
    name = gazetteer.get(gazetteer.home).name if gazetteer.home else ""
    return f"{name}12345" if name else "12345"


def reader_key(request: web.Request, *parts: str) -> str:
    """A key for counting what one reader does, which says nothing of who it is: addresses are not kept readable."""
    secret = request.app[SERVICES].settings.key_bytes()
    said = "\n".join((client_address(request), *parts))
    return hmac.digest(secret, b"huiyin/public-reader\n" + said.encode(), "sha256").hex()[:32]


async def searches_too_often(request: web.Request) -> web.Response | None:
    """Count a search; the page that says when to try again, where there were too many."""
    limits = RateLimit(request.app[SERVICES].redis)
    if await limits.allow(f"searches:{reader_key(request)}", _SEARCHES, _SEARCHES_WINDOW_S):
        return None
    return too_often(request, "这里查得太快了。请过1分钟再查，急事请直接拨打12345。", _SEARCHES_WINDOW_S)


def too_often(request: web.Request, words: str, wait_s: int) -> web.Response:
    """429, in words and for programs."""
    context = {"status": 429, "words": words, "request_id": None}
    page = show_public(request, "public_error.html", context, status=429)
    page.headers["Retry-After"] = str(wait_s)
    return page
