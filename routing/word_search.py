"""How a search for words goes about it: by the index of pairs where the words are rare, in the list's order where not.

Rare words are in few tickets, and those are read; frequent ones are met soon enough in any list. Either way the words
themselves are looked for in the text, so that a pair in common finds nothing by itself.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from routing.citizen_request import Channel
from routing.derived_marks import BY_GRAM, GRAMS, PLACE, is_behind
from routing.search_grams import pairs_of, span_of

Document = dict[str, Any]
FEW = 2_000
"""So many tickets with a pair are read one by one; what more have is frequent."""
_HANDFUL = 200
_MOST_WORDS, _LONGEST = 5, 50
_MOST_WEIGHED = 16
"""Pairs whose frequency is looked up; a phrase has more, and a rare one among the first is likely."""
_CHANNELS = [str(channel) for channel in Channel]


@dataclass(frozen=True, slots=True)
class Way:
    """The part of the query about words; ``hint`` names the index to read by, if not the database's choice."""

    query: Document
    hint: str | None = None
    is_narrow: bool = False
    """So few tickets can have the words that they may be counted several times."""


async def way_to(words: str, tickets: Any) -> Way:
    """Every word in the text or the place, as redacted, or as the number of the ticket, ours or the filing system's."""
    wanted = [word[:_LONGEST] for word in words.split()[:_MOST_WORDS]]
    if not wanted:
        return Way({})
    named = await asyncio.gather(*(_named(word, tickets) for word in wanted))
    parts = [_said(word, numbers) for word, numbers in zip(wanted, named, strict=True)]
    if await is_behind(tickets):
        return Way({"$and": parts})
    if not any(named):
        rarest, many = await _rarest(wanted, tickets)
        if many > FEW:
            return Way({"$and": parts})
        return Way({"$and": [{GRAMS: rarest}, *parts]}, BY_GRAM, is_narrow=many <= _HANDFUL)
    # Whoever types a number wants that ticket, and then those that mention it.
    for word, numbers in zip(wanted, named, strict=True):
        rarest, many = await _rarest([word], tickets)
        if many <= FEW:
            parts.append({"$or": [{"_id": {"$in": numbers}}, {GRAMS: rarest}]})
    return Way({"$and": parts})


async def _named(word: str, tickets: Any) -> list[str]:
    known = {"$or": [{"_id": word.upper()}, {"channel": {"$in": _CHANNELS}, "external_number": word}]}
    return [document["_id"] async for document in tickets.find(known, {"_id": 1}).limit(len(_CHANNELS) + 1)]


def _said(word: str, numbers: list[str]) -> Document:
    sought = {"$regex": re.escape(word)}
    said: list[Document] = [{"search_text": sought}, {PLACE: sought}]
    return {"$or": [{"_id": {"$in": numbers}}, *said] if numbers else said}


async def _rarest(words: list[str], tickets: Any) -> tuple[Any, int]:
    """The condition on pairs that fewest tickets fulfil, and how many do; more than ``FEW`` where all are frequent."""
    asked: list[Any] = [gram for word in words for gram in pairs_of(word)]
    spans = (span_of(word) for word in words if len(word) == 1)
    asked += [{"$elemMatch": {"$gte": at, "$lt": end}} for at, end in spans]
    asked = asked[:_MOST_WEIGHED]
    counts = await asyncio.gather(
        *(tickets.count_documents({GRAMS: one}, limit=FEW + 1, hint=BY_GRAM) for one in asked)
    )
    return min(zip(asked, counts, strict=True), key=lambda each: each[1])
