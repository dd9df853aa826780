"""The editing form: an entry as fields of text, and the fields back as an entry. Nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from bot.web.knowledge_fields import FIELD_WORDS, GUIDE_FIELDS, MOST_LINE, MOST_TEXT
from knowledge_base.answering.aspects import Aspect
from knowledge_base.article import (
    UNDATED,
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Disclosure,
    Guide,
    IssuerLevel,
    names_an_article,
)

_Vocabulary = TypeVar("_Vocabulary", IssuerLevel, Disclosure)

_MOST_ID = 200
_NOTICE = f"guide.{Aspect.NOTICE}"
_RELATIONS = ("basis", "repeals", "amends")


def values_of(article: Article) -> dict[str, str]:
    """What stands in each input for an entry."""
    values = {
        "title": article.title,
        "body": article.body,
        "issuer": article.issuer,
        "document_number": article.document_number or "",
        "level": article.level.value,
        "region": article.region,
        "owner_unit_id": article.owner_unit_id,
        "topic": article.topic,
        "published_on": _iso(article.published_on),
        "effective_on": _iso(article.effective_on),
        "expires_on": _iso(article.expires_on),
        "shown_from": _iso(article.shown_from),
        **({"repealed_on": _iso(article.repealed_on)} if article.repealed_on else {}),
        "questions": "\n".join(article.questions),
        "laws": "\n".join(one for one in article.basis if not names_an_article(one)),
    }
    for aspect, _, _ in GUIDE_FIELDS if article.guide else ():
        value = getattr(article.guide, aspect.value)
        values[f"guide.{aspect}"] = value if isinstance(value, str) else "\n".join(value)
    if article.guide and article.body.strip() not in values[_NOTICE]:
        # A guide's form has no other place for a text its list had besides the notice.
        values[_NOTICE] = f"{values[_NOTICE]}\n{article.body}".strip()
    if article.catalogue is not None:
        entry = article.catalogue
        values |= {
            "index_number": entry.index_number,
            "category": entry.category,
            "disclosure": entry.disclosure.value,
            "form": entry.form,
            "time_limit": entry.time_limit,
            "link": entry.link,
        }
    return values


def related_of(article: Article) -> dict[str, str]:
    """Entries it points to: id → basis, repeals or amends."""
    related = {one: "basis" for one in article.basis if names_an_article(one)}
    return related | dict.fromkeys(article.amends, "amends") | dict.fromkeys(article.repeals, "repeals")


def read_related(form: Mapping[str, str]) -> dict[str, str]:
    """``related.0`` … are ids, ``relation.0`` … how each is meant; no relation takes it out."""
    found = {}
    for name, article_id in form.items():
        kind, _, n = name.partition(".")
        relation = form.get(f"relation.{n}", "") if kind == "related" else ""
        if relation in _RELATIONS and names_an_article(article_id) and len(article_id) <= _MOST_ID:
            found[article_id] = relation
    return found


def article_from(form: Mapping[str, str], base: Article) -> tuple[Article, list[str]]:
    """The entry as typed, upon what it was before, and what could not be read. The desk sets id and status.

    Half-written entries are fine: what is missing is asked for on submitting, not on saving.
    """
    typed = _Typed(form, values_of(base))
    problems = typed.problems
    related = read_related(form)
    published = _date(form, "published_on", "发布日期", problems) or UNDATED
    article = replace(
        base,
        title=typed.line("title"),
        body=typed.text("body" if base.kind is not ArticleKind.GUIDE else _NOTICE),
        issuer=typed.line("issuer"),
        document_number=typed.line("document_number") or None,
        level=_choice(IssuerLevel, form.get("level", ""), base.level),
        region=typed.line("region"),
        owner_unit_id=typed.line("owner_unit_id"),
        topic=typed.line("topic"),
        published_on=published,
        effective_on=_date(form, "effective_on", "施行日期", problems) or published,
        expires_on=_date(form, "expires_on", "有效期至", problems),
        shown_from=_date(form, "shown_from", "定时公开", problems),
        repealed_on=_date(form, "repealed_on", "废止日期", problems)
        if "repealed_on" in form
        else base.repealed_on,
        questions=tuple(dict.fromkeys(typed.lines("questions", base.questions))),
        basis=(
            *(one for one, how in related.items() if how == "basis"),
            *typed.lines("laws", tuple(one for one in base.basis if not names_an_article(one))),
        ),
        repeals=tuple(one for one, how in related.items() if how == "repeals"),
        amends=tuple(one for one, how in related.items() if how == "amends"),
        guide=_guide(typed, base) if base.kind is ArticleKind.GUIDE else None,
        catalogue=_catalogue(typed) if base.kind is ArticleKind.CATALOGUE else None,
    )
    if article.expires_on and article.expires_on < article.effective_on:
        problems.append("“有效期至”早于施行日期，请核对。")
    return article, problems


def blank(kind: ArticleKind, *, on: date, region: str, unit_id: str) -> Article:
    """A new entry of that kind, with what is most likely already filled in."""
    guide = Guide("", "", "", "", "", "", "", (), "", "", "") if kind is ArticleKind.GUIDE else None
    catalogue = CatalogueEntry(index_number="", category="") if kind is ArticleKind.CATALOGUE else None
    return Article(
        id="",
        kind=kind,
        title="",
        body="",
        issuer="",
        document_number=None,
        published_on=on if kind is ArticleKind.QUESTION else UNDATED,
        effective_on=on if kind is ArticleKind.QUESTION else UNDATED,
        expires_on=None,
        status=ArticleStatus.DRAFT,
        owner_unit_id=unit_id,
        region=region,
        guide=guide,
        catalogue=catalogue,
    )


def _guide(typed: _Typed, base: Article) -> Guide:
    texts = {
        aspect.value: typed.text(f"guide.{aspect}")
        for aspect, _, _ in GUIDE_FIELDS
        if aspect is not Aspect.MATERIALS
    }
    before = base.guide.materials if base.guide else ()
    return Guide(**texts, materials=typed.lines(f"guide.{Aspect.MATERIALS}", before))


def _catalogue(typed: _Typed) -> CatalogueEntry:
    return CatalogueEntry(
        index_number=typed.line("index_number"),
        category=typed.line("category"),
        disclosure=_choice(Disclosure, typed.form.get("disclosure", ""), Disclosure.PROACTIVE),
        form=typed.line("form"),
        time_limit=typed.line("time_limit"),
        link=typed.line("link"),
    )


def _choice(vocabulary: type[_Vocabulary], value: str, otherwise: _Vocabulary) -> _Vocabulary:
    return vocabulary(value) if value in {one.value for one in vocabulary} else otherwise


def _clean(text: str) -> str:
    """As typed, without what no store takes or no reader sees."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c for c in text if c == "\n" or c == "\t" or c.isprintable() or c == "\u3000")


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed beside what stood there before: a field left alone stays as it was, letter for letter, however
    long; a longer one than the form takes is kept too, and said. Nothing is ever cut."""

    form: Mapping[str, str]
    before: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        line = _one_line(self.form.get(name, ""))
        if line == _one_line(self.before.get(name, "")):
            return self.before.get(name, "")
        return self._fitting(name, line, MOST_LINE)

    def text(self, name: str) -> str:
        text = _clean(self.form.get(name, "")).strip()
        if text == _clean(self.before.get(name, "")).strip():
            return self.before.get(name, "")
        return self._fitting(name, text, MOST_TEXT)

    def lines(self, name: str, before: tuple[str, ...]) -> tuple[str, ...]:
        text = self.text(name)
        if text == self.before.get(name, ""):
            return before
        return tuple(line for raw in text.split("\n") if (line := " ".join(raw.split())))

    def _fitting(self, name: str, text: str, most: int) -> str:
        if len(text) > most:
            words = FIELD_WORDS.get(name, name)
            said = f"“{words}”有 {len(text)} 字，最多 {most} 字，没有保存。请拆成几条，或者删短一些。"
            if said not in self.problems:
                self.problems.append(said)
        return text


def _one_line(text: str) -> str:
    return " ".join(_clean(text).split())


def _date(form: Mapping[str, str], name: str, words: str, problems: list[str]) -> date | None:
    given = form.get(name, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        problems.append(f"{words}“{given[:20]}”看不懂，请写成 2026-03-01 这样。")
        return None


def _iso(day: date | None) -> str:
    return day.isoformat() if day and day != UNDATED else ""
