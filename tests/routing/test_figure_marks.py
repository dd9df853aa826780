"""What tickets say to figures in strings is what their judges say, on any tickets and any days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.clocks import ClockState
from routing.events import EventKind
from routing.figures.counting import FigureRow, Flow, Period, by_unit
from routing.figures.marks import DUE_AT, OPEN_UNIT, SLOTS, Tally, is_of_whole_days, marks_of, strings_of
from routing.figures.marks import month_span as span_of
from routing.timing.sla import ClockName
from routing.timing.working_calendar import CHINA
from routing.workflow import OPEN_STATES, State
from tests.factories import MONDAY_9_30
from tests.routing.made_up_rows import figure_rows
from tests.routing.test_figures import clock, event, row

START = datetime(2026, 6, 1, tzinfo=CHINA)
A_YEAR = st.integers(0, 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
DAYS = st.integers(0, 366).map(lambda days: START + timedelta(days=days))


def tally(rows: list[FigureRow], period: Period) -> Tally:
    counted = Tally(period)
    first, last = span_of(period)
    counted.add(s for r in rows for s in strings_of(marks_of(r)) if first <= s < last)
    for unit_id in {r.unit_id for r in rows}:
        stock = [fields for r in rows if OPEN_UNIT in (fields := marks_of(r)) and r.unit_id == unit_id]
        late = [fields for fields in stock if DUE_AT in fields and fields[DUE_AT] < period.as_of]
        if stock:
            counted.add_open(unit_id, open_now=len(stock), overdue=len(late))
    return counted


@settings(max_examples=300)
@given(rows=figure_rows(moments=A_YEAR), since=DAYS, length=st.integers(1, 120), as_of=A_YEAR)
def test_strings_and_judges_give_the_same_figures(
    rows: list[FigureRow], since: datetime, length: int, as_of: datetime
) -> None:
    period = Period(since, since + timedelta(days=length), as_of)
    assert tally(rows, period).by_unit() == by_unit(rows, period)


def test_an_open_end_counts_what_is_still_ahead() -> None:
    ahead = row("ahead", reply=ClockState.RUNNING, due_days=40, state=State.ACCEPTED)
    period = Period(START, datetime(9999, 1, 1, tzinfo=UTC), MONDAY_9_30)
    assert is_of_whole_days(period)
    assert tally([ahead], period).by_unit() == by_unit([ahead], period)


@pytest.mark.parametrize(
    ("since", "until", "whole"),
    [
        ((2026, 11, 1), (2026, 12, 1), True),
        ((2026, 11, 1, 8), (2026, 12, 1), False),
        ((2026, 11, 1), (2026, 12, 1, 9, 30), False),
    ],
)
def test_only_whole_days_of_china_are_read_off_the_strings(
    since: tuple[int, ...], until: tuple[int, ...], whole: bool
) -> None:
    first, last = (datetime(*parts, tzinfo=CHINA) for parts in (since, until))  # type: ignore[arg-type]
    assert is_of_whole_days(Period(first, last, MONDAY_9_30)) is whole


def test_a_ticket_of_many_months_keeps_them_all() -> None:
    reopenings = tuple(
        e
        for month in range(7)
        for e in (event(EventKind.RESOLVED, 31 * month), event(EventKind.REOPENED, 31 * month + 1))
    )
    long = row("seven months", events=reopenings, state=State.ACCEPTED)
    fields = marks_of(long)
    assert set(SLOTS) <= fields.keys()
    assert len(strings_of(fields)) > len(SLOTS)
    period = Period(
        MONDAY_9_30.astimezone(CHINA).replace(hour=0, minute=0), START.replace(year=2028), MONDAY_9_30
    )
    assert tally([long], period).by_unit() == by_unit([long], period)


def test_a_child_answered_and_closed_leaves_the_stock_once() -> None:
    child = row(
        "child",
        events=(
            event(EventKind.LINKED, -3),
            event(EventKind.ANSWERED_WITH_PARENT),
            event(EventKind.RESOLVED),
        ),
        clocks=(clock(ClockName.REPLY, ClockState.CANCELLED),),
    )
    period = Period(START, START + timedelta(days=400), MONDAY_9_30)
    assert tally([child], period).flows() == {
        Flow.RECEIVED: 1,
        Flow.REOPENED: 0,
        Flow.RESOLVED: 1,
        Flow.WITHDRAWN: 0,
        Flow.REJECTED: 0,
    }


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_every_open_ticket_with_work_in_it_is_in_the_stock(state: State) -> None:
    fields = marks_of(row("open", state=state, reply=ClockState.RUNNING))
    assert (OPEN_UNIT in fields) is (state is not State.LINKED)
