"""What the edge works on beyond one request: answers that several deliveries wait for, and what follows a response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial

import structlog
from aiohttp import web

from bot.wechat.reply import Reply

_log = structlog.get_logger(__name__)

FINISH_WITHIN_S = 10.0
MOST_REMEMBERED = 4096
"""Kept messages are delivered again within seconds, if at all."""

Work = Coroutine[object, object, Reply | str | None]
Answer = asyncio.Task[Reply | str | None]


@dataclass(slots=True)
class AnswersInProgress:
    """The answers being worked out, by message key: a second delivery joins the first instead of racing it."""

    tasks: dict[str, Answer] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    """Keys of messages this process promised a late answer to, the oldest first."""
    beside: set[asyncio.Task[None]] = field(default_factory=set)
    """What is still to be done for messages whose response is out."""
    waiting: dict[str, list[asyncio.Future[None]]] = field(default_factory=dict)
    """Those who wait for an answer, by message key."""

    async def answer(self, key: str, work: Callable[[], Work], *, until: float) -> Answer:
        """The task that answers this key, the running one or a new one, once it is done or the loop's clock says
        ``until``. Nobody's leaving ends it."""
        loop = asyncio.get_running_loop()
        task = self.tasks.get(key)
        if task is None:
            task = self.tasks[key] = loop.create_task(self._worked(key, work))
            task.add_done_callback(partial(self._ended, key))
        if until > loop.time():
            # What asyncio.wait does, for one task: it costs as much as reading the message.
            waiter = loop.create_future()
            self.waiting.setdefault(key, []).append(waiter)
            timer = loop.call_at(until, _wake, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
        return task

    async def _worked(self, key: str, work: Callable[[], Work]) -> Reply | str | None:
        try:
            return await work()
        finally:
            # In the task's last step: who waits goes on when the task is done, and not a turn of the loop later.
            self._wake_all(key)

    def _wake_all(self, key: str) -> None:
        for waiter in self.waiting.pop(key, ()):
            _wake(waiter)

    def _ended(self, key: str, task: Answer) -> None:
        del self.tasks[key]
        self._wake_all(key)  # who came meanwhile, or waits for a task that was cancelled before it began
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("wechat answer failed", **where(error))

    def remember_kept(self, key: str) -> None:
        self.kept[key] = None
        while len(self.kept) > MOST_REMEMBERED:
            del self.kept[next(iter(self.kept))]

    def follow_up(self, work: Coroutine[object, object, None]) -> None:
        """Do ``work`` beside the response; its failure is a log line."""
        task = asyncio.create_task(_logged(work))
        self.beside.add(task)
        task.add_done_callback(self.beside.discard)

    async def finish(self, within_s: float) -> None:
        """Let what runs end by itself, then cancel the rest; each cancelled answer was kept for later."""
        running: list[asyncio.Task[Reply | str | None] | asyncio.Task[None]] = [
            *self.tasks.values(),
            *self.beside,
        ]
        if not running:
            return
        _, unfinished = await asyncio.wait(running, timeout=within_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


ANSWERS = web.AppKey("wechat_answers_in_progress", AnswersInProgress)


async def answers_in_progress(app: web.Application) -> AsyncIterator[None]:
    """The cleanup context that owns the running answers; ``app.cleanup_ctx`` must hold it."""
    app[ANSWERS] = AnswersInProgress()
    yield
    await app[ANSWERS].finish(FINISH_WITHIN_S)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _logged(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception as error:
        _log.error("wechat follow-up failed", **where(error))


def where(error: BaseException) -> dict[str, str]:
    """An error's type and place. Never its text: that may quote what a citizen wrote, or who wrote it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return {"error": type(error).__name__, "place": place}
