"""The answerer of a process follows the store: soon, completely, without a pause, and through trouble."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import hashlib
import sys
import time
import weakref
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from bot.knowledge import live as live_module
from bot.knowledge.live import BEHIND, UNREADABLE, LiveAnswers
from knowledge_base.answering.answer import Answer, Answerer, Outcome
from knowledge_base.article import Article
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Entry
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.store import Changes, Mark
from knowledge_base.library import load_demo_articles
from tests.bot.knowledge.answering_process import NOW, clock
from tests.knowledge_base.people import CHECKER, WRITER, published

TODAY = date(2026, 11, 23)
LIBRARY = tuple(one for one in load_demo_articles() if one.in_force(TODAY))
MODEL = next(one for one in LIBRARY if one.kind == "question")
Database = AsyncIOMotorDatabase[dict[str, Any]]


def invented(name: str, title: str) -> Article:
    return replace(MODEL, id=name, title=title, body=f"{title}：周一至周五。", questions=(), basis=())


@pytest.fixture
async def store(database: Database) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    await store.add_first(LIBRARY[:20], now=NOW)
    return store


@pytest.fixture
def desk(store: MongoArticleStore) -> EditingDesk:
    return EditingDesk(store)


@contextlib.asynccontextmanager
async def following(live: LiveAnswers) -> AsyncIterator[LiveAnswers]:
    await live.start()
    task = asyncio.create_task(live.run())
    try:
        yield live
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _title(live: LiveAnswers, entry: Entry) -> str | None:
    article = live.current.get(entry.id)
    return article.title if article else None


def _in_force(live: LiveAnswers, entry: Entry) -> bool:
    article = live.current.get(entry.id)
    return article is not None and article.in_force(TODAY)


def _text(outcome: Outcome) -> str | None:
    return outcome.text if isinstance(outcome, Answer) else None


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        await asyncio.sleep(0.005)


async def test_what_is_published_is_answered_and_what_is_taken_down_is_not(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    async with following(LiveAnswers(store, Answerer, 0.02, clock)) as live:
        entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        await until(lambda: live.current.get("question.kites") is not None)
        assert (
            _text(live.current.answer("放风筝的场地开放时间", on=TODAY))
            == "放风筝的场地开放时间：周一至周五。"
        )
        entry = await published(desk, invented("question.kites", "风筝广场开放时间"), now=NOW, after=entry)
        await until(lambda: _title(live, entry) == "风筝广场开放时间")
        assert _text(live.current.answer("风筝广场开放时间", on=TODAY)) == "风筝广场开放时间：周一至周五。"
        await desk.take_down(entry.id, reason="写错了", by=CHECKER, now=NOW, version=entry.version)
        await until(lambda: live.current.get("question.kites") is None)
        assert _text(live.current.answer("风筝广场开放时间", on=TODAY)) is None
        assert live.alarm is None


async def test_a_repealed_article_is_known_as_repealed(store: MongoArticleStore, desk: EditingDesk) -> None:
    async with following(LiveAnswers(store, Answerer, 0.02, clock)) as live:
        entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        await until(lambda: live.current.get(entry.id) is not None)
        await desk.repeal(entry.id, reason="场地关闭", by=CHECKER, now=NOW, version=entry.version)
        await until(lambda: not _in_force(live, entry))
        assert _text(live.current.answer("放风筝的场地开放时间", on=TODAY)) is None
        assert live.current.get(entry.id) is not None, "a question for it is told that it lapsed"


async def test_the_version_of_tomorrow_is_taken_in_when_tomorrow_comes(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    present = [NOW]
    entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
    later = replace(invented("question.kites", "风筝广场开放时间"), shown_from=TODAY + timedelta(days=1))
    await published(desk, later, now=NOW, after=entry)
    async with following(LiveAnswers(store, Answerer, 0.02, lambda: present[0])) as live:
        assert _title(live, entry) == "放风筝的场地开放时间"
        present[0] = datetime(2026, 11, 23, 16, 0, tzinfo=NOW.tzinfo)  # midnight in China
        await until(lambda: _title(live, entry) == "风筝广场开放时间")


@pytest.mark.parametrize("how", ["withdrawn", "edited", "discarded"])
async def test_a_first_version_taken_back_before_its_day_is_never_quoted(
    store: MongoArticleStore, desk: EditingDesk, how: str
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    async with following(LiveAnswers(store, Answerer, 0.02, clock)) as live:
        article = replace(invented("question.kites", "放风筝的场地开放时间"), shown_from=tomorrow)
        entry = await published(desk, article, now=NOW)
        await until(lambda: live.current.get(entry.id) is not None)
        assert _text(live.current.answer("放风筝的场地开放时间", on=tomorrow)) is not None
        if how == "edited":
            entry = await desk.save(
                entry.id, replace(article, body="尚待审核。"), by=WRITER, now=NOW, version=entry.version
            )
        else:
            entry = await desk.withdraw(entry.id, by=WRITER, now=NOW, version=entry.version)
        if how == "discarded":
            await desk.discard(entry.id, by=WRITER, now=NOW, version=entry.version)
        await until(lambda: live.current.get(entry.id) is None, seconds=5)
        assert _text(live.current.answer("放风筝的场地开放时间", on=tomorrow)) is None


async def _process(mongo_url: str, database: Database) -> Process:
    command = ("-m", "tests.bot.knowledge.answering_process", mongo_url, database.name)
    return await asyncio.create_subprocess_exec(sys.executable, *command, stdin=PIPE, stdout=PIPE)


async def _said(process: Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()


async def _all_see(processes: list[Process], watched: str) -> list[float]:
    """Tell each what to look out for; the times come when it happened."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{watched}\n".encode())
        await process.stdin.drain()
    return [float(await _said(process)) for process in processes]


