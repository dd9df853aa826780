"""Which words decided: the model's own arithmetic, told in words a clerk can read."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST_WORDS = 5
_READABLE = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z]{3,}")
_COUNTED = re.compile(r"[一二三四五六七八九十百两半几多第]+[个年月天日次条位]*")


def deciding_words(weighed: Iterable[tuple[str, float]], readable: str) -> tuple[str, ...]:
    """The n-grams that spoke most for the label, at most five, as words that stand in the text.

    ``weighed`` holds n-grams (words joined by a blank) with what each added to the label's score, heaviest first;
    ``readable`` is the normalised message. Of two that overlap the heavier is kept; numbers say nothing.
    """
    chosen: list[str] = []
    for gram, added in weighed:
        if added <= 0:
            break
        word = _as_word(gram)
        if word is None or word not in readable or any(word in other or other in word for other in chosen):
            continue
        chosen.append(word)
        if len(chosen) == MOST_WORDS:
            break
    return tuple(chosen)


def _as_word(gram: str) -> str | None:
    """The n-gram as people write it, or None where it would read as a scrap ("是 违规", "三个")."""
    parts = gram.split(" ")
    readable = all(_READABLE.fullmatch(part) and not _COUNTED.fullmatch(part) for part in parts)
    return "".join(parts) if readable else None
