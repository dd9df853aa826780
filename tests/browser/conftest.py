"""The demo as anybody starts it, running in a process of its own for all tests that only need one of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.chromium import CHROMIUM
from tests.journeys.demo_process import Demo, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for the whole run: what a test does in it, later ones see."""
    if not CHROMIUM.exists():
        pytest.skip("needs: apt-get install chromium fonts-noto-cjk")
    directory = tmp_path_factory.mktemp("demo")
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        demo = runner.run(stack.enter_async_context(running_demo(directory / "data", directory / "demo.log")))
        yield demo
        runner.run(stack.aclose())
