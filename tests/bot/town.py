"""A small town for the dialogue's tests: real tickets, units and calendar behind a desk that keeps them in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.conversations.dialogue import hold_turn
from bot.conversations.errands import Errands
from bot.followers.scenes import ScenePlace
from bot.talk.session import Asked, Picture, Scene, Session, Understanding
from bot.wechat.messages import IncomingMessage, MessageKind
from classifier.model import Guess
from classifier.signals import Emergency, EmergencyKind, find_emergency
from knowledge_base.answering.outcome import Answer, Choice, Citation, Refusal, RefusalReason, Suggestion
from knowledge_base.gaps.gathering import Lack
from routing.citizen_request import Channel, Citizen, CitizenRequest
from routing.departments import Units, load_units
from routing.errors import ExternalNumberConflict, UnknownTicket
from routing.ticket import Rating, Ticket, fingerprint
from routing.workflow import CITIZEN, SYSTEM
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, PROFILE, a_liaison

UNITS: Units = load_units()
ACCOUNT = "county"


class Desk:
    """Every rule is the real aggregate's; only the keeping is in memory. Each ticket goes to one unit."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.citizens: dict[str, Citizen] = {}
        self.requests: list[CitizenRequest] = []

    async def register(self, request: CitizenRequest, *, now: datetime) -> Ticket:
        for ticket in self.tickets.values():
            if ticket.external_number == request.external_number:
                if ticket.fingerprint != fingerprint(request):
                    raise ExternalNumberConflict(request.external_number)
                return ticket
        self.requests.append(request)
        number = f"HY261116{len(self.tickets) + 1:04d}"
        ticket = Ticket.register(request, number=number, profile=PROFILE, actor=CITIZEN, now=now)
        ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=SYSTEM, now=now)
        self.tickets[number], self.citizens[number] = ticket, request.citizen
        return ticket

    async def find_by_external_number(self, channel: Channel, external_number: str) -> Ticket | None:
        found = (t for t in self.tickets.values() if t.external_number == external_number)
        return next(found, None)

    def query_code(self, number: str) -> str:
        return f"{int(number[-4:]) + 314159:06d}"

    async def supplement(self, number: str, *, text: str, now: datetime, key: str | None = None) -> Ticket:
        return self._act(number, key, lambda t: t.supplement(actor=CITIZEN, now=now, text=text))

    async def remind(self, number: str, *, now: datetime, key: str | None = None) -> Ticket:
        return self._act(number, key, lambda t: t.remind(actor=CITIZEN, now=now, text=None))

    async def rate(self, number: str, *, rating: Rating, now: datetime, key: str | None = None) -> Ticket:
        return self._act(number, key, lambda t: t.rate(rating, actor=CITIZEN, now=now))

    async def withdraw(self, number: str, *, reason: str, now: datetime, key: str | None = None) -> Ticket:
        return self._act(number, key, lambda t: t.withdraw(actor=CITIZEN, now=now, reason=reason))

    async def reopen(self, number: str, *, reason: str, now: datetime, key: str | None = None) -> Ticket:
        return self._act(
            number, key, lambda t: t.reopen(profile=PROFILE, actor=CITIZEN, now=now, reason=reason)
        )

    def resolve(self, number: str, *, text: str, now: datetime) -> None:
        """What the unit does: sign in, answer, close."""
        ticket, liaison = self.tickets[number], a_liaison()
        ticket.accept(actor=liaison, now=now)
        ticket.reply(actor=liaison, now=now, text=text)
        ticket.resolve(actor=liaison, now=now)

    def _act(self, number: str, key: str | None, do: Callable[[Ticket], None]) -> Ticket:
        if number not in self.tickets:
            raise UnknownTicket(number)
        ticket = self.tickets[number]
        if key is None or key not in ticket.done_keys:
            do(ticket)
            ticket.done_keys = (*ticket.done_keys, *((key,) if key else ()))
        return ticket


@dataclass
class Queries:
    desk: Desk

    async def find_with_code(self, number: str, code: str) -> Ticket | None:
        ticket = self.desk.tickets.get(number)
        return ticket if ticket and self.desk.query_code(number) == code else None

    async def of_citizen(self, account: str, openid: str, *, limit: int = 10) -> list[Ticket]:
        mine = [
            ticket
            for number, ticket in self.desk.tickets.items()
            if (self.desk.citizens[number].account, self.desk.citizens[number].openid) == (account, openid)
        ]
        return mine[::-1][:limit]


class KnowledgeBase:
    """Knows one thing, and what it costs when asked right after; offers two for one word, and keeps from two matters."""

    citation = Citation(
        "社会保障卡补换办事指南",
        "清和县人力资源和社会保障局",
        "清人社发〔2025〕8号",
        date(2025, 3, 1),
        date(2025, 3, 1),
    )

    def answer(
        self, question: str, *, on: date, about: str | None = None, regions: frozenset[str] | None = None
    ) -> Answer | Choice | Refusal:
        if question == "医保":
            return Choice(
                (Suggestion("pay", "居民医保怎么缴费？"), Suggestion("remote", "异地看病怎么备案？"))
            )
        if "拆迁" in question:
            return Refusal((), RefusalReason.SENSITIVE, "征地拆迁纠纷")
        if "望川区" in question:
            return Refusal((), RefusalReason.OTHER_REGION, "望川区")
        if "家电" in question:
            return Refusal((), RefusalReason.LAPSED)
        if "社保卡" in question:
            return self._answers("带身份证到任一服务网点，当场补办。", None)
        if "多少钱" in question and about == "card":
            return self._answers("第一次补办免费，以后每次工本费16元。", "fees")
        return Refusal((Suggestion("card", "社保卡丢了怎么补办？"),), RefusalReason.UNSURE)

    def answer_from(
        self, article_id: str, question: str, *, on: date, regions: frozenset[str] | None = None
    ) -> Answer | Refusal:
        if article_id != "pay":
            return Refusal((), RefusalReason.LAPSED)
        return Answer("pay", "居民医保缴费", "每年9月1日至12月31日缴费。", self.citation, 1.0, None)

    def _answers(self, text: str, field_name: str | None) -> Answer:
        return Answer("card", "社会保障卡补换", text, self.citation, 0.93, field_name)


