"""The reader's name behind every page: a photographed screen says whose it was (domain §5)."""

from __future__ import annotations

from html import escape

from aiohttp import web

from bot.web.clock_words import exact
from bot.web.pages import Viewer, present

_PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">
<defs><pattern id="tile" width="340" height="220" patternUnits="userSpaceOnUse">
<text x="10" y="150" transform="rotate(-22 170 110)" font-size="15" fill="#808890" fill-opacity=".14"
font-family="sans-serif">{words}</text></pattern></defs>
<rect width="100%" height="100%" fill="url(#tile)"/></svg>"""


async def watermark(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """A faint picture of name, user name and day; the page asks for it by user name, so a cache cannot mix two."""
    words = escape(f"{viewer.user.name} {viewer.user.username} {exact(present(request))[:10]}")
    return web.Response(
        text=_PICTURE.format(words=words),
        content_type="image/svg+xml",
        headers={"Cache-Control": "private, max-age=3600"},
    )
