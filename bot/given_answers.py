"""What a citizen was answered, one after the other, each with the files that came with it and none of another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.photos.kinds import Photo, SentUp, Source
from routing.departments import UnitId
from routing.events import Event, EventKind
from routing.ticket import Ticket

_FINAL: Final = (EventKind.REPLIED, EventKind.ANSWERED_WITH_PARENT)
_TOLD: Final = (*_FINAL, EventKind.INTERIM_REPLIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """One answer, or how far it was (阶段答复). ``round`` counts how often the matter was taken up again before it."""

    seq: int
    at: datetime
    unit_id: UnitId | None
    text: str
    interim: bool
    round: int
    files: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class GivenAnswers:
    """All of them, the oldest first. ``round`` is the present one."""

    told: tuple[GivenAnswer, ...]
    round: int

    @property
    def current(self) -> GivenAnswer | None:
        """The answer that stands; None while there is none yet, or while it is being done again."""
        return next((one for one in reversed(self.told) if self._now(one) and not one.interim), None)

    @property
    def progress(self) -> tuple[GivenAnswer, ...]:
        """How far it is this time, the newest first."""
        return tuple(one for one in reversed(self.told) if self._now(one) and one.interim)

    @property
    def earlier(self) -> tuple[GivenAnswer, ...]:
        """The answers that were given before the one that stands, the newest first."""
        return tuple(one for one in reversed(self.told) if not one.interim and one is not self.current)

    @property
    def done_again(self) -> bool:
        """Answered before, taken up again, and not yet answered anew."""
        return self.current is None and bool(self.earlier)

    def about(self, event: Event) -> GivenAnswer | None:
        """The answer ``event`` tells of: itself, or what was answered when the matter was closed with it."""
        if event.kind is EventKind.RESOLVED:
            return next((one for one in reversed(self.told) if one.seq < event.seq and not one.interim), None)
        return next((one for one in self.told if one.seq == event.seq), None)

    def shows(self, photo: Photo) -> bool:
        """Whether it came with an answer: what lies ready for the next one is nobody's business yet."""
        return any(photo.id == each.id for one in self.told for each in one.files)

    def _now(self, one: GivenAnswer) -> bool:
        return one.round == self.round


def given_answers(ticket: Ticket, photos: Sequence[Photo] = ()) -> GivenAnswers:
    """``photos`` are the ticket's. A file for the citizen goes with the first answer after it was added; one made public
    when the answer was given already, with that. What came with the form of an answer waits until one is given."""
    told, taken_up = list[GivenAnswer](), 0
    for event in ticket.events:
        if event.kind is EventKind.REOPENED:
            taken_up += 1
        elif event.kind in _TOLD and event.text:
            told.append(
                GivenAnswer(
                    seq=event.seq,
                    at=event.at,
                    unit_id=event.unit_id,
                    text=event.text,
                    interim=event.kind not in _FINAL,
                    round=taken_up,
                )
            )
    files: dict[int, list[Photo]] = {}
    for photo in photos:
        if photo.source is Source.OFFICIAL and photo.to_citizen:
            for seq in {_with_form(ticket, told, how) for how in photo.sent_up} | {
                _alone(ticket, told, photo)
            }:
                if seq is not None:
                    files.setdefault(seq, []).append(photo)
    return GivenAnswers(
        tuple(replace(one, files=tuple(files.get(one.seq, ()))) for one in told),
        taken_up,
    )


def _alone(ticket: Ticket, told: Sequence[GivenAnswer], photo: Photo) -> int | None:
    """The answer a file made public on its own goes with."""
    if not photo.on_its_own:
        return None
    taken_in = sum(e.kind is EventKind.REOPENED and e.at < photo.at for e in ticket.events)
    same = [one for one in told if one.round == taken_in]
    after = next((one for one in same if one.at >= photo.at), same[-1] if same else None)
    return after.seq if after else None


def _with_form(ticket: Ticket, told: Sequence[GivenAnswer], how: SentUp) -> int | None:
    """The answer a file goes with that came with the form of one, which may not have been taken."""
    taken_in = sum(e.kind is EventKind.REOPENED and e.seq <= how.after for e in ticket.events)
    return next(
        (
            one.seq
            for one in told
            if one.round == taken_in and one.seq > how.after and not (how.final and one.interim)
        ),
        None,
    )
