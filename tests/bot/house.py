"""The dialogue as production wires it, for tests of its shell; only the knowledge base and the classifier are stand-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from motor.motor_asyncio import AsyncIOMotorDatabase
from redis.asyncio import Redis

from bot.conversations.dialogue import Dialogue
from bot.conversations.errands import Errands
from bot.conversations.store import ConversationStore
from bot.photos.shelf import PictureShelf
from bot.wechat.messages import IncomingMessage, MessageKind
from classifier.model import Classification
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.queries import Queries
from routing.service_desk import ServiceDesk, TriageTools
from routing.triage.catalogue import load_duty_list
from tests.bot.town import ACCOUNT, UNITS, Hearing, KnowledgeBase, understand
from tests.factories import MONDAY_9_30, PROFILE

Database = AsyncIOMotorDatabase[dict[str, Any]]

OPENID = "o-wang-jianguo"
VAULT = Vault(b"a secret of at least thirty-two bytes")
FILING = ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "张三 13812345678", "保密")


@dataclass
class House:
    """The dialogue as production wires it; only the knowledge base and the classifier are stand-ins."""

    dialogue: Dialogue
    desk: ServiceDesk
    queries: Queries
    database: Database
    redis: Redis
    now: datetime = MONDAY_9_30
    count: int = 0

    def message(self, text: str, *, openid: str = OPENID, **fields: Any) -> IncomingMessage:
        self.count += 1
        self.now += timedelta(seconds=2)
        kind = fields.pop("kind", MessageKind.TEXT)
        return IncomingMessage(ACCOUNT, openid, kind, f"m{self.count}", self.now, content=text, **fields)

    async def hears(self, text: str, **fields: Any) -> str | None:
        return await self.answers(self.message(text, **fields), now=self.now)

    async def answers(self, message: IncomingMessage, *, now: datetime) -> str | None:
        reply = await self.dialogue(message, now=now)
        return reply.text if reply is not None else None


async def build_house(database: Database, redis: Redis) -> House:
    """Prepared, with MongoDB alone."""
    tickets, identities = MongoTicketStore(database), MongoIdentityStore(database, VAULT)
    conversations, pictures = ConversationStore(database, VAULT), PictureShelf(database, VAULT)
    for store in (tickets, identities, conversations, pictures):
        await store.prepare()
    desk = ServiceDesk(
        tickets=tickets,
        identities=identities,
        profile=PROFILE,
        triage=TriageTools(
            classify=lambda text: Classification("城乡建设", 0.2, True, (), ()),
            duties=load_duty_list(),
            units=UNITS,
            gazetteer=load_gazetteer(),
            topics=frozenset({"城乡建设"}),
        ),
        vault=VAULT,
        planner=lambda ticket, event: (),
    )
    queries = Queries(database, identities=identities, vault=VAULT)
    errands = Errands(
        desk=desk,
        queries=queries,
        answerer=KnowledgeBase(),
        hearing=Hearing(),
        pictures=pictures,
        units=UNITS,
        calendar=PROFILE.calendar,
    )
    dialogue = Dialogue(conversations=conversations, errands=errands, understand=understand)
    return House(dialogue, desk, queries, database, redis)
