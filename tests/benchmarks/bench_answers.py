"""What a library of a city costs: to build, to hold, to search, to answer from, to keep up to date.

``make bench`` prints it beside a floor measured in the same run: BM25 over jieba's words as one product of sparse
matrices. Times are of one core, in processor time and by the clock. Every question is asked in three passes and its
best counts: what neighbours on the core take from one pass is no property of the index. The plain first pass is printed
beside it. ``HUIYIN_BENCH_ARTICLES`` makes the library smaller for a quick look.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from bot.knowledge.live import LiveAnswers
from classifier import segment
from knowledge_base.answering.answer import Answer, Answerer
from knowledge_base.article import Article, ArticleKind, ArticleStatus
from knowledge_base.editing.store import Changes, Mark
from knowledge_base.retrieval.index import MOST_CANDIDATES, ArticleIndex, Entry
from tests.benchmarks.invented_library import Inventor

SIZE = int(os.environ.get("HUIYIN_BENCH_ARTICLES", "200000"))
QUESTIONS = 2000
PASSES = 3
TODAY = date(2026, 11, 23)
MOST_MB, MOST_SECONDS, MOST_MS = 400, 60, 5.0


@dataclass(frozen=True)
class Library:
    entries: list[Entry]
    questions: list[tuple[str, str]]
    """A question and the entry it was made of."""


@cache
def library() -> Library:
    inventor, chance = Inventor(), random.Random(5)
    entries = list(inventor.entries(SIZE))
    asked = [chance.choice(entries) for _ in range(QUESTIONS)]
    return Library(entries, [(inventor.question(entry), entry.id) for entry in asked])


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@dataclass(frozen=True)
class Times:
    """Milliseconds of each question, sorted: the best of ``PASSES`` in processor time, and the first pass in
    processor time and by the clock."""

    best: list[float]
    first: list[float]
    clock: list[float]

    @property
    def median(self) -> float:
        return share(self.best, 0.5)

    @property
    def worst(self) -> float:
        return share(self.best, 0.99)

    def __str__(self) -> str:
        return (
            f"p50 {self.median:.2f} ms, p99 {self.worst:.2f} ms (one pass alone: processor p50 "
            f"{share(self.first, 0.5):.2f}, p99 {share(self.first, 0.99):.2f}; clock p50 "
            f"{share(self.clock, 0.5):.2f}, p99 {share(self.clock, 0.99):.2f})"
        )


def share(ordered: Sequence[float], part: float) -> float:
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def milliseconds(act: Callable[[str], object], questions: Sequence[str]) -> Times:
    """Whole passes over all questions, after a warm-up: no question finds its own traces in the caches."""
    for question in questions[:20]:
        act(question)
    passes, clocks = [], []
    for _ in range(PASSES):
        spent, clock = [], []
        for question in questions:
            by_clock, began = time.perf_counter_ns(), time.thread_time_ns()
            act(question)
            spent.append((time.thread_time_ns() - began) / 1e6)
            clock.append((time.perf_counter_ns() - by_clock) / 1e6)
        passes.append(spent)
        clocks.append(clock)
    best = [min(times) for times in zip(*passes, strict=True)]
    return Times(sorted(best), sorted(passes[0]), sorted(clocks[0]))


@dataclass(frozen=True)
class Built:
    index: ArticleIndex
    seconds: float
    by_clock: float
    megabytes: float


@pytest.fixture(scope="module")
def built() -> Built:
    """The index, the seconds it took and the megabytes it keeps."""
    entries = library().entries
    warm = ArticleIndex()
    warm.add_many(entries[:500])
    warm.search(library().questions[0][0])
    del warm
    gc.collect()
    before, clock, began = resident_mb(), time.perf_counter(), time.process_time()
    index = ArticleIndex()
    index.add_many(entries)
    seconds, by_clock = time.process_time() - began, time.perf_counter() - clock
    gc.collect()
    return Built(index, seconds, by_clock, resident_mb() - before)


def test_the_index_of_a_city(built: Built) -> None:
    index = built.index
    asked = [question for question, _ in library().questions]
    letters = [
        "\n".join(entry.body[:60] for entry in library().entries[at : at + 5]) for at in range(0, 1000, 5)
    ]
    searched = milliseconds(index.search, asked)
    found = [[hit.article_id for hit in index.search(question)] for question, _ in library().questions]
    right = sum(ids[:1] == [name] for ids, (_, name) in zip(found, library().questions, strict=True))
    print(f"\n{SIZE:,} entries: built in {built.seconds:.0f} s of processor time ", end="")
    print(f"({built.by_clock:.0f} s by the clock), {built.megabytes:.0f} MB")
    print(f"  times are the best of {PASSES} passes over {len(asked):,} questions, in processor time")
    print(f"  search {searched}; right at once {right / QUESTIONS:.1%}")
    print(f"  the first choice alone {milliseconds(index.first_choice, asked)}")
    print(f"  a letter of 300 characters {milliseconds(index.search, letters)}")
    _print_overlooked(index, asked[:40])
    floor, floor_right = _floor()
    print(f"  BM25 over words, plain product: p50 {floor.median:.2f} ms, p99 {floor.worst:.2f} ms; ", end="")
    print(f"right at once {floor_right:.1%}; ours takes {searched.median / floor.median:.2f} of its time")
    _print_verdict(built.seconds, searched.worst)
    assert built.megabytes <= MOST_MB


def _print_verdict(seconds: float, worst: float) -> None:
    """Times are told, not asserted: a core that others use as well is no defect of the index."""
    for what, found, most, unit in (
        ("build", seconds, MOST_SECONDS, "s"),
        ("search p99", worst, MOST_MS, "ms"),
    ):
        print(
            f"  {what} {found:.1f} {unit}: {'within' if found <= most else 'OVER'} the {most} {unit} aimed at"
        )


def _print_overlooked(index: ArticleIndex, asked: Sequence[str]) -> None:
    """How much of what a closer look at ten times as many would show first is among the candidates."""
    kept = shown = 0
    for question in asked:
        best = {hit.article_id for hit in index.search(question, limit=10, candidates=10 * MOST_CANDIDATES)}
        kept += len(best & {hit.article_id for hit in index.search(question, limit=MOST_CANDIDATES)})
        shown += len(best)
    print(
        f"  of the best ten of a look at {10 * MOST_CANDIDATES:,}, among the candidates: {kept / shown:.1%}"
    )


def _floor() -> tuple[Times, float]:
    """The times of BM25 over words as one sparse product, and how often it is right."""
    numbers: dict[str, int] = {}
    counts: list[int] = []
    columns: list[int] = []
    rows = [0]
    for entry in library().entries:
        found = Counter(segment.words(f"{entry.title}\n{entry.body}"))
        columns += [numbers.setdefault(word, len(numbers)) for word in found]
        counts += found.values()
        rows.append(len(columns))
    frequency = np.bincount(columns, minlength=len(numbers))
    lengths = np.diff(rows)
    tf = np.array(counts, np.float32)
    weights = tf * 2.2 / (tf + np.repeat(0.3 + 0.9 * lengths / lengths.mean(), lengths))
    weights *= np.log1p((SIZE - frequency + 0.5) / (frequency + 0.5))[columns]
    matrix = sparse.csr_array((weights.astype(np.float32), columns, rows), shape=(SIZE, len(numbers)))

    def search(question: str) -> str:
        asked = np.zeros(len(numbers), np.float32)
        for word in segment.words(question):
            if word in numbers:
                asked[numbers[word]] += 1
        scores = matrix @ asked
        best = np.argpartition(-scores, 10)[:10]
        first = int(best[np.argmax(scores[best])])
        return library().entries[first].id

    some = library().questions[:100]
    times = milliseconds(search, [question for question, _ in some])
    return times, sum(search(question) == name for question, name in some) / len(some)


def test_changes_to_the_index_of_a_city(built: Built) -> None:
    index = built.index
    chance = random.Random(9)
    inventor = Inventor(seed=11)
    spent = []
    for _ in range(2000):
        entry = inventor.entry(chance.choice(library().entries).id)
        began = time.process_time_ns()
        index.add(entry.id, title=entry.title, body=entry.body)
        spent.append((time.process_time_ns() - began) / 1e6)
    spent.sort()
    asked = [question for question, _ in library().questions]
    print(f"\nreplacing one: p50 {spent[1000]:.2f} ms, p99 {spent[1980]:.2f} ms, most {spent[-1]:.1f} ms")
    print(f"  search after 2,000 of them: {milliseconds(index.search, asked)}")


def articles() -> list[Article]:
    issued = date(2024, 5, 1)
    return [
        Article(
            id=entry.id,
            kind=ArticleKind.POLICY,
            title=entry.title,
            body=entry.body,
            issuer="县人民政府",
            document_number=None,
            published_on=issued,
            effective_on=issued,
            expires_on=None,
            status=ArticleStatus.PUBLISHED,
            owner_unit_id="unit",
            region="清和县",
        )
        for entry in library().entries
    ]


class Published:
    """A store that is nothing but a list."""

    def __init__(self, held: list[Article]) -> None:
        self.held = held
        self.changed: list[Article] = []

    async def mark(self, *, on: date) -> Mark:
        return Mark(at=datetime(2026, 11, 23, tzinfo=UTC), on=on)

    async def changes(self, since: Mark, *, on: date) -> Changes:
        changed, self.changed = tuple(self.changed), []
        return Changes(changed, (), since)

    async def each_published(self, *, on: date) -> AsyncIterator[Article]:
        for article in self.held:
            yield article


@dataclass(frozen=True)
class Pause:
    """Milliseconds an event waited: by the clock, and without the time the thread could have run and had no core."""

    clock: float
    own: float


def _without_core_ms() -> float:
    """As Linux counts it for this thread; 0 elsewhere."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text(encoding="ascii").split()[1]) / 1e6
    except OSError:
        return 0.0


