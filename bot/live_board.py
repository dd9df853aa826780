"""The supervisors' live board: one look at the counts a second for all who watch, and only while somebody does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from aiohttp import web

from bot.ending import still_wanted
from routing.departments import UnitId
from routing.live_counts import LiveCounts, Standing

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0
MOST_WATCHERS = 200
"""Each is an open connection; who comes later still has a page that is loaded anew every minute."""

ByUnit = Mapping[UnitId | None, Standing]


@dataclass(slots=True)
class LiveBoard:
    """Counts as last looked at; ``watch`` wakes whoever waits when they changed."""

    counts: LiveCounts
    clock: Callable[[], datetime]
    latest: ByUnit = field(default_factory=dict)
    watchers: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _looking: asyncio.Task[None] | None = None
    _ended: bool = False

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """While somebody watches, the counts are looked at; raises ``TooManyWatch``."""
        if self.watchers >= MOST_WATCHERS:
            raise TooManyWatch
        self.watchers += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="live board")
        try:
            yield
        finally:
            self.watchers -= 1

    async def changed(self, *, within_s: float) -> bool:
        """Wait for the next change; False when none came or the service is ending."""
        waiting = self._changed
        if self._ended:
            return False
        try:
            await asyncio.wait_for(waiting.wait(), within_s)
        except TimeoutError:
            return False
        return not self._ended

    @property
    def ended(self) -> bool:
        return self._ended

    async def _look(self) -> None:
        while still_wanted() and self.watchers > 0:
            try:
                found = await self.counts.standing(self.clock())
            except Exception as error:
                log.warning("live board not looked at", error=type(error).__name__)
            else:
                if found != self.latest:
                    self.latest = found
                    self._ring()
            await asyncio.sleep(LOOK_EVERY_S)

    def _ring(self) -> None:
        waiting, self._changed = self._changed, asyncio.Event()
        waiting.set()

    async def end(self) -> None:
        """Let every watcher go, and stop looking."""
        self._ended = True
        self._ring()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)


class TooManyWatch(Exception):
    """As many connections as one process keeps open."""


BOARD: web.AppKey[LiveBoard] = web.AppKey("live_board", LiveBoard)


def own_board(
    counts: LiveCounts, clock: Callable[[], datetime]
) -> Callable[[web.Application], AsyncIterator[None]]:
    """The cleanup context of the board. Watchers are let go before the server waits for its connections to end."""

    async def board(app: web.Application) -> AsyncIterator[None]:
        app[BOARD] = LiveBoard(counts, clock)
        app.on_shutdown.append(_end)
        yield
        await app[BOARD].end()

    return board


async def _end(app: web.Application) -> None:
    await app[BOARD].end()


def within(standing: ByUnit, units: frozenset[UnitId | None] | None) -> dict[UnitId | None, Standing]:
    """Those of these units; None is every unit's."""
    return {unit: one for unit, one in standing.items() if units is None or unit in units}
