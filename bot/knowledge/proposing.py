"""A closed 咨询 ticket proposes an entry from its reply: redacted, open to the public, and never from a secret one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import ValidationError
from pymongo import ASCENDING

from bot.knowledge.notes import new_proposal, proposal_page
from bot.services import Services
from knowledge_base.answering.outcome import Answer
from knowledge_base.gaps.proposals import Proposal
from routing.citizen_request import RequestType, Secrecy
from routing.mongo_store import AWARE, Collection, from_document
from routing.redaction import redact
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from routing.workflow import State

log = structlog.get_logger(__name__)

LOOKS_BACK = timedelta(days=14)
"""How far a look goes back: a worker that was away over a long holiday misses nothing."""
LOOKS_EVERY = timedelta(seconds=10)
_OVERLAP = timedelta(minutes=10)
_MOST = 200


@dataclass(slots=True)
class Proposing:
    """Idempotent by the ticket's number, so any number of workers may look."""

    services: Services
    _looks_from: datetime | None = None
    _seen_until: datetime | None = None

    async def propose(self, now: datetime) -> int:
        """Look at the consultations closed since the last look; returns how many proposals are new."""
        if self._looks_from is not None and now < self._looks_from:
            return 0
        self._looks_from = now + LOOKS_EVERY
        tickets: Collection = self.services.database.get_collection("tickets", codec_options=AWARE)
        if self._seen_until is None:
            await tickets.create_index([("resolved_at", ASCENDING)])
        since = now - LOOKS_BACK if self._seen_until is None else self._seen_until - _OVERLAP
        closed = {
            "request_type": RequestType.CONSULTATION.value,
            "secrecy": Secrecy.PUBLIC.value,
            "state": {"$in": [State.RESOLVED.value, State.ARCHIVED.value]},
            "resolved_at": {"$gte": since},
        }
        new, beyond = 0, dict[str, Any]()
        while True:
            found = tickets.find({**closed, **beyond}).sort([("resolved_at", ASCENDING), ("_id", ASCENDING)])
            documents = await found.to_list(_MOST)
            new += await self._propose_from_all(documents, now)
            if len(documents) < _MOST:
                break
            # Any number may be closed at once: the next page begins behind the last ticket, not at its second.
            at, number = documents[-1]["resolved_at"], documents[-1]["_id"]
            beyond = {"$or": [{"resolved_at": {"$gt": at}}, {"resolved_at": at, "_id": {"$gt": number}}]}
        self._seen_until = now
        await self.services.gaps.take_back_secret_ones(now=now)
        return new

    async def _propose_from_all(self, documents: list[dict[str, Any]], now: datetime) -> int:
        known = await self.services.proposals.known(document["_id"] for document in documents)
        new = 0
        for document in documents:
            if document["_id"] in known:
                continue
            try:
                new += await self._propose_from(from_document(document), now)
            except (ValidationError, ValueError) as error:
                # One record that cannot be read must not keep all later ones from proposing.
                log.error("no proposal", number=document["_id"], error=type(error).__name__)
        return new

    async def _propose_from(self, ticket: Ticket, now: datetime) -> int:
        proposal = self.proposal_of(ticket, now)
        if proposal is None or not await self.services.proposals.add(proposal):
            return 0
        await self.services.console_notices.put_note(
            f"proposal-{proposal.id}",
            unit_id=None,
            editors=True,
            text=new_proposal(proposal.question),
            at=now,
            href=proposal_page(proposal.id),
        )
        return 1

    def proposal_of(self, ticket: Ticket, now: datetime) -> Proposal | None:
        """What the ticket proposes; None where it may not, or says nothing."""
        open_to_all = ticket.secrecy is Secrecy.PUBLIC and ticket.request_type is RequestType.CONSULTATION
        if not open_to_all or not ticket.reply_text or ticket.resolved_at is None:
            return None
        question = redact(ticket.title or ticket.text, home=True).strip()
        return Proposal(
            id=ticket.number,
            title=" ".join(question.split())[:60],
            question=redact(ticket.text, home=True).strip(),
            reply=redact(ticket.reply_text).strip(),
            unit_id=self._owner(ticket),
            topic=ticket.topic or "",
            closed_at=ticket.resolved_at,
            near_article_id=self._near(question, now),
        )

    def _owner(self, ticket: Ticket) -> str:
        """The unit that answered; where the centre answered itself, the one it would have gone to."""
        likely = ticket.triage.candidates if ticket.triage else ()
        return str(ticket.unit_id or (likely[0].unit_id if likely else self.services.units.fallback.id))

    def _near(self, question: str, now: datetime) -> str | None:
        """The entry that answers it already, which an editor may rather add to."""
        found = self.services.answerer.answer(question, on=now.astimezone(CHINA).date())
        return found.article_id if isinstance(found, Answer) else None
