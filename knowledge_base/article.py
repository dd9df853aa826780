"""An entry of the knowledge base: what it says, who issued it, where it holds, and from when to when it may be quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

NATIONWIDE = "全国"
"""The region every asker's place lies in."""

UNDATED = date.min
"""Stands where a date is required and nobody found one; such an entry is not let through to review."""


class KnowledgeRefused(Exception):
    """An anticipated refusal of the knowledge base: named for what is wrong, carrying data; words live elsewhere."""


class UnknownArticle(KnowledgeRefused, LookupError):
    """No article of that id."""

    def __init__(self, article_id: str) -> None:
        super().__init__(article_id)
        self.article_id = article_id


class ArticleKind(StrEnum):
    """政策文件, 问答, 办事指南 or an entry of the 信息公开目录."""

    POLICY = "policy"
    QUESTION = "question"
    GUIDE = "guide"
    CATALOGUE = "catalogue"


class ArticleStatus(StrEnum):
    """草稿 → 业务审核 → 保密审查 → 已通过 (waits for its day) → 已发布 → 失效 or 废止."""

    DRAFT = "draft"
    BUSINESS_REVIEW = "business_review"
    SECRECY_REVIEW = "secrecy_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    EXPIRED = "expired"
    REPEALED = "repealed"


ONCE_PUBLISHED = frozenset({ArticleStatus.PUBLISHED, ArticleStatus.EXPIRED, ArticleStatus.REPEALED})
"""What the public has seen: quoted, or refused by name once it no longer holds."""


class IssuerLevel(StrEnum):
    """国家, 省, 市, 县 or 乡镇: whose word it is."""

    NATIONAL = "national"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


class Disclosure(StrEnum):
    """主动公开 or 依申请公开."""

    PROACTIVE = "proactive"
    ON_REQUEST = "on_request"


