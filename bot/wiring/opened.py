"""What all parts are built on: the connections, the keys, and the accounts this installation answers for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import aiohttp
from redis.asyncio import Redis

from bot.conversations.redis_pipe import RedisPipe
from bot.settings import Settings
from bot.wechat.accounts import Account
from routing.identity import Vault
from routing.mongo_store import Database
from routing.reference_tables import ReferenceTables

Tables = Callable[[], ReferenceTables]
"""The tables at work, asked for at each use: they may be imported anew while the service runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Open for as long as the services live."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    redis: Redis
    pipe: RedisPipe
    http: aiohttp.ClientSession
    vault: Vault
    accounts: Mapping[str, Account]
