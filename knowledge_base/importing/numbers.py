"""文号: the number a document bears, in the many ways it is typed, and told from the numbers it cites.

The rule is GB/T 9704: 发文机关代字〔年份〕发文顺序号号, brackets hexagonal; orders are 第N号令 and notices of ministries
公告 2024年第N号. What people type has square, round and lenticular brackets, full-width digits and spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.importing.numerals import folded, without_spaces

_YEAR = r"(?:19|20)\s*\d\s*\d"
_CODE = r"[\u4e00-\u9fff](?:[\u4e00-\u9fffA-Za-z·]|\s(?=[\u4e00-\u9fff〔\[(])){0,40}"
_SEQUENCE = r"(?:第\s*)?\d{1,5}(?:\s*[-－]\s*\d{1,3})?\s*号"
_BRACKETED = re.compile(rf"({_CODE})?\s*[〔\[(〈﹙]\s*({_YEAR})\s*[年]?\s*[〕\])〉﹚]\s*({_SEQUENCE})")
_NOTICE = re.compile(
    rf"((?:[\u4e00-\u9fff]|\s){{0,60}}(?:公告|通告|令))\s*[(\[]?\s*({_YEAR})\s*年\s*(第\s*\d{{1,5}}\s*号)"
)
_ORDER = re.compile(
    r"((?:[\u4e00-\u9fff]|\s){0,60}(?:令|公告|通告))\s*[(\[]?\s*(第\s*[\d〇零一二三四五六七八九十百]{1,6}\s*号)\s*[)\]]?"
)
_NUMBER_OF_ORDER = re.compile(r"(第\s*[\d〇零一二三四五六七八九十百]{1,6}\s*号)\s*(令)")
_BARE_NOTICE = re.compile(rf"^({_YEAR})\s*年\s*(第\s*\d{{1,5}}\s*号)$")
_BARE_SEQUENCE = re.compile(r"^[(\[]?\s*(第\s*[\d〇零一二三四五六七八九十百]{1,6}\s*号)\s*[)\]]?$")
_LEADING_WORDS = re.compile(
    r"^.*(?:文号|字号|编号|根据|按照|依据|依照|参照|执行|落实|贯彻|印发|见|和|与|及|的|以|由|原|《|》|,|，|。|；|、|:|：|\))"
)
# Words that stand before a number typed onto the same line as something else; no code holds them.
_NO_CODE = re.compile(r"(?:通知|意见|决定|办法|规定|批复|措施|方案|文件|条例|细则|公告)(?=[\u4e00-\u9fff])")


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A 文号 in a text: as written by the standard, and where it stood."""

    number: str
    start: int
    end: int


def normal_number(text: str) -> str:
    """A 文号 as the standard writes it (清政发〔2024〕5号); a text that is none comes back without spaces."""
    found = numbers_in(text.strip())
    return found[0].number if found else without_spaces(folded(text))


def numbers_in(text: str) -> tuple[FoundNumber, ...]:
    """Every 文号 of a text, in its order."""
    flat = folded(text)
    found = [_bracketed(match) for match in _BRACKETED.finditer(flat)]
    taken = [(each.start, each.end) for each in found]
    for pattern, shape in ((_NOTICE, _notice), (_ORDER, _order), (_NUMBER_OF_ORDER, _order)):
        for match in pattern.finditer(flat):
            if all(match.end() <= start or end <= match.start() for start, end in taken):
                each = shape(match)
                found.append(each)
                taken.append((each.start, each.end))
    return tuple(sorted(found, key=lambda each: each.start))


def own_number(header: Sequence[str]) -> str | None:
    """The number the document itself bears, from the lines above its body; None when it bears none.

    A line that is a number (with its signer beside it, perhaps) decides; then a number in brackets behind a title.
    Numbers inside sentences and behind 《…》 are other documents'.
    """
    for at, line in enumerate(header):
        if number := _alone(line, header[at - 1] if at else ""):
            return number
    for line in header:
        for found in numbers_in(line) if len(line) <= 120 else ():
            if _belongs_to_line(line, found):
                return found.number
    return None


def number_on_annexes(lines: Sequence[str]) -> str | None:
    """「京建发〔2020〕46号附件1」 on the annexes names the number of the letter they belong to."""
    for line in lines:
        match = re.match(
            r"^(.{4,40}?号)\s*(?:文)?\s*附\s*(?:件|表)\s*[\d一二三四五六七八九十]*\s*[:：]?$", line
        )
        if match and (number := _alone(match[1], "")):
            return number
    return None


