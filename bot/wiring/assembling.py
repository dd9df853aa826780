"""Every part once, in the order they need each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot import alarm_delivery
from bot.backup import refuse_half_a_database
from bot.conversations.claims import Claims
from bot.conversations.late_promises import LatePromises
from bot.delivery.asked import AskedCitizens
from bot.delivery.parts import DeliveryParts
from bot.delivery.reports import DeliveryReports
from bot.delivery.sms import sms_gateway
from bot.delivery.waiting import WaitingCitizens
from bot.delivery.windows import Windows
from bot.hotline.platform import platform_of
from bot.learning.live import LiveModels, LiveSet, triage_tools
from bot.learning.registry import ModelKind
from bot.rules import LiveRules, RulesOfAccounts
from bot.services import Services
from bot.stores import Stores
from bot.wechat.client import WeChatClient
from bot.wechat.media import MediaSource
from bot.wechat.oauth import OAuth, open_base
from bot.wiring.conversation import build_dialogue
from bot.wiring.knowledge import Knowledge, build_knowledge
from bot.wiring.opened import Opened
from classifier.model import TextModel
from knowledge_base.article import Article
from routing.departments import Units
from routing.duty.known_rosters import KnownRosters
from routing.queries import Queries
from routing.reference_tables import ReferenceTables
from routing.service_desk import ServiceDesk


async def assemble(
    opened: Opened, model: TextModel, reference: ReferenceTables, first_articles: Iterable[Article]
) -> Services:
    """What is built before ``live`` asks it for the tables only once everything is at work."""

    def tables() -> ReferenceTables:
        return live.current.reference

    database = opened.database
    stores = Stores.of(database, opened.redis, opened.vault, gazetteer=lambda: tables().gazetteer)
    await refuse_half_a_database(database)
    await stores.prepare()
    knowledge = await build_knowledge(opened, stores, tables, first_articles)
    rosters = KnownRosters(stores.rosters, units=lambda: [unit.id for unit in tables().units.all()])
    first = LiveSet(topics=model, reference=reference, versions=dict.fromkeys(ModelKind))
    desk = await _desk(opened, stores, first, rosters)
    queries = Queries(database, identities=stores.identities, vault=opened.vault)
    delivery = await _delivery(opened, stores, desk)
    claims = Claims(opened.pipe)
    dialogue = await build_dialogue(
        opened,
        stores,
        knowledge=knowledge,
        desk=desk,
        queries=queries,
        claims=claims,
        waiting=delivery.waiting,
    )
    live = LiveModels(first, desk=desk, dialogue=dialogue)
    rules, account_rules = await _rules(opened, live)
    await rosters.refresh(opened.clock())
    await knowledge.answers.start()
    parts = _Parts(
        knowledge=knowledge,
        rosters=rosters,
        desk=desk,
        queries=queries,
        delivery=delivery,
        claims=claims,
        live=live,
        rules=rules,
        account_rules=account_rules,
    )
    return _services(opened, stores, parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What stands between the stores and the handlers."""

    knowledge: Knowledge
    rosters: KnownRosters
    desk: ServiceDesk
    queries: Queries
    delivery: DeliveryParts
    claims: Claims
    live: LiveModels
    rules: LiveRules
    account_rules: RulesOfAccounts


def _services(opened: Opened, stores: Stores, parts: _Parts) -> Services:
    """Every part by the name handlers know it by."""
    settings, knowledge = opened.settings, parts.knowledge
    clients = {
        name: WeChatClient(account, opened.http, opened.redis, settings.wechat_api_base)
        for name, account in opened.accounts.items()
    }
    return Services(
        settings=settings,
        clock=opened.clock,
        database=opened.database,
        redis=opened.redis,
        vault=opened.vault,
        rules=parts.rules,
        account_rules=parts.account_rules,
        rosters=parts.rosters,
        live=parts.live,
        registry=stores.registry,
        precedents=stores.precedents,
        duplicates=stores.duplicates,
        hotspots=stores.hotspots,
        articles=stores.articles,
        live_answers=knowledge.answers,
        knowledge=knowledge.editing,
        questions=stores.questions,
        hearing=knowledge.hearing,
        asked_notes=knowledge.notes,
        tasks=stores.tasks,
        proposals=stores.proposals,
        gaps=knowledge.gaps,
        knowledge_figures=knowledge.figures,
        regions_of=knowledge.regions_of,
        tickets=stores.tickets,
        identities=stores.identities,
        desk=parts.desk,
        queries=parts.queries,
        people=stores.people,
        staff=stores.staff,
        console_notices=stores.console_notices,
        late_messages=stores.late_messages,
        late_promises=LatePromises(stores.late_messages, parts.claims),
        scenes=stores.scenes,
        menus=stores.menus,
        reply_templates=stores.reply_templates,
        saved_views=stores.saved_views,
        first_views=stores.first_views,
        dialogue=parts.live.answer,
        delivery=parts.delivery,
        reports=parts.delivery.reports,
        wechat_accounts=opened.accounts,
        wechat_clients=clients,
        pictures=stores.pictures,
        photos=stores.photos,
        media=MediaSource(clients, opened.http, settings.wechat_api_base),
        oauth={
            name: OAuth(account, opened.http, settings.wechat_api_base, open_base(settings))
            for name, account in opened.accounts.items()
        },
    )


async def _desk(opened: Opened, stores: Stores, first: LiveSet, rosters: KnownRosters) -> ServiceDesk:
    """Where every ticket is written; its alarms go to whoever is on duty."""
    rules = await stores.profiles.rules(opened.settings.profile)
    desk = ServiceDesk(
        tickets=stores.tickets,
        identities=stores.identities,
        profile=rules.profile,
        triage=replace(triage_tools(first), precedents=stores.precedents),
        vault=opened.vault,
        planner=alarm_delivery.planner(
            lambda ticket: desk.profile_of(ticket),
            lambda: rosters.roster,
            by_sms=bool(opened.settings.sms_url),
            by_callback=bool(opened.settings.hotline_callback_url),
        ),
        register=stores.disclosure,
    )
    return desk


async def _delivery(opened: Opened, stores: Stores, desk: ServiceDesk) -> DeliveryParts:
    """How notices reach citizens, and what is heard of them afterwards."""
    reports = DeliveryReports(
        opened.database, ledger=desk.notices, subscriptions=stores.subscriptions, accounts=opened.accounts
    )
    await reports.prepare()
    return DeliveryParts(
        sms=sms_gateway(opened.settings, opened.http),
        platform=platform_of(opened.settings, opened.http),
        subscriptions=stores.subscriptions,
        reports=reports,
        waiting=WaitingCitizens(opened.redis, opened.vault, stores.identities),
        windows=Windows(opened.redis, opened.vault),
        asked=AskedCitizens(opened.redis, opened.vault),
    )


async def _rules(opened: Opened, live: LiveModels) -> tuple[LiveRules, RulesOfAccounts]:
    """The rules of time of the installation, and those accounts have of their own; both at work already."""

    def units() -> Units:
        return live.current.reference.units

    rules = LiveRules(opened.database, opened.settings.profile, units=units, use=live.use_profile)
    await rules.refresh()
    of_accounts = RulesOfAccounts(
        opened.database,
        (account.profile for account in opened.accounts.values() if account.profile),
        units=units,
        use=live.use_profiles,
    )
    await of_accounts.refresh()
    return rules, of_accounts
