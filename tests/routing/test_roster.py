"""值守: who is told, who stands in, when they can be reached, what counts as attended, and rosters from files."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from routing.departments import UnitId
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import CheckIn, Duty, Leave, Roster, attendance
from routing.duty.roster_file import read_roster
from routing.duty.roster_store import MongoRosterStore, NotOnDuty, RosterChanged
from routing.mongo_store import Database
from routing.tables import InvalidTable
from routing.timing.profile_files import load_profile
from routing.timing.working_calendar import CHINA

L, B, H, S = Recipient
ROADS, LAKE = UnitId("roads"), UnitId("lake")
HOURS = load_profile("demo-county").calendar
UNITS = [(ROADS, "泉城市公路局", "市公路局"), (LAKE, "大明湖街道办事处", "大明湖街办")]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def shift(person: str, start: str, end: str, *, post: Recipient = L, unit: UnitId = ROADS) -> Duty:
    return Duty(unit, post, person, at(start), at(end))


STANDING = (Duty(ROADS, L, "chen"), Duty(ROADS, B, "bei"), Duty(ROADS, H, "head"), Duty(ROADS, S, "lin"))
SATURDAY = shift("zhou", "2026-11-21T09:00", "2026-11-21T17:00")
NIGHT = shift("ye", "2026-11-20T22:00", "2026-11-21T06:00")


def away(person: str, start: str, end: str) -> Leave:
    return Leave(ROADS, person, at(start), at(end))


# Who is told


@pytest.mark.parametrize(
    ("roster", "to", "when", "told"),
    [
        (Roster(STANDING), (L,), "2026-11-18T10:00", ("chen",)),
        (Roster(STANDING), (L, B, H), "2026-11-18T10:00", ("chen", "bei", "head")),
        (Roster((*STANDING, SATURDAY)), (L,), "2026-11-21T10:00", ("zhou",)),
        (Roster((*STANDING, SATURDAY)), (L,), "2026-11-21T17:00", ("chen",)),
        (Roster((*STANDING, NIGHT)), (L,), "2026-11-21T05:59", ("ye",)),
        (Roster(STANDING, (away("chen", "2026-11-18T00:00", "2026-11-19T00:00"),)), (L,), "2026-11-18T10:00", ("bei",)),
        (
            Roster(STANDING, (away("chen", "2026-11-18T00:00", "2026-11-19T00:00"),)),
            (L, B),
            "2026-11-18T10:00",
            ("bei",),
        ),
        (
            Roster(
                STANDING,
                (
                    away("chen", "2026-11-18T00:00", "2026-11-19T00:00"),
                    away("bei", "2026-11-18T00:00", "2026-11-19T00:00"),
                ),
            ),
            (L,),
            "2026-11-18T10:00",
            ("head",),
        ),
        (Roster(), (L, B, H), "2026-11-18T10:00", ()),
        (Roster(STANDING[:1]), (S,), "2026-11-18T10:00", ()),
    ],
)  # fmt: skip
def test_whoever_has_the_shift_is_told_and_an_absent_one_is_stood_in_for(
    roster: Roster, to: tuple[Recipient, ...], when: str, told: tuple[str, ...]
) -> None:
    assert roster.told(ROADS, to, at(when)) == told
    assert roster.told(LAKE, to, at(when)) == (), "another unit's roster is no help"


@pytest.mark.parametrize(
    ("now", "urgent", "expected"),
    [
        ("2026-11-20T20:00", False, "2026-11-20T22:00"),
        ("2026-11-20T23:00", False, "2026-11-20T23:00"),
        ("2026-11-21T07:00", False, "2026-11-21T09:00"),
        ("2026-11-21T18:00", False, "2026-11-23T09:00"),
        ("2026-11-21T18:00", True, "2026-11-21T18:00"),
        ("2026-11-18T10:00", False, "2026-11-18T10:00"),
    ],
)
def test_they_are_reached_on_shift_or_in_office_hours_whichever_comes_first(
    now: str, urgent: bool, expected: str
) -> None:
    roster = Roster((*STANDING, SATURDAY, NIGHT))
    assert roster.reachable_at(ROADS, L, at(now), hours=HOURS, urgent=urgent) == at(expected)


# Attendance


def rate(
    roster: Roster, *check_ins: CheckIn, as_of: str = "2026-12-01T00:00"
) -> tuple[int, int, float | None]:
    found = attendance(
        roster, check_ins, since=at("2026-11-01T00:00"), until=at("2026-12-01T00:00"), as_of=at(as_of)
    )
    assert found.scheduled - found.attended == len(found.missed)
    return found.attended, found.scheduled, found.rate


def here(person: str, when: str, unit: UnitId = ROADS) -> CheckIn:
    return CheckIn(unit, person, at(when))


@pytest.mark.parametrize(
    ("check_in", "attended", "why"),
    [
        (here("zhou", "2026-11-21T08:30"), 1, "half an hour before"),
        (here("zhou", "2026-11-21T08:29"), 0, "earlier is another shift's"),
        (here("zhou", "2026-11-21T09:15"), 1, "a quarter of an hour late still counts"),
        (here("zhou", "2026-11-21T09:16"), 0, "later does not"),
        (here("chen", "2026-11-21T09:00"), 0, "somebody else, and nobody is away"),
        (here("zhou", "2026-11-21T09:00", LAKE), 0, "another unit"),
    ],
)
def test_a_shift_is_attended_by_its_own_person_in_time(check_in: CheckIn, attended: int, why: str) -> None:
    assert rate(Roster((*STANDING, SATURDAY)), check_in)[:2] == (attended, 1), why


def test_who_stands_in_for_somebody_away_attends_the_shift_and_the_absent_do_not() -> None:
    roster = Roster((*STANDING, SATURDAY), (away("zhou", "2026-11-21T00:00", "2026-11-22T00:00"),))
    assert rate(roster, here("bei", "2026-11-21T09:00")) == (1, 1, 1.0)
    assert rate(roster, here("zhou", "2026-11-21T09:00")) == (0, 1, 0.0)


def test_one_check_in_serves_one_shift_and_a_shift_yet_to_come_is_not_counted() -> None:
    twice = Roster(
        (
            shift("zhou", "2026-11-21T09:00", "2026-11-21T12:00"),
            shift("zhou", "2026-11-21T09:00", "2026-11-21T17:00"),
        )
    )
    assert rate(twice, here("zhou", "2026-11-21T09:00"))[:2] == (1, 2)
    assert rate(Roster((SATURDAY,)), as_of="2026-11-21T09:14") == (0, 0, None)
    assert rate(Roster((SATURDAY,)), as_of="2026-11-21T09:15") == (0, 1, 0.0)
    assert rate(Roster(STANDING)) == (0, 0, None), "blank without a shift, never 0 %"


# Files

CSV = """单位,岗位,人员,日期,开始,结束,结束日期
市公路局,联络员,chen,,,,
市公路局,备岗,bei,,,,
roads,联络员,zhou,2026-11-21,9:00,17:00,
大明湖街道办事处,liaison,ye,2026-11-20,22:00,06:00,
市公路局,请假,chen,2026-11-23,,,2026-11-25
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_standing_posts_shifts_over_midnight_and_leaves(tmp_path: Path) -> None:
    roster = read_roster(file(tmp_path, CSV), units=UNITS)
    assert set(roster.duties) == {
        *STANDING[:2],
        SATURDAY,
        shift("ye", "2026-11-20T22:00", "2026-11-21T06:00", unit=LAKE),
    }
    assert roster.leaves == (away("chen", "2026-11-23T00:00", "2026-11-26T00:00"),)


