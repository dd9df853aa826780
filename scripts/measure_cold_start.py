"""How much a duty list helps a city that starts with a few examples of each label.

Labels are the kinds of agencies of published letters; ``scripts/data/function_duties.csv`` is a duty list for them in
our own words. N letters of each label are the examples and all others the test, over several draws. Usage:
measure_cold_start.py LETTERS.jsonl.gz [--examples 20] [--draws 5]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.learning.cold_start import start_cold
from classifier.evaluation import Figures, Prediction, measure
from classifier.labelled import LabelledText
from classifier.model import TextModel
from classifier.model_file import write_model_file
from classifier.near_duplicates import group_near_duplicates
from routing.triage.catalogue import Duty, read_duty_list

DUTIES = Path(__file__).parent / "data" / "function_duties.csv"
LEAST_OF_LABEL = 3
"""A label needs this many times the examples among the letters, or hardly any would be left to test on."""


def read_letters(path: Path) -> list[LabelledText]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [LabelledText(row["text"], row["function"]) for row in rows]


def split(
    letters: Sequence[LabelledText], groups: Sequence[int], *, examples: int, seed: int
) -> tuple[list[LabelledText], list[LabelledText]]:
    """Examples of each label, and the letters that are no near-duplicates of any."""
    of_label: dict[str, list[int]] = defaultdict(list)
    for at, letter in enumerate(letters):
        of_label[letter.label].append(at)
    rng = random.Random(seed)
    chosen = {at for members in of_label.values() for at in rng.sample(members, examples)}
    known = {groups[at] for at in chosen}
    return (
        [letters[at] for at in sorted(chosen)],
        [letter for letter, group in zip(letters, groups, strict=True) if group not in known],
    )


def tried(
    learned: Sequence[LabelledText], test: Sequence[LabelledText], duties: Sequence[Duty]
) -> tuple[Figures, float, float]:
    """The figures on the test, the share it would decide by itself, and how often that is right."""
    cold = start_cold(learned, duties, now=datetime(2026, 1, 1, tzinfo=UTC), name="cold start")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cold.model"
        write_model_file(path, cold.model)
        model = TextModel.load(path)
    said = [model.classify(row.text) for row in test]
    predictions = [
        Prediction((one.label, *(other.label for other in one.alternatives)), one.confidence) for one in said
    ]
    decided = [one.label == row.label for one, row in zip(said, test, strict=True) if not one.abstained]
    share = len(decided) / len(test)
    return measure([row.label for row in test], predictions), share, sum(decided) / max(len(decided), 1)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("letters", type=Path)
    options.add_argument("--examples", type=int, default=20)
    options.add_argument("--draws", type=int, default=5)
    chosen = options.parse_args()
    letters = read_letters(chosen.letters)
    counts: dict[str, int] = defaultdict(int)
    for letter in letters:
        counts[letter.label] += 1
    known = {duty.topic for duty in read_duty_list(DUTIES).all()}
    letters = [
        letter
        for letter in letters
        if letter.label in known and counts[letter.label] >= LEAST_OF_LABEL * chosen.examples
    ]
    groups = group_near_duplicates([letter.text for letter in letters]).tolist()
    duties = read_duty_list(DUTIES).all()
    sums: dict[str, list[tuple[float, float, float]]] = {"examples alone": [], "with the duty list": []}
    for seed in range(chosen.draws):
        learned, test = split(letters, groups, examples=chosen.examples, seed=seed)
        for way, list_ in (("examples alone", ()), ("with the duty list", duties)):
            figures, share, precision = tried(learned, test, list_)
            sums[way].append((figures.accuracy, figures.macro_f1, figures.top3))
            sys.stdout.write(
                f"draw {seed} {way}: top-1 {figures.accuracy:.3f} macro-F1 {figures.macro_f1:.3f} top-3 "
                f"{figures.top3:.3f} decided {share:.3f} right {precision:.3f}\n"
            )
            sys.stdout.flush()
    for way, found in sums.items():
        means = [sum(each) / len(found) for each in zip(*found, strict=True)]
        sys.stdout.write(
            f"{way} ({chosen.draws} draws): top-1 {means[0]:.3f} macro-F1 {means[1]:.3f} top-3 {means[2]:.3f}\n"
        )


if __name__ == "__main__":
    main()
