"""Chinese text → words: jieba's dictionary and algorithm, run by rjieba (Rust), with our user dictionary.

Why not ``jieba.lcut``: twenty times slower, 60 MB more memory, and it caches its dictionary as a marshal file in
the shared temporary directory, where any local account could plant one. Only jieba's hidden Markov model for runs
of unknown characters is taken from it: rjieba's rounds differently and decides near-ties otherwise.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jieba
import rjieba
from jieba import finalseg

USER_DICTIONARY = Path(__file__).parent / "data" / "user_dict.txt"

# The runs jieba cuts within; what lies between them is punctuation and blanks.
_RUN = re.compile(r"[\u4e00-\u9fd5a-zA-Z0-9+#&._%\-]+")
_READABLE = re.compile(r"[0-9A-Za-z\u4e00-\u9fd5]")
_HAN = re.compile(r"[\u4e00-\u9fd5]+")

# jieba installs its own handler on stderr and logs at DEBUG; a service's log is not its notebook.
jieba.setLogLevel(logging.WARNING)


def user_words() -> tuple[tuple[str, int], ...]:
    """The user dictionary: a word and its frequency a line. The frequency is explicit, so that adding a word
    never changes how others are cut."""
    rows = (line.split() for line in USER_DICTIONARY.read_text(encoding="utf-8").splitlines())
    return tuple((row[0], int(row[1])) for row in rows if row)


# rjieba's own instance, loaded with its module: a second one would cost 24 MB.
for _word, _frequency in user_words():
    rjieba.add_word(_word, _frequency, None)


def dictionary_words(text: str) -> list[str]:
    """The most probable path through the dictionary, unknown characters each for itself (jieba's ``HMM=False``);
    blanks and punctuation are among them, so that joined they are the text."""
    cut: list[str] = rjieba.cut(text, False)
    return cut


def words(text: str) -> list[str]:
    """The words of a text in reading order, runs of unknown characters cut by jieba's hidden Markov model; blanks
    and punctuation are dropped."""
    found: list[str] = []
    for run in _RUN.findall(text):
        singles = ""
        for word in dictionary_words(run):
            if len(word) == 1 or (word.isascii() and word.isalnum()):
                singles += word
                continue
            if singles:
                found += cut_singles(singles)
                singles = ""
            found.append(word)
        if singles:
            found += cut_singles(singles)
    return [word for word in found if word[0] >= "一" or _READABLE.search(word)]


def search_words(text: str) -> list[str]:
    """As ``words``, with the shorter words inside a long one before it (jieba's search mode), for an index."""
    return with_inner(words(text))


def with_inner(cut: Iterable[str]) -> list[str]:
    """The same of words already cut."""
    found: list[str] = []
    for word in cut:
        found += _with_inner(word)
    return found


@lru_cache(maxsize=16_384)
def _with_inner(word: str) -> tuple[str, ...]:
    parts = (
        word[at : at + size] for size in (2, 3) if len(word) > size for at in range(len(word) - size + 1)
    )
    return (*(part for part in parts if rjieba.has_word(part)), word)


@lru_cache(maxsize=16_384)
def cut_singles(run: str) -> tuple[str, ...]:
    """A run the dictionary left as single characters. Where it is a word it was cut apart on purpose: its characters
    are more probable."""
    if len(run) == 1:
        return (run,)
    return tuple(run) if rjieba.has_word(run) else tuple(finalseg.cut(run))


def warm_up() -> None:
    """Cut a first word now rather than under the first message; the dictionary itself is loaded with this module
    (0.2 s, once per process)."""
    words("预热")