def test_a_workbook_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["单位", "岗位", "人员", "日期", "开始", "结束"])
        sheet.write_row(1, 0, ["roads", "联络员", "zhou"])
        sheet.write_datetime(1, 3, datetime(2026, 11, 21), book.add_format({"num_format": "yyyy-mm-dd"}))
        clock = book.add_format({"num_format": "hh:mm"})
        sheet.write_datetime(1, 4, datetime(1899, 12, 31, 9), clock)
        sheet.write_string(1, 5, "17:00")
    assert read_roster(path, units=UNITS).duties == (SATURDAY,)


def test_every_bad_cell_is_named(tmp_path: Path) -> None:
    bad = (
        "unit,post,person,date,from,until,to_date\n"
        "moon,liaison,chen,,,,\nroads,boss,chen,,,,\nroads,liaison,,2026-11-31,25:00,17:00,\n"
        "roads,liaison,chen,2026-11-20,09:00,,\nroads,leave,chen,,,,\nroads,leave,chen,2026-11-20,,,2026-11-19\n"
        "roads,liaison,chen,,09:00,17:00,\n"
    )
    with pytest.raises(InvalidTable) as wrong:
        read_roster(file(tmp_path, bad), units=UNITS)
    assert [(each.row, each.column, each.problem) for each in wrong.value.errors] == [
        (2, "unit", "unknown"),
        (3, "post", "unknown"),
        (4, "date", "not_a_date"),
        (4, "from", "not_a_time"),
        (4, "person", "missing"),
        (5, "until", "missing"),
        (6, "date", "missing"),
        (7, "to_date", "ends_before_start"),
        (8, "date", "missing"),
    ]


