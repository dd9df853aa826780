"""What a document does to others: 废止, 修订, and what it rests on (根据《…》)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from knowledge_base.importing.document import Reference
from knowledge_base.importing.numbers import numbers_in
from knowledge_base.importing.numerals import folded

_QUOTED = re.compile(
    r"《((?:[^《》]|《[^《》]{0,200}》){1,200})》\s*(?:[（(]([^（）()]{0,20}(?:[（(][^（）()]{0,40}[）)][^（）()]{0,20})?)[）)])?"
)
_ENDED = re.compile(r"(?:同时|即行|自行|一并|即|均|予以|现予以|相应)?(?:废止|失效|停止执行|不再执行)")
_PART = re.compile(
    r"》\s*(?:[（(][^）)]*[）)])?\s*(?:中(?!的《)|的?第[一二三四五六七八九十百零〇\d]+[条款项章]|关于)"
)
_REPEAL_TITLE = re.compile(r"关于(?:公布|宣布)?\S{0,10}?废止|关于宣布失效")
_AMEND_TITLE = re.compile(r"关于(?:修改|修订|修正|调整)|(?:修正案|的补充通知|补充规定)$")
_AMENDS = re.compile(
    r"(?:对|将)?《[^》]+》\s*(?:[（(][^）)]*[）)])?\s*(?:作出?|进行)(?:如下|以下)?(?:修改|修订|修正)"
)
_RESTS = re.compile(r"(?:根据|依据|依照|按照|遵照)\s*((?:(?:中华人民共和国)?[^。；]){0,300})")
_NOT_ITSELF = re.compile(r"与本\S{1,8}不一致|有抵触|相抵触")


@dataclass(frozen=True, slots=True)
class Relations:
    """Other documents this one ends, changes or rests on."""

    repeals: tuple[Reference, ...] = ()
    amends: tuple[Reference, ...] = ()
    basis: tuple[Reference, ...] = ()


def relations_of(text: str, *, title: str = "") -> Relations:
    """By the document's own words. Ending one article of another document (《…》第三条废止) is a change to it."""
    repeals: dict[Reference, None] = {}
    amends: dict[Reference, None] = {}
    if _AMEND_TITLE.search(title):
        amends.update(dict.fromkeys(references_in(title)))
    elif _REPEAL_TITLE.search(title):
        repeals.update(dict.fromkeys(references_in(title)))
    for sentence in re.split(r"[。；;\n]", text):
        if _AMENDS.search(sentence) and _AMEND_TITLE.search(title):
            amends.update(dict.fromkeys(references_in(sentence)))
        ended = _ended_part(sentence)
        if ended:
            (amends if _PART.search(ended) else repeals).update(dict.fromkeys(references_in(ended)))
    if _REPEAL_TITLE.search(title) and not repeals:
        repeals.update(dict.fromkeys(_listed(text)))
    own = re.sub(r"\s", "", title)
    return Relations(
        tuple(repeals),
        tuple(amends),
        _basis(text, own),
    )


def references_in(text: str) -> tuple[Reference, ...]:
    """Every 《title》 with the 文号 in brackets behind it, if there is one."""
    found = []
    for match in _QUOTED.finditer(text):
        numbers = numbers_in(match[2]) if match[2] else ()
        found.append(Reference(re.sub(r"\s+", "", match[1]), numbers[0].number if numbers else ""))
    return tuple(found)


def _ended_part(sentence: str) -> str:
    """The stretch of a sentence that names what ends: from the last 施行 before it (or its start) to 废止."""
    match = next(reversed(list(_ENDED.finditer(sentence))), None)
    if match is None or "《" not in sentence[: match.start()] or _NOT_ITSELF.search(sentence):
        return ""
    ahead = sentence[: match.start()]
    opened = max(ahead.rfind("施行"), ahead.rfind("实施，"), ahead.rfind("执行，"), ahead.rfind("有效期"))
    first = ahead.find("《")
    if 0 <= opened < ahead.rfind("《") and not re.search(r"《[^》]*$", ahead[:opened]):
        first = opened
    tail = ahead[first:]
    # 「依照《甲》的规定废止」 and 「《甲》废止前」 end nothing.
    if re.search(r"(?:依照|根据|按照)《[^》]*》(?:[（(][^）)]*[）)])?[^《》，,]{0,8}$", ahead):
        return ""
    return tail if not re.match(r"(?:前|后|的|之前|或者)", sentence[match.end() :]) else ""


def _listed(text: str) -> tuple[Reference, ...]:
    """The numbered list below a decision to repeal: 一、《…》（…）."""
    lines = [
        line
        for line in text.splitlines()
        if re.match(r"\s*(?:[\d一二三四五六七八九十]+\s*[、.．]\s*)?《", line)
    ]
    return tuple(reference for line in lines for reference in references_in(line)[:1])


def _basis(text: str, own: str) -> tuple[Reference, ...]:
    """What 根据… names in the opening of the text; a law cited in passing is no basis."""
    found: dict[Reference, None] = {}
    for match in _RESTS.finditer(text[:1500]):
        ahead = folded(text[max(0, match.start() - 1) : match.start()])
        if ahead and ahead not in " \n,，。、:：;；(为":
            continue
        clause = re.split(r"(?:要求|精神|规定|有关|等)[^《》]{0,30}[，,]", match[1])[0]
        for reference in references_in(clause):
            if reference.title != own:
                found[reference] = None
        if found:
            break
    return tuple(found)
