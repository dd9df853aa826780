"""``huiyin import calendar`` and ``huiyin profile`` on a real MongoDB: preview, versions, and promises that stay."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from motor.motor_asyncio import AsyncIOMotorClient

from bot.calendar_watch import CalendarWatch
from bot.commands import calendar, deadline, operations, profile
from bot.rules import LiveRules, apply_to_open, preview_open
from bot.settings import Settings
from routing.departments import Units, load_units
from routing.events import EventKind
from routing.mongo_store import Database, MongoTicketStore
from routing.ticket import Ticket
from routing.timing.calendar_store import CalendarChanged, MongoCalendarStore
from routing.timing.official_days import SHIPPED as OFFICIAL
from routing.timing.official_days import official_days, read_official_days
from routing.timing.profile_files import SHIPPED, profile_from_text
from routing.timing.profile_store import MongoProfileStore, ProfileChanged
from routing.timing.sla import ClockName, Profile, ProfileInvalid, UnknownProfile
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role
from tests.bot.command_line import CommandLine
from tests.bot.learning.waiting import until
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, PROFILE, a_dispatcher, a_request, a_ticket
from tests.running import run_services

NAME = "demo-county"
TEXT = (SHIPPED / f"{NAME}.toml").read_text(encoding="utf-8")
HEADER = "notice_year,date,kind,name,notice\n"
NOTICE_2026 = (OFFICIAL / "cn-2026.csv").read_text(encoding="utf-8")
CORRECTED = NOTICE_2026 + "2026,2026-11-17,holiday,临时放假,测试文号\n"
"""The notice of 2026 with one more day off: Tuesday 17 November."""


class Place(CommandLine):
    """The command line of one installation, and its database."""

    def __init__(self, mongo_url: str, database: str, folder: Path) -> None:
        super().__init__(folder, calendar, profile, operations, deadline)
        self.mongo_url, self.database = mongo_url, database

    def within(self, do: Callable[[Database], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.mongo_url, tz_aware=True)
            try:
                return await do(client[self.database])
            finally:
                client.close()

        return asyncio.run(run())

    def store(self, tickets: Iterable[Ticket]) -> None:
        async def add(database: Database) -> None:
            for ticket in tickets:
                await MongoTicketStore(database).add(ticket)

        self.within(add)

    def ticket(self, number: str) -> Ticket:
        async def get(database: Database) -> Ticket:
            return await MongoTicketStore(database).get(number)

        found: Ticket = self.within(get)
        return found


@pytest.fixture
def place(mongo_url: str, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())
    return Place(mongo_url, database_name, tmp_path)


def dispatched() -> Ticket:
    ticket = a_ticket()
    ticket.dispatch(
        CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher(), now=ticket.received_at + timedelta(minutes=5)
    )
    return ticket


def due(ticket: Ticket, clock: ClockName = ClockName.REPLY) -> str:
    found = ticket.clock(clock)
    assert found is not None
    return found.due_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


# The calendar


def test_a_preview_names_the_changed_days_and_dates_and_writes_nothing(place: Place) -> None:
    ticket = dispatched()
    place.store([ticket])
    told = place.told("calendar", place.file("cn-2026.csv", CORRECTED), "--dry-run")
    assert told["version"] is None
    assert told["days"] == {"2026-11-17": "临时放假放假"}
    assert {(c["clock"], c["before"][:10], c["after"][:10]) for c in told["changes"]} == {
        ("first_contact", "2026-11-17", "2026-11-18"),
        ("reply", "2026-11-23", "2026-11-24"),
    }
    readable = place.run("calendar", place.file("cn-2026.csv", CORRECTED), "--dry-run")
    assert f"{ticket.number} 答复时限：2026-11-23 17:30 → 2026-11-24 17:30" in readable
    assert "会推后 2 个，会提前 0 个" in readable
    assert place.within(lambda database: MongoCalendarStore(database).current_number()) == 0


def test_a_date_is_explained_by_the_calendar_that_was_imported(place: Place) -> None:
    asked = ("deadline", "--type", "投诉", "--at", "2026-11-16T09:30", "--clock", "答复", "--days")
    assert place.told(*asked)["due_at"].startswith("2026-11-23T17:30")
    place.run("calendar", place.file("cn-2026.csv", CORRECTED))
    told = place.told(*asked)
    assert told["due_at"].startswith("2026-11-24T17:30")
    assert "临时放假" in next(day["what"] for day in told["days"] if day["day"] == "2026-11-17")


def test_promises_made_stay_unless_asked_and_then_every_change_is_an_event(place: Place) -> None:
    ticket = dispatched()
    place.store([ticket])
    file = place.file("cn-2026.csv", CORRECTED)
    assert "已承诺的期限没有改动" in place.run("calendar", file)
    assert due(place.ticket(ticket.number)) == "2026-11-23 17:30"
    again = place.told("calendar", place.file("as-shipped.csv", NOTICE_2026), "--by", "王管理员")
    assert (again["version"], again["changes"]) == (2, []), "the ticket still has what it was promised"
    assert place.told("calendar", file, "--by", "王管理员")["version"] == 3
    told = place.told("calendar", file, "--apply-to-open", "--by", "王管理员")
    assert (told["version"], told["applied"], told["passed_over"]) == (None, [ticket.number], [])
    changed = place.ticket(ticket.number)
    assert due(changed) == "2026-11-24 17:30"
    noted = [e for e in changed.events if e.kind is EventKind.REPLANNED]
    assert {(e.clock, e.by.name, e.text) for e in noted} == {
        (ClockName.FIRST_CONTACT, "王管理员", "导入放假安排（日历第3版）"),
        (ClockName.REPLY, "王管理员", "导入放假安排（日历第3版）"),
    }
    assert changed.clocks[1].explanation == "5个工作日：11月17日放假不计"


def test_a_ticket_written_to_since_the_preview_is_passed_over(place: Place) -> None:
    ticket = dispatched()
    place.store([ticket])
    days = official_days() + read_official_days(HEADER + "2026,2026-11-17,holiday,临时,测试\n")
    proposed = profile_from_text(TEXT, name=NAME, days=days)

    async def race(database: Database) -> tuple[str, ...]:
        found = await preview_open(database, present=PROFILE, proposed=proposed)
        store = MongoTicketStore(database)
        moved = await store.get(ticket.number)
        moved.supplement(actor=a_dispatcher(), now=moved.received_at + timedelta(hours=1), text="补充")
        await store.save(moved)
        applied = await apply_to_open(
            database, found, proposed=proposed, by="某人", now=datetime.now(UTC), reason="试"
        )
        assert applied.done == ()
        return applied.passed_over

    assert place.within(race) == (ticket.number,)
    assert due(place.ticket(ticket.number)) == "2026-11-23 17:30"


def test_a_notice_that_lacks_a_festival_is_refused_before_it_makes_wrong_dates(place: Place) -> None:
    short = "".join(line for line in NOTICE_2026.splitlines(keepends=True) if "端午" not in line)
    told = place.told("calendar", place.file("cn.csv", short), exit_code=1)
    assert told["errors"] == ["2026年：没有端午", "如确无误，请加 --partial"]
    wrong = place.told(
        "calendar", place.file("cn.csv", HEADER + "2026,2026-13-01,holiday,元旦,文号\n"), exit_code=1
    )
    assert wrong["errors"] == ["第2行：日期（date）无法识别“2026-13-01”，应如 2026-12-01"]
    assert place.within(lambda database: MongoCalendarStore(database).current_number()) == 0


def test_days_fixed_by_law_must_be_off_in_the_notice_of_their_year(place: Place) -> None:
    rows = "".join(
        f"2027,{day},holiday,{name},测试文号\n"
        for day, name in (
            ("2027-01-01", "元旦"), ("2027-02-05", "春节"), ("2027-02-06", "春节"), ("2027-02-07", "春节"),
            ("2027-02-08", "春节"), ("2027-04-05", "清明节"), ("2027-05-01", "劳动节"), ("2027-05-02", "劳动节"),
            ("2027-06-09", "端午节"), ("2027-09-15", "中秋节"), ("2027-10-01", "国庆节"), ("2027-10-02", "国庆节"),
        )
    )  # fmt: skip
    told = place.told("calendar", place.file("cn-2027.csv", HEADER + rows), exit_code=1)
    assert told["errors"][0] == "2027年：10月3日（国庆节）是法定假日，应放假"
    whole = HEADER + rows + "2027,2027-10-03,holiday,国庆节,测试文号\n"
    assert place.told("calendar", place.file("cn-2027.csv", whole))["version"] == 1

    async def rules(database: Database) -> Profile:
        return (await MongoProfileStore(database).rules(NAME)).profile

    assert place.within(rules).calendar.years == {2024, 2025, 2026, 2027}


def test_a_local_calendar_may_be_a_workbook_and_lies_over_the_national_one(place: Place) -> None:
    path = place.folder / "local.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["date", "kind", "name", "notice"])
        sheet.write_datetime(1, 0, datetime(2026, 4, 20), day)
        sheet.write_row(1, 1, ["holiday", "三月三", "测试文号"])
    assert place.told("calendar", str(path))["days"] == {"2026-04-20": "三月三放假"}
    assert place.told("calendar", place.file("cn-2026.csv", CORRECTED))["version"] == 2

    async def rules(database: Database) -> Profile:
        return (await MongoProfileStore(database).rules(NAME)).profile

    imported = place.within(rules).calendar
    assert not imported.is_workday(date(2026, 4, 20)), "a national import leaves the local days"
    assert not imported.is_workday(date(2026, 11, 17))


def test_two_imports_at_once_do_not_overwrite_each_other(place: Place) -> None:
    rows = read_official_days(CORRECTED)

    async def twice(database: Database) -> None:
        store = MongoCalendarStore(database)
        given = {"by": "某人", "at": datetime.now(UTC), "file": "cn-2026.csv"}
        results = await asyncio.gather(
            store.append(rows, base=0, **given), store.append(rows, base=0, **given), return_exceptions=True
        )
        assert sorted(map(str, results)) == ["", "1"]
        assert any(isinstance(result, CalendarChanged) for result in results)
        assert [version.number for version in await store.history()] == [1]

    place.within(twice)


# Profiles


def test_a_profile_is_checked_without_a_database_and_its_limits_are_told(place: Place) -> None:
    told = place.run("profile", "check", place.file("demo-county.toml", TEXT))
    assert "签收时限：4个工作小时、紧急1小时" in told
    wrong = place.file("demo-county.toml", TEXT.replace('limit = "4 wh"', 'limit = "4 weeks"'))
    assert "4 weeks" in place.run("profile", "check", wrong, exit_code=1)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("[clocks.reply]", "[clocks.replies]", "replies"),
        ("extensions = 1", "extensions = -1", "extensions 应为不小于0的整数"),
        ("visit_tries = 3", 'visit_tries = "3"', "visit_tries 应为不小于1的整数"),
        ('supervision = { overdue = "1 wd"', 'supervision = { late = "1 wd"', "late"),
        ('to = ["liaison"] }', 'to = ["mayor"] }', "mayor"),
        ('urge = { to = ["liaison", "backup"] }\n', "", "reminder 与 urge"),
    ],
)
def test_a_profile_that_would_lose_a_limit_or_an_alarm_is_refused(
    place: Place, right: str, wrong: str, told: str
) -> None:
    assert right in TEXT
    file = place.file("demo-county.toml", TEXT.replace(right, wrong))
    assert told in place.run("profile", "import", file, "--why", "试", exit_code=1)


def test_a_change_of_profile_is_previewed_saved_with_its_reason_and_shown(place: Place) -> None:
    ticket = dispatched()
    place.store([ticket])
    file = place.file("demo-county.toml", TEXT.replace('complaint = "5 wd"', 'complaint = "3 wd"'))
    told = place.told("profile", "import", file, "--dry-run")
    assert (told["version"], [c["after"][:10] for c in told["changes"]]) == (None, ["2026-11-19"])
    assert "请写明修改理由" in place.run("profile", "import", file, exit_code=1)
    saved = place.told("profile", "import", file, "--why", "承诺提速", "--by", "林主任", "--apply-to-open")
    assert (saved["version"], saved["applied"]) == (1, [ticket.number])
    assert due(place.ticket(ticket.number)) == "2026-11-19 17:30"
    assert 'complaint = "3 wd"' in place.run("profile", "show", NAME)
    history = place.run("profile", "show", NAME, "--history")
    assert "第 1 版" in history
    assert "林主任  承诺提速" in history
    assert sum(line.strip().startswith(("+", "-")) for line in history.splitlines()) == 4
    # the reply's line and the co-handlers', each before and after
    assert "* demo-county  第 1 版" in place.run("profile", "list")
    assert place.told("profile", "import", file, "--why", "再来")["version"] is None, "nothing changed"


def test_a_profile_of_ones_own_is_kept_beside_the_shipped_ones(place: Place) -> None:
    told = place.told("profile", "import", place.file("our-county.toml", TEXT), "--why", "试行")
    assert (told["version"], "changes" in told) == (1, False)
    assert "  our-county  第 1 版" in place.run("profile", "list")
    assert "没有名为" in place.run("profile", "show", "nowhere", exit_code=2)
    assert "只能用小写字母" in place.run(
        "profile", "import", place.file("我县.toml", TEXT), "--why", "试", exit_code=1
    )


def test_the_configuration_check_knows_imported_profiles_and_notices(
    place: Place, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_REDIS_URL", redis_url)
    monkeypatch.setenv("HUIYIN_PROFILE", "our-county")
    assert "没有名为“our-county”" in place.run("check-config", exit_code=1)
    own = TEXT + '\n[calendars.market]\nevery_day = true\nhours = { "01-01..12-31" = ["06:00-22:00"] }\n'
    place.run("profile", "import", place.file("our-county.toml", own), "--why", "试行")
    assert "设置齐全" in place.run("check-config")


async def test_two_edits_at_once_do_not_overwrite_each_other(database: Database) -> None:
    store = MongoProfileStore(database)
    await store.prepare()
    given = {"base": 0, "by": "某人", "at": datetime.now(UTC), "why": "试"}
    results = await asyncio.gather(
        store.save(NAME, TEXT, **given), store.save(NAME, TEXT, **given), return_exceptions=True
    )
    assert {type(result) for result in results} == {int, ProfileChanged}
    with pytest.raises(ProfileInvalid):
        await store.save(NAME, "title = 1", **{**given, "base": 1})
    with pytest.raises(UnknownProfile):
        await store.rules("../demo-county")


async def test_a_running_service_takes_a_new_calendar_and_profile_without_a_restart(
    database: Database,
) -> None:
    taken: list[Profile] = []
    units = load_units()
    live = LiveRules(database, NAME, units=lambda: units, use=taken.append)
    assert await live.refresh()
    assert not await live.refresh(), "nothing is new"
    days = read_official_days(CORRECTED)
    await MongoCalendarStore(database).append(days, base=0, by="某人", at=datetime.now(UTC), file="cn.csv")
    assert await live.refresh()
    assert not taken[-1].calendar.is_workday(date(2026, 11, 17))
    await MongoProfileStore(database).save(
        NAME,
        TEXT.replace("示范县（默认）", "示范县（新）"),
        base=0,
        by="某人",
        at=datetime.now(UTC),
        why="试",
    )
    assert await live.refresh()
    assert [each.title for each in taken] == ["示范县（默认）", "示范县（默认）", "示范县（新）"]
    units = Units(units.all())
    assert await live.refresh(), "another table of units may give units other calendars"


async def test_the_running_service_promises_by_what_was_just_imported(
    redis_url: str, mongo_url: str, services_database: str
) -> None:
    settings = Settings(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key=base64.b64encode(b"k" * 32).decode(),
    )
    async with run_services(settings, clock=lambda: MONDAY_9_30) as services:
        assert services.rules.alarm(MONDAY_9_30) is not None, "the notice of 2027 is not out in November 2026"
        before = await services.desk.register(a_request(), now=MONDAY_9_30)
        days = read_official_days(CORRECTED)
        await MongoCalendarStore(services.database).append(
            days, base=0, by="某人", at=MONDAY_9_30, file="cn.csv"
        )
        await until(lambda: not services.calendar.is_workday(date(2026, 11, 17)))
        after = await services.desk.register(a_request(), now=MONDAY_9_30)
        assert (due(before), due(after)) == ("2026-11-23 17:30", "2026-11-24 17:30")


async def test_administrators_are_told_of_the_missing_notice_once_a_week(
    redis_url: str, mongo_url: str, services_database: str
) -> None:
    settings = Settings(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        secret_key=base64.b64encode(b"k" * 32).decode(),
    )
    administrator = Actor("admin", "管理员", Role.ADMINISTRATOR, frozenset())
    async with run_services(settings) as services:
        for worker in (CalendarWatch(services), CalendarWatch(services)):
            for hour in range(30):
                await worker.watch(MONDAY_9_30 + timedelta(hours=hour))
        notes = await services.console_notices.latest(administrator)
        assert [note.text[:15] for note in notes] == ["尚未导入2027年放假安排：相"]
        assert not await services.console_notices.latest(a_dispatcher())
        await CalendarWatch(services).watch(MONDAY_9_30 + timedelta(days=7))
        assert len(await services.console_notices.latest(administrator)) == 2
        summer = datetime(2026, 7, 1, tzinfo=UTC)
        assert await CalendarWatch(services).watch(summer) == 0


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("2026,2026-13-01,holiday,元旦,测试文号", "第2行：日期（date）无法识别“2026-13-01”"),
        ("2026,,holiday,元旦,测试文号", "第2行：日期（date）没有填写"),
        ("2026,2026-01-01,feast,元旦,测试文号", "第2行：类型（kind）无法识别“feast”"),
        ("今年,2026-01-01,holiday,元旦,测试文号", "第2行：通知年份（notice_year）无法识别“今年”"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_column(place: Place, row: str, named: str) -> None:
    assert named in place.run("calendar", place.file("days.csv", HEADER + row + "\n"), exit_code=1)
