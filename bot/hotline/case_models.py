"""What callers send beside the straight path: reviews, several units, letters, links, visits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from bot.hotline.fields import (
    Amount,
    LetterId,
    MomentIn,
    OptionalWords,
    Reason,
    SolvedWord,
    Stars,
    Text,
    UnitIdText,
    VisitOutcomeWord,
)
from bot.hotline.models import Versioned, WithReason

TicketNumberText = Annotated[str, StringConstraints(pattern=r"^HY[0-9]{10,14}$")]


class Decision(WithReason):
    """Yes or no, and why."""

    approved: bool


class ExtensionRequest(WithReason):
    """申请延期."""

    amount: Amount | None = Field(
        None, description="In the unit of the profile's extension limit; all it allows where missing."
    )


class SuspensionRequest(WithReason):
    """申请挂账: what stands in the way, and when to look again."""

    until: MomentIn


class CoHandlingRequest(Versioned):
    """请求协办 of one or several units."""

    departments: Annotated[list[UnitIdText], Field(min_length=1, max_length=10)]
    text: Text


class CoHandlingAnswer(Versioned):
    """One co-handler's answer to the lead."""

    department: UnitIdText
    text: Text


class CoHandlingWaiver(WithReason):
    """Why a co-handler need not answer."""

    department: UnitIdText


class LetterReceipt(Versioned):
    """Which letter was read."""

    letter: LetterId


class LetterAnswer(LetterReceipt):
    """What was done about it."""

    text: Text


class Relaying(WithReason):
    """转办 to a unit below."""

    department: UnitIdText


class Linking(WithReason):
    """并案: the ticket this one repeats."""

    parent: TicketNumberText


class VisitIn(Versioned):
    """回访, one try. ``solved`` must, ``stars`` may be given where the citizen was reached; else neither."""

    outcome: VisitOutcomeWord
    solved: SolvedWord | None = None
    stars: Stars | None = None
    comment: OptionalWords | None = None


class Repeat(Versioned):
    """The same person's earlier ticket of the same matter."""

    earlier: TicketNumberText


class Appeal(WithReason):
    """A request with its evidence."""

    basis: Reason
