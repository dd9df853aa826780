"""An entry of the knowledge base in words and pieces a page can show; shared by the public and the editors' pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.wording import label
from knowledge_base import article as entries
from knowledge_base.answering.aspects import LABELS, Aspect
from knowledge_base.article import Article, ArticleKind, CatalogueEntry, Guide
from knowledge_base.provisions import provisions


class Standing(StrEnum):
    """Whether an entry may be relied on that day."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    REPEALED = "repealed"
    BASIS_LAPSED = "basis_lapsed"
    HIDDEN = "hidden"


_OWN = {
    entries.Validity.IN_FORCE: Standing.IN_FORCE,
    entries.Validity.UNPUBLISHED: Standing.HIDDEN,
    entries.Validity.UPCOMING: Standing.NOT_YET,
    entries.Validity.EXPIRED: Standing.EXPIRED,
    entries.Validity.REPEALED: Standing.REPEALED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingWords:
    """``tone`` and ``sign`` go together everywhere; ``note`` is what the reader should do about it."""

    standing: Standing
    tone: str
    sign: str
    words: str
    note: str = ""

    @property
    def lapsed(self) -> bool:
        return self.standing in (Standing.EXPIRED, Standing.REPEALED, Standing.BASIS_LAPSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One field of a guide or one 条 of a policy, with the anchor its citations point to."""

    anchor: str
    heading: str
    text: str = ""
    items: tuple[str, ...] = ()
    phone: bool = False
    chapter: str = ""
    """The chapter that begins with this 条, empty elsewhere."""


_GUIDE_ORDER = (
    Aspect.MATTER,
    Aspect.CONDITIONS,
    Aspect.MATERIALS,
    Aspect.PROCEDURE,
    Aspect.PROMISED_TIME,
    Aspect.FEES,
    Aspect.QUOTA,
    Aspect.NOTICE,
    Aspect.WINDOW,
    Aspect.PHONE,
    Aspect.LEGAL_BASIS,
)
"""As somebody who goes there reads it: what, who may, what to bring, how, how long, how much."""


def standing_of(article: Article, *, on: date, basis_holds: bool = True) -> Standing:
    """``basis_holds`` False: something it rests on is no longer in force that day, or another document ended it."""
    own = _OWN[article.validity(on)]
    if own is Standing.NOT_YET and article.shown_from is not None and on < article.shown_from:
        return Standing.HIDDEN
    return Standing.BASIS_LAPSED if own is Standing.IN_FORCE and not basis_holds else own


def standing_words(article: Article, *, on: date, basis_holds: bool = True) -> StandingWords:
    """The standing with its reason and date; never colour alone, never in force when it is not."""
    standing = standing_of(article, on=on, basis_holds=basis_holds)
    return words_for(
        standing,
        effective_on=article.effective_on,
        expires_on=article.expires_on,
        repealed_on=article.repealed_on,
    )


def words_for(
    standing: Standing, *, effective_on: date, expires_on: date | None, repealed_on: date | None
) -> StandingWords:
    """A standing with the day that makes it so."""
    match standing:
        case Standing.IN_FORCE:
            note = f"有效期到{say_day(expires_on)}" if expires_on else ""
            return StandingWords(standing=standing, tone="met", sign="●", words="现行有效", note=note)
        case Standing.NOT_YET:
            note = f"从{say_day(effective_on)}起施行，现在还不能作为办事依据。"
            return StandingWords(standing=standing, tone="soon", sign="▲", words="尚未施行", note=note)
        case Standing.EXPIRED:
            when = f"有效期到{say_day(expires_on)}，" if expires_on else "有效期已过，"
            note = f"{when}不能再作为办事依据。现在怎么办，请拨打12345。"
            return StandingWords(standing=standing, tone="late", sign="■", words="已失效", note=note)
        case Standing.REPEALED:
            when = f"{say_day(repealed_on)}起废止，" if repealed_on else "已经废止，"
            note = f"{when}不能再作为办事依据。现在怎么办，请拨打12345。"
            return StandingWords(standing=standing, tone="late", sign="■", words="已废止", note=note)
        case Standing.BASIS_LAPSED:
            note = "它依据的文件已经失效，内容正在核对，请先不要照它办。现在怎么办，请拨打12345。"
            return StandingWords(standing=standing, tone="late", sign="■", words="依据已失效", note=note)
        case Standing.HIDDEN:
            return StandingWords(standing=standing, tone="off", sign="○", words="未公开")


def say_day(day: date | None) -> str:
    """``2026年3月1日``; empty for none."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def cite(article: Article) -> str:
    """《标题》（单位，文号，2025年3月1日发布），to be copied into a letter."""
    parts = [article.issuer, article.document_number, f"{say_day(article.published_on)}发布"]
    return f"《{article.title.strip('《》')}》（{'，'.join(part for part in parts if part)}）"


def facts_of(article: Article, *, unit: str = "") -> list[tuple[str, str]]:
    """What stands beside the text: who, number, dates, where it holds."""
    rows = [
        ("类别", label(article.kind)),
        ("发布单位", article.issuer),
        ("文号", article.document_number or ""),
        ("发布日期", say_day(article.published_on)),
        ("施行日期", say_day(article.effective_on)),
        ("有效期至", say_day(article.expires_on)),
        ("废止日期", say_day(article.repealed_on)),
        ("适用地区", article.region),
        ("负责单位", unit),
    ]
    return [(name, value) for name, value in rows if value]


def sections_of(article: Article) -> tuple[Section, ...]:
    """The parts a citation can point to: the fields of a guide, the 条 of a policy, else the text itself."""
    if article.guide is not None:
        return _guide_sections(article.guide)
    if article.kind is ArticleKind.POLICY:
        return _policy_sections(article.body)
    if article.catalogue is not None:
        return _catalogue_sections(article, article.catalogue)
    return (Section(anchor="answer", heading="", text=article.body),)


def _policy_sections(body: str) -> tuple[Section, ...]:
    """What stands before the first 条, then one section each; a text without 条 stays whole."""
    numbered = provisions(body)
    if not numbered:
        return (Section(anchor="whole", heading="", text=body),)
    number = r"\s?".join(map(re.escape, numbered[0].number))
    first = re.search(rf"^[^\S\n]*{number}", body, re.MULTILINE)
    preface = body[: first.start()].strip() if first else ""
    found = [Section(anchor="preface", heading="", text=preface)] if preface else []
    chapter = ""
    for one in numbered:
        fresh = one.chapter if one.chapter != chapter else ""
        chapter = one.chapter
        found.append(Section(anchor=one.number, heading=one.number, text=one.text, chapter=fresh))
    return tuple(found)


def _catalogue_sections(article: Article, entry: CatalogueEntry) -> tuple[Section, ...]:
    rows = (
        ("index", "索引号", entry.index_number),
        ("category", "信息分类", entry.category),
        ("disclosure", "公开方式", label(entry.disclosure)),
        ("form", "公开形式", entry.form),
        ("time_limit", "公开时限", entry.time_limit),
        ("body", "内容概述", article.body),
        ("link", "原文地址", entry.link),
    )
    return tuple(Section(anchor=name, heading=words, text=text) for name, words, text in rows if text)


def _guide_sections(guide: Guide) -> tuple[Section, ...]:
    found = []
    for aspect in _GUIDE_ORDER:
        value = getattr(guide, aspect.value)
        if not value:
            continue
        text, items = (value, ()) if isinstance(value, str) else ("", tuple(value))
        heading = "办什么事" if aspect is Aspect.MATTER else LABELS[aspect]
        phone = aspect is Aspect.PHONE
        found.append(Section(anchor=aspect.value, heading=heading, text=text, items=items, phone=phone))
    return tuple(found)


def excerpt(text: str, most: int = 90) -> str:
    """The beginning, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"
