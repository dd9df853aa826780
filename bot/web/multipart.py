"""Forms with files: the parts are read as they come, and no file before the page's token was found right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import BodyPartReader, web

_CHUNK = 256 * 1024


async def read_parts(
    request: web.Request,
    *,
    check_token: Callable[[str], None],
    take_file: Callable[[BodyPartReader], Awaitable[None]],
    most_field_bytes: int,
    fields: dict[str, str] | None = None,
) -> dict[str, str]:
    """The text fields, put into ``fields`` as they come; each file goes to ``take_file``. Raises what HTTP has for a
    body that is no form, and what ``check_token`` raises for a form not from a page of this session."""
    fields = {} if fields is None else fields
    checked = False
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise web.HTTPBadRequest
            if part.filename is None:
                fields[part.name[:40]] = await _text(part, most_field_bytes)
                if part.name == "csrf":
                    check_token(fields["csrf"])
                    checked = True
            elif checked:
                await take_file(part)
            else:
                raise web.HTTPForbidden
    except (ValueError, LookupError, AssertionError):
        raise web.HTTPBadRequest from None
    if not checked:
        raise web.HTTPForbidden
    return fields


async def read_bytes(part: BodyPartReader, most: int, *, keep: bool = True) -> tuple[bytes, bool]:
    """The part, and whether it is whole. What is over the limit is read on and dropped: a browser that is cut off
    while it sends shows its own error instead of ours."""
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


async def _text(part: BodyPartReader, most_bytes: int) -> str:
    data, whole = await read_bytes(part, most_bytes)
    if not whole:
        raise web.HTTPBadRequest
    return data.decode("utf-8", errors="strict")
