"""What the edge works on beyond one request: answers that several deliveries wait for, and what follows a response."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from bot.wechat.reply import Reply

_log = structlog.get_logger(__name__)

FINISH_WITHIN_S = 10.0
MOST_REMEMBERED = 4096
"""Kept messages are delivered again within seconds, if at all."""

Answer = asyncio.Task[Reply | str | None]


@dataclass(slots=True)
class AnswersInProgress:
    """The answers being worked out, by message key: a second delivery joins the first instead of racing it."""

    tasks: dict[str, Answer] = field(default_factory=dict)
    kept: dict[str, None] = field(default_factory=dict)
    """Keys of messages this process promised a late answer to, the oldest first."""
    beside: set[asyncio.Task[None]] = field(default_factory=set)
    """What is still to be done for messages whose response is out."""

    def join(self, key: str, start: Callable[[], Answer]) -> Answer:
        """The running task of this key, or the one that ``start`` makes."""
        task = self.tasks.get(key)
        if task is None:
            task = self.tasks[key] = start()
            task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def _ended(self, key: str, task: Answer) -> None:
        del self.tasks[key]
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
