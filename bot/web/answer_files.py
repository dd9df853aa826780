"""An answer together with its files: a photo as proof goes up with the words, and stays with that answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aiohttp import web

from bot.photos.kinds import PhotoRefused, Source
from bot.photos.rights import may_add_files
from bot.services import SERVICES
from bot.web.answering import ANSWERS
from bot.web.errors import status_of
from bot.web.knowledge_upload import TooMuch, Upload, read_upload_form
from bot.web.pages import Viewer, present
from bot.web.photo_strip import ADD
from bot.web.photos import LIMITS
from bot.web.ticket import Attempt, ticket_page
from bot.web.ticket_actions import act
from routing.errors import NotYourUnit
from routing.ticket import Ticket

_LIMITS: Final = replace(LIMITS, field_bytes=64 * 1024)


async def answer_with_files(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Files first, for the citizen to see once an answer is there; the answer then as without any. Sent once more with
    the same files, each is kept once."""
    services, action = request.app[SERVICES], request.match_info["action"]
    if action not in ANSWERS:
        raise web.HTTPNotFound
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    try:
        upload = await read_upload_form(request, viewer, limits=_LIMITS)
    except TooMuch as refused:
        attempt = Attempt(action=action, words=refused.words, kept=refused.fields)
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=413)
    try:
        await _keep(request, viewer, ticket, upload)
    except PhotoRefused as refused:
        attempt = Attempt(action=action, words=refused.words, kept=upload.fields)
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=status_of(refused))
    return await act(request, viewer, upload.fields)


async def _keep(request: web.Request, viewer: Viewer, ticket: Ticket, upload: Upload) -> None:
    if not upload.files:
        return
    if not may_add_files(ticket, viewer.actor):
        raise NotYourUnit(ADD)
    photos = request.app[SERVICES].photos
    for order, (name, data) in enumerate(upload.files):
        photo_id = await photos.put(
            data,
            number=ticket.number,
            source=Source.OFFICIAL,
            now=present(request),
            name=name,
            order=order,
            by=viewer.actor.name,
        )
        # It may have been there before, for the unit's own record.
        await photos.show_to_citizen(ticket.number, photo_id, shown=True)
