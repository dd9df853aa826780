"""Articles in MongoDB: what is saved comes back, nobody overwrites unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.article import Article, ArticleStatus, UnknownArticle
from knowledge_base.mongo_store import MongoArticleStore
from knowledge_base.store import ArticleStore, StaleArticle

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
async def store(database: AsyncIOMotorDatabase[dict[str, Any]]) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    return store


async def test_every_demo_article_comes_back_as_it_was_saved(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    for article in articles:
        assert await store.save(article, now=NOW) == 1
        assert await store.get(article.id) == article


async def test_only_what_was_once_published_is_offered_for_answering(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    for number, status in enumerate(ArticleStatus):
        await store.save(replace(articles[0], id=f"{number}", status=status), now=NOW)
    published = await store.all_published()
    assert {one.status for one in published} == {
        ArticleStatus.PUBLISHED,
        ArticleStatus.EXPIRED,
        ArticleStatus.REPEALED,
    }


async def test_an_unknown_article_is_named(store: ArticleStore) -> None:
    with pytest.raises(UnknownArticle, match=r"no\.such"):
        await store.get("no.such")
    assert await store.version("no.such") == 0


async def test_the_second_of_two_editors_is_refused(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    article = articles[0]
    await store.save(article, now=NOW, expected_version=0)
    read = await store.version(article.id)
    await store.save(replace(article, title="甲改的"), now=NOW, expected_version=read)
    with pytest.raises(StaleArticle):
        await store.save(replace(article, title="乙改的"), now=NOW, expected_version=read)
    with pytest.raises(StaleArticle):
        await store.save(article, now=NOW, expected_version=0)
    assert (await store.get(article.id)).title == "甲改的"
    assert await store.version(article.id) == 2


async def test_every_version_is_kept(
    store: ArticleStore, database: AsyncIOMotorDatabase[dict[str, Any]], articles: tuple[Article, ...]
) -> None:
    for title in ("一", "二", "三"):
        await store.save(replace(articles[0], title=title), now=NOW)
    kept = database["article_versions"].find().sort("version", 1)
    assert [document["title"] async for document in kept] == ["一", "二", "三"]


async def test_feedback_is_counted_without_anybody_in_it(
    store: ArticleStore, database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    for helpful in (True, False, True):
        await store.record_feedback("guide.dog", helpful, NOW)
    assert await store.helpfulness("guide.dog") == (2, 3)
    assert await store.helpfulness("guide.id-card") == (0, 0)
    kept = await database["answer_feedback"].find_one()
    assert kept is not None
    assert set(kept) == {"_id", "article_id", "helpful", "at"}
