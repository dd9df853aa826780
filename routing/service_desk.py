"""Every write to a ticket: load, ask the aggregate, save once. Nobody else writes tickets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from routing.acts.aftercare_desk import AftercareDesk
from routing.acts.joint_desk import JointDesk
from routing.acts.link_desk import LinkDesk
from routing.acts.outbox import NO_STEP, Step
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
OWN_ACCOUNT = "市民在本单位的公众号里反映"
"""Why a department has what triage was not sure of: the citizen came to its own account."""
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
            lambda t: t.dispatch(unit_id, profile=self.profile_of(t), actor=actor, now=now, reason=reason),
        )

    async def transfer(
        self, number: str, unit_id: UnitId, *, actor: Actor, version: int | None, now: datetime, reason: str
    ) -> Ticket:
        self.triage.units.get(unit_id)
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.transfer(unit_id, profile=self.profile_of(t), actor=actor, now=now, reason=reason),
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
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        text: str,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> Ticket:
        """``doubts``: what a check found before sending; ``despite``: why it was sent all the same."""
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.reply(
                actor=actor, now=now, text=text, profile=self.profile_of(t), doubts=doubts, despite=despite
            ),
        )

    async def resolve(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        text: str | None = None,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> Ticket:
        """办结; with ``text`` the answer is given and the ticket closed in one write (答复并办结). Where answers are
        reviewed first, the answer is handed in and the ticket stays open."""

        def answer_and_close(ticket: Ticket) -> None:
            if text is not None:
                profile = self.profile_of(ticket)
                ticket.reply(actor=actor, now=now, text=text, profile=profile, doubts=doubts, despite=despite)
            if text is None or not self.profile_of(ticket).review_replies:
                ticket.resolve(actor=actor, now=now, profile=self.profile_of(ticket))

        return await self._writer.act(number, actor, version, answer_and_close)

    async def answer_directly(
        self,
        number: str,
        *,
        actor: Actor,
        version: int | None,
        now: datetime,
        text: str,
        doubts: tuple[str, ...] = (),
        despite: str | None = None,
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.answer_directly(
                actor=actor, now=now, text=text, profile=self.profile_of(t), doubts=doubts, despite=despite
            ),
        )

    async def request_return(
        self, number: str, *, actor: Actor, version: int | None, now: datetime, reason: str, basis: str
    ) -> Ticket:
        return await self._writer.act(
            number,
            actor,
            version,
            lambda t: t.request_return(
                profile=self.profile_of(t),
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
                profile=self.profile_of(t),
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
            lambda t: t.supplement(actor=actor, now=now, text=text, profile=self.profile_of(t)),
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
            lambda t: t.rate(rating, actor=actor, now=now, profile=self.profile_of(t)),
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
            lambda t: t.reopen(profile=self.profile_of(t), actor=actor, now=now, reason=reason),
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
                    lambda t: t.check_deadlines(actor=SYSTEM, now=now, profile=self.profile_of(t)),
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
        step: Step = NO_STEP,
        attempt: int | None = None,
    ) -> Ticket:
        """Write the delivery ledger, if the entry still stands where the caller saw it (``was``, and ``attempt`` is
        its count): of two workers one goes on and the other gets ``StaleTicket``. A claim (``sending``) is taken over
        only once it expired."""

        def settle(ticket: Ticket) -> None:
            entry = _entry(ticket, entry_id)
            taken_over = was is NoticeState.SENDING and failure == INTERRUPTED
            alive = entry.next_attempt_at is not None and entry.next_attempt_at > now
            moved_on = entry.state is not was or (attempt is not None and entry.attempts != attempt)
            if moved_on or (taken_over and alive):
                raise StaleTicket(number, ticket.version)
            ticket.settle_notice(
                entry_id, state, now=now, failure=failure, try_again_at=try_again_at, step=step
            )

        return await self._writer.act(number, SYSTEM, None, settle)

    async def keep_for_next_message(
        self,
        number: str,
        entry_id: str,
        *,
        now: datetime,
        failure: str,
        was: NoticeState = NoticeState.SENDING,
        look_again_at: datetime | None = None,
        step: Step = NO_STEP,
    ) -> None:
        """The citizen cannot be reached now: keep the notice until they write again. Safe to repeat, and repeated
        at ``look_again_at``: a worker may die between the two writes."""
        await self.settle_notice(
            number,
            entry_id,
            NoticeState.WAITING,
            was=was,
            now=now,
            failure=failure,
            try_again_at=look_again_at,
            step=step,
        )
        # After the entry: a citizen who writes in between is found by the next refusal, never told twice.
        await self._identities.note_waiting(number)

    async def report_notice(self, message_id: str, *, arrived: bool, code: str, now: datetime) -> bool:
        """Write a channel's report on one message; False where no ticket knows the message (yet)."""
        number = await self._tickets.find_by_message(message_id)
        if number is None:
            return False
        await self._writer.act(
            number,
            SYSTEM,
            None,
            lambda t: t.report_notice(message_id, arrived=arrived, code=code, now=now),
        )
        return True

    async def repeat_notice(
        self, number: str, entry_id: str, *, actor: Actor, reason: str, now: datetime
    ) -> Ticket:
        """Somebody of the centre sends a notice again; the ticket's history says who and why."""
        if actor.role not in CENTRE_ROLES and actor.role is not Role.ADMINISTRATOR:
            raise NotYourRole("repeat_notice", actor.role)
        # An administrator reads no ticket, and learns nothing of this one by having its notice sent.
        writer = SYSTEM if actor.role is Role.ADMINISTRATOR else actor
        return await self._writer.act(
            number, writer, None, lambda t: t.repeat_notice(entry_id, actor=actor, reason=reason, now=now)
        )

    async def note_read(self, number: str, *, now: datetime) -> None:
        """The citizen opened the ticket: what they were told before is read. Nothing is written if all was."""
        if (await self._tickets.get(number)).note_read(now=now):
            await self._writer.act(number, SYSTEM, None, lambda t: t.note_read(now=now))

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
