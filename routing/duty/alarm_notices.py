"""Whom an alarm on a ticket is for, and from when they may be told: the ladder put to one event. Pure."""

from __future__ import annotations

from routing.citizen_request import Urgency
from routing.duty.alarm_ladder import AlarmStep, Recipient, Rung, may_be_told_at
from routing.duty.roster import Roster
from routing.events import Audience, Event, EventKind, NoticeChannel, PlannedNotice
from routing.ticket import Ticket
from routing.timing.sla import Profile

_STEPS = {
    EventKind.AT_RISK: AlarmStep.REMINDER,
    EventKind.NUDGED: AlarmStep.REMINDER,
    EventKind.OVERDUE: AlarmStep.URGE,
}


def rung_of(event: Event, profile: Profile) -> Rung | None:
    """The rung an event stands on; None for an event that is no alarm, or a rung the profile has no more."""
    if event.kind is EventKind.ALARM_RAISED:
        rungs = profile.ladder.rungs
        return rungs[event.rung - 1] if event.rung and event.rung <= len(rungs) else None
    step = _STEPS.get(event.kind)
    return profile.ladder.rung(step) if step else None


_NO_ROSTER = Roster()


def alarm_notices(
    ticket: Ticket, event: Event, *, profile: Profile, roster: Roster = _NO_ROSTER
) -> tuple[PlannedNotice, ...]:
    """One notice for each recipient of the rung, in the duty hours of the unit that must keep the limit, or when
    somebody of the post is on a shift before them (urgent tickets at once). A limit of the centre's own is the
    centre's to hear of."""
    rung = rung_of(event, profile)
    if rung is None:
        return ()
    urgent = ticket.urgency is Urgency.URGENT
    unit_id, hours = event.unit_id, profile.calendar_of(event.unit_id)
    if unit_id is None:
        not_before = may_be_told_at(event.at, hours=hours, urgent=urgent)
        return (PlannedNotice(Audience.CENTRE, NoticeChannel.CONSOLE, None, not_before),)
    return tuple(
        PlannedNotice(
            Audience.CENTRE if recipient is Recipient.SUPERVISOR else Audience.UNIT,
            NoticeChannel.CONSOLE,
            recipient,
            roster.reachable_at(unit_id, recipient, event.at, hours=hours, urgent=urgent),
        )
        for recipient in rung.to
    )
