"""The citizens' one form with files: its parts are read as they come, within limits, after the token was right."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import BodyPartReader, web

from bot.photos.kinds import MOST_AT_ONCE, MOST_BYTES
from bot.web.citizen_access import Visitor, check_csrf

_MOST_FIELD_BYTES = 64 * 1024
_MOST_BODY_BYTES = MOST_AT_ONCE * MOST_BYTES
_CHUNK = 256 * 1024
_READ_WITHIN_S = 120.0
"""Nine photos over a slow telephone; who is slower still holds memory that others need."""
_TOO_LARGE = f"有一张照片太大了，一张最多 {MOST_BYTES // 1024 // 1024} MB。请换一张，或者用微信直接发给我们。"
_TOO_MANY = f"照片一次最多 {MOST_AT_ONCE} 张。请分几次发。"


@dataclass(frozen=True, slots=True)
class Upload:
    """``refused`` says in words why no file was taken; the text is there all the same."""

    fields: dict[str, str]
    files: tuple[bytes, ...]
    refused: str


async def read_upload(request: web.Request, visitor: Visitor) -> Upload:
    """Raises what HTTP has for a body that is no form, or not from a page of this session."""
    # The application's own limit is a form's without files; a copy may have one of its own.
    request = request.clone(client_max_size=_MOST_BODY_BYTES + _MOST_FIELD_BYTES)
    try:
        async with asyncio.timeout(_READ_WITHIN_S):
            return await _read(request, visitor)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _read(request: web.Request, visitor: Visitor) -> Upload:
    fields: dict[str, str] = {}
    files: list[bytes] = []
    refused, checked = "", False
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise web.HTTPBadRequest
            if part.filename is None:
                fields[part.name[:40]] = await _text(part)
                if part.name == "csrf":
                    check_csrf(visitor, fields["csrf"])
                    checked = True
                continue
            if not checked:
                raise web.HTTPForbidden
            data, whole = await _bytes(part, MOST_BYTES, keep=not refused)
            if not whole:
                refused = refused or _TOO_LARGE
            elif data and len(files) == MOST_AT_ONCE:
                refused = refused or _TOO_MANY
            elif data:
                files.append(data)
    except (ValueError, LookupError, AssertionError):
        raise web.HTTPBadRequest from None
    if not checked:
        raise web.HTTPForbidden
    return Upload(fields, () if refused else tuple(files), refused)


async def _text(part: BodyPartReader) -> str:
    data, whole = await _bytes(part, _MOST_FIELD_BYTES, keep=True)
    if not whole:
        raise web.HTTPBadRequest
    return data.decode("utf-8", errors="strict")


async def _bytes(part: BodyPartReader, most: int, *, keep: bool) -> tuple[bytes, bool]:
    """The part, and whether it is whole; what is over is read on and dropped, so that the browser gets our answer."""
    kept, whole = bytearray(), True
    while chunk := await part.read_chunk(_CHUNK):
        if not keep:
            continue
        if len(kept) + len(chunk) > most:
            whole = keep = False
            kept.clear()
            continue
        kept += chunk
    return bytes(kept), whole
