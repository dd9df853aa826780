"""The head of an official document: its title, the red head above it, and where the body begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.importing.dates import WRITTEN_DAY, days_in
from knowledge_base.importing.fields import FIELD
from knowledge_base.importing.lines import joined
from knowledge_base.importing.numbers import is_number_line, numbers_in
from knowledge_base.importing.numerals import folded, without_spaces
from knowledge_base.importing.signatures import (
    Signature,
    is_date_line,
    is_organisation,
    organisation_before,
    signers,
)

_NOT_TITLE = re.compile(
    r"^(?:签\s*发\s*人|特\s*急|急\s*件|加\s*急|机\s*密|秘\s*密|内部|公开|主动公开|依申请公开|不予公开|索引号|附件\d*[:：]?$|当前位置|首页|您现在的位置|来源|字号|字体|打印|分享|浏览"
    r"|[\W_]+$|第\s*\d+\s*号$|[（(].*[)）]$|发布时间|发布日期|【|政府信息公开|目\s*录$|附件\s*\d*$)"
)
_SECTIONS = {
    "通知公告",
    "政策文件",
    "政府信息公开",
    "政务公开",
    "信息公开",
    "政策法规",
    "政策解读",
    "公示公告",
    "规范性文件",
    "文件下载",
}
_RED_HEAD = re.compile(r"^.{2,40}(?:文件|令|公告|通告|决定|公报)$")
_KINDS = (
    "通知|办法|规定|条例|细则|规则|规程|规范|意见|决定|决议|命令|公报|公告|通告|通报|报告|请示|批复|议案|函|纪要|方案|措施|计划|规划|指南|指引|标准|目录|清单|章程|解释"
    "|法|政策|说明|要点|制度|预案|导则|倡议书|须知|问答|解读|公开信|一封信|答复|提示|安排|程序|守则|准则|条件|要求|流程|手册|名单|修正案|补充规定|批复|示|告"
)
_WEAK_END = re.compile(
    r"(?:政策|措施|条件|要求|标准|目录|清单|说明|方案|计划|规划|规范|安排|工作|程序|流程|法|函|示|告|》)$"
)
_STRONG_END = re.compile(r"(?:通知|意见|公告|通告|决定|批复|通报|办法|规定|细则|解释|条例|的函)$")
_ENDS_AS_TITLE = re.compile(rf"(?:{_KINDS})\s*(?:[（(][^（）()]{{1,20}}[)）]\s*)?[》〉]?$")
_ADDRESSEE = re.compile(r"^[^。；]{2,400}[:：]$")
_SENTENCE = re.compile(r"[。；！？]|^第[一二三四五六七八九十\d]+[条章]|^[一二三四五六七八九十]+[、.．]")
_BODY_LINE = re.compile(r"[。；]|^第[一二三四五六七八九十\d]+[条章]|^[一二三四五六七八九十]+、")
_BODY_OPENING = re.compile(
    r"^(?:为|根据|按照|依据|经(?:研究|[市县省区]|国务院|审议|批准)|现将|现就|近期|近日|鉴于|自|各[^，]{1,30}[:：])"
)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the body, and at which line the body begins."""

    title: str
    lines: tuple[str, ...]
    body_from: int
    red_head: str = ""


def head_of(lines: Sequence[str], *, known_title: str = "") -> Head:
    """Where the title is: the first line that can be one, with the lines it runs on over.

    ``known_title`` is what the format says (a page's heading, Word's title style): it decides unless it names only an
    office, and the text's own heading may say more of it.
    """
    known = _without_number(known_title)
    known = "" if signers(known) or is_number_line(known) else known
    red_head = ""
    at = 0
    for at, line in enumerate(lines[:30]):
        if known and _says_the_same(line, known):
            title, end = _run_on(lines, at)
            longer = without_spaces(title).startswith(without_spaces(known))
            return _with_head(lines, at, end, title if longer else known, red_head)
        if _ADDRESSEE.match(line) or _BODY_LINE.search(line) or len(line) > 120:
            break
        if _NOT_TITLE.match(line) or is_number_line(line) or FIELD.search(line) or is_date_line(line):
            continue
        if at < 6 and _is_red_head(line, lines[at + 1 : at + 4]):
            red_head = red_head or _issuer_of_red_head(line)
            continue
        if known:
            continue
        title, end = _run_on(lines, at)
        if not signers(title) and without_spaces(title) not in _SECTIONS:
            return _with_head(lines, at, end, title, red_head)
    if known:
        return _with_head(lines, at, at, known, red_head)
    notice = next(
        (line for line in lines[:at] if len(line) > 12 and re.search(r"[告令].{0,3}第.{1,5}号", line)), ""
    )
    return Head(notice, tuple(lines[:at]), at if notice else 0, red_head)


def issuer_in(head: Head, lines: Sequence[str], signature: Signature) -> str:
    """Who issued it: the signature (its name is full), the name before 关于, the red head, an order's."""
    named = organisation_before(head.title)
    signed = signature.issuer
    if named and signed and not (signed.endswith(named) or named in signed):
        return named if len(named) >= len(signed) or "关于" in head.title else signed
    if signed or named:
        return signed or named
    if head.red_head:
        return head.red_head
    for line in head.lines:
        for piece in (line, re.sub(rf"[（(]?\s*{WRITTEN_DAY}\s*[)）]?", "", folded(line)).strip(" ()（）")):
            if is_organisation(piece) and len(piece) < 30 and piece != head.title:
                return piece
    return ""


