"""From the bare text of one file to an entry: its title, number, issuer, days, relations and body."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import PurePosixPath

from knowledge_base.article import ArticleKind
from knowledge_base.importing.dates import day_of
from knowledge_base.importing.document import ImportedDocument, Problem, Raw, Reading, Severity
from knowledge_base.importing.fields import fields_in
from knowledge_base.importing.limits import MAX_TEXT
from knowledge_base.importing.lines import cleaned, hanzi, is_scrambled
from knowledge_base.importing.numbers import normal_number, number_on_annexes, numbers_in, own_number
from knowledge_base.importing.relations import relations_of
from knowledge_base.importing.signatures import signature_in, without_signature
from knowledge_base.importing.titles import Head, head_of, issuer_in, published_under_title
from knowledge_base.importing.validity import validity_of

_LEAST = 20


def document_of(raw: Raw, source: str) -> Reading:
    """One policy document; a text too short, too long or wrongly decoded is refused with what to do."""
    lines = cleaned(raw.lines)
    text = "\n".join(lines)
    remarks = tuple(Problem(source, why, do, severity=Severity.CHECK) for why, do in raw.checks)
    if refused := _refused(text, source):
        return Reading(problems=(*remarks, refused))
    fields = {**fields_in(lines[:40]), **raw.fields}
    head = head_of(lines, known_title=fields.get("title") or raw.title)
    body = lines[head.body_from :] or lines
    title = head.title or _name_of(source)
    signature = signature_in(body)
    adopted, public = published_under_title(head)
    written = _field_day(fields, "written_on") or signature.written_on or _head_day(head) or adopted
    published = (
        public or _published(fields) or written or _field_day(fields, "published_on") or signature.printed_on
    )
    validity = validity_of(text, published_on=published, title=title)
    issuer = fields.get("issuer") or issuer_in(head, lines, signature)
    relations = relations_of("\n".join(body), title=title)
    document = ImportedDocument(
        source=source,
        kind=ArticleKind.POLICY,
        title=title,
        body="\n".join(without_signature(body)),
        issuer=issuer,
        document_number=_with_whole_name(_number(fields, head, lines, raw.title), issuer),
        written_on=written,
        published_on=published,
        effective_on=_field_day(fields, "effective_on") or validity.effective_on,
        expires_on=_field_day(fields, "expires_on") or validity.expires_on,
        repealed_on=_field_day(fields, "repealed_on"),
        repeals=relations.repeals,
        amends=relations.amends,
        basis=relations.basis,
        topic=fields.get("topic", ""),
        catalogue={"index_number": fields["index_number"]} if "index_number" in fields else {},
    )
    return Reading((document,), (*remarks, *_checks(document, head, fields, validity.open_end)))


def _refused(text: str, source: str) -> Problem | None:
    if not text.strip():
        return Problem(source, "里面没有文字", "如果是扫描件，请先做文字识别（OCR），或改传 Word 版")
    if is_scrambled(text):
        return Problem(
            source, "读出来是乱码", "请用 Word 或记事本打开确认，另存为 docx 或 UTF-8 文本后再导入"
        )
    if hanzi(text) < _LEAST:
        return Problem(source, "里面几乎没有中文文字", "请确认是否传错了文件；扫描件请先做文字识别（OCR）")
    if len(text) > MAX_TEXT:
        return Problem(source, f"文字超过 {MAX_TEXT // 10_000} 万字", "请拆成几份再导入")
    return None


def _number(fields: dict[str, str], head: Head, lines: Sequence[str], heading: str) -> str | None:
    if (written := fields.get("document_number")) and (found := numbers_in(written)):
        return found[0].number if found[0].start == 0 else normal_number(written)
    above = head.lines or lines[:6]
    return own_number((heading, head.title, *above)) or number_on_annexes(lines)


def _with_whole_name(number: str | None, issuer: str) -> str | None:
    """「财政部」 on one line and 「税务总局公告2020年第8号」 on the next: the number bears both names."""
    whole = issuer.replace("、", "")
    match = re.match(r"^(.*?)((?:公告|通告|令)(?:\d{4}年)?第.+号)$", number or "")
    return whole + match[2] if match and whole.endswith(match[1]) else number


def _published(fields: dict[str, str]) -> date | None:
    """The 发布日期 of a head table that names the 成文日期 beside it; alone, or years later, it is when a page went up."""
    written, published = _field_day(fields, "written_on"), _field_day(fields, "published_on")
    return published if written and published and abs((published - written).days) <= 180 else None


def _field_day(fields: dict[str, str], name: str) -> date | None:
    return day_of(fields[name]) if name in fields else None


def _head_day(head: Head) -> date | None:
    """A day on a line of its own above the body, brackets or not."""
    days = [
        day
        for line in head.lines
        if (day := day_of(line.strip("（）() "))) and not re.search(r"通过|公布|施行", line)
    ]
    return days[0] if days else None


def _name_of(source: str) -> str:
    return PurePosixPath(source).stem


def _checks(document: ImportedDocument, head: Head, fields: dict[str, str], open_end: str) -> list[Problem]:
    """What an editor should look at before sending it on to review."""
    found = []

    def check(why: str, what_to_do: str) -> None:
        found.append(Problem(document.source, why, what_to_do, severity=Severity.CHECK))

    if not head.title:
        check("没有找到标题，暂用文件名", "请填写标题")
    if document.published_on is None:
        check("文中没有成文或发布日期", "请填写发布日期")
    elif document.written_on is None and "published_on" in fields and "written_on" not in fields:
        check("文中没有日期，暂用网页的发布时间", "请核对发布日期")
    if not document.issuer:
        check("没有找到发文机关", "请填写发文机关")
    if open_end:
        check(f"有效期写的是“至{open_end.removeprefix('至')}”，不是日期", "请在该日到来时及时停用")
    if re.search(r"失效|废止|无效", fields.get("state", "")) and fields.get("state") != "有效":
        check(f"文件自己标明“{fields['state']}”", "请确认是否还要导入")
    if document.effective_on and document.expires_on and document.expires_on < document.effective_on:
        check("失效日期早于施行日期", "请核对两个日期")
    return found
