"""From a draft to what the public reads: business review, secrecy review, and never the same person twice.

``decide`` refuses an act or makes it an event; ``replaying.apply`` makes the event a new state.

Repealing asks for no two reviews: it works the moment an editor or supervisor gives a reason, because quoting a lapsed
rule is the greater harm. So do an early expiry and taking an entry down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, datetime

from knowledge_base.article import (
    UNDATED,
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Guide,
    KnowledgeRefused,
)
from knowledge_base.editing.entries import Act, Entry, Person, ReviewEvent, Right
from knowledge_base.editing.replaying import settled


class WrongStage(KnowledgeRefused):
    """The entry's stage does not admit this act; ``stage`` is the draft's, None without one."""

    def __init__(self, act: Act, stage: ArticleStatus | None) -> None:
        super().__init__(act, stage)
        self.act, self.stage = act, stage


class NotYourRight(KnowledgeRefused):
    """The person has not the right this act needs."""

    def __init__(self, act: Act, right: Right) -> None:
        super().__init__(act, right)
        self.act, self.right = act, right


class NotYourUnit(KnowledgeRefused):
    """The entry belongs to a unit this person does not act for."""

    def __init__(self, unit_id: str) -> None:
        super().__init__(unit_id)
        self.unit_id = unit_id


class SamePerson(KnowledgeRefused):
    """The person already did another step of this revision: ``did`` says which."""

    def __init__(self, act: Act, person_id: str, did: Right) -> None:
        super().__init__(act, person_id, did)
        self.act, self.person_id, self.did = act, person_id, did


class Incomplete(KnowledgeRefused):
    """What the act needs is missing, empty or contradicts itself; ``fields`` by name."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names)
        self.fields = names


class UnknownRegion(Incomplete):
    """No place is called so, or several are: ``meant`` are their paths, one of which says which."""

    def __init__(self, region: str, meant: tuple[str, ...] = ()) -> None:
        super().__init__(("region",))
        self.region, self.meant = region, meant


class EndsTooEarly(KnowledgeRefused):
    """A repeal or a last day before the entry's own first day, ``begins``: it would never have held."""

    def __init__(self, act: Act, day: date, begins: date) -> None:
        super().__init__(act, day, begins)
        self.act, self.day, self.begins = act, day, begins


class EndsAlready(KnowledgeRefused):
    """The entry ends by itself on ``ends``, no later than the day named: nothing would change."""

    def __init__(self, act: Act, day: date, ends: date) -> None:
        super().__init__(act, day, ends)
        self.act, self.day, self.ends = act, day, ends


class StillRedacted(KnowledgeRefused):
    """The draft holds marks that stand for what was taken out of a citizen's words: they mean nothing to readers."""

    def __init__(self, marks: tuple[str, ...], names: tuple[str, ...]) -> None:
        super().__init__(marks, names)
        self.marks, self.fields = marks, names


@dataclass(frozen=True, slots=True)
class _Rule:
    right: Right
    to: ArticleStatus | None = None


_DRAFT, _BUSINESS, _SECRECY, _APPROVED = (
    ArticleStatus.DRAFT,
    ArticleStatus.BUSINESS_REVIEW,
    ArticleStatus.SECRECY_REVIEW,
    ArticleStatus.APPROVED,
)
_WRITES = {
    Act.SAVE: _Rule(Right.WRITE, _DRAFT),  # an edit under review is a new text: both reviews begin again
    Act.IMPORT: _Rule(Right.WRITE, _DRAFT),
}
_BACK = {Act.WITHDRAW: _Rule(Right.WRITE, _DRAFT)}
_RULES: dict[ArticleStatus | None, dict[Act, _Rule]] = {
    None: {Act.START: _Rule(Right.WRITE, _DRAFT), Act.IMPORT: _Rule(Right.WRITE, _DRAFT)},
    # What is under review is withdrawn first: nobody throws a text away while others read it.
    _DRAFT: {**_WRITES, Act.DISCARD: _Rule(Right.WRITE), Act.SUBMIT: _Rule(Right.WRITE, _BUSINESS)},
    _BUSINESS: {
        **_WRITES,
        **_BACK,
        Act.APPROVE: _Rule(Right.BUSINESS_REVIEW, _SECRECY),
        Act.REFUSE: _Rule(Right.BUSINESS_REVIEW, _DRAFT),
    },
    _SECRECY: {
        **_WRITES,
        **_BACK,
        Act.APPROVE: _Rule(Right.SECRECY_REVIEW, _APPROVED),
        Act.REFUSE: _Rule(Right.SECRECY_REVIEW, _DRAFT),
    },
    _APPROVED: {**_WRITES, **_BACK},
}
_ON_LIVE = {
    Act.CONFIRM: _Rule(Right.BUSINESS_REVIEW),
    Act.REPEAL: _Rule(Right.REPEAL),
    Act.EXPIRE: _Rule(Right.REPEAL),
    Act.TAKE_DOWN: _Rule(Right.REPEAL),
}
_REASONED = {Act.REFUSE, Act.REPEAL, Act.EXPIRE, Act.TAKE_DOWN}
_TEXTS = {Act.SAVE, Act.IMPORT}


def why_not(entry: Entry, act: Act, person: Person, *, on: date) -> KnowledgeRefused | None:
    """Why this person may not do this now; None when they may."""
    entry = settled(entry, on=on)
    rule = _rule(entry, act)
    if rule is None:
        return WrongStage(act, entry.stage)
    if rule.right not in person.rights:
        return NotYourRight(act, rule.right)
    article = entry.live if act in _ON_LIVE else entry.working
    if article and not person.may_touch(article.owner_unit_id):
        return NotYourUnit(article.owner_unit_id)
    if act in (Act.APPROVE, Act.REFUSE) and entry.draft:
        if person.id in entry.draft.authors:
            return SamePerson(act, person.id, Right.WRITE)
        if person.id == entry.draft.business_reviewer:
            return SamePerson(act, person.id, Right.BUSINESS_REVIEW)
    return None


