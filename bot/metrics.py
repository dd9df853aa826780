"""What the service tells Prometheus about itself: requests by route, never by address or person."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

REQUESTS = Counter("huiyin_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "huiyin_http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


def observe(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. ``route`` is the pattern, so that the label set stays small."""
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


async def expose(request: web.Request) -> web.Response:
    """``GET /metrics`` in Prometheus text."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
