"""值守 over HTTP: a unit's roster as its people read it, and checking in for a shift."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from pydantic import BaseModel, Field

from bot.hotline import problems
from bot.hotline.fields import MomentOut, PersonName, Since, UnitIdText, Until
from bot.hotline.models import Body, NoBody, NoQuery, Query
from bot.hotline.operation import Call, Endpoint, Result, operation
from bot.hotline.triage_json import DepartmentJson, show_department
from bot.services import Services
from bot.wording import label
from routing.departments import UnitId, Units
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Leave, Roster
from routing.duty.roster_store import MongoRosterStore
from routing.errors import UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import CENTRE_ROLES, Actor, Role

_DEFAULT_DAYS = 7
_READERS = CENTRE_ROLES | {Role.LIAISON, Role.AUDITOR}


class RosterQuery(Query):
    """Whose roster, and of which days; standing posts are always shown."""

    from_: Since | None = Field(None, alias="from", description="Default: today.")
    to: Until | None = Field(None, description="Default: a week from then.")
    department: UnitIdText | None = Field(None, description="A unit's id; all the caller's where missing.")


class CheckInBody(Body):
    """在线值守: who is at their post. A unit's program speaks for its people."""

    department: UnitIdText
    person: PersonName = Field(description="The user name in the roster.")


class DutyJson(BaseModel):
    """A person in a post, for one shift or, without times, standing."""

    department: DepartmentJson
    post: Recipient
    label: str
    person: str
    starts_at: MomentOut | None
    ends_at: MomentOut | None


class LeaveJson(BaseModel):
    """Somebody is away."""

    department: DepartmentJson
    person: str
    starts_at: MomentOut
    ends_at: MomentOut


class RosterJson(BaseModel):
    """The caller's units' duties and leaves; ``on_duty`` is who answers for each post at this moment."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut
    duties: list[DutyJson]
    leaves: list[LeaveJson]
    on_duty: list[DutyJson]


@operation(
    "GET",
    "/api/v1/roster",
    name="roster",
    summary="值班表: shifts, standing posts and leaves of the caller's units, and who is on duty now.",
    roles=_READERS,
    query=RosterQuery,
    returns={200: RosterJson},
    refuses=(404,),
)
async def roster(call: Call[NoBody, RosterQuery]) -> Result:
    units, query = call.services.units, call.query
    midnight = datetime.combine(call.now.astimezone(CHINA).date(), time(), CHINA)
    since = query.from_ or midnight
    until = query.to or since + timedelta(days=_DEFAULT_DAYS)
    if since >= until:
        raise problems.invalid({"to": "must lie after from"})
    ids = _units_of(call.actor, query.department, units)
    found = await _store(call.services).of(ids)
    return 200, RosterJson(
        from_=since,
        to=until,
        duties=[_duty(d, units) for d in sorted(found.duties, key=_order) if _within(d, since, until)],
        leaves=[_leave(x, units) for x in sorted(found.leaves) if x.starts_at < until and since < x.ends_at],
        on_duty=[_duty(d, units) for d in _on_duty(found, ids, call.now)],
    )


@operation(
    "POST",
    "/api/v1/roster/check-in",
    name="check_in",
    summary="签到: this person is at their post. The first of a shift counts; again changes nothing.",
    roles=CENTRE_ROLES | {Role.LIAISON},
    body=CheckInBody,
    returns={200: DutyJson},
    refuses=(404, 409),
)
async def check_in(call: Call[CheckInBody, NoQuery]) -> Result:
    units, body = call.services.units, call.body
    (unit_id,) = _units_of(call.actor, body.department, units)
    shift = await _store(call.services).check_in(unit_id, body.person, now=call.now, by=call.actor.id)
    return 200, _duty(shift, units)


def _store(services: Services) -> MongoRosterStore:
    return MongoRosterStore(services.database)


def _units_of(actor: Actor, asked: str | None, units: Units) -> list[UnitId]:
    """The unit asked for, or all the caller's; another's is as if it were not there."""
    if asked is None:
        return [unit.id for unit in units.all() if unit.id in actor.unit_ids]
    unit_id = units.get(UnitId(asked)).id
    if unit_id not in actor.unit_ids:
        raise UnknownUnit(asked)
    return [unit_id]


def _within(duty: Duty, since: datetime, until: datetime) -> bool:
    if duty.starts_at is None or duty.ends_at is None:
        return True
    return duty.starts_at < until and since < duty.ends_at


def _on_duty(roster: Roster, ids: Iterable[UnitId], now: datetime) -> list[Duty]:
    return [
        Duty(unit_id, post, person)
        for unit_id in ids
        for post in Recipient
        for person in roster.in_post(unit_id, post, now)
    ]


def _order(duty: Duty) -> tuple[bool, str, str, str]:
    # Standing posts last: they are of no day.
    at = duty.starts_at.isoformat() if duty.starts_at else ""
    return (duty.starts_at is None, at, duty.unit_id, duty.person)


def _duty(duty: Duty, units: Units) -> DutyJson:
    return DutyJson(
        department=show_department(duty.unit_id, units),
        post=duty.post,
        label=label(duty.post),
        person=duty.person,
        starts_at=duty.starts_at,
        ends_at=duty.ends_at,
    )


def _leave(leave: Leave, units: Units) -> LeaveJson:
    return LeaveJson(
        department=show_department(leave.unit_id, units),
        person=leave.person,
        starts_at=leave.starts_at,
        ends_at=leave.ends_at,
    )


ENDPOINTS: tuple[Endpoint, ...] = (roster, check_in)
