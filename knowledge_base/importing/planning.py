"""From what files say to the articles an import would make, and what an editor sees before agreeing to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from knowledge_base.article import (
    NATIONWIDE,
    UNDATED,
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Disclosure,
    IssuerLevel,
)
from knowledge_base.editing.reimport import id_of, identity
from knowledge_base.importing.document import ImportedDocument, Problem, Reading, Reference, Severity
from knowledge_base.importing.issuers import level_of, place_of
from knowledge_base.importing.matching import Change, Library
from knowledge_base.importing.plan import ImportPlan, PlannedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What files do not say. ``units`` and ``regions`` look up names: 清和县民政局 → its id, 清和县 → 云川市/清和县.

    ``source`` names the collection: the same 文号 or title from the same collection is the same entry again. ``today``
    dates answers, guides and catalogue entries whose list has no dates; a policy's day is never made up. ``shared`` are
    the names several places bear, with their paths.
    """

    owner_unit_id: str = ""
    region: str = ""
    issuer: str = ""
    source: str = "文件导入"
    today: date | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def plan_import(
    readings: Iterable[Reading], *, known: Iterable[Article] = (), defaults: Defaults
) -> ImportPlan:
    """Pure: the same files and the same library give the same plan.

    ``known`` are the entries that exist and could be meant (by identity, 文号 or title); relations are looked up among
    them and among the files themselves. A relation to a document nobody has is kept in the remarks, not in the entry.
    """
    documents: list[ImportedDocument] = []
    problems: list[Problem] = []
    for reading in readings:
        documents.extend(reading.documents)
        problems.extend(reading.problems)
    existing = tuple(known)
    library = Library(existing)
    said_of = _by_source(problems)
    drafted = [_article(document, defaults, library) for document in documents]
    for article in drafted:
        library.add(article)
    entries: list[PlannedEntry] = []
    taken: dict[str, str] = {}
    for document, article in zip(documents, drafted, strict=True):
        full, checks = _related(article, document, library, defaults)
        mine = said_of.get(document.source, ())
        key = article.id or id_of(article)
        if wrong := _unknown_region(document, defaults):
            entries.append(PlannedEntry(full, document.source, Change.REFUSED, (), (wrong,)))
            continue
        if key in taken:
            again = Problem(document.source, f"与 {taken[key]} 是同一份，没有重复导入", "请核对文号和标题")
            entries.append(PlannedEntry(full, document.source, Change.REFUSED, (), (again,)))
            continue
        taken[key] = document.source
        change, fields = library.change(full)
        entries.append(PlannedEntry(full, document.source, change, fields, (*mine, *checks)))
    about = {id(each) for document in documents for each in said_of.get(document.source, ())}
    return ImportPlan(tuple(entries), tuple(each for each in problems if id(each) not in about))


def names_to_look_up(readings: Iterable[Reading], *, defaults: Defaults) -> tuple[set[str], set[str]]:
    """The identities and the 文号 or titles ``plan_import`` wants ``known`` entries of."""
    identities: set[str] = set()
    names: set[str] = set()
    library = Library(())
    for reading in readings:
        for document in reading.documents:
            article = _article(document, defaults, library)
            identities.add(identity(article))
            if article.kind is ArticleKind.POLICY:
                names |= {article.document_number or "", article.title}
            for reference in (*document.repeals, *document.amends, *document.basis):
                names |= {reference.number, reference.title}
    return identities, {name for name in names if name}


def _article(document: ImportedDocument, defaults: Defaults, library: Library) -> Article:
    issuer = document.issuer or defaults.issuer or document.unit
    level = level_of(issuer) or IssuerLevel.COUNTY
    published = document.published_on or document.written_on
    article = Article(
        id="",
        kind=document.kind,
        title=document.title,
        body=document.body,
        issuer=issuer,
        document_number=document.document_number,
        published_on=published or UNDATED,
        effective_on=document.effective_on or published or UNDATED,
        expires_on=document.expires_on,
        status=ArticleStatus.DRAFT,
        owner_unit_id=_unit(document, defaults) or defaults.owner_unit_id,
        region=_region(document, issuer, level, defaults),
        questions=document.questions,
        guide=document.guide,
        topic=document.topic,
        repealed_on=document.repealed_on,
        level=level,
        source=defaults.source,
        catalogue=_catalogue(document),
    )
    again = library.again(article)
    if published is None and article.kind is not ArticleKind.POLICY and defaults.today:
        article = _dated(article, again.published_on if again else defaults.today)
    return replace(article, id=again.id) if again else article


def _dated(article: Article, day: date) -> Article:
    begins = article.effective_on if article.effective_on != UNDATED else day
    return replace(article, published_on=day, effective_on=begins)


