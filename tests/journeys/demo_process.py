"""A real ``huiyin demo`` in a process of its own, to be killed without warning."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_WITHIN_S = 90.0
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Demo:
    card: dict[str, Any] = field(repr=False)
    process: asyncio.subprocess.Process
    log: Path

    @property
    def url(self) -> str:
        return str(self.card["url"])

    def password(self, user: str) -> str:
        """Of one of the logins on the card."""
        return str(next(one["password"] for one in self.card["logins"] if one["user"] == user))

    async def kill(self) -> None:
        """As a power cut does: nothing is asked, nothing is flushed."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def running_demo(data_dir: Path, log: Path) -> AsyncIterator[Demo]:
    """Start, wait for the DEMO line, and end the process whatever happened."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    environment["HUIYIN_MODEL_TRAIN_HOUR"] = "-1"  # tests run at any hour, those of the nightly training too
    with log.open("ab") as written:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            "demo",
            "--port",
            "0",
            "--data-dir",
            str(data_dir),
            "--verbose",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=written,
            env=environment,
            cwd=_PROJECT,
        )
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            card = await _card(process, log)
        yield Demo(card, process, log)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                async with asyncio.timeout(15):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _card(process: asyncio.subprocess.Process, log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"DEMO "):
            card: dict[str, Any] = json.loads(line[5:])
            return card
    raise AssertionError(f"the demo did not start:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(encoding="utf-8")[-3000:]
