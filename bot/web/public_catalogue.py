"""信息公开目录: what the government makes public, to be looked through or searched."""

from __future__ import annotations

from aiohttp import web

from bot.services import SERVICES
from bot.web.knowledge_standing import basis_holds
from bot.web.public import PER_PAGE, Asked, line_of, today
from bot.web.public_pages import PAGE, href, searches_too_often, show_public
from knowledge_base.article import ArticleKind
from knowledge_base.editing.mongo_public import PublicFilter
from knowledge_base.editing.store import BadCursor

ADDRESS = f"{PAGE}/catalogue"
_MOST_LOOKED_AT = 300


async def catalogue(request: web.Request) -> web.StreamResponse:
    """The newest first, from every region: somebody who looks through a catalogue wants to see all of it."""
    services, on, asked = request.app[SERVICES], today(request), Asked.of(request.query)
    if asked.words and (refused := await searches_too_often(request)):
        return refused
    public = services.articles.public
    regions = frozenset(await public.regions())
    following, total = None, ""
    if asked.words:
        found = services.answerer.search(asked.words, on=on, regions=regions, limit=_MOST_LOOKED_AT)
        every = [one for one in found if one.kind is ArticleKind.CATALOGUE]
        start = (asked.page - 1) * PER_PAGE
        articles, total = every[start : start + PER_PAGE], str(len(every))
        if len(every) > start + PER_PAGE:
            following = href(ADDRESS, {"q": asked.words, "page": str(asked.page + 1)})
    else:
        wanted = PublicFilter(on=on, regions=regions, kind=ArticleKind.CATALOGUE)
        try:
            page = await public.page(wanted, limit=PER_PAGE, after=asked.after or None)
        except BadCursor:
            raise web.HTTPSeeOther(ADDRESS) from None
        articles = list(page.articles)
        following = href(ADDRESS, {"after": page.next}) if page.next else None
    context = {
        "asked": asked,
        "lines": [
            line_of(one, on=on, basis_holds=await basis_holds(services, one, on=on)) for one in articles
        ],
        "total": total,
        "next_href": following,
        "first_href": href(ADDRESS, {"q": asked.words}) if asked.after or asked.page > 1 else None,
        "back_words": "回到第一页",
    }
    return show_public(request, "public_catalogue.html", context)
