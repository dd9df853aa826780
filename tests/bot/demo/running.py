"""`huiyin demo` as a child process, as anybody would start it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_WITHIN_S = 90
"""Generous: the machine may be busy with other tests; the demo itself needs a few seconds."""


@dataclass
class RunningDemo:
    """One child process; ``card`` is what its DEMO line said."""

    process: subprocess.Popen[str]
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return str(self.card["url"])

    def children(self) -> list[int]:
        """The process ids of everything it started that still runs."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and fields[0] not in "ZX":
                found.append(int(path.parent.name))
        return found

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


Start = Callable[..., RunningDemo]


def spawn_demo(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    environment["HUIYIN_MODEL_TRAIN_HOUR"] = "-1"  # tests run at any hour, those of the nightly training too
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        env=environment,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    said: list[str] = []
    give_up_at = time.monotonic() + READY_WITHIN_S
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, give_up_at - time.monotonic())):
            line = process.stdout.readline()
            if line.startswith("DEMO "):
                card: dict[str, Any] = json.loads(line.removeprefix("DEMO "))
                return card
            if not line:
                break
            said.append(line)
    raise AssertionError("the demo did not become ready:\n" + "".join(said))
