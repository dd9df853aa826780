"""What one process keeps near the database while it runs: precedents, recent tickets, the rules of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from bot.ending import still_wanted
from bot.services import Services

log = structlog.get_logger(__name__)

PRECEDENTS_EVERY_S = 20.0
DUPLICATES_EVERY_S = 10.0
RULES_EVERY_S = 5.0


def keeping_up(services: Services) -> tuple[tuple[str, Coroutine[Any, Any, None]], ...]:
    """The name of each and its work, which has no end."""

    async def precedents() -> None:
        await services.precedents.refresh(services.clock())

    async def duplicates() -> None:
        """A question takes in the last seconds by itself."""
        await services.duplicates.refresh(services.clock())

    async def rules_of_time() -> None:
        """Promise by an imported calendar or profile within seconds; what was promised before stays."""
        await services.rules.refresh()
        await services.account_rules.refresh()
        await services.rosters.refresh(services.clock())

    return (
        ("precedents", _repeat("precedents", precedents, PRECEDENTS_EVERY_S)),
        ("duplicates", _repeat("duplicates", duplicates, DUPLICATES_EVERY_S)),
        ("rules of time", _repeat("rules of time", rules_of_time, RULES_EVERY_S, first_at_once=False)),
    )


async def _repeat(
    what: str, refresh: Callable[[], Awaitable[None]], every_s: float, *, first_at_once: bool = True
) -> None:
    """What could not be refreshed stays as it was: a database that is away comes back."""
    if not first_at_once:
        await asyncio.sleep(every_s)
    while still_wanted():
        try:
            await refresh()
        except Exception as error:
            log.warning(f"{what} not refreshed", error=type(error).__name__)
        await asyncio.sleep(every_s)
