"""The ladder: what no way is left for is kept or given up, and nothing is told twice after an unknown outcome."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery import ladder
from bot.delivery.ladder import Accepted, Declined, Means, Result, Unclear, Verdict
from bot.wechat.delivery import DeliveryClass, classify
from routing.acts import outbox
from routing.acts.outbox import Step
from routing.events import (
    Audience,
    EventKind,
    NoticeChannel,
    NoticeState,
    OutboxEntry,
    PlannedNotice,
    Rung,
    TryOutcome,
)
from routing.ticket import Ticket
from routing.workflow import SYSTEM
from tests.factories import MONDAY_9_30, a_ticket

CODES = {
    DeliveryClass.TOKEN: 40001,
    DeliveryClass.BUSY: -1,
    DeliveryClass.WINDOW: 45015,
    DeliveryClass.CITIZEN: 43004,
    DeliveryClass.CONTENT: 47003,
    DeliveryClass.ACCOUNT: 48001,
}
IN_WORDS = frozenset({Rung.CHAT, Rung.CHAT_SHORT})


def no(klass: DeliveryClass) -> Declined:
    code = CODES[klass]
    assert classify(code) is klass
    return Declined(str(code), klass)


@dataclass
class Climb:
    """One notice on a real ticket, and a platform that answers as the test says."""

    means: Means
    ticket: Ticket = field(default_factory=a_ticket)
    now: datetime = MONDAY_9_30
    used: list[tuple[Rung, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        seq = len(self.ticket.events)
        self.ticket.record(EventKind.EXTENSION_GRANTED, SYSTEM, self.now)
        plan = (PlannedNotice(Audience.CITIZEN, NoticeChannel.WECHAT),)
        self.ticket.plan_notices(lambda ticket, event: plan, since=seq)

    @property
    def entry(self) -> OutboxEntry:
        return next(e for e in self.ticket.outbox if e.channel is NoticeChannel.WECHAT)

    def write(self, verdict: Verdict) -> None:
        outbox.settle(
            self.ticket,
            self.entry.id,
            verdict.state,
            now=self.now,
            failure=verdict.failure,
            try_again_at=verdict.again_at,
            step=verdict.step,
        )

    def attempt(self, result: Result, *, dies: bool = False) -> Rung | None:
        """As the worker does it; ``dies``: after sending, before writing down what came of it."""
        ended = ladder.too_late(self.entry, self.means, now=self.now)
        rung = ladder.next_rung(self.entry, self.means)
        if ended is not None or rung is None:
            self.write(ended or ladder.at_the_end(self.entry, self.means, now=self.now))
            return None
        claim = self.now + timedelta(minutes=2)
        self.write(Verdict(state=NoticeState.SENDING, again_at=claim, step=Step(rung=rung)))
        self.used.append((rung, type(result).__name__))
        if dies:
            self.now = claim
            self.write(ladder.interrupted(self.entry, "interrupted", now=self.now))
        else:
            self.write(ladder.after(self.entry, result, self.means, now=self.now))
        return rung

    def wait(self) -> None:
        assert self.entry.next_attempt_at is not None
        self.now = max(self.now, self.entry.next_attempt_at)


@pytest.mark.parametrize(
    ("answers", "rungs"),
    [
        ([Accepted("m1")], [Rung.TEMPLATE]),
        ([no(DeliveryClass.CITIZEN), Accepted()], [Rung.TEMPLATE, Rung.SUBSCRIPTION]),
        (
            [no(DeliveryClass.CONTENT), no(DeliveryClass.CITIZEN), Accepted()],
            [Rung.TEMPLATE, Rung.SUBSCRIPTION, Rung.CHAT],
        ),
        (
            [no(DeliveryClass.ACCOUNT), no(DeliveryClass.CITIZEN), no(DeliveryClass.WINDOW), Accepted()],
            [Rung.TEMPLATE, Rung.SUBSCRIPTION, Rung.CHAT, Rung.SMS],
        ),
        (
            [no(DeliveryClass.CITIZEN)] * 2 + [no(DeliveryClass.CONTENT), Accepted()],
            [Rung.TEMPLATE, Rung.SUBSCRIPTION, Rung.CHAT, Rung.CHAT_SHORT],
        ),
    ],
)
def test_a_refusal_leads_to_the_next_rung(answers: list[Result], rungs: list[Rung]) -> None:
    climb = Climb(Means(frozenset(Rung)))
    for answer in answers:
        climb.attempt(answer)
    assert [rung for rung, _ in climb.used] == rungs
    assert climb.entry.state is NoticeState.SENT


@pytest.mark.parametrize("klass", [DeliveryClass.BUSY, DeliveryClass.TOKEN])
def test_a_busy_channel_is_asked_again_before_the_next_one(klass: DeliveryClass) -> None:
    climb = Climb(Means(frozenset({Rung.TEMPLATE, Rung.CHAT})))
    for wait in ladder.SAME_RUNG:
        climb.attempt(no(klass))
        assert climb.entry.next_attempt_at == climb.now + wait
        climb.wait()
    climb.attempt(no(klass))
    assert {rung for rung, _ in climb.used} == {Rung.TEMPLATE}
    climb.attempt(Accepted())
    assert climb.used[-1][0] is Rung.CHAT


def test_a_fault_of_ours_is_waited_for_and_then_given_up() -> None:
    climb = Climb(Means(frozenset({Rung.CHAT})))
    for wait in ladder.WHOLE_LADDER:
        climb.attempt(no(DeliveryClass.ACCOUNT))
        assert (climb.entry.state, climb.entry.next_attempt_at) == (NoticeState.QUEUED, climb.now + wait)
        climb.wait()
    climb.attempt(no(DeliveryClass.ACCOUNT))
    assert climb.entry.state is NoticeState.FAILED
    assert any(e.channel is NoticeChannel.TELEPHONE for e in climb.ticket.outbox), "somebody rings"


def test_a_closed_chat_keeps_the_notice_and_the_next_message_opens_it_without_the_template() -> None:
    climb = Climb(Means(frozenset({Rung.TEMPLATE})))
    climb.attempt(no(DeliveryClass.CITIZEN))
    assert climb.entry.state is NoticeState.WAITING
    outbox.resume(climb.ticket, now=climb.now)
    climb.means = Means(frozenset({Rung.TEMPLATE, *IN_WORDS}))
    assert climb.attempt(Accepted()) is Rung.CHAT


def test_who_has_no_way_at_all_is_written_down_as_failed() -> None:
    climb = Climb(Means(frozenset(), on_wechat=False))
    assert climb.attempt(Accepted()) is None
    assert (climb.entry.state, climb.entry.failure) == (NoticeState.FAILED, ladder.NO_ACCOUNT)


@pytest.mark.parametrize("rung", [Rung.SUBSCRIPTION, Rung.CHAT, Rung.CHAT_SHORT, Rung.SMS])
@pytest.mark.parametrize("dies", [False, True])
def test_what_may_have_arrived_is_not_sent_again_by_any_other_way(rung: Rung, dies: bool) -> None:
    climb = Climb(Means(frozenset({rung, Rung.SMS})))
    climb.attempt(Unclear(), dies=dies)
    assert climb.entry.state is NoticeState.UNKNOWN
    assert climb.entry.next_attempt_at is None


def test_a_template_follows_itself_while_the_platform_remembers_it() -> None:
    climb = Climb(Means(frozenset(Rung)))
    began = climb.now
    while climb.entry.state is NoticeState.QUEUED:
        climb.attempt(Unclear())
        if climb.entry.state is NoticeState.QUEUED:
            climb.wait()
    assert [rung for rung, _ in climb.used] == [Rung.TEMPLATE] * 4
    assert climb.now - began <= ladder.IDEMPOTENT_FOR
    assert climb.entry.state is NoticeState.UNKNOWN


def test_a_worker_that_was_away_too_long_sends_no_second_template() -> None:
    climb = Climb(Means(frozenset(Rung)))
    climb.attempt(Unclear())
    climb.now += timedelta(minutes=10)
    assert climb.attempt(Accepted("m2")) is None
    assert climb.entry.state is NoticeState.UNKNOWN
    assert len(climb.used) == 1


def test_a_template_that_may_have_arrived_is_not_followed_by_another_way_when_it_is_refused() -> None:
    climb = Climb(Means(frozenset(Rung)))
    climb.attempt(Unclear())
    climb.wait()
    climb.attempt(no(DeliveryClass.CITIZEN))
    while climb.entry.state is NoticeState.QUEUED:
        climb.wait()
        climb.attempt(no(DeliveryClass.CITIZEN))
    assert {rung for rung, _ in climb.used} == {Rung.TEMPLATE}
    assert climb.entry.state is NoticeState.UNKNOWN


def test_after_an_unknown_template_is_sent_again_on_purpose_the_ladder_is_free() -> None:
    climb = Climb(Means(frozenset(Rung)))
    climb.attempt(Unclear())
    climb.now += timedelta(hours=1)
    climb.attempt(Unclear())
    assert climb.entry.state is NoticeState.UNKNOWN
    who = replace(SYSTEM, id="op", name="周敏")
    outbox.repeat(climb.ticket, climb.entry.id, actor=who, reason="市民来电说没收到", now=climb.now)
    assert climb.attempt(no(DeliveryClass.CITIZEN)) is Rung.TEMPLATE
    assert climb.attempt(Accepted()) is Rung.SUBSCRIPTION
    assert climb.ticket.events[-1].kind is EventKind.NOTICE_REPEATED


RESULTS = st.one_of(
    st.sampled_from([no(klass) for klass in DeliveryClass]), st.just(Unclear()), st.just(Accepted("m"))
)


@settings(max_examples=200, deadline=None)
@given(
    rungs=st.sets(st.sampled_from(list(Rung))),
    results=st.lists(st.tuples(RESULTS, st.booleans(), st.sampled_from([0, 0, 3, 40])), max_size=30),
)
def test_whatever_the_platform_does_nobody_is_told_twice_and_the_ladder_ends(
    rungs: set[Rung], results: list[tuple[Result, bool, int]]
) -> None:
    climb = Climb(Means(frozenset(rungs)))
    for result, dies, late in results:
        if climb.entry.state is not NoticeState.QUEUED:
            break
        climb.wait()
        climb.now += timedelta(minutes=late)
        climb.attempt(result, dies=dies)
    may_have_arrived = [
        n
        for n, t in enumerate(climb.entry.tries)
        if t.outcome is not None and t.outcome not in (TryOutcome.REFUSED,)
    ]
    if may_have_arrived:
        first = climb.entry.tries[may_have_arrived[0]]
        for later in climb.entry.tries[may_have_arrived[0] + 1 :]:
            assert first.rung is later.rung is Rung.TEMPLATE, "only the same template may follow"
            assert later.at - first.at <= timedelta(minutes=10), "while the platform knows it"
    for _ in range(60):
        if climb.entry.state is not NoticeState.QUEUED:
            break
        climb.wait()
        climb.attempt(no(DeliveryClass.ACCOUNT))
    assert climb.entry.state not in (NoticeState.QUEUED, NoticeState.SENDING), "it comes to an end"
