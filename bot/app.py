"""The web application: the only list of what it serves."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from redis.exceptions import RedisError

from bot import metrics, wording
from bot.hotline.api import api_routes
from bot.live_board import own_board
from bot.services import SERVICES, Services
from bot.web import citizen_routes, console_routes, public_routes, setup_templates
from bot.web.bad_requests import handler_args, refuse_long_addresses
from bot.web.citizen_upload import PLACES, UploadPlaces
from bot.web.errors import error_middleware, security_headers
from bot.web.knowledge_import_runs import TASKS, own_imports
from bot.wechat.beside import WordsBeside
from bot.wechat.quotas import Quotas, show_quotas
from bot.wechat.webhook import answers_in_progress, wechat_handlers
from bot.worker import Worker
from routing.live_counts import LiveCounts

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 256 * 1024


def create_app(
    services: Services,
    *,
    extra_routes: Iterable[web.AbstractRouteDef] = (),
    run_worker: bool = False,
    answer_within_s: float = 4.2,
) -> web.Application:
    """Everything but the simulator, which only the demo and the tests add as ``extra_routes``.

    ``run_worker`` runs the worker beside the web service, as the demo does; production gives it its own process.
    """
    app = web.Application(
        middlewares=[access_log, security_headers, error_middleware, refuse_long_addresses],
        client_max_size=MAX_BODY_BYTES,
        handler_args=handler_args(),
    )
    app[SERVICES] = services
    app.cleanup_ctx.append(answers_in_progress)
    app[TASKS] = set()
    app[PLACES] = UploadPlaces()
    app.cleanup_ctx.append(own_imports)
    app.cleanup_ctx.append(own_board(LiveCounts(services.database), services.clock))
    if run_worker:
        app.cleanup_ctx.append(_worker)
    setup_templates(app)
    app.add_routes(
        wechat_handlers(
            accounts=services.wechat_accounts,
            respond=services.dialogue,
            keep_for_later=services.late_promises.keep,
            apologise=wording.APOLOGY,
            clock=services.clock,
            answer_within_s=answer_within_s,
            reports=services.reports,
            say_beside=WordsBeside(services.wechat_clients, services.redis),
            answer_now=services.late_messages.answer_now,
            take_back=services.late_messages.take_back,
            tolerance_s=services.settings.wechat_tolerance_s,
        )
    )
    app.add_routes(api_routes())
    app.add_routes(console_routes())
    app.add_routes(public_routes())
    app.add_routes(citizen_routes())
    app.add_routes(
        [
            web.get("/", _home),
            web.get("/healthz", _healthz),
            web.get("/readyz", _readyz),
            web.get("/metrics", _metrics),
        ]
    )
    app.add_routes(extra_routes)
    return app


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One line and one count per request: method, route pattern, status, time. Never the address with its
    query, which carries openids and signatures."""
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    except asyncio.CancelledError:
        status = 499
        raise
    finally:
        seconds = time.perf_counter() - started
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else "unknown"
        metrics.observe(method=request.method, route=route, status=status, seconds=seconds)
        log.info("request", method=request.method, route=route, status=status, ms=round(seconds * 1000, 1))


async def _worker(app: web.Application) -> AsyncIterator[None]:
    task = asyncio.create_task(Worker(app[SERVICES]).run(), name="worker")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _home(request: web.Request) -> web.Response:
    raise web.HTTPSeeOther("/console/")


async def _healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def _metrics(request: web.Request) -> web.Response:
    """What this process counted, and what all of them used of the platform's allowances, which only Redis knows."""
    services = request.app[SERVICES]
    try:
        async with asyncio.timeout(2):
            await show_quotas(Quotas(services.redis, clock=services.clock), services.wechat_accounts)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("quotas not shown", error=type(error).__name__)
    return await metrics.expose(request)


async def _readyz(request: web.Request) -> web.Response:
    """Ready when both stores answer; the model was loaded before this process listened. An alarm tells of a newer
    one that cannot be loaded, and makes nothing unready: the one before is at work."""
    services = request.app[SERVICES]
    checks = {"mongo": services.database.command("ping"), "redis": services.redis.ping()}
    results = await asyncio.gather(
        *(asyncio.wait_for(check, 2) for check in checks.values()), return_exceptions=True
    )
    failed = [name for name, result in zip(checks, results, strict=True) if isinstance(result, BaseException)]
    body = {
        "status": "ready" if not failed else "not ready",
        "failed": failed,
        "model": services.model.card.version,
        "models": services.live.versions(),
        "alarms": [
            *services.live.current.alarms,
            *filter(None, [services.live_answers.alarm, services.rules.alarm(services.clock())]),
        ],
    }
    return web.json_response(body, status=503 if failed else 200)
