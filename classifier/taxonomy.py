"""Labels: learned from the data, never written into the code. A label may be a path, ``城乡建设->市政设施->路灯``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

PATH_SEPARATOR = "->"


def label_at_level(label: str, level: int) -> str:
    """The first ``level`` steps of a path; a shorter path, or a plain label, is returned whole."""
    steps = [step.strip() for step in label.split(PATH_SEPARATOR)]
    return PATH_SEPARATOR.join(steps[:level])


def count_labels(labels: Iterable[str]) -> dict[str, int]:
    """The label set with the number of messages of each, the most frequent first."""
    return dict(sorted(Counter(labels).items(), key=lambda pair: (-pair[1], pair[0])))
