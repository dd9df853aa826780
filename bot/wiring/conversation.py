"""The dialogue with citizens: what it may have done, what it erases, and where it goes on after an outage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from bot.conversations.claims import Claims
from bot.conversations.dialogue import Dialogue, Forget
from bot.conversations.errands import Errands
from bot.conversations.outage import Outage
from bot.delivery.waiting import WaitingCitizens
from bot.intake import NO_RULES, DoorRules
from bot.knowledge.hearing import QuestionsHeard
from bot.knowledge.live import LiveAnswers
from bot.knowledge.pages import public_page
from bot.stores import Stores
from bot.talk.consent_pages import ConsentPages
from bot.web.citizen_links import citizen_page
from bot.web.citizen_sessions import CitizenSessions
from bot.wiring.knowledge import Knowledge
from bot.wiring.opened import Opened
from knowledge_base.answering.answer import Answer, Outcome, Refusal
from routing.departments import UnitId
from routing.queries import Queries
from routing.service_desk import ServiceDesk


async def build_dialogue(
    opened: Opened,
    stores: Stores,
    *,
    knowledge: Knowledge,
    desk: ServiceDesk,
    queries: Queries,
    claims: Claims,
    waiting: WaitingCitizens,
) -> Dialogue:
    """Over Redis and MongoDB; what another process still owes after an outage, this one takes over."""
    accounts = opened.accounts
    outage = Outage(stores.conversations)
    await outage.take_over()
    return Dialogue(
        conversations=stores.conversations,
        errands=_errands(opened, stores, knowledge, desk, queries),
        forget=_forgetting(opened, stores, knowledge.hearing),
        claims=claims,
        outage=outage,
        jotted=knowledge.jotted,
        resume=partial(waiting.resume, desk.notices),
        scenes=stores.scenes.find,
        welcome=lambda account: accounts[account].welcome if account in accounts else None,
    )


def _errands(
    opened: Opened, stores: Stores, knowledge: Knowledge, desk: ServiceDesk, queries: Queries
) -> Errands:
    """What the dialogue may have done, by the rules of the account somebody writes to."""
    accounts, public_url = opened.accounts, opened.settings.public_url

    def door(account: str) -> DoorRules:
        known = accounts.get(account)
        if known is None:
            return NO_RULES
        leave_to = UnitId(known.default_unit) if known.default_unit else None
        return DoorRules(profile=known.profile, leave_to=leave_to)

    def telephone(account: str) -> str:
        known = accounts.get(account)
        return (known.service_phone if known else None) or "12345"

    def has_person(account: str) -> bool:
        known = accounts.get(account)
        return known is not None and known.person

    return Errands(
        desk=desk,
        queries=queries,
        answerer=_AtWork(knowledge.answers),
        hearing=knowledge.jotted,
        pictures=stores.pictures,
        units=desk.triage.units,
        calendar=desk.profile.calendar,
        hours=lambda account: desk.profile_named(door(account).profile).calendar,
        regions=knowledge.regions_of,
        door=door,
        page=lambda article_id: public_page(public_url, article_id),
        has_person=has_person,
        service_phone=telephone,
        ticket_page=lambda account, number: citizen_page(public_url, account, number),
        subscribe_page=ConsentPages(stores.subscriptions, accounts, public_url).wanted_by,
    )


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


def _forgetting(opened: Opened, stores: Stores, hearing: QuestionsHeard) -> Forget:
    """What is erased beside the conversation when a citizen takes the authorisation back."""
    sessions = CitizenSessions(opened.redis, opened.vault, opened.settings.key_bytes())

    async def forget(account: str, openid: str, keys: Iterable[str]) -> None:
        await hearing.forget(account, openid, keys)
        await stores.photos.erase_loose(account, openid)
        await sessions.end_all_of(account, openid, now=opened.clock())
        await stores.subscriptions.erase(account, openid)
        await stores.late_messages.erase(account, openid)

    return forget
