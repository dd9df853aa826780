"""The photo demo citizens send: a broken road surface, drawn here so that no picture file is shipped."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import Final

WIDTH: Final = 320
HEIGHT: Final = 240


@cache
def sample_picture() -> bytes:
    """A small PNG."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y) for x in range(WIDTH)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


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
