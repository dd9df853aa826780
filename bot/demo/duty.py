"""The demo's people on duty: this week and the next, with last days' check-ins; again at each start."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.demo.setting import PEOPLE
from bot.services import Services
from routing.duty.alarm_ladder import Recipient
from routing.duty.roster import Duty, Roster
from routing.duty.roster_store import MongoRosterStore
from routing.timing.working_calendar import CHINA
from routing.workflow import Role

_DAYS = 14
_FROM, _UNTIL = time(8, 30), time(17, 30)
_POSTS = {Role.LIAISON: Recipient.LIAISON, Role.SUPERVISOR: Recipient.SUPERVISOR}
_LATE = "liuquan"
"""Who forgot to check in on Mondays, so that the page has one to show."""


async def put_on_duty(services: Services, *, now: datetime) -> None:
    """Every day of both weeks, weekends too: whoever tries the demo may do so on a Sunday."""
    today = now.astimezone(CHINA).date()
    monday = today - timedelta(days=today.weekday())
    store = MongoRosterStore(services.database)
    duties = [
        Duty(
            person.user.unit_id,
            _POSTS[person.user.role],
            person.user.username,
            datetime.combine(monday + timedelta(days=n), _FROM, CHINA),
            datetime.combine(monday + timedelta(days=n), _UNTIL, CHINA),
        )
        for person in PEOPLE
        if person.user.role in _POSTS
        for n in range(_DAYS)
    ]
    standing = [Duty(duty.unit_id, duty.post, duty.person) for duty in duties[::_DAYS]]
    await store.replace(Roster((*duties, *standing)), by="demo", now=now)
    for duty in duties:
        assert duty.starts_at is not None
        forgot = duty.person == _LATE and duty.starts_at.weekday() == 0
        if duty.starts_at.date() < today and not forgot:
            at = duty.starts_at - timedelta(minutes=10)
            await store.check_in(duty.unit_id, duty.person, now=at)
