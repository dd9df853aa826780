"""The stores a ``huiyin model`` command works on, and its exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NoReturn

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.learning.audits import UnknownCase
from bot.learning.registry import (
    ArtefactDamaged,
    ComparedWithAnother,
    GateRefused,
    ModelRegistry,
    NotACandidate,
    NothingToRollBack,
    UnknownModel,
)
from bot.redis_state import make_redis
from bot.settings import Settings, SettingsInvalid
from classifier.model import ModelDamaged
from routing.mongo_store import Database, Document


@dataclass(frozen=True, slots=True)
class Stores:
    """Open stores."""

    settings: Settings
    database: Database
    registry: ModelRegistry


def with_stores(do: Callable[[Stores], Awaitable[None]]) -> None:
    """Run with open stores; exit 2 when they cannot be reached, 1 when the act is refused."""
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        _stop(str(error), 2)
    if not settings.mongo_url:
        _stop("请用 HUIYIN_MONGO_URL 指明数据库。", 2)

    async def run() -> None:
        async with _opened(settings) as opened:
            await do(opened)

    try:
        asyncio.run(run())
    except UnknownModel as unknown:
        _stop(f"没有这个模型：{unknown}", 1)
    except GateRefused as refused:
        _stop(f"门禁没有通过（{refused}），不能启用。", 1)
    except ComparedWithAnother as another:
        _stop(f"{another} 是和另一个模型对比的，不是现在在用的；请重新训练后再批准。", 1)
    except NotACandidate as decided:
        _stop(f"{decided} 已经决定过了。", 1)
    except ArtefactDamaged as damaged:
        _stop(f"模型文件不可用或已按保留期清理：{damaged}", 1)
    except NothingToRollBack:
        _stop("前面没有可以回退的模型。", 1)
    except UnknownCase as unknown:
        _stop(f"{unknown} 不在待查的抽查里。", 1)
    except ModelDamaged as damaged:
        _stop(f"模型文件不可用，请检查 HUIYIN_MODEL：{damaged}", 2)
    except PyMongoError as error:
        _stop(f"数据库连不上：{type(error).__name__}", 2)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Stores]:
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    redis = make_redis(settings.redis_url) if settings.redis_url else None
    try:
        database = client[settings.database]
        registry = ModelRegistry(database, redis)
        await registry.prepare()
        yield Stores(settings, database, registry)
    finally:
        if redis is not None:
            await redis.aclose()
        client.close()


def _stop(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
