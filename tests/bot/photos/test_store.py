"""Photos at rest: sealed, once per ticket, found after a rotation of the key, gone when they must be."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from bot.photos.kinds import MOST_PER_TICKET, PhotoId, PhotoKind, PhotoRefused, SentUp, Source
from bot.photos.store import LOOSE_FOR, PhotoStore
from routing.identity import SealBroken, Vault
from tests.bot.photos.pictures import SECRET_NOTE, office_file, phone_photo
from tests.factories import MONDAY_9_30

Database = AsyncIOMotorDatabase[dict[str, Any]]
VAULT = Vault(b"k" * 32)
NOW = MONDAY_9_30
WANG = ("county", "o-wang")
LI = ("county", "o-li")


@pytest.fixture
async def photos(database: Database) -> PhotoStore:
    store = PhotoStore(database, VAULT)
    await store.prepare()
    return store


async def keep(photos: PhotoStore, seed: int = 0, **parts: Any) -> PhotoId:
    given = {"number": "HY1", "source": Source.WECHAT, "now": NOW, **parts}
    return await photos.put(phone_photo(seed=seed), **given)


async def all_bytes(database: Database) -> bytes:
    found = b""
    for name in ("photos", "photos.files", "photos.chunks"):
        async for document in database[name].find():
            found += b"".join(
                bytes(value) if isinstance(value, bytes) else str(value).encode()
                for value in document.values()
            )
    return found


async def test_a_photo_comes_back_as_a_clean_jpeg_with_a_thumbnail(photos: PhotoStore) -> None:
    photo = await keep(photos)
    (kept,) = await photos.of_ticket("HY1")
    assert (kept.id, kept.kind, kept.media_type) == (photo, PhotoKind.PICTURE, "image/jpeg")
    data, small = await photos.open(photo), await photos.thumbnail(photo)
    assert data.startswith(b"\xff\xd8\xff")
    assert len(data) == kept.size
    assert small is not None
    assert small.startswith(b"\xff\xd8\xff")
    assert len(small) < len(data)


async def test_nothing_of_a_photo_can_be_read_without_the_key(photos: PhotoStore, database: Database) -> None:
    picture = await keep(photos)
    data = await photos.open(picture)
    await photos.put(
        office_file("docx"), number="HY1", source=Source.OFFICIAL, now=NOW, name="张三的回复.docx"
    )
    at_rest = await all_bytes(database)
    for secret in (
        data[:40],
        data[200:240],
        b"JFIF",
        b"word/document.xml",
        "张三".encode(),
        SECRET_NOTE.encode(),
    ):
        assert secret not in at_rest
    with pytest.raises(SealBroken):
        await PhotoStore(database, Vault(b"x" * 32)).open(picture)


async def test_a_file_moved_to_another_photo_does_not_open(photos: PhotoStore, database: Database) -> None:
    one, other = await keep(photos), await keep(photos, seed=1)
    file = await database["photos"].find_one({"_id": one})
    assert file is not None
    await database["photos"].update_one({"_id": other}, {"$set": {"file": file["file"]}})
    with pytest.raises(SealBroken):
        await photos.open(other)


async def test_photos_open_after_a_rotation_and_the_same_one_is_still_one(
    photos: PhotoStore, database: Database
) -> None:
    before = await keep(photos)
    await photos.put(b"%PDF-1.7 x", number="HY1", source=Source.OFFICIAL, now=NOW, name="回复.pdf")
    rotated = PhotoStore(database, Vault(b"n" * 32, previous=(b"k" * 32,)))
    assert (await rotated.open(before)).startswith(b"\xff\xd8\xff")
    assert await rotated.thumbnail(before)
    assert await keep(rotated) == before
    assert [photo.name for photo in await rotated.of_ticket("HY1")] == ["", "回复.pdf"]


async def test_the_same_photo_twice_on_a_ticket_is_one_and_on_two_tickets_two(photos: PhotoStore) -> None:
    first, again, elsewhere = await keep(photos), await keep(photos), await keep(photos, number="HY2")
    assert first == again != elsewhere
    assert len(await photos.of_ticket("HY1")) == len(await photos.of_ticket("HY2")) == 1


async def test_one_photo_kept_by_several_at_once_is_stored_once(
    photos: PhotoStore, database: Database
) -> None:
    ids = await asyncio.gather(*(keep(photos) for _ in range(6)))
    assert len(set(ids)) == 1
    assert await database["photos.files"].count_documents({}) == 1
    assert (await photos.open(ids[0])).startswith(b"\xff\xd8\xff")


async def test_what_a_crash_cut_off_is_done_again_or_tidied_away(
    photos: PhotoStore, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = photos._files.upload_from_stream_with_id

    async def dies_after_the_file(*args: Any) -> None:
        await upload(*args)
        raise ConnectionError

    monkeypatch.setattr(photos._files, "upload_from_stream_with_id", dies_after_the_file)
    for seed in (0, 1):
        with pytest.raises(ConnectionError):
            await keep(photos, seed=seed)
    monkeypatch.undo()
    assert await photos.of_ticket("HY1") == []
    again = await keep(photos, seed=0)
    assert [photo.id for photo in await photos.of_ticket("HY1")] == [again]
    assert await photos.tidy(NOW + timedelta(days=2)) == 1
    assert await database["photos.files"].count_documents({}) == 1, "no file without its photo"
    assert (await photos.open(again)).startswith(b"\xff\xd8\xff")


async def test_photos_stand_in_the_order_they_were_sent_whenever_they_came(photos: PhotoStore) -> None:
    late = await keep(photos, seed=2, at=NOW + timedelta(minutes=1))
    second = await keep(photos, seed=1, at=NOW, order=1)
    first = await keep(photos, seed=0, at=NOW, order=0)
    assert [photo.id for photo in await photos.of_ticket("HY1")] == [first, second, late]


async def test_a_photo_is_found_on_its_own_ticket_only(photos: PhotoStore) -> None:
    photo = await keep(photos)
    assert await photos.find("HY1", photo) is not None
    assert await photos.find("HY2", photo) is None
    assert await photos.find("HY1", "no-such-photo") is None
    with pytest.raises(KeyError):
        await photos.open(PhotoId("no-such-photo"))


async def test_loose_photos_join_the_ticket_of_their_owner_only(photos: PhotoStore) -> None:
    mine = await keep(photos, number=None, owner=WANG)
    assert await keep(photos, number=None, owner=WANG) == mine
    theirs = await keep(photos, number=None, owner=LI)
    assert await photos.attach([mine, theirs], number="HY1", owner=WANG, now=NOW) == 1
    assert [photo.id for photo in await photos.of_ticket("HY1")] == [mine]
    assert await photos.attach([mine], number="HY2", owner=WANG, now=NOW) == 0
    # The next draft's photo is a new one, even if it shows the same.
    assert await keep(photos, number=None, owner=WANG) != mine
    with pytest.raises(ValueError, match="owner"):
        await keep(photos, number=None)


async def test_what_a_ticket_has_already_is_not_attached_to_it_once_more(
    photos: PhotoStore, database: Database
) -> None:
    # Two uploads of one picture at the same moment do not know of each other.
    loose = await asyncio.gather(*(keep(photos, number=None, owner=WANG) for _ in range(2)))
    here = await keep(photos, seed=1)
    again = await keep(photos, seed=1, number=None, owner=WANG)
    await photos.attach([*loose, again], number="HY1", owner=WANG, now=NOW + timedelta(minutes=1))
    assert [photo.id for photo in await photos.of_ticket("HY1")] == [here, loose[0]]
    assert await database["photos.files"].count_documents({}) == 2


async def test_revoking_erases_loose_photos_and_leaves_those_of_tickets(
    photos: PhotoStore, database: Database
) -> None:
    loose, other, filed = (
        await keep(photos, number=None, owner=WANG),
        await keep(photos, number=None, owner=LI),
        await keep(photos),
    )
    assert await photos.erase_loose(*WANG) == 1
    with pytest.raises(KeyError):
        await photos.open(loose)
    assert await photos.open(other)
    assert await photos.open(filed)
    assert await database["photos.files"].count_documents({}) == 2


async def test_loose_photos_die_and_attached_ones_live(photos: PhotoStore, database: Database) -> None:
    forgotten, used = (
        await keep(photos, number=None, owner=WANG),
        await keep(photos, seed=1, number=None, owner=WANG),
    )
    await photos.attach([used], number="HY1", owner=WANG, now=NOW)
    assert await photos.tidy(NOW + LOOSE_FOR - timedelta(seconds=1)) == 0
    assert await photos.tidy(NOW + LOOSE_FOR) == 1
    with pytest.raises(KeyError):
        await photos.open(forgotten)
    assert await photos.open(used)
    assert await photos.erase_of_ticket("HY1") == 1
    assert await database["photos.chunks"].count_documents({}) == 0


async def test_documents_are_taken_from_officials_only(photos: PhotoStore) -> None:
    for source in (Source.WECHAT, Source.CITIZEN_PAGE):
        with pytest.raises(PhotoRefused, match="不是照片"):
            await photos.put(b"%PDF-1.7", number="HY1", source=source, now=NOW)
    pdf = await photos.put(
        b"%PDF-1.7", number="HY1", source=Source.OFFICIAL, now=NOW, name="a/b.exe", to_citizen=False
    )
    (kept,) = await photos.of_ticket("HY1")
    assert (kept.kind, kept.name, kept.to_citizen) == (PhotoKind.DOCUMENT, "b.pdf", False)
    assert await photos.open(pdf) == b"%PDF-1.7"
    assert await photos.thumbnail(pdf) is None


async def test_a_file_sent_up_with_an_answer_is_for_the_citizen_and_keeps_where_they_see_it_already(
    photos: PhotoStore,
) -> None:
    async def kept(data: bytes, *, to_citizen: bool) -> PhotoId:
        return await photos.put(data, number="HY1", source=Source.OFFICIAL, now=NOW, to_citizen=to_citizen)

    hidden, public = await kept(b"%PDF-1", to_citizen=False), await kept(b"%PDF-2", to_citizen=True)
    theirs = await keep(photos)
    first, second = SentUp(3, final=False), SentUp(7, final=True)
    for how in (first, first, second):
        await photos.send_up("HY1", [hidden, public, theirs], how)
    await photos.send_up("HY2", [hidden], SentUp(9, final=True))
    found = {photo.id: photo for photo in await photos.of_ticket("HY1")}
    assert (found[hidden].to_citizen, found[hidden].on_its_own) == (True, False)
    assert (found[public].to_citizen, found[public].on_its_own) == (True, True)
    assert found[hidden].sent_up == found[public].sent_up == (first, second)
    assert found[theirs].sent_up == ()
    await photos.show_to_citizen("HY1", hidden, shown=False)
    await photos.send_up("HY1", [hidden], SentUp(9, final=True))
    again = await photos.find("HY1", hidden)
    assert again is not None
    assert again.sent_up == (SentUp(9, final=True),), "what was taken back is not under the old answer again"


async def test_a_ticket_takes_so_many_and_no_more(photos: PhotoStore, database: Database) -> None:
    await database["photos"].insert_many([{"number": "HY1"} for _ in range(MOST_PER_TICKET)])
    with pytest.raises(PhotoRefused, match="最多60个"):
        await keep(photos)


async def test_the_loop_goes_on_while_a_large_photo_is_cleaned(photos: PhotoStore) -> None:
    large, longest, ended = phone_photo(4000, 3000), 0.0, asyncio.Event()

    async def heartbeat() -> None:
        nonlocal longest
        while not ended.is_set():
            before = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - before)

    beating = asyncio.create_task(heartbeat())
    started = time.perf_counter()
    await photos.put(large, number="HY1", source=Source.WECHAT, now=NOW)
    took = time.perf_counter() - started
    ended.set()
    await beating
    assert longest < max(took / 2, 0.05), f"one beat took {longest:.3f} s of {took:.3f} s"


async def test_what_a_refused_form_brought_is_let_go_and_a_tickets_photos_stay(photos: PhotoStore) -> None:
    loose = await keep(photos, 1, number=None, owner=WANG)
    kept = await keep(photos, 2, number=None, owner=WANG)
    await photos.attach([kept], number="HY1", owner=WANG, now=NOW)
    assert await photos.let_go([loose, kept], owner=LI) == 0
    assert await photos.let_go([loose, kept], owner=WANG) == 1
    assert [photo.id for photo in await photos.of_ticket("HY1")] == [kept]


async def test_nobody_fills_the_disk_with_photos_of_no_ticket(
    photos: PhotoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.photos.store.MOST_LOOSE", 3)
    for seed in range(3):
        await keep(photos, seed, number=None, owner=WANG)
    with pytest.raises(PhotoRefused, match="没有收下"):
        await keep(photos, 9, number=None, owner=WANG)
    await keep(photos, 9, number=None, owner=LI)


async def test_a_photo_that_found_its_ticket_meanwhile_is_not_thrown_away(
    photos: PhotoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep looks, the ticket is filed, the sweep throws away what it saw: it must look again."""
    photo = await photos.put(phone_photo(), number=None, source=Source.WECHAT, now=NOW, owner=WANG)
    look = photos._photos.find

    def look_then_be_overtaken(*args: Any, **options: Any) -> Any:
        async def found() -> AsyncIterator[Any]:
            for document in await look(*args, **options).to_list(None):
                await photos.attach([photo], number="HY2611160001", owner=WANG, now=NOW)
                yield document

        return found()

    with monkeypatch.context() as patched:
        patched.setattr(photos._photos, "find", look_then_be_overtaken, raising=False)
        assert await photos.tidy(NOW + LOOSE_FOR) == 0
    assert [one.id for one in await photos.of_ticket("HY2611160001")] == [photo]
    assert await photos.open(photo)


async def test_what_a_crash_left_half_thrown_away_is_thrown_away_by_the_next_sweep(
    photos: PhotoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = await photos.put(phone_photo(), number=None, source=Source.WECHAT, now=NOW, owner=WANG)

    async def dies(files: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(photos, "_delete_files", dies)
        with pytest.raises(ConnectionError):
            await photos.erase_loose(*WANG)
    with pytest.raises(KeyError):
        await photos.open(photo)
    assert await photos.attach([photo], number="HY2611160001", owner=WANG, now=NOW) == 0
    assert await photos.tidy(NOW) == 1
