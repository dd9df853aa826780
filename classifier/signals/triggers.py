"""One pass over a text says which of many patterns can match it at all; only those are then tried.

Every pattern is taken apart into the words without one of which it cannot match. An Aho-Corasick automaton finds
all of them at once, so that hundreds of patterns cost an everyday text little more than reading it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

_MOST_WORDS = 96
"""A part of a pattern that stands for more strings than this is not spelled out."""


@dataclass(frozen=True, slots=True)
class _Part:
    """``exact``: all strings a part can match, where they are few; ``needed``: one of them is in every match."""

    exact: frozenset[str] | None
    needed: frozenset[str] | None

    @property
    def best(self) -> frozenset[str] | None:
        return _better(self.needed, self.exact)


_EMPTY = _Part(frozenset({""}), None)
_ANYTHING = _Part(None, None)


def alternatives_of(pattern: str) -> tuple[str, ...]:
    """The branches of a pattern at its outermost level."""
    depth, start, at = 0, 0, 0
    found = []
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
        elif character == "[":
            at = _end_of_class(pattern, at)
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "|" and depth == 0:
            found.append(pattern[start:at])
            start = at + 1
        at += 1
    return (*found, pattern[start:])


def words_needed(pattern: str) -> frozenset[str]:
    """Words one of which stands in every text the pattern matches; ``ValueError`` where there are none.

    Reads the part of the syntax our rules use: literals, classes, groups, look-arounds, quantifiers.
    """
    needed = _read_branches(pattern).best
    if needed is None:
        raise ValueError(f"nothing must stand in a match of {pattern}")
    return frozenset(word for word in needed if not any(other != word and other in word for other in needed))


def _read_branches(pattern: str) -> _Part:
    branches = [_read_sequence(branch) for branch in alternatives_of(pattern)]
    exact: frozenset[str] | None = frozenset()
    needed: frozenset[str] | None = frozenset()
    for branch in branches:
        exact = None if exact is None or branch.exact is None else exact | branch.exact
        best = branch.best
        needed = None if needed is None or best is None else needed | best
    return _Part(exact if exact is not None and len(exact) <= _MOST_WORDS else None, needed)


def _read_sequence(sequence: str) -> _Part:
    run: frozenset[str] = frozenset({""})
    best: frozenset[str] | None = None
    whole = True
    for part in _parts(sequence):
        joined = _join(run, part.exact)
        if joined is not None:
            run = joined
            continue
        whole = False
        best = _better(_better(best, run), part.needed)
        run = part.exact if part.exact is not None else frozenset({""})
    return _Part(run, best) if whole else _Part(None, _better(best, run))


def _join(run: frozenset[str], exact: frozenset[str] | None) -> frozenset[str] | None:
    if exact is None or len(run) * len(exact) > _MOST_WORDS:
        return None
    return frozenset(first + second for first in run for second in exact)


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set that is met less often; a set with the empty word says nothing."""
    usable = [words for words in (one, other) if words and "" not in words]
    return min(usable, key=_often) if usable else None


_COMMON = frozenset(
    "的一是不了在人有我他这个们来到上大地为中你说年就那和要她出也得里后以会家可下过天去能对小多心都好看起没成只事把还用样想开手面最现前些所日"
    "动它头长位分因很给名路车门打被气进间两使身高其话与活正问机工物每并别真太再水等电主受听安死马光住交放边风任快通失满生请区县市政单公建办"
)


def _often(words: frozenset[str]) -> float:
    """How often a text holds one of the words, roughly: single characters are met everywhere."""
    return sum(
        0.02 if len(word) > 2 else 0.1 if len(word) == 2 else 8.0 if word in _COMMON else 2.0
        for word in words
    )


def _parts(sequence: str) -> Iterator[_Part]:
    at = 0
    while at < len(sequence):
        part, at = _read_atom(sequence, at)
        part, at = _repeat(part, sequence, at)
        yield part


