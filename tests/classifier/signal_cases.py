"""The hand-written sentences of ``data/``, and the public messages where they are at hand."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def cases(name: str) -> list[tuple[str, ...]]:
    """The rows of a table, without its heading."""
    lines = (_DATA / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines[1:]]


def public_messages(shared_data: Path) -> Iterator[str]:
    """Every public message, as a citizen would have sent it: title and text."""
    for name in ("letters", "letters_other_city", "topic7"):
        for row in _rows(shared_data / f"{name}.jsonl.gz"):
            yield str(row["text"])
    for name in ("replies", "recent_messages"):
        for row in _rows(shared_data / f"{name}.jsonl.gz"):
            yield f"{row['topic'] or ''}\n{row['detail'] or ''}"


def _rows(path: Path) -> Iterator[dict[str, object]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
