"""Photos and attachments of a ticket: listed with the ticket, read one by one with a key's rights."""

from __future__ import annotations

from pydantic import BaseModel

from bot.hotline.fields import MomentOut
from bot.hotline.models import NoBody, NoQuery
from bot.hotline.operation import Call, Endpoint, FileAnswer, Result, operation
from bot.openapi import File
from bot.photos.kinds import Photo, PhotoKind, Source
from bot.photos.rights import may_see_photos, view_is_logged
from bot.photos.words import photo_notes
from bot.services import Services
from bot.web.photo_answer import photo_answer
from routing.errors import UnknownTicket
from routing.ticket import Ticket
from routing.workflow import CENTRE_ROLES, Actor, Role

PHOTO_READERS = CENTRE_ROLES | {Role.SYSTEM, Role.LIAISON, Role.AUDITOR}
_MOST_SHOWN = 60


class PhotoJson(BaseModel):
    """One file; its bytes are at ``href``. ``to_citizen``: whether the citizen may see it."""

    id: str
    kind: PhotoKind
    source: Source
    media_type: str
    size: int
    width: int | None
    height: int | None
    name: str | None
    by: str | None
    to_citizen: bool
    at: MomentOut
    href: str


class PhotosJson(BaseModel):
    """What there is, and in words what could not be fetched or is on its way."""

    photos: list[PhotoJson]
    notes: list[str]


async def photos_of(ticket: Ticket, services: Services, reader: Actor) -> list[PhotoJson]:
    """Nothing for who may read the ticket but not look at its photos."""
    if not may_see_photos(ticket, reader):
        return []
    return [_shown(ticket, photo) for photo in await services.photos.of_ticket(ticket.number)][:_MOST_SHOWN]


@operation(
    "GET",
    "/api/v1/tickets/{number}/photos",
    name="list_photos",
    summary="The photos and attachments of a ticket, and what became of those that are missing.",
    roles=PHOTO_READERS,
    returns={200: PhotosJson},
)
async def list_photos(call: Call[NoBody, NoQuery]) -> Result:
    ticket = await call.services.queries.get(call.number, reader=call.actor)
    shown = await photos_of(ticket, call.services, call.actor)
    seen = may_see_photos(ticket, call.actor)
    notes = photo_notes(await call.services.pictures.rows(ticket.number)) if seen else []
    return 200, PhotosJson(photos=shown, notes=notes)


@operation(
    "GET",
    "/api/v1/tickets/{number}/photos/{photo}",
    name="get_photo",
    summary="One photo or attachment as a file; reading one of a secret ticket is logged.",
    roles=PHOTO_READERS,
    returns={200: File},
)
async def get_photo(call: Call[NoBody, NoQuery]) -> FileAnswer:
    services = call.services
    ticket = await services.queries.get(call.number, reader=call.actor)
    photo = await services.photos.find(ticket.number, call.photo)
    if photo is None or not may_see_photos(ticket, call.actor):
        raise UnknownTicket(call.number)
    if view_is_logged(ticket) and photo.source is not Source.OFFICIAL:
        reason = f"查看市民的照片（{photo.id[:8]}）"
        await services.identities.read(ticket.number, reader=call.actor, reason=reason, now=call.now)
    try:
        return 200, photo_answer(photo, await services.photos.open(photo.id))
    except KeyError:
        raise UnknownTicket(call.number) from None


def _shown(ticket: Ticket, photo: Photo) -> PhotoJson:
    return PhotoJson(
        id=photo.id,
        kind=photo.kind,
        source=photo.source,
        media_type=photo.media_type,
        size=photo.size,
        width=photo.width,
        height=photo.height,
        name=photo.name or None,
        by=photo.by or None,
        to_citizen=photo.to_citizen,
        at=photo.at,
        href=f"/api/v1/tickets/{ticket.number}/photos/{photo.id}",
    )


ENDPOINTS: tuple[Endpoint, ...] = (list_photos, get_photo)