def _read_atom(sequence: str, at: int) -> tuple[_Part, int]:
    character = sequence[at]
    if character == "(":
        end = _end_of_group(sequence, at)
        inside = sequence[at + 1 : end]
        if inside.startswith(("?=", "?!", "?<")):
            return _EMPTY, end + 1
        return _read_branches(inside.removeprefix("?:")), end + 1
    if character == "[":
        end = _end_of_class(sequence, at)
        members = sequence[at + 1 : end]
        plain = not members.startswith("^") and "-" not in members and "\\" not in members
        return (_Part(frozenset(members), None) if plain else _ANYTHING), end + 1
    if character == "\\":
        return (_EMPTY if sequence[at + 1] in "bBAZ" else _ANYTHING), at + 2
    if character in "^$":
        return _EMPTY, at + 1
    return (_ANYTHING if character == "." else _Part(frozenset({character}), None)), at + 1


_QUANTIFIER = re.compile(r"[?*+]|\{(\d*),?\d*\}")


def _repeat(part: _Part, sequence: str, at: int) -> tuple[_Part, int]:
    found = _QUANTIFIER.match(sequence, at)
    if not found:
        return part, at
    mark, end = found.group(0), found.end()
    if mark == "?":
        exact = None if part.exact is None else part.exact | {""}
        return _Part(exact, None), end
    if mark == "*" or found.group(1) in ("", "0"):
        return _ANYTHING, end
    return _Part(None, part.best), end


def _end_of_class(pattern: str, at: int) -> int:
    return pattern.index("]", at + 1)


def _end_of_group(pattern: str, at: int) -> int:
    depth = 0
    while True:
        character = pattern[at]
        if character == "\\":
            at += 1
        elif character == "[":
            at = _end_of_class(pattern, at)
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r"[^\\\[\](){}|?*+.^$]+")


@dataclass(frozen=True, slots=True)
class Sightings:
    """What one pass saw: where plain words first start, and which patterns are worth trying."""

    starts: dict[int, int]
    maybe: set[int]


class Triggers:
    """Patterns by number, and the automaton that tells which of them a text can match."""

    __slots__ = ("_watch", "other", "patterns", "plain")

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns: tuple[re.Pattern[str], ...] = tuple(re.compile(pattern) for pattern in patterns)
        self.plain: dict[str, list[int]] = {}
        self.other: dict[str, list[int]] = {}
        for number, pattern in enumerate(self.patterns):
            if _PLAIN.fullmatch(pattern.pattern):
                self.plain.setdefault(pattern.pattern, []).append(number)
            else:
                for word in words_needed(pattern.pattern):
                    self.other.setdefault(word, []).append(number)
        self._watch = Watch(self)

    def found(self, text: str, seen: Sightings | None = None) -> list[tuple[int, int]]:
        """The patterns that match, by number, each with where its first match starts."""
        sightings = seen or self._watch.see(text)[0]
        starts = sightings.starts
        for number in sightings.maybe:
            if match := self.patterns[number].search(text):
                starts[number] = match.start()
        return sorted(starts.items())

    def possible(self, text: str, seen: Sightings | None = None) -> list[int]:
        """The patterns that may match, by number; every other one does not, in no part of the text."""
        sightings = seen or self._watch.see(text)[0]
        return sorted(sightings.maybe.union(sightings.starts))


class Watch:
    """One automaton over several families of patterns, so that a text is passed once for all of them."""

    __slots__ = ("_automaton", "_families", "_uses")

    def __init__(self, *families: Triggers) -> None:
        self._families = len(families)
        uses: dict[str, list[tuple[int, list[int], list[int]]]] = {}
        for at, family in enumerate(families):
            for word in family.plain | family.other:
                numbers = (at, family.plain.get(word, []), family.other.get(word, []))
                uses.setdefault(word, []).append(numbers)
        self._automaton = AhoCorasick(uses)
        # Per word: number of a family, the patterns the word is, the patterns the word belongs to.
        self._uses = list(uses.values())

    def see(self, text: str) -> tuple[Sightings, ...]:
        """What each family can find in the text, in the order of the families."""
        seen = tuple(Sightings({}, set()) for _ in range(self._families))
        try:
            matches = self._automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:
            matches = self._automaton.find_matches_as_indexes(
                _LONE_SURROGATE.sub("?", text), overlapping=True
            )
        for word, start, _ in matches:
            for family, plain, other in self._uses[word]:
                sightings = seen[family]
                for number in plain:
                    sightings.starts.setdefault(number, start)
                sightings.maybe.update(other)
        return seen
