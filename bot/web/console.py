"""Every console address and the roles that may open it; the permission test reads this table."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web import (
    answer_files,
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
    disclosure_register,
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
    table_versions,
    tables_download,
    tables_page,
    ticket,
    ticket_actions,
    triage_board,
    visits_page,
    watermark,
    wechat_accounts,
)
from bot.web.access import LOGIN, LOGOUT, PASSWORD, Acted, Plain, Shown, done_by, shown_to, uploaded_by
from bot.web.pages import (
    ACCOUNT_ROLES,
    ASK_ROLES,
    AUDIT_ROLES,
    DELIVERY_ROLES,
    DISCLOSURE_ROLES,
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


def _page(path: str, roles: frozenset[Role], handler: Shown) -> ConsoleRoute:
    return ConsoleRoute("GET", path, shown_to(roles, handler), roles)


def _form(
    path: str, roles: frozenset[Role], handler: Acted, *, most_bytes: int | None = None
) -> ConsoleRoute:
    return ConsoleRoute("POST", path, done_by(roles, handler, most_bytes=most_bytes), roles)


def _files(path: str, roles: frozenset[Role], handler: Shown) -> ConsoleRoute:
    """A form that carries files."""
    return ConsoleRoute("POST", path, uploaded_by(roles, handler), roles)


def _open(method: str, path: str, handler: Plain) -> ConsoleRoute:
    """Open to strangers."""
    return ConsoleRoute(method, path, handler, None)


KNOWLEDGE: tuple[ConsoleRoute, ...] = (
    _page("/console/answers", ASK_ROLES, knowledge_panel.panel),
    _page("/console/knowledge", KNOWLEDGE_ROLES, knowledge_list.list_page),
    _page("/console/knowledge/reviews", KNOWLEDGE_ROLES, knowledge_reviews.reviews_page),
    _page("/console/knowledge/tasks", KNOWLEDGE_ROLES, knowledge_tasks.tasks_page),
    _page("/console/knowledge/tasks/{name}", KNOWLEDGE_ROLES, knowledge_tasks.task_page),
    _form("/console/knowledge/tasks/{name}/{action}", _KNOWLEDGE_ACTORS, knowledge_tasks.act),
    _form("/console/knowledge/proposals/{name}/{action}", _KNOWLEDGE_ACTORS, knowledge_tasks.act_on_proposal),
    _page("/console/knowledge/proposals/{name}", KNOWLEDGE_ROLES, knowledge_tasks.proposal_page),
    _page("/console/knowledge/import", _WRITERS, knowledge_import.show_import),
    _files("/console/knowledge/import", _WRITERS, knowledge_import.upload),
    _page("/console/knowledge/import/{name}", _WRITERS, knowledge_import.show_run),
    _form("/console/knowledge/import/{name}/{action}", _WRITERS, knowledge_import.act),
    _page("/console/knowledge/figures", _KNOWLEDGE_FIGURE_ROLES, knowledge_figures.figures_page),
    _page("/console/knowledge/new", _WRITERS, knowledge_edit.show_new),
    _form("/console/knowledge/new", _WRITERS, knowledge_edit.write_new, most_bytes=knowledge_edit.MOST_BYTES),
    _page("/console/knowledge/{name}", KNOWLEDGE_ROLES, knowledge_entry.show_entry),
    _page("/console/knowledge/{name}/edit", _WRITERS, knowledge_edit.show_edit),
    _page("/console/knowledge/{name}/{action}", KNOWLEDGE_ROLES, knowledge_entry.show_version),
    _form(
        "/console/knowledge/{name}/{action}",
        _KNOWLEDGE_ACTORS,
        knowledge_acts.act,
        most_bytes=knowledge_edit.MOST_BYTES,
    ),
)
"""The editors' pages. The named ones come first: an entry's id could be anything."""

STAFF: tuple[ConsoleRoute, ...] = (
    _page("/console/staff", STAFF_ROLES, staff_pages.staff_page),
    _form("/console/staff", STAFF_ROLES, staff_pages.add),
    _page("/console/staff/log", STAFF_ROLES, staff_pages.log_page),
    _page("/console/staff/keys", STAFF_ROLES, staff_keys.keys_page),
    _form("/console/staff/keys/{action}", STAFF_ROLES, staff_keys.act),
    _files("/console/staff/import", STAFF_ROLES, staff_import.upload),
    _form("/console/staff/import/confirm", STAFF_ROLES, staff_import.confirm),
    _page("/console/staff/{name}", STAFF_ROLES, staff_pages.member_page),
    _form("/console/staff/{name}/{action}", STAFF_ROLES, staff_pages.act),
)
"""The administrator's pages. The named ones come first: a login could be called anything."""

