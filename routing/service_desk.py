"""Every write to a ticket: load, ask the aggregate, save once. Nobody else writes tickets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Unpack

import structlog

from routing.acts import answers, returns
from routing.acts.acting import Acting, Answering, Excuse, ForCitizen, Given
from routing.acts.aftercare_desk import AftercareDesk
from routing.acts.joint_desk import JointDesk
from routing.acts.link_desk import LinkDesk
from routing.acts.notice_desk import NoticeDesk
from routing.acts.review_desk import ReviewDesk
from routing.acts.writing import NoticePlanner as NoticePlanner
from routing.acts.writing import TicketWriter, may_read
from routing.citizen_request import Channel, Citizen, CitizenRequest, Secrecy
from routing.departments import UnitId
from routing.disclosure.desk import DisclosureDesk, NumbersApplications
from routing.errors import (
    ExternalNumberConflict,
    Incomplete,
    NotYourRole,
    NotYourUnit,
    StaleTicket,
    UnknownTicket,
    UnknownUnit,
)
from routing.events import RejectReason
from routing.identity import Vault
from routing.store import IdentityStore, Sweep, TicketStore
from routing.ticket import Rating, Ticket, fingerprint
from routing.timing.sla import Profile
from routing.triage.triage_tools import FindsPrecedents as FindsPrecedents
from routing.triage.triage_tools import TriageTools as TriageTools
from routing.workflow import CENTRE_ROLES, CITIZEN, SYSTEM, Actor, Role

log = structlog.get_logger(__name__)

_PUT_OFF = timedelta(minutes=5)
OWN_ACCOUNT = "市民在本单位的公众号里反映"
"""Why a department has what triage was not sure of: the citizen came to its own account."""


class ServiceDesk:
    """The one place that changes tickets. Every method returns the ticket as saved.

    Every act is told whose it is (``actor``), ``now``, and ``version``: what the caller last read; None (the
    citizen's and the system's acts) means "whatever it is now". An act that lost a race is taken again from what the
    winner saved, and refused with ``StaleTicket`` only when a person's act came between. Refusals derive from
    ``routing.errors.Refused``.

    The straight path, the citizen's acts and the worker's stand here; the rest by theme: ``reviews``, ``joint``,
    ``links``, ``aftercare``, ``notices``, ``disclosure``.
    """

    def __init__(
        self,
        *,
        tickets: TicketStore,
        identities: IdentityStore,
        profile: Profile,
        triage: TriageTools,
        vault: Vault,
        planner: NoticePlanner,
        register: NumbersApplications | None = None,
    ) -> None:
        self._tickets = tickets
        self._identities = identities
        self._vault = vault
        self.triage = triage
        self._writer = TicketWriter(
            tickets=tickets, profile=profile.for_units(triage.units.all()), planner=planner
        )
        self.reviews = ReviewDesk(self._writer)
        self.joint = JointDesk(self._writer, lambda: self.triage.units)
        self.links = LinkDesk(self._writer)
        self.aftercare = AftercareDesk(self._writer)
        self.notices = NoticeDesk(self._writer, identities)
        self.disclosure = DisclosureDesk(self._writer, register)

    @property
    def profile(self) -> Profile:
        """The rules of time for new promises; replaceable while running, promises made stay as they are."""
        return self._writer.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._writer.profile = profile.for_units(self.triage.units.all())

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The other rules of time, by name, for tickets of accounts that have their own."""
        return self._writer.profiles

    @profiles.setter
    def profiles(self, profiles: Mapping[str, Profile]) -> None:
        units = self.triage.units.all()
        self._writer.profiles = {name: profile.for_units(units) for name, profile in profiles.items()}

    def profile_named(self, name: str | None) -> Profile:
        """Those rules of time, or the installation's."""
        return self._writer.profile_named(name)

    def profile_of(self, ticket: Ticket) -> Profile:
        """The rules of time this ticket's promises are made by."""
        return self._writer.profile_of(ticket)

    # ---- intake

    async def register(
        self, request: CitizenRequest, *, now: datetime, actor: Actor = CITIZEN, answer: str | None = None
    ) -> Ticket:
        """Register once per (channel, external number); the same request again gives the same ticket. With ``answer``
        it is registered and answered in one write (直接答复办结): no unit ever hears of it."""
        earlier = await self.find_registered(request)
        if earlier is not None:
            return earlier
        number = await self._tickets.next_number(now)
        ticket = self.draft(request, number=number, now=now, actor=actor, answer=answer)
        # Identity first: a crash in between leaves a record without a ticket, never a ticket without its citizen.
        await self._identities.put(number, request.citizen)
        if not await self._tickets.add(ticket):
            await self._identities.discard(number)
            raced = await self.find_registered(request)
            assert raced is not None
            return raced
        return ticket

    async def find_registered(self, request: CitizenRequest) -> Ticket | None:
        """The ticket this request already became; raises ``ExternalNumberConflict`` when the text differs."""
        earlier = await self._tickets.find_by_external_number(request.channel, request.external_number)
        if earlier is not None and earlier.fingerprint != fingerprint(request):
            raise ExternalNumberConflict(request.external_number)
        return earlier

    async def find_by_external_number(self, channel: Channel, external_number: str) -> Ticket | None:
        """The ticket registered under that number, whatever its text."""
        return await self._tickets.find_by_external_number(channel, external_number)

    def draft(
        self,
        request: CitizenRequest,
        *,
        number: str,
        now: datetime,
        actor: Actor = CITIZEN,
        answer: str | None = None,
    ) -> Ticket:
        """Register and triage without saving: the whole decision, in memory."""
        profile = self._writer.profile_named(request.profile)
        ticket = Ticket.register(request, number=number, profile=profile, actor=actor, now=now)
        decision, topic = self.triage.decide(request)
        ticket.topic, ticket.topic_confidence = topic.label, topic.confidence
        if answer is not None:
            # A person decided before the machine was asked: there is no dispatch to judge it by.
            ticket.answer_directly(actor=actor, now=now, text=answer, profile=profile)
        elif decision.automatic and decision.chosen is not None:
            ticket.triage = decision
            ticket.dispatch(decision.chosen.unit_id, profile=profile, actor=SYSTEM, now=now)
        elif (owner := self._owner(request)) is not None:
            # The decision stays a doubtful one: it is no dispatch of the machine's to be judged by.
            ticket.triage = decision
            ticket.dispatch(owner, profile=profile, actor=SYSTEM, now=now, reason=OWN_ACCOUNT)
        else:
            ticket.leave_to_a_person(decision, actor=SYSTEM, now=now)
        ticket.plan_notices(self._writer.planner, since=0)
        return ticket

    def _owner(self, request: CitizenRequest) -> UnitId | None:
        """The department whose own door it came through; None where the tables have no such unit any more."""
        if request.leave_to is None:
            return None
        try:
            return self.triage.units.get(request.leave_to).id
        except UnknownUnit:
            log.error("account's department unknown", unit=request.leave_to)
            return None

    def query_code(self, number: str) -> str:
        """Six digits that go with the number, for asking about progress."""
        return self._vault.query_code(number)

    # ---- the centre and the units

    async def dispatch(
        self, number: str, unit_id: UnitId, *, reason: str | None = None, **acting: Unpack[Acting]
    ) -> Ticket:
        self.triage.units.get(unit_id)
        return await self._writer.do(
            number, lambda t, given: t.dispatch(unit_id, **given.timed, reason=reason), **acting
        )

    async def transfer(
        self, number: str, unit_id: UnitId, *, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        self.triage.units.get(unit_id)
        return await self._writer.do(
            number, lambda t, given: t.transfer(unit_id, **given.timed, reason=reason), **acting
        )

    async def accept(self, number: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(number, lambda t, given: t.accept(**given.by), **acting)

    async def contact(self, number: str, *, text: str, **acting: Unpack[Acting]) -> Ticket:
        return await self._writer.do(number, lambda t, given: t.contact(**given.by, text=text), **acting)

    async def reply(self, number: str, *, text: str, **answering: Unpack[Answering]) -> Ticket:
        return await self._answer(
            number, lambda t, given, excuse: t.reply(**given.timed, text=text, **excuse), answering
        )

    async def interim_reply(self, number: str, *, text: str, **answering: Unpack[Answering]) -> Ticket:
        """阶段答复."""
        return await self._answer(
            number,
            lambda t, given, excuse: answers.interim_reply(t, **given.by, text=text, **excuse),
            answering,
        )

    async def resolve(
        self, number: str, *, text: str | None = None, **answering: Unpack[Answering]
    ) -> Ticket:
        """办结; with ``text`` the answer is given and the ticket closed in one write (答复并办结). Where answers are
        reviewed first, the answer is handed in and the ticket stays open."""

        def answer_and_close(ticket: Ticket, given: Given, excuse: Excuse) -> None:
            if text is not None:
                ticket.reply(**given.timed, text=text, **excuse)
            if text is None or not given.profile.review_replies:
                ticket.resolve(**given.timed)

        return await self._answer(number, answer_and_close, answering)

    async def answer_directly(self, number: str, *, text: str, **answering: Unpack[Answering]) -> Ticket:
        return await self._answer(
            number, lambda t, given, excuse: t.answer_directly(**given.timed, text=text, **excuse), answering
        )

    async def _answer(
        self, number: str, act: Callable[[Ticket, Given, Excuse], object], answering: Answering
    ) -> Ticket:
        excuse = Excuse(doubts=answering.get("doubts", ()), despite=answering.get("despite"))
        return await self._writer.do(
            number,
            lambda t, given: act(t, given, excuse),
            actor=answering["actor"],
            version=answering["version"],
            now=answering["now"],
        )

    async def request_return(
        self, number: str, *, reason: str, basis: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: returns.request_return(
                t, **given.timed, reason=reason, basis=basis, fallback=self.triage.units.fallback.id
            ),
            **acting,
        )

    async def decide_return(
        self, number: str, *, approved: bool, reason: str, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number,
            lambda t, given: returns.decide_return(
                t, approved=approved, **given.timed, reason=reason, fallback=self.triage.units.fallback.id
            ),
            **acting,
        )

    async def reject(
        self, number: str, *, reason: str, kind: RejectReason = RejectReason.OTHER, **acting: Unpack[Acting]
    ) -> Ticket:
        return await self._writer.do(
            number, lambda t, given: t.reject(**given.by, reason=reason, kind=kind), **acting
        )

    # ---- the citizen

    async def supplement(self, number: str, *, text: str, **asked: Unpack[ForCitizen]) -> Ticket:
        return await self._asked(number, lambda t, given: t.supplement(**given.timed, text=text), asked)

    async def remind(self, number: str, *, text: str | None = None, **asked: Unpack[ForCitizen]) -> Ticket:
        return await self._asked(number, lambda t, given: t.remind(**given.by, text=text), asked)

    async def rate(self, number: str, *, rating: Rating, **asked: Unpack[ForCitizen]) -> Ticket:
        return await self._asked(number, lambda t, given: t.rate(rating, **given.timed), asked)

    async def reopen(self, number: str, *, reason: str, **asked: Unpack[ForCitizen]) -> Ticket:
        return await self._asked(number, lambda t, given: t.reopen(**given.timed, reason=reason), asked)

    async def withdraw(self, number: str, *, reason: str, **asked: Unpack[ForCitizen]) -> Ticket:
        return await self._asked(number, lambda t, given: t.withdraw(**given.by, reason=reason), asked)

    async def _asked(self, number: str, act: Callable[[Ticket, Given], object], asked: ForCitizen) -> Ticket:
        return await self._writer.do(
            number,
            act,
            key=asked.get("key"),
            actor=asked.get("actor", CITIZEN),
            version=asked.get("version"),
            now=asked["now"],
        )

    # ---- identity

    async def reveal(self, number: str, *, actor: Actor, reason: str, now: datetime) -> Citizen:
        """The citizen's name and phone, for a reason that is logged.

        The handling unit may see a 公开 citizen only; 保密 and 匿名 stay with the centre (domain §5).
        """
        if not reason.strip():
            raise Incomplete("reason")
        ticket = await self._tickets.get(number)
        if not may_read(ticket, actor):
            raise UnknownTicket(number)
        if not actor.answers_for(ticket.unit_id):
            raise NotYourUnit("reveal")
        if not may_reveal(ticket, actor):
            raise NotYourRole("reveal", actor.role)
        return await self._identities.read(number, reader=actor, reason=reason.strip(), now=now)

    # ---- the worker

    async def check_deadlines(self, now: datetime, *, limit: int = 200) -> int:
        """Note limits that came near or passed; returns how many tickets had one."""
        numbers = await self._tickets.numbers_due(Sweep.DEADLINES, now, limit=limit)
        for number in numbers:
            try:
                await self._writer.act(
                    number,
                    SYSTEM,
                    None,
                    lambda t: t.check_deadlines(actor=SYSTEM, now=now, profile=self.profile_of(t)),
                )
            except StaleTicket:
                continue  # somebody is at work on it; the next sweep looks again
            except Exception as error:
                # One ticket that cannot be read or saved must not stop the watch over all others.
                log.error("deadline not noted", number=number, error=type(error).__name__)
                await self._tickets.put_off(number, Sweep.DEADLINES, now + _PUT_OFF)
        return len(numbers)


def may_reveal(ticket: Ticket, actor: Actor) -> bool:
    """Whether this reader may ask for the citizen's identity at all."""
    if actor.role is Role.SYSTEM or actor.role in CENTRE_ROLES:
        return True
    return actor.role is Role.LIAISON and ticket.secrecy is Secrecy.PUBLIC
