"""Whatever the mix of dates, places, states and relations: nothing is quoted that does not hold there, that minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.answering.answer import Answer, Answerer, Choice, Refusal
from knowledge_base.article import Article, ArticleKind, ArticleStatus, regions_of
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.mongo_store import MongoArticleStore
from tests.knowledge_base.people import CHECKER, WRITER, published
from tests.knowledge_base.test_review import TEXT

DAY = date(2026, 11, 23)
CHINA = ZoneInfo("Asia/Shanghai")
COUNTY = regions_of("江原省/云川市/清和县")
MATTERS = ("高龄津贴", "犬只登记", "秸秆禁烧", "取暖补贴", "校车安全", "电梯加装", "公租房配租")
STATUSES = (*ArticleStatus, *[ArticleStatus.PUBLISHED] * 25)


def a_library(draw: Random) -> dict[str, Article]:
    """Articles of one matter each, related at random; most of them published, or nothing would ever hold."""

    def some_day(odds: float) -> date | None:
        return DAY + timedelta(days=draw.randint(-4, 4)) if draw.random() < odds else None

    names = [f"{draw.choice(('policy', 'question'))}.{number}" for number in range(len(MATTERS))]
    others = (*names, "policy.never-published", "《中华人民共和国民法典》")
    library = {}
    for name, matter in zip(names, MATTERS, strict=True):
        library[name] = replace(
            TEXT,
            id=name,
            kind=ArticleKind(name.partition(".")[0]),
            title=f"{matter}怎么办理",
            body=f"第一条 {matter}由清和县负责，{matter}每年办理一次。",
            status=draw.choice(STATUSES),
            region=draw.choice(("清和县", "清和县", "清和县", "全国", "江原省/云川市", "云岭县")),
            effective_on=some_day(0.4) or DAY - timedelta(days=30),
            expires_on=some_day(0.2),
            shown_from=some_day(0.2),
            shown_until=some_day(0.1),
            repealed_on=some_day(0.1),
            basis=tuple(draw.sample(others, draw.choice((0, 0, 1, 2)))),
            repeals=tuple(draw.sample(names, draw.choice((0, 0, 0, 0, 1)))),
        )
    return library


def holds(name: str, library: dict[str, Article], on: date, above: frozenset[str] = frozenset()) -> bool:
    """The rules again, slowly: by itself, not ended by another, and so for all it rests on."""
    article = library.get(name)
    if article is None:
        return not name.startswith(("policy.", "question."))
    begun = {
        one.id: one.status in (ArticleStatus.PUBLISHED, ArticleStatus.EXPIRED, ArticleStatus.REPEALED)
        and one.effective_on <= on
        and (one.shown_from or on) <= on
        for one in library.values()
    }
    ended = any(begun[one.id] and name in one.repeals for one in library.values() if one.id != name)
    return (
        article.status is ArticleStatus.PUBLISHED
        and begun[name]
        and not ended
        and (article.expires_on or on) >= on
        and (article.shown_until or on) >= on
        and (article.repealed_on is None or on < article.repealed_on)
        and article.region in COUNTY
        and all(one in above or holds(one, library, on, above | {name}) for one in article.basis)
    )


def days_of_change(library: dict[str, Article]) -> list[date]:
    """Each side of midnight of everything that changes."""
    changes = {
        day
        for one in library.values()
        for day in (one.effective_on, one.expires_on, one.shown_from, one.shown_until, one.repealed_on)
        if day
    }
    return sorted(
        {day + timedelta(days=by) for day in changes for by in (-1, 0, 1) if day >= DAY - timedelta(days=9)}
    )


def named(outcome: Answer | Choice | Refusal) -> Iterator[str]:
    """Every article an outcome speaks from or points to."""
    if isinstance(outcome, Answer):
        yield outcome.article_id
    elif isinstance(outcome, Choice):
        yield from (one.article_id for one in outcome.options)
    else:
        yield from (one.article_id for one in outcome.nearest)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32))
def test_no_answer_speaks_from_what_does_not_hold(seed: int) -> None:
    draw = Random(seed)
    library = a_library(draw)
    answerer = Answerer(library.values(), regions=COUNTY)
    days = days_of_change(library)
    for on in draw.sample(days, min(5, len(days))):
        for article in library.values():
            right = holds(article.id, library, on)
            before = draw.choice(list(library))
            outcome = answerer.answer(article.title, on=on, about=before)
            assert all(holds(name, library, on) for name in named(outcome))
            if right:
                assert isinstance(outcome, Answer)
                assert outcome.article_id == article.id


def test_the_mix_has_both_in_plenty() -> None:
    """The property above would hold of a library that answers nothing, or of one that everything holds in."""
    libraries = [a_library(Random(seed)) for seed in range(60)]
    found = [holds(name, library, DAY) for library in libraries for name in library]
    assert 0.2 < sum(found) / len(found) < 0.6
    changes = sum(
        holds(name, library, on) != holds(name, library, on - timedelta(days=1))
        for library in libraries
        for on in days_of_change(library)
        for name in library
    )
    assert changes > 100


class Process:
    """A process that answers: it follows the store and asks by the day in China at that minute."""

    def __init__(self, store: MongoArticleStore, desk: EditingDesk) -> None:
        self._store, self._desk = store, desk
        self._answerer = Answerer((), regions=COUNTY)

    async def begin(self, now: datetime) -> Process:
        self._mark = await self._store.mark(on=self._desk.today(now))
        async for article in self._store.each_published(on=self._desk.today(now)):
            self._answerer.put(article)
        return self

    async def ask(self, now: datetime) -> str | None:
        on = self._desk.today(now)
        articles, removed, self._mark = await self._store.changes(self._mark, on=on)
        for article in articles:
            self._answerer.put(article)
        for name in removed:
            self._answerer.remove(name)
        outcome = self._answerer.answer("高龄津贴怎么办理", on=on)
        return outcome.text if isinstance(outcome, Answer) else None

    async def ask_before_it_looks(self, now: datetime) -> str | None:
        """As in the half second after midnight, when the new day's versions have not been fetched."""
        outcome = self._answerer.answer("高龄津贴怎么办理", on=self._desk.today(now))
        return outcome.text if isinstance(outcome, Answer) else None


