"""Labelled messages from a JSON Lines file, plain or gzip: ``{"text": …, "label": …}`` a line."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One message and its label. The title, where there is one, is the text's first line."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one line of the file; lines count from 1."""

    row: int
    problem: str


class BadRows(Exception):
    """Lines that are no labelled message. All of them are named, not only the first."""

    def __init__(self, errors: tuple[RowError, ...]) -> None:
        super().__init__(f"{len(errors)} bad rows")
        self.errors = errors


def read_labelled(path: Path) -> tuple[LabelledText, ...]:
    """All rows of the file, blank lines skipped. ``BadRows`` when a line is wrong, ``OSError`` when there is no
    such file; other fields of a row are ignored."""
    content = path.read_bytes()
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadRows((RowError(0, f"the gzip file is damaged ({error})"),)) from error
    rows: list[LabelledText] = []
    errors: list[RowError] = []
    # Only \n ends a row: splitlines() would also break at U+2028, which JSON allows inside a string.
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        found = _row(line)
        if isinstance(found, str):
            errors.append(RowError(number, found))
        else:
            rows.append(found)
    if errors:
        raise BadRows(tuple(errors))
    return tuple(rows)


def _row(line: bytes) -> LabelledText | str:
    """The row, or what is wrong with it."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        return "not UTF-8"
    except json.JSONDecodeError as error:
        return f"not JSON ({error.msg})"
    if not isinstance(row, dict):
        return "not a JSON object"
    for field in ("text", "label"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            return f'"{field}" is missing or empty'
    return LabelledText(row["text"], row["label"].strip())
