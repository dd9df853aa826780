"""What a ticket teaches, by who said that the unit is right and how far the unit has gone along."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.acts import returns
from routing.departments import UnitId
from routing.reference_tables import demo_reference
from routing.ticket import Ticket
from routing.triage.deciding import Candidate, TriageDecision
from routing.triage.learning import WEIGHTS, Example, Reached, Skipped, Source, example_of, was_corrected
from routing.workflow import CITIZEN, SYSTEM, Actor, Role
from tests.factories import (
    CITY_MANAGEMENT,
    HOUSING,
    MONDAY_9_30,
    PROFILE,
    a_dispatcher,
    a_liaison,
    a_request,
    a_ticket,
)

TABLES = demo_reference()
REASON = {"reason": "不属于本单位职责"}


def proposed(*unit_ids: UnitId, automatic: bool = False) -> TriageDecision:
    candidates = tuple(Candidate(unit_id, None, 0.5, (), None) for unit_id in unit_ids)
    return TriageDecision(automatic=automatic, candidates=candidates, why=(), place_id="qh.dongguan")


class Story:
    """A ticket's life, an hour per step."""

    def __init__(self, text: str = "楼下烧烤店半夜还在营业，油烟和噪音很大。", **fields: object) -> None:
        self.ticket: Ticket = a_ticket(a_request(text, **fields))  # type: ignore[arg-type]
        self.now = MONDAY_9_30

    def _next(self) -> dict[str, object]:
        self.now += timedelta(hours=1)
        return {"profile": PROFILE, "now": self.now}

    def machine_sends(self, unit_id: UnitId = CITY_MANAGEMENT) -> Story:
        self.ticket.triage = proposed(unit_id, automatic=True)
        self.ticket.dispatch(unit_id, actor=SYSTEM, **self._next())  # type: ignore[arg-type]
        return self

    def person_sends(self, unit_id: UnitId, *, offered: tuple[UnitId, ...] = ()) -> Story:
        if self.ticket.triage is None:
            self.ticket.leave_to_a_person(proposed(*offered), actor=SYSTEM, now=self.now)
        self.ticket.dispatch(unit_id, actor=a_dispatcher(), **self._next())  # type: ignore[arg-type]
        return self

    def transferred_to(self, unit_id: UnitId) -> Story:
        self.ticket.transfer(unit_id, actor=a_dispatcher(), **REASON, **self._next())  # type: ignore[arg-type]
        return self

    def wants_to_return(self) -> Story:
        assert self.ticket.unit_id is not None
        actor = a_liaison(self.ticket.unit_id)
        returns.request_return(self.ticket, actor=actor, basis="三定方案", **REASON, **self._next())  # type: ignore[arg-type]
        return self

    def return_decided(self, *, approved: bool) -> Story:
        returns.decide_return(self.ticket, approved=approved, actor=a_dispatcher(), **REASON, **self._next())  # type: ignore[arg-type]
        return self

    def accepted(self) -> Story:
        assert self.ticket.unit_id is not None
        self._next()
        self.ticket.accept(actor=a_liaison(self.ticket.unit_id), now=self.now)
        return self

    def answered(self) -> Story:
        self.accepted()
        assert self.ticket.unit_id is not None
        self.ticket.reply(actor=a_liaison(self.ticket.unit_id), now=self.now, text="已处理。")
        return self

    def teaches(self) -> Example | Skipped:
        return example_of(self.ticket, units=TABLES.units, duties=TABLES.duties)


STORIES = [
    # story, who says so, how far, unit; with the reason it is so
    (lambda: Story().machine_sends(), Source.MACHINE, Reached.SENT, CITY_MANAGEMENT),  # nobody has looked
    (lambda: Story().machine_sends().accepted(), Source.MACHINE, Reached.ACCEPTED, CITY_MANAGEMENT),
    (lambda: Story().machine_sends().answered(), Source.MACHINE, Reached.ANSWERED, CITY_MANAGEMENT),
    # the machine was wrong and a person says what is right
    (
        lambda: Story().machine_sends().transferred_to(HOUSING).answered(),
        Source.CORRECTED,
        Reached.ANSWERED,
        HOUSING,
    ),
    (
        lambda: Story().machine_sends().wants_to_return().return_decided(approved=True).person_sends(HOUSING),
        Source.CORRECTED,
        Reached.SENT,
        HOUSING,
    ),
    # the dispatcher took another than the first proposal
    (
        lambda: Story().person_sends(HOUSING, offered=(CITY_MANAGEMENT, HOUSING)).accepted(),
        Source.CORRECTED,
        Reached.ACCEPTED,
        HOUSING,
    ),
    (
        lambda: Story().person_sends(HOUSING, offered=(HOUSING, CITY_MANAGEMENT)).answered(),
        Source.AGREED,
        Reached.ANSWERED,
        HOUSING,
    ),
    (lambda: Story().person_sends(HOUSING).answered(), Source.CHOSEN, Reached.ANSWERED, HOUSING),
    # a refused return settles the doubt in favour of the unit, even of one the machine chose
    (
        lambda: Story().machine_sends().wants_to_return().return_decided(approved=False).answered(),
        Source.UPHELD,
        Reached.ANSWERED,
        CITY_MANAGEMENT,
    ),
]


