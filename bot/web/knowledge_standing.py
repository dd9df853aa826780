"""Whether what an entry rests on holds: as the answers see it, and from the store where they have not heard of it yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from bot.services import Services
from knowledge_base.article import Article, ArticleStatus, UnknownArticle, Validity, names_an_article


async def basis_holds(services: Services, article: Article, *, on: date) -> bool:
    """False: something it rests on has lapsed, or another document ended it.

    The answers follow the store within a second. A version they do not hold yet has not lapsed: for it the store is read.
    """
    if services.answerer.get(article.id) == article:
        return services.answerer.basis_holds(article.id, on=on)
    return await _holds_in_the_store(services, article, on)


async def never_quoted(services: Services, article: Article, *, on: date) -> bool:
    """Whether nobody is answered from this text, were it public: its days are over, or its basis is."""
    begins = max(on, article.effective_on, article.shown_from or on)
    public = replace(article, status=ArticleStatus.PUBLISHED)
    if public.validity(begins) in (Validity.EXPIRED, Validity.REPEALED):
        return True
    return not await basis_holds(services, article, on=on)


async def _holds_in_the_store(services: Services, article: Article, on: date) -> bool:
    if await _is_ended(services, article.id, on):
        return False
    waiting, seen = list(article.basis), {article.id}
    while waiting:
        name = waiting.pop()
        if name in seen or not names_an_article(name):
            continue
        seen.add(name)
        try:
            one = await services.articles.get(name, on=on)
        except UnknownArticle:
            return False
        if not one.in_force(on) or await _is_ended(services, name, on):
            return False
        waiting.extend(one.basis)
    return True


async def _is_ended(services: Services, article_id: str, on: date) -> bool:
    changed_by = await services.articles.public.repealers(article_id, on=on)
    return any(article_id in one.repeals and one.id != article_id for one in changed_by)
