"""What waits for review: those this reader may decide first, then those others must, each told why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from bot.services import Services
from bot.web.knowledge_pages import (
    PAGE,
    lists_of,
    names_of,
    person_of,
    services_of,
    show_knowledge,
    today,
    units_seen,
)
from bot.web.knowledge_refusals import explain_knowledge
from bot.web.pages import Viewer, unit_name
from bot.wording import label
from knowledge_base.article import ArticleStatus
from knowledge_base.editing.entries import Act, Entry
from knowledge_base.editing.review import why_not
from knowledge_base.editing.store import EntryFilter
from routing.departments import UnitId

_SHOWN = 50
_STAGES = (ArticleStatus.BUSINESS_REVIEW, ArticleStatus.SECRECY_REVIEW, ArticleStatus.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One draft at one stage; ``refused`` says why this reader may not decide, empty when they may."""

    href: str
    title: str
    kind: str
    unit: str
    stage: ArticleStatus
    authors: str
    since: datetime
    changes: str
    refused: str


async def reviews_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, own = services_of(request), units_seen(viewer.actor)
    entries: list[Entry] = []
    for stage in _STAGES:
        page = await lists_of(services).page(EntryFilter(stage=stage, units=own), limit=_SHOWN)
        entries += [await services.articles.entry(row.id) for row in page.rows]
    people = await names_of(services, {one for entry in entries for one in _authors(entry)})
    waiting = [_waiting(entry, viewer, services, people, request) for entry in entries if entry.draft]
    waiting.sort(key=lambda one: one.since)
    context = {
        "mine": [one for one in waiting if not one.refused and one.stage is not ArticleStatus.APPROVED],
        "others": [one for one in waiting if one.refused and one.stage is not ArticleStatus.APPROVED],
        "scheduled": [one for one in waiting if one.stage is ArticleStatus.APPROVED],
    }
    return show_knowledge(request, viewer, "knowledge_reviews.html", context, tab="/reviews")


def _authors(entry: Entry) -> tuple[str, ...]:
    return entry.draft.authors if entry.draft else ()


def _waiting(
    entry: Entry, viewer: Viewer, services: Services, people: dict[str, str], request: web.Request
) -> Waiting:
    draft = entry.draft
    assert draft is not None
    refused = why_not(entry, Act.APPROVE, person_of(viewer), on=today(request))
    article = draft.article
    begins = entry.takes_over_on()
    return Waiting(
        href=f"{PAGE}/{quote(entry.id)}",
        title=article.title,
        kind=label(article.kind),
        unit=unit_name(UnitId(article.owner_unit_id), services.units, short=True),
        stage=draft.stage,
        authors="、".join(people.get(one, one) for one in draft.authors),
        since=draft.since,
        changes="修改公开的条目" if entry.live else "新条目",
        refused="" if refused is None else f"{begins}起公开" if begins else explain_knowledge(refused),
    )