@pytest.mark.parametrize(("story", "source", "reached", "unit_id"), STORIES)
def test_an_example_says_who_stands_behind_its_label(
    story: type[Story], source: Source, reached: Reached, unit_id: UnitId
) -> None:
    found = story().teaches()
    assert isinstance(found, Example)
    assert (found.source, found.reached, found.unit_id) == (source, reached, unit_id)
    assert found.weight == WEIGHTS[source, reached]


SKIPPED = [
    (lambda: Story(), Skipped.NO_UNIT),
    (lambda: Story().machine_sends().wants_to_return(), Skipped.DISPUTED),
    # nobody knows yet whose it is
    (lambda: Story().machine_sends().wants_to_return().return_decided(approved=True), Skipped.NO_UNIT),
    (lambda: Story("？！").person_sends(HOUSING), Skipped.TOO_SHORT),
    (lambda: Story().person_sends(TABLES.units.fallback.id), Skipped.FALLBACK_UNIT),
    (lambda: Story().person_sends(UnitId("qh.dissolved-long-ago")), Skipped.UNKNOWN_UNIT),
]


@pytest.mark.parametrize(("story", "why"), SKIPPED)
def test_some_tickets_teach_nothing(story: type[Story], why: Skipped) -> None:
    assert story().teaches() is why


def test_what_was_withdrawn_or_rejected_teaches_nothing() -> None:
    withdrawn = Story().machine_sends()
    withdrawn.ticket.withdraw(actor=CITIZEN, now=withdrawn.now, reason="已解决")
    assert withdrawn.teaches() is Skipped.WITHDRAWN
    rejected = Story()
    rejected.ticket.reject(actor=a_dispatcher(), now=rejected.now, reason="属于诉讼事项")
    assert rejected.teaches() is Skipped.REJECTED


def test_a_correction_outweighs_everything_and_the_machine_hardly_teaches_itself() -> None:
    corrected = WEIGHTS[Source.CORRECTED, Reached.ANSWERED]
    assert corrected == max(WEIGHTS.values())
    assert WEIGHTS[Source.MACHINE, Reached.SENT] == min(WEIGHTS.values()) < corrected / 20
    for source in Source:
        assert (
            WEIGHTS[source, Reached.ANSWERED]
            >= WEIGHTS[source, Reached.ACCEPTED]
            >= WEIGHTS[source, Reached.SENT]
        )
    assert set(WEIGHTS) == {(source, reached) for source in Source for reached in Reached}


def test_only_redacted_text_is_taught() -> None:
    found = (
        Story("我叫王建国，电话13812345678，幸福里3栋2单元501室漏水", title="漏水")
        .person_sends(HOUSING)
        .teaches()
    )
    assert isinstance(found, Example)
    assert found.text.startswith("漏水\n")
    for identity in ("13812345678", "王建国", "501"):
        assert identity not in found.text


def test_the_machines_own_dispatches_judge_no_model_until_people_have_answered_them() -> None:
    sent, answered = Story().machine_sends().teaches(), Story().machine_sends().answered().teaches()
    assert isinstance(sent, Example)
    assert isinstance(answered, Example)
    assert (sent.confirmed, answered.confirmed) == (False, True)


def test_the_date_of_an_example_is_that_of_the_newest_word_on_its_label() -> None:
    story = Story().machine_sends().transferred_to(HOUSING).answered()
    found = story.teaches()
    assert isinstance(found, Example)
    assert found.at == story.now
    story.ticket.remind(actor=CITIZEN, now=story.now + timedelta(days=9), text=None)
    again = story.teaches()
    assert isinstance(again, Example)
    assert again.at == story.now


def test_the_topic_is_that_of_the_duty_it_was_proposed_under_or_the_units_only_one() -> None:
    duty = next(d for d in TABLES.duties.all() if d.unit_id == HOUSING)
    story = Story()
    candidate = Candidate(HOUSING, duty.id, 0.9, (), None)
    story.ticket.triage = TriageDecision(False, (candidate,), (), None)
    found = story.person_sends(HOUSING).teaches()
    assert isinstance(found, Example)
    assert found.topic == duty.topic
    several = Story().person_sends(CITY_MANAGEMENT).teaches()  # answers under more than one topic
    assert isinstance(several, Example)
    assert several.topic is None


@pytest.mark.parametrize(
    ("story", "corrected"),
    [
        (lambda: Story().machine_sends(), False),
        (lambda: Story().machine_sends().transferred_to(HOUSING), True),
        (lambda: Story().machine_sends().wants_to_return(), None),
        (lambda: Story().machine_sends().wants_to_return().return_decided(approved=True), True),
        (lambda: Story().machine_sends().wants_to_return().return_decided(approved=False), False),
        (lambda: Story().person_sends(HOUSING), None),
    ],
)
def test_a_machine_is_wrong_where_people_took_its_dispatch_back(
    story: type[Story], corrected: bool | None
) -> None:
    assert was_corrected(story().ticket) is corrected


def test_a_supervisor_who_acts_counts_as_a_person() -> None:
    story = Story()
    story.ticket.leave_to_a_person(proposed(HOUSING), actor=SYSTEM, now=story.now)
    boss = Actor("boss", "林督办", Role.SUPERVISOR, frozenset({HOUSING}))
    story.ticket.dispatch(HOUSING, profile=PROFILE, actor=boss, now=story.now)
    found = story.teaches()
    assert isinstance(found, Example)
    assert found.source is Source.AGREED
