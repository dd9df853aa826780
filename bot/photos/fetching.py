"""The worker's part: photos are fetched as soon as their ticket exists, and before the platform forgets them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.console_notices import ConsoleNotices
from bot.photos.kinds import PhotoRefused, PhotosBusy, Source
from bot.photos.shelf import GIVE_UP_AFTER, FetchState, PictureShelf, ToFetch
from bot.photos.store import PhotoStore
from bot.photos.words import lost_ones, missing_words
from bot.wechat.media import MediaGone, MediaLater, MediaTooLarge
from routing.citizen_request import Channel
from routing.errors import UnknownTicket
from routing.events import Audience
from routing.store import TicketStore

log = structlog.get_logger(__name__)

RETRY_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
"""After each failed try; the last one again and again."""
AT_ONCE: Final = 4
BATCH: Final = 100
TIDY_EVERY: Final = timedelta(hours=1)


class Fetches(Protocol):
    """``bot.wechat.media.MediaSource``."""

    async def fetch(self, account: str, media_id: str, url: str | None) -> bytes: ...


class AsksCitizen(Protocol):
    """``routing.acts.notice_desk.NoticeDesk``: asks the citizen of an open ticket, once."""

    async def ask_to_resend(self, number: str, what: str, *, now: datetime) -> None: ...


@dataclass(slots=True, kw_only=True)
class PhotoFetching:
    """Any number of workers may run it: each photo is claimed before it is fetched, and kept only once."""

    shelf: PictureShelf
    photos: PhotoStore
    source: Fetches
    tickets: TicketStore
    console: ConsoleNotices
    desk: AsksCitizen
    _tidied_at: datetime | None = field(default=None, init=False)

    async def fetch_photos(self, now: datetime) -> int:
        """One sweep: fetch what is due, tell of what is lost, tidy now and then; returns how many were claimed."""
        claimed = 0

        async def fetch_some(one: ToFetch | None) -> None:
            nonlocal claimed
            while one is not None:
                claimed += 1
                await self._fetch(one, now)
                one = await self.shelf.claim(now) if claimed < BATCH else None

        first: list[ToFetch] = []
        while len(first) < AT_ONCE and (one := await self.shelf.claim(now)) is not None:
            first.append(one)
        await asyncio.gather(*(fetch_some(one) for one in first))
        for number in await self.shelf.to_tell():
            await self._tell(number, now)
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            await self.photos.tidy(now)
        return claimed

    async def _fetch(self, one: ToFetch, now: datetime) -> None:
        """One photo; whatever happens to it, the others are fetched all the same."""
        try:
            data = await self.source.fetch(one.account, one.picture.media_id, one.picture.url)
            photo = await self.photos.put(
                data, number=one.number, source=Source.WECHAT, now=now, at=one.at, order=one.order
            )
            await self.shelf.kept(one.key, photo)
        except MediaGone:
            await self.shelf.lost(one.key, FetchState.EXPIRED)
        except (MediaLater, PhotosBusy):
            await self._later(one, now)
        except (MediaTooLarge, PhotoRefused):
            await self.shelf.lost(one.key, FetchState.REFUSED)
        except Exception as error:
            log.error("photo not kept", number=one.number, error=type(error).__name__)
            await self._later(one, now)

    async def _later(self, one: ToFetch, now: datetime) -> None:
        pause = RETRY_AFTER[min(one.attempts, len(RETRY_AFTER)) - 1]
        if now + pause - one.at > GIVE_UP_AFTER:
            await self.shelf.lost(one.key, FetchState.EXPIRED)
        else:
            await self.shelf.postpone(one.key, until=now + pause)

    async def _tell(self, number: str, now: datetime) -> None:
        """Tell whoever handles the ticket which photos are missing, and ask its citizen once while it is open."""
        try:
            ticket = await self.tickets.get(number)
        except UnknownTicket:
            return await self.shelf.told(number)
        rows = await self.shelf.rows(number)
        words = missing_words(rows)
        if not words:
            return await self.shelf.told(number)
        # Idempotent by its words: the same loss is told once, one more loss anew.
        await self.console.put_to(
            f"photos:{number}:{len(words)}",
            people=(),
            audience=Audience.UNIT if ticket.unit_id else Audience.CENTRE,
            unit_id=ticket.unit_id,
            number=number,
            text="；".join(words),
            at=now,
        )
        # Off the list last: a worker that dies before has it told again, and each is told once all the same.
        if ticket.channel is Channel.WECHAT:
            await self.desk.ask_to_resend(number, lost_ones(rows), now=now)
        return await self.shelf.told(number)
