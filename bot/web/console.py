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
    figures_export,
    knowledge_acts,
    knowledge_edit,
    knowledge_entry,
    knowledge_figures,
    knowledge_import,
    knowledge_list,
    knowledge_panel,
    knowledge_reviews,
    knowledge_tasks,
    liaison,
    login,
    models,
    read_log,
    supervision,
    ticket,
    ticket_actions,
    watermark,
)
from bot.web.access import LOGIN, LOGOUT, Plain, done_by, shown_to, uploaded_by
from bot.web.pages import (
    ASK_ROLES,
    AUDIT_ROLES,
    EVERY_ROLE,
    FIGURE_ROLES,
    KNOWLEDGE_ROLES,
    MODEL_ROLES,
    READ_LOG_ROLES,
    TICKET_ROLES,
)
from routing.workflow import Role

_HANDLING_ROLES = TICKET_ROLES - {Role.AUDITOR}
_KNOWLEDGE_ACTORS = KNOWLEDGE_ROLES - {Role.AUDITOR}
_WRITERS = frozenset({Role.EDITOR})
_KNOWLEDGE_FIGURE_ROLES = KNOWLEDGE_ROLES - {Role.LIAISON}


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """``roles`` None: open to strangers, because it is the way in or says nothing of anybody."""

    method: str
    path: str
    handler: Plain
    roles: frozenset[Role] | None


KNOWLEDGE: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", "/console/answers", shown_to(ASK_ROLES, knowledge_panel.panel), ASK_ROLES),
    ConsoleRoute(
        "GET", "/console/knowledge", shown_to(KNOWLEDGE_ROLES, knowledge_list.list_page), KNOWLEDGE_ROLES
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/reviews",
        shown_to(KNOWLEDGE_ROLES, knowledge_reviews.reviews_page),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/tasks",
        shown_to(KNOWLEDGE_ROLES, knowledge_tasks.tasks_page),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/tasks/{name}",
        shown_to(KNOWLEDGE_ROLES, knowledge_tasks.task_page),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/knowledge/tasks/{name}/{action}",
        done_by(_KNOWLEDGE_ACTORS, knowledge_tasks.act),
        _KNOWLEDGE_ACTORS,
    ),
    ConsoleRoute(
        "POST",
        "/console/knowledge/proposals/{name}/{action}",
        done_by(_KNOWLEDGE_ACTORS, knowledge_tasks.act_on_proposal),
        _KNOWLEDGE_ACTORS,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/proposals/{name}",
        shown_to(KNOWLEDGE_ROLES, knowledge_tasks.proposal_page),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "GET", "/console/knowledge/import", shown_to(_WRITERS, knowledge_import.show_import), _WRITERS
    ),
    ConsoleRoute(
        "POST", "/console/knowledge/import", uploaded_by(_WRITERS, knowledge_import.upload), _WRITERS
    ),
    ConsoleRoute(
        "GET", "/console/knowledge/import/{name}", shown_to(_WRITERS, knowledge_import.show_run), _WRITERS
    ),
    ConsoleRoute(
        "POST",
        "/console/knowledge/import/{name}/{action}",
        done_by(_WRITERS, knowledge_import.act),
        _WRITERS,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/figures",
        shown_to(_KNOWLEDGE_FIGURE_ROLES, knowledge_figures.figures_page),
        _KNOWLEDGE_FIGURE_ROLES,
    ),
    ConsoleRoute("GET", "/console/knowledge/new", shown_to(_WRITERS, knowledge_edit.show_new), _WRITERS),
    ConsoleRoute(
        "POST",
        "/console/knowledge/new",
        done_by(_WRITERS, knowledge_edit.write_new, most_bytes=knowledge_edit.MOST_BYTES),
        _WRITERS,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/{name}",
        shown_to(KNOWLEDGE_ROLES, knowledge_entry.show_entry),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/{name}/edit",
        shown_to(_WRITERS, knowledge_edit.show_edit),
        _WRITERS,
    ),
    ConsoleRoute(
        "GET",
        "/console/knowledge/{name}/{action}",
        shown_to(KNOWLEDGE_ROLES, knowledge_entry.show_version),
        KNOWLEDGE_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/knowledge/{name}/{action}",
        done_by(_KNOWLEDGE_ACTORS, knowledge_acts.act, most_bytes=knowledge_edit.MOST_BYTES),
        _KNOWLEDGE_ACTORS,
    ),
)
"""The editors' pages. The named ones come first: an entry's id could be anything."""

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
        "GET", "/console/figures/export", shown_to(FIGURE_ROLES, figures_export.export), FIGURE_ROLES
    ),
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
    *KNOWLEDGE,
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
