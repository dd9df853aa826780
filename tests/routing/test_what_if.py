"""What another calendar or profile would change on open tickets: every limit counted anew from its events."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from routing.acts import extensions, pauses
from routing.disclosure import applications
from routing.ticket import Ticket
from routing.timing.official_days import DayKind, OfficialDay, joined, official_days
from routing.timing.profile_files import SHIPPED, load_profile, profile_from_text
from routing.timing.sla import DISCLOSURE, ClockName, Profile
from routing.timing.what_if import Preview, preview
from routing.timing.working_calendar import CHINA
from routing.workflow import CITIZEN
from tests.factories import CITY_MANAGEMENT, a_dispatcher, a_liaison, a_request, a_supervisor, a_ticket

NAME = "demo-county"
PRESENT = load_profile(NAME)
TEXT = (SHIPPED / f"{NAME}.toml").read_text(encoding="utf-8")


def with_days(*extra: OfficialDay) -> Profile:
    return profile_from_text(TEXT, name=NAME, days=joined(official_days(), extra))


def off(day: str) -> OfficialDay:
    return OfficialDay(2026, date.fromisoformat(day), DayKind.HOLIDAY, "临时放假", "测试文号")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def told(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")


def dispatched(when: str = "2026-11-16T09:30") -> Ticket:
    ticket = a_ticket(a_request(at=at(when)), at=at(when))
    ticket.dispatch(
        CITY_MANAGEMENT, profile=PRESENT, actor=a_dispatcher(), now=at(when) + timedelta(minutes=5)
    )
    return ticket


def changed(found: Preview) -> dict[str, tuple[str, str]]:
    return {c.clock.value: (told(c.before), told(c.promise.due_at)) for c in found.changes}


def test_the_present_rules_change_nothing() -> None:
    found = preview([dispatched()], present=PRESENT, proposed=PRESENT)
    assert (found.tickets, found.limits, found.changes, found.unclear) == (1, 3, (), ())


def test_a_limit_that_began_anew_after_a_correction_is_counted_from_there() -> None:
    ticket = a_ticket(
        replace(a_request(at=at("2026-11-16T09:30")), tier=DISCLOSURE), at=at("2026-11-16T09:30")
    )
    ticket.dispatch(CITY_MANAGEMENT, profile=PRESENT, actor=a_dispatcher(), now=at("2026-11-16T09:35"))
    ticket.accept(actor=a_liaison(), now=at("2026-11-16T09:40"))
    applications.ask_correction(
        ticket, profile=PRESENT, actor=a_liaison(), now=at("2026-11-17T10:00"), text="请写明年份"
    )
    ticket.supplement(actor=CITIZEN, now=at("2026-11-20T10:00"), text="2025年", profile=PRESENT)
    assert preview([ticket], present=PRESENT, proposed=PRESENT).unclear == ()
    found = preview([ticket], present=PRESENT, proposed=with_days(off("2026-12-02")))
    assert changed(found)["reply"] == ("12-18 17:30", "12-21 17:30")


def test_a_new_day_off_moves_what_is_still_running_and_spares_what_is_done() -> None:
    ticket = dispatched()
    ticket.accept(actor=a_liaison(), now=at("2026-11-16T10:00"))
    found = preview([ticket], present=PRESENT, proposed=with_days(off("2026-11-17")))
    assert changed(found) == {
        "first_contact": ("11-17 17:30", "11-18 17:30"),
        "reply": ("11-23 17:30", "11-24 17:30"),
    }
    assert all(change.later for change in found.changes)
    assert found.numbers == (ticket.number,)
    replaced = found.of(ticket.number)
    assert {ticket.clocks[index].name for index in replaced} == {ClockName.FIRST_CONTACT, ClockName.REPLY}
    assert replaced[1].explanation == "5个工作日：11月17日放假不计"
    assert ticket.clocks[1].explanation == "5个工作日：周六、周日不计", "the ticket itself is untouched"


def test_what_came_in_on_a_day_off_that_becomes_a_working_day_is_received_that_day() -> None:
    ticket = dispatched("2026-11-21T10:00")
    worked = OfficialDay(2026, date(2026, 11, 21), DayKind.WORKDAY, "临时补班", "测试文号")
    found = preview([ticket], present=PRESENT, proposed=with_days(worked))
    assert changed(found)["reply"] == ("11-30 17:30", "11-27 17:30")
    assert not any(change.later for change in found.changes)


def test_a_profile_with_another_limit_says_what_it_would_promise() -> None:
    shorter = profile_from_text(
        TEXT.replace('complaint = "5 wd"', 'complaint = "3 wd"'), name=NAME, days=official_days()
    )
    found = preview([dispatched()], present=PRESENT, proposed=shorter)
    assert changed(found) == {"reply": ("11-23 17:30", "11-19 17:30")}


def extended_and_paused(ticket: Ticket, *, days: int, since: datetime, until: datetime) -> None:
    ticket.accept(actor=a_liaison(), now=since - timedelta(minutes=30))
    extensions.request_extension(
        ticket,
        profile=PRESENT,
        actor=a_liaison(),
        now=since - timedelta(minutes=20),
        reason="须开挖",
        amount=days,
    )
    extensions.decide_extension(
        ticket,
        approved=True,
        profile=PRESENT,
        actor=a_supervisor(),
        now=since - timedelta(minutes=10),
        reason="同意",
    )
    pauses.request_suspension(
        ticket,
        profile=PRESENT,
        actor=a_liaison(),
        now=since - timedelta(minutes=5),
        reason="等汛期过",
        until=until + timedelta(days=9),
    )
    pauses.decide_suspension(ticket, approved=True, actor=a_supervisor(), now=since, reason="同意")
    pauses.resume(ticket, profile=PRESENT, actor=a_supervisor(), now=until, reason="已退水")


def test_extensions_and_pauses_are_counted_again() -> None:
    ticket = dispatched()
    extended_and_paused(ticket, days=2, since=at("2026-11-17T10:00"), until=at("2026-11-18T10:00"))
    assert told(ticket.clocks[1].due_at) == "11-26 17:30"
    same = preview([ticket], present=PRESENT, proposed=PRESENT)
    assert (same.changes, same.unclear) == ((), ())
    found = preview([ticket], present=PRESENT, proposed=with_days(off("2026-11-24")))
    assert changed(found)["reply"] == ("11-26 17:30", "11-27 17:30")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_was_extended_and_paused_the_present_rules_find_the_present_date(seed: int) -> None:
    chance = random.Random(seed)
    tickets = []
    for _ in range(60):
        start = at("2026-01-05T09:30") + timedelta(minutes=chance.randrange(250 * 1440))
        ticket = dispatched(start.astimezone(CHINA).isoformat()[:16])
        since = start + timedelta(minutes=chance.randrange(60, 2000))
        if since - timedelta(minutes=20) <= ticket.clocks[1].due_at:
            until = since + timedelta(minutes=chance.randrange(1, 20000))
            extended_and_paused(ticket, days=chance.randint(1, 10), since=since, until=until)
        tickets.append(ticket)
    found = preview(tickets, present=PRESENT, proposed=PRESENT)
    assert (found.changes, found.unclear) == ((), ())
    assert found.limits >= 60


def test_a_date_its_events_do_not_lead_to_is_left_to_a_person() -> None:
    ticket = dispatched()
    extended_and_paused(ticket, days=2, since=at("2026-11-17T10:00"), until=at("2026-11-18T10:00"))
    by_hand = replace(ticket.clocks[1], due_at=ticket.clocks[1].due_at + timedelta(days=1))
    ticket.clocks = (ticket.clocks[0], by_hand, *ticket.clocks[2:])
    found = preview([ticket], present=PRESENT, proposed=with_days(off("2026-11-24")))
    assert [(each.clock, each.why) for each in found.unclear] == [
        (ClockName.REPLY, "延期、暂停与现有期限对不上，请人工核对")
    ]
    assert "reply" not in changed(found)


def test_a_limit_the_new_profile_does_not_have_is_told() -> None:
    without = TEXT.replace('[clocks.first_contact]\nowner = "unit"\nlimit = "1 wd"\nurgent = "2 h"\n', "")
    assert without != TEXT
    proposed = profile_from_text(without, name=NAME, days=official_days())
    found = preview([dispatched()], present=PRESENT, proposed=proposed)
    assert [each.why for each in found.unclear] == ["新方案没有这一时限"]


def test_a_unit_with_its_own_calendar_is_compared_on_that_calendar() -> None:
    utility = PRESENT.for_unit("24x7")
    ticket = a_ticket(a_request(at=at("2026-11-21T10:00")), at=at("2026-11-21T10:00"))
    ticket.dispatch(CITY_MANAGEMENT, profile=utility, actor=a_dispatcher(), now=at("2026-11-21T10:05"))
    assert told(ticket.clocks[2].due_at) == "11-21 14:05"
    found = preview([ticket], present=PRESENT, proposed=with_days(off("2026-11-23")))
    assert set(changed(found)) == {"reply"}


def test_no_tickets_no_changes() -> None:
    nothing: Iterable[Ticket] = ()
    assert preview(nothing, present=PRESENT, proposed=PRESENT) == Preview(0, 0, (), ())
