"""Learn the weights of the ranking, and count how usual things are in citizens' messages, from the public sets.

    python scripts/train_ranking.py [--data FOLDER] [--check] [--reuse FILE]

Writes ``knowledge_base/data/ranking/commonness.npz`` (first, for the measures read it) and ``weights.json``. With
``--check`` nothing is written: each quarter of every set is asked of weights learned on the other three.
``--reuse`` keeps the measures in a file, so that learning again takes a minute.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# The script's own folder is on the path when it runs.
from answer_sets import DATA, PARTS, Asked, demo, read_sets, rows, titled
from numpy.typing import NDArray
from scipy.optimize import minimize

from classifier import segment
from knowledge_base.retrieval.commonness import COMMONNESS_FILE, count_commonness
from knowledge_base.retrieval.features import concepts, normalize
from knowledge_base.retrieval.index import ArticleIndex, Entry
from knowledge_base.retrieval.ranking import GATES, WEIGHTS_FILE, Ranking, extent, gates, standardized
from knowledge_base.retrieval.similarity import FEATURES, Floats, measure

PROVENANCE = (
    "learned on published citizens' letters of one city and their replies, messages to another city's mayor and their "
    "replies, a public policy question set and a public corpus of question pairs; how usual things are was counted on "
    "the messages of a public text-mining contest of 2020; no text is kept"
)
_MOST_ASKED = 700  # of a part
_READ = 1000  # characters of a message
_HARD = 100  # candidates learned from: the right one and the nearest wrong ones
_DEPTH = 10
_RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Look:
    """The candidates of one question, measured: one of them is right, or none."""

    measured: NDArray[np.float16]
    right: NDArray[np.bool_]
    gates: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Looks of one set side by side: question x candidate x weight."""

    values: Floats
    right: NDArray[np.bool_]
    there: NDArray[np.bool_]


def citizens_messages(data: Path) -> Iterator[tuple[str, list[str]]]:
    """What commonness is counted on."""
    for name, field in (("topic7", "text"), ("recent_messages", "detail")):
        for row in rows(name, data):
            text = normalize(row[field])[:_READ]
            yield text, [f"/{word}" for word in segment.search_words(text)] + concepts(text)


def look(entries: Iterable[Entry], asked: Sequence[Asked]) -> list[Look]:
    """Ask the real index, and measure its candidates."""
    index = ArticleIndex()
    index.add_many(entries)
    found = []
    for one in asked:
        ids, candidates, statistics = index.close_candidates(one.question)
        measured = measure(one.question, candidates, statistics).astype(np.float16)
        right = np.array([article_id in one.right for article_id in ids], np.bool_)
        found.append(
            Look(measured, right, gates(extent(one.question), statistics.mean_head + statistics.mean_body))
        )
    return found


def batch(looks: Sequence[Look]) -> Batch:
    """The looks that can be learned from, with their hardest wrong candidates."""
    width = len(FEATURES) * len(GATES)
    usable = [one for one in looks if one.right.any()]
    values = np.zeros((len(usable), _HARD, width), np.float32)
    right = np.zeros((len(usable), _HARD), np.bool_)
    there = np.zeros((len(usable), _HARD), np.bool_)
    for at, one in enumerate(usable):
        shares = standardized(one.measured.astype(np.float32))
        order = np.argsort(-(shares.sum(axis=1) + 1e6 * one.right))[:_HARD]
        gated = one.gates[None, :, None] * shares[order][:, None, :]
        values[at, : len(order)] = gated.reshape(len(order), width)
        right[at, : len(order)], there[at, : len(order)] = one.right[order], True
    return Batch(values, right, there)


def learn(batches: Sequence[Batch]) -> NDArray[np.float64]:
    """The weights under which the right candidates are most probable, every set counting the same."""
    width = batches[0].values.shape[2]

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = _RIDGE * float(weights @ weights), 2 * _RIDGE * weights
        for one in batches:
            scores = np.where(one.there, one.values @ weights.astype(np.float32), -1e9)
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            chances = odds / odds.sum(axis=1, keepdims=True)
            right = chances * one.right
            whole = right.sum(axis=1, keepdims=True) + 1e-12
            total -= float(np.log(whole).sum()) / len(scores)
            missed = (chances - right / whole).astype(np.float32).ravel()
            slope = slope + (missed @ one.values.reshape(-1, width)) / len(scores)
        return total, slope

    found = minimize(loss, np.zeros(width), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    weights: NDArray[np.float64] = found.x.reshape(len(GATES), len(FEATURES))
    return weights


def reciprocal_rank(weights: NDArray[np.float64], looks: Sequence[Look]) -> float:
    """The mean over all looks; candidates of the same score share their places."""
    total = 0.0
    for one in looks:
        if one.right.any():
            scores = standardized(one.measured.astype(np.float32)) @ (one.gates @ weights)
            best = scores[one.right].max()
            rank = 1 + (scores > best).sum() + ((scores == best).sum() - 1) / 2
            total += 1 / rank if rank <= _DEPTH else 0
    return total / len(looks)


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def collect(data: Path) -> dict[str, list[list[Look]]]:
    """Set → part → looks."""
    found: dict[str, list[list[Look]]] = {}
    public = read_sets(data)
    for one in (*public, *(titled(each) for each in public if each.name == "policy"), demo()):
        began = time.perf_counter()
        parts = range(PARTS)
        found[one.name] = [look(one.library(part), one.questions(part, _MOST_ASKED)) for part in parts]
        asked = sum(map(len, found[one.name]))
        tell(f"{one.name}: {asked:,} questions measured in {time.perf_counter() - began:.0f} s")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--check", action="store_true", help="cross-validate, write nothing")
    parser.add_argument("--reuse", type=Path, help="read the measures from this file, or write them to it")
    options = parser.parse_args()
    if not options.data.is_dir():
        sys.stderr.write(f"SKIPPED: no folder {options.data}\n")
        return
    if not options.check:
        WEIGHTS_FILE.parent.mkdir(parents=True, exist_ok=True)
        count_commonness(citizens_messages(options.data)).save(COMMONNESS_FILE)
    if options.reuse and options.reuse.is_file():
        looks: dict[str, list[list[Look]]] = pickle.loads(options.reuse.read_bytes())  # noqa: S301 (our own file)
    else:
        looks = collect(options.data)
        if options.reuse:
            options.reuse.write_bytes(pickle.dumps(looks))
    batches = {name: [batch(part) for part in parts] for name, parts in looks.items()}
    figures: dict[str, list[float]] = {name: [] for name in looks}
    for held_out in range(PARTS):
        others = [one for parts in batches.values() for at, one in enumerate(parts) if at != held_out]
        weights = learn(others)
        for name, parts in looks.items():
            figures[name].append(reciprocal_rank(weights, parts[held_out]))
    cross = {name: round(float(np.mean(each)), 4) for name, each in figures.items()}
    for name, each in figures.items():
        tell(f"{name:10} MRR@10 {cross[name]:.4f}  quarters {'  '.join(f'{one:.4f}' for one in each)}")
    if not options.check:
        weights = learn([one for parts in batches.values() for one in parts])
        Ranking(weights).save(WEIGHTS_FILE, provenance=PROVENANCE, cross_validated_mrr_at_10=cross)
        tell(f"written: {WEIGHTS_FILE.name}")


if __name__ == "__main__":
    main()
