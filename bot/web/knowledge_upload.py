"""Forms of the console that carry files: their parts are read as they come, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from aiohttp import BodyPartReader, web

from bot.web.access import check_csrf
from bot.web.multipart import read_bytes, read_parts
from bot.web.pages import Viewer

MOST_FILES = 60
MOST_FILE_BYTES = 15 * 1024 * 1024
MOST_BYTES = 60 * 1024 * 1024
_MOST_FIELD_BYTES = 4096


class TooMuch(Exception):
    """More than one upload may hold; ``words`` say what and how to go on, ``fields`` are what was typed."""

    def __init__(self, words: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.words = words
        self.fields = fields or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """How much one form may carry; the words say how to go on with more."""

    files: int
    file_bytes: int
    bytes: int
    one_too_large: str
    too_many: str
    all_too_large: str
    field_bytes: int = _MOST_FIELD_BYTES


@dataclass(frozen=True, slots=True)
class Upload:
    """The form's text fields, and its files by the names they had."""

    fields: dict[str, str]
    files: list[tuple[str, bytes]]


async def read_upload_form(
    request: web.Request, viewer: Viewer, *, limits: UploadLimits | None = None
) -> Upload:
    """Without ``limits`` those of an import. Raises ``TooMuch``, and what HTTP has for a body that is no form or not
    from a page of this session."""
    limits = limits or _of_an_import()
    files: list[tuple[str, bytes]] = []
    taken, refused = 0, ""

    async def take_file(part: BodyPartReader) -> None:
        nonlocal taken, refused
        name = _bare(part.filename or "")
        data, whole = await read_bytes(part, min(limits.file_bytes, limits.bytes - taken), keep=not refused)
        taken += len(data)
        if not name and not data:
            return  # a file field left empty
        if not whole:
            refused = refused or _too_large(name, taken, limits)
        elif len(files) == limits.files:
            refused = refused or limits.too_many
        else:
            files.append((name or "未命名", data))

    fields = await read_parts(
        request,
        check_token=lambda token: check_csrf(viewer, token),
        take_file=take_file,
        most_field_bytes=limits.field_bytes,
    )
    if refused:
        raise TooMuch(refused, fields)
    return Upload(fields, files)


def _of_an_import() -> UploadLimits:
    return UploadLimits(
        files=MOST_FILES,
        file_bytes=MOST_FILE_BYTES,
        bytes=MOST_BYTES,
        one_too_large="请拆分，或在服务器上用命令导入。",
        too_many=f"一次最多 {MOST_FILES} 个文件。多的请打成一个压缩包，或分几次导入。",
        all_too_large="请分几次导入。",
    )


def _too_large(name: str, taken: int, limits: UploadLimits) -> str:
    if taken >= limits.bytes:
        return f"一次最多 {limits.bytes // 1024 // 1024} MB。{limits.all_too_large}"
    return f"“{name}”超过 {limits.file_bytes // 1024 // 1024} MB。{limits.one_too_large}"


def _bare(filename: str) -> str:
    """The name without any folder, as any system writes folders."""
    name = PurePosixPath(PureWindowsPath(filename).name).name
    return "".join(c for c in name if c.isprintable())[-120:]
