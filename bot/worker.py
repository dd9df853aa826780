"""What must happen without anybody asking: deliver notices, watch deadlines, answer late messages, tend the library.

All truth is in MongoDB, so a worker that dies loses nothing and any number of workers may run: each act is
claimed by a versioned write before it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.calendar_watch import CalendarWatch
from bot.conversations.late_sending import LateSending
from bot.delivery.delivering import NoticeDelivery
from bot.ending import still_wanted
from bot.hotline.callbacks import PlatformCallbacks
from bot.hotspot_notices import hotspot_watch
from bot.knowledge.gathering import Gathering
from bot.knowledge.proposing import Proposing
from bot.knowledge.upkeep import Upkeep
from bot.learning.nightly import Nightly
from bot.learning.watch import DriftWatch
from bot.photos.fetching import PhotoFetching
from bot.pulse import Pulse
from bot.reports.upkeep import FigureUpkeep
from bot.services import Services

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 0.5
BATCH = 100
LIST_WAITING_EVERY = timedelta(minutes=5)


class Worker:
    """Endless sweeps over the stores, each for itself. ``run`` returns only when cancelled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pulse = Pulse(services.redis)
        self._delivery = NoticeDelivery(services)
        self._callbacks = PlatformCallbacks(services)
        self._late_answers = LateSending(services)
        self._list_waiting_at = datetime.min.replace(tzinfo=UTC)
        self._nightly = Nightly(services)
        self._drift = DriftWatch(services)
        self._gathering = Gathering(services)
        self._upkeep = Upkeep(services)
        self._proposing = Proposing(services)
        self._calendar = CalendarWatch(services)
        self._hotspots = hotspot_watch(services)
        self._figures = FigureUpkeep(services)
        self._photos = PhotoFetching(
            shelf=services.pictures,
            photos=services.photos,
            source=services.media,
            tickets=services.tickets,
            console=services.console_notices,
            desk=services.desk.notices,
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for sweep in (
                self.deliver_notices,
                self._delivery.settle_reports,
                self.call_platform,
                self.list_waiting,
                self.check_deadlines,
                self.settle_links,
                self.enter_applications,
                self.answer_late_messages,
                self._nightly.train_when_due,
                self._drift.watch,
                self._gathering.gather,
                self._upkeep.keep,
                self._proposing.propose,
                self._calendar.watch,
                self._hotspots.watch,
                self._figures.keep_figures,
                self.fetch_photos,
                self.write_down_questions,
            ):
                group.create_task(self._forever(sweep), name=sweep.__name__)

    async def _forever(self, sweep: Callable[[datetime], Awaitable[int]]) -> None:
        pause = SWEEP_EVERY_S
        while still_wanted():
            try:
                done = await sweep(self._services.clock())
                pause = 0 if done >= BATCH else SWEEP_EVERY_S
                await self._pulse.done(sweep.__name__, self._services.clock())
            except Exception as error:
                # A store that is away comes back; the sweep must still be there when it does.
                log.error("sweep failed", sweep=sweep.__name__, error=type(error).__name__)
                pause = min(max(pause, SWEEP_EVERY_S) * 2, 30)
                await self._pulse.failed(sweep.__name__, self._services.clock())
            await asyncio.sleep(pause)

    async def write_down_questions(self, now: datetime) -> int:
        """What citizens asked, once their answers are out."""
        return await self._services.asked_notes.drain(now)

    async def check_deadlines(self, now: datetime) -> int:
        return await self._services.desk.check_deadlines(now, limit=BATCH)

    async def settle_links(self, now: datetime) -> int:
        return await self._services.desk.links.settle_links(now, limit=BATCH)

    async def enter_applications(self, now: datetime) -> int:
        return await self._services.desk.disclosure.enter_what_is_owed(now, limit=BATCH)

    async def fetch_photos(self, now: datetime) -> int:
        return await self._photos.fetch_photos(now)

    # ---- notices

    async def deliver_notices(self, now: datetime) -> int:
        """Attempt every notice that is due; returns how many tickets had one."""
        return await self._delivery.deliver_notices(now)

    async def call_platform(self, now: datetime) -> int:
        """Tell the platform above what became of its tickets, apart from all that people are told."""
        return await self._callbacks.send(now)

    async def list_waiting(self, now: datetime) -> int:
        """Keep whole, in Redis, who waits for their own next message."""
        if now >= self._list_waiting_at:
            self._list_waiting_at = now + LIST_WAITING_EVERY
            await self._services.delivery.waiting.refill()
        return 0

    # ---- messages that could not be answered within WeChat's five seconds

    async def answer_late_messages(self, now: datetime) -> int:
        return await self._late_answers.answer(now)
