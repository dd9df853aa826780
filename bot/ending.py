"""Endless tasks that can be ended."""

from __future__ import annotations

import asyncio


def still_wanted() -> bool:
    """False once this task was asked to end: the condition of every endless loop.

    A cancellation alone may be lost on the way. ``asyncio.wait_for`` of Python 3.11, in which the Redis client sends,
    drops one that arrives in the moment its own work is done, and the loop would go round for ever.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()
