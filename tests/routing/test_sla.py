"""Time-limit profiles: every number of the published table, warnings, pauses, extensions and the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.commands.deadline import register
from routing.citizen_request import RequestType, Urgency
from routing.departments import UnitId
from routing.timing.official_days import official_days
from routing.timing.profile_files import SHIPPED, load_profile, profile_from_text, profile_names
from routing.timing.sla import (
    DISCLOSURE,
    ClockName,
    PauseReason,
    ProfileInvalid,
    Promise,
    UnknownProfile,
    UnknownTier,
)
from routing.timing.working_calendar import CHINA
from tests.factories import CITY_MANAGEMENT, a_dispatcher, a_request, a_ticket

COUNTY, BEIJING, SHANDONG = (load_profile(name) for name in ("demo-county", "beijing-tier", "shandong-5+10"))
WEDNESDAY = "2026-11-18T10:00"
BEFORE_NATIONAL_DAY = "2026-09-30T16:30"
SATURDAY_NIGHT = "2026-10-03T23:10"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(moment: datetime) -> str:
    assert moment.utcoffset() == timedelta(0), "results are UTC"
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def promised(
    clock: str,
    came_in: str,
    *,
    profile: str = "demo-county",
    kind: RequestType = RequestType.COMPLAINT,
    urgent: bool = False,
    tier: str | None = None,
) -> Promise:
    promise = load_profile(profile).promise(
        ClockName(clock),
        at=at(came_in),
        request_type=kind,
        urgency=Urgency.URGENT if urgent else Urgency.ORDINARY,
        tier=tier,
    )
    assert promise is not None
    return promise


def test_three_profiles_ship_and_each_has_every_clock_and_an_owner_for_it() -> None:
    assert profile_names() == ("beijing-tier", "demo-county", "shandong-5+10")
    for name in profile_names():
        profile = load_profile(name)
        assert set(profile.clocks) == set(ClockName) - {ClockName.RELAY}, "a relay runs as the reply does"
        assert all(rule.owner for rule in profile.clocks.values())
        assert profile.first_answer_seconds == 5
        assert (profile.extensions, profile.returns_per_unit, profile.visit_tries) == (1, 1, 3)
        assert profile.title


@pytest.mark.parametrize(
    ("clock", "due", "why"),
    [
        ("acceptance", "2026-11-18 12:00", "2 working hours"),
        ("dispatch", "2026-11-18 12:00", "2 working hours"),
        ("sign_in", "2026-11-18 15:30", "4 working hours over lunch"),
        ("return_window", "2026-11-19 17:30", "1 working day"),
        ("first_contact", "2026-11-19 17:30", "1 working day"),
        ("extension", "2026-12-02 17:30", "10 working days after the old due date"),
        ("supervision_answer", "2026-11-23 17:30", "3 working days"),
        ("rework", "2026-11-25 17:30", "5 working days"),
        ("follow_up_visit", "2026-11-19 17:30", "the next working day"),
    ],
)
def test_the_clocks_of_the_demo_county(clock: str, due: str, why: str) -> None:
    assert shown(promised(clock, WEDNESDAY).due_at) == due, why


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        (RequestType.CONSULTATION, "2026-11-19 17:30"),
        (RequestType.SUGGESTION, "2026-11-25 17:30"),
        (RequestType.HELP, "2026-11-25 17:30"),
        (RequestType.COMPLAINT, "2026-11-25 17:30"),
        (RequestType.REPORT, "2026-12-09 17:30"),
        (RequestType.PRAISE, "2026-11-23 17:30"),
    ],
)
def test_the_demo_county_replies_in_1_5_5_5_15_3_working_days_by_type(kind: RequestType, due: str) -> None:
    assert shown(promised("reply", WEDNESDAY, kind=kind).due_at) == due
    assert (
        promised("reply", WEDNESDAY, kind=kind, urgent=True).due_at
        == promised("reply", WEDNESDAY, kind=kind).due_at
    )


@pytest.mark.parametrize(
    ("clock", "due"),
    [
        ("dispatch", "2026-10-03 23:40"),
        ("sign_in", "2026-10-04 00:10"),
        ("first_contact", "2026-10-04 01:10"),
        ("acceptance", "2026-10-08 11:00"),
    ],
)
def test_urgent_clocks_run_through_a_holiday_night_and_the_others_wait(clock: str, due: str) -> None:
    promise = promised(clock, SATURDAY_NIGHT, urgent=True)
    assert shown(promise.due_at) == due
    runs_on = clock != "acceptance"
    assert (promise.started_at == at(SATURDAY_NIGHT)) is runs_on
    assert ("24小时" in promise.explanation) is runs_on


@pytest.mark.parametrize(
    ("clock", "tier", "due", "why"),
    [
        ("acceptance", None, "2026-10-04 01:10", "2 h round the clock"),
        ("dispatch", "emergency", "2026-10-04 00:10", "1 h"),
        ("dispatch", "utilities", "2026-10-04 01:10", "2 h"),
        ("dispatch", "ordinary", "2026-10-04 23:10", "24 h"),
        ("sign_in", None, "2026-10-04 01:10", "2 h"),
        ("return_window", None, "2026-10-04 23:10", "1 d"),
        ("first_contact", "utilities", "2026-10-04 23:10", "with the tier"),
        ("reply", "emergency", "2026-10-04 01:10", "2 h"),
        ("reply", "utilities", "2026-10-04 23:10", "24 h"),
        ("reply", "ordinary", "2026-10-10 23:10", "7 d, holidays included"),
        ("reply", "complex", "2026-10-18 23:10", "15 d"),
        ("reply", None, "2026-10-10 23:10", "an ordinary request without a tier is of the 7 d tier"),
        ("supervision_answer", None, "2026-10-06 23:10", "3 d"),
        ("rework", None, "2026-10-08 23:10", "5 d"),
    ],
)
def test_the_clocks_of_beijing_run_by_tier(clock: str, tier: str | None, due: str, why: str) -> None:
    assert shown(promised(clock, SATURDAY_NIGHT, profile="beijing-tier", tier=tier).due_at) == due, why


def test_an_urgent_request_in_beijing_is_of_the_emergency_tier() -> None:
    urgent = promised("reply", SATURDAY_NIGHT, profile="beijing-tier", urgent=True)
    assert shown(urgent.due_at) == "2026-10-04 01:10"


@pytest.mark.parametrize("tier", ["emergency", "utilities", "ordinary"])
def test_an_extension_in_beijing_reaches_the_15_day_tier_whatever_the_tier_was(tier: str) -> None:
    reply = promised("reply", SATURDAY_NIGHT, profile="beijing-tier", tier=tier)
    latest = BEIJING.promise(
        ClockName.EXTENSION, at=reply.due_at, request_type=RequestType.COMPLAINT, tier=tier
    )
    assert latest is not None
    assert latest.due_at == at(SATURDAY_NIGHT) + timedelta(days=15)


def test_the_15_day_tier_has_no_extension() -> None:
    request_type = RequestType.COMPLAINT
    reply = promised("reply", SATURDAY_NIGHT, profile="beijing-tier", tier="complex")
    assert (
        BEIJING.promise(ClockName.EXTENSION, at=reply.due_at, request_type=request_type, tier="complex")
        is None
    )
    assert BEIJING.extended(reply, request_type=request_type, tier="complex") is None


@pytest.mark.parametrize(
    ("clock", "due", "why"),
    [
        ("acceptance", "2026-11-18 12:00", "2 working hours"),
        ("dispatch", "2026-11-18 15:30", "4 working hours over lunch"),
        ("sign_in", "2026-11-19 17:30", "1 working day"),
        ("return_window", "2026-11-20 17:30", "2 working days"),
        ("first_contact", "2026-11-19 17:30", "1 working day"),
        ("reply", "2026-11-25 17:30", "5 working days for every type"),
        ("extension", "2026-12-02 17:30", "10 working days"),
        ("supervision_answer", "2026-11-23 17:30", "3 working days"),
        ("rework", "2026-11-25 17:30", "5 working days"),
        ("follow_up_visit", "2026-11-19 17:30", "the next working day"),
    ],
)
def test_the_clocks_of_shandong(clock: str, due: str, why: str) -> None:
    assert shown(promised(clock, WEDNESDAY, profile="shandong-5+10").due_at) == due, why


@pytest.mark.parametrize("profile", ["demo-county", "beijing-tier", "shandong-5+10"])
def test_a_request_for_disclosure_has_20_working_days_and_20_more_everywhere(profile: str) -> None:
    kind = RequestType.CONSULTATION
    reply = promised("reply", WEDNESDAY, profile=profile, kind=kind, tier=DISCLOSURE)
    assert shown(reply.due_at) == "2026-12-16 17:30"
    extended = load_profile(profile).extended(reply, request_type=kind, tier=DISCLOSURE)
    assert extended is not None
    assert shown(extended.due_at) == "2027-01-14 17:30"
    assert PauseReason.THIRD_PARTY in load_profile(profile).pauses


# What the citizen reads


@pytest.mark.parametrize(
    ("clock", "came_in", "urgent", "told"),
    [
        ("reply", BEFORE_NATIONAL_DAY, False, "5个工作日：10月1–7日放假不计，10月10日(周六)补班计入"),
        ("reply", "2026-11-16T10:00", False, "5个工作日：周六、周日不计"),
        ("first_contact", WEDNESDAY, False, "1个工作日：收到次日起算"),
        ("first_contact", "2026-11-20T17:31", False, "1个工作日：非工作时间收到，视同11月23日09:00收到"),
        (
            "acceptance",
            BEFORE_NATIONAL_DAY,
            False,
            "2个工作小时：只计09:00–12:00、13:30–17:30，10月1–7日放假不计",
        ),
        ("dispatch", SATURDAY_NIGHT, True, "30分钟：全天24小时连续计时，节假日不停"),
        ("extension", "2026-11-18T17:30", False, "10个工作日：原期限次日起算，周六、周日不计"),
    ],
)
def test_a_promise_explains_itself(clock: str, came_in: str, urgent: bool, told: str) -> None:
    assert promised(clock, came_in, urgent=urgent).explanation == told


def test_a_calendar_day_limit_says_that_holidays_count() -> None:
    assert (
        promised("reply", SATURDAY_NIGHT, profile="beijing-tier").explanation
        == "7天：按自然日连续计算，节假日不顺延"
    )


def test_hours_that_change_between_start_and_due_are_not_quoted() -> None:
    promise = promised("acceptance", BEFORE_NATIONAL_DAY, profile="shandong-5+10")
    assert promise.explanation == "2个工作小时：只计工作时间，10月1–7日放假不计"


def test_a_promise_into_a_year_without_a_notice_is_marked_provisional() -> None:
    promise = promised("reply", "2026-12-30T10:00")
    assert shown(promise.due_at) == "2027-01-07 17:30"
    assert promise.calendar_version.endswith("/demo-county+2027-provisional")
    assert "2027年放假安排尚未公布，按周一至周五及元旦暂计，公布后将复核" in promise.explanation
    round_the_clock = promised("reply", "2026-12-30T10:00", profile="beijing-tier")
    assert "provisional" not in round_the_clock.calendar_version, "no notice can move it"


# Warning points


@pytest.mark.parametrize(
    ("clock", "came_in", "urgent", "warned", "why"),
    [
        ("reply", WEDNESDAY, False, "2026-11-24 14:15", "a quarter of 40.5 working hours is left"),
        ("reply", BEFORE_NATIONAL_DAY, False, "2026-10-12 15:30", "9 of 36 working hours are left"),
        ("acceptance", "2026-11-18T11:30", False, "2026-11-18 14:30", "half an hour of two, over lunch"),
        ("dispatch", SATURDAY_NIGHT, True, "2026-10-03 23:32", "22.5 minutes, down to the full minute"),
    ],
)
def test_the_warning_comes_when_a_quarter_of_the_limit_is_left(
    clock: str, came_in: str, urgent: bool, warned: str, why: str
) -> None:
    assert shown(promised(clock, came_in, urgent=urgent).warn_at) == warned, why


@settings(max_examples=300, deadline=None)
@given(
    profile=st.sampled_from([COUNTY, BEIJING, SHANDONG]),
    clock=st.sampled_from(list(ClockName)),
    kind=st.sampled_from(list(RequestType)),
    urgency=st.sampled_from(list(Urgency)),
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2028, 6, 1)),
)
def test_every_promise_warns_between_its_start_and_its_due_date(
    profile: object, clock: ClockName, kind: RequestType, urgency: Urgency, moment: datetime
) -> None:
    assert profile in (COUNTY, BEIJING, SHANDONG)
    came_in = moment.replace(tzinfo=CHINA)
    promise = profile.promise(clock, at=came_in, request_type=kind, urgency=urgency)
    assert promise is not None
    assert came_in <= promise.started_at <= promise.warn_at < promise.due_at
    assert {each.tzinfo for each in (promise.started_at, promise.warn_at, promise.due_at)} == {UTC}
    if clock is not ClockName.EXTENSION:
        again = profile.promise(clock, at=promise.started_at, request_type=kind, urgency=urgency)
        assert again is not None
        assert again.due_at == promise.due_at, "what was received at the opening is due alike"


# Extensions and pauses


def test_an_extension_moves_the_same_promise_and_keeps_its_start() -> None:
    reply = promised("reply", WEDNESDAY)
    extended = COUNTY.extended(reply, amount=3, request_type=RequestType.COMPLAINT)
    assert extended is not None
    assert (extended.clock, extended.started_at) == (reply.clock, reply.started_at)
    assert shown(extended.due_at) == "2026-11-30 17:30"
    assert reply.due_at < extended.warn_at < extended.due_at
    assert extended.explanation == "延期3个工作日：原期限次日起算，周六、周日不计"


@pytest.mark.parametrize("amount", [0, -1, 11])
def test_an_extension_beyond_the_profile_is_refused(amount: int) -> None:
    with pytest.raises(ValueError, match="延期须为1至10个工作日"):
        COUNTY.extended(promised("reply", WEDNESDAY), amount=amount, request_type=RequestType.COMPLAINT)


def paused(promise: Promise, reason: PauseReason, start: str, end: str, *, urgent: bool = False) -> Promise:
    return COUNTY.after_pause(
        promise,
        reason=reason,
        paused_at=at(start),
        resumed_at=at(end),
        request_type=RequestType.COMPLAINT,
        urgency=Urgency.URGENT if urgent else Urgency.ORDINARY,
    )


def test_a_pause_over_a_holiday_adds_only_the_working_time_it_took() -> None:
    reply = promised("reply", BEFORE_NATIONAL_DAY)
    moved = paused(reply, PauseReason.SUSPENSION, "2026-09-30T17:00", "2026-10-08T10:30")
    assert shown(reply.due_at) == "2026-10-13 17:30"
    assert shown(moved.due_at) == "2026-10-14 11:00", (
        "half an hour before the holiday, an hour and a half after"
    )
    assert shown(moved.warn_at) == "2026-10-12 17:30"
    assert moved.explanation.endswith("9月30日17:00至10月8日10:30暂停计时")


def test_a_pause_granted_under_an_earlier_profile_still_counts() -> None:
    without = replace(COUNTY, pauses={})
    moved = without.after_pause(
        promised("reply", BEFORE_NATIONAL_DAY),
        reason=PauseReason.SUSPENSION,
        paused_at=at("2026-09-30T17:00"),
        resumed_at=at("2026-10-08T10:30"),
        request_type=RequestType.COMPLAINT,
    )
    assert shown(moved.due_at) == "2026-10-14 11:00"


def test_waiting_for_the_citizens_material_is_capped() -> None:
    reply = promised("reply", WEDNESDAY)
    capped = paused(reply, PauseReason.MATERIAL, "2026-11-19T17:00", "2027-01-20T09:00")
    at_the_cap = paused(reply, PauseReason.SUSPENSION, "2026-11-19T17:00", "2026-12-03T17:30")
    assert capped.due_at == at_the_cap.due_at
    assert shown(capped.due_at) == "2026-12-10 09:30"


def test_a_pause_on_an_urgent_clock_takes_off_clock_time() -> None:
    contact = promised("first_contact", SATURDAY_NIGHT, urgent=True)
    moved = paused(contact, PauseReason.SUSPENSION, "2026-10-03T23:20", "2026-10-03T23:50", urgent=True)
    assert moved.due_at - contact.due_at == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        ("2026-11-25T17:31", "2026-11-26T17:30", "it begins after the due date: lateness is not healed"),
        ("2026-11-17T09:00", "2026-11-18T09:59", "it ended before the clock started"),
        ("2026-11-19T10:00", "2026-11-19T10:00", "it has no length"),
    ],
)
def test_a_pause_outside_the_running_clock_moves_nothing(start: str, end: str, why: str) -> None:
    reply = promised("reply", WEDNESDAY)
    assert paused(reply, PauseReason.SUSPENSION, start, end) == reply, why


def test_a_warning_already_given_is_not_taken_back_by_a_pause() -> None:
    reply = promised("reply", WEDNESDAY)
    moved = paused(reply, PauseReason.SUSPENSION, "2026-11-25T09:00", "2026-11-25T10:00")
    assert moved.warn_at == reply.warn_at
    assert shown(moved.due_at) == "2026-11-26 10:00"


def test_the_visit_counts_from_closing_or_in_beijing_from_the_end_of_the_limit() -> None:
    closed_at, reply_due_at = at("2026-11-18T10:00"), at("2026-11-25T10:00")
    assert COUNTY.visit_starts_at(closed_at=closed_at, reply_due_at=reply_due_at) == closed_at
    assert BEIJING.visit_starts_at(closed_at=closed_at, reply_due_at=reply_due_at) == reply_due_at


# Profiles as files


def test_an_unknown_profile_lists_the_known_ones() -> None:
    with pytest.raises(UnknownProfile) as unknown:
        load_profile("../demo-county")
    assert all(name in str(unknown.value) for name in profile_names())


def test_an_unknown_tier_is_refused_and_not_taken_for_the_ordinary_one() -> None:
    with pytest.raises(UnknownTier):
        promised("reply", WEDNESDAY, tier="utilities")


def test_a_place_can_bring_its_own_profile_and_notice(tmp_path: Path) -> None:
    text = (SHIPPED / "demo-county.toml").read_text(encoding="utf-8")
    (tmp_path / "profiles").mkdir()
    (tmp_path / "calendar").mkdir()
    (tmp_path / "profiles" / "our-county.toml").write_text(
        text.replace('limit = "1 wd"', 'limit = "2 wd"'), encoding="utf-8"
    )
    (tmp_path / "calendar" / "cn-2026-extra.csv").write_text(
        "notice_year,date,kind,name,notice\n2026,2026-11-19,holiday,测试,测试文号\n", encoding="utf-8"
    )
    assert "our-county" in profile_names(extra=tmp_path)
    ours = load_profile("our-county", extra=tmp_path)
    contact = ours.promise(ClockName.FIRST_CONTACT, at=at(WEDNESDAY), request_type=RequestType.HELP)
    assert contact is not None
    assert shown(contact.due_at) == "2026-11-23 17:30"
    assert contact.explanation == "2个工作日：11月19日放假不计"
    assert ours.calendar.version != COUNTY.calendar.version


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('limit = "2 wh"', 'limit = "2 weeks"'),
        ('limit = "2 wh"', 'limit = "0 wh"'),
        ('urgent = "30 min"', 'urgnet = "30 min"'),
        ("[clocks.dispatch]", "[clocks.dispach]"),
        ("consultation = ", "question = "),
        ("warn_left = 0.25", "warn_left = 1.5"),
        ("extensions = 1", "extension = 1"),
        ("tiers = { disclosure", "tiers = { publicity"),
        ('title = "示范县（默认）"', 'title = "示范县（默认）"\nurgent_tier = "none"'),
        ('"13:30-17:30"', '"11:30-17:30"'),
        ("[hours]", "[opening]"),
    ],
)
def test_a_misspelt_profile_is_refused_instead_of_silently_losing_a_clock(
    tmp_path: Path, right: str, wrong: str
) -> None:
    text = (SHIPPED / "demo-county.toml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "wrong.toml").write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ProfileInvalid, match=r"wrong\.toml"):
        load_profile("wrong", extra=tmp_path)


# The command line


def huiyin(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    result = CliRunner().invoke(app, ["deadline", *arguments], env={"COLUMNS": "300", "TERM": "dumb"})
    return result.exit_code, result.output


@pytest.mark.parametrize("kind", ["投诉", "complaint"])
@pytest.mark.parametrize("moment", ["2026-09-30T16:30", "2026-09-30T08:30Z", "2026-09-30T16:30+08:00"])
def test_the_command_prints_the_due_date_in_beijing_time(kind: str, moment: str) -> None:
    code, output = huiyin(
        "--profile", "demo-county", "--clock", "reply", "--type", kind, "--at", moment, "--json"
    )
    assert code == 0
    assert json.loads(output) == {
        "due_at": "2026-10-13T17:30:00+08:00",
        "calendar_version": COUNTY.calendar.version,
        "explanation": "5个工作日：10月1–7日放假不计，10月10日(周六)补班计入",
    }


def test_the_command_knows_urgency_and_tiers_and_can_speak_plainly() -> None:
    code, output = huiyin("--type", "求助", "--clock", "sign_in", "--urgent", "--at", SATURDAY_NIGHT)
    assert (code, "2026-10-04T00:10:00+08:00" in output, "24小时" in output) == (0, True, True)
    code, output = huiyin(
        "--profile", "beijing-tier", "--type", "求助", "--tier", "utilities", "--at", SATURDAY_NIGHT
    )
    assert (code, "2026-10-04T23:10:00+08:00" in output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--type", "吐槽"], "咨询(consultation)"),
        (["--type", "咨询", "--at", "明天"], "2026-09-30T16:30"),
        (["--type", "咨询", "--clock", "lunch"], "reply"),
        (["--type", "咨询", "--profile", "nowhere"], "demo-county"),
        (["--type", "咨询", "--tier", "utilities"], "disclosure"),
        (["--type", "咨询", "--at", "2019-05-01T10:00"], "2019年"),
        (
            ["--type", "咨询", "--clock", "extension", "--profile", "beijing-tier", "--tier", "complex"],
            "没有 extension",
        ),
        ([], "--type"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_would_do(arguments: list[str], told: str) -> None:
    code, output = huiyin(*arguments)
    assert code == 2
    assert told in output
    assert "Traceback" not in output


# Units with a calendar of their own


@dataclass(frozen=True)
class AUnit:
    id: str
    calendar: str | None


def test_the_limits_of_a_unit_run_on_its_own_calendar_and_the_citizens_date_on_the_centres() -> None:
    rules = COUNTY.for_units([AUnit("gas", "24x7"), AUnit(CITY_MANAGEMENT, None), AUnit("odd", "nowhere")])
    assert rules.unknown_calendars([AUnit("odd", "nowhere"), AUnit("gas", "24x7")]) == ("nowhere",)
    came_in = at(SATURDAY_NIGHT)
    due = {}
    for unit in ("gas", CITY_MANAGEMENT):
        ticket = a_ticket(a_request(at=came_in), at=came_in)
        ticket.dispatch(UnitId(unit), profile=rules, actor=a_dispatcher(), now=came_in)
        due[unit] = {clock.name.value: shown(clock.due_at) for clock in ticket.clocks}
    assert due["gas"]["sign_in"] == "2026-10-04 03:10"
    assert due["gas"]["first_contact"] == "2026-10-05 00:00", "24:00 of the day after"
    assert due[CITY_MANAGEMENT]["sign_in"] == "2026-10-08 14:30"
    assert due["gas"]["reply"] == due[CITY_MANAGEMENT]["reply"] == "2026-10-14 17:30"
    assert rules.calendar_of("odd") is rules.calendar


def test_an_extension_and_a_pause_stay_on_the_calendar_of_the_promise() -> None:
    utility = COUNTY.for_unit("24x7")
    kind = RequestType.COMPLAINT
    rework = utility.promise(ClockName.REWORK, at=at(SATURDAY_NIGHT), request_type=kind)
    assert rework is not None
    assert shown(rework.due_at) == "2026-10-09 00:00"
    assert rework.calendar_version.endswith("/24x7")
    assert rework.explanation == "5个工作日：承办单位全年值守，节假日照常计算"
    moved = COUNTY.after_pause(
        rework,
        reason=PauseReason.SUSPENSION,
        paused_at=at("2026-10-04T00:00"),
        resumed_at=at("2026-10-04T06:00"),
        request_type=kind,
    )
    assert shown(moved.due_at) == "2026-10-09 06:00"
    assert COUNTY.for_unit(None) is COUNTY
    assert COUNTY.for_unit("nowhere") is COUNTY


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("[calendars.24x7]\nhours = {}", "不能用这个名称"),
        ('[calendars.a]\nhours = { "01-01..12-31" = ["09:00-25:00"] }', "25:00"),
        ('[calendars.a]\nevery_day = "yes"\nhours = { "01-01..12-31" = ["09:00-12:00"] }', "every_day"),
        ("[calendars.a]\nevery_day = true", "hours"),
    ],
)
def test_a_calendar_of_its_own_that_cannot_be_is_refused(table: str, why: str) -> None:
    text = (SHIPPED / "demo-county.toml").read_text(encoding="utf-8")
    with pytest.raises(ProfileInvalid, match=why):
        profile_from_text(f"{text}\n{table}\n", name="ours", days=official_days())


def test_the_command_accounts_for_every_day_and_for_a_unit_that_never_closes() -> None:
    code, output = huiyin("--type", "投诉", "--at", "2026-09-30T17:45", "--days", "--json")
    days = json.loads(output)["days"]
    assert (code, len(days)) == (0, 15)
    assert days[0] == {"day": "2026-09-30", "what": "工作日", "counted": "收到，非工作时间，不计"}
    assert days[1]["what"] == "国庆节放假（国办发明电〔2025〕7号）"
    assert days[10]["what"] == "国庆节补班（国办发明电〔2025〕7号）"
    assert days[-1]["counted"] == "第5个工作日，10月14日17:30到期"
    code, output = huiyin(
        "--type", "投诉", "--clock", "rework", "--at", "2026-09-30T17:00", "--unit-calendar", "24x7", "--days"
    )
    assert (code, "第5个工作日，10月5日24:00到期" in output) == (0, True)
    code, output = huiyin("--type", "投诉", "--unit-calendar", "nowhere")
    assert (code, "24x7" in output) == (2, True)
