"""What a file is, by its first bytes; the name decides only between kinds of text."""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from pathlib import PurePosixPath


class FileKind(StrEnum):
    """The formats an import meets; the last five are told apart so that the message says what to do."""

    DOCX = "docx"
    DOC = "doc"
    RTF = "rtf"
    PDF = "pdf"
    HTML = "html"
    TEXT = "text"
    WORKBOOK = "workbook"
    CSV = "csv"
    ZIP = "zip"
    IMAGE = "image"
    ARCHIVE = "archive"
    OFD = "ofd"
    SLIDES = "slides"
    UNKNOWN = "unknown"


_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVES = (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|meta|div|table|p|title)[\s>/]", re.IGNORECASE)
_SUFFIXES = {
    FileKind.DOCX: "docx/docm/dotx/wps",
    FileKind.DOC: "doc/wps/dot",
    FileKind.RTF: "rtf/doc",
    FileKind.PDF: "pdf",
    FileKind.HTML: "html/htm/xhtml/mht/shtml/doc/xls",
    FileKind.TEXT: "txt/text/md/log/csv",
    FileKind.WORKBOOK: "xlsx/xls/xlsm/xlsb/ods/et",
    FileKind.CSV: "csv/tsv/txt",
    FileKind.ZIP: "zip",
}


def kind_of_file(name: str, data: bytes) -> FileKind:
    """By content; a zip is looked into, text is told by its name and its looks."""
    head = data[:2048]
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return _packed(data, name)
    if head.startswith(_OLE):
        return _compound(data, name)
    if b"%PDF-" in data[:1024]:
        return FileKind.PDF
    if head.lstrip().startswith(b"{\\rtf"):
        return FileKind.RTF
    if head.startswith(_IMAGES[:4]) or head.startswith(_IMAGES[4:]):
        return FileKind.IMAGE
    if head.startswith(_ARCHIVES):
        return FileKind.ARCHIVE
    return _textual(name, data)


def usual_suffixes(kind: FileKind) -> str:
    """What files of that kind are called, the commonest first."""
    return _SUFFIXES.get(kind, "")


def _packed(data: bytes, name: str) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist()[:5000])
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeDecodeError):
        return _by_suffix(name, FileKind.ZIP)
    if any(each.startswith("word/") for each in names):
        return FileKind.DOCX
    if any(each.startswith("xl/") for each in names):
        return FileKind.WORKBOOK
    if any(each.startswith("ppt/") for each in names):
        return FileKind.SLIDES
    if "OFD.xml" in names:
        return FileKind.OFD
    if "content.xml" in names and "mimetype" in names:
        return FileKind.WORKBOOK if name.lower().endswith(".ods") else FileKind.UNKNOWN
    return FileKind.ZIP


def _compound(data: bytes, name: str) -> FileKind:
    """Word 97, Excel 97 or PowerPoint 97, by the names of their streams (UTF-16)."""
    streams = {
        "WordDocument": FileKind.DOC,
        "Workbook": FileKind.WORKBOOK,
        "Book": FileKind.WORKBOOK,
        "PowerPoint Document": FileKind.SLIDES,
    }
    for stream, kind in streams.items():
        if stream.encode("utf-16-le") + b"\x00\x00" in data:
            return kind
    return _by_suffix(name, FileKind.UNKNOWN)


def _by_suffix(name: str, otherwise: FileKind) -> FileKind:
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    by_name = {
        "docx": FileKind.DOCX,
        "doc": FileKind.DOC,
        "wps": FileKind.DOC,
        "xlsx": FileKind.WORKBOOK,
        "xls": FileKind.WORKBOOK,
        "zip": FileKind.ZIP,
    }
    return by_name.get(suffix, otherwise)


def _textual(name: str, data: bytes) -> FileKind:
    suffix = PurePosixPath(name).suffix.lower()
    head = data[:4096]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = data[:8192].decode("utf-16", errors="replace").encode()
    if suffix in (".html", ".htm", ".shtml", ".xhtml") or len(_HTML.findall(head)) >= 2:
        return FileKind.HTML
    if suffix in (".csv", ".tsv"):
        return FileKind.CSV
    if suffix in (".docx", ".doc", ".pdf", ".xlsx", ".xls", ".zip", ".rtf") and b"\x00" in data[:4096]:
        return FileKind.UNKNOWN
    return FileKind.TEXT