@dataclass
class Hearing:
    """What was kept of questions: (article, helpful), and what was lacking."""

    given: list[tuple[str, bool]] = field(default_factory=list)
    lacks: list[tuple[Lack, str]] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    async def asked(
        self, message: IncomingMessage, outcome: Answer | Choice | Refusal, *, now: datetime
    ) -> None:
        self.outcomes.append(type(outcome).__name__)

    async def chosen(self, key: str, article_id: str) -> None:
        self.outcomes.append(article_id)

    async def helpful(self, key: str, article_id: str, *, now: datetime) -> None:
        self.given.append((article_id, True))

    async def lacking(
        self,
        message: IncomingMessage,
        key: str,
        lack: Lack,
        *,
        question: str,
        article_id: str | None,
        now: datetime,
    ) -> None:
        self.lacks.append((lack, question))
        if article_id is not None:
            self.given.append((article_id, False))


@dataclass
class Pictures:
    kept: dict[str, list[Picture]] = field(default_factory=dict)

    async def put(
        self,
        number: str,
        pictures: tuple[Picture, ...],
        *,
        now: datetime,
        account: str = "",
        voices: tuple[Picture, ...] = (),
    ) -> None:
        self.kept.setdefault(number, []).extend([*pictures, *voices])


_SOUNDS_LIKE = {
    "吵": "complaint",
    "太差": "complaint",
    "坏了": "help",
    "偷排": "report",
    "建议": "suggestion",
}


def understand(text: str) -> Understanding:
    """Fixed readings, so that a transcript does not change when the classifier's rules do."""
    label = next((label for word, label in _SOUNDS_LIKE.items() if word in text), "consultation")
    sure = 0.4 if "天气" in text else 0.9
    return Understanding(Guess("help" if sure < 0.5 else label, sure), _danger(text))


def _danger(text: str) -> Emergency | None:
    if "烟味" in text:
        return Emergency(EmergencyKind.FIRE, "烟味", sure=False)
    return find_emergency(text) if "煤气泄漏" in text or "着火" in text else None


@dataclass
class Town:
    desk: Desk = field(default_factory=Desk)
    hearing: Hearing = field(default_factory=Hearing)
    page: str | None = None
    ticket_page: str | None = None
    consent_page: str | None = None
    has_person: bool = False
    pictures: Pictures = field(default_factory=Pictures)

    @property
    def errands(self) -> Errands:
        return Errands(
            desk=self.desk,
            queries=Queries(self.desk),
            answerer=KnowledgeBase(),
            hearing=self.hearing,
            pictures=self.pictures,
            units=UNITS,
            calendar=PROFILE.calendar,
            page=lambda article_id: self.page,
            has_person=lambda account: self.has_person,
            ticket_page=lambda account, number: self.ticket_page,
            subscribe_page=self._consent,
        )

    async def _consent(self, account: str, openid: str) -> str | None:
        return self.consent_page


@dataclass
class Chat:
    """One citizen's phone. Every message comes a second after the last."""

    town: Town = field(default_factory=Town)
    openid: str = "o-wang-jianguo"
    now: datetime = MONDAY_9_30
    session: Session = field(default_factory=Session)
    count: int = 0
    asked: Asked | None = None
    """What a notice asked last."""
    handed_over: bool = False
    """Whether the last message went on to a person at the desk."""

    async def scans(self, label: str, place: str, *, event: str = "scan", unit_id: str | None = None) -> str:
        scene = ScenePlace("w3", label, place, unit_id)
        return str(await self.sends_quietly(MessageKind.EVENT, scene=scene, event=event, event_key="w3"))

    async def says(self, text: str, *, tapped: bool = False) -> str:
        return await self.sends(MessageKind.TEXT, content=text, menu_choice="101" if tapped else None)

    async def sends(self, kind: MessageKind, **fields: object) -> str:
        reply = await self.sends_quietly(kind, **fields)
        assert reply is not None
        return reply

    async def sends_quietly(
        self, kind: MessageKind, *, scene: Scene | None = None, welcome: str | None = None, **fields: object
    ) -> str | None:
        self.now += timedelta(seconds=1)
        self.count += 1
        message = IncomingMessage(
            account=ACCOUNT,
            openid=self.openid,
            kind=kind,
            message_id=f"{self.openid}-{self.count}",
            created_at=self.now,
            **fields,  # type: ignore[arg-type]
        )
        held = await hold_turn(
            self.session,
            message,
            errands=self.town.errands,
            understand=understand,
            now=self.now,
            scene=scene,
            welcome=welcome,
            asked=self.asked,
        )
        self.session = held.session
        self.handed_over = held.reply is not None and held.reply.hand_over
        return held.reply.text or None if held.reply is not None else None

    def hears_of_the_end(self, number: str, *, listed: bool = True) -> None:
        """The unit closes the ticket, and the notice asks how it was handled."""
        self.now += timedelta(seconds=1)
        self.town.desk.resolve(number, text="路灯已经修好，请您查看。", now=self.now)
        self.asked = Asked(number, self.now, listed)

    def waits(self, **pause: float) -> None:
        self.now += timedelta(**pause)
