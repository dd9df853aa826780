"""What the dialogue may have done for a citizen, executed: acts in, outcomes out, refusals as values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol

import structlog

from bot.intake import NO_RULES, DoorRules, Registers, register_citizen_request
from bot.talk.filed_text import added_since as added_since
from bot.talk.filed_text import filed_text as filed_text
from bot.talk.outcomes import Done, Filed, Found, Mine, Outcome, PersonHours
from bot.talk.question_outcomes import LACKS, Told, shown
from bot.talk.session import (
    Act,
    AskKnowledge,
    Draft,
    FileTicket,
    FindProgress,
    HandToPerson,
    Heard,
    ListMine,
    NoteLack,
    Picture,
    QuoteEntry,
    Rate,
    RecordFeedback,
    Remind,
    Reopen,
    ShowTicket,
    Supplement,
    Withdraw,
)
from bot.talk.spoken_forms import simplified
from bot.ticket_view import view_of
from bot.wechat.messages import IncomingMessage
from knowledge_base.answering.outcome import Answer, Choice, Refusal
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import Channel, Citizen, RequestType, Secrecy
from routing.departments import UnitId, Units
from routing.errors import ExternalNumberConflict, Refused
from routing.ticket import Rating, Ticket
from routing.timing.working_calendar import CHINA, WorkingCalendar

log = structlog.get_logger(__name__)

_MOST_MINE = 60
"""So many of their own tickets a citizen can turn the pages of in the chat."""


class Desk(Registers, Protocol):
    """The service desk as a citizen uses it; ``key`` makes a repeated act count once."""

    def query_code(self, number: str) -> str: ...

    async def find_by_external_number(self, channel: Channel, external_number: str) -> Ticket | None: ...

    async def supplement(
        self, number: str, *, text: str, now: datetime, key: str | None = None
    ) -> Ticket: ...

    async def remind(self, number: str, *, now: datetime, key: str | None = None) -> Ticket: ...

    async def rate(self, number: str, *, rating: Rating, now: datetime, key: str | None = None) -> Ticket: ...

    async def withdraw(
        self, number: str, *, reason: str, now: datetime, key: str | None = None
    ) -> Ticket: ...

    async def reopen(self, number: str, *, reason: str, now: datetime, key: str | None = None) -> Ticket: ...


class Reads(Protocol):
    """The two reads of tickets a citizen has."""

    async def find_with_code(self, number: str, code: str) -> Ticket | None: ...

    async def of_citizen(self, account: str, openid: str, *, limit: int = 10) -> Sequence[Ticket]: ...


class Answers(Protocol):
    """The knowledge base; ``regions`` None asks for the installation's own place."""

    def answer(
        self, question: str, *, on: date, about: str | None = None, regions: frozenset[str] | None = None
    ) -> Answer | Choice | Refusal: ...

    def answer_from(
        self, article_id: str, question: str, *, on: date, regions: frozenset[str] | None = None
    ) -> Answer | Refusal: ...


class Hearing(Protocol):
    """Where it is kept what citizens asked and whether it helped; idempotent by the question's key."""

    async def asked(
        self, message: IncomingMessage, outcome: Answer | Choice | Refusal, *, now: datetime
    ) -> None: ...

    async def chosen(self, key: str, article_id: str) -> None: ...

    async def helpful(self, key: str, article_id: str, *, now: datetime) -> None: ...

    async def lacking(
        self,
        message: IncomingMessage,
        key: str,
        lack: Lack,
        *,
        question: str,
        article_id: str | None,
        now: datetime,
    ) -> None: ...


class Pictures(Protocol):
    """Which photos belong to which ticket; idempotent by photo."""

    async def put(
        self,
        number: str,
        pictures: tuple[Picture, ...],
        *,
        now: datetime,
        account: str = "",
        voices: tuple[Picture, ...] = (),
    ) -> None: ...


def _anywhere(account: str) -> frozenset[str] | None:
    return None


def _no_rules(account: str) -> DoorRules:
    return NO_RULES


def _no_page(article_id: str) -> str | None:
    return None


def _hotline(account: str) -> str:
    return "12345"


def _nobody(account: str) -> bool:
    return False


def _no_ticket_page(account: str, number: str) -> str | None:
    return None


