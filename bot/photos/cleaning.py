"""From whatever a stranger sent to a picture of ours: decoded within limits, turned upright, encoded anew.

Only pixels survive: EXIF with its place and camera, thumbnails, comments, colour profiles and whatever is hidden
behind the picture stay behind. All of it is slow and synchronous; callers run it in a thread.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps

from bot.photos.kinds import MOST_BYTES, PhotoRefused

LONGEST_SIDE: Final = 2048
THUMBNAIL_SIDE: Final = 320
MOST_PIXELS: Final = 25_000_000
MOST_JPEG_PIXELS: Final = 51_000_000
"""A JPEG is decoded at a fraction of its size, so that a large one takes no more memory."""
_MOST_SCANS: Final = 64
"""A progressive JPEG may hold thousands of scans, each as dear as a whole picture; cameras write ten."""
_QUALITY: Final = 85
_THUMBNAIL_QUALITY: Final = 75

_TOO_LARGE: Final = f"文件超过{MOST_BYTES // 1024 // 1024}MB。请压缩后再发。"
_TOO_MANY_PIXELS: Final = "照片尺寸太大。请缩小后再发。"
_UNREADABLE: Final = "照片打不开，可能没有传完整。请重新发一次。"
_NO_PICTURE: Final = "这个文件不是照片。请发JPG、PNG或WebP格式的照片。"


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A JPEG of nothing but pixels, and a small one of the same."""

    data: bytes
    width: int
    height: int
    thumbnail: bytes
    media_type: str = "image/jpeg"


def sniff_picture(data: bytes) -> str | None:
    """The Pillow name of the format by the first bytes; a file's own name and type are claims of a stranger."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    return None


def clean_picture(data: bytes) -> CleanPicture:
    """The picture encoded anew, upright, its longest side at most ``LONGEST_SIDE``; raises ``PhotoRefused``."""
    if len(data) > MOST_BYTES:
        raise PhotoRefused(_TOO_LARGE)
    found = sniff_picture(data)
    if found is None:
        raise PhotoRefused(_NO_PICTURE)
    if found == "JPEG" and data.count(b"\xff\xda") > _MOST_SCANS:
        raise PhotoRefused(_UNREADABLE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, which is thrown away in any case
            picture = _decode(data, found)
            small = picture.copy()
            small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
            return CleanPicture(
                data=_encode(picture, _QUALITY),
                width=picture.width,
                height=picture.height,
                thumbnail=_encode(small, _THUMBNAIL_QUALITY),
            )
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise PhotoRefused(_TOO_MANY_PIXELS) from None
    except Exception:
        # The decoders raise whatever they stumble over; a broken file is the sender's matter, never our failure.
        raise PhotoRefused(_UNREADABLE) from None


def _decode(data: bytes, found: str) -> Image.Image:
    """The first frame, upright, in plain RGB. Size is judged by the header, before a pixel is decoded."""
    formats = ("JPEG", "MPO") if found == "JPEG" else (found,)
    with Image.open(io.BytesIO(data), formats=formats) as opened:
        most = MOST_JPEG_PIXELS if found == "JPEG" else MOST_PIXELS
        if opened.width * opened.height > most:
            raise PhotoRefused(_TOO_MANY_PIXELS)
        if found == "JPEG":
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        # Small before it is turned and copied: each of those steps holds the whole picture once more.
        opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        upright = ImageOps.exif_transpose(opened)
        if "A" in upright.getbands() or "transparency" in upright.info:
            layered = upright.convert("RGBA")
            paper = Image.new("RGB", layered.size, "white")
            paper.paste(layered, mask=layered.getchannel("A"))
            return paper
        return upright.convert("RGB")


def _encode(picture: Image.Image, quality: int) -> bytes:
    # A fresh image carries no info of the old one, which ``save`` would write back.
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    written = io.BytesIO()
    bare.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()
