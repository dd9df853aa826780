"""The photos and attachments of a ticket at the console: looked at, added, shown to the citizen or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aiohttp import web

from bot.given_answers import given_answers
from bot.photos.kinds import MOST_AT_ONCE, MOST_BYTES, Photo, PhotoId, PhotoRefused, SentUp, Source
from bot.photos.rights import may_add_files, may_change_files, may_see_photos, view_is_logged
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.errors import status_of
from bot.web.knowledge_upload import TooMuch, UploadLimits, read_upload_form
from bot.web.pages import Viewer, present
from bot.web.photo_answer import photo_answer, thumbnail_answer
from bot.web.photo_strip import ADD, HIDE
from bot.web.sessions import Undo
from bot.web.ticket import Attempt, ticket_page
from routing.acts.reviews import ReviewKind
from routing.errors import NotYourUnit, UnknownTicket
from routing.ticket import Ticket

MOST_REASON: Final = 200
LIMITS: Final = UploadLimits(
    files=MOST_AT_ONCE,
    file_bytes=MOST_BYTES,
    bytes=4 * MOST_BYTES,
    one_too_large="请压缩或拆分后再传。",
    too_many=f"一次最多 {MOST_AT_ONCE} 个文件。多的请再传一次。",
    all_too_large="请分几次上传。",
)


async def show_photo(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """One photo in full, or the file to download; of a 保密 ticket the view is logged before it is given."""
    services = request.app[SERVICES]
    ticket, photo = await _find(request, viewer)
    if view_is_logged(ticket) and photo.source is not Source.OFFICIAL:
        reason = f"查看市民的照片（{photo.id[:8]}）"
        await services.identities.read(
            ticket.number, reader=viewer.actor, reason=reason, now=present(request)
        )
    return photo_answer(photo, await _bytes(services, photo))


async def show_thumbnail(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services = request.app[SERVICES]
    _, photo = await _find(request, viewer)
    small = await services.photos.thumbnail(photo.id)
    if small is None:
        raise web.HTTPNotFound
    return thumbnail_answer(photo, small)


async def add_files(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Files of an official: for the unit's own record, or for the citizen to see."""
    services = request.app[SERVICES]
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    if not may_add_files(ticket, viewer.actor):
        raise NotYourUnit(ADD)
    # While an answer waits for its review nothing of it reaches the citizen, under an earlier one least of all.
    reviewed = ticket.review(ReviewKind.REPLY) is not None
    kept = list[PhotoId]()
    try:
        upload = await read_upload_form(request, viewer, limits=LIMITS)
        shown = upload.fields.get("to_citizen") == "yes"
        if not upload.files:
            raise PhotoRefused("还没有选文件。请先选文件再上传。")
        for order, (name, data) in enumerate(upload.files):
            photo_id = await services.photos.put(
                data,
                number=ticket.number,
                source=Source.OFFICIAL,
                now=present(request),
                name=name,
                to_citizen=shown and not reviewed,
                order=order,
                by=viewer.actor.name,
            )
            kept.append(photo_id)
    except (PhotoRefused, TooMuch) as refused:
        status = status_of(refused) if isinstance(refused, PhotoRefused) else 413
        attempt = Attempt(action=ADD, words=refused.words)
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=status)
    if shown and reviewed:
        await services.photos.send_up(ticket.number, kept, SentUp(ticket.events[-1].seq, final=True))
    await set_flash(request, viewer, f"已上传{len(upload.files)}个文件。")
    raise web.HTTPSeeOther(f"/console/tickets/{ticket.number}#photos")


async def show_to_citizen(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Let the citizen see an official's file, or no longer. Once they could see it with an answer, the ticket's history
    keeps who changed that and why."""
    services = request.app[SERVICES]
    ticket, photo = await _find(request, viewer)
    if not may_change_files(ticket, viewer.actor):
        raise NotYourUnit(ADD)
    shown, reason = form.get("to_citizen") == "yes", form.get("reason", "").strip()[:MOST_REASON]
    seen = given_answers(ticket, [replace(photo, to_citizen=True)]).shows(photo)
    changes = photo.source is Source.OFFICIAL and photo.to_citizen is not shown
    if changes and seen and not shown and not reason:
        attempt = Attempt(action=HIDE, words="请写明为什么不再公开。原因记入办理经过。")
        return await ticket_page(request, viewer, ticket, attempt=attempt, status=422)
    if not await services.photos.show_to_citizen(ticket.number, photo.id, shown=shown):
        raise web.HTTPNotFound
    if changes and seen:
        # After the file itself: what must not be seen is hidden first.
        await services.desk.aftercare.note_file(
            ticket.number,
            photo.name,
            shown=shown,
            actor=viewer.actor,
            version=None,
            now=present(request),
            reason=reason or "公开给市民",
        )
    said = "市民现在可以看到这个文件。" if seen else "这个文件随下次答复给市民看。"
    said = said if shown else "这个文件不再给市民看。"
    undo = Undo(href=request.path, fields={"to_citizen": "" if shown else "yes", "reason": "撤销"})
    await set_flash(request, viewer, said, undo=undo)
    raise web.HTTPSeeOther(f"/console/tickets/{ticket.number}#photos")


async def _find(request: web.Request, viewer: Viewer) -> tuple[Ticket, Photo]:
    """The ticket and its photo; who may not look at it learns nothing of it."""
    services, number = request.app[SERVICES], request.match_info["number"]
    ticket = await services.queries.get(number, reader=viewer.actor)
    photo = await services.photos.find(number, request.match_info["photo"])
    if photo is None or not may_see_photos(ticket, viewer.actor):
        raise UnknownTicket(number)
    return ticket, photo


async def _bytes(services: Services, photo: Photo) -> bytes:
    try:
        return await services.photos.open(photo.id)
    except KeyError:
        raise web.HTTPNotFound from None