# The store


async def test_a_file_replaces_the_days_it_names_and_leaves_the_others(
    database: Database, tmp_path: Path
) -> None:
    store, now = MongoRosterStore(database), at("2026-11-19T10:00")
    await store.prepare()
    first = read_roster(file(tmp_path, CSV), units=UNITS)
    assert await store.replace(first, by="某人", now=now) == (LAKE, ROADS)
    assert await store.replace(first, by="某人", now=now) == (LAKE, ROADS)
    assert set((await store.of([ROADS, LAKE])).duties) == set(first.duties)
    new_saturday = Roster((shift("wu", "2026-11-21T09:00", "2026-11-21T17:00"),))
    await store.replace(new_saturday, by="某人", now=now)
    kept = await store.of([ROADS])
    assert set(kept.duties) == {*STANDING[:2], *new_saturday.duties}
    assert kept.leaves == first.leaves
    assert (await store.of([UnitId("nobody")])) == Roster()


async def test_of_two_files_at_once_none_is_lost_silently(database: Database) -> None:
    store, now = MongoRosterStore(database), at("2026-11-19T10:00")
    rosters = [Roster((shift(f"p{n}", f"2026-11-2{n}T09:00", f"2026-11-2{n}T17:00"),)) for n in range(1, 5)]
    results = await asyncio.gather(
        *(store.replace(each, by="某人", now=now) for each in rosters), return_exceptions=True
    )
    written = {each.duties[0] for each, result in zip(rosters, results, strict=True) if result == (ROADS,)}
    assert set((await store.of([ROADS])).duties) == written
    assert all(result == (ROADS,) or isinstance(result, RosterChanged) for result in results)


async def test_a_check_in_counts_once_for_the_shift_one_has(database: Database) -> None:
    store = MongoRosterStore(database)
    await store.prepare()
    leave = away("zhou", "2026-11-21T00:00", "2026-11-22T00:00")
    await store.replace(Roster((*STANDING, SATURDAY), ()), by="某人", now=at("2026-11-19T10:00"))
    assert await store.check_in(ROADS, "zhou", now=at("2026-11-21T08:45")) == SATURDAY
    assert await store.check_in(ROADS, "zhou", now=at("2026-11-21T09:10")) == SATURDAY
    for person, when in (
        ("zhou", "2026-11-22T10:00"),
        ("bei", "2026-11-21T09:00"),
        ("zhou", "2026-11-21T08:29"),
    ):
        with pytest.raises(NotOnDuty):
            await store.check_in(ROADS, person, now=at(when))
    found = await store.check_ins([ROADS], since=at("2026-11-01T00:00"), until=at("2026-12-01T00:00"))
    assert found == (here("zhou", "2026-11-21T08:45"),)
    assert rate(await store.of([ROADS]), *found) == (1, 1, 1.0)
    await store.replace(Roster((), (leave,)), by="某人", now=at("2026-11-20T10:00"))
    assert await store.check_in(ROADS, "bei", now=at("2026-11-21T09:00")) == SATURDAY