async def _no_consent_asked(account: str, openid: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Errands:
    """Does what a turn asks. Filing is idempotent by the draft's id, every other act by the message's key."""

    desk: Desk
    queries: Reads
    answerer: Answers
    hearing: Hearing
    pictures: Pictures
    units: Units
    calendar: WorkingCalendar
    hours: Callable[[str], WorkingCalendar] | None = None
    """Account → when its office is open, where accounts have rules of time of their own."""
    regions: Callable[[str], frozenset[str] | None] = _anywhere
    """Account → the places whose rules hold for whoever writes there."""
    door: Callable[[str], DoorRules] = _no_rules
    """Account → its own rules of time, and the department whose it is."""
    page: Callable[[str], str | None] = _no_page
    """Article id → the public page that says all of it."""
    has_person: Callable[[str], bool] = _nobody
    service_phone: Callable[[str], str] = _hotline
    """Account → the telephone of its people."""
    """Account → whether a talk there can be handed over to a person while the office is open."""
    ticket_page: Callable[[str, str], str | None] = _no_ticket_page
    """Account and number → the citizen's own page of the ticket."""
    subscribe_page: Callable[[str, str], Awaitable[str | None]] = _no_consent_asked
    """Account and openid → where consent to notices is given, if it may be asked for."""

    async def run(self, act: Act, heard: Heard) -> Outcome:
        try:
            return await self._do(act, heard)
        except Refused as refused:
            log.info("citizen act refused", act=type(act).__name__, refused=type(refused).__name__)
            return refused

    async def _do(self, act: Act, heard: Heard) -> Outcome:
        message, now = heard.message, heard.now
        match act:
            case AskKnowledge() | QuoteEntry() | RecordFeedback() | NoteLack():
                return await self._on_question(act, heard)
            case FileTicket():
                return await self._file(act, heard)
            case FindProgress(number, code):
                return await self._find(number, code, message)
            case ListMine():
                mine = await self.queries.of_citizen(message.account, message.openid, limit=_MOST_MINE)
                return Mine(tuple(view_of(ticket, self.units) for ticket in mine))
            case ShowTicket(number):
                return await self._find(number, self.desk.query_code(number), message)
            case HandToPerson(only_told):
                opens_at = self._opens_at(now, message.account)
                return PersonHours(
                    opens_at,
                    here=opens_at is None and not only_told and self.has_person(message.account),
                    phone=self.service_phone(message.account),
                )
            case _:
                ticket = await self._act_on_ticket(act, heard)
                return Done(view_of(ticket, self.units), self._opens_at(now, message.account))

    async def _on_question(
        self, act: AskKnowledge | QuoteEntry | RecordFeedback | NoteLack, heard: Heard
    ) -> Told | Choice | Refusal | None:
        message, now = heard.message, heard.now
        key = message.key
        match act:
            case AskKnowledge(question, about):
                regions = self.regions(message.account)
                found = self.answerer.answer(
                    simplified(question), on=_today(now), about=about, regions=regions
                )
                # At an offer it may turn out to be more to the report, no question the library failed.
                unanswered = isinstance(found, Refusal) and found.reason in LACKS
                if not (act.offered and unanswered) and shown(act, found):
                    await self.hearing.asked(message, found, now=now)
                return self._told(found) if isinstance(found, Answer) else found
            case QuoteEntry(article_id, question, asked):
                regions = self.regions(message.account)
                quoted = self.answerer.answer_from(article_id, question, on=_today(now), regions=regions)
                if isinstance(quoted, Refusal):
                    return quoted
                await self.hearing.chosen(asked or key, article_id)
                return self._told(quoted)
            case RecordFeedback(article_id, True, asked, _):
                await self.hearing.helpful(asked or key, article_id, now=now)
            case RecordFeedback(article_id, False, asked, question):
                await self.hearing.lacking(
                    message, asked or key, Lack.UNHELPFUL, question=question, article_id=article_id, now=now
                )
            case NoteLack(asked, question, lack):
                await self.hearing.lacking(
                    message, asked or key, lack, question=question, article_id=None, now=now
                )
        return None

    def _told(self, found: Answer) -> Told:
        return Told(found, self.page(found.article_id))

    async def _act_on_ticket(
        self, act: Supplement | Remind | Rate | Withdraw | Reopen, heard: Heard
    ) -> Ticket:
        key, now = heard.message.key, heard.now
        match act:
            case Supplement(number, text, pictures):
                if pictures:
                    key = _burst(heard.message)
                ticket = await self.desk.supplement(number, text=text, now=now, key=key)
                await self.pictures.put(number, pictures, now=now, account=heard.message.account)
                return ticket
            case Remind(number):
                return await self.desk.remind(number, now=now, key=key)
            case Rate(number, stars, reasons, resolved, comment):
                rating = Rating(stars=stars, resolved=resolved, reasons=reasons, comment=comment)
                return await self.desk.rate(number, rating=rating, now=now, key=key)
            case Withdraw(number, reason):
                why = f"市民在微信里撤回：{reason}" if reason else "市民在微信里撤回"
                return await self.desk.withdraw(number, reason=why, now=now, key=key)
            case Reopen(number, reason):
                return await self.desk.reopen(number, reason=reason, now=now, key=key)

    async def _file(self, act: FileTicket, heard: Heard) -> Filed:
        """Register the draft; one that was registered before, as after a lost race or a crash, gets what was
        added to it since. No refusal of the addition may hide the number."""
        draft, now = act.draft, heard.now
        ticket, left_out = await self._registered(draft, heard, act.at_unit), None
        account = heard.message.account
        await self.pictures.put(ticket.number, draft.pictures, now=now, account=account, voices=draft.voices)
        added = added_since(ticket, draft)
        if added:
            key = f"{draft.id}:{sha256(added.encode()).hexdigest()[:16]}"
            try:
                ticket = await self.desk.supplement(ticket.number, text=added, now=now, key=key)
            except Refused as refused:
                left_out = refused
        chosen = draft.secrecy or Secrecy.SECRET
        return Filed(
            view_of(ticket, self.units),
            self.desk.query_code(ticket.number),
            self._opens_at(now, heard.message.account),
            left_out=left_out,
            kept_secrecy=ticket.secrecy if ticket.secrecy is not chosen else None,
            page=self.ticket_page(heard.message.account, ticket.number),
            subscribe=await self._subscribe_page(heard.message),
        )

    async def _subscribe_page(self, message: IncomingMessage) -> str | None:
        try:
            return await self.subscribe_page(message.account, message.openid)
        except Exception as error:
            # The ticket is filed: nothing may keep its number from the citizen.
            log.warning("consents not read", error=type(error).__name__)
            return None

    async def _registered(self, draft: Draft, heard: Heard, at_unit: str | None) -> Ticket:
        message = heard.message
        try:
            return await register_citizen_request(
                self.desk,
                channel=Channel.WECHAT,
                external_number=draft.id,
                text=filed_text(draft),
                citizen=Citizen(
                    name=draft.name,
                    phone=draft.phone,
                    account=message.account,
                    openid=message.openid,
                    secrecy=draft.secrecy or Secrecy.SECRET,
                ),
                received_at=heard.now,
                now=heard.now,
                request_type=draft.request_type or RequestType.HELP,
                place=draft.place,
                tier=draft.tier,
                door=self.door(message.account),
                at_unit=UnitId(at_unit) if at_unit else None,
            )
        except ExternalNumberConflict:
            # The draft's id is ours and this citizen's, so the number can only be this very draft's.
            ticket = await self.desk.find_by_external_number(Channel.WECHAT, draft.id)
            if ticket is None:
                raise
            return ticket

    async def _find(self, number: str, code: str | None, message: IncomingMessage) -> Found:
        """One's own ticket opens without a code; any other needs number and code together."""
        if code is None:
            mine = await self.queries.of_citizen(message.account, message.openid, limit=100)
            ticket = next((t for t in mine if t.number == number), None)
        else:
            ticket = await self.queries.find_with_code(number, code)
        page = self.ticket_page(message.account, number) if ticket else None
        return Found(view_of(ticket, self.units) if ticket else None, page)

    def _opens_at(self, now: datetime, account: str) -> datetime | None:
        """When work begins again; None while the office is open."""
        calendar = self.hours(account) if self.hours is not None else self.calendar
        return None if calendar.is_open(now) else calendar.next_opening(now)


def _today(now: datetime) -> date:
    return now.astimezone(CHINA).date()


def _burst(message: IncomingMessage) -> str:
    """The key of all photos of one minute: nine sent together are one event on the ticket, not nine."""
    return f"pictures:{int(message.created_at.timestamp()) // 60}"
