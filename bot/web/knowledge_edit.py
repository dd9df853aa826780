"""Writing an entry: the form, the search for what it rests on, the preview, and a save that loses nobody's words."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from aiohttp import web

from bot.services import Services
from bot.web.access import Form, set_flash
from bot.web.knowledge_entry import changes_between, find_entry
from bot.web.knowledge_fields import field_sets
from bot.web.knowledge_form import (
    article_from,
    blank,
    read_related,
    related_of,
    values_of,
)
from bot.web.knowledge_origins import Origin, origin_of, settle_origin
from bot.web.knowledge_pages import (
    PAGE,
    lists_of,
    person_of,
    services_of,
    show_knowledge,
    today,
    unit_choices,
)
from bot.web.knowledge_preview import Bubble, bubbles
from bot.web.knowledge_refusals import explain_knowledge, status_of_knowledge
from bot.web.knowledge_standing import never_quoted
from bot.web.pages import Viewer, present
from bot.wording import label
from knowledge_base.article import Article, ArticleKind, ArticleStatus, KnowledgeRefused
from knowledge_base.editing.diff import FieldDiff
from knowledge_base.editing.entries import Act, Entry
from knowledge_base.editing.review import why_not
from knowledge_base.editing.store import StaleArticle

MOST_BYTES = 3 * 1024 * 1024
"""A form with the longest text: each Chinese character is nine bytes on the way."""
_MOST_FOUND = 8
_FORM_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry that can be pointed to."""

    id: str
    title: str
    relation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Everything the page shows of one editing."""

    article: Article
    base: Article
    values: Mapping[str, str]
    related: Mapping[str, str]
    version: int
    entry: Entry | None = None
    problem: str = ""
    find: str = ""
    preview: bool = False
    meanwhile: Sequence[FieldDiff] | None = None
    origin: Origin | None = None
    form_id: str = ""
    """Of a new entry: what is posted twice by an impatient hand becomes one entry."""


async def show_new(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """An empty form; one begun from a task or a proposal already holds what people asked and were told."""
    services = services_of(request)
    kind = _kind(request.query.get("kind", ""))
    origin = await origin_of(request, viewer, request.query)
    article = _blank(services, kind, request, viewer)
    if origin is not None:
        article = origin.fill(article)
    form = _Form(
        article=article,
        base=article,
        values=values_of(article),
        related=related_of(article),
        version=0,
        origin=origin,
        form_id=secrets.token_hex(8),
    )
    return await _page(request, viewer, form)


async def write_new(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    services = services_of(request)
    base = _blank(services, _kind(form.get("kind", "")), request, viewer)
    origin = await origin_of(request, viewer, form)
    return await _take(request, viewer, form, base, None, origin)


async def show_edit(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The draft, or the live version to begin one from; nothing is begun before something is saved."""
    entry = await find_entry(request, viewer)
    _require_may_write(entry, viewer, request)
    article = entry.working
    assert article is not None
    form = _Form(
        article=article,
        base=article,
        values=values_of(article),
        related=related_of(article),
        version=entry.version,
        entry=entry,
    )
    return await _page(request, viewer, form)


