"""Every collection the service keeps, made and prepared in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Protocol, Self, cast

from redis.asyncio import Redis

from bot.console_notices import ConsoleNotices
from bot.conversation_store import ConversationStore, LateMessages, PictureShelf
from bot.learning.progress import TrainingProgress
from bot.learning.registry import ModelRegistry
from bot.people import People
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.task_store import MongoProposalStore, MongoTaskStore
from routing.disclosure.store import MongoDisclosureRegister
from routing.duty.roster_store import MongoRosterStore
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places.gazetteer import Gazetteer
from routing.reference_store import MongoReferenceStore
from routing.resemblance.duplicate_store import DuplicateFeed
from routing.resemblance.hotspot_store import HotspotStore
from routing.timing.profile_store import MongoProfileStore
from routing.triage.precedent_store import PrecedentFeed


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
    console_notices: ConsoleNotices
    conversations: ConversationStore
    late_messages: LateMessages
    pictures: PictureShelf
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

    @classmethod
    def of(
        cls, database: Database, redis: Redis, vault: Vault, *, gazetteer: Callable[[], Gazetteer]
    ) -> Self:
        """``gazetteer`` is asked at each use: the table of places may be imported anew while the service runs."""
        return cls(
            tickets=MongoTicketStore(database),
            identities=MongoIdentityStore(database, vault),
            people=People(database),
            console_notices=ConsoleNotices(database),
            conversations=ConversationStore(database, vault),
            late_messages=LateMessages(database, vault),
            pictures=PictureShelf(database, vault),
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
        )

    async def prepare(self) -> None:
        """Create what is missing of collections and indexes; safe to repeat, from several processes too."""
        every = (cast(_Prepared, getattr(self, field.name)) for field in fields(self))
        await asyncio.gather(*(store.prepare() for store in every))
