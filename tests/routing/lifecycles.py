"""Random lives of one ticket: acts of everybody at any time, most of them such as the ticket offers."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from routing.acts import (
    answers,
    co_handling,
    emergencies,
    exclusions,
    extensions,
    letters,
    links,
    notes,
    pauses,
    relays,
    returns,
    visits,
)
from routing.acts.offers import offered
from routing.acts.reviews import ReviewKind
from routing.citizen_request import Channel, RequestType, Urgency
from routing.departments import UnitId
from routing.disclosure import applications
from routing.disclosure.rules import Register, shipped_rules
from routing.events import RejectReason, Solved, VisitOutcome
from routing.ticket import Rating, Ticket
from routing.timing.sla import DISCLOSURE, Profile
from routing.workflow import CITIZEN, SYSTEM, TRANSITIONS, Action, Actor, Role, actions_for
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, PROFILE, a_request, a_ticket

FALLBACK = UnitId("qh.hotline")
UNITS = (CITY_MANAGEMENT, HOUSING, UnitId("qh.water"), FALLBACK)
BELOW = (UnitId("qh.chengguan"), UnitId("qh.heping"))
PEOPLE: tuple[Actor, ...] = (
    Actor("liaison", "陈联络", Role.LIAISON),
    Actor("liaison", "陈联络", Role.LIAISON),
    Actor("dispatcher", "周派单", Role.DISPATCHER),
    Actor("supervisor", "林督办", Role.SUPERVISOR),
    Actor("operator", "赵话务", Role.OPERATOR),
    CITIZEN,
    SYSTEM,
)
_LATER = (
    *(timedelta(minutes=7),) * 5,
    *(timedelta(minutes=50),) * 4,
    *(timedelta(hours=3),) * 3,
    timedelta(0),
    timedelta(hours=17),
    timedelta(days=1),
    timedelta(days=4),
    timedelta(days=11),
)

Act = Callable[[Ticket, random.Random, Profile, Actor, datetime], object]


def _dates(rng: random.Random, now: datetime) -> datetime:
    return now + rng.choice((timedelta(hours=-1), timedelta(days=2), timedelta(days=9)))


def _visit(t: Ticket, rng: random.Random, p: Profile, a: Actor, now: datetime) -> None:
    outcome = rng.choice(tuple(VisitOutcome))
    reached = outcome is VisitOutcome.REACHED
    visits.visit(
        t,
        profile=p,
        actor=a,
        now=now,
        outcome=outcome,
        solved=rng.choice((*Solved, None)) if reached else None,
        stars=rng.choice((None, 1, 3, 5)) if reached else None,
        comment=rng.choice((None, "还行")),
    )


def _owing(t: Ticket, rng: random.Random) -> UnitId:
    return rng.choice([c.unit_id for c in t.co_handlers if c.owes] or [CITY_MANAGEMENT])


def _letter(t: Ticket, rng: random.Random) -> str:
    return rng.choice([letter.id for letter in t.letters] or ["none"])


ACTS: dict[Action, Act] = {
    Action.DISPATCH: lambda t, r, p, a, n: t.dispatch(r.choice(UNITS), profile=p, actor=a, now=n),
    Action.TRANSFER: lambda t, r, p, a, n: t.transfer(
        r.choice(UNITS), profile=p, actor=a, now=n, reason="职责不同"
    ),
    Action.ACCEPT: lambda t, r, p, a, n: t.accept(actor=a, now=n),
    Action.CONTACT: lambda t, r, p, a, n: t.contact(actor=a, now=n, text="已电话联系"),
    Action.REPLY: lambda t, r, p, a, n: t.reply(actor=a, now=n, text="已处理", profile=p),
    Action.INTERIM_REPLY: lambda t, r, p, a, n: answers.interim_reply(t, actor=a, now=n, text="配件已到"),
    Action.DECIDE_REPLY: lambda t, r, p, a, n: t.decide_reply(
        approved=r.random() < 0.6, actor=a, now=n, reason="请写清依据"
    ),
    Action.RESOLVE: lambda t, r, p, a, n: t.resolve(actor=a, now=n, profile=p),
    Action.ANSWER_DIRECTLY: lambda t, r, p, a, n: t.answer_directly(
        actor=a, now=n, text="带身份证即可", profile=p
    ),
    Action.REJECT: lambda t, r, p, a, n: t.reject(
        actor=a, now=n, reason="请找法院", kind=r.choice(tuple(RejectReason))
    ),
    Action.REQUEST_RETURN: lambda t, r, p, a, n: returns.request_return(
        t, profile=p, actor=a, now=n, reason="不属我局", basis="三定方案", fallback=FALLBACK
    ),
    Action.DECIDE_RETURN: lambda t, r, p, a, n: returns.decide_return(
        t, approved=r.random() < 0.5, profile=p, actor=a, now=n, reason="审核", fallback=FALLBACK
    ),
    Action.ARBITRATE: lambda t, r, p, a, n: returns.arbitrate(
        t, profile=p, actor=a, now=n, reason="仍有异议", basis="条例", fallback=FALLBACK
    ),
    Action.EXTEND: lambda t, r, p, a, n: extensions.request_extension(
        t, profile=p, actor=a, now=n, reason="等配件", amount=r.choice((None, 3, 99))
    ),
    Action.DECIDE_EXTENSION: lambda t, r, p, a, n: extensions.decide_extension(
        t, approved=r.random() < 0.6, profile=p, actor=a, now=n, reason="情况属实"
    ),
    Action.SUSPEND: lambda t, r, p, a, n: pauses.request_suspension(
        t, profile=p, actor=a, now=n, reason="等雨季过去", until=_dates(r, n)
    ),
    Action.DECIDE_SUSPENSION: lambda t, r, p, a, n: pauses.decide_suspension(
        t, approved=r.random() < 0.7, actor=a, now=n, reason="同意"
    ),
    Action.ASK_MATERIAL: lambda t, r, p, a, n: pauses.ask_material(
        t, profile=p, actor=a, now=n, text="请补合同"
    ),
    Action.CONSULT: lambda t, r, p, a, n: applications.consult(
        t, profile=p, actor=a, now=n, text="征求企业意见"
    ),
    Action.ASK_CORRECTION: lambda t, r, p, a, n: applications.ask_correction(
        t, profile=p, actor=a, now=n, text="请写明年份"
    ),
    Action.HEAR_THIRD_PARTY: lambda t, r, p, a, n: applications.hear_third_party(
        t, profile=p, actor=a, now=n, consents=r.random() < 0.5, text="不同意公开"
    ),
    Action.DECIDE_DISCLOSURE: lambda t, r, p, a, n: applications.decide(
        t,
        profile=p,
        actor=a,
        now=n,
        ground=r.choice(tuple(shipped_rules().grounds)),
        reason=r.choice(("", "经检索，没有制作")),
        text="见附件",
    ),
    Action.ENTER_REGISTER: lambda t, r, p, a, n: applications.enter_register(
        t, r.choice(tuple(Register)), "登记〔2026〕1号", actor=a, now=n
    ),
    Action.RESUME: lambda t, r, p, a, n: pauses.resume(t, profile=p, actor=a, now=n, reason="可以办了"),
    Action.CO_HANDLE: lambda t, r, p, a, n: co_handling.co_handle(
        t, r.sample(UNITS, r.randint(1, 2)), profile=p, actor=a, now=n, text="请核实"
    ),
    Action.ANSWER_CO_HANDLING: lambda t, r, p, a, n: co_handling.answer_co_handling(
        t, _owing(t, r), actor=a, now=n, text="已核实"
    ),
    Action.WAIVE_CO_HANDLING: lambda t, r, p, a, n: co_handling.waive_co_handling(
        t, _owing(t, r), actor=a, now=n, reason="不需要了"
    ),
    Action.RELAY: lambda t, r, p, a, n: relays.relay(
        t, r.choice(BELOW), profile=p, actor=a, now=n, reason="请就近办理"
    ),
    Action.RECALL: lambda t, r, p, a, n: relays.recall(t, profile=p, actor=a, now=n, reason="自己办"),
    Action.URGE_BELOW: lambda t, r, p, a, n: relays.urge_below(t, actor=a, now=n, text="请抓紧"),
    Action.ESCALATE: lambda t, r, p, a, n: letters.escalate(t, profile=p, actor=a, now=n, text="请加快"),
    Action.RECEIVE_LETTER: lambda t, r, p, a, n: letters.receive_letter(t, _letter(t, r), actor=a, now=n),
    Action.ANSWER_LETTER: lambda t, r, p, a, n: letters.answer_letter(
        t, _letter(t, r), actor=a, now=n, text="已安排"
    ),
    Action.MARK_EMERGENCY: lambda t, r, p, a, n: emergencies.mark_emergency(
        t, profile=p, actor=a, now=n, reason="有人受伤"
    ),
    Action.LINK: lambda t, r, p, a, n: links.link(
        t, "HY2611160000", unit_id=r.choice((*UNITS, None)), actor=a, now=n, reason="同一件事"
    ),
    Action.UNLINK: lambda t, r, p, a, n: links.unlink(t, profile=p, actor=a, now=n, reason="不是同一件事"),
    Action.NOTE_REPEAT: lambda t, r, p, a, n: notes.note_repeat(t, "HY2611160000", actor=a, now=n),
    Action.SUPPLEMENT: lambda t, r, p, a, n: t.supplement(actor=a, now=n, text="补一张照片", profile=p),
    Action.REMIND: lambda t, r, p, a, n: t.remind(actor=a, now=n, text=r.choice((None, "快点"))),
    Action.WITHDRAW: lambda t, r, p, a, n: t.withdraw(actor=a, now=n, reason=r.choice(("", "好了"))),
    Action.RATE: lambda t, r, p, a, n: t.rate(
        Rating(r.randint(1, 5), resolved=r.choice((None, True, False)), reasons=("态度好",)),
        actor=a,
        now=n,
        profile=p,
    ),
    Action.REOPEN: lambda t, r, p, a, n: t.reopen(profile=p, actor=a, now=n, reason="又坏了"),
    Action.VISIT: _visit,
    Action.ARCHIVE: lambda t, r, p, a, n: visits.archive(t, actor=a, now=n, reason="不用回访"),
    Action.PUBLISH_REPLY: lambda t, r, p, a, n: notes.publish_reply(t, actor=a, now=n, text="已修好。"),
    Action.APPEAL_EXCLUSION: lambda t, r, p, a, n: exclusions.appeal_exclusion(
        t, profile=p, actor=a, now=n, reason="恶意反复", basis="通话录音"
    ),
    Action.DECIDE_EXCLUSION: lambda t, r, p, a, n: exclusions.decide_exclusion(
        t, approved=r.random() < 0.5, actor=a, now=n, reason="证据充分"
    ),
}
_OF_APPLICATIONS = frozenset(
    {
        Action.CONSULT,
        Action.ASK_CORRECTION,
        Action.HEAR_THIRD_PARTY,
        Action.DECIDE_DISCLOSURE,
        Action.ENTER_REGISTER,
    }
)
_DECIDES = {
    Action.DECIDE_RETURN: ReviewKind.RETURN,
    Action.DECIDE_REPLY: ReviewKind.REPLY,
    Action.DECIDE_EXTENSION: ReviewKind.EXTENSION,
    Action.DECIDE_SUSPENSION: ReviewKind.SUSPENSION,
    Action.DECIDE_EXCLUSION: ReviewKind.EXCLUSION,
}
_SELDOM = {
    Action.WITHDRAW: 0.05,
    Action.LINK: 0.05,
    Action.REJECT: 0.1,
    Action.ANSWER_DIRECTLY: 0.15,
    Action.ARCHIVE: 0.3,
    Action.SUPPLEMENT: 0.3,
    Action.REMIND: 0.2,
    Action.NOTE_REPEAT: 0.1,
    Action.MARK_EMERGENCY: 0.1,
    Action.CO_HANDLE: 0.3,
    Action.TRANSFER: 0.3,
    Action.UNLINK: 0.4,
    Action.APPEAL_EXCLUSION: 0.3,
    Action.DECIDE_DISCLOSURE: 0.3,
}


class Drawn(random.Random):
    """Choices read off the bytes a property test draws: where a life fails, fewer and smaller bytes are tried, and so
    fewer and simpler acts. Once ``spent`` the life is over."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data = iter(data)
        self.spent = False

    def _byte(self) -> int:
        drawn = next(self._data, None)
        self.spent = self.spent or drawn is None
        return drawn or 0

    def random(self) -> float:
        return self._byte() / 256

    def getrandbits(self, k: int) -> int:
        bits = 0
        for _ in range((k + 7) // 8):
            bits = bits << 8 | self._byte()
        return bits >> (-k % 8)


def open_to(
    ticket: Ticket, role: Role, *, profile: Profile = PROFILE, now: datetime = MONDAY_9_30
) -> tuple[Action, ...]:
    """What somebody of that role who did nothing to the ticket yet is offered."""
    return offered(ticket, Actor(f"some {role}", "某人", role), profile=profile, now=now)


def a_random_ticket(rng: random.Random) -> Ticket:
    request = a_request(
        request_type=rng.choice(tuple(RequestType)),
        channel=rng.choice(tuple(Channel)),
        urgency=rng.choice((Urgency.ORDINARY, Urgency.ORDINARY, Urgency.URGENT)),
        at=MONDAY_9_30 + rng.choice((timedelta(0), timedelta(days=-2), timedelta(hours=11))),
    )
    ticket = a_ticket(request)
    if rng.random() < 0.25:
        ticket.tier = DISCLOSURE
    return ticket


def _fits(ticket: Ticket, action: Action) -> bool:
    """Spares the random lives what is plainly pointless; the rest is tried, and often refused."""
    if ticket.pause is not None and not TRANSITIONS[action].in_pause:
        return False
    if action in _OF_APPLICATIONS:
        return ticket.tier == DISCLOSURE
    if action in _DECIDES:
        return ticket.review(_DECIDES[action]) is not None
    if action in (Action.ANSWER_CO_HANDLING, Action.WAIVE_CO_HANDLING):
        return any(c.owes for c in ticket.co_handlers)
    if action in (Action.RECEIVE_LETTER, Action.ANSWER_LETTER):
        return any(letter.owes_answer for letter in ticket.letters)
    if action in (Action.RECALL, Action.URGE_BELOW):
        return bool(ticket.relayed_by)
    return action is not Action.RESUME or ticket.pause is not None


def next_act(ticket: Ticket, rng: random.Random) -> tuple[Actor, Act]:
    """Somebody and something to do; the worker often, the impossible sometimes."""
    if rng.random() < 0.12:
        return SYSTEM, lambda t, r, p, a, n: t.check_deadlines(actor=a, now=n, profile=p)
    actor = rng.choice(PEOPLE)
    likely = [
        a
        for a in actions_for(ticket.state, actor.role)
        if _fits(ticket, a) and rng.random() < _SELDOM.get(a, 1)
    ]
    action = rng.choice(likely) if likely and rng.random() < 0.9 else rng.choice(tuple(Action))
    return actor, ACTS[action]


def later(rng: random.Random) -> timedelta:
    return rng.choice(_LATER)
