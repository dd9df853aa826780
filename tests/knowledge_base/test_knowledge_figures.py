"""The library's figures by small tables, and their adding up whatever the rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.gaps.asked import AskedOutcome, AskedQuestion, AskedTally
from knowledge_base.gaps.figures import EntryAges, Excluded, KnowledgeFigure, Rows, Span, by_unit, totals
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.tasks import KnowledgeTask, TaskKind, TaskState
from tests.factories import MONDAY_9_30 as NOW

Database = AsyncIOMotorDatabase[dict[str, Any]]
SPAN = Span(NOW - timedelta(days=30), NOW + timedelta(days=1), as_of=NOW)


def asked(outcome: AskedOutcome, *, helpful: bool | None = None, many: int = 1) -> AskedTally:
    return AskedTally(outcome=outcome, helpful=helpful, unit_id="qh.health", many=many)


def a_task(*, due: int, ended: int | None = None, state: TaskState = TaskState.OPEN) -> KnowledgeTask:
    return KnowledgeTask(
        id=f"{due}{ended}{state}",
        kind=TaskKind.GAP,
        title="",
        unit_id="qh.health",
        opened_at=NOW - timedelta(days=10),
        due_at=NOW + timedelta(days=due),
        ended_at=None if ended is None else NOW + timedelta(days=ended),
        state=state,
    )


def rows(*, questions: Any = (), tasks: Any = (), entries: Any = ()) -> Rows:
    return Rows(tuple(questions), tuple(tasks), tuple(entries))


def test_what_is_kept_from_answering_on_purpose_is_in_neither_term() -> None:
    of = AskedOutcome
    questions = [asked(of.ANSWERED), asked(of.ANSWERED, helpful=True), asked(of.ANSWERED, helpful=False)]
    questions += [asked(of.REFUSED), asked(of.CHOICE), asked(of.TO_A_PERSON), asked(of.ELSEWHERE)]
    counted = totals(rows(questions=questions), SPAN)
    hit = counted[KnowledgeFigure.ANSWERED]
    assert (hit.numerator, hit.denominator) == (3, 5)
    assert hit.excluded == {Excluded.TO_A_PERSON: 1, Excluded.ELSEWHERE: 1}
    assert counted[KnowledgeFigure.SELF_SERVED].numerator == 2
    helpful = counted[KnowledgeFigure.HELPFUL]
    assert (helpful.numerator, helpful.denominator) == (1, 2), "silence is no word"


def test_a_word_on_a_public_page_is_no_question() -> None:
    counted = totals(rows(questions=[asked(AskedOutcome.READ, helpful=True)]), SPAN)
    assert counted[KnowledgeFigure.ANSWERED].denominator == 0
    assert counted[KnowledgeFigure.HELPFUL].value == 1.0


def test_where_nothing_was_asked_the_figure_is_blank_never_zero() -> None:
    assert totals(rows(), SPAN)[KnowledgeFigure.ANSWERED].value is None


async def test_the_store_counts_what_was_asked_in_the_period_and_nothing_else(database: Database) -> None:
    store = MongoGapStore(database)
    await store.prepare()
    for days_ago, outcome in (
        (31, AskedOutcome.ANSWERED),
        (1, AskedOutcome.ANSWERED),
        (2, AskedOutcome.ANSWERED),
    ):
        at = NOW - timedelta(days=days_ago)
        await store.note(AskedQuestion(key=f"{days_ago}", at=at, outcome=outcome, unit_id="qh.health"))
    await store.note(AskedQuestion(key="until", at=SPAN.until, outcome=AskedOutcome.ANSWERED))
    assert await store.tally(SPAN.since, SPAN.until) == [asked(AskedOutcome.ANSWERED, many=2)]


@pytest.mark.parametrize(
    ("task", "on_time", "why"),
    [
        (a_task(due=-3, ended=-4, state=TaskState.DONE), (1, 1), "done before its limit"),
        (a_task(due=-3, ended=-2, state=TaskState.DONE), (0, 1), "done after it"),
        (a_task(due=-3), (0, 1), "open and late counts against"),
        (a_task(due=0), (0, 0), "the limit has not come"),
        (a_task(due=-3, ended=-4, state=TaskState.CLOSED), (0, 0), "closed with a reason"),
    ],
)
def test_tasks_on_time_counts_limits_that_fell_due(
    task: KnowledgeTask, on_time: tuple[int, int], why: str
) -> None:
    found = totals(rows(tasks=[task]), SPAN)[KnowledgeFigure.TASKS_ON_TIME]
    assert (found.numerator, found.denominator) == on_time, why


def test_days_to_update_is_the_mean_over_what_was_answered() -> None:
    tasks = [a_task(due=9, ended=-8, state=TaskState.DONE), a_task(due=9, ended=-4, state=TaskState.DONE)]
    found = totals(rows(tasks=tasks), SPAN)[KnowledgeFigure.DAYS_TO_UPDATE]
    assert (found.numerator, found.denominator, found.value) == (8.0, 2, 4.0)


def test_an_entry_is_stale_when_nobody_vouched_for_it_in_time() -> None:
    entries = [EntryAges("qh.health", 2, 2), EntryAges("qh.housing", 1, 0)]
    found = totals(rows(entries=entries), SPAN)[KnowledgeFigure.STALE]
    assert (found.numerator, found.denominator) == (2, 3)


UNITS = st.sampled_from(["qh.health", "qh.housing", None])
ASKED = st.builds(
    AskedTally,
    many=st.integers(1, 9),
    outcome=st.sampled_from(AskedOutcome),
    helpful=st.sampled_from([True, False, None]),
    unit_id=UNITS,
)


@given(st.lists(ASKED, max_size=30))
def test_the_units_figures_add_up_to_the_totals(questions: list[AskedTally]) -> None:
    made_of = rows(questions=questions)
    whole, parts = totals(made_of, SPAN), by_unit(made_of, SPAN)
    for name in KnowledgeFigure:
        own = [part[name] for part in parts.values() if name in part]
        assert sum(one.numerator for one in own) == whole[name].numerator
        assert sum(one.denominator for one in own) == whole[name].denominator
        value = whole[name].value
        assert value is None or name is KnowledgeFigure.DAYS_TO_UPDATE or 0 <= value <= 1


async def test_gaps_an_earlier_version_kept_for_ever_are_let_go_from_now_on(database: Database) -> None:
    await database["gaps"].drop()
    await database["gaps"].create_index("last_at")
    store = MongoGapStore(database)
    for _ in range(2):
        await store.prepare()
    indexes = await database["gaps"].index_information()
    assert indexes["last_at_1"]["expireAfterSeconds"] == 730 * 24 * 3600
