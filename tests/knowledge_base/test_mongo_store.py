"""Entries in MongoDB: what is written comes back, nobody overwrites unseen, no change is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.article import Article, ArticleKind, ArticleStatus, UnknownArticle
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Act, Entry
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.replaying import apply, loaded, replay
from knowledge_base.editing.store import ArticleStore, Mark, StaleArticle
from tests.knowledge_base.people import CHECKER, SECOND_EDITOR, WRITER, published

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
Database = AsyncIOMotorDatabase[dict[str, Any]]


@pytest.fixture
async def store(database: Database) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    return store


@pytest.fixture
def desk(store: MongoArticleStore) -> EditingDesk:
    return EditingDesk(store)


def first(article: Article) -> Entry:
    return apply(Entry(id=article.id), loaded(article, at=NOW, on=TODAY))


async def test_every_demo_article_comes_back_as_it_was_written(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    for article in articles:
        await store.write(first(article), expected=0)
        assert await store.entry(article.id) == first(article)


async def test_many_at_once_are_the_same_as_one_by_one(
    store: MongoArticleStore, articles: tuple[Article, ...]
) -> None:
    await store.add_first(articles, now=NOW)
    for article in articles:
        assert await store.entry(article.id) == first(article)


async def test_what_is_there_already_is_named_and_left(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    one, other = articles[:2]
    await store.write(first(one), expected=0)
    assert await store.add_all([first(replace(one, title="后来的")), first(other)]) == {one.id}
    assert (await store.get(one.id)).title == one.title
    assert (await store.get(other.id)).title == other.title


async def test_words_that_look_like_commands_of_the_database_are_only_words(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    article = replace(articles[0], title="$$NOW", body="$body 与 {$literal: 1}", questions=("$changed_at",))
    await store.write(first(article), expected=0)
    assert await store.get(article.id) == article


async def test_only_what_was_once_published_is_offered_for_answering(
    store: MongoArticleStore, articles: tuple[Article, ...]
) -> None:
    some = [
        replace(articles[0], id=f"question.{number}", status=status)
        for number, status in enumerate(ArticleStatus)
    ]
    await store.add_first(some, now=NOW)
    assert {one.status for one in await store.all_published()} == {
        ArticleStatus.PUBLISHED,
        ArticleStatus.EXPIRED,
        ArticleStatus.REPEALED,
    }
    one_by_one = [article async for article in store.each_published(on=TODAY)]
    assert tuple(one_by_one) == await store.all_published(on=TODAY)


async def test_an_unknown_article_is_named(store: ArticleStore) -> None:
    with pytest.raises(UnknownArticle, match=r"no\.such"):
        await store.get("no.such")
    with pytest.raises(UnknownArticle, match=r"no\.such"):
        await store.history("no.such")


async def test_the_second_of_two_writers_is_refused(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    entry = first(articles[0])
    await store.write(entry, expected=0)
    with pytest.raises(StaleArticle):
        await store.write(entry, expected=0)
    mine, theirs = (
        replace(entry, version=2, live=replace(articles[0], title=title)) for title in ("甲改的", "乙改的")
    )
    await store.write(mine, expected=1)
    with pytest.raises(StaleArticle):
        await store.write(theirs, expected=1)
    assert (await store.get(entry.id)).title == "甲改的"


async def test_of_many_writers_at_once_exactly_one_wins_each_version(
    store: ArticleStore, articles: tuple[Article, ...]
) -> None:
    entry = first(articles[0])
    await store.write(entry, expected=0)

    async def attempt(number: int) -> bool:
        text = replace(articles[0], title=f"第{number}人")
        try:
            await store.write(replace(entry, version=2, live=text), expected=1)
        except StaleArticle:
            return False
        return True

    won = await asyncio.gather(*(attempt(number) for number in range(12)))
    assert sum(won) == 1
    assert (await store.get(entry.id)).title == f"第{won.index(True)}人"
    assert [one.version for one in await store.history(entry.id)] == [2, 1]


async def test_every_version_is_kept_with_what_happened(
    store: ArticleStore, desk: EditingDesk, articles: tuple[Article, ...]
) -> None:
    entry = await published(desk, articles[0], now=NOW)
    entry = await desk.start(entry.id, by=WRITER, now=NOW, version=entry.version)
    entry = await desk.save(
        entry.id, replace(articles[0], title="改过的"), by=SECOND_EDITOR, now=NOW, version=entry.version
    )
    history = await store.history(entry.id)
    assert [one.version for one in history] == [6, 5, 4, 3, 2, 1]
    assert history[0] == entry
    events = await store.events(entry.id)
    assert [one.act for one in events] == [
        Act.START,
        Act.SUBMIT,
        Act.APPROVE,
        Act.APPROVE,
        Act.START,
        Act.SAVE,
    ]
    assert [one.by for one in events] == ["writer", "writer", "second", "checker", "writer", "second"]
    assert replay(entry.id, events) == entry


async def test_a_crash_between_the_two_writes_loses_nothing(
    store: MongoArticleStore, desk: EditingDesk, database: Database, articles: tuple[Article, ...]
) -> None:
    entry = await published(desk, articles[0], now=NOW)
    # The copy of the present version was made, and the writer died before its own write.
    await store._keep({"_id": entry.id, "version": entry.version})
    assert [one.version for one in await store.history(entry.id)] == [4, 3, 2, 1]
    after = await desk.start(entry.id, by=WRITER, now=NOW, version=entry.version)
    history = await store.history(entry.id)
    assert [one.version for one in history] == [5, 4, 3, 2, 1]
    assert history[1] == entry
    assert replay(entry.id, await store.events(entry.id)) == after


async def as_the_earlier_version_wrote(database: Database, articles: Iterable[Article]) -> None:
    for article in articles:
        document = asdict(article)
        for new in (
            "shown_from",
            "shown_until",
            "repealed_on",
            "level",
            "repeals",
            "amends",
            "source",
            "catalogue",
        ):
            document.pop(new)
        document["_id"] = document.pop("id")
        for name in ("published_on", "effective_on", "expires_on"):
            document[name] = document[name].isoformat() if document[name] else None
        document |= {"version": 3, "saved_at": NOW}
        await database["articles"].insert_one(document)
        copy = document | {"_id": {"article": article.id, "version": 3}}
        await database["article_versions"].insert_one(copy)


async def test_a_database_of_the_earlier_version_opens(
    store: MongoArticleStore, desk: EditingDesk, database: Database, articles: tuple[Article, ...]
) -> None:
    early = [one for one in articles if one == replace(one, repeals=(), amends=(), catalogue=None)]
    early = [replace(one, shown_from=None, repealed_on=None, level=articles[0].level) for one in early]
    await as_the_earlier_version_wrote(database, early)
    await store.prepare()
    await store.prepare()
    shown = (ArticleStatus.PUBLISHED, ArticleStatus.EXPIRED, ArticleStatus.REPEALED)
    assert {one.id: one for one in await store.all_published()} == {
        one.id: one for one in early if one.status in shown
    }
    entry = await store.entry(early[0].id)
    assert entry.version == 3
    after = await desk.start(entry.id, by=WRITER, now=NOW, version=3)
    assert [one.version for one in await store.history(entry.id)] == [4, 3]
    assert (await store.history(entry.id))[1].live == early[0]
    assert after.draft is not None


async def test_what_queries_need_is_derived_anew_when_the_derivation_changed(
    store: MongoArticleStore, desk: EditingDesk, database: Database, articles: tuple[Article, ...]
) -> None:
    entry = await published(desk, articles[0], now=NOW)
    before = await database["articles"].find_one({"_id": entry.id})
    fewer = {"$set": {"derived": 1, "search": ""}, "$unset": {"holds_from": "", "over_from": ""}}
    await database["articles"].update_one({"_id": entry.id}, fewer)
    await store.prepare()
    after = await database["articles"].find_one({"_id": entry.id})
    assert before is not None
    assert after is not None
    assert after == before | {"changed_at": after["changed_at"]}
    assert await store.entry(entry.id) == entry


async def test_a_draft_of_the_earlier_version_is_still_reviewed_by_two(
    store: MongoArticleStore, desk: EditingDesk, database: Database, articles: tuple[Article, ...]
) -> None:
    early = replace(articles[0], status=ArticleStatus.SECRECY_REVIEW)
    await as_the_earlier_version_wrote(database, [early])
    await store.prepare()
    entry = await store.entry(early.id)
    assert entry.live is None
    assert entry.stage is ArticleStatus.BUSINESS_REVIEW
    entry = await desk.approve(entry.id, by=SECOND_EDITOR, now=NOW, version=3)
    assert entry.live is None
    assert (await desk.approve(entry.id, by=CHECKER, now=NOW, version=4)).live is not None


class Follower:
    """A process that answers: what it holds after each look at the changes."""

    def __init__(self, store: MongoArticleStore) -> None:
        self._store = store
        self.held: dict[str, Article] = {}
        self._mark: Mark | None = None

    async def look(self, *, on: date = TODAY) -> tuple[int, int]:
        if self._mark is None:
            self._mark = await self._store.mark(on=on)
            self.held = {one.id: one async for one in self._store.each_published(on=on)}
        articles, removed, self._mark = await self._store.changes(self._mark, on=on)
        self.held |= {one.id: one for one in articles}
        for name in removed:
            self.held.pop(name, None)
        return len(articles), len(removed)


async def test_every_change_is_seen_once_and_a_draft_by_nobody(
    store: MongoArticleStore, desk: EditingDesk, articles: tuple[Article, ...]
) -> None:
    follower = Follower(store)
    await follower.look()
    entry = await published(desk, articles[0], now=NOW)
    assert await follower.look() == (1, 0)
    assert await follower.look() == (0, 0)
    assert follower.held == {entry.id: entry.live}
    await desk.create(replace(articles[1], id=""), by=WRITER, now=NOW)
    assert await follower.look() == (0, 0)
    entry = await desk.take_down(entry.id, reason="误发", by=CHECKER, now=NOW, version=entry.version)
    assert await follower.look() == (0, 1)
    assert follower.held == {}


@pytest.mark.parametrize("how", ["withdraw", "save", "refuse by a new review", "withdraw and discard"])
async def test_a_version_withdrawn_before_its_day_is_withdrawn_everywhere(
    store: MongoArticleStore, desk: EditingDesk, articles: tuple[Article, ...], how: str
) -> None:
    """Who took it in for its day must hear that the day will not come: nobody approved what is left."""
    follower = Follower(store)
    await follower.look()
    later = replace(articles[0], shown_from=TODAY + timedelta(days=3))
    entry = await published(desk, later, now=NOW)
    assert entry.stage is ArticleStatus.APPROVED
    assert await follower.look() == (1, 0)
    if how == "save":
        entry = await desk.save(entry.id, later, by=WRITER, now=NOW, version=entry.version)
    else:
        entry = await desk.withdraw(entry.id, by=WRITER, now=NOW, version=entry.version)
    if how == "refuse by a new review":
        entry = await desk.submit(entry.id, by=WRITER, now=NOW, version=entry.version)
        await desk.refuse(entry.id, reason="不公开", by=SECOND_EDITOR, now=NOW, version=entry.version)
    elif how == "withdraw and discard":
        await desk.discard(entry.id, by=WRITER, now=NOW, version=entry.version)
    assert await follower.look() == (0, 1)
    assert follower.held == {}
    assert [one async for one in store.each_published(on=TODAY + timedelta(days=3))] == []


async def test_a_write_that_becomes_visible_late_is_still_seen(
    store: MongoArticleStore, desk: EditingDesk, database: Database, articles: tuple[Article, ...]
) -> None:
    follower = Follower(store)
    await follower.look()
    await published(desk, articles[0], now=NOW)
    await follower.look()
    late = await published(desk, articles[1], now=NOW)
    present = await database["articles"].find_one({"_id": late.id})
    assert present is not None
    stamped = {"$set": {"changed_at": present["changed_at"] - timedelta(seconds=5)}}
    await database["articles"].update_one({"_id": late.id}, stamped)
    assert await follower.look() == (1, 0)
    assert follower.held[late.id] == late.live


async def test_a_server_whose_clock_went_back_hides_no_change(
    store: MongoArticleStore, desk: EditingDesk, articles: tuple[Article, ...]
) -> None:
    """A new primary may be an hour behind the one that stamped what was seen last."""
    ahead = await store.mark(on=TODAY)
    mark = replace(ahead, at=ahead.at + timedelta(hours=1))
    entry = await published(desk, articles[0], now=NOW)
    found = await store.changes(mark, on=TODAY)
    assert [one.id for one in found.articles] == [entry.id]


async def test_a_new_day_brings_the_version_scheduled_for_it_without_a_job(
    store: MongoArticleStore, desk: EditingDesk, articles: tuple[Article, ...]
) -> None:
    old = replace(articles[0], expires_on=None)
    entry = await published(desk, old, now=NOW)
    follower = Follower(store)
    await follower.look()
    tomorrow = TODAY + timedelta(days=1)
    entry = await published(desk, replace(old, title="新版", shown_from=tomorrow), now=NOW, after=entry)
    assert entry.stage is ArticleStatus.APPROVED
    assert await follower.look() == (1, 0)
    held = follower.held[entry.id]
    assert (held.title, held.in_force(TODAY), held.in_force(tomorrow)) == (old.title, True, False)
    assert await follower.look(on=tomorrow) == (1, 0)
    held = follower.held[entry.id]
    assert (held.title, held.in_force(TODAY), held.in_force(tomorrow)) == ("新版", False, True)
    assert (await store.get(entry.id, on=tomorrow)).title == "新版"
    assert (await store.get(entry.id)).title == old.title
    assert await desk.settle(NOW + timedelta(days=1)) == 1
    assert (await store.get(entry.id)).title == "新版"
    assert await desk.settle(NOW + timedelta(days=1)) == 0


async def test_what_repeals_others_is_known_without_its_text(
    store: MongoArticleStore, desk: EditingDesk, articles: tuple[Article, ...]
) -> None:
    policy = next(one for one in articles if one.kind is ArticleKind.POLICY)
    entry = await published(desk, replace(policy, repeals=("policy.gone",)), now=NOW)
    await published(desk, replace(policy, id="policy.other", repeals=()), now=NOW)
    assert entry.live is not None
    bare = replace(entry.live, body="", guide=None, questions=())
    assert await store.repealing() == (bare,)


async def test_the_first_library_is_loaded_on_the_day_it_is_in_china(
    store: MongoArticleStore, articles: tuple[Article, ...]
) -> None:
    await store.add_first(articles[:1], now=datetime(2026, 11, 22, 17, 0, tzinfo=UTC))
    event = (await store.entry(articles[0].id)).event
    assert event is not None
    assert event.on == date(2026, 11, 23)


async def test_feedback_is_counted_without_anybody_in_it(
    store: MongoArticleStore, database: Database, articles: tuple[Article, ...]
) -> None:
    for helpful in (True, False, True):
        await store.record_feedback("guide.dog", helpful, NOW)
    assert await store.helpfulness("guide.dog") == (2, 3)
    assert await store.helpfulness("guide.id-card") == (0, 0)
    kept = await database["answer_feedback"].find_one()
    assert kept is not None
    assert set(kept) == {"_id", "article_id", "helpful", "at"}


async def test_a_second_tap_replaces_the_first_and_the_message_is_not_kept(
    store: ArticleStore, database: Database
) -> None:
    for helpful in (True, True, False):
        await store.record_feedback("guide.dog", helpful, NOW, key="openid-1|message-7")
    await store.record_feedback("guide.dog", True, NOW, key="openid-2|message-8")
    assert await store.helpfulness("guide.dog") == (1, 2)
    kept = [str(one) async for one in database["answer_feedback"].find()]
    assert not any("openid" in one or "message" in one for one in kept)
