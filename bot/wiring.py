"""The only place that constructs things: from settings to ``Services``."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

import aiohttp
import structlog
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot import alarm_delivery
from bot.conversations.claims import Claims, greeting
from bot.conversations.dialogue import Dialogue, Forget, Resume
from bot.conversations.errands import Errands
from bot.conversations.late_promises import LatePromises
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisPipe
from bot.delivery.parts import DeliveryParts
from bot.delivery.reports import DeliveryReports
from bot.delivery.sms import sms_gateway
from bot.delivery.waiting import WaitingCitizens
from bot.delivery.windows import Windows
from bot.ending import still_wanted
from bot.intake import NO_RULES, DoorRules
from bot.knowledge.asked_notes import AskedNotes
from bot.knowledge.figures import KnowledgeFigures
from bot.knowledge.gap_desk import GapDesk
from bot.knowledge.hearing import QuestionsHeard
from bot.knowledge.jotting import JottedQuestions
from bot.knowledge.live import LiveAnswers
from bot.knowledge.pages import public_page
from bot.knowledge.regions import home_regions, own_paths, region_paths, regions_at
from bot.learning.drift_store import DriftStore
from bot.learning.live import LiveModels, LiveSet, triage_tools
from bot.learning.registry import ModelKind
from bot.learning.reloading import Reloader
from bot.redis_state import make_redis
from bot.rules import LiveRules, RulesOfAccounts
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.stores import Stores
from bot.talk.consent_pages import ConsentPages
from bot.web.citizen_links import citizen_page
from bot.web.citizen_sessions import CitizenSessions
from bot.wechat.accounts import Account, load_accounts
from bot.wechat.client import WeChatClient
from bot.wechat.media import MediaSource
from bot.wechat.oauth import OAuth, open_base
from classifier import segment
from classifier.model import TextModel, starter_model_path
from knowledge_base.answering.answer import Answer, Answerer, Outcome, Refusal
from knowledge_base.article import Article
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.mongo_store import MongoArticleStore
from routing.departments import UnitId
from routing.duty.known_rosters import KnownRosters
from routing.duty.roster_store import MongoRosterStore
from routing.identity import Vault
from routing.mongo_store import AWARE, Database, Document
from routing.places.gazetteer import Gazetteer
from routing.queries import Queries
from routing.reference_store import MongoReferenceStore
from routing.reference_tables import ReferenceTables, demo_reference
from routing.service_desk import ServiceDesk

log = structlog.get_logger(__name__)

PRECEDENTS_EVERY_S = 20.0
DUPLICATES_EVERY_S = 10.0
RULES_EVERY_S = 5.0


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
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    redis = make_redis(settings.redis_url)
    pipe = RedisPipe(settings.redis_url, greet=greeting)
    try:
        async with aiohttp.ClientSession() as http:
            opened = _Opened(settings, clock, mongo[settings.database], redis, http, pipe)
            services = await _assemble(opened, model, reference or demo_reference(), first_articles)
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
                asyncio.create_task(_follow_duplicates(services), name="duplicates"),
                asyncio.create_task(_follow_rules(services), name="rules of time"),
            )
            try:
                yield services
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)
                gc.unfreeze()
    finally:
        pipe.close()
        await redis.aclose()
        mongo.close()


async def _follow_tickets(services: Services) -> None:
    """Keep this process's precedents near the tickets."""
    while still_wanted():
        try:
            await services.precedents.refresh(services.clock())
        except Exception as error:
            # A database that is away comes back; meanwhile decisions rest on older precedents.
            log.warning("precedents not refreshed", error=type(error).__name__)
        await asyncio.sleep(PRECEDENTS_EVERY_S)


async def _follow_duplicates(services: Services) -> None:
    """Keep what this process compares new requests with near the tickets; a question takes in the last seconds."""
    while still_wanted():
        try:
            await services.duplicates.refresh(services.clock())
        except Exception as error:
            log.warning("duplicates not refreshed", error=type(error).__name__)
        await asyncio.sleep(DUPLICATES_EVERY_S)


async def _follow_rules(services: Services) -> None:
    """Promise by an imported calendar or profile within seconds; what was promised before stays."""
    while still_wanted():
        await asyncio.sleep(RULES_EVERY_S)
        try:
            await services.rules.refresh()
            await services.account_rules.refresh()
            await services.rosters.refresh(services.clock())
        except Exception as error:
            # The rules before stay at work; a saved profile was checked, so most likely the database is away.
            log.warning("rules of time not refreshed", error=type(error).__name__)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The connections everything else is built on."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    redis: Redis
    http: aiohttp.ClientSession
    pipe: RedisPipe


