"""What people read about photos that are not there (yet)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.photos.kinds import Photo, PhotoKind
from bot.photos.shelf import FetchState, ShelfRow

_WHY: Final = {
    FetchState.EXPIRED: "市民发来的{which}已过期，未能取回",
    FetchState.REFUSED: "市民发来的{which}未能保存：打不开、太大，或工单的文件已满",
}
_WAITING: Final = "市民发来的{which}正在取回，稍后刷新可见"


def come_with(files: Sequence[Photo]) -> str:
    """附照片2张、文件1个: what an answer brings with it; nothing where it brings none."""
    pictures = sum(photo.kind is PhotoKind.PICTURE for photo in files)
    counted = ((pictures, "照片{}张"), (len(files) - pictures, "文件{}个"))
    said = "、".join(words.format(count) for count, words in counted if count)
    return f"附{said}" if said else ""


def missing_words(rows: Sequence[ShelfRow]) -> list[str]:
    """One sentence for each photo that will not come."""
    return [_WHY[row.state].format(which=_which(row)) for row in rows if row.state in _WHY]


def photo_notes(rows: Sequence[ShelfRow]) -> list[str]:
    """What stands beside the photos on the ticket's page: those lost, and those on their way."""
    waiting = [_WAITING.format(which=_which(row)) for row in rows if row.state is FetchState.WAITING]
    return [*missing_words(rows), *waiting]


def lost_ones(rows: Sequence[ShelfRow]) -> str:
    """第1张照片、第2段语音: what the citizen is asked to send again."""
    return "、".join(_which(row) for row in rows if row.state in _WHY)


def _which(row: ShelfRow) -> str:
    return f"第{row.place}段语音" if row.voice else f"第{row.place}张照片"
