"""What the service tells Prometheus about itself: requests by route, never by address or person."""

from __future__ import annotations

from functools import lru_cache

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

REQUESTS = Counter("huiyin_http_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "huiyin_http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)

WECHAT_PUSHES = Counter(
    "huiyin_wechat_pushes_total", "Pushes of the platform, by who hears of them", ["account", "route", "name"]
)
WECHAT_REFUSED = Counter("huiyin_wechat_refused_total", "Pushes refused", ["account", "reason"])
WECHAT_ANSWERS = Counter(
    "huiyin_wechat_answers_total", "What a push was answered with", ["account", "outcome"]
)
WECHAT_CALLS = Counter(
    "huiyin_wechat_api_calls_total", "Calls of the platform's API", ["account", "api", "outcome"]
)
WECHAT_ALARMS = Counter(
    "huiyin_wechat_alarms_total", "Refusals that somebody must look at", ["account", "code"]
)
WECHAT_QUOTA = Gauge("huiyin_wechat_quota_used", "Calls of today, of all processes", ["account", "api"])
WECHAT_QUOTA_LIMIT = Gauge("huiyin_wechat_quota_limit", "Calls a day the platform grants", ["account", "api"])
WECHAT_QUOTA_NEAR = Gauge(
    "huiyin_wechat_quota_near", "1 once four fifths of a day's calls are used", ["account", "api"]
)

PLATFORM_CALLS = Counter(
    "huiyin_platform_calls_total", "Calls of the hotline platform, by what came of them", ["outcome"]
)


@lru_cache(maxsize=1024)
def counter(of: Counter, *labels: str) -> Counter:
    """The counter of these labels, found without the lock and the copies that ``labels`` takes each time."""
    return of.labels(*labels)


@lru_cache(maxsize=256)
def _seconds(route: str) -> Histogram:
    return SECONDS.labels(route)


def observe(*, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. ``route`` is the pattern, so that the label set stays small."""
    counter(REQUESTS, method, route, str(status)).inc()
    _seconds(route).observe(seconds)


async def expose(request: web.Request) -> web.Response:
    """``GET /metrics`` in Prometheus text."""
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
