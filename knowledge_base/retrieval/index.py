"""Find the articles nearest to a question: a cheap first choice by inverted lists, then a closer look at the best.

Two hundred thousand entries are searched within milliseconds; an entry added is found by the next search. What is
found depends on the entries alone, not on the order or the way in which they came.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.corpus import AT_ONCE, Candidates, Corpus, Statistics
from knowledge_base.retrieval.keys import ask, counted, pack
from knowledge_base.retrieval.postings import MOST_ROWS, Packed, PostingLists, Segment
from knowledge_base.retrieval.ranking import rerank
from knowledge_base.retrieval.reading import Entry, ReadEntry

__all__ = ["MOST_CANDIDATES", "ArticleIndex", "Entry", "Hit"]

MOST_CANDIDATES = 200
# So many characters are looked at closely, but of so many entries in any case; fewer in a large library, where the
# first choice takes longer.
_MOST_CODES, _ALWAYS = 40_000, 40
_MOST_CODES_OF_FEW, _FEW_ARTICLES = 60_000, 5_000
_MOST_CODES_OF_MANY, _MANY_ARTICLES = 16_000, 50_000
_USUAL_POSTINGS = 256  # of an entry
_FEW = 64
_SAMPLE = 16
_MANY = 4096  # survivors worth thinning before they are sorted
_ROW = np.uint64(8)
_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Hit:
    """An article and how well it fits; scores compare within one search only."""

    article_id: str
    score: float


class ArticleIndex:
    """Add, remove, search. One writer, and no search while it writes."""

    def __init__(self) -> None:
        self._corpus = Corpus()
        self._lists = PostingLists()
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._ties = np.zeros(1024, np.uint32)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, article_id: str) -> bool:
        return article_id in self._rows

    @property
    def waste(self) -> float:
        """The share of the rows whose entry was removed or replaced; only a new index regains their room."""
        return 1 - len(self._rows) / len(self._ids) if self._ids else 0.0

    def add(self, article_id: str, *, title: str, body: str, questions: tuple[str, ...] = ()) -> None:
        """Add an article, or replace the one of that id."""
        self.remove(article_id)
        entry = self._corpus.lexicon.read(Entry(article_id, title, body, questions))
        packed = pack([entry])
        self._keep([entry], packed)
        self._lists.add(np.sort(packed))

    def add_many(self, entries: Iterable[Entry]) -> None:
        """As ``add`` for each, several times faster; for the start, and for thousands at once."""
        coming = iter(entries)
        while some := list(islice(coming, MOST_ROWS)):
            latest = {entry.id: entry for entry in some}
            if len(latest) < _FEW:
                for entry in latest.values():
                    self.add(entry.id, title=entry.title, body=entry.body, questions=entry.questions)
                continue
            for article_id in latest:
                self.remove(article_id)
            self._add_segment(iter(latest.values()), len(latest))

    def remove(self, article_id: str) -> None:
        """Take an article out; one that is not there is no error."""
        row = self._rows.pop(article_id, None)
        if row is not None:
            entry = self._corpus.entry(row)
            self._corpus.statistics.count([entry], counted(pack([entry])), -1)
            self._lists.remove(row)
            self._ids[row] = ""

    def search(self, question: str, *, limit: int = 10, candidates: int = MOST_CANDIDATES) -> list[Hit]:
        """The best articles, best first; none that shares nothing with the question. No more than ``candidates`` are
        considered, so a higher ``limit`` brings nothing."""
        rows, first = self._choose(question, candidates)
        if not len(rows):
            return []
        close = self._close(rows, candidates)
        looked_at = self._corpus.gather(rows[:close], first[:close])
        scores = np.empty(len(rows))
        # Rounded, so that what is as good as equal is ordered by the tie-break and not by the last bit.
        scores[:close] = rerank(question, looked_at, self._corpus.statistics).round(6)
        # Those too many to be looked at closely come behind the others, in the order of the first choice.
        scores[close:] = scores[:close].min() * first[close:] / first[close - 1]
        best = np.lexsort((self._ties[rows], -first, -scores))[:limit]
        return [Hit(self._ids[rows[at]], float(scores[at])) for at in best]

    def close_candidates(
        self, question: str, *, candidates: int = MOST_CANDIDATES
    ) -> tuple[list[str], Candidates, Statistics]:
        """What a search looks at closely, by id, with the statistics it is weighed by: what ranking is learned on."""
        rows, first = self._choose(question, candidates)
        close = self._close(rows, candidates)
        gathered = self._corpus.gather(rows[:close], first[:close])
        return [self._ids[row] for row in rows[:close]], gathered, self._corpus.statistics

    def _close(self, rows: NDArray[np.intp], candidates: int) -> int:
        """How many of the rows are looked at closely: fewer where they are long."""
        most = _MOST_CODES_OF_FEW if len(self) <= _FEW_ARTICLES else _MOST_CODES
        most = _MOST_CODES_OF_MANY if len(self) > _MANY_ARTICLES else most
        return self._corpus.fitting(rows, most * candidates // MOST_CANDIDATES, _ALWAYS)

    def first_choice(self, question: str, *, limit: int = MOST_CANDIDATES) -> list[Hit]:
        """What the first stage alone finds, by its own score: the measure of what it overlooks."""
        rows, scores = self._choose(question, limit)
        return [Hit(self._ids[row], score) for row, score in zip(rows.tolist(), scores.tolist(), strict=True)]

    def let_go(self) -> Iterator[None]:
        """Empty it a little at a time: an index of a city dropped at once stops the whole process for a moment. It is
        not to be searched any more."""
        yield from self._corpus.let_go()
        yield from self._lists.let_go()
        while self._rows:
            for _ in range(min(len(self._rows), _AT_A_TIME)):
                self._rows.popitem()
            del self._ids[-_AT_A_TIME:]
            yield

    def telling(self, feature: str) -> float:
        """How much a word, concept or n-gram says about which article is meant; one found in none says most."""
        return self._corpus.statistics.rarity(feature)

    def _add_segment(self, entries: Iterator[Entry], count: int) -> None:
        # One array from the beginning: many small ones would leave the process as large when they are gone.
        whole = np.empty(count * _USUAL_POSTINGS, np.uint64)
        end = 0
        for start in range(0, count, AT_ONCE):
            read = [self._corpus.lexicon.read(entry) for entry in islice(entries, AT_ONCE)]
            packed = pack(read)
            self._keep(read, packed)
            begin, end = end, end + len(packed)
            if end > len(whole):
                whole = np.concatenate((whole[:begin], np.empty(end, np.uint64)))
            np.add(packed, np.uint64(start) << _ROW, out=whole[begin:end])
        whole = whole[:end]
        whole.sort()
        self._lists.add_block(whole, count)

    def _keep(self, entries: list[ReadEntry], packed: Packed) -> None:
        first = self._corpus.append(entries, counted(packed))
        self._ids += [entry.id for entry in entries]
        if len(self._ids) > len(self._ties):
            self._ties = np.concatenate((self._ties, np.zeros(len(self._ids), np.uint32)))
        for row, entry in enumerate(entries, start=first):
            self._rows[entry.id] = row
            self._ties[row] = zlib.crc32(entry.id.encode())

    def _choose(self, question: str, limit: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The rows with the highest first scores, best first."""
        asked = ask(question, self._corpus.statistics)
        rows, scores = np.zeros(0, np.intp), np.zeros(0, np.float32)
        least = np.float32(0)
        for segment in self._lists.segments():
            found = _survivors(segment, segment.scores(asked.keys, asked.weights), least, limit)
            rows = np.concatenate((rows, found[0]))
            scores = np.concatenate((scores, found[1]))
            if len(rows) > limit:
                kept = scores >= np.partition(scores, -limit)[-limit]
                rows, scores = rows[kept], scores[kept]
                least = scores.min()
        best = np.lexsort((self._ties[rows], -scores))[:limit]
        return rows[best], scores[best]


def _survivors(
    segment: Segment, scores: NDArray[np.float32], least: np.float32, limit: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The rows that may be among the best ``limit``: above 0 and not below ``least``, all ties included."""
    if least == 0 and len(scores) > _MANY:
        some = scores[::_SAMPLE]
        some = some[some > 0]  # the many that are 0 would make the choice slow
        enough = 2 * limit // _SAMPLE + 1
        if len(some) > enough:
            guess = np.partition(some, -enough)[-enough]  # a sample: what it lets through is counted below
            if np.count_nonzero(scores >= guess) >= limit:
                least = guess
    at = np.flatnonzero(scores >= least if least > 0 else scores > 0)
    return at + segment.base, scores[at]
