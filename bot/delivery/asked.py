"""What a notice asked of its citizen last, kept where their next message finds it without a further round trip."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.delivery.windows import citizen_indexes
from bot.talk.asked import Asked, AskedFor
from bot.wechat.notice_templates import NoticeKind
from routing.events import Rung
from routing.identity import Vault

log = structlog.get_logger(__name__)

KEPT: Final = timedelta(days=7)
"""So long a citizen may take to answer; the words 满意 and 不满意 are understood later too."""
_NOTED_WITHIN_S: Final = 0.5
"""It is out, and not yet written down that it is: a worker killed meanwhile leaves an unknown outcome."""
_LISTED: Final = frozenset({Rung.CHAT})
_SEEN_IN_THE_CHAT: Final = frozenset({Rung.CHAT, Rung.TEMPLATE, Rung.SUBSCRIPTION})


class AskedCitizens:
    """Redis keys ``asked:{citizen}``. Losing them costs the digits under a notice and nothing else."""

    def __init__(self, redis: Redis, vault: Vault) -> None:
        self._redis = redis
        self._vault = vault

    async def note(
        self,
        kind: NoticeKind,
        rung: Rung,
        *,
        account: str,
        openid: str,
        number: str,
        now: datetime,
        wants_material: bool = False,
    ) -> None:
        """This notice reached the chat; only one that asks for a rating, or for what is missing, is the next question."""
        if not (wants_material or kind is NoticeKind.RATE) or rung not in _SEEN_IN_THE_CHAT:
            return
        what = AskedFor.MATERIAL if wants_material else AskedFor.RATING
        key = f"asked:{citizen_indexes(self._vault, account, openid)[0]}"
        try:
            async with asyncio.timeout(_NOTED_WITHIN_S):
                await self._redis.set(key, Asked(number, now, rung in _LISTED, what).packed(), ex=KEPT)
        except (RedisError, TimeoutError) as error:
            log.warning("question of a notice not noted", error=type(error).__name__)
