"""Several official accounts on one simulated platform: pages for each, and one API that tells whom a call is for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.simulator.pages import simulator_routes
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.views import OtherAccount, PageContent


def mount_accounts(
    app: web.Application,
    platforms: Sequence[SimulatedPlatform],
    *,
    clock: Callable[[], datetime],
    contents: Mapping[str, PageContent] | None = None,
    api_prefix: str = "/simulator/platform",
) -> None:
    """Like ``mount_simulator``, for several accounts: the first is at /simulator, others at /simulator/at/{account}.

    ``contents`` are what each account's page offers, by its name.
    """

    async def close(_: web.Application) -> None:
        for platform in platforms:
            await platform.close()

    app.add_routes(shared_routes(platforms, api_prefix))
    for platform in platforms:
        content = (contents or {}).get(platform.account.name, PageContent())
        accounts = [
            OtherAccount(other.account.title, page_of(other, platforms), current=other is platform)
            for other in platforms
        ]
        app.add_routes(
            simulator_routes(
                platform,
                clock=clock,
                content=replace(content, accounts=accounts),
                base=page_of(platform, platforms),
            )
        )
    app.on_shutdown.append(close)


def page_of(platform: SimulatedPlatform, platforms: Sequence[SimulatedPlatform]) -> str:
    """Where the account's page is."""
    return "/simulator" if platform is platforms[0] else f"/simulator/at/{platform.account.name}"


def shared_routes(platforms: Sequence[SimulatedPlatform], prefix: str) -> list[web.RouteDef]:
    """The platform's API for all accounts under one base, as the real one has it."""
    tables = {
        id(platform): {(route.method, route.path): route.handler for route in platform.routes(prefix)}
        for platform in platforms
    }

    def for_its_account(key: tuple[str, str]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            platform = await _named_by(request, platforms)
            answer: web.StreamResponse = await tables[id(platform)][key](request)
            return answer

        return handle

    return [
        web.RouteDef(route.method, route.path, for_its_account((route.method, route.path)), route.kwargs)
        for route in platforms[0].routes(prefix)
    ]


async def _named_by(request: web.Request, platforms: Sequence[SimulatedPlatform]) -> SimulatedPlatform:
    """Whose call it is, by its token, code, file or app id; a call that names nobody fails at the first as at any."""
    token, ticket = request.query.get("access_token"), request.query.get("ticket", "")
    app_id, media_id = request.query.get("appid"), request.match_info.get("media_id")
    if not token and not ticket and app_id is None and request.can_read_body:
        app_id = _app_id(await request.read())
    for platform in platforms:
        if app_id == platform.account.app_id or (token and platform.tokens.knows(token)):
            return platform
        if ticket and platform.codes.owns(ticket):
            return platform
        if media_id and platform.media.find(media_id) is not None:
            return platform
    return platforms[0]


def _app_id(body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    app_id = found.get("appid") if isinstance(found, dict) else None
    return app_id if isinstance(app_id, str) else None