def published_under_title(head: Head) -> tuple[date | None, date | None]:
    """The days in the bracket under a title: adopted (通过) and made public (公布); ``None`` where not said."""
    adopted: date | None = None
    published: date | None = None
    for line in head.lines:
        flat = folded(line)
        if not flat.startswith("("):
            continue
        days = days_in(flat)
        for at, found in enumerate(days):
            rest = flat[found.end : days[at + 1].start if at + 1 < len(days) else len(flat)]
            if re.search(r"通过|批准|审议", rest):
                adopted = adopted or found.day
            if re.search(r"公布|发布|印发|颁布", rest):
                published = found.day
    return adopted, published


def _says_the_same(line: str, title: str) -> bool:
    one, other = without_spaces(line), without_spaces(title)
    return one == other or (len(one) > 6 and one in other) or (len(other) > 6 and other in one)


def _run_on(lines: Sequence[str], at: int) -> tuple[str, int]:
    """The title from line ``at`` with the lines it is broken over, and the line after it.

    Letters of several offices name each on a line of its own before 「关于…」.
    """
    title, end = lines[at], at + 1
    while end < min(len(lines), at + 14) and len(title) < 200:
        line = lines[end]
        if _cannot_be_title(line, title):
            break
        if is_organisation(title.split(" ")[-1]) and "关于" not in title:
            if not (is_organisation(line) or "关于" in line or "印发" in line):
                break
            named = without_spaces(line).startswith(
                without_spaces(title)
            )  # the page's heading, then the letter's own
            apart = (
                "" if line.startswith(("办公室", "办公厅", "委员会")) else " "
            )  # one name broken over two lines
            title, end = line if named else f"{title}{apart}{line}", end + 1
            continue
        if _is_whole(title) and not _is_rest(line, title):
            break
        if end - at >= 5:
            break
        title, end = joined(title, line), end + 1
    return _without_number(title), end


def _cannot_be_title(line: str, title: str) -> bool:
    """Whether a line cannot carry on the title before it."""
    numbered = is_number_line(line) and ("〔" in line or _is_whole(title) or len(line) < 12)
    in_brackets = line.startswith(("（", "(")) and title.count("《") == title.count("》")
    return bool(
        numbered
        or in_brackets
        or _ADDRESSEE.match(line)
        or _SENTENCE.search(line)
        or _BODY_OPENING.match(line)
        or len(line) > 80
        or (len(line) > 40 and "，" in line)
        or is_date_line(line)
        or line.startswith("附件")
        or FIELD.search(line)
    )


def _is_rest(line: str, title: str) -> bool:
    """「降低企业用电成本的通知」: the end of a title whose first line could have been one."""
    if line.startswith("的"):
        return True
    return bool(
        _WEAK_END.search(title)
        and len(line) < 40
        and _STRONG_END.search(line)
        and "关于" not in line
        and "《" not in line
    )


def _is_whole(title: str) -> bool:
    opened = title.count("《") - title.count("》")
    return opened == 0 and bool(_ENDS_AS_TITLE.search(title))


def _without_number(title: str) -> str:
    """A title without the 文号 typed before or behind it on the same line."""
    for found in numbers_in(title):
        ahead = title[: found.start].rstrip(" （(")
        behind = title[found.end :].lstrip(" -—－_:：)）")
        if len(ahead) > 8 and not ahead.endswith("》") and "》" not in behind:
            return ahead.strip()
        if not ahead and len(behind) > 8:
            return behind.strip()
    return title.strip()


def _with_head(lines: Sequence[str], start: int, end: int, title: str, red_head: str) -> Head:
    """The head ends where sentences begin: numbers, dates, brackets and issuers below the title are still head, and so is
    everything above a 文号 that comes before the addressee (a page's heading is followed by the letter's own)."""
    body = end
    while body < min(len(lines), end + 6) and _is_head_line(lines[body]):
        body += 1
    for at in range(body, min(len(lines), end + 12)):
        line = lines[at]
        if is_number_line(line):
            body = at + 1
            while body < min(len(lines), at + 5) and _is_head_line(lines[body]):
                body += 1
            break
        if _ADDRESSEE.match(line) or _SENTENCE.search(line) or len(line) > 80:
            break
    return Head(title, tuple(lines[:body]), _after_repeated(lines, body, title), red_head)


def _is_head_line(line: str) -> bool:
    flat = folded(line)
    return bool(
        is_number_line(line)
        or is_date_line(line)
        or (flat.startswith("(") and flat.endswith(")") and len(flat) < 200)
        or (is_organisation(line) and len(line) < 40)
        or FIELD.search(line)
        or re.match(r"^(?:来源|发布|作者|浏览|字号|字体|时间|日期)[:：]", line)
    )


def _after_repeated(lines: Sequence[str], at: int, title: str) -> int:
    """Past lines that only say the title again."""
    whole = without_spaces(title)
    while at < len(lines) and len(lines[at]) > 6 and without_spaces(lines[at]) in whole:
        at += 1
    return at


def _is_red_head(line: str, below: Sequence[str]) -> bool:
    """「清和县人民政府文件」, or 「清和县人民政府令」 with its number below it."""
    bare = without_spaces(line)
    if not _RED_HEAD.match(bare) or "关于" in bare:
        return False
    if bare.endswith("文件"):
        return True
    return any(is_number_line(each) or re.match(r"^[（(]?第\s*\S{1,6}\s*号", each) for each in below[:2])


def _issuer_of_red_head(line: str) -> str:
    name = re.sub(r"(?:文件|令|公告|通告|决定|公报)$", "", without_spaces(line))
    return name.removeprefix("中华人民共和国") if name.startswith("中华人民共和国国务院") else name
