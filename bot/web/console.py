"""Every console address and the roles that may open it; the permission test reads this table."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web import (
    answering,
    assets,
    audit,
    audit_bias,
    audit_export,
    audit_samples,
    audit_tickets,
    audit_types,
    bulletin_page,
    deliveries,
    duplicates_page,
    duty_page,
    figures_export,
    health_page,
    intake_desk,
    intake_desk_done,
    knowledge_acts,
    knowledge_edit,
    knowledge_entry,
    knowledge_figures,
    knowledge_import,
    knowledge_list,
    knowledge_panel,
    knowledge_reviews,
    knowledge_tasks,
    letters,
    liaison,
    live,
    login,
    models,
    own_password,
    photos,
    presence_beat,
    profiles_page,
    read_log,
    reply_template_page,
    reviews,
    roster_import,
    saved_view_forms,
    staff_import,
    staff_keys,
    staff_pages,
    supervision,
    tables_page,
    ticket,
    ticket_actions,
    triage_board,
    visits_page,
    watermark,
    wechat_accounts,
)
from bot.web.access import LOGIN, LOGOUT, PASSWORD, Plain, done_by, shown_to, uploaded_by
from bot.web.pages import (
    ACCOUNT_ROLES,
    ASK_ROLES,
    AUDIT_ROLES,
    DELIVERY_ROLES,
    DUTY_ROLES,
    EVERY_ROLE,
    FIGURE_ROLES,
    HEALTH_ROLES,
    INTAKE_ROLES,
    KNOWLEDGE_ROLES,
    LETTER_ROLES,
    LIVE_ROLES,
    MODEL_ROLES,
    READ_LOG_ROLES,
    REVIEW_ROLES,
    ROSTER_ROLES,
    STAFF_ROLES,
    TICKET_ROLES,
    VISIT_ROLES,
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

STAFF: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", "/console/staff", shown_to(STAFF_ROLES, staff_pages.staff_page), STAFF_ROLES),
    ConsoleRoute("POST", "/console/staff", done_by(STAFF_ROLES, staff_pages.add), STAFF_ROLES),
    ConsoleRoute("GET", "/console/staff/log", shown_to(STAFF_ROLES, staff_pages.log_page), STAFF_ROLES),
    ConsoleRoute("GET", "/console/staff/keys", shown_to(STAFF_ROLES, staff_keys.keys_page), STAFF_ROLES),
    ConsoleRoute("POST", "/console/staff/keys/{action}", done_by(STAFF_ROLES, staff_keys.act), STAFF_ROLES),
    ConsoleRoute("POST", "/console/staff/import", uploaded_by(STAFF_ROLES, staff_import.upload), STAFF_ROLES),
    ConsoleRoute(
        "POST", "/console/staff/import/confirm", done_by(STAFF_ROLES, staff_import.confirm), STAFF_ROLES
    ),
    ConsoleRoute("GET", "/console/staff/{name}", shown_to(STAFF_ROLES, staff_pages.member_page), STAFF_ROLES),
    ConsoleRoute(
        "POST", "/console/staff/{name}/{action}", done_by(STAFF_ROLES, staff_pages.act), STAFF_ROLES
    ),
)
"""The administrator's pages. The named ones come first: a login could be called anything."""

ACCOUNTS: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", "/console/wechat", shown_to(ACCOUNT_ROLES, wechat_accounts.list_page), ACCOUNT_ROLES),
    ConsoleRoute(
        "GET", "/console/wechat/{name}", shown_to(ACCOUNT_ROLES, wechat_accounts.account_page), ACCOUNT_ROLES
    ),
    ConsoleRoute(
        "POST", "/console/wechat/{name}/{action}", done_by(ACCOUNT_ROLES, wechat_accounts.act), ACCOUNT_ROLES
    ),
)
"""The administrator's pages on official accounts."""

