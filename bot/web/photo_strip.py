"""What a ticket's page shows of its photos: those that are there, and in words those that are not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from bot import wording
from bot.given_answers import given_answers
from bot.photos.kinds import Photo, PhotoKind, Source
from bot.photos.rights import may_add_files, may_change_files, may_see_photos
from bot.photos.words import photo_notes
from bot.services import Services
from bot.web.photo_answer import shown_name
from routing.ticket import Ticket
from routing.workflow import Actor

ADD: Final = "attachments"
HIDE: Final = "hide-file"
_HIDDEN: Final = "市民要求保密：本单位看不到照片。需要了解，请联系主办单位或热线中心。"
_SOURCES: Final = {
    Source.WECHAT: "市民发来",
    Source.CITIZEN_PAGE: "市民上传",
    Source.OFFICIAL: "工作人员上传",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture or file as the page shows it. ``about`` says what it is to whoever cannot see it, ``caption`` stands
    below it."""

    photo: Photo
    about: str
    caption: str
    name: str
    href: str
    size: str
    waits: bool = False
    """For the citizen, with an answer that is not given yet."""

    @property
    def is_picture(self) -> bool:
        return self.photo.kind is PhotoKind.PICTURE

    @property
    def by_official(self) -> bool:
        return self.photo.source is Source.OFFICIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """All the ticket's page shows of photos; ``notes`` are of those lost, on their way, or not for this reader."""

    pictures: tuple[Shown, ...] = ()
    files: tuple[Shown, ...] = ()
    notes: tuple[str, ...] = ()
    may_add: bool = False
    may_change: bool = False
    add_action: str = ADD


async def strip_of(ticket: Ticket, services: Services, reader: Actor) -> Strip:
    """What this reader sees of the ticket's photos."""
    photos = await services.photos.of_ticket(ticket.number)
    rows = await services.pictures.rows(ticket.number)
    notes = photo_notes(rows)
    if not may_see_photos(ticket, reader):
        return Strip(notes=(_HIDDEN,) if photos or notes else ())
    # Numbered as the citizen sent them, so that the picture and the words about a lost one count alike.
    sent = {row.photo: row.place for row in reversed(rows) if row.photo}
    counted: Counter[Source] = Counter()
    shown, answers = [], given_answers(ticket, photos)
    for photo in photos:
        counted[photo.source] += 1
        one = _shown(ticket, photo, sent.get(photo.id, counted[photo.source]))
        shown.append(replace(one, waits=photo.to_citizen and not answers.shows(photo)))
    return Strip(
        pictures=tuple(one for one in shown if one.is_picture),
        files=tuple(one for one in shown if not one.is_picture),
        notes=tuple(notes),
        may_add=may_add_files(ticket, reader),
        may_change=may_change_files(ticket, reader),
    )


def _shown(ticket: Ticket, photo: Photo, place: int) -> Shown:
    when = wording.say_time(photo.at)
    what = {PhotoKind.PICTURE: "张照片", PhotoKind.SOUND: "段语音", PhotoKind.DOCUMENT: "个文件"}[photo.kind]
    return Shown(
        photo=photo,
        about=f"{_SOURCES[photo.source]}的第{place}{what}，{when}",
        caption=photo.by or _SOURCES[photo.source]
        if photo.source is Source.OFFICIAL
        else f"第{place}{what[0]}",
        name=shown_name(photo),
        href=f"/console/tickets/{ticket.number}/photos/{photo.id}",
        size=_size(photo.size),
    )


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(1, count // 1024)} KB"
