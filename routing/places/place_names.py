"""How official place names are said in daily life, and when a short form is no more than an ordinary word."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from classifier.segment import dictionary_words

_ORDINARY_WORDS = Path(__file__).parent.parent / "data" / "ordinary_words.txt"

_PEOPLES = (
    "壮族|回族|满族|维吾尔族?|苗族|彝族|土家族|藏族|蒙古族?|侗族|布依族|瑶族|白族|朝鲜族|哈尼族|黎族|哈萨克族?|傣族|畲族|"
    "傈僳族|仡佬族|拉祜族|东乡族|佤族|水族|纳西族|羌族|土族|仫佬族|柯尔克孜族?|锡伯族?|达斡尔族?|景颇族|毛南族|撒拉族|"
    "布朗族|塔吉克族?|普米族|鄂温克族?|怒族|京族|德昂族|保安族|裕固族|鄂伦春族?|独龙族|赫哲族|阿昌族|各族"
)
_SUFFIX = {
    "province": re.compile(rf"(?:(?:{_PEOPLES})*自治区|特别行政区|省|市)$"),
    "city": re.compile(rf"(?:(?:{_PEOPLES})*自治州|地区|盟|市)$"),
    "county": re.compile(rf"(?:(?:{_PEOPLES})*自治[县旗]|新区|林区|[区县市旗])$"),
    "township": re.compile(rf"(?:街道办事处|街道|(?:{_PEOPLES})*民族乡|地区|苏木|[镇乡])$"),
    "village": re.compile(r"(?:社区居民委员会|社区居委会|居民委员会|村民委员会|社区|居委会|村委会|村)$"),
}
_COMMITTEE = re.compile(r"(?:社区居民|社区居|居民|居|村民|村)委(?:员)?会$")
_STREET = re.compile(r"街道(?:办事处)?$")
_TOWN = re.compile(r"[镇乡]$")
_LEAST = 2
_CONTEXT = 4

# 松江路 is a road that may lie anywhere, 黄浦江 a river, 松江7路 a bus; 松江大学城 lies in 松江.
_ROAD = (
    r"(?:\d{1,4}|[东南西北中一二三四五六七八九十支新老内外上下]{0,2})"
    r"(?:公?路|大?街(?!道)|大道|[小支]路|巷|弄|高架|高速|大桥|桥|隧道|江|河)"
)
_ROAD_FOLLOWS = re.compile(_ROAD)
_ROAD_NAME = re.compile(r"(?:路|街|大道|巷)$")
# An ordinary word in front of these is a place after all, and so is one that stands alone behind its parent.
_OFFICE_FOLLOWS = re.compile(r"(?:派出所|居委|村委|街道|镇|乡)")
_STANDS_ALONE = re.compile(r"[^\w]|$")


def short_form(name: str, level: str) -> str | None:
    """清河 for 清河街道, 北京 for 北京市, 张家 for 张家村; None where nothing sayable remains."""
    suffix = _SUFFIX.get(level)
    short = suffix.sub("", name) if suffix else name
    if short == name or len(short) < _LEAST:
        return None
    # 新华路街道 governs a stretch of 新华路, not all of it.
    return None if level == "township" and _ROAD_NAME.search(short) else short


def other_forms(name: str, level: str) -> tuple[str, ...]:
    """What is said instead of the official name and means no less: 清河街道办, 张家村, 南苑社区.

    A town is often called by what it was before or became later (镇 ↔ 街道), so both are known.
    """
    forms: tuple[str, ...]
    if level == "township" and _STREET.search(name):
        stem = _STREET.sub("", name)
        forms = (f"{stem}街道", f"{stem}街道办", f"{stem}街办", f"{stem}镇")
    elif level == "township" and _TOWN.search(name):
        forms = (f"{name[:-1]}街道",) if name.endswith("镇") else (f"{name[:-1]}镇",)
    elif level == "village" and (committee := _COMMITTEE.search(name)):
        stem = name[: committee.start()]
        if committee.group().startswith("村"):
            stem = stem.removesuffix("村")
            forms = (f"{stem}村", f"{stem}村委会")
        else:
            forms = (f"{stem}社区", f"{stem}居委会")
    else:
        return ()
    return tuple(form for form in forms if form != name and len(form) > _LEAST)


@lru_cache(maxsize=1)
def ordinary_words() -> frozenset[str]:
    """Short forms of places that are words of the language (和平, 建设, 花园): alone they name no place."""
    lines = _ORDINARY_WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def road_end(text: str, end: int) -> int | None:
    """Where the road or river ends whose name begins with the place name that ends at ``end``; None for none."""
    follows = _ROAD_FOLLOWS.match(text, end)
    return follows.end() if follows else None


def begins_a_word(text: str, start: int, end: int) -> bool:
    """Whether a short form stands by itself to the left: 安亭 in 保安亭 and 高桥 in 外高桥 do not."""
    left = max(0, start - _CONTEXT)
    position = left
    for word in dictionary_words(text[left : end + _CONTEXT]):
        if position >= start:
            break
        position += len(word)
    return position == start


def reads_as_place(text: str, end: int, *, after_parent: bool) -> bool:
    """Whether an ordinary word that ends there means the place of that name."""
    return bool(_OFFICE_FOLLOWS.match(text, end) or (after_parent and _STANDS_ALONE.match(text, end)))
