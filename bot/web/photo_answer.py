"""The bytes of a photo or an attachment as an answer: never kept by a cache, never taken for a page."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from bot.photos.documents import file_name
from bot.photos.kinds import Photo, PhotoKind


def photo_answer(photo: Photo, data: bytes) -> web.Response:
    """A picture to be looked at, anything else to be downloaded."""
    return _answer(data, photo.media_type, shown_name(photo), inline=photo.kind is PhotoKind.PICTURE)


def thumbnail_answer(photo: Photo, data: bytes) -> web.Response:
    return _answer(data, "image/jpeg", shown_name(photo), inline=True)


def shown_name(photo: Photo) -> str:
    """The file's own name, or one made of ticket and photo: no openid, no time of the telephone's."""
    otherwise = f"{photo.number or '照片'}-{photo.id[:8]}"
    return photo.name or file_name("", photo.media_type, otherwise=otherwise)


def _answer(data: bytes, media_type: str, name: str, *, inline: bool) -> web.Response:
    way = "inline" if inline else "attachment"
    return web.Response(
        body=data,
        content_type=media_type,
        headers={
            "Content-Disposition": f"{way}; filename*=UTF-8''{quote(name, safe='')}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            # Should a file pass for a page after all, it may do nothing.
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
