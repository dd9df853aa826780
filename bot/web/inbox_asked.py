"""What the address of the inbox asks for, and the filter that is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from routing.citizen_request import RequestType, Urgency
from routing.departments import UnitId, UnitLevel, Units
from routing.queries import Mark, Order, TicketFilter
from routing.timing.working_calendar import CHINA
from routing.workflow import OPEN_STATES, Actor, Role, State

OPEN = "open"
NONE = "none"
"""In an address: no unit yet, or no topic."""
Tabs = Mapping[str, tuple[str, frozenset[State] | None]]
_TABS: Tabs = {
    OPEN: ("在办", OPEN_STATES),
    "received": ("待派", frozenset({State.RECEIVED})),
    "dispatched": ("待签收", frozenset({State.DISPATCHED})),
    "accepted": ("办理中", frozenset({State.ACCEPTED})),
    "replied": ("已答复", frozenset({State.REPLIED})),
    "closed": ("已办结", frozenset({State.RESOLVED, State.ARCHIVED})),
    "all": ("全部", None),
}
_CENTRE_TABS = frozenset({"received"})
"""A unit never has a ticket that waits to be dispatched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for."""

    tab: str
    due: str
    words: str
    unit: str
    kind: str = ""
    topic: str = ""
    urgency: str = ""
    mark: str = ""
    since: date | None = None
    """The first day they came in on; no form asks for it or for the level, links of the live board do."""
    level: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], tabs: Mapping[str, object]) -> Asked:
        tab, due = query.get("tab", OPEN), query.get("due", "")
        return cls(
            tab=tab if tab in tabs else OPEN,
            due=due if due in ("overdue", "today", "risk") else "",
            # MongoDB takes no NUL in a pattern, and nobody searches for control characters.
            words="".join(c if c.isprintable() else " " for c in query.get("q", ""))[:100].strip(),
            unit=query.get("unit", "")[:64],
            kind=_one_of(query.get("type", ""), RequestType),
            topic="".join(c for c in query.get("topic", "")[:40] if c.isprintable()),
            urgency=_one_of(query.get("urgency", ""), Urgency),
            mark=_one_of(query.get("mark", ""), Mark),
            since=_day(query.get("since", "")),
            level=_one_of(query.get("level", ""), UnitLevel),
        )

    @property
    def narrowed(self) -> bool:
        """By more than the tab, the limits, the units and the words."""
        return bool(self.kind or self.topic or self.urgency or self.mark or self.since)

    @property
    def query(self) -> str:
        """What a saved view keeps."""
        return self.href().partition("?")[2]

    def href(self, **changes: str) -> str:
        fields = {
            "tab": self.tab,
            "due": self.due,
            "q": self.words,
            "unit": self.unit,
            "type": self.kind,
            "topic": self.topic,
            "urgency": self.urgency,
            "mark": self.mark,
            "since": self.since.isoformat() if self.since else "",
            "level": self.level,
            **changes,
        }
        given = {name: value for name, value in fields.items() if value}
        return f"/console/tickets?{urlencode(given)}"


def tabs_for(actor: Actor) -> Tabs:
    """The states this reader can choose among."""
    if actor.role is Role.LIAISON:
        return {name: tab for name, tab in _TABS.items() if name not in _CENTRE_TABS}
    return _TABS


def filter_of(asked: Asked, tabs: Tabs, *, units: Units, now: datetime) -> TicketFilter:
    """What to list."""
    due_before = {"overdue": now, "today": end_of_day(now)}.get(asked.due)
    newest_first = asked.tab in ("closed", "all")
    level = frozenset(unit.id for unit in units.all() if unit.level == asked.level)
    return TicketFilter(
        states=tabs[asked.tab][1],
        unit_id=UnitId(asked.unit) if asked.unit not in ("", NONE) else None,
        without_unit=asked.unit == NONE,
        unit_ids=level if asked.level else None,
        due_from=now if asked.due == "today" else None,
        due_before=due_before,
        at_risk_on=now if asked.due == "risk" else None,
        words=asked.words or None,
        request_type=RequestType(asked.kind) if asked.kind else None,
        topic=asked.topic if asked.topic not in ("", NONE) else None,
        without_topic=asked.topic == NONE,
        urgency=Urgency(asked.urgency) if asked.urgency else None,
        mark=Mark(asked.mark) if asked.mark else None,
        received_from=datetime.combine(asked.since, time.min, tzinfo=CHINA) if asked.since else None,
        order=Order.NEWEST if newest_first else Order.DUE,
    )


def end_of_day(now: datetime) -> datetime:
    """The next midnight in China."""
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def _one_of(said: str, kinds: type[StrEnum]) -> str:
    """What an address says, if there is such a thing."""
    return said if said in set(kinds) else ""


def _day(said: str) -> date | None:
    """Nothing came in before this century, and MongoDB cannot keep every day a date can be."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if day.year >= 2000 else None
