"""Another system's open tickets on their way in: a whole file is checked before its first row is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from bot.hotline.models import NewTicket
from bot.intake import Registers, register_citizen_request
from routing.citizen_request import Citizen, CitizenRequest
from routing.errors import ExternalNumberConflict, UnknownYear
from routing.service_desk import ServiceDesk
from routing.tables import Row, RowError, read_table, refuse_if_any
from routing.ticket import Ticket

HEADINGS = {
    "工单编号": "external_number",
    "渠道": "channel",
    "工单类型": "request_type",
    "标题": "title",
    "主要内容": "text",
    "来电人": "name",
    "来电人电话/账号": "phone",
    "公开方式": "secrecy",
    "地点": "place",
    "紧急程度": "urgency",
    "来电时间": "received_at",
    "工单状态": "state",
}
"""What a district's export calls the API's fields; a city whose headings differ maps its own."""
PLACE_PARTS = ("被反映区", "被反映街乡镇", "村/社区", "小区点位")
"""Where there is no ``place``: from the largest to the smallest, written one after the other."""
CLOSED = frozenset({"已办结", "办结", "已关闭", "已归档", "已撤销"})
"""States in which another system has nothing left to do: its history, not our work."""
REQUIRED = ("external_number", "text")
CLOCKS_MAY_DIFFER = timedelta(minutes=1)

_OF_CITIZEN = ("name", "phone", "secrecy")
_FIELDS = (
    "external_number",
    "channel",
    "request_type",
    "title",
    "text",
    "place",
    "urgency",
    "received_at",
)
_PROBLEMS = {"missing": "missing", "string_too_short": "missing", "string_too_long": "too_long"}


@dataclass(frozen=True, slots=True)
class Line:
    """One row and the request it holds."""

    row: Row
    request: NewTicket


@dataclass(slots=True)
class Imported:
    """How many rows became tickets now, and how many were there already."""

    new: int = 0
    known: int = 0


def read_lines(file: Path, *, now: datetime, columns: Mapping[str, str] | None = None) -> list[Line]:
    """The file's open requests; raises ``InvalidTable`` with every bad cell. ``columns`` maps headings of its own to
    fields."""
    header, rows = read_table(file, renamed={**HEADINGS, **(columns or {})})
    absent = [RowError(1, column, "missing") for column in REQUIRED if column not in header]
    refuse_if_any(file.name, absent)
    lines: list[Line] = []
    errors: list[RowError] = []
    first_with: dict[tuple[str, str], int] = {}
    for row in rows:
        if row["state"] in CLOSED:
            continue
        try:
            request = _request(row)
        except ValidationError as invalid:
            errors += _findings(row, invalid)
            continue
        if request.received_at is not None and request.received_at > now + CLOCKS_MAY_DIFFER:
            errors.append(row.error("received_at", "in_the_future"))
        number = (request.channel.value, request.external_number)
        if first_with.setdefault(number, row.number) != row.number:
            errors.append(row.error("external_number", "duplicate"))
        lines.append(Line(row, request))
    refuse_if_any(file.name, errors)
    return lines


async def check_lines(lines: Sequence[Line], desk: ServiceDesk, *, table: str, now: datetime) -> Imported:
    """What registering them would do, nothing written; raises ``InvalidTable`` with every row the desk would refuse."""
    checked, errors = Imported(), []
    for line in lines:
        trial = _Trial(desk)
        if (problem := await _problem_of(line, trial, now)) is not None:
            errors.append(problem)
        elif trial.is_known:
            checked.known += 1
        else:
            checked.new += 1
    refuse_if_any(table, errors)
    return checked


async def register_lines(
    lines: Iterable[Line], desk: ServiceDesk, *, now: datetime, done: Callable[[], None] = lambda: None
) -> Imported:
    """Register every request, oldest rows first as they stand. Cut off in the middle, it may simply be run again: the
    same number and text is the same ticket."""
    imported = Imported()
    for line in lines:
        known = await desk.find_by_external_number(line.request.channel, line.request.external_number)
        await _register(line.request, desk, now)
        if known is None:
            imported.new += 1
        else:
            imported.known += 1
        done()
    return imported


def _request(row: Row) -> NewTicket:
    given = {column: row[column] for column in _FIELDS if row[column]}
    if parts := "".join(row[part] for part in PLACE_PARTS):
        given.setdefault("place", parts)
    citizen = {column: row[column] for column in _OF_CITIZEN if row[column]}
    if citizen:
        given["citizen"] = citizen  # type: ignore[assignment]
    return NewTicket.model_validate(given)


def _findings(row: Row, invalid: ValidationError) -> list[RowError]:
    found = []
    for each in invalid.errors():
        column = str(each["loc"][-1]) if each["loc"] else ""
        problem = _PROBLEMS.get(each["type"])
        if problem is None:
            problem = "not_a_moment" if column == "received_at" else "not_a_choice"
        found.append(row.error(column, problem))
    return found


async def _problem_of(line: Line, trial: _Trial, now: datetime) -> RowError | None:
    try:
        await _register(line.request, trial, now)
    except ExternalNumberConflict:
        return line.row.error("external_number", "in_use_with_another_text")
    except UnknownYear:
        return line.row.error("received_at", "no_calendar_of_that_year")
    return None


async def _register(request: NewTicket, desk: Registers, now: datetime) -> Ticket:
    citizen = request.citizen
    return await register_citizen_request(
        desk,
        channel=request.channel,
        external_number=request.external_number,
        text=request.text,
        citizen=Citizen(name=citizen.name, phone=citizen.phone, secrecy=citizen.secrecy)
        if citizen
        else Citizen(),
        received_at=min(request.received_at or now, now),
        now=now,
        title=request.title,
        request_type=request.request_type,
        place=request.place,
        urgency=request.urgency,
    )


@dataclass(slots=True)
class _Trial:
    """The desk's own checks, without its writing."""

    desk: ServiceDesk
    is_known: bool = False

    async def register(self, request: CitizenRequest, *, now: datetime) -> Ticket:
        earlier = await self.desk.find_registered(request)
        self.is_known = earlier is not None
        return earlier or self.desk.draft(request, number="", now=now)
