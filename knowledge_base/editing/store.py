"""Where entries are kept, how they are found again, and what citizens said of the answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, Protocol

from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    IssuerLevel,
    KnowledgeRefused,
    Validity,
)
from knowledge_base.editing.entries import Entry, ReviewEvent


class StaleArticle(KnowledgeRefused):
    """Somebody else changed the entry since this editor read it."""

    def __init__(self, article_id: str, version: int) -> None:
        super().__init__(article_id, version)
        self.article_id = article_id
        self.version = version


class BadCursor(KnowledgeRefused):
    """No page of a list ended there."""

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a reader has followed the changes: the server's time, what was seen shortly before it, and the day."""

    at: datetime
    on: date
    seen: Mapping[str, int] = field(default_factory=dict)


class Changes(NamedTuple):
    """What a process that answers must take in, what it must forget, and where it has come to."""

    articles: tuple[Article, ...]
    removed: tuple[str, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """What a list shows; None or empty means any. ``on`` is the day ``validity`` is asked for.

    ``text`` is looked for in titles, 文号, 索引号 and ways of asking; with ``bodies`` also in the texts, which takes
    seconds where there are very many.
    """

    kind: ArticleKind | None = None
    stage: ArticleStatus | None = None
    units: frozenset[str] | None = None
    region: str = ""
    regions: frozenset[str] | None = None
    level: IssuerLevel | None = None
    topic: str = ""
    validity: Validity | None = None
    on: date = date.min
    text: str = ""
    bodies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One line of a list: of the draft where there is one, else of the live version. No text, so a page stays light.

    ``stage`` is the draft's, ``status`` the live version's; ``takes_over_on`` is a scheduled draft's day.
    """

    id: str
    kind: ArticleKind
    title: str
    document_number: str | None
    issuer: str
    owner_unit_id: str
    region: str
    topic: str
    stage: ArticleStatus | None
    status: ArticleStatus | None
    published_on: date
    effective_on: date
    expires_on: date | None
    repealed_on: date | None
    takes_over_on: date | None
    version: int
    changed_at: datetime
    checked_at: datetime | None


class EntryPage(NamedTuple):
    """Rows, latest change first, and the cursor of the next page; None on the last."""

    rows: tuple[EntryRow, ...]
    next: str | None


class ArticleStore(Protocol):
    """Entries by id, each save a new version; earlier versions are kept, for what was quoted must be findable."""

    async def entry(self, article_id: str) -> Entry:
        """Raises ``UnknownArticle``."""

    async def write(self, entry: Entry, *, expected: int) -> None:
        """Put the entry in place of the version the writer read (0: there is none yet), or raise ``StaleArticle``."""

    async def add_all(self, entries: Iterable[Entry]) -> frozenset[str]:
        """Many new entries at once; the ids that were there already and are left as they were."""

    async def get(self, article_id: str, *, on: date | None = None) -> Article:
        """What is live (on that day, where scheduled versions are to count); raises ``UnknownArticle``."""

    async def all_published(self, *, on: date | None = None) -> tuple[Article, ...]:
        """All that was ever shown, by id: lapsed ones are refused by name, never quoted."""

    def each_published(self, *, on: date) -> AsyncIterator[Article]:
        """The same one by one, for libraries too large to hold twice."""

    async def mark(self, *, on: date) -> Mark:
        """Where following starts; take it before reading all."""

    async def changes(self, since: Mark, *, on: date) -> Changes:
        """What changed after that mark, and what a new day brings. ``on`` is today where the entries are used."""

    async def history(self, article_id: str) -> tuple[Entry, ...]:
        """Every version, latest first."""

    async def events(self, article_id: str) -> tuple[ReviewEvent, ...]:
        """What happened to it, earliest first; texts are left out."""

    async def entries(self, article_ids: Iterable[str]) -> Mapping[str, Entry]:
        """Those of the ids that exist."""

    async def by_identity(self, identities: Iterable[str]) -> Mapping[str, Entry]:
        """Entries that came from an import, by what makes them the same thing again."""

    async def scheduled(self, *, on: date) -> tuple[Entry, ...]:
        """Entries with an approved version whose day has come."""

    async def not_yet_ended(self, article_ids: Iterable[str], *, on: date) -> Mapping[str, Entry]:
        """Those of the ids whose live version is not repealed by that day."""

    async def repealing(self) -> tuple[Article, ...]:
        """Live documents that repeal others, without their texts."""

    async def record_feedback(
        self, article_id: str, helpful: bool, at: datetime, *, key: str | None = None
    ) -> None:
        """One citizen's word on an answer from this article; no identity is kept. The same key again replaces it."""

    async def helpfulness(self, article_id: str) -> tuple[int, int]:
        """How many found it helpful, and how many said anything."""
