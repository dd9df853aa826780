"""Every collection the service keeps, made and prepared in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Protocol, Self, cast

from redis.asyncio import Redis

from bot.console_notices import ConsoleNotices
from bot.conversations.store import ConversationStore, LateMessages
from bot.delivery.subscriptions import SubscriptionStore
from bot.first_views import FirstViews
from bot.followers.menu_versions import MenuVersions
from bot.followers.scenes import Scenes
from bot.intake_drafts import IntakeDrafts
from bot.learning.progress import TrainingProgress
from bot.learning.registry import ModelRegistry
from bot.people import People
from bot.photos.shelf import PictureShelf
from bot.photos.store import PhotoStore
from bot.reply_templates import ReplyTemplates
from bot.saved_views import SavedViews
from bot.staff import StaffDesk
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.task_store import MongoProposalStore, MongoTaskStore
from routing.disclosure.store import MongoDisclosureRegister
from routing.duty.roster_store import MongoRosterStore
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.letter_reads import LetterReads
from routing.live_counts import LiveCounts
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import Gazetteer
from routing.reference_store import MongoReferenceStore
from routing.resemblance.duplicate_store import DuplicateFeed
from routing.resemblance.hotspot_store import HotspotStore
from routing.timing.profile_store import MongoProfileStore
from routing.triage.precedent_store import PrecedentFeed
from routing.visit_queue import VisitQueue


class _Prepared(Protocol):
    async def prepare(self) -> None:
        """Create the indexes; safe to repeat."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """One field a store; all of them are prepared."""

    tickets: MongoTicketStore
    identities: MongoIdentityStore
    people: People
    staff: StaffDesk
    console_notices: ConsoleNotices
    conversations: ConversationStore
    late_messages: LateMessages
    pictures: PictureShelf
    photos: PhotoStore
    articles: MongoArticleStore
    questions: MongoGapStore
    tasks: MongoTaskStore
    proposals: MongoProposalStore
    registry: ModelRegistry
    training: TrainingProgress
    reference: MongoReferenceStore
    precedents: PrecedentFeed
    duplicates: DuplicateFeed
    hotspots: HotspotStore
    profiles: MongoProfileStore
    rosters: MongoRosterStore
    disclosure: MongoDisclosureRegister
    subscriptions: SubscriptionStore
    scenes: Scenes
    live_counts: LiveCounts
    letter_reads: LetterReads
    visit_queue: VisitQueue
    menus: MenuVersions
    reply_templates: ReplyTemplates
    saved_views: SavedViews
    first_views: FirstViews
    intake_drafts: IntakeDrafts

    @classmethod
    def of(
        cls, database: Database, redis: Redis, vault: Vault, *, gazetteer: Callable[[], Gazetteer]
    ) -> Self:
        """``gazetteer`` is asked at each use: the table of places may be imported anew while the service runs."""
        return cls(
            tickets=MongoTicketStore(database),
            identities=MongoIdentityStore(database, vault),
            people=(people := People(database)),
            staff=StaffDesk(database, people),
            console_notices=ConsoleNotices(database),
            conversations=ConversationStore(database, vault),
            late_messages=LateMessages(database, vault),
            pictures=PictureShelf(database, vault),
            photos=PhotoStore(database, vault),
            articles=MongoArticleStore(database),
            questions=MongoGapStore(database),
            tasks=MongoTaskStore(database),
            proposals=MongoProposalStore(database),
            registry=ModelRegistry(database, redis),
            training=TrainingProgress(database),
            reference=MongoReferenceStore(database),
            precedents=PrecedentFeed(database),
            duplicates=DuplicateFeed(database, vault=vault, gazetteer=gazetteer),
            hotspots=HotspotStore(database),
            profiles=MongoProfileStore(database),
            rosters=MongoRosterStore(database),
            disclosure=MongoDisclosureRegister(database),
            subscriptions=SubscriptionStore(database, vault),
            scenes=Scenes(database),
            live_counts=LiveCounts(database),
            letter_reads=LetterReads(database),
            visit_queue=VisitQueue(database),
            menus=MenuVersions(database),
            reply_templates=ReplyTemplates(database),
            saved_views=SavedViews(database),
            first_views=FirstViews(database),
            intake_drafts=IntakeDrafts(database, vault),
        )

    async def prepare(self) -> None:
        """Create what is missing of collections and indexes; safe to repeat, from several processes too."""
        every = (cast(_Prepared, getattr(self, field.name)) for field in fields(self))
        await asyncio.gather(*(store.prepare() for store in every))
