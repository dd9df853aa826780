"""Asking a citizen on WeChat to send a photo again: once a ticket, and never twice after an unknown outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from routing.store import IdentityStore
from routing.ticket import Ticket
from routing.workflow import SYSTEM

log = structlog.get_logger(__name__)


class _Client(Protocol):
    async def send_text(self, openid: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class AskOnWeChat:
    """Implements ``bot.photos.fetching.AsksCitizen``. Whoever handles the ticket was told before: where this does not
    arrive, they call."""

    identities: IdentityStore
    clients: Mapping[str, _Client]

    async def __call__(self, ticket: Ticket, words: str, *, now: datetime) -> None:
        citizen = await self.identities.read(ticket.number, reader=SYSTEM, reason="请市民重发照片", now=now)
        client = self.clients.get(citizen.account or "")
        if client is None or citizen.openid is None:
            return
        try:
            await client.send_text(citizen.openid, words)
        except (DeliveryRefused, DeliveryUnknown) as error:
            log.info("photo not asked for again", number=ticket.number, error=type(error).__name__)