def is_number_line(line: str) -> bool:
    """Whether a line is nothing but a 文号 (with its label or signer)."""
    flat = folded(line).strip()
    return _alone(line, "") is not None or bool(_BARE_NOTICE.match(flat) or _BARE_SEQUENCE.match(flat))


def _alone(line: str, before: str) -> str | None:
    bare = _without_signer(line)
    flat = folded(bare).strip()
    flat = re.sub(
        r"^\[?\s*(?:发\s*文\s*|公\s*文\s*|文\s*件\s*)?(?:文\s*号|字\s*号|编\s*号)\s*\]?\s*[:|]?\s*", "", flat
    )
    if not flat or len(flat) > 60:
        return None
    inner = flat[1:-1].strip() if flat[0] in "([" and flat[-1] in ")]" else flat
    for pattern, shape in (
        (_BRACKETED, _bracketed),
        (_NOTICE, _notice),
        (_ORDER, _order),
        (_NUMBER_OF_ORDER, _order),
    ):
        for candidate in (flat, inner):
            match = pattern.fullmatch(candidate)
            if match and len(match[1] or "") <= 30 and "关于" not in (match[1] or ""):
                return shape(match, alone=True).number
    return _continued(inner, before)


def _continued(flat: str, before: str) -> str | None:
    """「2020年第9号」 or 「第 5 号」 under a line that ends 公告 or 令."""
    whole = without_spaces(folded(before))
    above = re.sub(r"^.*的(?=公告$|通告$)", "", re.sub(r"关于.*(?=公告$|通告$)", "", whole))
    if not re.search(r"(?:公告|通告|令)$", above) or len(above) > 60:
        return None
    if match := _BARE_NOTICE.fullmatch(flat):
        return f"{above}{without_spaces(match[1])}年{without_spaces(match[2])}"
    if match := _BARE_SEQUENCE.fullmatch(flat):
        return f"{above}{without_spaces(match[1])}"
    return None


def _belongs_to_line(line: str, found: FoundNumber) -> bool:
    """A number behind a title that is not a cited one: 「…办法（清政发〔2024〕5号）」, 「…的通知 清政发〔2024〕5号」."""
    ahead = folded(line[: found.start]).rstrip(" (")
    behind = folded(line[found.end :]).strip(" )")
    if not ahead and re.search(r"^\s*-+\s*\S|关于|(?:通知|意见|办法|规定|公告|通告)$", behind):
        return True
    if behind:
        return False
    return (
        bool(ahead) and not ahead.endswith("》") and not re.search(r"[。；，,;]|根据|按照|依据|见附件", ahead)
    )


def _without_signer(line: str) -> str:
    return re.sub(r"\s*签\s*发\s*人?\s*[:：].*$", "", line).strip()


def _bracketed(match: re.Match[str], *, alone: bool = False) -> FoundNumber:
    code, start = match[1] or "", match.start()
    if code and not alone:
        kept = _NO_CODE.split(_LEADING_WORDS.sub("", code))[-1]
        pieces = kept.split()
        kept = _last_code(pieces) if pieces else kept
        start = match.end(1) - len(kept) if kept else match.end(1)
        code = kept
    sequence = without_spaces(match[3]).replace("第", "")
    return FoundNumber(f"{without_spaces(code)}〔{without_spaces(match[2])}〕{sequence}", start, match.end())


def _last_code(pieces: Sequence[str]) -> str:
    """A code typed with spaces (清 政 发) is one; otherwise the last word before the bracket."""
    if all(len(piece) <= 2 for piece in pieces) and sum(map(len, pieces)) <= 8:
        return "".join(pieces)
    return pieces[-1]


def _named(text: str) -> str:
    """The issuer before 令 or 公告: what follows the last word that cannot be part of it."""
    return _LEADING_WORDS.sub("", text.replace("共和国", "共\0国")).replace("\0", "和")


def _notice(match: re.Match[str], *, alone: bool = False) -> FoundNumber:
    name = without_spaces(match[1] if alone else _named(match[1]))
    start = match.start() + len(match[0]) - len(match[0].lstrip())
    number = f"{name}{without_spaces(match[2])}年{without_spaces(match[3])}"
    return FoundNumber(number, start, match.end())


def _order(match: re.Match[str], *, alone: bool = False) -> FoundNumber:
    name, sequence = (match[2], match[1]) if match[2] == "令" else (match[1], match[2])
    head = without_spaces(name if alone else _named(name))
    number = f"{without_spaces(sequence)}令" if match[2] == "令" else f"{head}{without_spaces(sequence)}"
    return FoundNumber(number, match.start(), match.end())
