"""Renders what the simulated WeChat asks outside the chat."""

from __future__ import annotations

from pathlib import Path

import jinja2
from aiohttp import web

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def ask(*, status: int = 200, wrong: str = "", **context: object) -> web.Response:
    """The page: with ``people`` whose telephone it is, with ``texts`` those that were sent, else about ``notices``;
    ``wrong`` says why nothing is asked."""
    html = _TEMPLATES.get_template("asks.html").render(wrong=wrong, **context)
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)
