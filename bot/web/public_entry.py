"""One entry for the public: its fields or provisions with anchors, its source, and whether it still holds."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from aiohttp import web

from bot.redis_state import RateLimit
from bot.services import SERVICES, Services
from bot.web.access import read_form
from bot.web.knowledge_standing import basis_holds
from bot.web.knowledge_words import (
    Section,
    Standing,
    StandingWords,
    cite,
    facts_of,
    sections_of,
    standing_words,
)
from bot.web.login import from_our_own_page
from bot.web.pages import present, unit_name
from bot.web.public import Asked, region_choices, today
from bot.web.public_pages import PAGE, reader_key, show_public, too_often
from knowledge_base.article import Article, ArticleKind, UnknownArticle, names_an_article
from routing.departments import UnitId

_DAY_S = 24 * 3600.0
_VOTES_AT_ONCE, _VOTES_WINDOW_S = 40, 600.0
"""From one address: a whole government building may stand behind it, a script must not get far."""
_CONTENTS_FROM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Something an entry rests on or is related to; ``href`` empty for a law named in words."""

    words: str
    href: str = ""
    standing: StandingWords | None = None


async def show_entry(request: web.Request) -> web.StreamResponse:
    return await _show(request, request.match_info["name"])


async def say_helpful(request: web.Request) -> web.StreamResponse:
    """有用 or 没用, once a day from one browser for one entry; nothing of the reader is kept."""
    if not from_our_own_page(request):
        raise web.HTTPForbidden
    article_id = request.match_info["name"]
    article = await _shown(request, article_id)
    form = await read_form(request)
    helpful = form.get("helpful")
    if helpful not in ("yes", "no"):
        raise web.HTTPBadRequest
    services = request.app[SERVICES]
    limits = RateLimit(services.redis)
    if not await limits.allow(f"votes:{reader_key(request)}", _VOTES_AT_ONCE, _VOTES_WINDOW_S):
        return too_often(request, "评价得太快了。请过10分钟再试。", int(_VOTES_WINDOW_S))
    browser = reader_key(request, request.headers.get("User-Agent", ""), article.id)
    if await limits.allow(f"vote:{browser}:{today(request)}", 1, _DAY_S):
        await services.hearing.on_page(
            article.id,
            helpful=helpful == "yes",
            question=" ".join(form.get("q", "").split())[:200],
            key=f"page-{secrets.token_hex(12)}",
            # By where the word comes from alone: browsers are easily many, and each asker weighs on what officials do.
            asker=reader_key(request),
            now=present(request),
        )
    raise web.HTTPSeeOther(f"{PAGE}/{quote(article.id)}?said={helpful}#feedback")


async def _show(request: web.Request, article_id: str) -> web.StreamResponse:
    services, on = request.app[SERVICES], today(request)
    article = await _shown(request, article_id)
    sections = sections_of(article)
    titled = tuple(section for section in sections if section.heading)
    said = request.query.get("said", "")
    context = {
        "title": article.title,
        "standing_now": await standing_now(services, article, on),
        "sections": sections,
        "contents": titled if len(titled) >= _CONTENTS_FROM else (),
        "asked_for": _anchor_of(sections, request.query.get("at", "")),
        "citation": cite(article),
        "facts": facts_of(article, unit=unit_name(UnitId(article.owner_unit_id), services.units)),
        "relations": await _relations(services, article, on),
        "replaced_by": [(link.href, link.words) for link in await _enders(services, article, on)],
        "may_say": article.kind is not ArticleKind.CATALOGUE,
        "thanks": _THANKS.get(said, ""),
        "searched": " ".join(request.query.get("q", "").split())[:200],
        "feedback_href": f"{PAGE}/{quote(article.id)}/feedback",
        "asked": Asked(),
        "regions": await region_choices(services),
        "kinds": (ArticleKind.GUIDE, ArticleKind.QUESTION, ArticleKind.POLICY),
    }
    return show_public(request, "public_entry.html", context)


_THANKS = {
    "yes": "谢谢您告诉我们。",
    "no": "谢谢您告诉我们，我们会改。还没解决的，请拨打12345，由单位答复您。",
}


async def _shown(request: web.Request, article_id: str) -> Article:
    """What the public may read: once published, and its day has come. Raises what a page says 404 with."""
    services, on = request.app[SERVICES], today(request)
    try:
        article = await services.articles.get(article_id, on=on)
    except UnknownArticle:
        raise web.HTTPNotFound from None
    if standing_words(article, on=on).standing is Standing.HIDDEN:
        raise web.HTTPNotFound
    return article


async def standing_now(services: Services, article: Article, on: date) -> StandingWords:
    """As the answers see it: what another document ended, or whose basis lapsed, is not in force."""
    holds = await basis_holds(services, article, on=on)
    return standing_words(article, on=on, basis_holds=holds)


async def _relations(services: Services, article: Article, on: date) -> list[tuple[str, list[Link]]]:
    groups = (("依据", article.basis), ("废止了", article.repeals), ("修订了", article.amends))
    return [(words, [await _link(services, one, on) for one in names]) for words, names in groups if names]


async def _link(services: Services, name: str, on: date) -> Link:
    """A law in words stays words; an entry the public may not read is named without a way to it."""
    if not names_an_article(name):
        return Link(words=name)
    try:
        article = await services.articles.get(name, on=on)
    except UnknownArticle:
        return Link(words="（已撤下的条目）")
    words = await standing_now(services, article, on)
    if words.standing is Standing.HIDDEN:
        return Link(words="（尚未公开的条目）")
    return Link(words=article.title, href=f"{PAGE}/{quote(article.id)}", standing=words)


async def _enders(services: Services, article: Article, on: date) -> list[Link]:
    """The documents that ended it, or changed it, and have begun."""
    found = await services.articles.public.repealers(article.id, on=on)
    return [Link(words=one.title, href=f"{PAGE}/{quote(one.id)}") for one in found]


def _anchor_of(sections: tuple[Section, ...], named: str) -> str:
    """The section an answer quoted, by the field's name or the number of the 条: the reader finds it marked."""
    asked = named.split("、")
    return next((section.anchor for section in sections if section.heading in asked), "")
