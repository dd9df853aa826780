"""Reading in a child process: a hostile file may take its time and memory, not the service's.

The child reads one file after the other; over its time it is killed with everything it started, and the next file gets a
new one. Files and results travel as JSON and bytes over pipes, nothing is unpickled; of the service's settings, keys
among them, the child sees none.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from knowledge_base.importing.document import Problem, Reading
from knowledge_base.importing.kinds import FileKind, kind_of_file
from knowledge_base.importing.limits import MAX_FILE_BYTES, MAX_FILES, MAX_UNPACKED_BYTES, SECONDS
from knowledge_base.importing.reading import in_archive
from knowledge_base.importing.travelling import reading_from

_LENGTH = struct.Struct(">I")
_MOST_ANSWER = 1 << 31
_CHILD = "knowledge_base.importing.child"


class Stopped(Exception):
    """The reader was told to stop; what it was reading is not wanted any more."""


class _TookTooLong(Exception):
    pass


class _ChildDied(Exception):
    pass


class Reader:
    """Reads files in a child of its own; a context manager, not for several threads at once but for ``stop``."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._starting = threading.RLock()
        """Held where children begin and end: a stop between them must not miss one or kill a stranger."""

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child and all it started."""
        with self._starting:
            child, self._child = self._child, None
            if child is None:
                return
            _kill(child)
            child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def stop(self) -> None:
        """From any thread: ``read`` raises ``Stopped`` at once, however many files it had before it."""
        with self._starting:
            self._stopped = True
            if self._child is not None:
                _kill(self._child)

    def read(self, name: str, data: bytes) -> Reading:
        """What ``read_here`` gives, or a problem that says the file took too long or ended its reader.

        The files of an archive are read one by one, so that a bad one costs only itself. Raises ``Stopped``.
        """
        if kind_of_file(name, data) is FileKind.ZIP:
            if len(data) > MAX_UNPACKED_BYTES:
                said = f"超过 {MAX_UNPACKED_BYTES // 1024 // 1024} MB，没有读取"
                return Reading(problems=(Problem(name, said, "请分成几个压缩包"),))
            return in_archive(name, data, read=self._ask)
        return self._ask(name, data)

    def _ask(self, name: str, data: bytes) -> Reading:
        if len(data) > MAX_FILE_BYTES:
            said = f"超过 {MAX_FILE_BYTES // 1024 // 1024} MB，没有读取"
            return Reading(problems=(Problem(name, said, "请拆分或压缩图片后再导入"),))
        try:
            return reading_from(json.loads(self._exchange(name, data)))
        except _TookTooLong:
            self.close()
            self._go_on()
            said = f"{self._seconds:.0f} 秒内没有读完，已放弃"
            return Reading(problems=(Problem(name, said, "请用原来的软件另存一份，或拆成几份再导入"),))
        except (_ChildDied, ValueError, KeyError, TypeError):
            self.close()
            self._go_on()
            said = "读取时程序中断，文件可能已损坏"
            return Reading(problems=(Problem(name, said, "请用原来的软件打开确认，另存一份后再导入"),))

    def _exchange(self, name: str, data: bytes) -> bytes:
        child = self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        deadline = time.monotonic() + self._seconds
        title = name.encode("utf-8", errors="replace")
        try:
            child.stdin.write(_LENGTH.pack(len(title)) + title + _LENGTH.pack(len(data)) + data)
            child.stdin.flush()
        except (BrokenPipeError, OSError):
            raise _ChildDied from None
        (length,) = _LENGTH.unpack(_received(child.stdout, _LENGTH.size, deadline))
        if length > _MOST_ANSWER:
            raise _ChildDied
        return _received(child.stdout, length, deadline)

    def _go_on(self) -> None:
        if self._stopped:
            raise Stopped

    def _started(self) -> subprocess.Popen[bytes]:
        with self._starting:
            self._go_on()
            return self._running()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            root = Path(__file__).resolve().parents[2]
            self._child = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
                [sys.executable, "-m", _CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=root,
                env={name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")},
                start_new_session=True,
                bufsize=0,
            )
        return self._child


def _kill(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def read_upload(name: str, data: bytes, *, seconds: float = SECONDS) -> Reading:
    """One uploaded file (or zip of files), read in a child. It blocks: call it in a thread."""
    with Reader(seconds=seconds) as reader:
        return reader.read(name, data)


def read_with(reader: Reader, path: Path, *, name: str) -> Reading:
    """One file from disk by a reader at work."""
    try:
        data = path.read_bytes()
    except OSError:
        return Reading(problems=(Problem(name, "打不开这个文件", "请检查文件是否存在、是否有读取权限"),))
    return reader.read(name, data)


def files_below(paths: list[Path]) -> tuple[list[tuple[Path, str]], list[Problem]]:
    """The files of these files and folders with their names for messages, and what is wrong with the choice."""
    found: list[tuple[Path, str]] = []
    problems: list[Problem] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file() and not _is_junk(each))
            found.extend((each, each.relative_to(path).as_posix()) for each in inside)
            if not inside:
                problems.append(Problem(path.name, "文件夹是空的", ""))
        else:
            found.append((path, path.name))
    if len(found) > MAX_FILES:
        said = f"一共 {len(found)} 个文件，一次最多 {MAX_FILES} 个，其余没有读取"
        problems.append(Problem(found[MAX_FILES][1], said, "请分几次导入"))
    return found[:MAX_FILES], problems


def _is_junk(path: Path) -> bool:
    return path.name.startswith((".", "~$")) or path.name in ("Thumbs.db", "desktop.ini")


def _received(pipe: IO[bytes], length: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    missing = length
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while missing:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise _TookTooLong
            part = os.read(pipe.fileno(), min(missing, 1 << 20))
            if not part:
                raise _ChildDied
            parts.append(part)
            missing -= len(part)
    return b"".join(parts)
