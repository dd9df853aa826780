"""A roster as units send it: CSV or Excel, one line a shift, a standing post or a leave; every bad cell is named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from routing.departments import UnitId
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Leave, Roster
from routing.tables import Row, RowError, day_of, read_table, refuse_if_any
from routing.timing.working_calendar import CHINA

COLUMNS = ("unit", "post", "person", "date", "from", "until", "to_date")
_HEADERS = {
    "单位": "unit",
    "岗位": "post",
    "人员": "person",
    "日期": "date",
    "开始": "from",
    "结束": "until",
    "结束日期": "to_date",
}
COLUMN_TITLES = {column: title for title, column in _HEADERS.items()}
_POSTS = {
    "联络员": Recipient.LIAISON,
    "备岗": Recipient.BACKUP,
    "负责人": Recipient.HEAD,
    "督办": Recipient.SUPERVISOR,
    **{post.value: post for post in Recipient},
}
POSTS = {post: title for title, post in reversed(_POSTS.items()) if title != post.value}
"""A post as officials call it."""
_LEAVE = ("请假", "leave")
_DAY = timedelta(days=1)


def read_roster(file: Path, *, units: Iterable[tuple[UnitId, str, str]]) -> Roster:
    """Raises ``InvalidTable``. ``units`` are ids with name and short name.

    A line without a date is a standing post; a shift that ends before it begins ends on the next day; a leave lasts
    whole days unless it has times, and until ``to_date`` when it has one.
    """
    header, rows = read_table(file, renamed=_HEADERS)
    absent = [RowError(1, column, "missing") for column in ("unit", "post", "person") if column not in header]
    refuse_if_any(file.name, absent)
    known = {name: unit_id for unit_id, *names in units for name in (str(unit_id), *names)}
    errors: list[RowError] = []
    duties: list[Duty] = []
    leaves: list[Leave] = []
    for row in rows:
        wrong = _wrong(row, known)
        errors += wrong
        if wrong:
            continue
        if row["post"] in _LEAVE:
            leaves.append(_leave(row, known[row["unit"]]))
        else:
            duties.append(_duty(row, known[row["unit"]]))
    refuse_if_any(file.name, errors)
    return Roster(tuple(duties), tuple(leaves))


def _wrong(row: Row, known: dict[str, UnitId]) -> list[RowError]:
    errors = row.missing("unit", "post", "person")
    if row["unit"] and row["unit"] not in known:
        errors.append(row.error("unit", "unknown"))
    if row["post"] and row["post"] not in (*_POSTS, *_LEAVE):
        errors.append(row.error("post", "unknown"))
    errors += [row.error(c, "not_a_date") for c in ("date", "to_date") if row[c] and day_of(row[c]) is None]
    errors += [row.error(c, "not_a_time") for c in ("from", "until") if row[c] and _time(row[c]) is None]
    if row["post"] in _LEAVE:
        errors += row.missing("date")
        first, last = day_of(row["date"]), day_of(row["to_date"])
        if first and last and last < first:
            errors.append(row.error("to_date", "ends_before_start"))
    elif row["date"]:
        errors += row.missing("from", "until")
    else:
        errors += [row.error("date", "missing") for c in ("from", "until") if row[c]][:1]
    return errors


def _duty(row: Row, unit_id: UnitId) -> Duty:
    post, day = _POSTS[row["post"]], day_of(row["date"])
    if day is None:
        return Duty(unit_id, post, row["person"])
    starts_at = _at(row["date"], row["from"])
    ends_at = _at(row["date"], row["until"])
    return Duty(unit_id, post, row["person"], starts_at, ends_at if ends_at > starts_at else ends_at + _DAY)


def _leave(row: Row, unit_id: UnitId) -> Leave:
    last = row["to_date"] or row["date"]
    ends_at = _at(last, row["until"]) if row["until"] else _at(last, "00:00") + _DAY
    return Leave(unit_id, row["person"], _at(row["date"], row["from"] or "00:00"), ends_at)


def _at(day: str, clock: str) -> datetime:
    found, at = day_of(day), _time(clock)
    assert found is not None
    assert at is not None
    return datetime.combine(found, at, CHINA).astimezone(UTC)


def _time(text: str) -> time | None:
    """``8:30``, ``08:30`` or, from a workbook, ``08:30:00``."""
    hour, _, rest = text.partition(":")
    try:
        return time(int(hour), int(rest[:2]))
    except ValueError:
        return None
