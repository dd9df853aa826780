"""A limit in words, a tone and a sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.web.clock_words import clock_words, nearest_clock, span
from routing.timing.sla import ClockName
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, PROFILE, a_dispatcher, a_liaison, a_ticket


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "不到 1 分钟"),
        (timedelta(seconds=59), "不到 1 分钟"),
        (timedelta(minutes=1), "1 分钟"),
        (timedelta(minutes=59, seconds=59), "59 分钟"),
        (timedelta(hours=1), "1 小时"),
        (timedelta(hours=23, minutes=59), "23 小时"),
        (timedelta(days=1), "1 天"),
        (timedelta(days=1, hours=6, minutes=40), "1 天 6 小时"),
        (timedelta(days=2), "2 天"),
        (timedelta(days=2, hours=23), "2 天"),
        (timedelta(days=40), "40 天"),
    ],
)
def test_a_length_of_time_is_never_rounded_up(length: timedelta, words: str) -> None:
    assert span(length) == words


DUE = datetime(2026, 11, 16, 7, 0, tzinfo=UTC)
"""The sign-in limit of a ticket dispatched on Monday 9:30: four working hours, 15:00 in China."""


@pytest.mark.parametrize(
    ("now", "tone", "sign", "words"),
    [
        (MONDAY_9_30, "calm", "●", "还剩 5 小时（今天15:00）"),
        (DUE - timedelta(minutes=20), "soon", "▲", "还剩 20 分钟（今天15:00）"),
        (DUE, "soon", "▲", "还剩 不到 1 分钟（今天15:00）"),
        (DUE + timedelta(seconds=1), "late", "■", "已超期 不到 1 分钟"),
        (DUE + timedelta(days=2), "late", "■", "已超期 2 天"),
    ],
)
def test_a_running_limit_says_what_is_left_and_then_how_late_it_is(
    now: datetime, tone: str, sign: str, words: str
) -> None:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    clock = ticket.clock(ClockName.SIGN_IN)
    assert clock is not None
    said = clock_words(clock, now=now)
    assert (said.tone, said.sign, said.words) == (tone, sign, words)
    assert said.due == "2026-11-16 15:00"


def test_another_day_is_named_without_brackets_inside_brackets() -> None:
    clock = a_ticket().clock(ClockName.REPLY)
    assert clock is not None
    assert clock_words(clock, now=MONDAY_9_30).words == "还剩 7 天（11月23日 周一 17:30）"


@pytest.mark.parametrize(
    ("after", "tone", "words"),
    [(timedelta(hours=1), "met", "按时完成"), (timedelta(hours=8, minutes=10), "missed", "晚了 2 小时")],
)
def test_a_stopped_limit_says_whether_it_was_kept(after: timedelta, tone: str, words: str) -> None:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    ticket.accept(actor=a_liaison(), now=MONDAY_9_30 + after)
    clock = ticket.clock(ClockName.SIGN_IN)
    assert clock is not None
    said = clock_words(clock, now=MONDAY_9_30 + timedelta(days=9))
    assert (said.tone, said.words) == (tone, words)


def test_a_list_shows_the_limit_that_falls_due_first() -> None:
    ticket = a_ticket()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=MONDAY_9_30)
    nearest = nearest_clock(ticket, now=MONDAY_9_30)
    assert nearest is not None
    assert nearest.name == "签收时限"


def test_a_withdrawn_ticket_runs_no_limit() -> None:
    ticket = a_ticket()
    ticket.withdraw(actor=a_dispatcher(), now=MONDAY_9_30, reason="已解决")
    nearest = nearest_clock(ticket, now=MONDAY_9_30)
    assert nearest is not None
    assert (nearest.tone, nearest.words) == ("off", "不再计时")
