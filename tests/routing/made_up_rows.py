"""Rows of figures that hypothesis makes up: any clocks, any events, in any order that a day can bring."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from routing.clocks import ClockState
from routing.events import Fault, RejectReason, Solved, VisitOutcome
from routing.figures.counting import ClockRow, EventRow, FigureRow
from routing.figures.rows import KINDS
from routing.timing.sla import ClockName
from routing.workflow import State
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30

MOMENTS = st.integers(0, 9 * 24 * 60).map(lambda minutes: MONDAY_9_30 + timedelta(minutes=minutes))
UNITS = st.none() | st.sampled_from([CITY_MANAGEMENT, HOUSING])
CLOCKS = [
    ClockName.SIGN_IN,
    ClockName.FIRST_CONTACT,
    ClockName.REPLY,
    ClockName.REWORK,
    ClockName.FOLLOW_UP_VISIT,
]


def figure_rows(
    *, most: int = 8, moments: st.SearchStrategy[object] = MOMENTS
) -> st.SearchStrategy[list[FigureRow]]:
    """Lists of rows, each with a number of its own."""
    clocks = st.builds(
        ClockRow,
        name=st.sampled_from(CLOCKS),
        unit_id=UNITS,
        due_at=moments,
        state=st.sampled_from(ClockState),
        stopped_at=st.none() | moments,
        paused=st.booleans(),
    )
    events = st.builds(
        EventRow,
        kind=st.sampled_from(sorted(KINDS)),
        at=moments,
        unit_id=UNITS,
        stars=st.integers(1, 5),
        fault=st.none() | st.sampled_from(Fault),
        outcome=st.sampled_from(VisitOutcome),
        solved=st.none() | st.sampled_from(Solved),
        reject_reason=st.none() | st.sampled_from(RejectReason),
    )
    rows = st.builds(
        FigureRow,
        number=st.just(""),
        unit_id=UNITS,
        state=st.sampled_from(State),
        received_at=moments,
        public=st.booleans(),
        clocks=st.lists(clocks, max_size=4).map(tuple),
        events=st.lists(events, max_size=6).map(tuple),
    )
    return st.lists(rows, max_size=most).map(_numbered)


def _numbered(rows: list[FigureRow]) -> list[FigureRow]:
    return [
        FigureRow(
            number=f"HY261116{n:04d}",
            unit_id=row.unit_id,
            state=row.state,
            received_at=row.received_at,
            public=row.public,
            clocks=row.clocks,
            events=row.events,
        )
        for n, row in enumerate(rows)
    ]
