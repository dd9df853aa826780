"""Answers to messages that could not be answered within WeChat's five seconds, sent as customer-service messages."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.services import Services
from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply, as_reply
from bot.wording import NOT_HANDED_ON

log = structlog.get_logger(__name__)

AT_ONCE = 10
"""Citizens answered at the same time: a platform that hangs on one holds up none of the others."""
SHORTEST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=2)
WINDOW_OPENS_WITHIN = timedelta(minutes=30)
"""A closed window opens with the citizen's next message. After this long the answer would come out of the blue."""

_PASSING = frozenset({DeliveryClass.BUSY, DeliveryClass.TOKEN, DeliveryClass.ACCOUNT})
"""Refusals that pass: the platform or our account is at fault, not the citizen or the message."""


@dataclass(frozen=True, slots=True)
class LateSending:
    """One sweep over what is due; any number of workers may sweep at once."""

    services: Services

    async def answer(self, now: datetime) -> int:
        """Answer what is due; returns how many messages that were."""
        late = await self.services.late_messages.find_late(now)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(message: IncomingMessage) -> None:
            async with places:
                try:
                    await self._answer(message, now)
                except Exception as error:
                    # Nothing was sent, or the outcome is unknown and the message is off the list.
                    log.error("late answer failed", key=message.key[:12], error=type(error).__name__)

        await asyncio.gather(*(one(message) for message in late))
        return len(late)

    async def _answer(self, message: IncomingMessage, now: datetime) -> None:
        """Push the reply the dialogue gives, the same for the same message however often it is asked."""
        late_messages = self.services.late_messages
        try:
            reply = as_reply(await self.services.dialogue(message, now=now))
        except Exception as error:
            log.error("late message not answered", key=message.key[:12], error=type(error).__name__)
            await late_messages.postpone(message.key, until=now + _pause(message, now))
            return
        client = self.services.wechat_clients.get(message.account)
        if reply is not None and reply.hand_over and not reply.text:
            # Only a passive reply passes a message on to the person at the desk, and that time is over.
            reply = Reply(NOT_HANDED_ON)
        if reply is None or not reply.text or client is None:
            await late_messages.done(message.key)
            log.info("late message needs no answer", key=message.key[:12])
            return
        if await self._push(client, message, reply.text, now):
            await self._push(client, message, reply.text, now)

    async def _push(self, client: WeChatClient, message: IncomingMessage, text: str, now: datetime) -> bool:
        """Send it once; True when the token was bad, and the message is back on the list."""
        late_messages = self.services.late_messages
        try:
            token = await client.ready()
        except DeliveryRefused as refusal:
            await self._put_back(message, refusal, now)
            return False
        # Off the list before sending: two workers must not both send, nor anybody after an unknown outcome. One
        # exchange and nothing else in between: a worker killed here leaves the citizen without this answer.
        if not await late_messages.done(message.key):
            return False
        try:
            await client.send_once(message.openid, text, token=token)
        except DeliveryRefused as refusal:
            again = await self._put_back(message, refusal, now)
            await client.take_note(refusal)
            return again and refusal.klass is DeliveryClass.TOKEN
        except DeliveryUnknown:
            log.warning("late answer has an unknown outcome", key=message.key[:12])
            return False
        log.info("late answer sent", key=message.key[:12])
        return False

    async def _put_back(self, message: IncomingMessage, refusal: DeliveryRefused, now: datetime) -> bool:
        """On the list again, if that may help."""
        again = _worth_another(refusal, message, now) and await self.services.late_messages.postpone(
            message.key, until=now + _pause(message, now)
        )
        log.warning("late answer refused", key=message.key[:12], code=refusal.code, again=again)
        return again


def _worth_another(refusal: DeliveryRefused, message: IncomingMessage, now: datetime) -> bool:
    if refusal.klass is DeliveryClass.WINDOW:
        return now - message.created_at < WINDOW_OPENS_WITHIN
    return refusal.klass in _PASSING


def _pause(message: IncomingMessage, now: datetime) -> timedelta:
    """Half as long as the citizen has waited already."""
    return min(max((now - message.created_at) / 2, SHORTEST_PAUSE), LONGEST_PAUSE)
