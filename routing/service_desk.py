"""Every write to a ticket: load, ask the aggregate, save once. Nobody else writes tickets."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from routing.acts.aftercare_desk import AftercareDesk
from routing.acts.joint_desk import JointDesk
from routing.acts.link_desk import LinkDesk
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
)
from routing.events import NoticeState, OutboxEntry, RejectReason
from routing.identity import Vault
from routing.store import IdentityStore, Sweep, TicketStore
from routing.ticket import Rating, Ticket, fingerprint
from routing.timing.sla import Profile
from routing.triage.triage_tools import FindsPrecedents as FindsPrecedents
from routing.triage.triage_tools import TriageTools as TriageTools
from routing.workflow import CENTRE_ROLES, CITIZEN, SYSTEM, Actor, Role

log = structlog.get_logger(__name__)

_PUT_OFF = timedelta(minutes=5)
INTERRUPTED = "interrupted"
"""The failure noted for a delivery whose worker died while sending."""


class ServiceDesk:
    """The one place that changes tickets. Every method returns the ticket as saved.

    ``version`` is what the caller last read; None (the citizen's and the system's acts) means "whatever it is
    now". An act that lost a race is taken again from what the winner saved, and refused with ``StaleTicket`` only
    when a person's act came between. Refusals derive from ``routing.errors.Refused``.

    The straight path, the citizen's acts and the worker's stand here; the rest by theme: ``reviews``, ``joint``,
    ``links``, ``aftercare``, ``disclosure``.
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
        self.disclosure = DisclosureDesk(self._writer, register)

    @property
    def profile(self) -> Profile:
        """The rules of time for new promises; replaceable while running, promises made stay as they are."""
        return self._writer.profile

    @profile.setter
    def profile(self, profile: Profile) -> None:
        self._writer.profile = profile.for_units(self.triage.units.all())

    # ---- intake

    async def register(self, request: CitizenRequest, *, now: datetime, actor: Actor = CITIZEN) -> Ticket:
        """Register once per (channel, external number); the same request again gives the same ticket."""
        earlier = await self.find_registered(request)
        if earlier is not None:
            return earlier
        number = await self._tickets.next_number(now)
        ticket = self.draft(request, number=number, now=now, actor=actor)
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

    def draft(self, request: CitizenRequest, *, number: str, now: datetime, actor: Actor = CITIZEN) -> Ticket:
        """Register and triage without saving: the whole decision, in memory."""
        ticket = Ticket.register(request, number=number, profile=self.profile, actor=actor, now=now)
        decision, topic = self.triage.decide(request)
        ticket.topic, ticket.topic_confidence = topic.label, topic.confidence
        if decision.automatic and decision.chosen is not None:
            ticket.triage = decision
            ticket.dispatch(decision.chosen.unit_id, profile=self.profile, actor=SYSTEM, now=now)
        else:
            ticket.leave_to_a_person(decision, actor=SYSTEM, now=now)
        ticket.plan_notices(self._writer.planner, since=0)
        return ticket

    def query_code(self, number: str) -> str:
        """Six digits that go with the number, for asking about progress."""
        return self._vault.query_code(number)

    # ---- the centre and the units

    async def dispatch(
        self,
        number: str,
        unit_id: UnitId,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str | None = None,
    ) -> Ticket:
        self.triage.units.get(unit_id)
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.dispatch(unit_id, profile=self.profile, actor=actor, now=now, reason=reason),
        )

    async def transfer(
        self, number: str, unit_id: UnitId, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        self.triage.units.get(unit_id)
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.transfer(unit_id, profile=self.profile, actor=actor, now=now, reason=reason),
        )

    async def accept(self, number: str, *, actor: Actor, version: int | None, now: datetime) -> Ticket:
        return await self._writer.act(number, actor, version, lambda t: t.accept(actor=actor, now=now))

    async def contact(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number, actor, version, lambda t: t.contact(actor=actor, now=now, text=text)
        )

    async def reply(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number, actor, version, lambda t: t.reply(actor=actor, now=now, text=text, profile=self.profile)
        )

    async def resolve(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str | None = None
    ) -> Ticket:
        """办结; with ``text`` the answer is given and the ticket closed in one write (答复并办结). Where answers are
        reviewed first, the answer is handed in and the ticket stays open."""

        def answer_and_close(ticket: Ticket) -> None:
            if text is not None:
                ticket.reply(actor=actor, now=now, text=text, profile=self.profile)
            if text is None or not self.profile.review_replies:
                ticket.resolve(actor=actor, now=now, profile=self.profile)

        return await self._writer.act(number, actor, version, answer_and_close)

    async def answer_directly(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, text: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.answer_directly(actor=actor, now=now, text=text, profile=self.profile),
        )

    async def request_return(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str, basis: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.request_return(
                profile=self.profile,
                actor=actor,
                now=now,
                reason=reason,
                basis=basis,
                fallback=self.triage.units.fallback.id,
            ),
        )

    async def decide_return(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, approved: bool, reason: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.decide_return(
                approved=approved,
                profile=self.profile,
                actor=actor,
                now=now,
                reason=reason,
                fallback=self.triage.units.fallback.id,
            ),
        )

    async def reject(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        reason: str,
        kind: RejectReason = RejectReason.OTHER,
    ) -> Ticket:
        return await self._writer.act(
            number, actor, version, lambda t: t.reject(actor=actor, now=now, reason=reason, kind=kind)
        )

    # ---- the citizen (``key`` is the message that asked: a second delivery of it changes nothing)

    async def supplement(
        self,
        number: str,
        *,
        actor: Actor = CITIZEN,
        text: str,
        now: datetime,
        version: int | None = None,
        key: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.supplement(actor=actor, now=now, text=text, profile=self.profile),
            key=key,
        )

    async def remind(
        self,
        number: str,
        *,
        actor: Actor = CITIZEN,
        text: str | None = None,
        now: datetime,
        version: int | None = None,
        key: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number, actor, version, lambda t: t.remind(actor=actor, now=now, text=text), key=key
        )

    async def rate(
        self,
        number: str,
        *,
        rating: Rating,
        actor: Actor = CITIZEN,
        now: datetime,
        version: int | None = None,
        key: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.rate(rating, actor=actor, now=now, profile=self.profile),
            key=key,
        )

    async def reopen(
        self,
        number: str,
        *,
        actor: Actor = CITIZEN,
        reason: str,
        now: datetime,
        version: int | None = None,
        key: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.reopen(profile=self.profile, actor=actor, now=now, reason=reason),
            key=key,
        )

    async def withdraw(
        self,
        number: str,
        *,
        actor: Actor = CITIZEN,
        reason: str,
        now: datetime,
        version: int | None = None,
        key: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number, actor, version, lambda t: t.withdraw(actor=actor, now=now, reason=reason), key=key
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
                    lambda t: t.check_deadlines(actor=SYSTEM, now=now, profile=self.profile),
                )
            except StaleTicket:
                continue  # somebody is at work on it; the next sweep looks again
            except Exception as error:
                # One ticket that cannot be read or saved must not stop the watch over all others.
                log.error("deadline not noted", number=number, error=type(error).__name__)
                await self._tickets.put_off(number, Sweep.DEADLINES, now + _PUT_OFF)
        return len(numbers)

    async def settle_notice(
        self,
        number: str,
        entry_id: str,
        state: NoticeState,
        *,
        was: NoticeState,
        now: datetime,
        failure: str | None = None,
        try_again_at: datetime | None = None,
    ) -> Ticket:
        """Write the delivery ledger, if the entry still stands where the caller saw it (``was``): of two workers
        one goes on and the other gets ``StaleTicket``. A claim (``sending``) is taken over only once it expired."""

        def settle(ticket: Ticket) -> None:
            entry = _entry(ticket, entry_id)
            taken_over = (
                was is NoticeState.SENDING and state is NoticeState.UNKNOWN and failure == INTERRUPTED
            )
            alive = entry.next_attempt_at is not None and entry.next_attempt_at > now
            if entry.state is not was or (taken_over and alive):
                raise StaleTicket(number, ticket.version)
            ticket.settle_notice(entry_id, state, now=now, failure=failure, try_again_at=try_again_at)

        return await self._writer.act(number, SYSTEM, None, settle)

    async def keep_for_next_message(self, number: str, entry_id: str, *, now: datetime, failure: str) -> None:
        """The citizen cannot be reached now: keep the notice until they write again."""
        await self.settle_notice(
            number, entry_id, NoticeState.WAITING, was=NoticeState.SENDING, now=now, failure=failure
        )
        # After the entry: a citizen who writes in between is found by the next refusal, never told twice.
        await self._identities.note_waiting(number)

    async def resume_notices(self, *, account: str, openid: str, now: datetime) -> int:
        """The citizen wrote, so the window is open: queue what waited. Returns on how many tickets."""
        numbers = await self._identities.take_waiting(account=account, openid=openid)
        for number in numbers:
            await self._writer.act(number, SYSTEM, None, lambda t: t.resume_notices(now=now))
        return len(numbers)


def may_reveal(ticket: Ticket, actor: Actor) -> bool:
    """Whether this reader may ask for the citizen's identity at all."""
    if actor.role is Role.SYSTEM or actor.role in CENTRE_ROLES:
        return True
    return actor.role is Role.LIAISON and ticket.secrecy is Secrecy.PUBLIC


def _entry(ticket: Ticket, entry_id: str) -> OutboxEntry:
    return next(e for e in ticket.outbox if e.id == entry_id)
