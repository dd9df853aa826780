"""Every console address and the roles that may open it; the permission test reads this table."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web import (
    assets,
    audit,
    audit_bias,
    audit_export,
    audit_samples,
    audit_tickets,
    audit_types,
    liaison,
    login,
    models,
    read_log,
    supervision,
    ticket,
    ticket_actions,
    watermark,
)
from bot.web.access import LOGIN, LOGOUT, Plain, done_by, shown_to
from bot.web.pages import AUDIT_ROLES, EVERY_ROLE, FIGURE_ROLES, MODEL_ROLES, READ_LOG_ROLES, TICKET_ROLES
from routing.workflow import Role

_HANDLING_ROLES = TICKET_ROLES - {Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """``roles`` None: open to strangers, because it is the way in or says nothing of anybody."""

    method: str
    path: str
    handler: Plain
    roles: frozenset[Role] | None


ROUTES: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", LOGIN, login.show_login, None),
    ConsoleRoute("POST", LOGIN, login.log_in, None),
    ConsoleRoute("POST", LOGOUT, done_by(EVERY_ROLE, login.log_out), EVERY_ROLE),
    ConsoleRoute("GET", "/console/static/{name}", assets.static, None),
    ConsoleRoute("GET", "/console/watermark.svg", shown_to(EVERY_ROLE, watermark.watermark), EVERY_ROLE),
    ConsoleRoute("GET", "/console/", shown_to(EVERY_ROLE, liaison.home), EVERY_ROLE),
    ConsoleRoute("GET", "/console/tickets", shown_to(TICKET_ROLES, liaison.inbox), TICKET_ROLES),
    ConsoleRoute(
        "GET", "/console/tickets/{number}", shown_to(TICKET_ROLES, ticket.show_ticket), TICKET_ROLES
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/reveal",
        done_by(_HANDLING_ROLES, ticket_actions.reveal),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/{action}",
        done_by(_HANDLING_ROLES, ticket_actions.act),
        _HANDLING_ROLES,
    ),
    ConsoleRoute("GET", "/console/figures", shown_to(FIGURE_ROLES, supervision.figures), FIGURE_ROLES),
    ConsoleRoute(
        "GET", "/console/figures/{name}", shown_to(FIGURE_ROLES, supervision.drill_down), FIGURE_ROLES
    ),
    ConsoleRoute("GET", "/console/audit", shown_to(AUDIT_ROLES, audit.landing), AUDIT_ROLES),
    ConsoleRoute("GET", "/console/audit/confusion", shown_to(AUDIT_ROLES, audit.confusion_page), AUDIT_ROLES),
    ConsoleRoute("GET", "/console/audit/types", shown_to(AUDIT_ROLES, audit_types.types_page), AUDIT_ROLES),
    ConsoleRoute("GET", "/console/audit/bias", shown_to(AUDIT_ROLES, audit_bias.bias_page), AUDIT_ROLES),
    ConsoleRoute(
        "GET", "/console/audit/samples", shown_to(AUDIT_ROLES, audit_samples.samples_page), AUDIT_ROLES
    ),
    ConsoleRoute(
        "POST", "/console/audit/samples/{action}", done_by(AUDIT_ROLES, audit_samples.act), AUDIT_ROLES
    ),
    ConsoleRoute(
        "GET", "/console/audit/{name}/tickets", shown_to(AUDIT_ROLES, audit_tickets.tickets), AUDIT_ROLES
    ),
    ConsoleRoute(
        "GET", "/console/audit/{name}/export", shown_to(AUDIT_ROLES, audit_export.export), AUDIT_ROLES
    ),
    ConsoleRoute("GET", "/console/models", shown_to(MODEL_ROLES, models.models_page), MODEL_ROLES),
    ConsoleRoute("POST", "/console/models/{action}", done_by(MODEL_ROLES, models.decide), MODEL_ROLES),
    ConsoleRoute(
        "GET", "/console/identity-reads", shown_to(READ_LOG_ROLES, read_log.identity_reads), READ_LOG_ROLES
    ),
)


async def _to_home(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/console/")


def console_routes() -> list[web.RouteDef]:
    """What the application mounts."""
    routes = [web.route(route.method, route.path, route.handler) for route in ROUTES]
    return [web.get("/console", _to_home), *routes]
