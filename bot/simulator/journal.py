"""The phones' memory over restarts: one JSON line for each thing worth keeping."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import structlog

from bot.simulator.records import ChatEntry, EntryKind

log = structlog.get_logger(__name__)

ENTRIES: Final = 200
PHONES: Final = 2000
NAMES: Final = 50


@dataclass(slots=True)
class Remembered:
    """What the journal says of one citizen's phone."""

    entries: deque[ChatEntry] = field(default_factory=lambda: deque(maxlen=ENTRIES))
    follows: bool | None = None


class Journal:
    """Reads ``path`` when made, rewrites it without what is too old, and from then on only appends.

    The file is its owner's alone. A line that cannot be read is passed over: a process that was killed may
    have left half of one. Only one journal may hold a file at a time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: dict[str, None] = {}
        """Citizens created by name, the oldest first."""
        self.phones: dict[str, Remembered] = {}
        """By openid, those whose phones showed something lately last."""
        self._read()
        self._forget()
        self._rewrite()
        self._ended = False

    def entered(self, openid: str, entry: ChatEntry) -> None:
        """A line came on a citizen's phone."""
        self._append(_entry_line(openid, entry))

    def followed(self, openid: str, *, follows: bool) -> None:
        """The citizen follows the account from now on, or no longer."""
        self._append({"openid": openid, "follows": follows})

    def named(self, name: str) -> None:
        """A citizen was created by name."""
        self._append({"name": name})

    def _append(self, line: Mapping[str, object]) -> None:
        if self._ended:
            return
        try:
            # Opened for each line: talks under way when the service stops are kept, and nothing is to close.
            _write(os.open(self._path, os.O_WRONLY | os.O_APPEND), _encoded(line))
        except OSError as failed:
            # A full disk must not keep answers from the phones; the next start forgets what came after.
            log.warning("simulator journal ended", reason=failed.strerror)
            self._ended = True

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for raw in file:
                try:
                    self._take(json.loads(raw))
                except (ValueError, KeyError, TypeError, AttributeError):
                    continue

    def _take(self, line: dict[str, Any]) -> None:
        name = line.get("name")
        if name is not None:
            self.names.pop(str(name), None)
            self.names[str(name)] = None
            return
        openid = str(line["openid"])
        entry = _entry(line["entry"]) if "entry" in line else None
        remembered = self.phones.pop(openid, None) or Remembered()
        if entry is not None:
            remembered.entries.append(entry)
        else:
            remembered.follows = bool(line["follows"])
        self.phones[openid] = remembered

    def _forget(self) -> None:
        for openid in list(self.phones)[:-PHONES]:
            del self.phones[openid]
        for name in list(self.names)[:-NAMES]:
            del self.names[name]

    def _lines(self) -> Iterator[dict[str, object]]:
        for name in self.names:
            yield {"name": name}
        for openid, remembered in self.phones.items():
            for entry in remembered.entries:
                yield _entry_line(openid, entry)
            if remembered.follows is not None:
                yield {"openid": openid, "follows": remembered.follows}

    def _rewrite(self) -> None:
        """Replace the file whole or not at all."""
        unfinished = self._path.with_name(f".{self._path.name}.new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        _write(descriptor, b"".join(map(_encoded, self._lines())), synced=True)
        unfinished.replace(self._path)


def _encoded(line: Mapping[str, object]) -> bytes:
    # ASCII: half a surrogate pair, which the service may well send, has no UTF-8.
    return json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n"


def _write(descriptor: int, data: bytes, *, synced: bool = False) -> None:
    """Write past every buffer of ours, so that the process may be killed right after, and close."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if synced:
            os.fsync(descriptor)


def _entry_line(openid: str, entry: ChatEntry) -> dict[str, object]:
    fields = {
        "sequence": entry.sequence,
        "at": entry.at.isoformat(),
        "from_citizen": entry.from_citizen,
        "text": entry.text,
        "kind": entry.kind,
        "note": entry.note,
    }
    return {"openid": openid, "entry": fields}


def _entry(fields: Mapping[str, Any]) -> ChatEntry:
    at = datetime.fromisoformat(fields["at"])
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return ChatEntry(
        sequence=int(fields["sequence"]),
        at=at,
        from_citizen=bool(fields["from_citizen"]),
        text=str(fields["text"]),
        kind=EntryKind(fields["kind"]),
        note=str(fields["note"]),
    )
