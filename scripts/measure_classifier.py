"""Print the plain baseline beside the shipped training, on the same grouped folds of the public data sets.

    python scripts/measure_classifier.py [--data FOLDER] [--json]

Reads ``topic7.jsonl.gz`` (label) and ``letters.jsonl.gz`` (its ``function`` as the label) in FOLDER, by default
``../shared/data`` beside the project. Without them it says so and ends with 0: there is nothing to measure on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from pathlib import Path

from classifier.baseline import measure_baseline
from classifier.evaluation import Figures
from classifier.labelled import LabelledText
from classifier.training import cross_validate

SETS = (("topic7", "label"), ("letters", "function"))
"""A data set and the field that is its label. There is no setting per set: one configuration serves all."""

_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def read_rows(path: Path, field: str) -> list[LabelledText]:
    """The rows of one public set, whichever field holds the label."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [LabelledText(row["text"], row[field]) for row in found]


def table_row(name: str, figures: Figures) -> str:
    coverage = "  ".join(f"{share:.3f}" for share in figures.coverage_at.values())
    line = (
        f"{name:10}  {figures.macro_f1:.4f}  {figures.accuracy:.4f}  {figures.top3:.4f}  {coverage}  "
        f"{figures.calibration_error:.4f}"
    )
    shown = "  ".join(
        f"{found.share:.3f} at {found.precision:.3f} (aim {at:.0%})" for at, found in figures.bounded.items()
    )
    return f"{line}  {shown}".rstrip()


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=_DATA)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    options = parser.parse_args()
    told: dict[str, dict[str, object]] = {}
    for name, field in SETS:
        path = options.data / f"{name}.jsonl.gz"
        if not path.is_file():
            sys.stderr.write(f"SKIPPED {name}: no {path.name} in the data folder\n")
            continue
        began = time.perf_counter()
        rows = read_rows(path, field)
        cross = cross_validate(rows)
        took = time.perf_counter() - began
        baseline = measure_baseline([row.text for row in rows], cross)
        told[name] = {"baseline": baseline.to_json(), "ours": cross.figures.to_json()}
        if not options.json:
            tell(
                f"\n{name}: {len(rows):,} rows, {len(set(cross.groups.tolist())):,} groups of near-duplicates, "
                f"{len(cross.labels)} labels, {len(cross.folds)} grouped folds; ours in {took:.0f} s"
            )
            tell("            macroF1 accuracy  top-3  cov@95 cov@97  ECE     decided by shown thresholds")
            tell(table_row("baseline", baseline))
            tell(table_row("ours", cross.figures))
    if options.json:
        tell(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
