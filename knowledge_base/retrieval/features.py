"""Text → the features an article is found by: words, concepts (sets of words meaning one thing), character n-grams."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind
from numpy.typing import NDArray

from classifier import segment

DATA = Path(__file__).parent.parent / "data"

# Where a word is not in the dictionary the segmenter glues what stands beside it: 想领, 转租给, 办个, 最多能.
_LEADING = "有想能来去个先才里还全最拿办要给让把被是的了吗么我你他她它们就都也又再很辆"
_TRAILING = _LEADING + "过不没"
_AMOUNT = re.compile(
    r"[\d零一二两三四五六七八九十百千万几半多]+(?:年|岁|周岁|度|点|天|块|元|个|个月|月|日|号|楼|次|小时|亩|胎|套)?半?"
)
_RUN = re.compile(r"\w+")
_SHORT = 32  # characters: less is not worth a table
# ASCII and Latin-1, dashes and quotation marks, circled digits, Chinese punctuation and characters, full-width forms.
_APART = (
    (0x01, 0xFF),
    (0x2010, 0x2027),
    (0x2460, 0x2468),
    (0x3000, 0x303F),
    (0x4E00, 0x9FFF),
    (0xFF01, 0xFF5E),
)


def normalize(text: str) -> str:
    """Full-width forms, case and blanks made equal, as people type them in every mixture."""
    return " ".join(_composed(text).lower().split())


def _composed(text: str) -> str:
    """NFKC. A table does it in a fifth of the time where each character becomes one, whatever stands beside it."""
    if len(text) < _SHORT:
        return unicodedata.normalize("NFKC", text)
    try:
        points = np.frombuffer(text.encode("utf-16-le"), np.uint16)
    except UnicodeEncodeError:  # half of a pair
        return unicodedata.normalize("NFKC", text)
    found = _one_by_one().take(points)
    return found.tobytes().decode("utf-16-le") if found.all() else unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=1)
def _one_by_one() -> NDArray[np.uint16]:
    """What becomes of a character that NFKC makes one of and joins with no neighbour; 0 for all others."""
    table = np.zeros(0x10000, np.uint16)
    for first, last in _APART:
        for code in range(first, last + 1):
            made = unicodedata.normalize("NFKC", chr(code))
            if len(made) == 1 and not unicodedata.combining(chr(code)):
                table[code] = ord(made)
    return table


@lru_cache(maxsize=1)
def concept_phrases() -> dict[str, str]:
    """The concept of each phrase that stands for one."""
    with (DATA / "concepts.toml").open("rb") as file:
        groups: dict[str, list[str]] = tomllib.load(file)["concepts"]
    return {phrase: concept for concept, phrases in groups.items() for phrase in (concept, *phrases)}


@lru_cache(maxsize=1)
def _automaton() -> tuple[AhoCorasick, tuple[str, ...]]:
    """The leftmost phrase, of several the longest; and each one's concept. A pattern takes twenty times as long."""
    meaning = concept_phrases()
    found = AhoCorasick(list(meaning), matchkind=MatchKind.LeftmostLongest)
    return found, tuple(f"≈{concept}" for concept in meaning.values())


@lru_cache(maxsize=1)
def small_words() -> frozenset[str]:
    """Words that say how something is asked, not what is asked."""
    return frozenset((DATA / "small_words.txt").read_text(encoding="utf-8").split())


def concepts(normalized: str) -> list[str]:
    """What the text speaks of, whichever word it uses: “丢了”, “找不着” and “遗失” are one. Marked, to be told from words."""
    automaton, marked = _automaton()
    return [marked[number] for number, _, _ in automaton.find_matches_as_indexes(normalized)]


def grams(normalized: str, size: int) -> list[str]:
    """Character n-grams within runs of letters, digits and Chinese characters; never across punctuation."""
    return [run[at : at + size] for run in _RUN.findall(normalized) for at in range(len(run) - size + 1)]


def features(text: str, sizes: tuple[int, ...]) -> Counter[str]:
    """All features with their counts. Words carry a leading ``/``, so a word and the same n-gram are two features."""
    normalized = normalize(text)
    found = Counter(f"/{word}" for word in segment.search_words(normalized))
    found.update(concepts(normalized))
    for size in sizes:
        found.update(grams(normalized, size))
    return found


class Cut(NamedTuple):
    """A text cut once: its ``content``, and its ``features`` with pairs of characters, uncounted."""

    content: dict[str, str]
    features: frozenset[str]


@lru_cache(maxsize=64)
def cut(text: str) -> Cut:
    """Half the time of ``content`` and ``features``; a question and its nearest titles are looked at from many sides.
    For short texts: the last ones are remembered. To be read only."""
    normalized = normalize(text)
    matches, words = _concepts_at(normalized), segment.words(normalized)
    _, marked = _automaton()
    found = [f"/{word}" for word in segment.with_inner(words)]
    found += [marked[number] for number, _, _ in matches]
    found += grams(normalized, 2)
    return Cut(_content(normalized, matches, words), frozenset(found))


def content(text: str) -> dict[str, str]:
    """The words that say what is asked, each with the form it is compared by: its concept where it has one.

    In reading order. Small words are dropped, and so are amounts and one-character words that belong to no concept.
    """
    normalized = normalize(text)
    return _content(normalized, _concepts_at(normalized), segment.words(normalized))


def _concepts_at(normalized: str) -> list[tuple[int, int, int]]:
    automaton, _ = _automaton()
    return automaton.find_matches_as_indexes(normalized)


def _content(normalized: str, matches: list[tuple[int, int, int]], words: list[str]) -> dict[str, str]:
    _, marked = _automaton()
    found: list[tuple[int, str, str]] = []
    inside: set[int] = set()
    for number, start, end in matches:
        found.append((start, normalized[start:end], marked[number]))
        inside.update(range(start, end))
    end = 0
    for word in words:
        start = normalized.index(word, end)
        end = start + len(word)
        core = _core(word)
        # 煤气 is a concept, 煤气罐 another matter
        if core and not inside.issuperset(range(start, end)):
            found.append((start, core, f"/{core}"))
    return {word: form for _, word, form in sorted(found)}


@lru_cache(maxsize=16_384)
def _core(word: str) -> str:
    """A word less what the segmenter glued to it; “” for one that says nothing by itself."""
    core = word.lstrip(_LEADING).rstrip(_TRAILING)
    if len(core) < 2 or not small_words().isdisjoint((word, core)) or _AMOUNT.fullmatch(word):
        return ""
    return core
