"""Structured logs: one JSON object a line on standard error, with nothing of who asked."""

from __future__ import annotations

import logging
import sys

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError


def configure_logs(*, level: int = logging.INFO) -> None:
    """Route structlog to standard error; libraries speak from WARNING on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("aiohttp.server").addFilter(_bad_requests_in_a_line)
    # aiohttp's own access log prints the query, which carries openids and signatures.
    logging.getLogger("aiohttp.access").disabled = True


def _bad_requests_in_a_line(record: logging.LogRecord) -> bool:
    """What a stranger sends malformed is answered 400 and is worth a line, not a stack trace."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.msg, record.args = "malformed request refused (%s)", (type(error).__name__,)
        record.exc_info = record.exc_text = None
    return True
