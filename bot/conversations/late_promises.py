"""Promising a late answer so that every process knows of it: the platform delivers the message again, to any of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.conversations.claims import Claims
from bot.conversations.redis_pipe import RedisAway
from bot.conversations.store import LateMessages
from bot.wechat.messages import IncomingMessage

log = structlog.get_logger(__name__)


_NOTE_WITHIN_S = 0.25
"""A Redis that hangs is as good as none: what counts is MongoDB's, and the platform waits for neither."""


@dataclass(frozen=True, slots=True)
class LatePromises:
    """Implements ``bot.wechat.webhook.KeepForLater``."""

    messages: LateMessages
    claims: Claims

    async def keep(self, message: IncomingMessage, *, now: datetime) -> None:
        """Durable once this returns."""
        try:
            # First: who claims the message from now on asks MongoDB whether it was kept.
            async with asyncio.timeout(_NOTE_WITHIN_S):
                await self.claims.note_kept(message.key)
        except (RedisAway, TimeoutError) as away:
            log.warning("late answer promised without redis", why=type(away).__name__)
        await self.messages.keep(message, now=now)
