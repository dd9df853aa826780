"""The hotline API: every operation, its route, and the document that describes them all."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from bot.hotline import (
    actions,
    advice,
    disclosure,
    duty,
    figure_months,
    figures_json,
    knowledge_figures,
    photos,
    similar,
    tickets,
    visit_script,
)
from bot.hotline.operation import TICKET_NUMBER, Endpoint
from bot.openapi import Json, Operation, describe

ENDPOINTS: tuple[Endpoint, ...] = (
    *tickets.ENDPOINTS,
    *photos.ENDPOINTS,
    *actions.ENDPOINTS,
    *figures_json.ENDPOINTS,
    *figure_months.ENDPOINTS,
    *advice.ENDPOINTS,
    *knowledge_figures.ENDPOINTS,
    *similar.ENDPOINTS,
    *disclosure.ENDPOINTS,
    *duty.ENDPOINTS,
    *visit_script.ENDPOINTS,
)


class OpenApiJson(BaseModel):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(extra="allow")

    openapi: str


_SELF = Operation(
    method="GET",
    path="/api/v1/openapi.json",
    name="openapi",
    summary="This document.",
    roles=None,
    returns={200: OpenApiJson},
)
_DESCRIPTION = (
    "Tickets of a citizen hotline: intake, life, figures. Times are ISO 8601 with +08:00; what comes in "
    "without an offset is Asia/Shanghai. Refusals are application/problem+json; `code` names what is wrong."
)


def api_routes() -> list[web.RouteDef]:
    """All routes under /api/v1; ``bot.app`` mounts them."""
    routes = [endpoint.route() for endpoint in ENDPOINTS]
    unknown = web.route("POST", "/api/v1/tickets/{number}/{action}", actions.unknown_action)
    return [*routes, unknown, web.route("GET", _SELF.path, _openapi)]


@cache
def openapi_document() -> Json:
    """The document; the same object every time, not to be changed."""
    return describe(
        (*(endpoint.operation for endpoint in ENDPOINTS), _SELF),
        title="Huiyin hotline API",
        version=_version(),
        description=_DESCRIPTION,
        number_pattern=TICKET_NUMBER,
    )


def _version() -> str:
    try:
        return version("huiyin")
    except PackageNotFoundError:
        return "0"


async def _openapi(request: web.Request) -> web.StreamResponse:
    return web.Response(
        body=orjson.dumps(openapi_document()),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