async def _watch_pauses(pauses: list[Pause]) -> None:
    while True:
        began, waited = time.perf_counter(), _without_core_ms()
        await asyncio.sleep(0.002)
        clock = (time.perf_counter() - began) * 1000 - 2
        pauses.append(Pause(clock, clock - (_without_core_ms() - waited)))


async def test_answers_from_the_library_of_a_city() -> None:
    store = Published(articles())
    gc.collect()
    before = resident_mb()
    live = LiveAnswers(store, Answerer, poll_seconds=0.02)
    began = time.perf_counter()
    await live.start()
    seconds = time.perf_counter() - began
    asked = [question for question, _ in library().questions]
    answered = milliseconds(lambda question: live.current.answer(question, on=TODAY), asked)
    print(
        f"\nanswerer of {SIZE:,} articles: {seconds:.0f} s, {resident_mb() - before:.0f} MB beside the articles"
    )
    print(f"  whole answer {answered}")
    following = asyncio.create_task(live.run())
    seen = [await _seen_after_ms(live, store, number) for number in range(20)]
    print(f"  edit to answer in this process, polling every 20 ms: most {max(seen):.0f} ms")
    following.cancel()
    store.held = store.held[:20_000]
    pauses: list[Pause] = []
    watching = asyncio.create_task(_watch_pauses(pauses))
    await live.rebuild()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    clock, own = sorted(one.clock for one in pauses), sorted(one.own for one in pauses)
    print(
        f"  event loop while {len(store.held):,} are built anew in the place of {SIZE:,}: pauses p99 ", end=""
    )
    print(f"{share(own, 0.99):.0f} ms, longest {own[-1]:.0f} ms without the wait for a free core ", end="")
    print(f"(with it {clock[-1]:.0f} ms)")


async def _seen_after_ms(live: LiveAnswers, store: Published, number: int) -> float:
    title = "".join(islice("甲乙丙丁戊己庚辛壬癸", number % 10, None)) + f"号牌照换发办法{number}"
    changed = replace(store.held[number], title=title)
    began = time.perf_counter()
    store.changed.append(changed)
    while True:
        found = live.current.answer(title, on=TODAY)
        if isinstance(found, Answer) and found.article_id == changed.id:
            return (time.perf_counter() - began) * 1000
        assert time.perf_counter() - began < 10, "never seen"
        await asyncio.sleep(0.001)
