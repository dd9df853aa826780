"""The only place that constructs things: from settings to ``Services``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

import aiohttp
import structlog
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot import notices
from bot.console_notices import ConsoleNotices
from bot.conversation_store import ConversationStore, LateMessages, PictureShelf
from bot.dialogue import Dialogue
from bot.errands import Errands
from bot.knowledge.figures import KnowledgeFigures
from bot.knowledge.gap_desk import GapDesk
from bot.knowledge.hearing import QuestionsHeard
from bot.knowledge.live import LiveAnswers
from bot.knowledge.pages import public_page
from bot.knowledge.regions import home_regions, regions_at
from bot.learning.drift_store import DriftStore
from bot.learning.live import LiveModels, LiveSet, triage_tools
from bot.learning.progress import TrainingProgress
from bot.learning.registry import ModelKind, ModelRegistry
from bot.learning.reloading import Reloader
from bot.people import People
from bot.redis_state import make_redis
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.wechat.accounts import Account, load_accounts
from bot.wechat.client import WeChatClient
from classifier import segment
from classifier.model import TextModel, starter_model_path
from knowledge_base.answer import Answer, Answerer, Outcome, Refusal
from knowledge_base.article import Article
from knowledge_base.editing import EditingDesk
from knowledge_base.gap_store import MongoGapStore
from knowledge_base.mongo_store import MongoArticleStore
from knowledge_base.task_store import MongoProposalStore, MongoTaskStore
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import AWARE, Database, Document, MongoTicketStore
from routing.places import Gazetteer
from routing.precedent_store import PrecedentFeed
from routing.queries import Queries
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import demo_reference
from routing.service_desk import ServiceDesk
from routing.sla import load_profile

log = structlog.get_logger(__name__)

PRECEDENTS_EVERY_S = 20.0


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
            following = (
                asyncio.create_task(reloader.run(), name="model reloader"),
                asyncio.create_task(services.live_answers.run(), name="live answers"),
                asyncio.create_task(_follow_tickets(services), name="precedents"),
            )
            try:
                yield services
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)
                gc.unfreeze()
    finally:
        await redis.aclose()
        mongo.close()


async def _follow_tickets(services: Services) -> None:
    """Keep this process's precedents near the tickets."""
    while True:
        try:
            await services.precedents.refresh(services.clock())
        except Exception as error:
            # A database that is away comes back; meanwhile decisions rest on older precedents.
            log.warning("precedents not refreshed", error=type(error).__name__)
        await asyncio.sleep(PRECEDENTS_EVERY_S)


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
    profile = load_profile(settings.profile)
    reference = demo_reference()
    first = LiveSet(topics=model, reference=reference, versions=dict.fromkeys(ModelKind))
    registry = ModelRegistry(database, opened.redis)
    precedents = PrecedentFeed(database)
    tickets, identities = MongoTicketStore(database), MongoIdentityStore(database, vault)
    people, console_notices = People(database), ConsoleNotices(database)
    conversations, late_messages = ConversationStore(database, vault), LateMessages(database, vault)
    articles, pictures = MongoArticleStore(database), PictureShelf(database, vault)
    questions, tasks = MongoGapStore(database), MongoTaskStore(database)
    proposals = MongoProposalStore(database)
    accounts = load_accounts(settings.wechat_accounts) if settings.wechat_accounts else {}
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
                questions,
                tasks,
                proposals,
                pictures,
                registry,
                TrainingProgress(database),
                MongoReferenceStore(database),
                precedents,
            )
        )
    )
    await _fill(articles, first_articles, now=opened.clock())
    desk = ServiceDesk(
        tickets=tickets,
        identities=identities,
        profile=profile,
        triage=replace(triage_tools(first), precedents=precedents),
        vault=vault,
        planner=notices.plan,
    )
    queries = Queries(database, identities=identities, vault=vault)

    def regions_of(account: str | None) -> frozenset[str] | None:
        # Asked at every question: the table of places may be imported anew while the service runs.
        return _regions(account, settings, accounts, live.current.reference.gazetteer)

    answers = LiveAnswers(
        articles,
        make=lambda found: Answerer(found, precision=settings.answer_precision, regions=regions_of(None)),
        clock=opened.clock,
    )
    hearing = QuestionsHeard(questions, articles, vault, lambda name: answers.current.get(name), tasks)
    errands = Errands(
        desk=desk,
        queries=queries,
        answerer=_AtWork(answers),
        hearing=hearing,
        pictures=pictures,
        units=reference.units,
        calendar=profile.calendar,
        regions=regions_of,
        page=lambda article_id: public_page(settings.public_url, article_id),
    )
    dialogue = Dialogue(conversations=conversations, errands=errands, forget=hearing.forget)
    live = LiveModels(first, desk=desk, dialogue=dialogue)
    await answers.start()
    return Services(
        settings=settings,
        clock=opened.clock,
        database=database,
        redis=opened.redis,
        vault=vault,
        profile=profile,
        calendar=profile.calendar,
        live=live,
        registry=registry,
        precedents=precedents,
        articles=articles,
        live_answers=answers,
        knowledge=EditingDesk(articles),
        questions=questions,
        hearing=hearing,
        tasks=tasks,
        proposals=proposals,
        gaps=GapDesk(
            questions, tasks, proposals, articles, database.get_collection("tickets", codec_options=AWARE)
        ),
        knowledge_figures=KnowledgeFigures(questions, tasks, articles, settings.stale_days),
        regions_of=regions_of,
        tickets=tickets,
        identities=identities,
        desk=desk,
        queries=queries,
        people=people,
        console_notices=console_notices,
        late_messages=late_messages,
        dialogue=live.answer,
        wechat_accounts=accounts,
        wechat_clients={
            name: WeChatClient(account, opened.http, opened.redis, settings.wechat_api_base)
            for name, account in accounts.items()
        },
    )


async def _fill(articles: MongoArticleStore, first: Iterable[Article], *, now: datetime) -> None:
    """Put the first entries into a library that has none."""
    entries = tuple(first)
    if entries and not await articles.all_published():
        await articles.add_first(entries, now=now)


@dataclass(frozen=True, slots=True)
class _AtWork:
    """The answerer as it is at each question: built once into the errands, replaced while the service runs."""

    live: LiveAnswers

    def answer(
        self, question: str, *, on: date, about: str | None = None, regions: frozenset[str] | None = None
    ) -> Outcome:
        return self.live.current.answer(question, on=on, about=about, regions=regions)

    def answer_from(
        self, article_id: str, question: str, *, on: date, regions: frozenset[str] | None = None
    ) -> Answer | Refusal:
        return self.live.current.answer_from(article_id, question, on=on, regions=regions)


def _regions(
    account: str | None, settings: Settings, accounts: Mapping[str, Account], gazetteer: Gazetteer
) -> frozenset[str] | None:
    known = accounts.get(account or "")
    own = known.region if known else None
    return regions_at(own, gazetteer) if own else home_regions(settings.region, gazetteer)
