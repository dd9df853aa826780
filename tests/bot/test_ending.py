"""A request to end that a library swallows ends an endless loop all the same."""

from __future__ import annotations

import asyncio

from bot.ending import still_wanted


async def test_a_loop_ends_though_its_cancellation_was_swallowed() -> None:
    rounds, waiting = 0, asyncio.Event()

    async def swallow() -> None:
        """As ``asyncio.wait_for`` of Python 3.11 does when its work is done in the moment it is cancelled."""
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    async def forever() -> None:
        nonlocal rounds
        while still_wanted():
            rounds += 1
            await swallow()

    task = asyncio.create_task(forever())
    await waiting.wait()
    task.cancel()
    async with asyncio.timeout(30):
        await task
    assert rounds == 1


async def test_outside_a_cancelled_task_one_is_still_wanted() -> None:
    assert still_wanted()
