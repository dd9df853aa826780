"""The platform's callback: every push is checked, answered within its five seconds, or kept and answered later."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import structlog
from aiohttp import web

from bot import metrics
from bot.wechat.accounts import Account, check_account
from bot.wechat.codec import (
    MAX_BODY_BYTES,
    TOLERANCE_S,
    OpenedPush,
    PushRefused,
    Reason,
    check_url,
    open_body,
    seal_hand_over,
    seal_reply,
    verify_url,
)
from bot.wechat.events import Reports, Route, no_reports, report_fields, route_of
from bot.wechat.in_progress import ANSWERS, AnswersInProgress, answers_in_progress, where
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.reply import Reply, as_reply
from bot.wechat.xml_text import without_illegal_characters

__all__ = [
    "ANSWERS",
    "AnswersInProgress",
    "KeepForLater",
    "Respond",
    "SayBeside",
    "answers_in_progress",
    "wechat_handlers",
]

_log = structlog.get_logger(__name__)

KEEP_WITHIN_S = 0.6
BODY_WITHIN_S = 3.0
MAX_IN_PROGRESS = 256
REPORT_PAUSE_S = 0.1

_HARDENED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Respond(Protocol):
    """Finds the reply. Idempotent by ``message.key``: the same key gives the same reply."""

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> Reply | str | None:
        """The reply, or None when there is nothing to say."""
        ...


class KeepForLater(Protocol):
    """Makes a message durable; the worker answers it by a customer-service message."""

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> None:
        """Returns only when the message would survive a crash."""
        ...


class SayBeside(Protocol):
    """Sends the words of a hand-over as a customer-service message, once however often it is asked."""

    async def __call__(self, message: IncomingMessage, text: str) -> None: ...


async def _say_nothing(message: IncomingMessage, text: str) -> None:
    """For a service without a client."""


class Settle(Protocol):
    """Settles with all processes what becomes of a message that one of them may have kept."""

    async def __call__(self, key: str, *, now: datetime) -> bool:
        """``now``: when the delivery arrived that is being answered."""
        ...


async def _always(key: str, *, now: datetime) -> bool:
    """For a service in which only this process keeps messages."""
    return True


class _Outcome(StrEnum):
    """How a push was answered, as ``/metrics`` counts it."""

    ANSWERED = "answered"
    HANDED_OVER = "handed-over"
    SILENT = "silent"
    KEPT = "kept"
    APOLOGISED = "apologised"
    TAKEN = "taken"
    """A report or an event nobody answers."""
    HUNG_UP = "hung-up"
    """No response, so that the platform delivers again."""


@dataclass(frozen=True, slots=True)
class _Said:
    outcome: _Outcome
    reply: Reply | None = None


def wechat_handlers(
    *,
    accounts: Mapping[str, Account],
    respond: Respond,
    keep_for_later: KeepForLater,
    apologise: str,
    clock: Callable[[], datetime],
    answer_within_s: float = 4.2,
    keep_within_s: float | None = None,
    reports: Reports = no_reports,
    say_beside: SayBeside = _say_nothing,
    answer_now: Settle = _always,
    take_back: Settle = _always,
    tolerance_s: int = TOLERANCE_S,
) -> list[web.RouteDef]:
    """``GET`` and ``POST /wechat/{account}``. The application must also run ``answers_in_progress``.

    ``apologise`` is what a citizen reads when we failed; ``clock`` gives aware UTC. ``answer_now`` says of a
    message, by its key, whether it may be answered passively although some process may have kept it; ``take_back``
    has a kept one answered by nobody. Raises
    AccountsInvalid when an account could not be trusted as it is configured.
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
        keep_within_s=KEEP_WITHIN_S if keep_within_s is None else keep_within_s,
        reports=reports,
        say_beside=say_beside,
        answer_now=answer_now,
        take_back=take_back,
        tolerance_s=tolerance_s,
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
    keep_within_s: float
    reports: Reports
    say_beside: SayBeside
    answer_now: Settle
    take_back: Settle
    tolerance_s: int

    async def check(self, request: web.Request) -> web.Response:
        """Answer the platform's URL check."""
        try:
            echo = verify_url(self._account(request), request.query, self.clock(), self.tolerance_s)
        except PushRefused as refused:
            return _refusal(request, refused)
        return web.Response(text=echo, headers=_HARDENED)

    async def receive(self, request: web.Request) -> web.Response:
        """Take one push: refused, answered, or kept with ``success``; never a 5xx once it is trusted."""
        started = asyncio.get_running_loop().time()
        try:
            account = self._account(request)
            body = await self._body(request, account)
            push = open_body(account, request.query, body)
        except PushRefused as refused:
            return _refusal(request, refused)
        message, answers = push.message, request.app[ANSWERS]
        deadline = started + self.answer_within_s
        route = route_of(message)
        _count(message, route)
        if route is Route.DIALOGUE or route is Route.ERASE:
            said = await self._answer(message, answers, deadline, waits=route is Route.DIALOGUE)
        elif route is Route.REPORT:
            said = await self._report(message, deadline)
        else:
            said = _Said(_Outcome.TAKEN)
        metrics.counter(metrics.WECHAT_ANSWERS, account.name, said.outcome.value).inc()
        if said.outcome is _Outcome.HUNG_UP and request.transport is not None:
            request.transport.abort()
        if said.outcome is _Outcome.HANDED_OVER and said.reply is not None:
            answers.follow_up(self.say_beside(message, said.reply.text))
        return self._response(account, push, said)

    def _account(self, request: web.Request) -> Account:
        account = self.accounts.get(request.match_info["account"])
        if account is None:
            raise PushRefused(Reason.UNKNOWN_ACCOUNT)
        return account

    async def _body(self, request: web.Request, account: Account) -> bytes:
        """The body, once the URL is known to be signed: a stranger cannot make us read."""
        if (request.content_length or 0) > MAX_BODY_BYTES:
            raise PushRefused(Reason.TOO_LARGE)
        check_url(account, request.query, self.clock(), self.tolerance_s)
        body, content = bytearray(), request.content
        try:
            if content.is_eof() and content.total_bytes <= MAX_BODY_BYTES:
                return content.read_nowait()  # it came with its headers, as small ones do
            async with asyncio.timeout(BODY_WITHIN_S):
                async for chunk in content.iter_any():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        raise PushRefused(Reason.TOO_LARGE)
        except TimeoutError:
            raise PushRefused(Reason.TOO_SLOW) from None
        except (web.RequestPayloadError, ConnectionError):
            raise PushRefused(Reason.MALFORMED) from None
        return bytes(body)

    async def _answer(
        self, message: IncomingMessage, answers: AnswersInProgress, deadline: float, *, waits: bool
    ) -> _Said:
        """What to say now. ``waits``: a citizen waits for it, and reads an apology when we failed."""
        if message.key in answers.kept:
            # The first delivery promised a late answer; one given now would come twice. Promised once more: another
            # process may have answered a delivery in between, in vain, and so have taken the first promise off the list.
            # Nobody waits for this one: where it fails the first promise stands, and no apology may come beside it.
            return await self._keep(message, answers, self.clock(), waits=False)
        now = self.clock()
        if len(answers.tasks) >= MAX_IN_PROGRESS and message.key not in answers.tasks:
            _log.warning("wechat answers saturated", account=message.account, running=len(answers.tasks))
            return await self._keep(message, answers, now, waits=waits)
        task = await answers.answer(message.key, lambda: self._respond(message, now), until=deadline)
        failed = task.done() and (task.cancelled() or task.exception() is not None)
        if not task.done() or (failed and not waits):
            return await self._keep(message, answers, now, waits=waits)
        if failed:
            return _Said(_Outcome.APOLOGISED, Reply(self.apologise))
        reply = as_reply(task.result())
        if reply is None or not (reply.hand_over or without_illegal_characters(reply.text).strip()):
            return _Said(_Outcome.SILENT)
        # The platform delivers again only after it cut us off, and then an earlier delivery may have been kept.
        again = reply.again or (now - message.created_at).total_seconds() >= self.answer_within_s
        if again and not await self._may_answer_now(message, deadline, now):
            return _Said(_Outcome.KEPT)
        return _Said(_Outcome.HANDED_OVER if reply.hand_over else _Outcome.ANSWERED, reply)

    async def _respond(self, message: IncomingMessage, now: datetime) -> Reply | str | None:
        return await self.respond(message, now=now)

    async def _may_answer_now(self, message: IncomingMessage, deadline: float, now: datetime) -> bool:
        """Unknown counts as yes: who waits is answered rather than not."""
        try:
            async with asyncio.timeout_at(deadline + self.keep_within_s):
                return await self.answer_now(message.key, now=now)
        except Exception as error:
            _log.warning("wechat kept messages unreadable", account=message.account, **where(error))
            return True

    async def _keep(
        self, message: IncomingMessage, answers: AnswersInProgress, now: datetime, *, waits: bool
    ) -> _Said:
        """Kept once the message is durable. When it is not, the apology: the citizen must not wait in vain."""
        keeping = asyncio.create_task(self._keep_for_later(message, now))
        await asyncio.wait({keeping}, timeout=self.keep_within_s)
        error = TimeoutError() if not keeping.done() else keeping.exception()
        if error is None:
            answers.remember_kept(message.key)
            _log.info("wechat message kept for later", account=message.account, kind=message.kind.value)
            return _Said(_Outcome.KEPT)
        _log.error("wechat message not kept", account=message.account, **where(error))
        if not waits:
            return _Said(_Outcome.HUNG_UP)
        if not keeping.done():
            answers.follow_up(self._take_back(keeping, message, now))
        return _Said(_Outcome.APOLOGISED, Reply(self.apologise))

    async def _keep_for_later(self, message: IncomingMessage, now: datetime) -> None:
        await self.keep_for_later(message, now=now)

    async def _take_back(self, keeping: asyncio.Task[None], message: IncomingMessage, now: datetime) -> None:
        """Kept after all, but the apology is out: who was asked to write again must not be answered twice."""
        await keeping
        await self.take_back(message.key, now=now)

    async def _report(self, message: IncomingMessage, deadline: float) -> _Said:
        """Have a report taken down. While that fails nobody says ``success``, so the platform delivers it again."""
        fields, pause = report_fields(message), REPORT_PAUSE_S
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    await self.reports(message.account, message.event or "", fields, self.clock())
            except Exception as error:
                _log.error(
                    "wechat report not taken", account=message.account, event_=message.event, **where(error)
                )
                if loop.time() + pause >= deadline:
                    return _Said(_Outcome.HUNG_UP)
            else:
                return _Said(_Outcome.TAKEN)
            await asyncio.sleep(pause)
            pause *= 2

    def _response(self, account: Account, push: OpenedPush, said: _Said) -> web.Response:
        if said.reply is None:
            return web.Response(text="success", headers=_HARDENED)
        now, nonce = self.clock(), secrets.token_hex(8)
        if said.outcome is _Outcome.HANDED_OVER:
            body = seal_hand_over(account, push, now=now, nonce=nonce)
        else:
            body = seal_reply(
                account,
                push.message,
                said.reply.text,
                now=now,
                nonce=nonce,
                key=push.key,
                as_json=push.as_json,
            )
        kind = "application/json" if push.as_json else "application/xml"
        return web.Response(text=body, content_type=kind, headers=_HARDENED)


def _count(message: IncomingMessage, route: Route) -> None:
    """By name as far as we know it: what the platform invents must not become a label of its own."""
    if route is Route.UNKNOWN:
        _log.warning("wechat event unknown", account=message.account, name=message.event)
    known = message.event if message.kind is MessageKind.EVENT and route is not Route.UNKNOWN else None
    name = known or message.kind.value
    metrics.counter(metrics.WECHAT_PUSHES, message.account, route.value, name).inc()


def _refusal(request: web.Request, refused: PushRefused) -> web.Response:
    """A short plain sentence, and the connection closed: who was refused need not be read further."""
    account = request.match_info["account"]
    known = refused.reason is not Reason.UNKNOWN_ACCOUNT
    _log.warning("wechat push refused", reason=refused.reason.value, account=account if known else "?")
    metrics.counter(metrics.WECHAT_REFUSED, account if known else "?", refused.reason.value).inc()
    response = web.Response(status=refused.status, text=f"refused: {refused.reason}\n", headers=_HARDENED)
    response.force_close()
    return response
