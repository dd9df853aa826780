"""The course one ticket takes through centre and unit, with human delays: mostly in time, sometimes late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from bot.demo.aftercare import Aftercare
from bot.demo.life import Life
from bot.demo.setting import DISPATCHER, OPERATOR, PEOPLE, SUPERVISOR
from bot.demo.stories import Stories, Told
from routing.acts import returns
from routing.citizen_request import Channel, RequestType, Urgency
from routing.departments import UnitId
from routing.ticket import Rating
from routing.timing.sla import ClockName, Profile
from routing.timing.working_calendar import CHINA
from routing.workflow import CITIZEN, Actor, Role, State


class Fate(StrEnum):
    """How far a ticket gets; an ordinary one goes as far as the time allows."""

    ORDINARY = "ordinary"
    WAITING = "waiting"
    UNSIGNED = "unsigned"
    STUCK = "stuck"
    ANSWERED = "answered"
    """Answered, and nobody remembered to close it: the commonest slip."""
    CHASED = "chased"
    """Stuck, long overdue, and the supervisor has written to the unit."""
    SUSPENDED = "suspended"
    """Stands still until something outside the unit's hands has happened."""
    RETURN_ASKED = "return_asked"
    UNRATED = "unrated"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a unit signs in late, closes late, and leaves a citizen unhappy."""

    signs_late: float = 0.06
    closes_late: float = 0.05
    disappoints: float = 0.09


PACES: dict[str, Pace] = {
    "qh.housing-service": Pace(0.10, 0.16, 0.24),
    "qh.housing": Pace(0.06, 0.12, 0.20),
    "qh.heating-company": Pace(0.07, 0.14, 0.22),
    "qh.ecology": Pace(0.05, 0.12, 0.15),
    "qh.liuquan.government": Pace(0.12, 0.10, 0.10),
    "qh.majiaji.government": Pace(0.12, 0.12, 0.12),
    "qh.urban-management": Pace(0.03, 0.05, 0.12),
    "qh.traffic-police": Pace(0.02, 0.02, 0.08),
    "qh.power-company": Pace(0.02, 0.02, 0.03),
}
_USUAL = Pace()

_LIAISONS = (
    "马骏",
    "丁晓岚",
    "秦卫东",
    "许静怡",
    "罗振华",
    "傅春梅",
    "邓立群",
    "姚晓峰",
    "钟慧",
    "潘建业",
    "汪海燕",
)


@dataclass(frozen=True, slots=True)
class Course:
    """One ticket's way. Every step returns when it was done, or None when the way ends there."""

    life: Life
    told: Told
    fate: Fate
    stories: Stories
    profile: Profile
    rng: Random

    def run(self) -> None:
        """Go the whole way, up to the present."""
        at = self._reach_unit(self.life.ticket.received_at)
        at = at and self._sign_in(at)
        at = at and self._contact(at)
        if at and self.fate is Fate.SUSPENDED:
            Aftercare(self).suspend(at)
            at = None
        at = at and self._answer(at)
        if at and self.fate is not Fate.UNRATED:
            self._rate(at)
        self.life.arrive()

    # ---- the centre

    def _reach_unit(self, received_at: datetime) -> datetime | None:
        if self.fate is Fate.WAITING:
            return None
        ticket, unit_id = self.life.ticket, self.told.story.unit_id
        at: datetime | None = received_at
        if ticket.state is State.RECEIVED:
            at = self._triage_by_hand(received_at)
        elif ticket.unit_id != unit_id:
            at = self._put_right(received_at)
        if at is None or not ticket.is_open:
            return None
        if self.fate is Fate.RETURN_ASKED:
            self._ask_return(at + timedelta(minutes=self.rng.randint(5, 25)))
            return None
        if self.fate is Fate.WITHDRAWN:
            withdrawn_at = at + timedelta(minutes=self.rng.randint(20, 300))
            reason = self.stories.phrase("withdraw", self.rng)
            self.life.act(withdrawn_at, lambda t: ticket.withdraw(actor=CITIZEN, now=t, reason=reason))
            return None
        return at

    def _triage_by_hand(self, received_at: datetime) -> datetime | None:
        ticket, story = self.life.ticket, self.told.story
        at = self.later(received_at, 4, 70)
        if self.fate in (Fate.UNSIGNED, Fate.RETURN_ASKED):
            at = received_at + timedelta(minutes=self.rng.randint(2, 6))
        elif self.rng.random() < 0.03:
            at = self.later(received_at, 125, 230)
        if story.rejected:
            reason = self.stories.phrase("reject", self.rng)
            self.life.act(at, lambda t: ticket.reject(actor=DISPATCHER, now=t, reason=reason))
            return None
        if story.unit_id is None:
            return None
        if story.request_type is RequestType.CONSULTATION and self.rng.random() < 0.3:
            text = self.told.reply(story.reply, at=at, phone=self.stories.phone(story.unit_id))
            if self.life.act(
                at, lambda t: ticket.answer_directly(actor=OPERATOR, now=t, text=text, profile=self.profile)
            ):
                self._rate(at)
            return None
        wrong = self._another_candidate()
        if wrong is not None and self.fate is Fate.ORDINARY and self.rng.random() < 0.15:
            misled_at = self._dispatch(at, wrong)
            return misled_at and self._put_right(misled_at)
        return self._dispatch(at, story.unit_id)

    def _another_candidate(self) -> UnitId | None:
        triage = self.life.ticket.triage
        others = [c.unit_id for c in triage.candidates] if triage else []
        return next((unit_id for unit_id in others if unit_id != self.told.story.unit_id), None)

    def _dispatch(self, at: datetime, unit_id: UnitId) -> datetime | None:
        ticket = self.life.ticket
        reason = self.stories.phrase("dispatch", self.rng)
        done = self.life.act(
            at,
            lambda t: ticket.dispatch(unit_id, profile=self.profile, actor=DISPATCHER, now=t, reason=reason),
        )
        return at if done else None

    def _put_right(self, at: datetime) -> datetime | None:
        """The wrong unit has it: it says so itself, or the dispatcher sees it first."""
        ticket, unit_id = self.life.ticket, self.told.story.unit_id
        assert unit_id is not None
        if self.rng.random() < 0.7:
            asked_at = self._ask_return(self.later(at, 10, 90))
            decided_at = asked_at and self._decide_return(self.later(asked_at, 10, 60), approved=True)
            return decided_at and self._dispatch(self.later(decided_at, 2, 15), unit_id)
        moved_at = self.later(at, 5, 45)
        reason = self.stories.phrase("misdirected", self.rng)
        done = self.life.act(
            moved_at,
            lambda t: ticket.transfer(unit_id, profile=self.profile, actor=DISPATCHER, now=t, reason=reason),
        )
        return moved_at if done else None

    def _ask_return(self, at: datetime) -> datetime | None:
        ticket, liaison = self.life.ticket, self.liaison()
        reason, basis = self.stories.phrase("return", self.rng), self.stories.phrase("basis", self.rng)
        done = self.life.act(
            at,
            lambda t: returns.request_return(
                ticket, profile=self.profile, actor=liaison, now=t, reason=reason, basis=basis
            ),
        )
        return at if done else None

    def _decide_return(self, at: datetime, *, approved: bool) -> datetime | None:
        ticket = self.life.ticket
        waiting = ticket.pending_return
        actor = SUPERVISOR if waiting is not None and waiting.arbitration else DISPATCHER
        reason = self.stories.phrase("return-approved" if approved else "return-refused", self.rng)
        done = self.life.act(
            at,
            lambda t: returns.decide_return(
                ticket, approved=approved, profile=self.profile, actor=actor, now=t, reason=reason
            ),
        )
        return at if done else None

    # ---- the unit

    def _sign_in(self, at: datetime) -> datetime | None:
        if self.fate is Fate.UNSIGNED:
            return None
        if self.rng.random() < 0.02:
            asked_at = self._ask_return(self.later(at, 10, 60))
            decided_at = asked_at and self._decide_return(self.later(asked_at, 10, 45), approved=False)
            if decided_at is None:
                return None
            at = decided_at
        ticket, liaison = self.life.ticket, self.liaison()
        if self.rng.random() < self._pace().signs_late and self.fate is Fate.ORDINARY:
            signed_at = self.later(at, 250, 480, urgent=(65, 130))
        else:
            signed_at = self.later(at, 4, 170, urgent=(3, 25))
        done = self.life.act(signed_at, lambda t: ticket.accept(actor=liaison, now=t))
        return signed_at if done else None

    def _contact(self, at: datetime) -> datetime | None:
        ticket, liaison = self.life.ticket, self.liaison()
        at = self.later(at, 3, 60, urgent=(3, 30))
        if self.rng.random() < 0.06 and self.fate is Fate.ORDINARY:
            at = self.later(at, 600, 900, urgent=(90, 200))
        text = self.stories.phrase("contact", self.rng)
        done = self.life.act(at, lambda t: ticket.contact(actor=liaison, now=t, text=text))
        return at if done else None

    def _answer(self, at: datetime) -> datetime | None:
        promise = self.life.ticket.clock(ClockName.REPLY)
        assert promise is not None
        answered_at = self._answering_time(at, promise.due_at)
        between = self.profile.calendar.after_share(at, max(answered_at, promise.due_at), 0.5)
        late = answered_at > promise.due_at
        if self.fate is Fate.ORDINARY and late and Aftercare(self).extend(at, promise.due_at):
            pass
        elif between > at and between < answered_at:
            self._hear_citizen(between, late=late)
        if self.fate is Fate.CHASED:
            Aftercare(self).chase(promise.due_at)
        if self.fate in (Fate.STUCK, Fate.CHASED):
            return None
        return self._close(answered_at, self.told.story.reply)

    def _answering_time(self, at: datetime, due_at: datetime) -> datetime:
        if self.fate in (Fate.STUCK, Fate.CHASED):
            return self.life.present + timedelta(days=1)
        late = self.rng.random() < self._pace().closes_late
        if late and self.fate is Fate.ORDINARY:
            return self.later(max(at, due_at), 40, 900)
        share = 0.4 if self.fate in (Fate.UNRATED, Fate.ANSWERED) else self.rng.betavariate(2.2, 2) * 0.95
        in_time = self.profile.calendar.after_share(at, due_at, share) if due_at > at else at
        return max(in_time, self.later(at, 5, 20))

    def _hear_citizen(self, at: datetime, *, late: bool) -> None:
        ticket, said = self.life.ticket, self.rng.random()
        if said < (0.4 if late else 0.1):
            text = self.stories.phrase("remind", self.rng)
            self.life.act(at, lambda t: ticket.remind(actor=CITIZEN, now=t, text=text))
        elif said > 0.94:
            text = self.stories.phrase("supplement", self.rng)
            self.life.act(at, lambda t: ticket.supplement(actor=CITIZEN, now=t, text=text))

    def _close(self, at: datetime, template: str) -> datetime | None:
        ticket, liaison, unit_id = self.life.ticket, self.liaison(), self.life.ticket.unit_id
        assert unit_id is not None
        text = self.told.reply(template, at=at, phone=self.stories.phone(unit_id))

        def reply(now: datetime) -> None:
            ticket.reply(actor=liaison, now=now, text=text)

        def resolve(now: datetime) -> None:
            ticket.resolve(actor=liaison, now=now, profile=self.profile)

        def both(now: datetime) -> None:
            reply(now)
            resolve(now)

        if self.fate is Fate.ANSWERED:
            self.life.act(at, reply)
            return None
        if self.rng.random() < 0.7:
            return at if self.life.act(at, both) else None
        if not self.life.act(at, reply):
            return None
        closed_at = self.later(at, 2, 60)
        return closed_at if self.life.act(closed_at, resolve) else None

    # ---- the citizen again

    def _rate(self, closed_at: datetime) -> None:
        if self.rng.random() > 0.62:
            Aftercare(self).visit(closed_at)
            return
        if self._give_stars(self._evening(closed_at), disappoints=self._pace().disappoints):
            return
        rated_at = self.life.ticket.rated_at
        if rated_at is None:
            return
        if self.rng.random() < 0.65:
            self._rework(rated_at + timedelta(minutes=self.rng.randint(1, 9)))
        else:
            Aftercare(self).visit(rated_at)

    def _give_stars(self, at: datetime, *, disappoints: float) -> bool:
        """True when nothing is left to do: satisfied, or the time has not come."""
        ticket, rng = self.life.ticket, self.rng
        if rng.random() < disappoints:
            stars, kind = rng.choice((1, 2, 2)), "bad"
        else:
            stars = rng.choices((5, 4, 3), (60, 28, 12))[0]
            kind = "fair" if stars == 3 else "good"
        comment = self.stories.phrase(kind, rng) if stars < 4 or rng.random() < 0.4 else None
        rating = Rating(stars=stars, resolved=stars >= 3, comment=comment)
        by = OPERATOR if ticket.channel is Channel.HOTLINE else CITIZEN
        done = self.life.act(at, lambda t: ticket.rate(rating, actor=by, now=t, profile=self.profile))
        return not done or stars >= 3

    def _rework(self, at: datetime) -> None:
        ticket = self.life.ticket
        reason = self.stories.phrase("reopen", self.rng)
        reopened = self.life.act(
            at, lambda t: ticket.reopen(profile=self.profile, actor=CITIZEN, now=t, reason=reason)
        )
        if reopened:
            self.redo(at)

    def redo(self, at: datetime) -> None:
        """The unit does again what was taken up again at ``at``."""
        ticket = self.life.ticket
        if ticket.unit_id is None and self.told.story.unit_id is not None:
            # The centre had answered it itself; this time a unit must.
            at = self.later(at, 4, 70)
            self._dispatch(at, self.told.story.unit_id)
        if ticket.unit_id is None:
            return
        liaison, signed_at = self.liaison(), self.later(at, 4, 120)
        if not self.life.act(signed_at, lambda t: ticket.accept(actor=liaison, now=t)):
            return
        contacted_at = self._contact(signed_at)
        promise = ticket.promise
        if contacted_at is None or promise is None:
            return
        share = self.rng.uniform(0.2, 0.7)
        answered_at = self.profile.calendar.after_share(contacted_at, promise.due_at, share)
        template = self.stories.phrase("rework", self.rng)
        closed_at = self._close(max(answered_at, self.later(contacted_at, 5, 20)), template)
        if closed_at and self.rng.random() < 0.75:
            self._give_stars(self._evening(closed_at), disappoints=0.15)
        elif closed_at:
            Aftercare(self).visit(closed_at)

    # ---- inside

    def _pace(self) -> Pace:
        return PACES.get(self.life.ticket.unit_id or "", _USUAL)

    def liaison(self) -> Actor:
        unit_id = self.life.ticket.unit_id
        assert unit_id is not None
        return liaison_of(unit_id)

    def later(
        self, at: datetime, least: int, most: int, *, urgent: tuple[int, int] | None = None
    ) -> datetime:
        """Some working minutes later; an urgent ticket is worked on round the clock."""
        if self.life.ticket.urgency is Urgency.URGENT:
            low, high = urgent or (min(least, 4), min(most, 12))
            return at + timedelta(seconds=self.rng.randint(low * 60, high * 60))
        later = self.profile.calendar.add_working_minutes(at, self.rng.randint(least, most))
        return later + timedelta(seconds=self.rng.randint(1, 50))

    def _evening(self, at: datetime) -> datetime:
        """Some hours later, while people are awake."""
        at += timedelta(minutes=self.rng.randint(15, 1500))
        hour = at.astimezone(CHINA).hour
        return at + timedelta(hours=8 - hour) if hour < 8 else at


def liaison_of(unit_id: UnitId) -> Actor:
    """Who works there: the demo's login where there is one, always the same invented name elsewhere."""
    for person in PEOPLE:
        if person.user.unit_id == unit_id and person.user.role is Role.LIAISON:
            return Actor(person.user.username, person.user.name, Role.LIAISON, frozenset({unit_id}))
    name = _LIAISONS[sum(unit_id.encode()) % len(_LIAISONS)]
    return Actor(f"liaison.{unit_id}", name, Role.LIAISON, frozenset({unit_id}))
