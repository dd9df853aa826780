"""How one push reaches the service: up to three deliveries, each cut after five seconds, and what the citizen sees."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from time import perf_counter
from typing import Final

import aiohttp

from bot.simulator.crypt import PushCipher
from bot.simulator.faults import Faults
from bot.simulator.phones import Phones
from bot.simulator.pushes import Push, Sealed, seal
from bot.simulator.records import Delivery, EntryKind, Outcome, SimulatedAccount, Try, TryResult
from bot.simulator.replies import MalformedReply, PassiveReply, read_reply

FAULT_NOTICE: Final = "该公众号提供的服务出现故障，请稍后再试"
REPLY_BYTES: Final = 64 * 1024
_AGAIN: Final = (TryResult.CUT, TryResult.LOST, TryResult.UNREACHABLE)


class PushDelivery:
    """The half of the platform that pushes; ``SimulatedPlatform`` adds what citizens do and the API."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        deliver_to: str,
        http: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        cut_after_s: float,
        deliveries: int,
        faults: Faults,
        phones: Phones,
    ) -> None:
        self.account = account
        self.deliver_to = deliver_to
        self.also_deliver_to: list[str] = []
        """Other processes of the service: the deliveries of one push go round all of them."""
        self.cut_after_s = cut_after_s
        self.faults = faults
        self.phones = phones
        self._http = http
        self._clock = clock
        self._deliveries = deliveries
        self._cipher = PushCipher(encoding_aes_key=account.encoding_aes_key, app_id=account.app_id)

    async def deliver(self, push: Push) -> Delivery:
        """Deliver until the service answers or the platform gives up, and show the citizen what comes of it."""
        started = perf_counter()
        tries: list[Try] = []
        reply: PassiveReply | None = None
        first = secrets.randbelow(1 + len(self.also_deliver_to))
        for number in range(1, self._deliveries + 1):
            one, reply = await self._try(push, number, first + number)
            tries.append(one)
            if one.result not in _AGAIN:
                break
        delivery = self._settle(push, tries, reply, seconds=perf_counter() - started)
        if self.faults.take_repeat():
            _, again = await self._try(push, self._deliveries + 1, first + len(tries) + 1)
            delivery = replace(delivery, repeated=(again.text if again else None,))
        self.phones.record(delivery)
        return delivery

    def _settle(
        self, push: Push, tries: list[Try], reply: PassiveReply | None, *, seconds: float
    ) -> Delivery:
        last = tries[-1]
        outcome, replies = Outcome.SUCCESS, tuple[str, ...]()
        if last.result is TryResult.ANSWERED:
            outcome = Outcome.ANSWERED
            if reply is not None and reply.text is not None:
                replies = (reply.text,)
                note = "" if last.number == 1 else f"第 {last.number} 次投递后回复"
                self.phones.show(push.openid, reply.text, kind=reply.kind, note=note)
        elif last.result is not TryResult.SUCCESS and not push.shows_fault:
            outcome = Outcome.FAILED
        elif last.result is not TryResult.SUCCESS:
            outcome = Outcome.FAULT_SHOWN
            self.phones.show(push.openid, FAULT_NOTICE, kind=EntryKind.FAULT)
        return Delivery(
            at=push.created_at,
            openid=push.openid,
            label=push.label,
            message_id=push.message_id,
            replies=replies,
            tries=tuple(tries),
            seconds=seconds,
            outcome=outcome,
            error=last.error,
        )

    async def _try(self, push: Push, number: int, turn: int) -> tuple[Try, PassiveReply | None]:
        sealed = seal(push, account=self.account, cipher=self._cipher, now=self._clock())
        started = perf_counter()
        status: int | None = None
        reply: PassiveReply | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self.cut_after_s):
                status, body = await self._reach(turn, sealed)
            result, reply = self._judge(status, body, openid=push.openid, last=number >= self._deliveries)
        except TimeoutError:
            result, error = TryResult.CUT, f"{self.cut_after_s:g} 秒内没有回应，连接已断开"
        except aiohttp.ClientError as failed:
            result, error = TryResult.UNREACHABLE, f"连接失败({type(failed).__name__})"
        except MalformedReply as wrong:
            result, error = TryResult.MALFORMED, str(wrong)
        if result is TryResult.LOST:
            error = "回应在途中丢失"
        milliseconds = (perf_counter() - started) * 1000
        return Try(number, milliseconds, status, result, sealed.encrypted, error), reply

    async def _reach(self, turn: int, sealed: Sealed) -> tuple[int, bytes]:
        """What takes no connection is passed over, as a balancer in front of several processes does."""
        addresses = [self.deliver_to, *self.also_deliver_to]
        for step in range(len(addresses)):
            try:
                return await self._post(addresses[(turn + step) % len(addresses)], sealed.query, sealed.body)
            except aiohttp.ClientConnectorError:
                if step == len(addresses) - 1:
                    raise
        raise AssertionError("a push goes to somebody")

    async def _post(self, address: str, query: dict[str, str], body: str) -> tuple[int, bytes]:
        async with self._http.post(
            address,
            params=query,
            data=body.encode(),
            headers={"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"},
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:
            read = bytearray()
            async for chunk in response.content.iter_chunked(16 * 1024):
                read += chunk
                if len(read) > REPLY_BYTES:
                    break
            return response.status, bytes(read)

    def _judge(
        self, status: int, body: bytes, *, openid: str, last: bool
    ) -> tuple[TryResult, PassiveReply | None]:
        if self.faults.take_lost_reply(last=last):
            return TryResult.LOST, None
        if status != 200:
            raise MalformedReply(f"HTTP {status}")
        if len(body) > REPLY_BYTES:
            raise MalformedReply("回复过大")
        reply = read_reply(body, account=self.account, cipher=self._cipher, openid=openid)
        return (TryResult.SUCCESS, None) if reply is None else (TryResult.ANSWERED, reply)
