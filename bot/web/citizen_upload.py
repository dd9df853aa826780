"""The citizens' one form with files: its parts are read as they come, within limits, after the token was right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from weakref import WeakValueDictionary

from aiohttp import BodyPartReader, web

from bot.photos.kinds import MOST_AT_ONCE, MOST_BYTES
from bot.web.citizen_access import Visitor, check_csrf
from bot.web.multipart import read_bytes, read_parts

_MOST_FIELD_BYTES = 64 * 1024
_MOST_BODY_BYTES = MOST_AT_ONCE * MOST_BYTES
READ_WITHIN_S = 60.0
"""Nine photos over a slow telephone; who is slower still holds memory that others need."""
WORDS_WITHIN_S = 10.0
AT_ONCE = 4
"""Each may hold ninety megabytes while it is read."""
WAIT_S = 20.0
"""For a place: until then nothing of the body is read, and it waits on the telephone."""
_TOO_LARGE = f"有一张照片太大了，一张最多 {MOST_BYTES // 1024 // 1024} MB。请换一张，或者用微信直接发给我们。"
_TOO_SLOW = "照片传得太慢，没有收完。请换个网络好的地方，或者少选几张再发；也可以用微信直接发给我们。"
BUSY = "现在传照片的人很多，这次没有收下。请过1分钟再发一次；也可以用微信直接发给我们。"
_TOO_MANY = f"照片一次最多 {MOST_AT_ONCE} 张。请分几次发。"


@dataclass(frozen=True, slots=True)
class Upload:
    """``refused`` says in words why no file was taken; the text is there all the same."""

    fields: dict[str, str]
    files: tuple[bytes, ...]
    refused: str
    status: int = 422


class UploadPlaces:
    """Whose files are in memory now: few at once, and one form a visitor, so that nobody alone takes them all."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._visitors: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one_for(self, visitor: str) -> AsyncIterator[bool]:
        """False where none was free in time. A second click waits for the first, and then counts for nothing."""
        own = self._visitors.setdefault(visitor, asyncio.Lock())
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(WAIT_S):
                    await held.enter_async_context(own)
                    await held.enter_async_context(self._free)
            except TimeoutError:
                yield False
                return
            yield True


PLACES: web.AppKey[UploadPlaces] = web.AppKey("upload places", UploadPlaces)


async def read_upload(request: web.Request, visitor: Visitor) -> Upload:
    """Raises what HTTP has for a body that is no form, or not from a page of this session."""
    # The application's own limit is a form's without files; a copy may have one of its own.
    request = request.clone(client_max_size=_MOST_BODY_BYTES + _MOST_FIELD_BYTES)
    fields: dict[str, str] = {}
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            return await _read(request, visitor, fields)
    except TimeoutError:
        if "csrf" not in fields:
            raise web.HTTPRequestTimeout from None
        return Upload(fields, (), _TOO_SLOW, 408)


class _Enough(Exception):
    """The words are read, the files are not wanted."""


async def turned_away(request: web.Request, visitor: Visitor) -> Upload:
    """For whom no place was free: the words, which stand before the files, are kept. Raises as ``read_upload``."""
    fields: dict[str, str] = {}

    async def take_file(part: BodyPartReader) -> None:
        raise _Enough

    with suppress(TimeoutError, _Enough):
        async with asyncio.timeout(WORDS_WITHIN_S):
            await read_parts(
                request.clone(client_max_size=_MOST_BODY_BYTES + _MOST_FIELD_BYTES),
                check_token=lambda token: check_csrf(visitor, token),
                take_file=take_file,
                most_field_bytes=_MOST_FIELD_BYTES,
                fields=fields,
            )
    return Upload(fields, (), BUSY, 429)


async def _read(request: web.Request, visitor: Visitor, fields: dict[str, str]) -> Upload:
    files: list[bytes] = []
    refused = ""

    async def take_file(part: BodyPartReader) -> None:
        nonlocal refused
        data, whole = await read_bytes(part, MOST_BYTES, keep=not refused)
        if not whole:
            refused = refused or _TOO_LARGE
        elif data and len(files) == MOST_AT_ONCE:
            refused = refused or _TOO_MANY
        elif data:
            files.append(data)

    await read_parts(
        request,
        check_token=lambda token: check_csrf(visitor, token),
        take_file=take_file,
        most_field_bytes=_MOST_FIELD_BYTES,
        fields=fields,
    )
    return Upload(fields, () if refused else tuple(files), refused)