async def test_two_processes_see_an_edit_within_a_second(
    store: MongoArticleStore, desk: EditingDesk, mongo_url: str, database: Database
) -> None:
    processes = [await _process(mongo_url, database) for _ in range(2)]
    try:
        assert [await _said(process) for process in processes] == ["ready", "ready"]
        delays: list[float] = []
        entry = None
        for title in ("放风筝的场地开放时间", "风筝广场开放时间", "风筝博物馆开放时间", "风筝节举办时间"):
            article = invented("question.kites", title)
            entry = await published(desk, article, now=NOW, after=entry)
            saved = time.time()
            delays += [at - saved for at in await _all_see(processes, f"question.kites {title}")]
        assert entry is not None
        await desk.take_down(entry.id, reason="写错了", by=CHECKER, now=NOW, version=entry.version)
        saved = time.time()
        delays += [at - saved for at in await _all_see(processes, "question.kites")]
        print("edit → seen, seconds:", ", ".join(f"{delay:.2f}" for delay in delays))
        assert max(delays) <= 1.0
    finally:
        for process in processes:
            assert process.stdin is not None
            process.stdin.close()
            await asyncio.wait_for(process.wait(), 30)


class Failing:
    """A store whose connection can be cut."""

    def __init__(self, store: MongoArticleStore) -> None:
        self._store = store
        self.cut = False
        self.asked = 0

    async def mark(self, *, on: date) -> Mark:
        return await self._store.mark(on=on)

    async def changes(self, since: Mark, *, on: date) -> Changes:
        self.asked += 1
        if self.cut:
            raise ConnectionError
        return await self._store.changes(since, on=on)

    def each_published(self, *, on: date) -> AsyncIterator[Article]:
        return self._store.each_published(on=on)


