"""A library of any size out of nothing: titles, bodies and questions of random words with the frequencies of real ones.

Words come from jieba's dictionary by their counted frequency; seven in ten pieces of a text are set phrases, drawn by
Zipf's law, as laws and notices repeat themselves. How the frequencies of its pairs of characters fall is compared
with public laws where those are at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jieba
import numpy as np
from numpy.typing import NDArray

from knowledge_base.retrieval.index import Entry

_PHRASES, _EXPONENT, _SET_SHARE = 20_000, 0.85, 0.7
_POOL = 1 << 16
_ISSUERS = 400
_LONG_SHARE, _LONG_LENGTH = 0.05, 600
_BETWEEN = np.array(list("的的的和与在对由按及应可将为从未或等并其"))


class Inventor:
    """Deterministic by its seed."""

    def __init__(self, seed: int = 7) -> None:
        self._chance = np.random.default_rng(seed)
        self._words, frequency = _dictionary()
        self._word_shares = np.cumsum(frequency / frequency.sum())
        self._phrases = np.array(self._invent_phrases())
        falling = 1 / np.arange(1, _PHRASES + 1) ** _EXPONENT
        self._phrase_shares = np.cumsum(falling / falling.sum())
        self._pieces = self._draw_pieces()
        self._issuers = ["".join(self._draw_words(2)) + "局" for _ in range(_ISSUERS)]

    def entries(self, count: int) -> Iterator[Entry]:
        """Catalogue-like: titles of about 20 characters, bodies of about 150, one in twenty of 600."""
        for number in range(count):
            yield self.entry(f"c{number}")

    def entry(self, name: str) -> Entry:
        chance = self._chance
        issuer = self._issuers[min(int(chance.pareto(1.0) * 5), _ISSUERS - 1)]
        year, document = 2010 + int(chance.integers(16)), int(chance.integers(1, 400))
        title = f"{issuer}关于{self.text(12)}的通知"
        length = _LONG_LENGTH if chance.random() < _LONG_SHARE else int(chance.normal(150, 40))
        body = f"{issuer[:2]}发〔{year}〕{document}号\n{self.text(max(length, 40))}"
        return Entry(name, title, body)

    def text(self, length: int) -> str:
        """Phrases and words, with a mark or a small word after every few."""
        found: list[str] = []
        left = length
        while left > 0:
            piece = next(self._pieces)
            found.append(piece)
            left -= len(piece)
        return "".join(found)[:length].rstrip("，")

    def question(self, entry: Entry) -> str:
        """As somebody asks who half remembers it: a piece of the title, a piece of the text, words of his own."""
        chance = self._chance
        body = entry.body.partition("\n")[2]
        at = int(chance.integers(max(len(body) - 6, 1)))
        title = entry.title.removesuffix("的通知")
        cut = int(chance.integers(max(len(title) - 6, 1)))
        own = "".join(self._draw_words(2))
        return f"{title[cut : cut + 6]}{own}{body[at : at + 6]}怎么办理"

    def _draw_pieces(self) -> Iterator[str]:
        while True:
            drawn = self._chance.random((3, _POOL))
            phrases = self._phrases[np.searchsorted(self._phrase_shares, drawn[0])]
            pieces = np.where(drawn[1] < _SET_SHARE, phrases, self._draw_words(_POOL))
            small = np.where(drawn[2] < 0.5, self._chance.choice(_BETWEEN, _POOL), "")
            between = np.where(drawn[2] < 0.2, "，", small)
            yield from np.char.add(pieces, between).tolist()

    def _draw_words(self, count: int) -> NDArray[np.str_]:
        drawn = self._words[np.searchsorted(self._word_shares, self._chance.random(count))]
        return np.asarray(drawn, np.str_)

    def _invent_phrases(self) -> list[str]:
        sizes = self._chance.integers(2, 5, _PHRASES)
        drawn = self._draw_words(int(sizes.sum()))
        return ["".join(part) for part in np.split(drawn, np.cumsum(sizes)[:-1])]


def _dictionary() -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines]
    kept = [(row[0], float(row[1])) for row in rows if 2 <= len(row[0]) <= 4 and row[0].isalpha()]
    return np.array([word for word, _ in kept]), np.array([frequency for _, frequency in kept])
