"""How a search for words goes about it: by the index of pairs where the words are rare, in the list's order where not.

Rare words are in few tickets, and those are read; frequent ones are met soon enough in any list. Words that are rare
though each of their pairs is frequent are looked for in the whole list where it is short, and else among the newest
tickets, which the page then says. Always the words themselves are looked for in the text, so that a pair in common finds
nothing by itself.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from pymongo import ASCENDING, DESCENDING

from routing.citizen_request import Channel
from routing.derived_marks import BY_GRAM, GRAMS, PLACE, is_behind
from routing.search_grams import pairs_of, span_of

Document = dict[str, Any]
FEW = 2_000
"""So many tickets with a pair are read one by one; what more have is frequent."""
_HANDFUL = 200
NEWEST = 10_000
"""So many tickets are read one by one for words of which nothing tells where they are."""
ENOUGH = 100
"""Words found so often among them are frequent: any list leads to them soon enough."""
_MOST_WORDS, _LONGEST = 5, 50
_MOST_WEIGHED = 16
"""Pairs whose frequency is looked up; a phrase has more, and a rare one among the first is likely."""
_BY_RECEIPT = [("received_at", DESCENDING), ("_id", DESCENDING)]
_CHANNELS = [str(channel) for channel in Channel]


@dataclass(frozen=True, slots=True)
class Way:
    """The part of the query about words; ``hint`` names the index to read by, if not the database's choice."""

    query: Document
    hint: str | None = None
    is_narrow: bool = False
    """So few tickets can have the words that they may be counted several times."""
    is_blind: bool = False
    """Nothing tells where the words are: ``look_for`` them first."""
    named: tuple[str, ...] = ()
    """Tickets whose number is one of the words: found however old they are."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where blindly sought words are: in ``numbers`` and nowhere else, as far as was looked."""

    numbers: tuple[str, ...]
    since: datetime | None
    """Of what was received before, nothing was looked at; None where all of the list was."""


async def way_to(words: str, tickets: Any) -> Way:
    """Every word in the text or the place, as redacted, or as the number of the ticket, ours or the filing system's."""
    wanted = [word[:_LONGEST] for word in words.split()[:_MOST_WORDS]]
    if not wanted:
        return Way({})
    named = await asyncio.gather(*(_named(word, tickets) for word in wanted))
    parts = [_said(word, numbers) for word, numbers in zip(wanted, named, strict=True)]
    numbers = tuple(chain.from_iterable(named))
    if await is_behind(tickets):
        return Way({"$and": parts}, is_blind=True, named=numbers)
    if not numbers:
        rarest, many = await _rarest(wanted, tickets)
        if many > FEW:
            return Way({"$and": parts}, is_blind=True)
        return Way({"$and": [{GRAMS: rarest}, *parts]}, BY_GRAM, is_narrow=many <= _HANDFUL)
    # Whoever types a number wants that ticket, and then those that mention it.
    blind = True
    for word, own in zip(wanted, named, strict=True):
        rarest, many = await _rarest([word], tickets)
        if many <= FEW:
            blind = False
            parts.append({"$or": [{"_id": {"$in": own}}, {GRAMS: rarest}]})
    return Way({"$and": parts}, is_blind=blind, named=numbers)


async def look_for(
    way: Way,
    base: Document,
    tickets: Any,
    *,
    size: int,
    units: Sequence[str] | None,
    alone: bool,
    most_ms: int,
) -> Found | None:
    """The tickets of the list ``base`` with the words, of all of it where it is no longer than ``NEWEST`` (``size``
    says how long it is), else of the newest; None where they are so many that any list leads to them.

    ``units`` are those whose tickets the list shows, None where it shows those of all; ``alone`` says that no other
    unit's are on it.
    """
    parts, since, hint = [base, way.query], None, {}
    if size > NEWEST:
        whose: Document = {"unit_id": {"$in": list(units)}} if units is not None else {}
        hint = {"hint": [*((name, ASCENDING) for name in whose), *_BY_RECEIPT]}
        since = await _newest_begin(whose, tickets, hint)
    if since is not None:
        parts.append({"received_at": {"$gte": since}})
    bound = hint if since is not None and alone else {}
    found = tickets.find({"$and": parts}, {"_id": 1}, max_time_ms=most_ms, **bound).limit(ENOUGH)
    numbers = {document["_id"] for document in await found.batch_size(ENOUGH + 1).to_list(None)}
    if len(numbers) == ENOUGH:
        return None
    if since is not None and way.named:
        named = {"$and": [base, way.query, {"_id": {"$in": list(way.named)}}]}
        numbers |= {document["_id"] async for document in tickets.find(named, {"_id": 1})}
    return Found(tuple(sorted(numbers)), since)


async def _newest_begin(whose: Document, tickets: Any, hint: Document) -> datetime | None:
    """When the oldest of the newest came in; read off the index alone. None where there are no more than those."""
    fields = {"received_at": 1, "_id": 0}
    last = tickets.find(whose, fields, **hint).sort(_BY_RECEIPT).skip(NEWEST - 1).limit(1)
    return next((document["received_at"] for document in await last.to_list(1)), None)


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
