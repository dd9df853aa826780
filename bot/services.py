"""What handlers and the worker are given: one frozen bundle under one key of the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from redis.asyncio import Redis

from bot.console_notices import ConsoleNotices
from bot.conversations.late_promises import LatePromises
from bot.conversations.store import LateMessages
from bot.delivery.parts import DeliveryParts
from bot.first_views import FirstViews
from bot.followers.menu_versions import MenuVersions
from bot.followers.scenes import Scenes
from bot.knowledge.asked_notes import AskedNotes
from bot.knowledge.figures import KnowledgeFigures
from bot.knowledge.gap_desk import GapDesk
from bot.knowledge.hearing import QuestionsHeard
from bot.knowledge.live import LiveAnswers
from bot.learning.live import LiveModels
from bot.learning.registry import ModelRegistry
from bot.people import People
from bot.photos.shelf import PictureShelf
from bot.photos.store import PhotoStore
from bot.reply_templates import ReplyTemplates
from bot.rules import LiveRules, RulesOfAccounts
from bot.saved_views import SavedViews
from bot.settings import Settings
from bot.staff import StaffDesk
from bot.wechat.accounts import Account
from bot.wechat.client import WeChatClient
from bot.wechat.events import Reports, no_reports
from bot.wechat.media import MediaSource
from bot.wechat.oauth import OAuth
from bot.wechat.webhook import Respond
from classifier.model import TextModel
from knowledge_base.answering.answer import Answerer
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.task_store import MongoProposalStore, MongoTaskStore
from routing.departments import Units
from routing.duty.known_rosters import KnownRosters
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import Gazetteer
from routing.queries import Queries
from routing.resemblance.duplicate_store import DuplicateFeed
from routing.resemblance.hotspot_store import HotspotStore
from routing.service_desk import ServiceDesk
from routing.timing.sla import Profile
from routing.timing.working_calendar import WorkingCalendar
from routing.triage.precedent_store import PrecedentFeed


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made by ``bot.wiring`` and by nothing else."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    redis: Redis
    vault: Vault
    rules: LiveRules
    account_rules: RulesOfAccounts
    rosters: KnownRosters
    live: LiveModels
    registry: ModelRegistry
    precedents: PrecedentFeed
    duplicates: DuplicateFeed
    hotspots: HotspotStore
    tickets: MongoTicketStore
    identities: MongoIdentityStore
    desk: ServiceDesk
    queries: Queries
    people: People
    staff: StaffDesk
    console_notices: ConsoleNotices
    articles: MongoArticleStore
    live_answers: LiveAnswers
    knowledge: EditingDesk
    hearing: QuestionsHeard
    asked_notes: AskedNotes
    questions: MongoGapStore
    tasks: MongoTaskStore
    proposals: MongoProposalStore
    gaps: GapDesk
    knowledge_figures: KnowledgeFigures
    regions_of: Callable[[str | None], frozenset[str] | None]
    """Account → the places whose rules hold for its followers; None is the installation's own place."""
    late_messages: LateMessages
    late_promises: LatePromises
    scenes: Scenes
    menus: MenuVersions
    reply_templates: ReplyTemplates
    saved_views: SavedViews
    first_views: FirstViews
    dialogue: Respond
    wechat_accounts: Mapping[str, Account]
    wechat_clients: Mapping[str, WeChatClient]
    pictures: PictureShelf
    photos: PhotoStore
    media: MediaSource
    delivery: DeliveryParts
    reports: Reports = no_reports
    """Takes down what the platform reports of notices and consents."""
    oauth: Mapping[str, OAuth]
    """Account → who opened a page of ours in WeChat."""

    # These change while the service runs; read each once per message.

    @property
    def profile(self) -> Profile:
        return self.desk.profile

    @property
    def calendar(self) -> WorkingCalendar:
        return self.desk.profile.calendar

    @property
    def answerer(self) -> Answerer:
        return self.live_answers.current

    @property
    def model(self) -> TextModel:
        return self.live.current.topics

    @property
    def units(self) -> Units:
        return self.live.current.reference.units

    @property
    def gazetteer(self) -> Gazetteer:
        return self.live.current.reference.gazetteer


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def utc_now() -> datetime:
    """The present, in the milliseconds MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
