"""A ticket as figures see it, from the aggregate before it is stored and from its document afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from routing.citizen_request import Secrecy
from routing.clocks import ClockState
from routing.events import EventKind
from routing.figures.types import ClockRow, EventRow, FigureRow
from routing.ticket import Ticket
from routing.timing.sla import ClockName
from routing.workflow import State

_CLOCKS = frozenset(
    {
        ClockName.SIGN_IN,
        ClockName.FIRST_CONTACT,
        ClockName.REPLY,
        ClockName.REWORK,
        ClockName.FOLLOW_UP_VISIT,
    }
)
KINDS = frozenset(
    {
        EventKind.DISPATCHED,
        EventKind.TRANSFERRED,
        EventKind.RELAYED,
        EventKind.REPLIED,
        EventKind.RESOLVED,
        EventKind.RETURN_APPROVED,
        EventKind.RETURN_REFUSED,
        EventKind.RATED,
        EventKind.REOPENED,
        EventKind.WITHDRAWN,
        EventKind.REJECTED,
        EventKind.EXTENSION_GRANTED,
        EventKind.SUSPENSION_GRANTED,
        EventKind.RESUMED,
        EventKind.LINKED,
        EventKind.UNLINKED,
        EventKind.ANSWERED_WITH_PARENT,
        EventKind.VISITED,
        EventKind.EXCLUSION_UPHELD,
        EventKind.REPLY_PUBLISHED,
        EventKind.REPEAT_NOTED,
    }
)
"""Events that are part of some figure; the others need not be read."""

FIELDS: dict[str, int] = dict.fromkeys(
    (
        "unit_id",
        "state",
        "received_at",
        "secrecy",
        *(
            f"clocks.{f}"
            for f in ("name", "unit_id", "started_at", "due_at", "state", "stopped_at", "paused_since")
        ),
        *(f"events.{f}" for f in ("kind", "at", "unit_id", "stars", "fault", "outcome", "solved")),
        "events.reject_reason",
    ),
    1,
)
"""What to read of a document for ``row_of_document``."""


def row_of(ticket: Ticket) -> FigureRow:
    """The row of a ticket in memory, in the milliseconds the database keeps."""
    return FigureRow(
        number=ticket.number,
        unit_id=ticket.unit_id,
        state=ticket.state,
        received_at=_kept(ticket.received_at),
        public=ticket.secrecy is Secrecy.PUBLIC,
        clocks=tuple(
            ClockRow(
                name=c.name,
                unit_id=c.unit_id,
                due_at=_kept(c.due_at),
                state=c.state,
                started_at=_kept(c.started_at),
                stopped_at=_kept(c.stopped_at) if c.stopped_at else None,
                paused=_stands_still(c.paused_since, c.due_at),
            )
            for c in ticket.clocks
            if c.name in _CLOCKS
        ),
        events=tuple(
            EventRow(
                kind=e.kind,
                at=_kept(e.at),
                unit_id=e.unit_id,
                stars=e.stars,
                fault=e.fault,
                outcome=e.outcome,
                solved=e.solved,
                reject_reason=e.reject_reason,
            )
            for e in ticket.events
            if e.kind in KINDS
        ),
    )


def row_of_document(document: Mapping[str, Any]) -> FigureRow:
    """The row of a stored ticket; fields an older version did not write count as empty."""
    return FigureRow(
        number=document["_id"],
        unit_id=document.get("unit_id"),
        state=State(document["state"]),
        received_at=document["received_at"],
        public=document["secrecy"] == Secrecy.PUBLIC,
        clocks=tuple(
            ClockRow(
                name=ClockName(c["name"]),
                unit_id=c.get("unit_id"),
                due_at=c["due_at"],
                state=ClockState(c["state"]),
                started_at=c.get("started_at"),
                stopped_at=c.get("stopped_at"),
                paused=_stands_still(c.get("paused_since"), c["due_at"]),
            )
            for c in document.get("clocks", ())
            if c["name"] in _CLOCKS
        ),
        events=tuple(
            EventRow(
                kind=e["kind"],
                at=e["at"],
                unit_id=e.get("unit_id"),
                stars=e.get("stars"),
                fault=e.get("fault"),
                outcome=e.get("outcome"),
                solved=e.get("solved"),
                reject_reason=e.get("reject_reason"),
            )
            for e in document.get("events", ())
            if e["kind"] in KINDS
        ),
    )


def _stands_still(paused_since: datetime | None, due_at: datetime) -> bool:
    """A pause that began after the limit had passed takes no lateness away."""
    return paused_since is not None and paused_since <= due_at


def _kept(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