async def test_a_store_that_is_away_raises_the_alarm_and_nothing_is_lost_when_it_is_back(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    failing = Failing(store)
    async with following(LiveAnswers(failing, Answerer, 0.01, clock)) as live:
        failing.cut = True
        await until(lambda: live.alarm == BEHIND)
        await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        assert live.current.get("question.kites") is None
        assert len(live.current) == 20, "it goes on answering from what it knows"
        failing.cut = False
        await until(lambda: live.current.get("question.kites") is not None)
        await until(lambda: live.alarm is None)


async def test_an_entry_that_cannot_be_read_holds_up_no_other_and_is_quoted_no_more(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    class Choosy(Answerer):
        def put(self, article: Article) -> None:
            if "怪" in article.title:
                raise ValueError
            super().put(article)

    async with following(LiveAnswers(store, Choosy, 0.02, clock)) as live:
        entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        await until(lambda: live.current.get(entry.id) is not None)
        entry = await published(desk, invented("question.kites", "怪风筝"), now=NOW, after=entry)
        await published(desk, invented("question.chess", "下棋的场地开放时间"), now=NOW)
        await until(lambda: live.current.get("question.chess") is not None)
        assert live.current.get("question.kites") is None
        assert live.alarm == UNREADABLE
        await published(desk, invented("question.kites", "好风筝"), now=NOW, after=entry)
        await until(lambda: live.current.get("question.kites") is not None)
        assert live.alarm is None


async def test_a_rebuilding_answers_all_the_while_and_misses_no_change(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()
    built = 0

    def make(articles: Iterable[Article]) -> Answerer:
        nonlocal built
        built += 1
        if built > 1:
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result(30)
        return Answerer(articles)

    async with following(LiveAnswers(store, make, 0.02, clock)) as live:
        before = live.current
        rebuilding = asyncio.create_task(live.rebuild())
        await until(lambda: built == 2)
        entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        await until(lambda: live.current.get(entry.id) is not None)
        assert live.current is before, "the old one answers, and follows, until the new one stands"
        released.set()
        await rebuilding
        assert live.current is not before
        assert live.current.get(entry.id) is not None, "it came while the new one was built"


async def test_so_many_changes_at_once_are_a_new_answerer(
    store: MongoArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_TOO_MANY", 5)
    async with following(LiveAnswers(store, Answerer, 0.02, clock)) as live:
        before = live.current
        await store.add_first(LIBRARY[20:32], now=NOW)
        await until(lambda: live.current is not before)
        assert len(live.current) == 32


async def test_the_old_answerer_goes_when_the_new_one_stands(store: MongoArticleStore) -> None:
    live = LiveAnswers(store, Answerer, 0.02, clock)
    await live.start()
    live.current.answer("老年人怎么乘车", on=TODAY)
    old = weakref.ref(live.current)
    gc.disable()  # what is frozen is never collected: it must go by itself
    try:
        await live.rebuild()
        assert old() is None
    finally:
        gc.enable()


async def test_a_replaced_answerer_is_emptied_and_the_collector_works_on(store: MongoArticleStore) -> None:
    """Dropped at once, the articles of a city would stop the event loop."""
    live = LiveAnswers(store, Answerer, 0.02, clock)
    await live.start()
    old, usual = live.current, gc.get_threshold()
    assert len(old) > 0
    await live.rebuild()
    assert len(old) == 0
    assert len(live.current) > 0
    assert gc.get_threshold() == usual


def test_nothing_is_answered_before_the_start(store: MongoArticleStore) -> None:
    with pytest.raises(RuntimeError):
        _ = LiveAnswers(store, Answerer).current


async def test_a_repeal_is_heard_within_a_second_while_a_new_answerer_is_built(
    store: MongoArticleStore, desk: EditingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()
    built = 0

    def make(articles: Iterable[Article]) -> Answerer:
        nonlocal built
        built += 1
        if built > 1:
            asyncio.run_coroutine_threadsafe(released.wait(), loop).result(30)
        return Answerer(articles)

    monkeypatch.setattr(live_module, "_TOO_MANY", 5)
    entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
    async with following(LiveAnswers(store, make, clock=clock)) as live:
        before = live.current
        await store.add_first(LIBRARY[20:32], now=NOW)
        await until(lambda: built == 2)
        try:
            await desk.repeal(entry.id, reason="场地关闭", by=CHECKER, now=NOW, version=entry.version)
            await until(lambda: not _in_force(live, entry), seconds=1.0)
            assert live.current is before
            assert _text(live.current.answer("放风筝的场地开放时间", on=TODAY)) is None
        finally:
            released.set()
        await until(lambda: live.current is not before)
        assert not _in_force(live, entry), "the new one knew it before it took over"
        assert live.current.get(entry.id) is not None
        assert len(live.current) == 33


async def test_a_repeal_does_not_wait_for_all_that_is_new(
    store: MongoArticleStore, desk: EditingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Answerer):
        def put(self, article: Article) -> None:
            hashlib.pbkdf2_hmac("sha256", b"work", b"that takes its time", 100_000)
            super().put(article)

    entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
    async with following(LiveAnswers(store, Slow, 0.1, clock)) as live:
        new = [invented(f"question.new-{number}", f"第{number}个新场地开放时间") for number in range(40)]
        await store.add_first(new, now=NOW)  # two seconds of work
        await until(lambda: len(live.current) > 21)
        await desk.repeal(entry.id, reason="场地关闭", by=CHECKER, now=NOW, version=entry.version)
        await until(lambda: not _in_force(live, entry), seconds=1.0)
        assert len(live.current) < 61
        await until(lambda: len(live.current) == 61)


async def test_a_repeal_is_heard_within_a_second_of_a_long_absence_of_the_store(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    failing = Failing(store)
    entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
    async with following(LiveAnswers(failing, Answerer, 0.1, clock)) as live:
        failing.cut = True
        await until(lambda: failing.asked >= 8)
        failing.cut = False
        await desk.repeal(entry.id, reason="场地关闭", by=CHECKER, now=NOW, version=entry.version)
        await until(lambda: not _in_force(live, entry), seconds=1.0)


async def test_a_rebuilding_that_fails_stops_nothing(
    store: MongoArticleStore, desk: EditingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = 0

    def make(articles: Iterable[Article]) -> Answerer:
        nonlocal built
        built += 1
        if built == 2:
            raise MemoryError
        return Answerer(articles)

    monkeypatch.setattr(live_module, "_TOO_MANY", 5)
    monkeypatch.setattr(live_module, "_REBUILD_AGAIN_SECONDS", 0.0)
    async with following(LiveAnswers(store, make, 0.02, clock)) as live:
        before = live.current
        await store.add_first(LIBRARY[20:32], now=NOW)
        await until(lambda: built == 2)
        entry = await published(desk, invented("question.kites", "放风筝的场地开放时间"), now=NOW)
        await until(lambda: live.current.get(entry.id) is not None)
        assert live.alarm is None
        await store.add_first(LIBRARY[32:44], now=NOW)
        await until(lambda: live.current is not before)
        await until(lambda: len(live.current) == 45)


async def test_what_follows_ends_with_the_rebuilding_it_began(
    store: MongoArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.Event()

    class Endless(Failing):
        async def each_published(self, *, on: date) -> AsyncIterator[Article]:
            async for article in self._store.each_published(on=on):
                yield article
            if self.asked > 1:  # it was followed: this is not the first reading
                reading.set()
                await asyncio.Event().wait()

    monkeypatch.setattr(live_module, "_TOO_MANY", 5)
    before = asyncio.all_tasks()
    async with following(LiveAnswers(Endless(store), Answerer, 0.02, clock)):
        await store.add_first(LIBRARY[20:32], now=NOW)
        await asyncio.wait_for(reading.wait(), 20)
    assert asyncio.all_tasks() == before
