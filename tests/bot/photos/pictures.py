"""Picture files made in code: as cameras write them, and as attackers do."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image, ImageDraw

GPS_IFD = 0x8825
SECRET_NOTE = "taken by Wang Jianguo"


def drawn(width: int = 640, height: int = 480, *, mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, a line across: which way is up can be seen."""
    picture = Image.new(mode, (width, height), "red")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width // 2, 0, width, height), fill="blue")
    draw.line((0, 0, width, height), fill="white", width=3)
    return picture


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def phone_photo(width: int = 640, height: int = 480, *, orientation: int = 1, seed: int = 0) -> bytes:
    """A JPEG with place, camera, a comment and a thumbnail of its own, as a telephone writes it."""
    picture = drawn(width, height)
    ImageDraw.Draw(picture).text((10, 10), str(seed), fill="white")
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x9286] = "PhoneMaker", "Phone 12", SECRET_NOTE
    exif[0x0112] = orientation
    gps = exif.get_ifd(GPS_IFD)
    gps[1], gps[2], gps[3], gps[4] = "N", (34.0, 44.0, 47.76), "E", (113.0, 37.0, 31.08)
    return encoded(picture, exif=exif, comment=SECRET_NOTE.encode(), quality=90)


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is that large: a decompression bomb."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 100_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def office_file(kind: str, *, macros: bool = False) -> bytes:
    """The least that an Office program would know as ``docx`` or ``xlsx``; the same bytes whenever it is made."""
    main = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}[kind]
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
        packed.writestr(zipfile.ZipInfo(main), "<x/>")
        if macros:
            packed.writestr(zipfile.ZipInfo("word/vbaProject.bin"), b"macro")
    return written.getvalue()
