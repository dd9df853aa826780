"""Rendering: every page knows who reads it, and every handler is given that reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web
from markupsafe import Markup, escape

from bot import wording
from bot.compiled_templates import CompiledTemplates
from bot.people import User
from bot.services import SERVICES
from bot.web.assets import asset_href
from bot.web.clock_words import exact
from bot.web.sessions import Session
from routing.departments import UnitId, Units
from routing.errors import UnknownUnit
from routing.workflow import CENTRE_ROLES, Actor, Role

TICKET_ROLES = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.LIAISON, Role.SUPERVISOR, Role.AUDITOR})
FIGURE_ROLES = frozenset({Role.SUPERVISOR})
READ_LOG_ROLES = frozenset({Role.AUDITOR})
AUDIT_ROLES = frozenset({Role.SUPERVISOR, Role.AUDITOR})
KNOWLEDGE_ROLES = frozenset({Role.EDITOR, Role.SUPERVISOR, Role.LIAISON, Role.AUDITOR})
ASK_ROLES = frozenset({Role.OPERATOR, Role.DISPATCHER, Role.SUPERVISOR, Role.EDITOR})
MODEL_ROLES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
ACCOUNT_ROLES = frozenset({Role.ADMINISTRATOR})
LIVE_ROLES = frozenset({Role.SUPERVISOR, Role.AUDITOR})
REVIEW_ROLES = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
DUTY_ROLES = CENTRE_ROLES | {Role.LIAISON, Role.AUDITOR}
ROSTER_ROLES = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.LIAISON})
DELIVERY_ROLES = CENTRE_ROLES | {Role.ADMINISTRATOR}
HEALTH_ROLES = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
STAFF_ROLES = frozenset({Role.ADMINISTRATOR})
INTAKE_ROLES = CENTRE_ROLES
LETTER_ROLES = frozenset({Role.SUPERVISOR, Role.LIAISON, Role.AUDITOR})
VISIT_ROLES = CENTRE_ROLES
DISCLOSURE_ROLES = CENTRE_ROLES | {Role.AUDITOR}
EVERY_ROLE = TICKET_ROLES | {Role.EDITOR, Role.ADMINISTRATOR}

_MENU = (
    ("/console/intake", "登记", INTAKE_ROLES),
    ("/console/tickets", "工单", TICKET_ROLES),
    ("/console/triage", "派单台", REVIEW_ROLES),
    ("/console/reviews", "待审", REVIEW_ROLES),
    ("/console/live", "实时督办", LIVE_ROLES),
    ("/console/figures", "考核指标", FIGURE_ROLES),
    ("/console/visits", "回访", VISIT_ROLES),
    ("/console/letters", "督办函", LETTER_ROLES),
    ("/console/duplicates", "重复", REVIEW_ROLES),
    ("/console/bulletin", "通报", FIGURE_ROLES),
    ("/console/duty", "值班", DUTY_ROLES),
    ("/console/disclosure", "依申请公开", DISCLOSURE_ROLES),
    ("/console/deliveries", "送达", DELIVERY_ROLES),
    ("/console/knowledge", "知识库", KNOWLEDGE_ROLES),
    ("/console/answers", "问答", ASK_ROLES),
    ("/console/audit", "审计", AUDIT_ROLES),
    ("/console/models", "模型", MODEL_ROLES),
    ("/console/wechat", "公众号", ACCOUNT_ROLES),
    ("/console/identity-reads", "查阅记录", READ_LOG_ROLES),
    ("/console/staff", "账号", STAFF_ROLES),
    ("/console/tables", "单位与规则", STAFF_ROLES),
    ("/console/profiles", "时限方案", STAFF_ROLES),
    ("/console/health", "运行状况", HEALTH_ROLES),
)
MOST_IN_MENU = 7
"""What comes after them folds out under 更多, so that the bar stays one line."""
_WORTH_COMPRESSING = 30_000
"""Bytes; the table of all figures of a county is four hundred thousand, and a tenth of it travels."""
_TEMPLATES = Path(__file__).parent / "templates"
_COMPILED = CompiledTemplates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is looking: the user, their rights, and their session."""

    user: User
    actor: Actor
    session: Session
    unit_is_dissolved: bool = False
    """The units' table has this user's unit no more: nothing opens, and ``actor`` answers for no unit."""


VIEWER: web.RequestKey[Viewer] = web.RequestKey("viewer", Viewer)


def setup_templates(app: web.Application) -> None:
    """Give the application the console's templates; autoescape is on."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    environment.globals.update(asset_href=asset_href, say_time=wording.say_time)
    environment.filters.update(label=wording.label, exact=exact, telephone=telephone, when=when)


def show(
    request: web.Request, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """The page for this reader; never kept by a cache, since it may name people."""
    viewer = request.get(VIEWER)
    services = request.app[SERVICES]
    role = viewer.actor.role if viewer and not viewer.unit_is_dissolved else None
    menu = [(href, words) for href, words, roles in _MENU if role in roles]
    around = {
        "viewer": viewer,
        "csrf": viewer.session.csrf if viewer else "",
        "flash": viewer.session.flash if viewer else None,
        "undo": viewer.session.undo if viewer else None,
        "unit_name": unit_name(viewer.user.unit_id, services.units) if viewer else "",
        "menu": menu,
        # One alone does not fold out.
        "most_in_menu": MOST_IN_MENU if len(menu) > MOST_IN_MENU + 1 else len(menu),
        "here": request.path,
        "now": services.clock(),
    }
    response = aiohttp_jinja2.render_template(template, request, {**around, **context}, status=status)
    response.headers["Cache-Control"] = "no-store"
    # Guessing a page's secrets by its compressed length needs another site's requests to carry the cookie: SameSite.
    if isinstance(response.body, bytes) and len(response.body) > _WORTH_COMPRESSING:
        response.enable_compression()
    return response


def unit_name(unit_id: UnitId | None, units: Units, *, short: bool = False) -> str:
    """A unit's name for a page; the id itself for a unit that has since been dissolved."""
    if unit_id is None:
        return ""
    try:
        unit = units.get(unit_id)
    except UnknownUnit:
        return unit_id
    return unit.short_name if short else unit.name


_NUMBER = re.compile(
    r"(?<![\d-])(?:0\d{2,3}-?\d{7,8}|1\d{10}|12\d{3}|400-?\d{3}-?\d{4}|[2-8]\d{6,7})(?![\d-])"
)


def when(at: datetime, now: datetime) -> Markup:
    """A time as people say it; pointing at it shows the exact one."""
    said = wording.say_time(at, now=now)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(at.isoformat(), exact(at), said)


def telephone(text: str) -> Markup:
    """The text with its telephone numbers to be tapped."""
    parts, at = [], 0
    for found in _NUMBER.finditer(text):
        parts.append(escape(text[at : found.start()]))
        dialled = found[0].replace("-", "")
        parts.append(Markup('<a href="tel:{}">{}</a>').format(dialled, found[0]))
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


def present(request: web.Request) -> datetime:
    return request.app[SERVICES].clock()
