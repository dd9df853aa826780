"""The process that reads files for ``isolation.Reader``: name and bytes in, a reading as JSON out, until its input ends."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import struct
import sys
from typing import IO

from knowledge_base.importing.limits import MEMORY_BYTES
from knowledge_base.importing.reading import read_here
from knowledge_base.importing.travelling import reading_record

_LENGTH = struct.Struct(">I")


def main() -> None:
    """Serve until the parent closes the pipe; a file that eats the memory ends this process, not the parent."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What a parser prints must not mix with the answers.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while (name := _frame(sys.stdin.buffer)) is not None and (data := _frame(sys.stdin.buffer)) is not None:
        record = reading_record(read_here(name.decode("utf-8", errors="replace"), data))
        answer = json.dumps(record, ensure_ascii=False).encode("utf-8", errors="replace")
        out.write(_LENGTH.pack(len(answer)) + answer)
        out.flush()


def _frame(stream: IO[bytes]) -> bytes | None:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    return stream.read(length)


if __name__ == "__main__":
    main()
