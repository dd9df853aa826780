"""Department by composition beside flat models, on the same folds in one run.

    python scripts/measure_routing.py [--data LETTERS.jsonl.gz] [--json]

Prints top-1, top-3, coverage and calibration error of: a flat model of departments without the place; the same with
the place as a feature; a simple composition (kind by the words × how often each unit of the kind answers at the place);
ours with and without the place. Near-duplicates lie on one side of every fold; with ``--identical`` only identical
texts do, as in figures published elsewhere. Without the data it says so and ends.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.evaluation import Figures, Prediction, measure
from classifier.near_duplicates import group_identical, group_near_duplicates
from routing.triage.composition import RoutedText
from routing.triage.composition_regions import naming_of
from routing.triage.composition_texts import PastTexts, weigh_texts
from routing.triage.composition_training import cross_validate_composition, folds_of

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "letters.jsonl.gz"
SHRINKAGE = 0.5
RANKED = 3

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def main() -> int:
    """Print the table; 0 also where there is nothing to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--identical", action="store_true", help="keep only identical texts together")
    options = parser.parse_args()
    if not options.data.exists():
        say(f"skipped: needs the public letters in {options.data}")
        return 0
    rows = read_rows(options.data)
    started = time.monotonic()
    group = group_identical if options.identical else group_near_duplicates
    groups = group([row.text for row in rows])
    figures = dict(baselines(rows, groups))
    told, untold = cross_validate_composition(rows, now=datetime.now(UTC), groups=groups)
    figures |= {"composition": told, "composition, place unknown": untold}
    if options.json:
        say(json.dumps({name: shown(each) for name, each in figures.items()}, ensure_ascii=False))
    else:
        for name, each in figures.items():
            say(f"{name:34}" + "  ".join(f"{key} {value:.4f}" for key, value in shown(each).items()))
        say(f"{len(rows)} letters, {time.monotonic() - started:.0f} s")
    return 0


def say(line: str) -> None:
    """One line of the table."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def read_rows(path: Path) -> list[RoutedText]:
    """The letters; the district is the place."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [
        RoutedText(row["text"], row["department"], row.get("place") or row.get("district")) for row in found
    ]


def shown(figures: Figures) -> dict[str, float]:
    """The figures that are compared."""
    covered = {f"coverage@{at:.2f}": share for at, share in figures.coverage_at.items()}
    return {
        "top1": round(figures.accuracy, 4),
        "top3": round(figures.top3, 4),
        **{name: round(share, 4) for name, share in covered.items()},
        "ece": round(figures.calibration_error, 4),
    }


def baselines(rows: Sequence[RoutedText], groups: Ints) -> list[tuple[str, Figures]]:
    """Least squares over the same n-grams as ours (words and characters), each text held out once."""
    past = weigh_texts([row.text for row in rows])
    kernel = _kernel(past)
    places = np.array([row.place or "" for row in rows])
    same = (places[:, None] == places[None, :]).astype(np.float64)
    said: dict[str, dict[int, Prediction]] = defaultdict(dict)
    for held_out in folds_of(groups):
        kept = np.setdiff1d(np.arange(len(rows)), held_out)
        said["flat"] |= _flat(rows, kernel, kept, held_out)
        said["flat, place as a feature"] |= _flat(rows, kernel + same, kept, held_out)
        said["flat, units of the place only"] |= _flat(rows, kernel, kept, held_out, at_place=True)
        said["simple composition"] |= _simple(rows, kernel, kept, held_out)
    truth = [row.department for row in rows]
    return [
        (name, measure(truth, [predictions[at] for at in range(len(rows))]))
        for name, predictions in said.items()
    ]


def _kernel(past: PastTexts) -> Floats:
    values = past.values[:, past.shared] * np.sqrt(0.5)
    kernel: Floats = (values @ values.T).toarray()
    return kernel


def _least_squares(
    kernel: Floats, labels: Sequence[str], kept: Ints, held_out: Ints
) -> tuple[list[str], Floats]:
    names, at = np.unique(np.array(labels), return_inverse=True)
    learned = kernel[np.ix_(kept, kept)] + SHRINKAGE * np.eye(len(kept))
    multipliers = np.linalg.solve(learned, np.eye(len(names))[at])
    return names.tolist(), kernel[np.ix_(held_out, kept)] @ multipliers


def _flat(
    rows: Sequence[RoutedText], kernel: Floats, kept: Ints, held_out: Ints, *, at_place: bool = False
) -> dict[int, Prediction]:
    names, scores = _least_squares(kernel, [rows[at].department for at in kept], kept, held_out)
    if at_place:
        known = {(rows[at].place, rows[at].department) for at in kept}
        allowed = np.array([[(rows[at].place, name) in known for name in names] for at in held_out])
        scores = np.where(allowed, scores, -1.0)
    return _predictions(names, scores, held_out)


def _simple(rows: Sequence[RoutedText], kernel: Floats, kept: Ints, held_out: Ints) -> dict[int, Prediction]:
    """The likeliest kind by the words, times the share of each unit among those of its kind at the place."""
    naming = naming_of([rows[at] for at in kept], {})
    kinds, scores = _least_squares(kernel, [naming.kinds[rows[at].department] for at in kept], kept, held_out)
    counts = Counter((rows[at].place, rows[at].department) for at in kept)
    units = sorted(naming.kinds)
    of_kind = np.array([kinds.index(naming.kinds[unit]) for unit in units])
    found: dict[int, Prediction] = {}
    for at, score in zip(held_out, np.maximum(scores, 1e-3), strict=True):
        answered = np.array([float(counts[rows[at].place, unit]) for unit in units])
        per_kind = np.bincount(of_kind, weights=answered, minlength=len(kinds))
        joint = score[of_kind] * answered / np.maximum(per_kind[of_kind], 1.0)
        found |= _predictions(units, (joint / max(joint.sum(), 1e-9))[None, :], np.array([at]))
    return found


def _predictions(names: Sequence[str], scores: Floats, texts: Ints) -> dict[int, Prediction]:
    best = np.argsort(-scores, axis=1, kind="stable")[:, :RANKED]
    return {
        int(text): Prediction(tuple(names[at] for at in order), float(np.clip(score[order[0]], 0.0, 1.0)))
        for text, order, score in zip(texts, best, scores, strict=True)
    }


if __name__ == "__main__":
    sys.exit(main())
