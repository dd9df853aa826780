"""值班: who of one's units is on duty day by day, checking in, and leave."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.liaison import units_of
from bot.web.pages import ROSTER_ROLES, Viewer, present, show, unit_name
from bot.wording import explain, label, say_date
from routing.departments import UnitId, Units
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import GRACE, CheckIn, Duty, Leave, Roster
from routing.duty.roster_store import MongoRosterStore, RosterChanged
from routing.errors import Refused, UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import Actor, Role

PAGE = "/console/duty"
DAYS = 7
_LONGEST_LEAVE = 366
_MOST_WEEKS_AWAY = 104


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A line of a day: ``standing`` says in words whether the person was there."""

    person: str
    post: str
    unit: str
    hours: str
    away: bool
    tone: str
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the week shown."""

    words: str
    today: bool
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Who answers for a post of a unit at this moment; nobody is worth knowing too."""

    unit: str
    post: str
    people: tuple[str, ...]


async def duty(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Check in, go on leave, or come back; each for oneself, a supervisor also for others."""
    action = _ACTS.get(request.match_info["action"])
    if action is None:
        raise web.HTTPNotFound
    try:
        said = await action(request, viewer, form)
    except RosterChanged:
        return await _show(
            request, viewer, problem="值班表刚被别人改过。请再提交一次。", kept=form, status=409
        )
    except Refused as refused:
        return await _show(request, viewer, problem=explain(refused), kept=form, status=409)
    except _Unfit as unfit:
        return await _show(request, viewer, problem=str(unfit), kept=form, status=422)
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


class _Unfit(Exception):
    """What the form says cannot be; the text says why."""


async def _check_in(request: web.Request, viewer: Viewer, form: Form) -> str:
    services = request.app[SERVICES]
    unit_id = _own_unit(form.get("unit_id", ""), viewer.actor)
    me = viewer.user.username
    shift = await _store(services).check_in(unit_id, me, now=present(request), by=me)
    return f"已签到：{_hours(shift)}，{label(shift.post)}。"


async def _leave(request: web.Request, viewer: Viewer, form: Form) -> str:
    services, me = request.app[SERVICES], viewer.user
    unit_id = _own_unit(form.get("unit_id", "") or me.unit_id, viewer.actor)
    first, last = _date(form.get("first", "")), _date(form.get("last", ""))
    if first is None or last is None:
        raise _Unfit("请填写请假的起止日期。")
    if last < first:
        raise _Unfit("结束日期不能早于开始日期。")
    if (last - first).days >= _LONGEST_LEAVE or last < present(request).astimezone(CHINA).date():
        raise _Unfit("请假最长一年，而且不能都在过去。请核对日期。")
    ends_at = _midnight(last) + timedelta(days=1)
    leave = Leave(unit_id, me.username, _midnight(first), ends_at)
    await _store(services).replace(Roster((), (leave,)), by=me.username, now=present(request))
    return f"已登记请假：{_span(leave)}。这段时间的提醒会发给备岗。"


async def _back(request: web.Request, viewer: Viewer, form: Form) -> str:
    services, me = request.app[SERVICES], viewer.user
    unit_id = _own_unit(form.get("unit_id", ""), viewer.actor)
    person = form.get("person", "")
    if person != me.username and viewer.actor.role is not Role.SUPERVISOR:
        raise web.HTTPForbidden
    roster = await _store(services).of([unit_id])
    key = form.get("leave", "")
    leave = next((one for one in roster.leaves if one.person == person and _key(one) == key), None)
    if leave is None or not await _store(services).cancel_leave(leave, by=me.username, now=present(request)):
        return "这条请假已经取消了。"
    return "已取消请假，提醒照常发给本人。"


_ACTS: dict[str, Callable[[web.Request, Viewer, Form], Awaitable[str]]] = {
    "check-in": _check_in,
    "leave": _leave,
    "back": _back,
}


async def _show(
    request: web.Request,
    viewer: Viewer,
    *,
    problem: str = "",
    kept: Form | None = None,
    status: int = 200,
) -> web.Response:
    services, now = request.app[SERVICES], present(request)
    today = now.astimezone(CHINA).date()
    first = _week(request.query.get("from", ""), today)
    ids = _asked_units(request.query.get("unit", ""), viewer, services)
    store = _store(services)
    roster = await store.of(ids)
    since, until = _midnight(first), _midnight(first + timedelta(days=DAYS))
    checked = await store.check_ins(ids, since=since - timedelta(days=1), until=until + timedelta(days=1))
    names = await _names(services, roster)
    mine = viewer.user.username
    context = {
        "days": _days(roster, checked, names, services.units, first=first, today=today, now=now),
        "posts": _posts(roster, ids, names, services.units, now),
        "leaves": [
            (leave, _key(leave), names.get(leave.person, leave.person), _span(leave), leave.person == mine)
            for leave in sorted(roster.leaves, key=lambda one: one.starts_at)
            if leave.ends_at > now
        ],
        "mine": [
            (unit_id, _hours(shift), label(shift.post))
            for unit_id in ids
            if (shift := roster.shift_of(unit_id, mine, now)) is not None
        ],
        "checked_in": _is_in(checked, mine, now),
        "units": units_of(viewer.actor, services),
        "asked_unit": request.query.get("unit", ""),
        "several_units": len(viewer.actor.unit_ids) > 1,
        "may_act": viewer.actor.role is not Role.AUDITOR,
        "may_import": viewer.actor.role in ROSTER_ROLES,
        "may_cancel": viewer.actor.role is Role.SUPERVISOR,
        "problem": problem,
        "kept": kept or {},
        "today": today.isoformat(),
        "earlier": (first - timedelta(days=DAYS)).isoformat(),
        "later": (first + timedelta(days=DAYS)).isoformat(),
        "is_this_week": first == _week("", today),
        "empty": not roster.duties and not roster.leaves,
    }
    return show(request, "duty.html", context, status=status)


def _days(
    roster: Roster,
    checked: Iterable[CheckIn],
    names: dict[str, str],
    units: Units,
    *,
    first: date,
    today: date,
    now: datetime,
) -> list[Day]:
    here = tuple(checked)
    days = []
    for n in range(DAYS):
        on = first + timedelta(days=n)
        shifts = sorted(
            (d for d in roster.duties if d.starts_at and d.starts_at.astimezone(CHINA).date() == on),
            key=lambda d: (d.starts_at, d.unit_id, d.post),
        )
        lines = tuple(_shift(d, roster, here, names, units, now) for d in shifts)
        days.append(Day(words=say_date(_midnight(on)), today=on == today, shifts=lines))
    return days


def _shift(
    shift: Duty,
    roster: Roster,
    checked: Iterable[CheckIn],
    names: dict[str, str],
    units: Units,
    now: datetime,
) -> Shift:
    assert shift.starts_at is not None
    away = roster.is_away(shift.person, shift.starts_at)
    came = any(
        one.unit_id == shift.unit_id and roster.shift_of(shift.unit_id, one.person, one.at) == shift
        for one in checked
    )
    if came:
        tone, standing = "met", "已签到"
    elif now < shift.starts_at + GRACE:
        tone, standing = "quiet", "请假" if away else ""
    else:
        tone, standing = "late", "没有签到"
    return Shift(
        person=names.get(shift.person, shift.person),
        post=label(shift.post),
        unit=unit_name(shift.unit_id, units, short=True),
        hours=_hours(shift),
        away=away,
        tone=tone,
        standing=standing,
    )


def _posts(
    roster: Roster, ids: Iterable[UnitId], names: dict[str, str], units: Units, now: datetime
) -> list[Post]:
    with_duties = {duty.unit_id for duty in roster.duties}
    return [
        Post(
            unit=unit_name(unit_id, units, short=True),
            post=label(post),
            people=tuple(names.get(p, p) for p in roster.in_post(unit_id, post, now)),
        )
        for unit_id in ids
        if unit_id in with_duties
        for post in sorted({d.post for d in roster.duties if d.unit_id == unit_id}, key=list(Recipient).index)
    ]


def _is_in(checked: Iterable[CheckIn], me: str, now: datetime) -> bool:
    today = now.astimezone(CHINA).date()
    return any(one.person == me and one.at.astimezone(CHINA).date() == today for one in checked)


async def _names(services: Services, roster: Roster) -> dict[str, str]:
    """User name → name; the roster's own word for who has no login here."""
    people = {duty.person for duty in roster.duties} | {leave.person for leave in roster.leaves}
    return await services.staff.names(people)


def _asked_units(asked: str, viewer: Viewer, services: Services) -> list[UnitId]:
    """The one asked for, else all the reader's; an auditor reads every unit's."""
    every = viewer.actor.role is Role.AUDITOR
    own = [unit.id for unit in services.units.all() if every or unit.id in viewer.actor.unit_ids]
    return [UnitId(asked)] if asked in own else own


def _own_unit(asked: str, actor: Actor) -> UnitId:
    unit_id = UnitId(asked)
    if unit_id not in actor.unit_ids:
        raise UnknownUnit(asked)
    return unit_id


def _store(services: Services) -> MongoRosterStore:
    return MongoRosterStore(services.database)


def _week(asked: str, today: date) -> date:
    """The first day shown: the day asked for, within two years, else this week's Monday."""
    found = _date(asked)
    if found is None or abs((found - today).days) > _MOST_WEEKS_AWAY * DAYS:
        return today - timedelta(days=today.weekday())
    return found


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _hours(duty: Duty) -> str:
    if duty.starts_at is None or duty.ends_at is None:
        return "常设"
    start, end = duty.starts_at.astimezone(CHINA), duty.ends_at.astimezone(CHINA)
    next_day = "次日" if end.date() > start.date() else ""
    return f"{start:%H:%M}–{next_day}{end:%H:%M}"


def _span(leave: Leave) -> str:
    last = leave.ends_at - timedelta(seconds=1)
    first_day, last_day = say_date(leave.starts_at), say_date(last)
    return first_day if first_day == last_day else f"{first_day}至{last_day}"


def _key(leave: Leave) -> str:
    return f"{leave.starts_at.timestamp():.0f}-{leave.ends_at.timestamp():.0f}"
