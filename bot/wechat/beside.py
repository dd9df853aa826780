"""The words of a hand-over, sent beside the passive reply that may carry none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.messages import IncomingMessage

_log = structlog.get_logger(__name__)

REMEMBERED_S = 600
"""The platform delivers again within seconds."""


@dataclass(frozen=True, slots=True)
class WordsBeside:
    """Implements ``bot.wechat.webhook.SayBeside``. Best effort: the hand-over itself is what counts."""

    clients: Mapping[str, WeChatClient]
    redis: Redis

    async def __call__(self, message: IncomingMessage, text: str) -> None:
        client = self.clients.get(message.account)
        if client is None or not text.strip() or not await self._first(message.key):
            return
        try:
            await client.send_text(message.openid, text)
        except (DeliveryRefused, DeliveryUnknown) as error:
            _log.warning("hand-over without its words", account=message.account, error=type(error).__name__)

    async def _first(self, key: str) -> bool:
        """Redis away: said perhaps twice rather than never."""
        try:
            return bool(await self.redis.set(f"handed-over:{key}", "1", nx=True, ex=REMEMBERED_S))
        except RedisError:
            return True