def _rule(entry: Entry, act: Act) -> _Rule | None:
    if act not in _ON_LIVE:
        return _RULES[entry.stage].get(act)
    over = {
        Act.CONFIRM: (ArticleStatus.EXPIRED, ArticleStatus.REPEALED),
        Act.EXPIRE: (ArticleStatus.EXPIRED, ArticleStatus.REPEALED),
        Act.REPEAL: (ArticleStatus.REPEALED,),
    }
    if entry.live is None or entry.live.status in over.get(act, ()):
        return None
    return _ON_LIVE[act]


def decide(
    entry: Entry,
    act: Act,
    person: Person,
    *,
    at: datetime,
    on: date,
    article: Article | None = None,
    note: str = "",
    day: date | None = None,
) -> ReviewEvent:
    """The event of this act, or a ``KnowledgeRefused``.

    ``article`` is the text of SAVE and IMPORT, and of a START where there is no live version to start from; ``day`` the
    first day a repealed entry no longer holds, or the last day an expiring one does (None: it ends this moment).
    """
    refused = why_not(entry, act, person, on=on)
    if refused:
        raise refused
    if act in _REASONED and not note.strip():
        raise Incomplete(("reason",))
    entry = settled(entry, on=on)
    if day and entry.live and act in (Act.REPEAL, Act.EXPIRE):
        _refuse_end(entry.live, act, day)
    rule = _rule(entry, act)
    event = ReviewEvent(
        act=act,
        at=at,
        on=on,
        by=person.id,
        version=entry.version + 1,
        stage=entry.stage,
        to=rule.to if rule else None,
        note=note.strip(),
        day=day,
    )
    if act is Act.SUBMIT:
        assert entry.draft is not None
        for refused in obstacles(entry.draft.article):
            raise refused
    if act is Act.START and entry.live is None and article is None:
        raise WrongStage(act, None)
    if act in _TEXTS or (act is Act.START and article is not None):
        assert article is not None, act
        if not person.may_touch(article.owner_unit_id):
            raise NotYourUnit(article.owner_unit_id)
        event = replace(event, article=replace(article, id=entry.id, status=_DRAFT, shown_until=None))
    return event


def _refuse_end(live: Article, act: Act, day: date) -> None:
    """An end named by its day must lie within the time the entry holds."""
    begins = max(live.effective_on, live.published_on)
    if day < begins:
        raise EndsTooEarly(act, day, begins)
    ends = live.repealed_on if act is Act.REPEAL else live.expires_on
    if ends and ends <= day:
        raise EndsAlready(act, day, ends)


_MARK = re.compile(
    r"\[(?:邮箱|身份证号|银行卡号|手机号|电话|号码|微信号|QQ号|车牌|门牌|姓名|地址)\]|［(?:手机号|电话|姓名|地址)］"
)
"""What stands in a text from which personal data were taken."""


def redaction_marks(article: Article) -> tuple[tuple[str, str], ...]:
    """Fields and the marks in them, as a form names its fields."""
    return tuple(
        dict.fromkeys((name, mark) for name, text in _texts(article) for mark in _MARK.findall(text))
    )


def _texts(article: Article) -> Iterator[tuple[str, str]]:
    yield from (("title", article.title), ("body", article.body), ("topic", article.topic))
    yield "questions", "\n".join(article.questions)
    for prefix, part in (("guide", article.guide), ("catalogue", article.catalogue)):
        for field in fields(part) if part else ():
            value = getattr(part, field.name)
            yield f"{prefix}.{field.name}", value if isinstance(value, str) else "\n".join(value)


def obstacles(article: Article) -> Iterator[KnowledgeRefused]:
    """All that keeps this text from review."""
    if lacking := missing(article):
        yield Incomplete(lacking)
    if left := redaction_marks(article):
        yield StillRedacted(tuple(dict.fromkeys(mark for _, mark in left)), tuple(dict(left)))


_NEEDED = ("title", "issuer", "owner_unit_id", "region")


def missing(article: Article) -> tuple[str, ...]:
    """The fields that keep a draft from review, by name: empty, undated or contradicting another.

    A field of the guide or of the catalogue entry is named ``guide.fees``, ``catalogue.category``.
    """
    lacking = [name for name in _NEEDED if not getattr(article, name).strip()]
    lacking += [name for name in ("published_on", "effective_on") if getattr(article, name) == UNDATED]
    if article.expires_on and article.expires_on < article.effective_on:
        lacking.append("expires_on")
    if article.repealed_on and article.repealed_on < article.effective_on:
        lacking.append("repealed_on")
    lacking += [name for name in ("basis", "repeals", "amends") if article.id in getattr(article, name)]
    if article.kind is ArticleKind.GUIDE:
        lacking += _empty("guide", article.guide, {"quota"})
    elif article.kind is ArticleKind.CATALOGUE:
        lacking += _empty("catalogue", article.catalogue, {"form", "time_limit", "link"})
    elif not article.body.strip():
        lacking.append("body")
    return tuple(lacking)


def _empty(name: str, part: Guide | CatalogueEntry | None, optional: set[str]) -> list[str]:
    if part is None:
        return [name]
    return [
        f"{name}.{field.name}"
        for field in fields(part)
        if field.name not in optional and not getattr(part, field.name)
    ]
