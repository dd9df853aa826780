"""Files that are no pictures: told by their content, never by their name, and kept only to be downloaded."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from bot.photos.kinds import MOST_BYTES, PhotoKind, PhotoRefused

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AMR: Final = "audio/amr"
SPEEX: Final = "audio/speex"

_ENDINGS: Final = {
    PDF: ".pdf",
    DOCX: ".docx",
    XLSX: ".xlsx",
    AMR: ".amr",
    SPEEX: ".speex",
    "image/jpeg": ".jpg",
}
_MOST_MEMBERS: Final = 2000
_MOST_NAME: Final = 80

_TOO_LARGE: Final = f"文件超过{MOST_BYTES // 1024 // 1024}MB。请拆分或压缩后再传。"
_NOT_TAKEN: Final = "只能传PDF、Word（docx）、Excel（xlsx）文件，或JPG、PNG照片。"
_MACROS: Final = "文件里带有宏，不能上传。请另存为不带宏的docx或xlsx。"


def judge_document(data: bytes) -> str:
    """The media type of a PDF, docx or xlsx; raises ``PhotoRefused`` for anything else, and for macros."""
    if len(data) > MOST_BYTES:
        raise PhotoRefused(_TOO_LARGE)
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _office_type(data)
    raise PhotoRefused(_NOT_TAKEN)


def judge_sound(data: bytes) -> str | None:
    """The media type of a voice message as the platform hands it out; None for anything else."""
    if data.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return AMR
    return SPEEX if data.startswith((b"Speex   ", b"OggS")) else None


def file_name(name: str, media_type: str, *, otherwise: str) -> str:
    """The name to offer for the download: without folders, printable, with the ending of what it really is."""
    bare = PurePosixPath(PureWindowsPath(name).name).name
    stem = PurePosixPath(bare).stem if bare else ""
    kept = "".join(c for c in stem if c.isprintable() and c not in '<>:"/\\|?*').strip(". ")[:_MOST_NAME]
    return (kept or otherwise) + _ENDINGS.get(media_type, "")


def kind_of(media_type: str) -> PhotoKind:
    if media_type.startswith("image/"):
        return PhotoKind.PICTURE
    return PhotoKind.SOUND if media_type.startswith("audio/") else PhotoKind.DOCUMENT


def _office_type(data: bytes) -> str:
    """Only the list of members is read: nothing is unpacked, so a bomb stays shut."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            members = packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError):
        raise PhotoRefused(_NOT_TAKEN) from None
    if "[Content_Types].xml" not in members or len(members) > _MOST_MEMBERS:
        raise PhotoRefused(_NOT_TAKEN)
    if any(PurePosixPath(member).name.lower() == "vbaproject.bin" for member in members):
        raise PhotoRefused(_MACROS)
    if "word/document.xml" in members:
        return DOCX
    if "xl/workbook.xml" in members:
        return XLSX
    raise PhotoRefused(_NOT_TAKEN)
