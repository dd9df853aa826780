"""What is written on a ticket's document so that lists, searching and auditing need not read it: made with every save.

Tickets saved by an earlier version carry an earlier ``VERSION`` or none; ``MongoTicketStore.catch_up`` writes theirs
anew, and until it has, whoever reads these marks reads the tickets themselves.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from routing.audit.marks import VERSION as AUDIT_VERSION
from routing.audit.marks import mark_of
from routing.list_marks import INDEXES as SPECIAL_INDEXES
from routing.list_marks import SPECIAL, special_of
from routing.redaction import redact
from routing.search_grams import grams_of
from routing.ticket import Ticket

AUDIT, GRAMS, PLACE, MARKED = "audit", "search_grams", "search_place", "derived"
DERIVED = (AUDIT, GRAMS, PLACE, SPECIAL, MARKED)
BY_RECEIPT, BY_GRAM = "audit_by_receipt", "search_grams_1"
INDEXES = [
    # With all the audit reads of a ticket: a month of them is read without one document.
    IndexModel(
        [("received_at", DESCENDING), ("_id", DESCENDING), ("unit_id", ASCENDING), (AUDIT, ASCENDING)],
        name=BY_RECEIPT,
    ),
    IndexModel([(GRAMS, ASCENDING)], name=BY_GRAM),
    *SPECIAL_INDEXES,
    IndexModel([(MARKED, ASCENDING)]),
]
"""What ``MongoTicketStore.prepare`` creates for them."""
_ROUND = 3
"""Count up when what is written changes."""
VERSION = hashlib.sha256(f"{_ROUND}|{AUDIT_VERSION}".encode()).hexdigest()[:8]


def marks_of(ticket: Ticket, search_text: str) -> dict[str, Any]:
    """The fields; ``search_text`` is the redacted text, for nobody may find what they may not read. The place is kept
    apart from it: what compares texts must not take two matters in one street for one."""
    place = redact(ticket.place or "")
    marks = {AUDIT: mark_of(ticket), GRAMS: grams_of(f"{search_text}\n{place}"), MARKED: VERSION}
    special = special_of(ticket)
    return {**marks, **({PLACE: place} if place else {}), **({SPECIAL: special} if special else {})}


async def is_behind(tickets: Any) -> bool:
    """Whether some ticket's marks are of another version."""
    return bool(await tickets.count_documents({MARKED: {"$ne": VERSION}}, limit=1))
