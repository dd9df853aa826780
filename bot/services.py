"""What handlers and the worker are given: one frozen bundle under one key of the application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web
from redis.asyncio import Redis

from bot.console_notices import ConsoleNotices
from bot.conversation_store import LateMessages
from bot.dialogue import Dialogue
from bot.people import People
from bot.settings import Settings
from bot.wechat.accounts import Account
from bot.wechat.client import WeChatClient
from classifier.model import TextModel
from knowledge_base.answer import Answerer
from routing.departments import Units
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import Database, MongoTicketStore
from routing.places import Gazetteer
from routing.queries import Queries
from routing.service_desk import ServiceDesk
from routing.sla import Profile
from routing.working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made by ``bot.wiring`` and by nothing else."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    redis: Redis
    vault: Vault
    units: Units
    gazetteer: Gazetteer
    profile: Profile
    calendar: WorkingCalendar
    model: TextModel
    answerer: Answerer
    tickets: MongoTicketStore
    identities: MongoIdentityStore
    desk: ServiceDesk
    queries: Queries
    people: People
    console_notices: ConsoleNotices
    late_messages: LateMessages
    dialogue: Dialogue
    wechat_accounts: Mapping[str, Account]
    wechat_clients: Mapping[str, WeChatClient]


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)


def utc_now() -> datetime:
    """The present, in the milliseconds MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
