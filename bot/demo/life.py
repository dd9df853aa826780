"""One ticket's past, lived through the real domain: every act, alarm and notice at its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import notices
from routing.acts import outbox
from routing.acts.outbox import Step
from routing.events import NoticeChannel, NoticeState, Rung
from routing.ticket import Ticket
from routing.workflow import SYSTEM

ALARM_AFTER = timedelta(seconds=1)
"""The worker notices a limit about this long after it was reached."""
_DELIVERED_AFTER = timedelta(seconds=2)
_STILL_NEWS = timedelta(hours=36)
"""Console notices younger than this are left to the worker, so that the console opens with news."""


@dataclass(slots=True)
class Life:
    """A ticket on its way to ``present``: what would happen later does not happen."""

    ticket: Ticket
    present: datetime

    def act(self, at: datetime, do: Callable[[datetime], None]) -> bool:
        """Do something at ``at`` as the service desk would; False when that is still to come."""
        if at > self.present:
            return False
        self._sound_alarms(at)
        seq = len(self.ticket.events)
        do(at)
        self.ticket.plan_notices(notices.plan, since=seq)
        return True

    def arrive(self) -> None:
        """Sound the alarms up to the present and deliver what was to be told."""
        self._sound_alarms(self.present)
        for entry in self.ticket.outbox:
            told_at = self.ticket.event(entry.event_seq).at
            if entry.channel is not NoticeChannel.WECHAT and self.present - told_at < _STILL_NEWS:
                continue
            at = min(told_at + _DELIVERED_AFTER, self.present)
            if entry.channel is NoticeChannel.WECHAT:
                step = Step(rung=Rung.CHAT)
                outbox.settle(self.ticket, entry.id, NoticeState.SENDING, now=at, step=step)
            outbox.settle(self.ticket, entry.id, NoticeState.SENT, now=at)

    def _sound_alarms(self, until: datetime) -> None:
        while (reached := self.ticket.next_deadline_at) is not None and reached + ALARM_AFTER <= until:
            seq = len(self.ticket.events)
            self.ticket.check_deadlines(actor=SYSTEM, now=reached + ALARM_AFTER)
            self.ticket.plan_notices(notices.plan, since=seq)
