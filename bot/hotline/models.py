"""What callers send: one model for each body and each query. Unknown fields are ignored; wrong types are named."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot.hotline.fields import (
    ApplicantWord,
    ArticleId,
    ChannelWord,
    ExternalNumber,
    Key,
    MomentIn,
    Name,
    OptionalWords,
    Phone,
    Place,
    Question,
    Reason,
    ReasonTags,
    RejectReasonWord,
    RequestTypeWord,
    SearchWords,
    SecrecyWord,
    Since,
    Stars,
    Text,
    Tier,
    Title,
    UnitIdText,
    Until,
    UrgencyWord,
    Version,
)
from bot.wording import LABELS
from routing.citizen_request import Applicant, Channel, Secrecy
from routing.events import RejectReason
from routing.figures.counting import FigureName
from routing.queries import MAX_PAGE_SIZE, PAGE_SIZE, Order
from routing.workflow import State


class Body(BaseModel):
    """A JSON body: ``"5"`` is no number and ``1`` is no text."""

    model_config = ConfigDict(strict=True, frozen=True)


class Query(BaseModel):
    """A query string, in which everything arrives as text."""

    model_config = ConfigDict(frozen=True)


class NoBody(Body):
    """The operation takes no body."""


class NoQuery(Query):
    """The operation takes no query."""


# ---- intake


class CitizenIn(Body):
    """Who asks. Sealed apart from the content; shown masked."""

    name: Name | None = None
    phone: Phone | None = None
    secrecy: SecrecyWord = Secrecy.PUBLIC
    texts: Annotated[bool, Field(description="False: no text messages to the number.")] = True


class NewTicket(Body):
    """A citizen request as the hotline took it."""

    external_number: ExternalNumber = Field(description="The caller's own number; makes intake idempotent.")
    channel: ChannelWord = Channel.HOTLINE
    request_type: RequestTypeWord | None = Field(None, description="Read from the text where it is missing.")
    title: Title | None = None
    text: Text
    citizen: CitizenIn | None = None
    place: Place | None = Field(None, description="The place in the citizen's own words.")
    urgency: UrgencyWord | None = Field(None, description="Read from the text where it is missing.")
    received_at: MomentIn | None = Field(None, description="When the citizen asked; now where missing.")
    tier: Tier | None = Field(
        None,
        description="A tier of the profile of time limits; `disclosure` is 依申请公开, entered in its register.",
    )
    applicant: ApplicantWord = Field(Applicant.PERSON, description="Who asks, where it is 依申请公开.")


# ---- actions of the centre and the units: ``version`` is required


class Versioned(Body):
    """Only what the caller last read."""

    version: Version


class WithText(Versioned):
    """What was said or is answered."""

    text: Text


class WithReason(Versioned):
    """Why."""

    reason: Reason


class ReturnRequest(WithReason):
    """退单申请: why, and on what basis it is not this unit's."""

    basis: Reason


class ReturnDecision(WithReason):
    """The centre's decision on a return."""

    approved: bool


class Dispatching(Versioned):
    """派单: ``department`` is a unit's id, as ``GET /api/v1/departments`` lists them."""

    department: UnitIdText
    reason: OptionalWords | None = None


class Rejection(WithReason):
    """不予受理: the class of reason, and what the citizen is told."""

    kind: RejectReasonWord = RejectReason.OTHER


class Transferring(WithReason):
    """改派 to another unit."""

    department: UnitIdText


# ---- actions for the citizen: ``version`` is optional, ``key`` makes a repetition harmless


class ForTheCitizen(Body):
    """``key`` names this very act: the same key again changes nothing."""

    version: Version | None = None
    key: Key | None = None


class Supplement(ForTheCitizen):
    """补充材料."""

    text: Text


class Reminder(ForTheCitizen):
    """催办."""

    text: OptionalWords | None = None


class RatingIn(ForTheCitizen):
    """好差评: 5 非常满意, 4 满意, 3 基本满意, 2 不满意, 1 非常不满意."""

    stars: Stars
    resolved: bool | None = Field(None, description="Whether the matter is solved; null: not said.")
    reasons: ReasonTags = []
    comment: OptionalWords | None = None


class Reopening(ForTheCitizen):
    """重办."""

    reason: Reason


class Withdrawal(ForTheCitizen):
    """撤单 for the citizen, who is told that it was done and why."""

    reason: Reason


class Reveal(Body):
    """Why the identity is needed; it is logged with the reader's name."""

    reason: Reason


# ---- the model and the knowledge base


class ClassifyIn(Body):
    """A text to classify; with ``explain`` also what would change the decision."""

    text: Text
    place: Place | None = None
    explain: bool = False


class QuestionIn(Body):
    """A question; ``about`` is the ``article_id`` of the answer before, when this one follows on from it.

    ``entry`` answers from that entry: what a choice among several comes to.
    """

    question: Question
    about: ArticleId | None = None
    region: Place | None = Field(
        None,
        description="Where the asker is, as `云川市/清和县` or a place's name; the installation's own if missing.",
    )
    entry: ArticleId | None = None


# ---- reads


_STATE_OF_LABEL = {name: state.value for state, name in LABELS[State].items()}


def _split(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    words = (part.strip() for part in value.split(","))
    return [_STATE_OF_LABEL.get(word, word) for word in words if word]


class TicketsQuery(Query):
    """Which tickets to list; every field narrows."""

    state: Annotated[list[State], BeforeValidator(_split)] = Field(
        [], description="One or several states, separated by commas."
    )
    department: UnitIdText | None = Field(None, description="A unit's id, name or short name.")
    due_before: Since | None = Field(None, description="The nearest running limit falls due before this.")
    q: SearchWords | None = Field(None, description="Words in number, title or text.")
    order: Order = Order.DUE
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="From the page before.")
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = PAGE_SIZE


class GroupBy(StrEnum):
    """What figures can be broken down by."""

    DEPARTMENT = "department"


class FiguresQuery(Query):
    """The period, and how to break the figures down."""

    from_: Since | None = Field(None, alias="from", description="Default: 30 days before today.")
    to: Until | None = Field(None, description="Default: open.")
    group_by: GroupBy | None = None
    department: UnitIdText | None = Field(None, description="Only what this unit had to keep.")
    detail: FigureName | None = Field(None, description="List every ticket's part in this figure.")
    detail_page: Annotated[int, Field(ge=1, le=100_000)] = Field(1, description="1,000 parts a page.")
    detail_after: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="Only parts of tickets after this number: the `next` of the page before."
    )


class KnowledgeFiguresQuery(Query):
    """The period, and how to break the figures down."""

    from_: Since | None = Field(None, alias="from", description="Default: 30 days before today.")
    to: Until | None = Field(None, description="Default: open.")
    group_by: GroupBy | None = None
