"""One entry: what is public, what is being changed, who did what, and what this reader may do next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import quote

from aiohttp import web

from bot.services import Services
from bot.web.knowledge_fields import FIELD_WORDS, VALUE_WORDS
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
from bot.web.knowledge_preview import bubbles
from bot.web.knowledge_refusals import explain_knowledge
from bot.web.knowledge_standing import basis_holds, never_quoted
from bot.web.knowledge_words import facts_of, say_day, sections_of, standing_words
from bot.web.pages import Viewer, unit_name
from bot.wording import label
from knowledge_base.article import (
    Article,
    ArticleStatus,
    KnowledgeRefused,
    UnknownArticle,
    names_an_article,
)
from knowledge_base.editing.diff import FieldDiff, differences
from knowledge_base.editing.entries import SYSTEM, Act, Entry, ReviewEvent
from knowledge_base.editing.review import why_not
from routing.departments import UnitId

_SHOWN_EVENTS = 40
_STEPS = (
    (ArticleStatus.DRAFT, "编写"),
    (ArticleStatus.BUSINESS_REVIEW, "业务审核"),
    (ArticleStatus.SECRECY_REVIEW, "保密审查"),
    (ArticleStatus.APPROVED, "公开"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage on the way to the public: done, here or to come, and by whom."""

    words: str
    state: str
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One line of the history."""

    version: int
    words: str
    who: str
    at: datetime
    note: str
    href: str


@dataclass(frozen=True, slots=True)
class Related:
    """Another entry and what it has to do with this one."""

    href: str
    words: str


async def show_entry(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await entry_page(request, viewer)


async def entry_page(
    request: web.Request,
    viewer: Viewer,
    *,
    problem: str = "",
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """The page of one entry; ``problem`` and ``kept`` say why an act was refused and what was typed for it."""
    services, on = services_of(request), today(request)
    entry = await find_entry(request, viewer)
    article = entry.working
    if article is None:
        raise web.HTTPNotFound
    person = person_of(viewer)
    history = await services.articles.history(entry.id) if sees_drafts(viewer, entry) else ()
    people = await names_of(services, _people(entry, [one.event for one in history if one.event]))
    acts = {act: why_not(entry, act, person, on=on) for act in Act}
    live = entry.live
    holds = live is None or await basis_holds(services, live, on=on)
    standing = standing_words(live, on=on, basis_holds=holds) if live else None
    over = await never_quoted(services, article, on=on)
    helpful, said = await services.articles.helpfulness(entry.id)
    context = {
        "entry": entry,
        "href": f"{PAGE}/{quote(entry.id)}",
        "title": article.title or "（还没有标题）",
        "kind": label(article.kind),
        "standing_now": standing,
        "stage": entry.stage,
        "steps": _steps(entry, people),
        "draft_note": entry.draft.note if entry.draft else "",
        "obstacles": [explain_knowledge(one) for one in services.knowledge.obstacles(entry.draft.article)]
        if entry.stage is ArticleStatus.DRAFT and entry.draft
        else [],
        "changes": await _changes(services, entry),
        "live_sections": sections_of(live) if live else (),
        "draft_sections": sections_of(entry.draft.article) if entry.draft else (),
        "bubbles": bubbles(article, public_url=services.settings.public_url, lapsed=over),
        "facts": facts_of(article, unit=unit_name(UnitId(article.owner_unit_id), services.units)),
        "questions": article.questions,
        "relations": await _relations(services, article, on),
        "resting": [
            Related(f"{PAGE}/{quote(one.id)}", one.title)
            for one in await lists_of(services).resting_on(entry.id)
        ],
        "events": [_happened(one.event, entry.id, people) for one in history[:_SHOWN_EVENTS] if one.event],
        "helpful": helpful,
        "said": said,
        "may": {act for act, refused in acts.items() if refused is None},
        "refused": _refused(acts, entry),
        "is_public": live is not None,
        "problem": problem,
        "kept": kept or {},
        "today": on,
    }
    return show_knowledge(request, viewer, "knowledge_entry.html", context, status=status)


async def show_version(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """What one save changed, against the save before it."""
    services = services_of(request)
    entry = await find_entry(request, viewer)
    if not sees_drafts(viewer, entry):
        raise web.HTTPNotFound
    history = await services.articles.history(entry.id)
    wanted = request.match_info["action"]
    at = next((n for n, one in enumerate(history) if str(one.version) == wanted), None)
    if at is None:
        raise web.HTTPNotFound
    this = history[at]
    before = history[at + 1] if at + 1 < len(history) else None
    if this.event is None:
        raise web.HTTPNotFound
    people = await names_of(services, [this.event.by])
    newer = history[at - 1] if at else None
    written = entry.working or this.working
    title = written.title if written else entry.id
    context = {
        "href": f"{PAGE}/{quote(entry.id)}",
        "title": title,
        "event": _happened(this.event, entry.id, people),
        "changes": await changes_between(services, before.working if before else None, this.working),
        "sections_of_version": sections_of(this.working) if this.working else (),
        "older_href": f"{PAGE}/{quote(entry.id)}/{before.version}" if before else "",
        "newer_href": f"{PAGE}/{quote(entry.id)}/{newer.version}" if newer else "",
    }
    return show_knowledge(request, viewer, "knowledge_version.html", context)


async def find_entry(request: web.Request, viewer: Viewer) -> Entry:
    """The entry of the address. Where a liaison's units have no part in it, what is public is all there is for them:
    no draft, and nothing before the first publication."""
    services = services_of(request)
    try:
        entry = await services.articles.entry(request.match_info["name"])
    except UnknownArticle:
        raise web.HTTPNotFound from None
    seen = entry if sees_drafts(viewer, entry) else replace(entry, draft=None)
    if seen.working is None:
        raise web.HTTPNotFound
    return seen


def sees_drafts(viewer: Viewer, entry: Entry) -> bool:
    """Whether what was written and not (yet) published of this entry is the reader's business, its history too."""
    own = units_seen(viewer.actor)
    texts = (entry.live, entry.draft.article if entry.draft else None)
    return own is None or any(one is not None and one.owner_unit_id in own for one in texts)