@dataclass(frozen=True, slots=True)
class Guide:
    """The eight public fields (八公开) of a service, with what the counter adds: the 一次告知 note, where, whom to call."""

    matter: str
    legal_basis: str
    procedure: str
    conditions: str
    promised_time: str
    fees: str
    quota: str
    materials: tuple[str, ...]
    one_time_notice: str
    window: str
    phone: str

    def text(self) -> str:
        """All of it, one field a line, for the index."""
        values = (getattr(self, field.name) for field in fields(self))
        return "\n".join(value if isinstance(value, str) else "；".join(value) for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One line of the 信息公开目录: 索引号, 信息分类, how it is made public, by when, in what form, and where it stands."""

    index_number: str
    category: str
    disclosure: Disclosure = Disclosure.PROACTIVE
    form: str = ""
    time_limit: str = ""
    link: str = ""

    def text(self) -> str:
        """What people search by, one field a line."""
        return "\n".join(filter(None, (self.index_number, self.category, self.form, self.time_limit)))


class Validity(StrEnum):
    """How an article of itself stands on a day; what it rests on and where the asker is are other questions."""

    IN_FORCE = "in_force"
    UNPUBLISHED = "unpublished"
    UPCOMING = "upcoming"
    EXPIRED = "expired"
    REPEALED = "repealed"


@dataclass(frozen=True, slots=True)
class Article:
    """One entry of the knowledge base.

    ``questions`` are the ways people ask for it. ``basis`` names what it rests on: ids of other articles, or laws in
    words. ``shown_from`` is the first day it may be quoted and ``shown_until`` the last (a newer version follows);
    ``effective_on`` the first and ``expires_on`` the last day it holds; ``repealed_on`` the first it no longer does.
    ``repeals`` and ``amends`` name the articles a document ends or changes. ``source`` is where it was imported from.
    """

    id: str
    kind: ArticleKind
    title: str
    body: str
    issuer: str
    document_number: str | None
    published_on: date
    effective_on: date
    expires_on: date | None
    status: ArticleStatus
    owner_unit_id: str
    region: str
    questions: tuple[str, ...] = ()
    guide: Guide | None = None
    basis: tuple[str, ...] = ()
    topic: str = ""
    shown_from: date | None = None
    shown_until: date | None = None
    repealed_on: date | None = None
    level: IssuerLevel = IssuerLevel.COUNTY
    repeals: tuple[str, ...] = ()
    amends: tuple[str, ...] = ()
    source: str = ""
    catalogue: CatalogueEntry | None = None

    def validity(self, on: date) -> Validity:
        """By status and dates alone. Whoever quotes must also ask for the basis, the repealers and the region."""
        if self.status is ArticleStatus.REPEALED:
            return Validity.REPEALED
        if self.status is ArticleStatus.EXPIRED:
            return Validity.EXPIRED
        if self.status is not ArticleStatus.PUBLISHED:
            return Validity.UNPUBLISHED
        if self.repealed_on and on >= self.repealed_on:
            return Validity.REPEALED
        if any(last and on > last for last in (self.expires_on, self.shown_until)):
            return Validity.EXPIRED
        if on < self.effective_on or (self.shown_from and on < self.shown_from):
            return Validity.UPCOMING
        return Validity.IN_FORCE

    def in_force(self, on: date) -> bool:
        """Whether it may be quoted that day: published, begun and not over."""
        return self.validity(on) is Validity.IN_FORCE

    def holds_from(self) -> date:
        """The first day it may be quoted, once published."""
        return max(self.effective_on, self.shown_from or date.min)

    def over_from(self) -> date:
        """The first day it may no longer be quoted; ``date.max`` when none is set."""
        if self.status is not ArticleStatus.PUBLISHED:
            return date.min
        lasts = [last for last in (self.expires_on, self.shown_until) if last and last < date.max]
        ends = [last + timedelta(days=1) for last in lasts]
        return min([*ends, self.repealed_on or date.max])

    def has_begun(self, on: date) -> bool:
        """Whether it was ever in force by that day: what it repeals stays repealed when it lapses itself."""
        begun = on >= self.effective_on and not (self.shown_from and on < self.shown_from)
        return begun and self.status in ONCE_PUBLISHED

    def valid_in(self, regions: frozenset[str]) -> bool:
        """Whether it holds where the asker is; ``regions`` as ``regions_of`` makes them."""
        return self.region in regions

    def text(self) -> str:
        """What stands in the article itself, without title and questions."""
        return "\n".join((self.body, *(part.text() for part in (self.guide, self.catalogue) if part)))


def regions_of(path: str) -> frozenset[str]:
    """Where an asker at “云川市/清和县” is: each name, each path from the top (towns share names), and the nation."""
    names = [name.strip() for name in path.split("/") if name.strip()]
    paths = ("/".join(names[: depth + 1]) for depth in range(len(names)))
    return frozenset((*names, *paths, NATIONWIDE))


_OWN_ID = re.compile(rf"(?:{'|'.join(ArticleKind)})\.\S")


def names_an_article(basis: str) -> bool:
    """Whether a basis is the id of an entry (a kind and a dot) rather than a law in words."""
    return _OWN_ID.match(basis) is not None


def resting_on_lapsed(articles: Iterable[Article], *, on: date) -> dict[str, tuple[str, ...]]:
    """Published articles that rest on one no longer (or not yet) in force: article id → ids of the lapsed basis.

    A lapse carries on: what rests on an answer that rests on a repealed policy is named too. A law named in words is
    taken to hold; an entry's id that is not among the articles (never published, taken down) is not. What a published
    document repeals has lapsed from the day that document takes effect, whatever became of the document since.
    """
    known = {article.id: article for article in articles}
    lapsed = {article.id for article in known.values() if not article.in_force(on)}
    lapsed |= repealed_by_others(known.values(), on=on).keys()
    lapsed |= {
        basis
        for article in known.values()
        for basis in article.basis
        if basis not in known and names_an_article(basis)
    }
    found: dict[str, tuple[str, ...]] = {}
    while True:
        fresh = {
            article.id: broken
            for article in known.values()
            if article.id not in lapsed and (broken := tuple(b for b in article.basis if b in lapsed))
        }
        if not fresh:
            return found
        found |= fresh
        lapsed |= set(fresh)


def repealed_by_others(articles: Iterable[Article], *, on: date) -> dict[str, str]:
    """Ended by a document that names it in ``repeals``: id of the ended → id of the document, as of that day."""
    return {
        ended: one.id for one in articles if one.has_begun(on) for ended in one.repeals if ended != one.id
    }
