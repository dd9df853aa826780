"""What a due date costs, in processor time, beside the floor of one plain addition to a datetime."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from routing.citizen_request import RequestType
from routing.timing.profile_files import load_profile
from routing.timing.sla import ClockName, PauseReason

MOST_US = 5.0
CALLS = 4_000
ROUNDS = 9
PROFILE = load_profile("shandong-5+10")
CALENDAR = PROFILE.calendar
_chance = random.Random(20261122)
MOMENTS = [
    datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=_chance.randrange(1000 * 86400))
    for _ in range(CALLS)
]
FIVE_DAYS = timedelta(days=5)
DAY = timedelta(days=1)


def microseconds(act: Callable[[datetime], object]) -> float:
    """Processor time of one call: the median of rounds over moments spread across three years."""
    for at in MOMENTS[:200]:
        act(at)
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time_ns()
        for at in MOMENTS:
            act(at)
        spent.append((time.process_time_ns() - start) / CALLS / 1000)
    return sorted(spent)[len(spent) // 2]


FLOOR = microseconds(lambda at: at + FIVE_DAYS)


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("5 working days", lambda at: CALENDAR.add_working_days(at, 5)),
        ("20 working days", lambda at: CALENDAR.add_working_days(at, 20)),
        ("4 working hours", lambda at: CALENDAR.add_working_minutes(at, 240)),
        ("extension by 10 working days", lambda at: CALENDAR.extend_working_days(at, 10)),
        ("working time of a pause", lambda at: CALENDAR.working_minutes_between(at, at + FIVE_DAYS)),
        ("warning point", lambda at: CALENDAR.after_share(at, at + FIVE_DAYS, 0.8)),
        ("received at", CALENDAR.received_at),
    ],
)
def test_a_due_date_costs_at_most_five_microseconds(name: str, act: Callable[[datetime], object]) -> None:
    spent = microseconds(act)
    print(f"\n{name:<30} {spent:5.2f} µs  {spent / FLOOR:5.1f}× a datetime addition ({FLOOR:.3f} µs)")
    assert spent <= MOST_US


def test_what_a_whole_promise_costs() -> None:
    """Due date, warning point, calendar version and the sentence for the citizen; and the same moved by a pause."""
    kind = RequestType.COMPLAINT

    def promise(at: datetime) -> object:
        return PROFILE.promise(ClockName.REPLY, at=at, request_type=kind)

    made = PROFILE.promise(ClockName.REPLY, at=MOMENTS[0], request_type=kind)
    assert made is not None

    def moved(at: datetime) -> object:
        pause = made.started_at + (at - MOMENTS[0]) % DAY
        return PROFILE.after_pause(
            made,
            reason=PauseReason.SUSPENSION,
            paused_at=pause,
            resumed_at=pause + DAY,
            request_type=kind,
        )

    for name, act in (("promise with its explanation", promise), ("promise moved by a pause", moved)):
        spent = microseconds(act)
        print(f"\n{name:<30} {spent:5.2f} µs  {spent / FLOOR:5.1f}× a datetime addition")
