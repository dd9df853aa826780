"""An answer together with its files: a photo as proof goes up with the words, and stays with that answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aiohttp import web

from bot.given_answers import given_answers
from bot.photos.kinds import PhotoId, PhotoRefused, SentUp, Source
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
from routing.workflow import Action

_LIMITS: Final = replace(LIMITS, field_bytes=64 * 1024)


async def answer_with_files(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Files first, for the citizen to see with the answer and not before it is given; the answer then as without any.
    Sent once more with the same files, each is kept once."""
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
        await _keep(request, viewer, ticket, upload, final=action != Action.INTERIM_REPLY)
    except PhotoRefused as refused:
        attempt = Attempt(action=action, words=refused.words, kept=upload.fields)
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=status_of(refused))
    return await act(request, viewer, upload.fields)


async def _keep(request: web.Request, viewer: Viewer, ticket: Ticket, upload: Upload, *, final: bool) -> None:
    if not upload.files:
        return
    if not may_add_files(ticket, viewer.actor):
        raise NotYourUnit(ADD)
    services, kept = request.app[SERVICES], list[PhotoId]()
    photos = services.photos
    for order, (name, data) in enumerate(upload.files):
        photo_id = await photos.put(
            data,
            number=ticket.number,
            source=Source.OFFICIAL,
            now=present(request),
            name=name,
            to_citizen=False,
            order=order,
            by=viewer.actor.name,
        )
        kept.append(photo_id)
    # Read anew: files take their time, and what was answered meanwhile is not what they came with.
    ticket = await services.queries.get(ticket.number, reader=viewer.actor)
    if upload.fields.get("version") != str(ticket.version):
        # A second click of the form that was taken is no new answer.
        answers = given_answers(ticket, await photos.of_ticket(ticket.number))
        there = {photo.id for one in answers.told if one.round == answers.round for photo in one.files}
        kept = [one for one in kept if one not in there]
    await photos.send_up(ticket.number, kept, SentUp(ticket.events[-1].seq, final))