INTAKE: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", "/console/intake", shown_to(INTAKE_ROLES, intake_desk.desk), INTAKE_ROLES),
    ConsoleRoute("POST", "/console/intake", done_by(INTAKE_ROLES, intake_desk.take), INTAKE_ROLES),
    ConsoleRoute("POST", "/console/intake/suggest", done_by(INTAKE_ROLES, intake_desk.suggest), INTAKE_ROLES),
    ConsoleRoute(
        "POST",
        "/console/intake/drafts/{name}/drop",
        done_by(INTAKE_ROLES, intake_desk.drop_draft),
        INTAKE_ROLES,
    ),
    ConsoleRoute(
        "GET", "/console/intake/{number}", shown_to(INTAKE_ROLES, intake_desk_done.registered), INTAKE_ROLES
    ),
    ConsoleRoute(
        "POST", "/console/intake/{number}/link", done_by(INTAKE_ROLES, intake_desk_done.link), INTAKE_ROLES
    ),
)
"""The operators' desk."""

ROUTES: tuple[ConsoleRoute, ...] = (
    ConsoleRoute("GET", LOGIN, login.show_login, None),
    ConsoleRoute("POST", LOGIN, login.log_in, None),
    ConsoleRoute("POST", LOGOUT, done_by(EVERY_ROLE, login.log_out), EVERY_ROLE),
    ConsoleRoute("GET", "/console/static/{name}", assets.static, None),
    ConsoleRoute("GET", "/console/watermark.svg", shown_to(EVERY_ROLE, watermark.watermark), EVERY_ROLE),
    ConsoleRoute("GET", "/console/", shown_to(EVERY_ROLE, liaison.home), EVERY_ROLE),
    ConsoleRoute(
        "GET", "/console/deliveries", shown_to(DELIVERY_ROLES, deliveries.list_page), DELIVERY_ROLES
    ),
    ConsoleRoute(
        "POST",
        "/console/deliveries/{number}/{name}/repeat",
        done_by(DELIVERY_ROLES, deliveries.repeat),
        DELIVERY_ROLES,
    ),
    ConsoleRoute("GET", "/console/tickets", shown_to(TICKET_ROLES, liaison.inbox), TICKET_ROLES),
    ConsoleRoute(
        "POST", "/console/views/{action}", done_by(TICKET_ROLES, saved_view_forms.act), TICKET_ROLES
    ),
    ConsoleRoute(
        "GET",
        "/console/reply-templates",
        shown_to(_HANDLING_ROLES, reply_template_page.templates_page),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/reply-templates",
        done_by(_HANDLING_ROLES, reply_template_page.add),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/reply-templates/{name}/{action}",
        done_by(_HANDLING_ROLES, reply_template_page.act),
        _HANDLING_ROLES,
    ),
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
        "GET",
        "/console/tickets/{number}/photos/{photo}",
        shown_to(TICKET_ROLES, photos.show_photo),
        TICKET_ROLES,
    ),
    ConsoleRoute(
        "GET",
        "/console/tickets/{number}/photos/{photo}/small",
        shown_to(TICKET_ROLES, photos.show_thumbnail),
        TICKET_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/photos/{photo}",
        done_by(_HANDLING_ROLES, photos.show_to_citizen),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/attachments",
        uploaded_by(_HANDLING_ROLES, photos.add_files),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/presence",
        done_by(_HANDLING_ROLES, presence_beat.beat),
        _HANDLING_ROLES,
    ),
    ConsoleRoute(
        "POST",
        "/console/tickets/{number}/compose",
        done_by(_HANDLING_ROLES, answering.compose),
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
    *INTAKE,
    *KNOWLEDGE,
    *STAFF,
    ConsoleRoute("GET", "/console/letters", shown_to(LETTER_ROLES, letters.list_page), LETTER_ROLES),
    ConsoleRoute(
        "POST", "/console/letters/{number}/{action}", done_by(letters.ACTORS, letters.act), letters.ACTORS
    ),
    ConsoleRoute(
        "GET", "/console/bulletin", shown_to(FIGURE_ROLES, bulletin_page.bulletin_page), FIGURE_ROLES
    ),
    ConsoleRoute("GET", "/console/live", shown_to(LIVE_ROLES, live.board), LIVE_ROLES),
    ConsoleRoute("GET", "/console/live/events", shown_to(LIVE_ROLES, live.events), LIVE_ROLES),
    ConsoleRoute("GET", "/console/triage", shown_to(REVIEW_ROLES, triage_board.board), REVIEW_ROLES),
    ConsoleRoute(
        "POST", "/console/triage/several", done_by(REVIEW_ROLES, triage_board.dispatch_several), REVIEW_ROLES
    ),
    ConsoleRoute("POST", "/console/triage/leave", done_by(REVIEW_ROLES, triage_board.leave), REVIEW_ROLES),
    ConsoleRoute(
        "POST", "/console/triage/{number}", done_by(REVIEW_ROLES, triage_board.dispatch), REVIEW_ROLES
    ),
    ConsoleRoute("GET", "/console/reviews", shown_to(REVIEW_ROLES, reviews.queue), REVIEW_ROLES),
    ConsoleRoute(
        "POST", "/console/reviews/{number}/{action}", done_by(REVIEW_ROLES, reviews.decide), REVIEW_ROLES
    ),
    ConsoleRoute("GET", "/console/duty", shown_to(DUTY_ROLES, duty_page.duty), DUTY_ROLES),
    ConsoleRoute(
        "POST", "/console/duty/import", uploaded_by(ROSTER_ROLES, roster_import.upload), ROSTER_ROLES
    ),
    ConsoleRoute(
        "POST", "/console/duty/import/confirm", done_by(ROSTER_ROLES, roster_import.confirm), ROSTER_ROLES
    ),
    ConsoleRoute(
        "POST",
        "/console/duty/{action}",
        done_by(DUTY_ROLES - {Role.AUDITOR}, duty_page.act),
        DUTY_ROLES - {Role.AUDITOR},
    ),
    ConsoleRoute(
        "GET", "/console/duplicates", shown_to(REVIEW_ROLES, duplicates_page.duplicates), REVIEW_ROLES
    ),
    ConsoleRoute(
        "POST",
        "/console/duplicates/{number}/{action}",
        done_by(REVIEW_ROLES, duplicates_page.act),
        REVIEW_ROLES,
    ),
    ConsoleRoute("GET", "/console/tables", shown_to(STAFF_ROLES, tables_page.tables_page), STAFF_ROLES),
    ConsoleRoute("POST", "/console/tables", uploaded_by(STAFF_ROLES, tables_page.upload), STAFF_ROLES),
    ConsoleRoute("POST", "/console/tables/confirm", done_by(STAFF_ROLES, tables_page.confirm), STAFF_ROLES),
    ConsoleRoute("GET", "/console/profiles", shown_to(STAFF_ROLES, profiles_page.list_page), STAFF_ROLES),
    ConsoleRoute(
        "GET", "/console/profiles/{name}", shown_to(STAFF_ROLES, profiles_page.profile_page), STAFF_ROLES
    ),
    ConsoleRoute(
        "POST",
        "/console/profiles/{name}/{action}",
        done_by(STAFF_ROLES, profiles_page.act, most_bytes=profiles_page.MOST_BYTES),
        STAFF_ROLES,
    ),
    ConsoleRoute("GET", "/console/visits", shown_to(VISIT_ROLES, visits_page.visits), VISIT_ROLES),
    ConsoleRoute(
        "POST", "/console/visits/{number}/{action}", done_by(VISIT_ROLES, visits_page.act), VISIT_ROLES
    ),
    *ACCOUNTS,
    ConsoleRoute("GET", "/console/health", shown_to(HEALTH_ROLES, health_page.health), HEALTH_ROLES),
    ConsoleRoute("GET", PASSWORD, shown_to(EVERY_ROLE, own_password.show_form), EVERY_ROLE),
    ConsoleRoute("POST", PASSWORD, done_by(EVERY_ROLE, own_password.change), EVERY_ROLE),
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