OLD = replace(TEXT, title="高龄津贴怎么办理", body="第一条 每月60元。")
BEFORE = datetime(2026, 11, 30, 23, 59, 59, tzinfo=CHINA)
AFTER = datetime(2026, 12, 1, 0, 0, tzinfo=CHINA)
CHANGE = AFTER.date()


@pytest.fixture
async def store(database: AsyncIOMotorDatabase[dict[str, Any]]) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    return store


NOW = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)


async def test_a_new_version_takes_over_at_midnight(store: MongoArticleStore) -> None:
    desk = EditingDesk(store)
    entry = await published(desk, OLD, now=NOW)
    new = replace(OLD, body="第一条 每月80元。", shown_from=CHANGE)
    await published(desk, new, now=NOW, after=entry)
    process = await Process(store, desk).begin(NOW)
    assert "60元" in str(await process.ask(BEFORE))
    assert await process.ask_before_it_looks(AFTER) is None
    assert "80元" in str(await process.ask(AFTER))


@pytest.mark.parametrize(
    ("text", "before", "after", "reason"),
    [
        (replace(OLD, expires_on=BEFORE.date()), True, False, "its last day is over"),
        (replace(OLD, repealed_on=CHANGE), True, False, "repealed from that day"),
        (replace(OLD, effective_on=CHANGE), False, True, "it takes effect"),
        (replace(OLD, shown_from=CHANGE), False, True, "it is published"),
        (replace(OLD, region="云岭县"), False, False, "of another county"),
    ],
)
async def test_one_minute_decides(
    store: MongoArticleStore, text: Article, before: bool, after: bool, reason: str
) -> None:
    desk = EditingDesk(store)
    await published(desk, text, now=NOW)
    process = await Process(store, desk).begin(NOW)
    assert (await process.ask(BEFORE) is not None) is before, reason
    assert (await process.ask_before_it_looks(AFTER) is not None) is after, reason
    assert (await process.ask(AFTER) is not None) is after, reason


async def test_what_another_document_repeals_ends_at_midnight_and_what_rests_on_it_too(
    store: MongoArticleStore,
) -> None:
    desk = EditingDesk(store)
    policy = await published(desk, replace(OLD, id="policy.old", title="旧办法", body="第一条 旧。"), now=NOW)
    await published(desk, replace(OLD, id="question.a", basis=(policy.id,)), now=NOW)
    newer = replace(OLD, id="policy.new", title="新办法", effective_on=CHANGE, repeals=(policy.id,))
    await published(desk, newer, now=NOW)
    process = await Process(store, desk).begin(NOW)
    assert "60元" in str(await process.ask(BEFORE))
    assert await process.ask(AFTER) is None


async def test_a_hurried_repeal_ends_it_the_same_day(store: MongoArticleStore) -> None:
    desk = EditingDesk(store)
    entry = await published(desk, OLD, now=NOW)
    process = await Process(store, desk).begin(NOW)
    assert "60元" in str(await process.ask(NOW))
    await desk.repeal(entry.id, reason="上位法已改", by=CHECKER, now=NOW, version=entry.version)
    assert await process.ask(NOW) is None


@pytest.mark.parametrize("how", ["withdrawn", "edited", "discarded"])
@pytest.mark.parametrize("beside_a_live_one", [False, True])
async def test_a_scheduled_version_taken_back_is_not_quoted_when_its_day_comes(
    store: MongoArticleStore, how: str, beside_a_live_one: bool
) -> None:
    desk = EditingDesk(store)
    live = await published(desk, OLD, now=NOW) if beside_a_live_one else None
    new = replace(OLD, body="第一条 每月80元。", shown_from=CHANGE)
    entry = await published(desk, new, now=NOW, after=live)
    process = await Process(store, desk).begin(NOW)
    later = NOW + timedelta(hours=1)
    if how == "edited":
        changed = replace(new, body="第一条 每月90元。")
        entry = await desk.save(entry.id, changed, by=WRITER, now=later, version=entry.version)
    else:
        entry = await desk.withdraw(entry.id, by=WRITER, now=later, version=entry.version)
    if how == "discarded":
        await desk.discard(entry.id, by=WRITER, now=later, version=entry.version)
    for moment in (later, BEFORE, AFTER):
        said = await process.ask(moment)
        assert "60元" in str(said) if beside_a_live_one else said is None


async def test_a_draft_is_heard_by_nobody(store: MongoArticleStore) -> None:
    desk = EditingDesk(store)
    entry = await desk.create(OLD, by=WRITER, now=NOW)
    process = await Process(store, desk).begin(NOW)
    await desk.submit(entry.id, by=WRITER, now=NOW, version=1)
    assert await process.ask(NOW) is None