def _steps(entry: Entry, people: Mapping[str, str]) -> list[Step]:
    draft = entry.draft
    if draft is None:
        return []
    order = [stage for stage, _ in _STEPS]
    here = order.index(draft.stage) if draft.stage in order else 0
    who = {
        ArticleStatus.DRAFT: "、".join(people.get(one, one) for one in draft.authors),
        ArticleStatus.BUSINESS_REVIEW: people.get(draft.business_reviewer or "", ""),
        ArticleStatus.SECRECY_REVIEW: people.get(draft.secrecy_reviewer or "", ""),
        ArticleStatus.APPROVED: _begins(entry),
    }
    states = ["done" if n < here else "here" if n == here else "to-come" for n in range(len(order))]
    return [
        Step(words=words, state=state, who=who[stage])
        for (stage, words), state in zip(_STEPS, states, strict=True)
    ]


def _begins(entry: Entry) -> str:
    begins = entry.takes_over_on()
    return f"{say_day(begins)}起" if begins and begins != date.min else ""


async def _changes(services: Services, entry: Entry) -> Sequence[FieldDiff] | None:
    """What the draft changes of the live version; None where there are not both."""
    if entry.draft is None or entry.live is None:
        return None
    return await changes_between(services, entry.live, entry.draft.article)


async def changes_between(
    services: Services, before: Article | None, after: Article | None
) -> Sequence[FieldDiff]:
    """Field by field, in words: units and related entries by their names."""
    ids = {
        name
        for one in (before, after)
        if one
        for name in (*one.basis, *one.repeals, *one.amends)
        if names_an_article(name)
    }
    units = {
        one.owner_unit_id: unit_name(UnitId(one.owner_unit_id), services.units)
        for one in (before, after)
        if one
    }
    words = {**VALUE_WORDS, **units, **await lists_of(services).titles(ids)}
    # Of two long laws a second's work, which no citizen shall wait for.
    return await asyncio.to_thread(differences, before, after, labels=FIELD_WORDS, words=words)


def _happened(event: ReviewEvent, entry_id: str, people: Mapping[str, str]) -> Happened:
    words = label(event.act)
    if event.act is Act.APPROVE and event.stage is not None:
        words = "业务审核通过" if event.stage is ArticleStatus.BUSINESS_REVIEW else "保密审查通过"
    elif event.act is Act.REFUSE and event.stage is not None:
        words = "业务审核退回" if event.stage is ArticleStatus.BUSINESS_REVIEW else "保密审查退回"
    day = f"（{say_day(event.day)}）" if event.day else ""
    who = "系统" if event.by == SYSTEM else people.get(event.by, event.by)
    return Happened(
        version=event.version,
        words=words + day,
        who=who,
        at=event.at,
        note=event.note,
        href=f"{PAGE}/{quote(entry_id)}/{event.version}",
    )


def _people(entry: Entry, events: Sequence[ReviewEvent]) -> set[str]:
    draft = entry.draft
    beside = (*draft.authors, draft.business_reviewer, draft.secrecy_reviewer) if draft else ()
    return {one for one in (*beside, *(event.by for event in events)) if one and one != SYSTEM}


def _refused(acts: Mapping[Act, KnowledgeRefused | None], entry: Entry) -> list[str]:
    """Why this reader may not do what the entry now waits for; nothing where they may, or nothing is waited for."""
    waits = {
        ArticleStatus.DRAFT: Act.SUBMIT,
        ArticleStatus.BUSINESS_REVIEW: Act.APPROVE,
        ArticleStatus.SECRECY_REVIEW: Act.APPROVE,
    }
    act = waits.get(entry.stage) if entry.stage else None
    refused = acts.get(act) if act else None
    return [explain_knowledge(refused)] if refused else []


async def _relations(services: Services, article: Article, on: date) -> list[tuple[str, list[Related]]]:
    groups = (("依据", article.basis), ("废止了", article.repeals), ("修订了", article.amends))
    ids = [one for _, names in groups for one in names if names_an_article(one)]
    titles = await lists_of(services).titles(ids)
    return [
        (
            words,
            [
                Related(
                    f"{PAGE}/{quote(one)}" if one in titles else "",
                    titles.get(one, "（已不在知识库里的条目）") if names_an_article(one) else one,
                )
                for one in names
            ],
        )
        for words, names in groups
        if names
    ]
