"""Requests that are none: an address too long for any page of ours, bytes that are no HTTP. Neither is our failure."""

from __future__ import annotations

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

LONGEST_ADDRESS = 8_000
"""Of our pages the longest has some hundred characters of a question, each nine bytes on the way."""
_LONGEST_READ = 1024 * 1024
_TOO_LONG = "网址太长了。请从首页重新进入，把要问的话写短一些。\n"


@web.middleware
async def refuse_long_addresses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A short answer in words, for whoever pasted a whole letter into an address."""
    if len(request.raw_path) > LONGEST_ADDRESS:
        return web.Response(text=_TOO_LONG, status=400)
    return await handler(request)


class _NotOurFailure(logging.Filter):
    """Drops what the server would log as an error of ours, with the line as it came, which may hold a citizen's words."""

    def filter(self, record: logging.LogRecord) -> bool:
        failure = record.exc_info[1] if record.exc_info else None
        return not isinstance(failure, HttpProcessingError)


def _logger() -> logging.Logger:
    logger = logging.getLogger("aiohttp.server.requests")
    if not logger.filters:
        logger.addFilter(_NotOurFailure())
    return logger


def handler_args() -> dict[str, Any]:
    """For ``web.Application(handler_args=…)``: long lines are read, so that they can be answered in our own words, and
    bodies are taken as they come. Nobody sends us packed ones; unpacking a bomb happens on the loop before any guard of
    ours, and holds up everybody for a second."""
    return {"logger": _logger(), "max_line_size": _LONGEST_READ, "auto_decompress": False}
