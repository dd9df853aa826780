"""Every figure against tickets small enough to count by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind
from routing.figures import (
    ClockRow,
    Exclusion,
    FigureName,
    FigureRow,
    Period,
    by_unit,
    handovers,
    totals,
    verdicts,
)
from routing.sla import ClockName
from routing.workflow import State
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30

DAY = timedelta(days=1)
PERIOD = Period(MONDAY_9_30 - 30 * DAY, MONDAY_9_30 + 30 * DAY, as_of=MONDAY_9_30)


def row(
    number: str,
    *,
    reply: ClockState = ClockState.MET,
    due_days: float = -1,
    state: State = State.RESOLVED,
    unit_id: UnitId | None = CITY_MANAGEMENT,
    ratings: tuple[int, ...] = (),
) -> FigureRow:
    due_at = MONDAY_9_30 + due_days * DAY
    return FigureRow(
        number=number,
        unit_id=unit_id,
        state=state,
        received_at=MONDAY_9_30 - 5 * DAY,
        clocks=(ClockRow(ClockName.REPLY, unit_id, due_at, reply),),
        ratings=tuple((stars, MONDAY_9_30 - DAY) for stars in ratings),
    )


def test_on_time_closing_counts_what_is_open_and_overdue_against_the_unit() -> None:
    rows = [
        row("in time"),
        row("late", reply=ClockState.MISSED),
        row("overdue and open", reply=ClockState.RUNNING, state=State.ACCEPTED),
    ]
    figure = totals(rows, PERIOD)[FigureName.CLOSED_ON_TIME]
    assert (figure.numerator, figure.denominator) == (1, 3)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (row("open", reply=ClockState.RUNNING, due_days=2, state=State.ACCEPTED), Exclusion.NOT_YET_DUE),
        (row("gone", reply=ClockState.CANCELLED, state=State.WITHDRAWN), Exclusion.WITHDRAWN),
        (row("refused", reply=ClockState.CANCELLED, state=State.REJECTED), Exclusion.REJECTED),
        (row("moved", reply=ClockState.CANCELLED), Exclusion.NO_LONGER_APPLIES),
        # Withdrawn after its date had passed: out of both terms all the same (domain §4).
        (row("gone late", reply=ClockState.MISSED, state=State.WITHDRAWN), Exclusion.WITHDRAWN),
    ],
)
def test_what_is_left_out_is_left_out_by_name(given: FigureRow, reason: Exclusion) -> None:
    figure = totals([given], PERIOD)[FigureName.CLOSED_ON_TIME]
    assert (figure.denominator, figure.value) == (0, None)
    assert figure.excluded == {reason: 1}


def test_a_limit_kept_ahead_of_time_counts_at_once() -> None:
    figure = totals([row("early", due_days=3)], PERIOD)[FigureName.CLOSED_ON_TIME]
    assert (figure.numerator, figure.denominator) == (1, 1)


def test_a_limit_outside_the_period_does_not_concern_it() -> None:
    assert totals([row("long ago", due_days=-40)], PERIOD)[FigureName.CLOSED_ON_TIME].denominator == 0


def test_nothing_to_count_is_blank_and_never_zero_percent() -> None:
    assert all(figure.value is None for figure in totals([], PERIOD).values())


def test_silence_is_not_satisfaction_and_a_bad_rating_outlives_its_rework() -> None:
    rows = [row("silent"), row("pleased", ratings=(5,)), row("reworked", ratings=(1, 4))]
    figure = totals(rows, PERIOD)[FigureName.SATISFIED]
    assert (figure.numerator, figure.denominator) == (2, 3)


def test_departments_add_up_to_the_total_and_every_figure_to_its_tickets() -> None:
    rows = [
        row("a"),
        row("b", reply=ClockState.MISSED),
        row("c", unit_id=HOUSING, ratings=(2,)),
        row("d", unit_id=None, reply=ClockState.RUNNING, state=State.RECEIVED),
    ]
    groups = by_unit(rows, PERIOD)
    for name, total in totals(rows, PERIOD).items():
        parts = [group[name] for group in groups.values() if name in group]
        assert sum(p.numerator for p in parts) == total.numerator
        assert sum(p.denominator for p in parts) == total.denominator
        judged = list(verdicts(name, rows, PERIOD))
        assert sum(v.counted for v in judged) == total.numerator
        assert len([v for v in judged if v.excluded is None]) == total.denominator


def test_one_approved_return_answers_one_dispatch() -> None:
    handed = handovers(
        [
            (EventKind.DISPATCHED, CITY_MANAGEMENT),
            (EventKind.RETURN_APPROVED, CITY_MANAGEMENT),
            (EventKind.DISPATCHED, HOUSING),
            (EventKind.DISPATCHED, CITY_MANAGEMENT),
        ]
    )
    assert handed == ((CITY_MANAGEMENT, True), (HOUSING, False), (CITY_MANAGEMENT, False))


def test_the_governments_own_printed_figures_come_out_as_they_should_have() -> None:
    """271 of 291 was printed as 96.1 %, 57,644 of 57,657 as 99.9 % (domain §4)."""
    for closed, received, printed in ((271, 291, "93.1%"), (57_644, 57_657, "99.98%")):
        rows = [row(str(n), state=State.RESOLVED if n < closed else State.ACCEPTED) for n in range(received)]
        value = totals(rows, PERIOD)[FigureName.CLOSED].value
        assert value is not None
        decimals = len(printed.split(".")[1]) - 1
        assert f"{value:.{decimals}%}" == printed
