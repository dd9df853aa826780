"""The answerer at work in this process: built once, kept up to date within a second, replaced without a pause."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.ending import still_wanted
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.editing.store import Changes, Mark

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.4
BEHIND = "知识库未能更新，正在使用旧的内容作答"
UNREADABLE = "知识库有条目无法载入，这些条目暂不作答"
_ZONE = ZoneInfo("Asia/Shanghai")
_FAILURES_TOLERATED = 3
_LOG_EVERY_FAILURES = 100
_SLICE_SECONDS = 0.01  # of the event loop, then others have their turn
_TURN_SECONDS = 0.2  # of taking in, then the store is asked again: what comes next may be a repeal
_READ_AT_ONCE = 50
_LOG_EVERY = 20_000
_TOO_MANY = 2_000  # changes waiting for which a new answerer is quicker than as many additions
_FEW = 50  # changes that may be taken in while the following of changes stands still
_MOST_ROUNDS = 20
_NEVER = 1_000_000_000
_REBUILD_AGAIN_SECONDS = 30.0  # after one that failed


class Published(Protocol):
    """What is needed of a store; ``MongoArticleStore`` has it."""

    async def mark(self, *, on: date) -> Mark: ...

    async def changes(self, since: Mark, *, on: date) -> Changes: ...

    def each_published(self, *, on: date) -> AsyncIterator[Article]: ...


class LiveAnswers:
    """``start`` once, then ``run`` for as long as the process answers.

    All changes are made on the event loop's thread and none while a question is being answered. What must not be
    quoted any more goes first, however much else waits, and whether or not a new answerer is being built. ``alarm``
    says in Chinese what is wrong, None while all is well.
    """

    def __init__(
        self,
        store: Published,
        make: Callable[[Iterable[Article]], Answerer],
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._make, self._poll, self._clock = store, make, poll_seconds, clock
        self._current: Answerer | None = None
        self._mark: Mark | None = None
        self._changing = asyncio.Lock()
        self._building = asyncio.Lock()
        self._waiting = _Waiting()
        self._rebuilding: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._failures = 0
        self._changed = 0
        self._unreadable: set[str] = set()

    @property
    def current(self) -> Answerer:
        """Read it anew for every question."""
        if self._current is None:
            raise RuntimeError("start() was not awaited")
        return self._current

    @property
    def alarm(self) -> str | None:
        if self._failures >= _FAILURES_TOLERATED:
            return BEHIND
        return UNREADABLE if self._unreadable else None

    async def start(self) -> None:
        """Load all that is published; until it returns there is nothing to answer from."""
        await self.rebuild()

    async def run(self) -> None:
        """Follow the store, endlessly; cancel it to end."""
        try:
            while still_wanted():
                await asyncio.sleep(self._poll)
                try:
                    await self._follow()
                    self._failures = 0
                except Exception as error:
                    # A store that is away comes back, and the first thing it says may be a repeal: no longer pauses.
                    self._failures += 1
                    if self._failures <= _FAILURES_TOLERATED or self._failures % _LOG_EVERY_FAILURES == 0:
                        name = type(error).__name__
                        log.warning("knowledge base not followed", error=name, failures=self._failures)
        finally:
            if self._rebuilding:
                self._rebuilding.cancel()
                await asyncio.gather(self._rebuilding, return_exceptions=True)

    async def rebuild(self) -> None:
        """Build a new answerer beside the one at work, in a thread, and put it in its place once it has caught up; the
        one at work goes on following meanwhile."""
        async with self._building:
            began = time.perf_counter()
            mark = await self._store.mark(on=self._today())
            articles = await self._read()
            fresh = await asyncio.to_thread(self._build, articles)
            count = len(articles)
            del articles
            unreadable: set[str] = set()
            for _ in range(_MOST_ROUNDS):
                mark, taken = await self._catch_up(fresh, mark, unreadable)
                if taken <= _FEW:
                    break
            async with self._changing:
                # Past the mark of the one at work: what waits for that one is in this one.
                mark, _ = await self._catch_up(fresh, mark, unreadable)
                old = self._current
                self._current, self._mark, self._unreadable = fresh, mark, unreadable
                self._waiting, self._changed = _Waiting(), 0
            seconds = round(time.perf_counter() - began, 1)
            log.info("knowledge base at work", articles=count, seconds=seconds)
            # No question is asked across an await: nobody has the old one in hand.
            for _ in old.let_go() if old else ():
                await asyncio.sleep(0)

    def _build(self, articles: list[Article]) -> Answerer:
        # The young are collected on the way; to walk all that is built, again and again, everything would stand still.
        young, middle, old = gc.get_threshold()
        gc.set_threshold(young, middle, _NEVER)
        try:
            fresh = self._make(articles)
            gc.freeze()  # it lives as long as the answerer
        finally:
            gc.set_threshold(young, middle, old)
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # what the building took and the answerer does not keep
        return fresh

    async def _read(self) -> list[Article]:
        articles: list[Article] = []
        async for article in self._store.each_published(on=self._today()):
            articles.append(article)
            if len(articles) % _READ_AT_ONCE == 0:
                await asyncio.sleep(0)
            if len(articles) % _LOG_EVERY == 0:
                log.info("knowledge base being read", articles=len(articles))
                gc.freeze()  # they live as long as the answerer: no collection need walk them
        gc.freeze()
        return articles

    async def _follow(self) -> None:
        async with self._changing:
            assert self._mark is not None, "start() was not awaited"
            changes = await self._store.changes(self._mark, on=self._today())
            await self._waiting.add(changes, self.current, self._today())
            self._mark = changes.mark
            many = len(self._waiting) > _TOO_MANY
            self._changed += await _take_in(self.current, self._waiting, self._unreadable, _TURN_SECONDS)
        if many or self._changed > max(_TOO_MANY, len(self.current)):
            self._rebuild_aside()  # removed and replaced rows keep their room until then

    def _rebuild_aside(self) -> None:
        if self._rebuilding is None and time.monotonic() >= self._not_before:
            self._rebuilding = asyncio.create_task(self._rebuild_once(), name="knowledge base being rebuilt")

    async def _rebuild_once(self) -> None:
        try:
            await self.rebuild()
        except Exception as error:
            # The one at work has all that changed, or will; it merely takes more room.
            self._not_before = time.monotonic() + _REBUILD_AGAIN_SECONDS
            log.warning("knowledge base not rebuilt", error=type(error).__name__)
        finally:
            self._rebuilding = None

    async def _catch_up(self, fresh: Answerer, mark: Mark, unreadable: set[str]) -> tuple[Mark, int]:
        """Take in all that changed since the mark: the mark after it, and how much it was."""
        changes = await self._store.changes(mark, on=self._today())
        waiting = _Waiting()
        await waiting.add(changes, fresh, self._today())
        return changes.mark, await _take_in(fresh, waiting, unreadable)

    def _today(self) -> date:
        return self._clock().astimezone(_ZONE).date()


class _Waiting:
    """Changes read and not yet taken in, the urgent ones first."""

    def __init__(self) -> None:
        # What ends another or is quoted no more, what is quoted in an earlier text, what is new. None: to be forgotten.
        self._by_urgency = tuple(OrderedDict[str, Article | None]() for _ in range(3))

    def __len__(self) -> int:
        return sum(map(len, self._by_urgency))

    async def add(self, changes: Changes, answerer: Answerer, today: date) -> None:
        """Each in place of what waited of that id."""
        for article_id in changes.removed:
            self._put(article_id, None, 0)
        turn = time.perf_counter()
        for article in changes.articles:
            known = answerer.get(article.id) is not None
            ends = bool(article.repeals) or (known and not article.in_force(today))
            self._put(article.id, article, 0 if ends else 1 if known else 2)
            if time.perf_counter() - turn > _SLICE_SECONDS:
                await asyncio.sleep(0)
                turn = time.perf_counter()

    def take(self) -> tuple[str, Article | None]:
        """The most urgent one that came first."""
        return next(filter(None, self._by_urgency)).popitem(last=False)

    def _put(self, article_id: str, article: Article | None, urgency: int) -> None:
        for waiting in self._by_urgency:
            waiting.pop(article_id, None)
        self._by_urgency[urgency][article_id] = article


async def _take_in(
    answerer: Answerer, waiting: _Waiting, unreadable: set[str], seconds: float = math.inf
) -> int:
    """Take from what waits for about so long. How many were taken."""
    began = turn = time.perf_counter()
    taken = 0
    while waiting:
        _put(answerer, *waiting.take(), unreadable)
        taken += 1
        now = time.perf_counter()
        if now - began > seconds:
            break
        if now - turn > _SLICE_SECONDS:
            await asyncio.sleep(0)
            turn = time.perf_counter()
    return taken


def _put(answerer: Answerer, article_id: str, article: Article | None, unreadable: set[str]) -> None:
    """One that cannot be read holds up no other, and its earlier text is not quoted any more."""
    if article is None:
        answerer.remove(article_id)
        unreadable.discard(article_id)
        return
    if article == answerer.get(article_id):
        return  # only its draft changed
    try:
        answerer.put(article)
        unreadable.discard(article_id)
    except Exception as error:
        answerer.remove(article_id)
        unreadable.add(article_id)
        log.error("entry not taken in", article=article_id, error=type(error).__name__)
