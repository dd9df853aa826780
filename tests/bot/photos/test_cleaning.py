"""What is kept of a picture: pixels, upright and not too many; and what is refused."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.photos.cleaning import LONGEST_SIDE, THUMBNAIL_SIDE, clean_picture, sniff_picture
from bot.photos.documents import DOCX, PDF, XLSX, file_name, judge_document, judge_sound
from bot.photos.kinds import MOST_BYTES, PhotoRefused
from tests.bot.photos.pictures import (
    SECRET_NOTE,
    drawn,
    encoded,
    office_file,
    phone_photo,
    png_claiming,
)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_neither_place_nor_camera_nor_comment_survives() -> None:
    sent = phone_photo()
    assert SECRET_NOTE.encode() in sent
    assert opened(sent).getexif().get_ifd(0x8825), "the sample has a place"
    clean = clean_picture(sent)
    for kept in (clean.data, clean.thumbnail):
        assert not opened(kept).getexif()
        assert not {"exif", "comment", "icc_profile"} & set(opened(kept).info)
        assert SECRET_NOTE.encode() not in kept
        assert b"PhoneMaker" not in kept


def test_what_is_appended_behind_the_picture_is_dropped() -> None:
    assert b"hidden" not in clean_picture(phone_photo() + b"hidden" * 100).data


def test_a_colour_profile_is_dropped() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "icc_profile" not in opened(clean_picture(encoded(drawn(), icc_profile=profile)).data).info


def test_a_photo_taken_sideways_stands_upright() -> None:
    clean = clean_picture(phone_photo(400, 300, orientation=6))  # to be turned by 90° clockwise
    assert (clean.width, clean.height) == (300, 400)
    red, _, blue = opened(clean.data).getpixel((150, 40))  # type: ignore[misc]
    assert red > 200 > 60 > blue, "the left half is on top now"


def test_a_large_photo_is_made_smaller_and_a_small_one_is_not_made_larger() -> None:
    large, small = clean_picture(phone_photo(3200, 1600)), clean_picture(phone_photo(200, 100))
    assert (large.width, large.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert opened(large.thumbnail).size == (THUMBNAIL_SIDE, THUMBNAIL_SIDE // 2)
    assert (small.width, small.height) == (200, 100) == opened(small.thumbnail).size


_KINDS = "PNG RGBA, PNG P, PNG LA, PNG 1, PNG I;16, WEBP RGBA, GIF P, JPEG CMYK, JPEG L"


@pytest.mark.parametrize(("kind", "mode"), [tuple(one.split()) for one in _KINDS.split(", ")])
def test_every_kind_of_picture_becomes_a_plain_jpeg(kind: str, mode: str) -> None:
    clean = clean_picture(
        encoded(drawn(90, 60).convert("L" if mode == "I;16" else "RGB").convert(mode), kind)
    )
    kept = opened(clean.data)
    assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (90, 60))


def test_what_is_transparent_becomes_white() -> None:
    glass = Image.new("RGBA", (50, 50), (0, 0, 0, 0))
    assert min(opened(clean_picture(encoded(glass, "PNG")).data).getpixel((20, 20))) > 250  # type: ignore[type-var, arg-type]


def test_the_same_picture_is_cleaned_to_the_same_bytes_whatever_its_metadata() -> None:
    assert (
        clean_picture(encoded(drawn(), quality=90)).data
        == clean_picture(encoded(drawn(), quality=90, comment=b"another")).data
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "不是照片"),
        (b"GIF99a" + bytes(90), "不是照片"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "不是照片"),
        (b"\xff\xd8\xff" + bytes(50), "打不开"),
        (phone_photo()[:2000], "打不开"),
        (png_claiming(60_000, 60_000), "尺寸太大"),
        (png_claiming(6_000, 6_000), "尺寸太大"),
        (b"\xff\xd8\xff\xe0" + b"\xff\xda" * 100, "打不开"),
        (b"\xff\xd8\xff" + bytes(MOST_BYTES), "超过10MB"),
    ],
    ids=["empty", "no magic", "svg", "no picture", "cut", "bomb", "large", "scans", "heavy"],
)
def test_what_is_no_picture_or_too_much_of_one_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(PhotoRefused, match=words):
        clean_picture(data)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([encoded(drawn(40, 30), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.binary(max_size=40),
)
def test_a_damaged_picture_is_cleaned_or_refused_and_never_fails(
    whole: bytes, changes: list[tuple[float, int]], behind: bytes
) -> None:
    damaged = bytearray(whole + behind)
    for place, value in changes:
        damaged[int(place * len(damaged))] = value
    try:
        clean = clean_picture(bytes(damaged))
    except PhotoRefused:
        return
    assert sniff_picture(clean.data) == "JPEG"
    assert max(clean.width, clean.height) <= LONGEST_SIDE


def test_documents_are_told_by_their_content() -> None:
    assert judge_document(b"%PDF-1.7\n...") == PDF
    assert judge_document(office_file("docx")) == DOCX
    assert judge_document(office_file("xlsx")) == XLSX
    for no_document, words in [
        (b"MZ\x90", "只能传"),
        (b"PK\x03\x04 no archive", "只能传"),
        (b"<html>", "只能传"),
        (office_file("docx", macros=True), "宏"),
        (b"%PDF-" + bytes(MOST_BYTES), "超过10MB"),
    ]:
        with pytest.raises(PhotoRefused, match=words):
            judge_document(no_document)


def test_a_voice_message_is_told_by_its_content() -> None:
    assert judge_sound(b"#!AMR\n\x3c") == "audio/amr"
    assert judge_sound(b"ID3 mp3") is None


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("整改照片.pdf", "整改照片.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\公文\\回复.exe", "回复.pdf"),
        ('a"b\r\nSet-Cookie: x.pdf', "abSet-Cookie x.pdf"),
        ("", "附件.pdf"),
        (".pdf", "pdf.pdf"),
        ("长" * 300, "长" * 80 + ".pdf"),
    ],
)
def test_a_downloads_name_has_no_folder_no_trick_and_the_true_ending(name: str, offered: str) -> None:
    assert file_name(name, PDF, otherwise="附件") == offered
