"""One row of a list as an entry, or why it cannot be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from knowledge_base.article import ArticleKind, Guide
from knowledge_base.importing.columns import GUIDE_FIELDS, LABELS
from knowledge_base.importing.dates import day_of
from knowledge_base.importing.document import ImportedDocument, Problem, Reference, Severity
from knowledge_base.importing.limits import MAX_TEXT
from knowledge_base.importing.numbers import normal_number
from knowledge_base.importing.relations import references_in
from knowledge_base.importing.validity import validity_of

_DAYS = ("written_on", "published_on", "effective_on", "expires_on")
_EPOCH = date(1899, 12, 30)
_FOREVER = re.compile(r"长期|永久|至今|无|/|-+|—+|暂无|不限")
_CATALOGUE = ("index_number", "category", "disclosure", "form", "time_limit", "link")


def entry_of(
    values: Mapping[str, str],
    kind: ArticleKind,
    *,
    source: str,
    row: int,
    headers: Mapping[str, str] | None = None,
) -> tuple[ImportedDocument | None, list[Problem]]:
    """The entry and what is wrong with its row; None when something it cannot do without is missing.

    ``headers`` are the columns' names in the file, for the messages.
    """
    called = {**LABELS, **(headers or {})}
    problems: list[Problem] = []

    def problem(why: str, what_to_do: str, severity: Severity = Severity.ERROR) -> None:
        problems.append(Problem(source, why, what_to_do, row, severity))

    days: dict[str, date | None] = dict.fromkeys(_DAYS)
    for name in _DAYS:
        if written := values.get(name):
            days[name] = _day(written)
            if days[name] is None and not (name == "expires_on" and _FOREVER.fullmatch(written.strip())):
                problem(f"“{called[name]}”一格不是日期：{written[:20]}", "请写成 2026-05-01 这样的日期")
    title, body = _title_and_body(values, kind)
    for name, content in _needed(kind, title, body, values, called):
        if not content:
            problem(f"“{name}”一格是空的", "请补上再导入")
    for name, content in values.items():
        if len(content) > MAX_TEXT:
            problem(f"“{called.get(name, name)}”一格超过 {MAX_TEXT // 10_000} 万字", "请拆成几条再导入")
    if any(each.severity is Severity.ERROR for each in problems):
        return None, problems
    return _document(values, kind, days, source=f"{source}!{row}"), problems


def _document(
    values: Mapping[str, str], kind: ArticleKind, days: Mapping[str, date | None], *, source: str
) -> ImportedDocument:
    title, body = _title_and_body(values, kind)
    number = values.get("document_number")
    said = (
        validity_of(body, published_on=days["published_on"], title=title)
        if kind is ArticleKind.POLICY
        else None
    )
    return ImportedDocument(
        source=source,
        kind=kind,
        title=title,
        body=body,
        issuer=values.get("issuer", ""),
        document_number=normal_number(number) if number else None,
        written_on=days["written_on"],
        published_on=days["published_on"] or days["written_on"],
        effective_on=days["effective_on"] or (said.effective_on if said else None),
        expires_on=days["expires_on"] or (said.expires_on if said else None),
        basis=_basis(values),
        questions=_questions(values, kind, title),
        guide=_guide(values) if kind is ArticleKind.GUIDE else None,
        topic=values.get("topic", ""),
        unit=values.get("unit", ""),
        region=values.get("region", ""),
        catalogue={name: values[name] for name in _CATALOGUE if values.get(name)},
    )


def listed(text: str) -> tuple[str, ...]:
    """The items of a cell: one a line, or numbered, or parted by semicolons."""
    parts = [part for line in text.splitlines() for part in re.split(r"[；;]", line)]
    if len(parts) == 1:
        parts = re.split(r"(?:(?<=[^\d.．])|^)(?=\d{1,2}[.．、](?!\d))", parts[0])
    bare = (
        re.sub(r"^\s*(?:[(（]?\d{1,2}[)）.．、]|[①-⑳]|[•·●-])\s*", "", part).strip(" 。") for part in parts
    )
    return tuple(part for part in bare if part)


def _title_and_body(values: Mapping[str, str], kind: ArticleKind) -> tuple[str, str]:
    if kind is ArticleKind.QUESTION:
        return values.get("question", "").replace("\n", ""), values.get("answer", "")
    title = (values.get("title") or values.get("name") or values.get("category") or "").replace("\n", "")
    if kind is ArticleKind.GUIDE:
        return title or values.get("matter", "")[:60], values.get("body") or values.get("one_time_notice", "")
    if kind is ArticleKind.CATALOGUE:
        parts = (f"{LABELS[name]}：{values[name]}" for name in _CATALOGUE if values.get(name))
        return title, values.get("body") or "\n".join(parts)
    return title, values.get("body", "")


def _needed(
    kind: ArticleKind, title: str, body: str, values: Mapping[str, str], called: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    if kind is ArticleKind.QUESTION:
        return (called["question"], title), (called["answer"], body)
    if kind is ArticleKind.GUIDE:
        said = "".join(values.get(name, "") for name in GUIDE_FIELDS)
        return (called["name"], title), ("办事指南的内容", said)
    if kind is ArticleKind.CATALOGUE:
        return ((called["title"], title),)
    return (called["title"], title), (called["body"], body)


def _guide(values: Mapping[str, str]) -> Guide:
    said = {name: values.get(name, "") for name in GUIDE_FIELDS if name != "materials"}
    said["matter"] = said["matter"] or values.get("name") or values.get("title", "")
    return Guide(materials=listed(values.get("materials", "")), **said)


def _questions(values: Mapping[str, str], kind: ArticleKind, title: str) -> tuple[str, ...]:
    """Ways of asking: the question itself for a 问答, and whatever the row lists besides."""
    asked = [title] if kind is ArticleKind.QUESTION else []
    parts = re.split(r"[\n；;|]|(?<=[？?])", values.get("variants", ""))
    return tuple(dict.fromkeys(filter(None, (*asked, *(part.strip() for part in parts)))))


def _basis(values: Mapping[str, str]) -> tuple[Reference, ...]:
    """What the 依据 cell names: 《…》 where it quotes titles, else each line as it stands."""
    written = values.get("basis") or values.get("legal_basis") or ""
    if quoted := references_in(written):
        return quoted
    return (
        tuple(Reference(part) for part in listed(written) if 3 < len(part) < 100)
        if values.get("basis")
        else ()
    )


def _day(text: str) -> date | None:
    """A written day, or the serial number a spreadsheet shows for a cell that lost its format."""
    if re.fullmatch(r"\d{5}", text) and 20_000 < int(text) < 80_000:
        return _EPOCH + timedelta(days=int(text))
    return day_of(text)
