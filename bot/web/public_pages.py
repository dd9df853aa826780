"""What every public page needs: rendering without a login, the reader's letter size, who asks from where."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp_jinja2
from aiohttp import web

from bot.services import SERVICES

PAGE = "/answers"
_SIZE_COOKIE = "huiyin_size"
_YEAR_S = 365 * 24 * 3600


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
    said = "\n".join((request.remote or "", *parts))
    return hmac.digest(secret, b"huiyin/public-reader\n" + said.encode(), "sha256").hex()[:32]
