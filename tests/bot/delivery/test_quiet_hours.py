"""Text messages ring by day: a night is waited for in China's hours, across midnight, and only where one is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.quiet_hours import QuietHours
from bot.settings import Settings, SettingsInvalid
from routing.timing.working_calendar import CHINA

DAY = QuietHours.of("08:00-21:00")


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-11-16T07:59", "2026-11-16T08:00"),
        ("2026-11-16T08:00", None),
        ("2026-11-16T20:59", None),
        ("2026-11-16T21:00", "2026-11-17T08:00"),
        ("2026-12-31T23:30", "2027-01-01T08:00"),
    ],
)
def test_what_comes_at_night_waits_for_the_next_morning(local: str, until: str | None) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=CHINA).astimezone(UTC)
    ends = DAY.ends_at(at)
    assert ends == (datetime.fromisoformat(until).replace(tzinfo=CHINA) if until else None)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_a_night_ends_within_a_day_and_what_waited_may_go_then(at: datetime) -> None:
    ends = DAY.ends_at(at)
    if ends is not None:
        assert at < ends <= at + timedelta(hours=11)
        assert DAY.ends_at(ends) is None
    assert QuietHours.of(" ").ends_at(at) is None


@pytest.mark.parametrize("said", ["8", "21:00-08:00", "08:00", "08:00-25:00", "day"])
def test_hours_nobody_can_keep_stop_the_start(said: str) -> None:
    with pytest.raises(SettingsInvalid, match="HUIYIN_SMS_HOURS"):
        Settings.from_environment({"HUIYIN_SMS_HOURS": said})
