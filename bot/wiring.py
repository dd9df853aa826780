"""The only place that constructs things: from settings to ``Services``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import aiohttp
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot import notices
from bot.console_notices import ConsoleNotices
from bot.conversation_store import ConversationStore, LateMessages, PictureShelf
from bot.dialogue import Dialogue
from bot.errands import Errands
from bot.people import People
from bot.redis_state import make_redis
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.wechat.accounts import load_accounts
from bot.wechat.client import WeChatClient
from classifier import segment
from classifier.model import TextModel, starter_model_path
from knowledge_base.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.mongo_store import MongoArticleStore
from routing.catalogue import load_duty_list
from routing.departments import load_units
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, Document, MongoTicketStore
from routing.places import load_gazetteer
from routing.queries import Queries
from routing.service_desk import ServiceDesk, TriageTools
from routing.sla import load_profile


@asynccontextmanager
async def build_services(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, first_articles: Iterable[Article] = ()
) -> AsyncIterator[Services]:
    """Connect the stores, load model, index and tables, and close what was opened on leaving.

    ``first_articles`` go into a knowledge base that holds none yet: the demo's. A city's own starts empty, for
    an invented county's answers must never reach real citizens.
    """
    segment.warm_up()
    model = TextModel.load(settings.model or starter_model_path())
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    redis = make_redis(settings.redis_url)
    try:
        async with aiohttp.ClientSession() as http:
            opened = _Opened(settings, clock, mongo[settings.database], redis, http)
            services = await _assemble(opened, model, first_articles)
            # The dictionary and the index live as long as the process: no collection need walk them again.
            gc.freeze()
            try:
                yield services
            finally:
                gc.unfreeze()
    finally:
        await redis.aclose()
        mongo.close()


@dataclass(frozen=True, slots=True)
class _Opened:
    """The connections everything else is built on."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    redis: Redis
    http: aiohttp.ClientSession


async def _assemble(opened: _Opened, model: TextModel, first_articles: Iterable[Article]) -> Services:
    settings, database = opened.settings, opened.database
    vault = Vault(settings.key_bytes(), previous=settings.previous_key_bytes())
    units, gazetteer, profile = load_units(), load_gazetteer(), load_profile(settings.profile)
    tickets, identities = MongoTicketStore(database), MongoIdentityStore(database, vault)
    people, console_notices = People(database), ConsoleNotices(database)
    conversations, late_messages = ConversationStore(database, vault), LateMessages(database, vault)
    articles, pictures = MongoArticleStore(database), PictureShelf(database, vault)
    await asyncio.gather(
        *(
            store.prepare()
            for store in (
                tickets,
                identities,
                people,
                console_notices,
                conversations,
                late_messages,
                articles,
                pictures,
            )
        )
    )
    answerer = _index(await _published(articles, first_articles, now=opened.clock()))
    triage = TriageTools(
        classify=model.classify,
        duties=load_duty_list(),
        units=units,
        gazetteer=gazetteer,
        topics=frozenset(model.labels),
    )
    desk = ServiceDesk(
        tickets=tickets,
        identities=identities,
        profile=profile,
        triage=triage,
        vault=vault,
        planner=notices.plan,
    )
    queries = Queries(database, identities=identities, vault=vault)
    errands = Errands(
        desk=desk,
        queries=queries,
        answerer=answerer,
        feedback=articles,
        pictures=pictures,
        units=units,
        calendar=profile.calendar,
    )
    accounts = load_accounts(settings.wechat_accounts) if settings.wechat_accounts else {}
    return Services(
        settings=settings,
        clock=opened.clock,
        database=database,
        redis=opened.redis,
        vault=vault,
        units=units,
        gazetteer=gazetteer,
        profile=profile,
        calendar=profile.calendar,
        model=model,
        answerer=answerer,
        tickets=tickets,
        identities=identities,
        desk=desk,
        queries=queries,
        people=people,
        console_notices=console_notices,
        late_messages=late_messages,
        dialogue=Dialogue(conversations=conversations, errands=errands),
        wechat_accounts=accounts,
        wechat_clients={
            name: WeChatClient(account, opened.http, opened.redis, settings.wechat_api_base)
            for name, account in accounts.items()
        },
    )


async def _published(
    articles: MongoArticleStore, first: Iterable[Article], *, now: datetime
) -> tuple[Article, ...]:
    published = await articles.all_published()
    if published:
        return published
    await articles.add_first(first, now=now)
    return await articles.all_published()


@lru_cache(maxsize=1)
def _index(articles: tuple[Article, ...]) -> Answerer:
    """The same articles make the same index; building it takes about a second."""
    return Answerer(articles)
