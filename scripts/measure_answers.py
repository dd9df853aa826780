"""Print how well the index finds what answers, beside BM25 over jieba words, TF-IDF of characters and the index's own
first stage.

    python scripts/measure_answers.py [--data FOLDER] [--quick] [--json] [--write FOLDER]

Reads the public sets in FOLDER, by default ``../shared/data`` beside the project; without them it says so and ends
with 0. Each set is cut into four libraries, every question asked of its own; then all are asked of the whole.
Weights were learned on all of them but ``letters, other city``: what to expect of unseen questions is the
cross-validated figure, from ``scripts/train_ranking.py``. ``--write`` leaves each library in files that
``huiyin evaluate answers`` reads, which asks the same questions of the same index.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jieba
import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from knowledge_base.retrieval.evaluation import AskedQuestion, RetrievalFigures, measure
from knowledge_base.retrieval.index import ArticleIndex, Entry
from knowledge_base.retrieval.ranking import WEIGHTS_FILE

# The script's own folder is on the path when it runs.
from answer_sets import DATA, PARTS, AnswerSet, other_city, read_sets  # isort: skip

_MOST_ASKED = 1000
_QUICK = 60
_DEPTH = 10
_K1, _B = 1.2, 0.75


class WordBm25:
    """What anybody would try first: BM25 over jieba's words of title and body."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._places: dict[str, int] = {}
        counts = [Counter(jieba.lcut(f"{one.title} {one.body}")) for one in entries]
        ends = np.cumsum([0, *map(len, counts)])
        found = np.array([self._places.setdefault(word, len(self._places)) for one in counts for word in one])
        said = np.array([count for one in counts for count in one.values()], np.float32)
        lengths = np.array([sum(one.values()) for one in counts], np.float32)
        penalty = _K1 * (1 - _B + _B * lengths / lengths.mean())
        weights = said * (_K1 + 1) / (said + np.repeat(penalty, np.diff(ends)))
        frequency = np.bincount(found, minlength=len(self._places))
        rarity = np.log1p((len(entries) - frequency + 0.5) / (frequency + 0.5))
        shape = (len(entries), len(self._places))
        self._words = sparse.csr_matrix((weights * rarity[found], found, ends), shape=shape).tocsc()

    def search(self, question: str) -> list[int]:
        """The places of the best entries."""
        known = [at for word in set(jieba.lcut(question)) if (at := self._places.get(word)) is not None]
        scores = np.asarray(self._words[:, known].sum(axis=1)).ravel()
        order = np.argsort(-scores, kind="stable")[:_DEPTH]
        return [int(at) for at in order if scores[at] > 0]