async def _assemble(
    opened: _Opened, model: TextModel, reference: ReferenceTables, first_articles: Iterable[Article]
) -> Services:
    settings, database = opened.settings, opened.database
    vault = Vault(settings.key_bytes(), previous=settings.previous_key_bytes())
    accounts = load_accounts(settings.wechat_accounts) if settings.wechat_accounts else {}
    stores = Stores.of(database, opened.redis, vault, gazetteer=lambda: live.current.reference.gazetteer)
    await stores.prepare()
    await _fill(stores.articles, first_articles, now=opened.clock())
    first = LiveSet(topics=model, reference=reference, versions=dict.fromkeys(ModelKind))
    profile = (await stores.profiles.rules(settings.profile)).profile
    rosters = KnownRosters(
        MongoRosterStore(database), units=lambda: [unit.id for unit in live.current.reference.units.all()]
    )
    desk = ServiceDesk(
        tickets=stores.tickets,
        identities=stores.identities,
        profile=profile,
        triage=replace(triage_tools(first), precedents=stores.precedents),
        vault=vault,
        planner=alarm_delivery.planner(lambda ticket: desk.profile_of(ticket), lambda: rosters.roster),
        register=stores.disclosure,
    )
    queries = Queries(database, identities=stores.identities, vault=vault)

    def regions_of(account: str | None) -> frozenset[str] | None:
        # Asked at every question: the table of places may be imported anew while the service runs.
        return _regions(account, settings, accounts, live.current.reference.gazetteer)

    answers = LiveAnswers(
        stores.articles,
        make=lambda found: Answerer(found, precision=settings.answer_precision, regions=regions_of(None)),
        clock=opened.clock,
    )
    hearing = QuestionsHeard(
        stores.questions,
        stores.articles,
        vault,
        lambda name: answers.current.get(name),
        stores.tasks,
    )
    asked_notes = AskedNotes(opened.pipe, stores.questions)
    jotted = JottedQuestions(hearing, asked_notes)
    errands = _errands(
        opened, accounts, stores, desk, queries=queries, answers=answers, hearing=jotted, regions=regions_of
    )
    delivery = await _delivery(opened, accounts, stores, desk, vault)
    claims = Claims(opened.pipe)
    dialogue = await _dialogue(
        accounts,
        stores,
        errands=errands,
        claims=claims,
        jotted=jotted,
        resume=partial(delivery.waiting.resume, desk),
        forget=_forgetting(opened, stores, hearing, vault),
    )
    live = LiveModels(first, desk=desk, dialogue=dialogue)
    clients = {
        name: WeChatClient(account, opened.http, opened.redis, settings.wechat_api_base)
        for name, account in accounts.items()
    }
    rules = LiveRules(
        database, settings.profile, units=lambda: live.current.reference.units, use=live.use_profile
    )
    await rules.refresh()
    account_rules = RulesOfAccounts(
        database,
        (account.profile for account in accounts.values() if account.profile),
        units=lambda: live.current.reference.units,
        use=live.use_profiles,
    )
    await account_rules.refresh()
    await rosters.refresh(opened.clock())
    await answers.start()
    return Services(
        settings=settings,
        clock=opened.clock,
        database=database,
        redis=opened.redis,
        vault=vault,
        rules=rules,
        account_rules=account_rules,
        rosters=rosters,
        live=live,
        registry=stores.registry,
        precedents=stores.precedents,
        duplicates=stores.duplicates,
        hotspots=stores.hotspots,
        articles=stores.articles,
        live_answers=answers,
        knowledge=EditingDesk(
            stores.articles,
            regions=lambda: region_paths(
                live.current.reference.gazetteer, *own_paths(settings.region, accounts)
            ),
        ),
        questions=stores.questions,
        hearing=hearing,
        asked_notes=asked_notes,
        tasks=stores.tasks,
        proposals=stores.proposals,
        gaps=GapDesk(
            stores.questions,
            stores.tasks,
            stores.proposals,
            stores.articles,
            database.get_collection("tickets", codec_options=AWARE),
        ),
        knowledge_figures=KnowledgeFigures(
            stores.questions, stores.tasks, stores.articles, settings.stale_days
        ),
        regions_of=regions_of,
        tickets=stores.tickets,
        identities=stores.identities,
        desk=desk,
        queries=queries,
        people=stores.people,
        staff=stores.staff,
        console_notices=stores.console_notices,
        late_messages=stores.late_messages,
        late_promises=LatePromises(stores.late_messages, claims),
        scenes=stores.scenes,
        menus=stores.menus,
        reply_templates=stores.reply_templates,
        saved_views=stores.saved_views,
        first_views=stores.first_views,
        dialogue=live.answer,
        delivery=delivery,
        reports=delivery.reports,
        wechat_accounts=accounts,
        wechat_clients=clients,
        pictures=stores.pictures,
        photos=stores.photos,
        media=MediaSource(clients, opened.http, settings.wechat_api_base),
        oauth={
            name: OAuth(account, opened.http, settings.wechat_api_base, open_base(settings))
            for name, account in accounts.items()
        },
    )