async def edit(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    entry = await find_entry(request, viewer)
    _require_may_write(entry, viewer, request)
    article = entry.working
    assert article is not None
    return await _take(request, viewer, form, article, entry, None)


async def _take(
    request: web.Request,
    viewer: Viewer,
    form: Form,
    base: Article,
    entry: Entry | None,
    origin: Origin | None,
) -> web.StreamResponse:
    """One button of the form: look for entries, preview, save, or save and submit."""
    article, problems = article_from(form, base)
    shown = _Form(
        article=article,
        base=base,
        values={**values_of(article), **_unreadable(form)},
        related=read_related(form),
        version=_version(form),
        entry=entry,
        find=" ".join(form.get("find", "").split())[:100],
        origin=origin,
        form_id=_form_id(form) if entry is None else "",
    )
    act = form.get("act", "find")
    if act in ("find", "preview"):
        return await _page(request, viewer, replace(shown, preview=act == "preview"))
    if problems:
        return await _page(request, viewer, replace(shown, problem=" ".join(problems)), status=422)
    if not article.title:
        problem = "请先写标题，才能保存。"
        return await _page(request, viewer, replace(shown, problem=problem), status=422)
    try:
        saved = await _save(services_of(request), viewer, shown, request)
    except StaleArticle as stale:
        return await _stale(request, viewer, replace(shown, entry=await _stored(request, stale)))
    except KnowledgeRefused as refused:
        problem = explain_knowledge(refused)
        return await _page(
            request, viewer, replace(shown, problem=problem), status=status_of_knowledge(refused)
        )
    if origin is not None:
        await settle_origin(request, viewer, origin, saved.id)
    if act != "submit":
        await set_flash(request, viewer, "已保存。提交审核以后才会公开。")
        raise web.HTTPSeeOther(f"{PAGE}/{quote(saved.id)}")
    return await _submit(request, viewer, saved, shown)


async def _save(services: Services, viewer: Viewer, shown: _Form, request: web.Request) -> Entry:
    by, now, desk = person_of(viewer), present(request), services.knowledge
    if shown.entry is None:
        named = replace(shown.article, id=f"{shown.article.kind}.{shown.form_id}")
        return await desk.create(named, by=by, now=now)
    write = desk.save if shown.entry.draft else desk.start
    return await write(shown.entry.id, article=shown.article, by=by, version=shown.version, now=now)


async def _submit(request: web.Request, viewer: Viewer, saved: Entry, shown: _Form) -> web.StreamResponse:
    """Saved already: what keeps it from review is said on the form, and nothing typed is lost."""
    try:
        await services_of(request).knowledge.submit(
            saved.id, by=person_of(viewer), version=saved.version, now=present(request)
        )
    except KnowledgeRefused as refused:
        assert saved.working is not None
        every = services_of(request).knowledge.obstacles(saved.working) or (refused,)
        problem = "已保存，还没有提交。" + "".join(map(explain_knowledge, every))
        kept = replace(shown, problem=problem, entry=saved, version=saved.version)
        return await _page(request, viewer, kept, status=status_of_knowledge(refused))
    await set_flash(request, viewer, "已保存并提交，等业务审核。")
    raise web.HTTPSeeOther(f"{PAGE}/{quote(saved.id)}")


async def _stored(request: web.Request, stale: StaleArticle) -> Entry:
    return await services_of(request).articles.entry(stale.article_id)


async def _stale(request: web.Request, viewer: Viewer, shown: _Form) -> web.StreamResponse:
    """Somebody saved meanwhile: what they wrote is shown against what was typed here, which stays in the form.

    The same form posted a second time finds the entry it has made, and says so.
    """
    stored = shown.entry
    assert stored is not None
    theirs = stored.working
    if shown.form_id and theirs and values_of(theirs) == values_of(shown.article):
        await set_flash(request, viewer, "已经保存过了，就是这一条，没有重复新建。")
        raise web.HTTPSeeOther(f"{PAGE}/{quote(stored.id)}")
    meanwhile = await changes_between(services_of(request), theirs, shown.article)
    problem = (
        "您打开以后，别人改过这个条目。您写的都还在下面，没有保存。"
        "请对照“和现在保存着的版本比”，把别人改的并进来，再保存一次。"
    )
    kept = replace(shown, problem=problem, entry=stored, version=stored.version, meanwhile=meanwhile)
    return await _page(request, viewer, kept, status=409)


async def _page(request: web.Request, viewer: Viewer, form: _Form, *, status: int = 200) -> web.Response:
    services = services_of(request)
    entry = form.entry
    titles = await lists_of(services).titles(list(form.related))
    context = {
        "heading": f"修改：{entry.working.title}"
        if entry and entry.working
        else f"新写：{label(form.article.kind)}",
        "action": f"{PAGE}/{quote(entry.id)}/edit" if entry else f"{PAGE}/new",
        "back_href": f"{PAGE}/{quote(entry.id)}" if entry else PAGE,
        "keep": f"{entry.id if entry else 'new'}-edit",
        "kind": form.article.kind,
        "sets": field_sets(form.article.kind, repealed=bool(form.base.repealed_on)),
        "values": form.values,
        "version": form.version,
        "form_id": form.form_id if entry is None else "",
        "related": [
            Found(id=one, title=titles.get(one, one), relation=how) for one, how in form.related.items()
        ],
        "find": form.find,
        "found": await _find(services, form),
        "units": unit_choices(services),
        "problem": form.problem,
        "meanwhile": form.meanwhile,
        "bubbles": await _preview(services, form.article, today(request)) if form.preview else None,
        "origin": form.origin,
        "is_public": entry is not None and entry.live is not None,
        "under_review": entry is not None and entry.stage not in (None, ArticleStatus.DRAFT),
        "kinds": tuple(ArticleKind) if entry is None and form.origin is None else (),
    }
    return show_knowledge(request, viewer, "knowledge_edit.html", context, status=status)


async def _preview(services: Services, article: Article, on: date) -> tuple[Bubble, ...]:
    lapsed = await never_quoted(services, article, on=on)
    return bubbles(article, public_url=services.settings.public_url, lapsed=lapsed)


async def _find(services: Services, form: _Form) -> list[Found]:
    """What the words in the search box name, but for the entry itself and what is there already."""
    if not form.find:
        return []
    own = form.entry.id if form.entry else ""
    rows = await lists_of(services).find_basis(form.find, limit=_MOST_FOUND + len(form.related) + 1)
    found = [
        Found(id=row.id, title=row.title) for row in rows if row.id != own and row.id not in form.related
    ]
    return found[:_MOST_FOUND]


def _require_may_write(entry: Entry, viewer: Viewer, request: web.Request) -> None:
    act = Act.SAVE if entry.draft else Act.START
    refused = why_not(entry, act, person_of(viewer), on=today(request))
    if refused is not None:
        raise web.HTTPForbidden


def _blank(services: Services, kind: ArticleKind, request: web.Request, viewer: Viewer) -> Article:
    gazetteer = services.gazetteer
    region = gazetteer.get(gazetteer.home).name if gazetteer.home else ""
    return blank(kind, on=today(request), region=region, unit_id=str(viewer.user.unit_id))


def _kind(value: str) -> ArticleKind:
    return ArticleKind(value) if value in {one.value for one in ArticleKind} else ArticleKind.QUESTION


def _unreadable(form: Form) -> dict[str, str]:
    """Days as they were typed: one that cannot be read must stand there to be put right."""
    names = ("published_on", "effective_on", "expires_on", "shown_from", "repealed_on")
    return {name: form[name] for name in names if form.get(name)}


def _form_id(form: Form) -> str:
    given = form.get("form_id", "")
    return given if _FORM_ID.fullmatch(given) else secrets.token_hex(8)


def _version(form: Form) -> int:
    version = form.get("version", "0")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
