"""The data directory of an embedded installation: private, and held by one process at a time."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

# The kernel limits a Unix socket's path to 107 bytes, and mongod reads a comma in it as a separator.
_SOCKET_PATH = re.compile(rb"[A-Za-z0-9/._-]{1,100}")
_LONGEST_SOCKET_NAME = "mongo.sock"
_SHORT_RUN_DIR_PREFIX = "huiyin-run-"
_OUR_FILES = {"lock", "secret.key"}  # the key may be made before the stores are first opened


class DataDirectoryInUse(Exception):
    """Another process holds this data directory."""

    def __init__(self, data_dir: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(
            f"The data directory {data_dir} is in use by {holder}. "
            "Stop that one first, or choose another directory with HUIYIN_DATA_DIR."
        )
        self.data_dir = data_dir
        self.pid = pid


def private_dir(path: Path) -> Path:
    """Make sure of a directory that only its owner may enter; return it."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def lock_data_dir(data_dir: Path, *, patience_s: float) -> int:
    """Create the directory if need be and take it; return the descriptor that holds it until it is closed.

    Children that inherit the descriptor share the lock. A holder that was killed may leave children who are
    about to go: only then does this wait, ``patience_s`` at most. Raises DataDirectoryInUse.
    """
    lock_path = data_dir / "lock"
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    present = {path.name for path in data_dir.iterdir()}
    if not present or present & _OUR_FILES:
        data_dir.chmod(0o700)  # else it was somebody else's directory before: leave its mode alone
    descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
    give_up_at = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _recorded_pid(descriptor)
            if holder and _has_ended(holder) and time.monotonic() < give_up_at:
                time.sleep(0.01)
                continue
            os.close(descriptor)
            raise DataDirectoryInUse(data_dir, holder) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor


def fresh_run_dir(data_dir: Path) -> Path:
    """Return an empty private directory for the sockets, clearing what a crash left; the lock must be held.

    It is ``run`` in the data directory, or, where that path is too long for a Unix socket, a private
    directory under the system's temporary one that ``run`` then links to.
    """
    clear_run_dir(data_dir)
    run_dir = data_dir / "run"
    if _fits(run_dir):
        return private_dir(run_dir)
    short = Path(tempfile.mkdtemp(prefix=_SHORT_RUN_DIR_PREFIX))  # mkdtemp makes it 0700
    if not _fits(short):
        short.rmdir()
        short = Path(tempfile.mkdtemp(prefix=_SHORT_RUN_DIR_PREFIX, dir="/tmp"))
    run_dir.symlink_to(short)
    return short


def clear_run_dir(data_dir: Path) -> None:
    """Remove the sockets' directory, wherever it is; the lock must be held."""
    run_dir = data_dir / "run"
    if run_dir.is_symlink():
        target = run_dir.readlink()
        ours = target.name.startswith(_SHORT_RUN_DIR_PREFIX) and target.is_dir()
        if ours and target.stat().st_uid == os.getuid():
            shutil.rmtree(target)
        run_dir.unlink()
    elif run_dir.is_dir():
        shutil.rmtree(run_dir)


def _fits(run_dir: Path) -> bool:
    return _SOCKET_PATH.fullmatch(os.fsencode(run_dir / _LONGEST_SOCKET_NAME)) is not None


def _recorded_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 20, 0).strip()
    return int(text) if text.isdigit() else None


def _has_ended(pid: int) -> bool:
    """Whether the process is gone, or killed and only waiting for its parent to notice (a zombie)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX"
