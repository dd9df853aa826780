"""Labels: learned from the data, never written into the code. A label may be a path, ``城乡建设->市政设施->路灯``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

PATH_SEPARATOR = "->"


def label_at_level(label: str, level: int) -> str:
    """The first ``level`` steps of a path; a shorter path, or a plain label, is returned whole."""
    steps = [step.strip() for step in label.split(PATH_SEPARATOR)]
    return PATH_SEPARATOR.join(steps[:level])


def count_labels(labels: Iterable[str]) -> dict[str, int]:
    """The label set with the number of messages of each, the most frequent first."""
    return dict(sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0])))


def parents_of(label: str) -> tuple[str, ...]:
    """The paths above a label, the nearest first; none for a plain label."""
    steps = [step.strip() for step in label.split(PATH_SEPARATOR)]
    return tuple(PATH_SEPARATOR.join(steps[:level]) for level in range(len(steps) - 1, 0, -1))


def families(labels: Sequence[str]) -> tuple[tuple[tuple[str, tuple[int, ...]], ...], ...]:
    """Per label its parents, the nearest first, each with the numbers of the labels below it.

    A parent of one label only says nothing that the label does not say, and is left out.
    """
    below: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        for parent in parents_of(label):
            below.setdefault(parent, []).append(number)
    return tuple(
        tuple((parent, tuple(below[parent])) for parent in parents_of(label) if len(below[parent]) > 1)
        for label in labels
    )
