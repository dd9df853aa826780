"""What the editors work on: a live version, a draft beside it, and the event that made it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from knowledge_base.article import Article, ArticleStatus

SYSTEM = "system"
"""Who acts when nobody does: first loading, a scheduled day that came, a repeal by another document."""


class Right(StrEnum):
    """What somebody may do to entries: 编写, 业务审核, 保密审查, 废止."""

    WRITE = "write"
    BUSINESS_REVIEW = "business_review"
    SECRECY_REVIEW = "secrecy_review"
    REPEAL = "repeal"


class Act(StrEnum):
    """Every way an entry changes. The last three are done by the system alone."""

    START = "start"
    SAVE = "save"
    IMPORT = "import"
    SUBMIT = "submit"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    DISCARD = "discard"
    CONFIRM = "confirm"
    REPEAL = "repeal"
    EXPIRE = "expire"
    TAKE_DOWN = "take_down"
    PUBLISH = "publish"
    LOAD = "load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who acts, with what they may do, and to whose entries: ``units`` None means those of every unit."""

    id: str
    rights: frozenset[Right]
    units: frozenset[str] | None = None

    def may_touch(self, unit_id: str) -> bool:
        return self.units is None or unit_id in self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A working draft: its article's status is its stage.

    ``authors`` are all who wrote or submitted it since it was begun; the reviewers are those of the present round.
    ``note`` is why it came back, or what an import could not read. ``since`` is when it reached its stage.
    """

    article: Article
    authors: tuple[str, ...]
    since: datetime
    business_reviewer: str | None = None
    secrecy_reviewer: str | None = None
    note: str = ""

    @property
    def stage(self) -> ArticleStatus:
        return self.article.status


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """One act done: who, when (``on`` is the local day of ``at``), making which version, from which stage to which.

    ``day`` is from when a repeal or until when an entry holds, where one was named; ``article`` the text written by
    START, SAVE, IMPORT and LOAD; ``note`` a reason, or what an import could not read; ``imported`` fingerprints of what
    an import brought.
    """

    act: Act
    at: datetime
    on: date
    by: str
    version: int
    stage: ArticleStatus | None = None
    to: ArticleStatus | None = None
    note: str = ""
    day: date | None = None
    article: Article | None = None
    imported: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: what the public may see (``live``) and what is being worked on (``draft``); neither once discarded.

    ``version`` counts the events; ``event`` is the last. ``written_by`` wrote the live version, ``live_version`` is the
    event that last changed it, ``checked_at`` is when somebody last vouched for it. ``imported`` holds, field by
    field, a fingerprint of what the last import brought.
    """

    id: str
    live: Article | None = None
    draft: Draft | None = None
    version: int = 0
    live_version: int = 0
    written_by: tuple[str, ...] = ()
    published_at: datetime | None = None
    checked_at: datetime | None = None
    imported: Mapping[str, str] = field(default_factory=dict)
    event: ReviewEvent | None = None

    @property
    def working(self) -> Article | None:
        """What an editor sees in a list: the draft where there is one."""
        return self.draft.article if self.draft else self.live

    @property
    def stage(self) -> ArticleStatus | None:
        return self.draft.stage if self.draft else None

    def takes_over_on(self) -> date | None:
        """From when an approved draft stands in place of the live version; None when none is approved.

        A text that replaces another waits until it holds, so that the old one answers till then; a first version is
        shown from its day on, to be announced before it holds.
        """
        if self.draft is None or self.draft.stage is not ArticleStatus.APPROVED:
            return None
        article = self.draft.article
        shown = article.shown_from or date.min
        return max(shown, article.effective_on) if self.live else shown

    def shown(self, on: date) -> Article | None:
        """What citizens may be answered from on that day (and no other), as far as this entry goes."""
        begins = self.takes_over_on()
        if begins is None:
            return self.live
        assert self.draft is not None
        coming = replace(self.draft.article, status=ArticleStatus.PUBLISHED)
        if self.live is None or begins <= on:
            return coming
        last = begins - timedelta(days=1)
        return replace(self.live, shown_until=min(self.live.shown_until or last, last))
