"""Photos for the demo's past: what citizens sent with their requests, and the proof units gave with their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.demo.pictures import matter_photo
from bot.given_answers import given_answers
from bot.photos.kinds import Source
from bot.photos.store import PhotoStore
from routing.citizen_request import Channel, Citizen
from routing.ticket import Ticket

_MOST: Final = 8
"""Tickets with photos: enough to meet one at every turn, few enough to be drawn within half a second."""
_SENT_AFTER: Final = timedelta(seconds=40)
_PROOF: Final = "办理后.jpg"


async def add_photographs(
    photos: PhotoStore, tickets: Sequence[Ticket], *, first: frozenset[str], now: datetime
) -> int:
    """Give the newest tickets that can be drawn their photos; ``first`` are those that come before all others.
    Returns how many tickets have some now."""
    from_wechat = [t for t in tickets if t.channel is Channel.WECHAT]
    wanted = sorted(from_wechat, key=lambda t: (t.number in first, t.received_at), reverse=True)
    hung = 0
    for ticket in wanted:
        if hung == _MOST:
            break
        hung += await _photographed(photos, ticket, now=now)
    return hung


def of_known_citizens(citizens: dict[str, Citizen], openids: frozenset[str]) -> frozenset[str]:
    """The tickets of those with an openid of ``openids``."""
    return frozenset(number for number, citizen in citizens.items() if citizen.openid in openids)


async def _photographed(photos: PhotoStore, ticket: Ticket, *, now: datetime) -> bool:
    seed = int(ticket.number[2:])
    before = await asyncio.to_thread(matter_photo, ticket.text, done=False, seed=seed)
    if before is None:
        return False
    at = min(ticket.received_at + _SENT_AFTER, now)
    await photos.put(before, number=ticket.number, source=Source.WECHAT, now=now, at=at)
    answer = given_answers(ticket).current
    if answer is not None:
        writer = ticket.event(answer.seq).by.name
        after = await asyncio.to_thread(matter_photo, ticket.text, done=True, seed=seed)
        assert after is not None, "what could be drawn before can be drawn after"
        await photos.put(
            after,
            number=ticket.number,
            source=Source.OFFICIAL,
            now=now,
            at=answer.at - timedelta(seconds=1),
            name=_PROOF,
            by=writer,
        )
    return True
