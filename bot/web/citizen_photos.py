"""A photo or attachment of one's own ticket; whose it is not gets the 404 of one that never was."""

from __future__ import annotations

from aiohttp import web

from bot.given_answers import given_answers
from bot.photos.kinds import Source
from bot.services import SERVICES
from bot.web.citizen_access import Visitor, own_ticket
from bot.web.citizen_ticket import may_see
from bot.web.photo_answer import photo_answer, thumbnail_answer


async def show_photo(request: web.Request, visitor: Visitor) -> web.StreamResponse:
    own = await own_ticket(request, visitor)
    photos = request.app[SERVICES].photos
    photo = await photos.find(own.ticket.number, request.match_info["photo"])
    if photo is None or not may_see(photo, own):
        raise web.HTTPNotFound
    if photo.source is Source.OFFICIAL and not given_answers(own.ticket, [photo]).shows(photo):
        raise web.HTTPNotFound
    if request.query.get("size") == "small":
        small = await photos.thumbnail(photo.id)
        if small is None:
            raise web.HTTPNotFound
        return thumbnail_answer(photo, small)
    try:
        return photo_answer(photo, await photos.open(photo.id))
    except KeyError:
        raise web.HTTPNotFound from None
