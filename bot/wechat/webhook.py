"""The platform's callback: every push is checked, answered within its five seconds, or kept and answered later."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import structlog
from aiohttp import web

from bot.wechat.accounts import Account, check_account
from bot.wechat.codec import (
    MAX_BODY_BYTES,
    OpenedPush,
    PushRefused,
    Reason,
    check_url,
    open_push_with_key,
    seal_reply,
    verify_url,
)
from bot.wechat.messages import IncomingMessage
from bot.wechat.xml_text import without_illegal_characters

_log = structlog.get_logger(__name__)

KEEP_WITHIN_S = 0.6
BODY_WITHIN_S = 3.0
MAX_IN_PROGRESS = 256
FINISH_WITHIN_S = 10.0

_HARDENED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Respond(Protocol):
    """Finds the reply's text. Idempotent by ``message.key``: the same key gives the same reply."""

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> str | None:
        """The reply, or None when there is nothing to say."""
        ...


class KeepForLater(Protocol):
    """Makes a message durable; the worker answers it by a customer-service message."""

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> None:
        """Returns only when the message would survive a crash."""
        ...


@dataclass(slots=True)
class AnswersInProgress:
    """The answers being worked out, by message key: a second delivery joins the first instead of racing it."""

    tasks: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)

    def join(self, key: str, start: Callable[[], asyncio.Task[str | None]]) -> asyncio.Task[str | None]:
        """The running task of this key, or the one that ``start`` makes."""
        task = self.tasks.get(key)
        if task is None:
            task = self.tasks[key] = start()
            task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def _ended(self, key: str, task: asyncio.Task[str | None]) -> None:
        del self.tasks[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("wechat answer failed", **_where(error))

    async def finish(self, within_s: float) -> None:
        """Let what runs end by itself, then cancel the rest; each cancelled one was kept for later."""
        if not self.tasks:
            return
        _, unfinished = await asyncio.wait(self.tasks.values(), timeout=within_s)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


ANSWERS = web.AppKey("wechat_answers_in_progress", AnswersInProgress)


async def answers_in_progress(app: web.Application) -> AsyncIterator[None]:
    """The cleanup context that owns the running answers; ``app.cleanup_ctx`` must hold it."""
    app[ANSWERS] = AnswersInProgress()
    yield
    await app[ANSWERS].finish(FINISH_WITHIN_S)


def wechat_handlers(
    *,
    accounts: Mapping[str, Account],
    respond: Respond,
    keep_for_later: KeepForLater,
    apologise: str,
    clock: Callable[[], datetime],
    answer_within_s: float = 4.2,
) -> list[web.RouteDef]:
    """``GET`` and ``POST /wechat/{account}``. The application must also run ``answers_in_progress``.

    ``apologise`` is what a citizen reads when we failed; ``clock`` gives aware UTC. Raises AccountsInvalid when
    an account could not be trusted as it is configured.
    """
    for account in accounts.values():
        check_account(account)
    edge = _Edge(
        accounts=accounts,
        respond=respond,
        keep_for_later=keep_for_later,
        apologise=apologise,
        clock=clock,
        answer_within_s=answer_within_s,
    )
    return [web.get("/wechat/{account}", edge.check), web.post("/wechat/{account}", edge.receive)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edge:
    accounts: Mapping[str, Account]
    respond: Respond
    keep_for_later: KeepForLater
    apologise: str
    clock: Callable[[], datetime]
    answer_within_s: float

    async def check(self, request: web.Request) -> web.Response:
        """Answer the platform's URL check."""
        try:
            echo = verify_url(self._account(request), request.query, self.clock())
        except PushRefused as refused:
            return _refusal(request, refused)
        return web.Response(text=echo, headers=_HARDENED)

    async def receive(self, request: web.Request) -> web.Response:
        """Take one push: refused, answered, or kept with ``success``; never a 5xx once it is trusted."""
        started = asyncio.get_running_loop().time()
        try:
            account = self._account(request)
            body = await self._body(request, account)
            push = open_push_with_key(account, request.query, body, self.clock())
        except PushRefused as refused:
            return _refusal(request, refused)
        text = await self._answer(push.message, request.config_dict[ANSWERS], started + self.answer_within_s)
        return self._reply(account, push, text)

    def _account(self, request: web.Request) -> Account:
        account = self.accounts.get(request.match_info["account"])
        if account is None:
            raise PushRefused(Reason.UNKNOWN_ACCOUNT)
        return account

    async def _body(self, request: web.Request, account: Account) -> bytes:
        """The body, once the URL is known to be signed: a stranger cannot make us read."""
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise PushRefused(Reason.TOO_LARGE)
        check_url(account, request.query, self.clock())
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                async for chunk in request.content.iter_any():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        raise PushRefused(Reason.TOO_LARGE)
        except TimeoutError:
            raise PushRefused(Reason.TOO_SLOW) from None
        except (web.RequestPayloadError, ConnectionError):
            raise PushRefused(Reason.MALFORMED) from None
        return bytes(body)

    async def _answer(
        self, message: IncomingMessage, answers: AnswersInProgress, deadline: float
    ) -> str | None:
        """The reply's text; None after the message was kept, or when there is nothing to say."""
        now = self.clock()
        if len(answers.tasks) >= MAX_IN_PROGRESS and message.key not in answers.tasks:
            _log.warning("wechat answers saturated", account=message.account, running=len(answers.tasks))
            return await self._keep(message, now)
        task = answers.join(message.key, lambda: asyncio.create_task(self._respond(message, now)))
        remaining = deadline - asyncio.get_running_loop().time()
        # asyncio.wait leaves the task alone when time is up, and when this handler is cancelled.
        await asyncio.wait({task}, timeout=max(remaining, 0))
        if not task.done():
            return await self._keep(message, now)
        if task.cancelled() or task.exception() is not None:
            return self.apologise
        return task.result()

    async def _respond(self, message: IncomingMessage, now: datetime) -> str | None:
        return await self.respond(message, now=now)

    async def _keep(self, message: IncomingMessage, now: datetime) -> str | None:
        """None once the message is durable; the apology when it is not, for the citizen must not wait in vain."""
        try:
            async with asyncio.timeout(KEEP_WITHIN_S):
                await self.keep_for_later(message, now=now)
        except Exception as error:
            _log.error("wechat message not kept", account=message.account, **_where(error))
            return self.apologise
        _log.info("wechat message kept for later", account=message.account, kind=message.kind.value)
        return None

    def _reply(self, account: Account, push: OpenedPush, text: str | None) -> web.Response:
        if text is None or not without_illegal_characters(text).strip():
            return web.Response(text="success", headers=_HARDENED)
        xml = seal_reply(
            account, push.message, text, now=self.clock(), nonce=secrets.token_hex(8), key=push.key
        )
        return web.Response(text=xml, content_type="application/xml", headers=_HARDENED)


def _refusal(request: web.Request, refused: PushRefused) -> web.Response:
    """A short plain sentence, and the connection closed: who was refused need not be read further."""
    account = request.match_info["account"]
    known = refused.reason is not Reason.UNKNOWN_ACCOUNT
    _log.warning("wechat push refused", reason=refused.reason.value, account=account if known else "?")
    response = web.Response(status=refused.status, text=f"refused: {refused.reason}\n", headers=_HARDENED)
    response.force_close()
    return response


def _where(error: BaseException) -> dict[str, str]:
    """An error's type and place. Never its text: that may quote what a citizen wrote, or who wrote it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return {"error": type(error).__name__, "place": place}