def _errands(
    opened: _Opened,
    accounts: Mapping[str, Account],
    stores: Stores,
    desk: ServiceDesk,
    *,
    queries: Queries,
    answers: LiveAnswers,
    hearing: JottedQuestions,
    regions: Callable[[str | None], frozenset[str] | None],
) -> Errands:
    """What the dialogue may have done, by the rules of the account somebody writes to."""
    public_url = opened.settings.public_url

    def of(account: str) -> Account | None:
        return accounts.get(account)

    def telephone(account: str) -> str:
        known = of(account)
        return (known.service_phone if known else None) or "12345"

    def has_person(account: str) -> bool:
        known = of(account)
        return known is not None and known.person

    return Errands(
        desk=desk,
        queries=queries,
        answerer=_AtWork(answers),
        hearing=hearing,
        pictures=stores.pictures,
        units=desk.triage.units,
        calendar=desk.profile.calendar,
        hours=lambda account: desk.profile_named(_door(of(account)).profile).calendar,
        regions=regions,
        door=lambda account: _door(of(account)),
        page=lambda article_id: public_page(public_url, article_id),
        has_person=has_person,
        service_phone=telephone,
        ticket_page=lambda account, number: citizen_page(public_url, account, number),
        subscribe_page=ConsentPages(stores.subscriptions, accounts, public_url).wanted_by,
    )


async def _delivery(
    opened: _Opened, accounts: Mapping[str, Account], stores: Stores, desk: ServiceDesk, vault: Vault
) -> DeliveryParts:
    """How notices reach citizens, and what is heard of them afterwards."""
    delivery = DeliveryParts(
        sms=sms_gateway(opened.settings, opened.http),
        subscriptions=stores.subscriptions,
        reports=DeliveryReports(
            opened.database, ledger=desk, subscriptions=stores.subscriptions, accounts=accounts
        ),
        waiting=WaitingCitizens(opened.redis, vault, stores.identities),
        windows=Windows(opened.redis, vault),
    )
    await delivery.reports.prepare()
    return delivery


async def _dialogue(
    accounts: Mapping[str, Account],
    stores: Stores,
    *,
    errands: Errands,
    claims: Claims,
    jotted: JottedQuestions,
    resume: Resume,
    forget: Forget,
) -> Dialogue:
    """The dialogue over Redis and MongoDB; what another process still owes after an outage, this one takes over."""
    outage = Outage(stores.conversations)
    await outage.take_over()
    return Dialogue(
        conversations=stores.conversations,
        errands=errands,
        forget=forget,
        claims=claims,
        outage=outage,
        jotted=jotted,
        resume=resume,
        scenes=stores.scenes.find,
        welcome=lambda account: accounts[account].welcome if account in accounts else None,
    )


def _forgetting(opened: _Opened, stores: Stores, hearing: QuestionsHeard, vault: Vault) -> Forget:
    """What is erased beside the conversation when a citizen takes the authorisation back."""
    sessions = CitizenSessions(opened.redis, vault, opened.settings.key_bytes())

    async def forget(account: str, openid: str, keys: Iterable[str]) -> None:
        await hearing.forget(account, openid, keys)
        await stores.photos.erase_loose(account, openid)
        await sessions.end_all_of(account, openid, now=opened.clock())
        await stores.subscriptions.erase(account, openid)
        await stores.late_messages.erase(account, openid)

    return forget


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


def _door(account: Account | None) -> DoorRules:
    """What an account decides about the tickets that come through it."""
    if account is None:
        return NO_RULES
    leave_to = UnitId(account.default_unit) if account.default_unit else None
    return DoorRules(profile=account.profile, leave_to=leave_to)


def _regions(
    account: str | None, settings: Settings, accounts: Mapping[str, Account], gazetteer: Gazetteer
) -> frozenset[str] | None:
    known = accounts.get(account or "")
    own = known.region if known else None
    return regions_at(own, gazetteer) if own else home_regions(settings.region, gazetteer)
