"""Words that are a matter by themselves: a question that names one is about it, whatever else sounds alike.

How rare a word is in a library does not tell 抚养费 (another matter than divorce) from 一气之下 (told beside it): neither
occurs. The list does; it is of things and acts a city is asked about, whether this library treats them or not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, MatchKind

from knowledge_base.retrieval.features import DATA, concept_phrases

MATTERS_FILE, SIBLINGS_FILE = DATA / "matters.txt", DATA / "siblings.txt"

# What was lost, broken or has run out is what is asked about: 退伍证丢了 is not about the card another guide gives.
_THING = re.compile(
    r"(?P<thing>[一-鿿]{1,6}?(?:证书|证明|[证卡本照牌簿]))(?:件|子)?(?:给|被|让|都|也|已经|快要?|就要|马上)?(?:人|我|娃|孩子)?(?:给|搞|弄|整)?"
    r"(?:丢|掉了|不见|没了|找不|遗失|坏了|撕|补办|补一|补个|过期|到期)"
)
_SHORTEST, _CLAUSE = 3, re.compile(r"[，。；、！？\n（）,;]")
_RENEWED = re.compile(r"补|换|丢|遗失|损坏|到期|续")

Named = dict[frozenset[str], frozenset[str]]
"""Kinds of things, and of each those that are named."""


@lru_cache(maxsize=1)
def _automaton() -> tuple[AhoCorasick, tuple[tuple[str, str], ...]]:
    lines = MATTERS_FILE.read_text(encoding="utf-8").splitlines()
    words = dict.fromkeys(word for line in lines if not line.startswith("#") for word in line.split())
    meaning = concept_phrases()
    marked = tuple((word, f"≈{meaning[word]}" if word in meaning else "") for word in words)
    return AhoCorasick(list(words), matchkind=MatchKind.LeftmostLongest), marked


def matters(normalized: str) -> dict[str, str]:
    """The matters a text names, in reading order, each with the concept it belongs to (“” for none)."""
    automaton, marked = _automaton()
    return dict(marked[number] for number, _, _ in automaton.find_matches_as_indexes(normalized))


def thing_at_stake(normalized: str) -> str | None:
    """The paper or card that was lost, spoilt or ran out, with what stands before it; None where none is named."""
    match = _THING.search(normalized)
    return match.group("thing") if match else None


def knows_thing(thing: str, *, title: str, forms: frozenset[str], whole: str) -> bool:
    """Whether an article is about that paper or card: its title names it, or it says how that one is renewed."""
    if not _RENEWED.search(whole):
        return False
    meaning = concept_phrases()
    named = [thing[at:] for at in range(len(thing) - min(len(thing), _SHORTEST) + 1)]
    known = next((one for one in named if one in meaning), None)
    if known is not None:
        if f"≈{meaning[known]}" in forms:
            return True
        named = [known, meaning[known]]
    elif any(one in title for one in named):
        return True
    return any(one in clause and _RENEWED.search(clause) for clause in _CLAUSE.split(whole) for one in named)


@lru_cache(maxsize=1)
def _kinds() -> tuple[frozenset[str], ...]:
    lines = SIBLINGS_FILE.read_text(encoding="utf-8").splitlines()
    return tuple(frozenset(line.split()) for line in lines if line and not line.startswith("#"))


def of_a_kind(normalized: str, forms: frozenset[str], kinds: Iterable[frozenset[str]] | None = None) -> Named:
    """Of each kind of things of which a text with these concepts names any, those it names. ``kinds`` are the ones
    looked for, all by default."""
    looked_for = _kinds() if kinds is None else kinds
    named = (
        (kind, frozenset([one for one in kind if (one in forms if one[0] == "≈" else one in normalized)]))
        for kind in looked_for
    )
    return {kind: things for kind, things in named if things}


def another_of_a_kind(asked: Named, named: Named) -> bool:
    """Whether, of some kind of things, a question names one and an article only others: 小轿车, and 电动车."""
    return any(kind in named and named[kind].isdisjoint(things) for kind, things in asked.items())
