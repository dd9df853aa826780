"""The console's own style sheet, script and icon, kept by browsers until they change."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "static"
_TYPES = {
    "console.css": "text/css",
    "public.css": "text/css",
    "tokens.css": "text/css",
    "citizen.css": "text/css",
    "console.js": "text/javascript",
    "intake.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_YEAR = "public, max-age=31536000, immutable"


@cache
def _content(name: str) -> tuple[bytes, str]:
    body = (_FOLDER / name).read_bytes()
    return body, hashlib.sha256(body).hexdigest()[:12]


def asset_href(name: str) -> str:
    """The file's address; it changes with the content, so that browsers may keep it for a year."""
    return f"/console/static/{name}?v={_content(name)[1]}"


async def static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in _TYPES:
        raise web.HTTPNotFound
    body, version = _content(name)
    fresh = request.query.get("v") == version
    return web.Response(
        body=body,
        content_type=_TYPES[name],
        charset="utf-8",
        headers={"Cache-Control": _YEAR if fresh else "no-cache", "ETag": f'"{version}"'},
    )
