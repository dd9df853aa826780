"""Names of offices, and who signed: the closing lines of a letter and the name a title begins with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.importing.dates import WRITTEN_DAY, day_of
from knowledge_base.importing.numerals import folded

_ORG_END = (
    "人民政府|政府|办公室|办公厅|委员会|委|管委会|局|厅|部|法院|检察院|中心|银行|管理处|指挥部|领导小组|党组|协会|学会|支队|大队|总队|公司|集团|联合会|总工会|工作组|署|办|社|总局|院|大学|学校"
    "|办事处|管理所|服务站|机制|海关|税务局|处|所|站|会|组|队|国务院"
)
_ORGANISATION = re.compile(
    rf"^(?:中共|中国|中华人民共和国)?[\u4e00-\u9fff（）()·“”\"、]{{1,40}}(?:{_ORG_END})(?:[（(][^）)]{{1,15}}[）)])?$"
)
_DATE_LINE = re.compile(
    rf"^[（(]?\s*(?:发布时间|发布日期|日期|时间)?\s*[:：]?\s*({WRITTEN_DAY})\s*(?:印\s*发|发布|公布)?\s*[)）]?$"
)
_DATE_TAIL = re.compile(rf"({WRITTEN_DAY})\s*$")
_CLOSING = re.compile(
    r"^(?:[（(].{0,4}(?:此件|公开|联系人).{0,80}[)）]|抄\s*送[:：]|主题词[:：]|特此(?:通知|公告|通告)。?$)"
)
_PRINTED = re.compile(rf"({WRITTEN_DAY})\s*(?:印\s*发|印)$")


@dataclass(frozen=True, slots=True)
class Signature:
    """The last lines of a letter: who signed, and when; ``printed_on`` is the day it was 印发."""

    issuer: str = ""
    written_on: date | None = None
    printed_on: date | None = None


def signature_in(lines: Sequence[str]) -> Signature:
    """The first 「issuer, date」 that closes a text; a date alone on one of the last lines otherwise."""
    printed = next((day_of(m[1]) for line in reversed(lines) if (m := _PRINTED.search(folded(line)))), None)
    alone: date | None = None
    for at, line in enumerate(lines):
        flat = folded(line)
        if _PRINTED.search(flat):
            continue
        if match := _DATE_LINE.match(flat):
            if issuer := _signers_above(lines, at):
                return Signature(issuer, day_of(match[1]), printed)
            alone = day_of(match[1])
        elif match := _DATE_TAIL.search(flat):
            signer = line[: match.start()].strip()
            if signer and (issuer := signers(signer) or _last_words(signer)):
                return Signature(issuer, day_of(match[1]), printed)
    return Signature("", alone, printed)


def without_signature(lines: Sequence[str]) -> Sequence[str]:
    """A body without the lines that close a letter: who signed, the day, 抄送 and 印发. They are fields of their own."""
    end, dated = len(lines), False
    while end > 1:
        line = lines[end - 1]
        day = is_date_line(line) or bool(_PRINTED.search(folded(line)))
        if not (day or _CLOSING.match(line) or (len(line) <= 80 and _signers_or_half(line))):
            break
        dated = dated or day
        end -= 1
    return lines[:end] if dated else lines


def _signers_or_half(line: str) -> bool:
    return bool(signers(re.sub(r"[（(]\s*(?:盖章|印章|代章|公章)\s*[)）]", "", line)))


def is_organisation(text: str) -> bool:
    return bool(_ORGANISATION.match(text.strip()))


def is_date_line(line: str) -> bool:
    return bool(_DATE_LINE.match(folded(line)))


def organisation_before(title: str) -> str:
    """The issuer a title begins with: 「清和县人民政府办公室关于…」."""
    match = re.match(r"^(.{2,160}?)\s*(?:关于|印发|转发|公布|发布)", title)
    if not match or "《" in match[1] or match[1].startswith("转发"):
        return ""
    return signers(match[1])


def signers(text: str) -> str:
    """Names of organisations parted by spaces, joined as Chinese lists are; "" when a part is none."""
    parts = [part for part in re.split(r"[\s|]+", text.strip()) if part]
    if not parts:
        return ""
    if len(parts) > 1 and all(len(part) == 1 for part in parts):
        parts = ["".join(parts)]
    return "、".join(dict.fromkeys(parts)) if all(is_organisation(part) for part in parts) else ""


def _last_words(text: str) -> str:
    """The organisations a closing line ends with, behind a sentence: 「特此通知。 清和县民政局」."""
    tail = re.split(r"[。；！？]", text)[-1].strip()
    return signers(tail) if len(tail) < 80 else ""


def _signers_above(lines: Sequence[str], at: int) -> str:
    found: list[str] = []
    for line in reversed(lines[max(0, at - 12) : at]):
        name = (
            signers(re.sub(r"[（(]\s*(?:盖章|印章|代章|公章)\s*[)）]", "", line)) if len(line) <= 80 else ""
        )
        if not name:
            name = _last_words(line) if not found else ""
            if name:
                found.insert(0, name)
            if (
                found
                and signers(line + found[0])
                and not re.search(r"[。；：，,:;]", line)
                and len(line) < 30
            ):
                found[0] = line + found[0]  # a long name broken over two lines
            break
        found.insert(0, name)
    return "、".join(dict.fromkeys(found))
