"""A closed consultation proposes an entry: what was asked and what the unit replied, redacted, for an editor to judge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from knowledge_base.article import KnowledgeRefused


class ProposalState(StrEnum):
    """待处理, 已采用 (an entry was drafted from it) or 不采用."""

    OPEN = "open"
    TAKEN = "taken"
    DISMISSED = "dismissed"


class UnknownProposal(KnowledgeRefused, LookupError):
    """No proposal of that id, or none this reader may see."""

    def __init__(self, proposal_id: str) -> None:
        super().__init__(proposal_id)
        self.proposal_id = proposal_id


class ProposalOver(KnowledgeRefused):
    """Somebody took or dismissed it already, or its ticket is no longer open to the public."""

    def __init__(self, proposal_id: str) -> None:
        super().__init__(proposal_id)
        self.proposal_id = proposal_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """``id`` is the ticket's number: one ticket proposes once. ``near_article_id`` is the entry that already speaks of it."""

    id: str
    title: str
    question: str
    reply: str
    unit_id: str
    topic: str
    closed_at: datetime
    near_article_id: str | None = None
    state: ProposalState = ProposalState.OPEN
    article_id: str | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    reason: str = ""

    def take_back(self, reason: str, *, by: str, now: datetime) -> Proposal:
        """Its ticket is no longer open to the public: what was said in it goes, and that it proposed stays."""
        over = {"state": ProposalState.DISMISSED, "reason": reason, "decided_by": by, "decided_at": now}
        return replace(self, title="", question="", reply="", near_article_id=None, **over)  # type: ignore[arg-type]