ACCOUNTS: tuple[ConsoleRoute, ...] = (
    _page("/console/wechat", ACCOUNT_ROLES, wechat_accounts.list_page),
    _page("/console/wechat/{name}", ACCOUNT_ROLES, wechat_accounts.account_page),
    _form("/console/wechat/{name}/{action}", ACCOUNT_ROLES, wechat_accounts.act),
)
"""The administrator's pages on official accounts."""

INTAKE: tuple[ConsoleRoute, ...] = (
    _page("/console/intake", INTAKE_ROLES, intake_desk.desk),
    _form("/console/intake", INTAKE_ROLES, intake_desk.take),
    _form("/console/intake/suggest", INTAKE_ROLES, intake_desk.suggest),
    _form("/console/intake/drafts/{name}/drop", INTAKE_ROLES, intake_desk.drop_draft),
    _page("/console/intake/{number}", INTAKE_ROLES, intake_desk_done.registered),
    _form("/console/intake/{number}/link", INTAKE_ROLES, intake_desk_done.link),
)
"""The operators' desk."""

ROUTES: tuple[ConsoleRoute, ...] = (
    _open("GET", LOGIN, login.show_login),
    _open("POST", LOGIN, login.log_in),
    _form(LOGOUT, EVERY_ROLE, login.log_out),
    _open("GET", "/console/static/{name}", assets.static),
    _page("/console/watermark.svg", EVERY_ROLE, watermark.watermark),
    _page("/console/", EVERY_ROLE, liaison.home),
    _page("/console/deliveries", DELIVERY_ROLES, deliveries.list_page),
    _form("/console/deliveries/{number}/{name}/repeat", DELIVERY_ROLES, deliveries.repeat),
    _page("/console/tickets", TICKET_ROLES, liaison.inbox),
    _form("/console/views/{action}", TICKET_ROLES, saved_view_forms.act),
    _page("/console/reply-templates", _HANDLING_ROLES, reply_template_page.templates_page),
    _form("/console/reply-templates", _HANDLING_ROLES, reply_template_page.add),
    _form("/console/reply-templates/{name}/{action}", _HANDLING_ROLES, reply_template_page.act),
    _page("/console/tickets/{number}", TICKET_ROLES, ticket.show_ticket),
    _form("/console/tickets/{number}/reveal", _HANDLING_ROLES, ticket_actions.reveal),
    _page("/console/tickets/{number}/photos/{photo}", TICKET_ROLES, photos.show_photo),
    _page("/console/tickets/{number}/photos/{photo}/small", TICKET_ROLES, photos.show_thumbnail),
    _form("/console/tickets/{number}/photos/{photo}", _HANDLING_ROLES, photos.show_to_citizen),
    _files("/console/tickets/{number}/attachments", _HANDLING_ROLES, photos.add_files),
    _form("/console/tickets/{number}/presence", _HANDLING_ROLES, presence_beat.beat),
    _form("/console/tickets/{number}/compose", _HANDLING_ROLES, answering.compose),
    _form("/console/tickets/{number}/{action}", _HANDLING_ROLES, ticket_actions.act),
    _files("/console/tickets/{number}/with-files/{action}", _HANDLING_ROLES, answer_files.answer_with_files),
    _page("/console/figures", FIGURE_ROLES, supervision.figures),
    _page("/console/figures/export", FIGURE_ROLES, figures_export.export),
    _page("/console/figures/{name}", FIGURE_ROLES, supervision.drill_down),
    _page("/console/audit", AUDIT_ROLES, audit.landing),
    _page("/console/audit/confusion", AUDIT_ROLES, audit.confusion_page),
    _page("/console/audit/types", AUDIT_ROLES, audit_types.types_page),
    _page("/console/audit/bias", AUDIT_ROLES, audit_bias.bias_page),
    _page("/console/audit/samples", AUDIT_ROLES, audit_samples.samples_page),
    _form("/console/audit/samples/{action}", AUDIT_ROLES, audit_samples.act),
    _page("/console/audit/{name}/tickets", AUDIT_ROLES, audit_tickets.tickets),
    _page("/console/audit/{name}/export", AUDIT_ROLES, audit_export.export),
    _page("/console/models", MODEL_ROLES, models.models_page),
    _form("/console/models/{action}", MODEL_ROLES, models.decide),
    *INTAKE,
    *KNOWLEDGE,
    *STAFF,
    _page("/console/letters", LETTER_ROLES, letters.list_page),
    _form("/console/letters/{number}/{action}", letters.ACTORS, letters.act),
    _page("/console/bulletin", FIGURE_ROLES, bulletin_page.bulletin_page),
    _page("/console/live", LIVE_ROLES, live.board),
    _page("/console/live/events", LIVE_ROLES, live.events),
    _page("/console/triage", REVIEW_ROLES, triage_board.board),
    _form("/console/triage/several", REVIEW_ROLES, triage_board.dispatch_several),
    _form("/console/triage/leave", REVIEW_ROLES, triage_board.leave),
    _form("/console/triage/{number}", REVIEW_ROLES, triage_board.dispatch),
    _page("/console/reviews", REVIEW_ROLES, reviews.queue),
    _form("/console/reviews/{number}/{action}", REVIEW_ROLES, reviews.decide),
    _page("/console/disclosure", DISCLOSURE_ROLES, disclosure_register.register_page),
    _page("/console/duty", DUTY_ROLES, duty_page.duty),
    _files("/console/duty/import", ROSTER_ROLES, roster_import.upload),
    _form("/console/duty/import/confirm", ROSTER_ROLES, roster_import.confirm),
    _form("/console/duty/{action}", DUTY_ROLES - {Role.AUDITOR}, duty_page.act),
    _page("/console/duplicates", REVIEW_ROLES, duplicates_page.duplicates),
    _form("/console/duplicates/{number}/{action}", REVIEW_ROLES, duplicates_page.act),
    _page("/console/tables", STAFF_ROLES, tables_page.tables_page),
    _files("/console/tables", STAFF_ROLES, tables_page.upload),
    _page("/console/tables/export", STAFF_ROLES, tables_download.download),
    _form("/console/tables/confirm", STAFF_ROLES, tables_page.confirm),
    _page("/console/tables/versions/{number}", STAFF_ROLES, table_versions.tables_version),
    _form("/console/tables/versions/{number}/back", STAFF_ROLES, table_versions.tables_back),
    _page("/console/tables/days/{number}", STAFF_ROLES, table_versions.days_version),
    _form("/console/tables/days/{number}/back", STAFF_ROLES, table_versions.days_back),
    _page("/console/profiles", STAFF_ROLES, profiles_page.list_page),
    _page("/console/profiles/{name}", STAFF_ROLES, profiles_page.profile_page),
    _form(
        "/console/profiles/{name}/{action}",
        STAFF_ROLES,
        profiles_page.act,
        most_bytes=profiles_page.MOST_BYTES,
    ),
    _page("/console/visits", VISIT_ROLES, visits_page.visits),
    _form("/console/visits/{number}/{action}", VISIT_ROLES, visits_page.act),
    *ACCOUNTS,
    _page("/console/health", HEALTH_ROLES, health_page.health),
    _page(PASSWORD, EVERY_ROLE, own_password.show_form),
    _form(PASSWORD, EVERY_ROLE, own_password.change),
    _page("/console/identity-reads", READ_LOG_ROLES, read_log.identity_reads),
)


async def _to_home(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/console/")


def console_routes() -> list[web.RouteDef]:
    """What the application mounts."""
    routes = [web.route(route.method, route.path, route.handler) for route in ROUTES]
    return [web.get("/console", _to_home), *routes]
