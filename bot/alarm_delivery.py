"""Alarms on their way: planned for the people of the ladder, delivered to whoever the roster says they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot import notices
from bot.console_notices import ConsoleNotices
from routing.acts.writing import NoticePlanner
from routing.duty.alarm_notices import alarm_notices
from routing.duty.roster import Roster
from routing.duty.roster_store import MongoRosterStore
from routing.events import Audience, Event, OutboxEntry, PlannedNotice
from routing.ticket import Ticket
from routing.timing.sla import Profile


def planner(
    profile_of: Callable[[Ticket], Profile],
    roster: Callable[[], Roster] = Roster,
    *,
    by_sms: bool = False,
    by_callback: bool = False,
) -> NoticePlanner:
    """``notices.plan``, with a unit's alarms addressed by the ladder of the ticket's own profile.

    ``roster`` says who is on duty outside the unit's hours; ``by_sms``, that citizens without WeChat get text messages;
    ``by_callback``, that the platform above hears of the tickets it filed.
    What the centre and the citizen hear of stays as it is; a supervisor's alarm is the centre's notice.
    """

    def plan(ticket: Ticket, event: Event) -> tuple[PlannedNotice, ...]:
        planned = notices.plan(ticket, event, by_sms=by_sms, by_callback=by_callback)
        alarms = alarm_notices(ticket, event, profile=profile_of(ticket), roster=roster())
        if not alarms or event.unit_id is None:
            return planned
        named = any(alarm.audience is Audience.CENTRE for alarm in alarms)
        kept = {Audience.CITIZEN, Audience.PLATFORM, *(() if named else (Audience.CENTRE,))}
        return (*(each for each in planned if each.audience in kept), *alarms)

    return plan


async def put_alarm(
    entry: OutboxEntry,
    event: Event,
    *,
    number: str,
    text: str,
    now: datetime,
    rosters: MongoRosterStore,
    console: ConsoleNotices,
) -> None:
    """Show it to the person on duty, to their stand-in, or without a roster to the unit as a whole.

    One line an event and reader, however many posts the reader fills and however often this is repeated.
    """
    people: tuple[str, ...] = ()
    if entry.recipient is not None and event.unit_id is not None:
        people = (await rosters.of([event.unit_id])).told(event.unit_id, [entry.recipient], now)
    await console.put_to(
        f"{number}-{event.seq}",
        people=people,
        audience=entry.audience,
        unit_id=event.unit_id,
        number=number,
        text=text,
        at=event.at,
    )
