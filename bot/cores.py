"""Which core a process works on. Its loop and the threads that wait for the database are never at work at the same time:
on two cores they only pass Python's lock from one to the other, and each hand-over costs more than most questions.

Whoever knows what else runs on a machine may keep a process on one core; ``taskset`` and a container's ``cpuset`` do the
same from outside. Work that does use a second core (photos, models, reports) is let go of by ``anywhere``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

_POOL = "asyncio"
_ALL = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()
"""What the process was given; empty where the system does not say."""


def stay_on_one_core() -> None:
    """Keep the running loop and the threads that serve it on the last core there is; ``asyncio.to_thread`` stays free."""
    if len(_ALL) < 2:
        return
    asyncio.get_running_loop().set_default_executor(
        ThreadPoolExecutor(thread_name_prefix=_POOL, initializer=anywhere)
    )
    for thread in threading.enumerate():
        if thread.native_id is not None and not thread.name.startswith(_POOL):
            _allow(thread.native_id, frozenset({max(_ALL)}))


def anywhere(pid: int = 0) -> None:
    """Let a child, or the thread that asks, use every core: both begin where their parent is."""
    if _ALL:
        _allow(pid, _ALL)


def _allow(task: int, cores: frozenset[int]) -> None:
    with contextlib.suppress(OSError):  # it has ended, or the system forbids it: slower, not wrong
        os.sched_setaffinity(task, cores)
