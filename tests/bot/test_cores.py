"""Loop and database threads stay together; what may work beside them is let go."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, json, os, subprocess, sys
from concurrent.futures import ThreadPoolExecutor
from bot.cores import anywhere, stay_on_one_core

def cores():
    return sorted(os.sched_getaffinity(0))

async def main():
    database = ThreadPoolExecutor(1)
    before = database.submit(cores).result()
    stay_on_one_core()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    kept = sorted(os.sched_getaffinity(child.pid))
    anywhere(child.pid)
    told = {
        "before": before,
        "loop": cores(),
        "a thread that was there": database.submit(cores).result(),
        "a thread made later": ThreadPoolExecutor(1).submit(cores).result(),
        "to_thread": await asyncio.to_thread(cores),
        "child": kept,
        "child let go": sorted(os.sched_getaffinity(child.pid)),
    }
    child.communicate(b"\\n")
    print(json.dumps(told))

asyncio.run(main())
"""


def test_the_loop_and_its_threads_share_a_core_and_the_rest_goes_free() -> None:
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core, or a system that does not say")
    every, one = sorted(os.sched_getaffinity(0)), [max(os.sched_getaffinity(0))]
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, timeout=60)
    assert json.loads(ran.stdout) == {
        "before": every,
        "loop": one,
        "a thread that was there": one,
        "a thread made later": one,
        "to_thread": every,
        "child": one,
        "child let go": every,
    }
