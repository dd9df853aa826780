"""Lines of text made clean: no invisible characters, no page furniture, paragraphs whole again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from knowledge_base.importing.numerals import folded

_INVISIBLE = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\uffff\u00ad\x00-\x08\x0b-\x1f\x7f-\x9f]"
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")
_SPACED_OUT = re.compile(r"^\S(?: \S){2,}$")
_PAGE_NUMBER = re.compile(
    r"^[\s\-·•|]*(?:第\s*[\d一二三四五六七八九十百]+\s*页(?:\s*[,/]?\s*共\s*[\d一二三四五六七八九十百]+\s*页)?|\d{1,4}(?:\s*/\s*\d{1,4})?|page\s*\d+(?:\s*of\s*\d+)?)[\s\-·•|]*$",
    re.IGNORECASE,
)
_PRINTED = re.compile(  # what a browser prints above and below a page
    r"^(?:\d{1,2}/\d{1,2}/\d{2,4}|\d{4}/\d{1,2}/\d{1,2})[, ]+\d{1,2}:\d\d(?: ?[AP]M)?(?:\s|$)|^(?:file|https?)://\S+(?:\s*\d+/\d+)?$"
)
_STARTS_NEW = re.compile(
    r"^\s*(?:第[一二三四五六七八九十百千零〇\d]+[条章节编部分款]|[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,3}[、.．)）](?!\d)"
    r"|附件|附表|附[:：]|抄送|主送|[①-⑳]|[•·●■◆▪※☆★-]\s|【)"
)
_ENDS_WHOLE = re.compile(r"[。！？；：:!?;…]\s*[”’」』)）】]?$")
_CJK = re.compile(r"[\u4e00-\u9fff]")


def clean(line: str) -> str:
    """One line without invisible characters and with single spaces; 「关 于 印 发」 closes up."""
    line = _SPACES.sub(" ", _INVISIBLE.sub("", line)).strip()
    return line.replace(" ", "") if _SPACED_OUT.match(line) and _CJK.search(line) else line


def cleaned(lines: Sequence[str]) -> list[str]:
    """The lines that have something in them."""
    return [text for line in lines for part in line.splitlines() if (text := clean(part))]


def is_page_number(line: str) -> bool:
    """— 3 —, 第3页 共9页, 3/9."""
    return bool(_PAGE_NUMBER.match(folded(line)))


def without_furniture(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages without their numbers and without the headers and footers that most of them repeat."""
    edges: Counter[str] = Counter()
    for page in pages:
        edges.update({_shape(line) for line in (*page[:2], *page[-2:]) if not starts_new(line)})
    wanted = max(2, (len(pages) + 1) // 2)
    repeated = {shape for shape, count in edges.items() if count >= wanted} if len(pages) > 1 else set()
    kept = []
    for page in pages:
        last = len(page)
        kept.append(
            [
                line
                for at, line in enumerate(page)
                if not (
                    (at < 2 or at >= last - 2)
                    and (
                        is_page_number(line)
                        or _PRINTED.match(line)
                        or (_shape(line) in repeated and len(line) <= 200)
                    )
                )
            ]
        )
    return kept


def starts_new(line: str) -> bool:
    """Whether a line can only be the beginning of a paragraph: 第三条, （一）, 2., 附件."""
    return bool(_STARTS_NEW.match(line))


def ends_whole(line: str) -> bool:
    """Whether a line ends where a sentence does."""
    return bool(_ENDS_WHOLE.search(line))


def joined(first: str, second: str) -> str:
    """Two pieces of one paragraph; Chinese needs no space between, English words do."""
    spaced = first[-1:].isascii() and first[-1:].isalnum() and second[:1].isascii() and second[:1].isalpha()
    return f"{first} {second}" if spaced else first + second


def rejoined(lines: Sequence[str]) -> list[str]:
    """Paragraphs of a text that was broken at a fixed width; left alone when it was not."""
    width = _broken_at(lines)
    if not width:
        return list(lines)
    paragraphs: list[str] = []
    open_line = False
    for line in lines:
        bare = line.strip()
        indented = line[:1] in " \u3000\t"
        if open_line and bare and not indented and not starts_new(bare) and paragraphs:
            paragraphs[-1] = joined(paragraphs[-1], bare)
        elif bare:
            paragraphs.append(bare)
        open_line = bool(bare) and len(line.rstrip()) >= width - 3
    return paragraphs


def _broken_at(lines: Sequence[str]) -> int:
    """The width a text was broken at; 0 for one that was not: few of its lines stop in mid-sentence at one length."""
    bare = [line.rstrip() for line in lines if line.strip()]
    open_ended = [len(line) for line in bare if not _ENDS_WHOLE.search(line)]
    if len(open_ended) >= 5:
        width = Counter(open_ended).most_common(1)[0][0]
        near = sum(width - 3 <= length <= width + 3 for length in open_ended)
        if width >= 18 and near >= 0.6 * len(open_ended):
            return width
    longest = max(map(len, bare), default=0)
    full = sum(length >= longest - 2 for length in open_ended)
    rather = sum(length > 0.6 * longest for length in open_ended)
    return longest if 18 <= longest <= 60 and full >= 2 and 2 * full >= rather else 0


def is_scrambled(text: str) -> bool:
    """Whether a text was decoded by the wrong table: few of its characters are the everyday ones of GB 2312."""
    sample = _CJK.findall(text[:20_000])
    broken = text.count("\ufffd")
    if broken > 10 and broken * 20 > len(text):
        return True
    if len(sample) < 30:
        return False
    everyday = sum(_is_everyday(character) for character in sample)
    return everyday < 0.7 * len(sample)


def hanzi(text: str) -> int:
    """How many Chinese characters there are."""
    return len(_CJK.findall(text))


def _shape(line: str) -> str:
    return re.sub(r"[\d一二三四五六七八九十]+", "#", folded(line)).replace(" ", "")


def _is_everyday(character: str) -> bool:
    try:
        return 0xB0 <= character.encode("gb2312")[0] <= 0xD7
    except UnicodeEncodeError:
        return False
