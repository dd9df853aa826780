"""The only place that constructs things: from settings to ``Services``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp
from motor.motor_asyncio import AsyncIOMotorClient

from bot.conversations.claims import greeting
from bot.conversations.redis_pipe import RedisPipe
from bot.keeping_up import keeping_up
from bot.learning.drift_store import DriftStore
from bot.learning.reloading import Reloader
from bot.redis_state import make_redis
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.wechat.accounts import load_accounts
from bot.wiring.assembling import assemble
from bot.wiring.opened import Opened
from classifier import segment
from classifier.model import TextModel, starter_model_path
from knowledge_base.article import Article
from routing.identity import Vault
from routing.mongo_store import Document
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import ReferenceTables, demo_reference

__all__ = ["build_services"]


@asynccontextmanager
async def build_services(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    first_articles: Iterable[Article] = (),
    model: TextModel | None = None,
    reference: ReferenceTables | None = None,
) -> AsyncIterator[Services]:
    """Connect the stores, load model, index and tables, and close what was opened on leaving.

    ``first_articles`` go into a knowledge base that holds none yet: the demo's. A city's own starts empty, for
    an invented county's answers must never reach real citizens. ``model`` and ``reference`` are taken instead of
    loading the ones to start with; both are immutable, so that several bundles of one process may share them.
    """
    segment.warm_up()
    model = model or TextModel.load(settings.model or starter_model_path())
    async with _open(settings, clock) as opened:
        services = await assemble(opened, model, reference or demo_reference(), first_articles)
        reloader = Reloader(
            registry=services.registry,
            tables=MongoReferenceStore(opened.database),
            drift=DriftStore(opened.database),
            live=services.live,
            shipped=model,
            redis_url=settings.redis_url,
        )
        await reloader.refresh()  # what is live is at work before the first message
        # The dictionary and the index live as long as the process: no collection need walk them again.
        gc.freeze()
        following = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("model reloader", reloader.run()),
                ("live answers", services.live_answers.run()),
                *keeping_up(services),
            )
        ]
        try:
            yield services
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
            gc.unfreeze()


@asynccontextmanager
async def _open(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Opened]:
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    redis = make_redis(settings.redis_url)
    pipe = RedisPipe(settings.redis_url, greet=greeting)
    try:
        async with aiohttp.ClientSession() as http:
            yield Opened(
                settings=settings,
                clock=clock,
                database=mongo[settings.database],
                redis=redis,
                pipe=pipe,
                http=http,
                vault=Vault(settings.key_bytes(), previous=settings.previous_key_bytes()),
                accounts=load_accounts(settings.wechat_accounts) if settings.wechat_accounts else {},
            )
    finally:
        pipe.close()
        await redis.aclose()
        mongo.close()