class CharacterCosine:
    """The cosine of TF-IDF over characters 1–3, with logarithms of the counts."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._read = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)
        found = self._read.fit_transform(f"{one.title}\n{one.body}" for one in entries)
        self._features = found.T.tocsr()

    def search(self, question: str) -> list[int]:
        """The places of the best entries."""
        scores = (self._read.transform([question]) @ self._features).toarray().ravel()
        order = np.argsort(-scores, kind="stable")[:_DEPTH]
        return [int(at) for at in order if scores[at] > 0]


@dataclass(frozen=True, slots=True)
class Measured:
    """Ours, and as MRR@10 the first stage alone, BM25 over words and the cosine of characters."""

    ours: RetrievalFigures
    first_stage: float
    bm25_words: float
    cosine: float


def reciprocal_ranks(asked: Sequence[AskedQuestion], search: Callable[[str], Sequence[str]]) -> float:
    """MRR@10."""
    total = 0.0
    for one in asked:
        found = list(search(one.question))
        if one.article_id in found:
            total += 1 / (1 + found.index(one.article_id))
    return total / len(asked)


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measure_library(entries: Sequence[Entry], asked: Sequence[AskedQuestion]) -> Measured:
    """All four over one library."""
    index = ArticleIndex()
    index.add_many(entries)

    def plain(search: Callable[[str], Sequence[int]]) -> float:
        return reciprocal_ranks(asked, lambda question: [entries[at].id for at in search(question)])

    def first_stage(question: str) -> list[str]:
        return [hit.article_id for hit in index.first_choice(question, limit=_DEPTH)]

    return Measured(
        ours=measure(index, asked),
        first_stage=reciprocal_ranks(asked, first_stage),
        bm25_words=plain(WordBm25(entries).search),
        cosine=plain(CharacterCosine(entries).search),
    )


def write_library(folder: Path, name: str, entries: Sequence[Entry], asked: Sequence[AskedQuestion]) -> None:
    """As ``huiyin evaluate answers --articles … --questions …`` reads it."""
    articles = ({"id": one.id, "title": one.title, "body": one.body} for one in entries)
    wanted = ({"question": one.question, "article_id": one.article_id} for one in asked)
    for kind, rows in (("articles", articles), ("questions", wanted)):
        with gzip.open(folder / f"{name}.{kind}.jsonl.gz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def questions(one: AnswerSet, part: int | None, most: int) -> list[AskedQuestion]:
    """What is asked of a part, as the command line would."""
    return [AskedQuestion(each.question, min(each.right)) for each in one.questions(part, most)]


def row(name: str, found: Sequence[Measured], cross: float | None) -> dict[str, object]:
    """The mean over the libraries."""

    def mean(values: Iterable[float]) -> float:
        return round(float(np.mean(list(values))), 4)

    ours = [one.ours for one in found]
    return {
        "set": name,
        "entries": ours[0].articles,
        "questions": sum(figures.questions for figures in ours),
        "bm25_words": mean(one.bm25_words for one in found),
        "cosine_characters": mean(one.cosine for one in found),
        "first_stage": mean(one.first_stage for one in found),
        "mrr_at_10": mean(figures.mrr_at_10 for figures in ours),
        "cross_validated": cross,
        "recall_at_1": mean(figures.recall_at_1 for figures in ours),
        "recall_at_5": mean(figures.recall_at_5 for figures in ours),
        "p50_ms": mean(figures.p50_ms for figures in ours),
        "p99_ms": mean(figures.p99_ms for figures in ours),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument(
        "--quick", action="store_true", help=f"{_QUICK} questions a library, not the whole sets"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a row instead of a table")
    parser.add_argument("--write", type=Path, help="leave the libraries here, for huiyin evaluate answers")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.stderr.write("SKIPPED answers: no public sets in the data folder\n")
        return
    jieba.setLogLevel(60)
    most = _QUICK if options.quick else _MOST_ASKED
    cross = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))["cross_validated_mrr_at_10"]
    if not options.json:
        tell(
            "MRR@10 by library        entries  asked   BM25 cosine stage1   ours cross-v. "
            "  R@1    R@5  p50ms  p99ms"
        )
    for one in (*read_sets(options.data), other_city(options.data)):
        parts: list[list[int | None]] = [[None]] if one.name not in cross else [list(range(PARTS))]
        if one.name in cross and one.parts is not None and not options.quick:
            parts.append([None])
        for chosen in parts:
            found = []
            for part in chosen:
                library, asked = one.library(part), questions(one, part, most)
                found.append(measure_library(library, asked))
                if options.write:
                    place = "whole" if part is None else str(part + 1)
                    write_library(options.write, f"{one.name}-{place}".replace(", ", "-"), library, asked)
            whole = chosen == [None]
            shown = row(
                f"{one.name}{', whole' if whole else ''}", found, None if whole else cross.get(one.name)
            )
            tell(json.dumps(shown, ensure_ascii=False) if options.json else table_row(shown))


def table_row(shown: dict[str, object]) -> str:
    def figure(name: str, form: str = "6.3f") -> str:
        value = shown[name]
        return "     –" if value is None else format(value, form)

    return (
        f"{shown['set']!s:24} {figure('entries', '6,')} {figure('questions', '6,')} {figure('bm25_words')} "
        f"{figure('cosine_characters')} {figure('first_stage')} {figure('mrr_at_10')}   "
        f"{figure('cross_validated')} {figure('recall_at_1')} {figure('recall_at_5')} "
        f"{figure('p50_ms', '6.1f')} {figure('p99_ms', '6.1f')}"
    )


if __name__ == "__main__":
    main()
