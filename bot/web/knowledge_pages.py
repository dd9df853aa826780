"""What the editors' pages share: who may do what here, the way between the pages, and units by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from bot.knowledge.rights import person, units_read_by
from bot.services import SERVICES, Services
from bot.web.pages import KNOWLEDGE_ROLES, Viewer, present, show
from bot.wording import label
from knowledge_base.article import ArticleStatus
from knowledge_base.editing.entries import SYSTEM, Person
from knowledge_base.editing.mongo_lists import MongoEntryLists
from routing.departments import Unit
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role

PAGE = "/console/knowledge"
READERS = KNOWLEDGE_ROLES
WRITERS = frozenset({Role.EDITOR})
ACTORS = frozenset({Role.EDITOR, Role.SUPERVISOR, Role.LIAISON})
"""Those who write, review, or work on tasks; what each may do with an entry, ``knowledge_base.editing.review`` says."""
FIGURE_READERS = KNOWLEDGE_ROLES - {Role.LIAISON}

_TABS = (
    ("", "条目", READERS),
    ("/reviews", "审核", READERS),
    ("/tasks", "任务", READERS),
    ("/import", "导入", WRITERS),
    ("/figures", "成效", FIGURE_READERS),
)
STAGE_TONES = {
    ArticleStatus.DRAFT: "off",
    ArticleStatus.BUSINESS_REVIEW: "soon",
    ArticleStatus.SECRECY_REVIEW: "soon",
    ArticleStatus.APPROVED: "calm",
    ArticleStatus.PUBLISHED: "met",
    ArticleStatus.EXPIRED: "late",
    ArticleStatus.REPEALED: "late",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the knowledge base's pages."""

    href: str
    words: str
    current: bool


def person_of(viewer: Viewer) -> Person:
    """The reader as the review knows them."""
    return person(viewer.actor)


def units_seen(actor: Actor) -> frozenset[str] | None:
    """Whose entries somebody may see before they are public: a liaison those of their own units; None all."""
    return units_read_by(actor)


def unit_choices(services: Services, only: frozenset[str] | None = None) -> list[tuple[str, list[Unit]]]:
    """All units by level of government: an entry may belong to any of them."""
    groups: dict[str, list[Unit]] = {}
    for unit in services.units.all():
        if only is None or unit.id in only:
            groups.setdefault(f"{label(unit.level)}级单位", []).append(unit)
    return list(groups.items())


def show_knowledge(
    request: web.Request,
    viewer: Viewer,
    template: str,
    context: Mapping[str, Any],
    *,
    tab: str = "",
    status: int = 200,
) -> web.Response:
    around = {"tabs": _tabs(viewer.actor.role, tab), "stage_tones": STAGE_TONES}
    return show(request, template, {**around, **context}, status=status)


def today(request: web.Request) -> date:
    return present(request).astimezone(CHINA).date()


async def names_of(services: Services, ids: Iterable[str]) -> dict[str, str]:
    """User name → how a page calls them; somebody who has left keeps the user name."""
    names = {}
    for one in set(ids):
        user = await services.people.find_user(one)
        names[one] = user.name if user else "系统" if one == SYSTEM else one
    return names


def lists_of(services: Services) -> MongoEntryLists:
    """The entries as lists, for pages."""
    return services.articles.lists


async def known_regions(services: Services) -> list[str]:
    """The regions that public entries are for."""
    return list(await services.articles.public.regions())


def services_of(request: web.Request) -> Services:
    return request.app[SERVICES]


def _tabs(role: Role, current: str) -> list[Tab]:
    return [Tab(PAGE + path, words, path == current) for path, words, roles in _TABS if role in roles]
