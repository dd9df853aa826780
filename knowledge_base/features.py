"""Text → the features an article is found by: words, concepts (sets of words meaning one thing), character n-grams."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from functools import lru_cache
from pathlib import Path

from ahocorasick_rs import AhoCorasick, MatchKind

from classifier import segment

DATA = Path(__file__).parent / "data"

# Where a word is not in the dictionary the segmenter glues what stands beside it: 想领, 转租给, 办个, 最多能.
_LEADING = "有想能来去个先才里还全最拿办要给让把被是的了吗么我你他她它们就都也又再很辆"
_TRAILING = _LEADING + "过不没"
_AMOUNT = re.compile(
    r"[\d零一二两三四五六七八九十百千万几半多]+(?:年|岁|周岁|度|点|天|块|元|个|个月|月|日|号|楼|次|小时|亩|胎|套)?半?"
)
_RUN = re.compile(r"\w+")


def normalize(text: str) -> str:
    """Full-width forms, case and blanks made equal, as people type them in every mixture."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


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


def content(text: str) -> dict[str, str]:
    """The words that say what is asked, each with the form it is compared by: its concept where it has one.

    In reading order. Small words are dropped, and so are amounts and one-character words that belong to no concept.
    """
    normalized = normalize(text)
    automaton, marked = _automaton()
    found: list[tuple[int, str, str]] = []
    inside: set[int] = set()
    for number, start, end in automaton.find_matches_as_indexes(normalized):
        found.append((start, normalized[start:end], marked[number]))
        inside.update(range(start, end))
    end = 0
    for word in segment.words(normalized):
        start = normalized.index(word, end)
        end = start + len(word)
        core = word.lstrip(_LEADING).rstrip(_TRAILING)
        if len(core) < 2 or not small_words().isdisjoint((word, core)) or _AMOUNT.fullmatch(word):
            continue
        if not inside.issuperset(range(start, end)):  # 煤气 is a concept, 煤气罐 another matter
            found.append((start, core, f"/{core}"))
    return {word: form for _, word, form in sorted(found)}
