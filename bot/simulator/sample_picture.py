"""The photo demo citizens send: a broken road surface, drawn here so that no picture file is shipped.

Like one from a telephone it says where and by whom it was taken: what a service must take out before it keeps it.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Final

from PIL import Image

WIDTH: Final = 320
HEIGHT: Final = 240
SAMPLE_VOICE: Final = b"#!AMR\n" + b"\x3c\x48\xf5\x1f\x96\x66\x78\x00\x00\x01\xe7\x8a\xf0" * 50
"""A second of an AMR file, for whoever fetches a voice message."""
_GPS: Final = 0x8825


@cache
def sample_picture() -> bytes:
    """A small PNG."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


@cache
def sample_photo() -> bytes:
    """The same picture as a telephone's JPEG: lying on its side, with camera, time and place."""
    with Image.open(io.BytesIO(sample_picture()), formats=("PNG",)) as drawn:
        larger = drawn.resize((WIDTH * 4, HEIGHT * 4), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Huiyin", "Simulated phone", "2026:09:30 08:00:00"
    exif[0x0112] = 6  # to be turned by 90° clockwise
    place = exif.get_ifd(_GPS)
    place[1], place[2], place[3], place[4] = "N", (34.0, 44.0, 47.0), "E", (113.0, 37.0, 31.0)
    written = io.BytesIO()
    larger.transpose(Image.Transpose.ROTATE_90).save(written, "JPEG", quality=88, exif=exif)
    return written.getvalue()


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _pixel(x: int, y: int) -> bytes:
    if y < 70:
        return bytes((176 + y // 3, 203 + y // 4, 226))
    if y < 84:
        return bytes((120, 142, 98))
    hole = ((x - 175) / 62) ** 2 + ((y - 178) / 27) ** 2
    grain = (x * 7 + y * 13 + (x * y) % 17) % 11
    if hole < 0.62:
        return bytes((52 + grain, 47 + grain, 44 + grain))
    if hole < 1:
        return bytes((98 + grain * 2, 90 + grain * 2, 82 + grain * 2))
    if abs(x - 160 + (y - 240) // 6) < 3 + (y - 84) // 40 and (y // 22) % 2:
        return bytes((236, 234, 224))
    return bytes((128 + grain, 130 + grain, 132 + grain))