def _related(
    article: Article, document: ImportedDocument, library: Library, defaults: Defaults
) -> tuple[Article, list[Problem]]:
    """The article with its relations as ids, and a remark for every one that was not found."""
    checks: list[Problem] = []
    found: dict[str, list[str]] = {"repeals": [], "amends": []}
    for name, references, verb in (
        ("repeals", document.repeals, "废止"),
        ("amends", document.amends, "修改"),
    ):
        for reference in references:
            other = library.find(reference)
            key = (other.id or id_of(other)) if other else ""
            if other is None:
                said = f"文中说{verb}{_quoted(reference)}，库里没有这份文件"
                checks.append(
                    Problem(document.source, said, "如以后录入，请补上关系", severity=Severity.CHECK)
                )
            elif key != (article.id or id_of(article)):
                found[name].append(key)
    basis = [_basis(reference, document, library, article) for reference in document.basis]
    if defaults.units and not _unit(document, defaults):
        named = document.unit or article.issuer
        said = f"单位表里没有“{named}”" if named else "没有写明负责单位"
        todo = "已暂归默认的负责单位，请核对" if article.owner_unit_id else "请指定负责单位"
        checks.append(Problem(document.source, said, todo, severity=Severity.CHECK))
    if defaults.regions and article.region not in {*defaults.regions.values(), NATIONWIDE, ""}:
        said = f"适用区域“{article.region}”不在地名表里"
        checks.append(Problem(document.source, said, "提交审核前请改", severity=Severity.CHECK))
    return (
        replace(
            article,
            repeals=tuple(dict.fromkeys(found["repeals"])),
            amends=tuple(dict.fromkeys(found["amends"])),
            basis=tuple(dict.fromkeys(basis)),
        ),
        checks,
    )


def _basis(reference: Reference, document: ImportedDocument, library: Library, article: Article) -> str:
    """An answer or guide rests on the policy it names, when the library has it; a policy names its basis in words:
    it holds until it is itself repealed, whatever becomes of what it was made under."""
    if document.kind is not ArticleKind.POLICY:
        other = library.find(reference)
        if other and other.id and other.id != article.id:
            return other.id
    return _quoted(reference)


def _quoted(reference: Reference) -> str:
    if "《" in reference.title or not re.match(r"[\u4e00-\u9fff]", reference.title):
        return reference.title
    return f"《{reference.title}》" + (f"（{reference.number}）" if reference.number else "")


def _unit(document: ImportedDocument, defaults: Defaults) -> str:
    for name in (document.unit, document.issuer):
        for part in re.split(r"[、，,\s]+", name):
            if part and (found := defaults.units.get(part)):
                return found
    return ""


def _region(document: ImportedDocument, issuer: str, level: IssuerLevel, defaults: Defaults) -> str:
    """What the row says; the nation for national issuers; the issuer's own place; else the default."""
    if document.region:
        return defaults.regions.get(document.region, document.region)
    if level_of(issuer) is IssuerLevel.NATIONAL and document.kind is ArticleKind.POLICY:
        return NATIONWIDE
    place = place_of(issuer)
    if place and place in defaults.regions:
        return defaults.regions[place]
    if defaults.region:
        return defaults.region
    return place


def _unknown_region(document: ImportedDocument, defaults: Defaults) -> Problem | None:
    """What is wrong with a region that a row names: nobody would ever be answered from it, or people of two places."""
    named = document.region
    if not named or named == NATIONWIDE or not defaults.regions or named in defaults.regions:
        return None
    if paths := defaults.shared.get(named):
        said = f"叫“{named}”的地方有{len(paths)}个：{'，'.join(paths[:4])}"
        return Problem(document.source, said, "请写全是哪一个，再导入")
    return Problem(document.source, f"适用区域“{named}”不在地名表里", "请照地名表改，再导入")


def _catalogue(document: ImportedDocument) -> CatalogueEntry | None:
    if document.kind is not ArticleKind.CATALOGUE:
        return None
    said = document.catalogue
    on_request = "依申请" in said.get("disclosure", "")
    return CatalogueEntry(
        index_number=said.get("index_number", ""),
        category=said.get("category", "") or document.topic,
        disclosure=Disclosure.ON_REQUEST if on_request else Disclosure.PROACTIVE,
        form=said.get("form", ""),
        time_limit=said.get("time_limit", ""),
        link=said.get("link", ""),
    )


def _by_source(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Problems by the document they may be about: their file, or the row of it; a list has thousands of both."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.file, []).append(problem)
        if problem.row:
            found.setdefault(f"{problem.file}!{problem.row}", []).append(problem)
    return found
