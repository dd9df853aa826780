"""Writes that go together are told apart: each caller learns of their own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bson.binary import Binary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.conversations.grouped_writes import GroupedWrites
from tests.bot.house import Database
from tests.bot.mongo_commands import Commands


async def write(writes: GroupedWrites, index: str, version: int, word: bytes, *, whole: bool = False) -> bool:
    fields = {"version": version + 1, "sealed": Binary(word)}
    return await writes.write(index, version, fields, [Binary(word)], whole=whole, most_turns=3)


async def test_what_comes_at_once_goes_together(mongo_url: str, database: Database) -> None:
    commands = Commands()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, event_listeners=[commands])
    writes = GroupedWrites(client[database.name]["conversations"])
    await write(writes, "first", 0, b"x")
    commands.names.clear()
    assert all(await asyncio.gather(*(write(writes, f"c{n}", 0, b"%d" % n) for n in range(50))))
    assert commands.names == ["insert"]
    assert all(await asyncio.gather(*(write(writes, f"c{n}", 1, b"+%d" % n) for n in range(50))))
    assert commands.names == ["insert", "update"]
    client.close()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", "d"]),
            st.integers(min_value=0, max_value=3),
            st.booleans(),
        ),
        max_size=12,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_each_learns_of_their_own_write(database: Database, asked: list[tuple[str, int, bool]]) -> None:
    """Of all that were written from the same version one was told yes, and what stands there is its own."""
    conversations = database["conversations"]
    await conversations.delete_many({})
    writes = GroupedWrites(conversations)
    words = [b"word %d" % number for number in range(len(asked))]
    told = await asyncio.gather(
        *(
            write(writes, index, version, word, whole=whole)
            for (index, version, whole), word in zip(asked, words, strict=True)
        )
    )
    for index in "abcd":
        won = [
            (version, word)
            for (of, version, _), word, yes in zip(asked, words, told, strict=True)
            if of == index and yes
        ]
        there = await conversations.find_one({"_id": index})
        assert len({version for version, _ in won}) == len(won), "two cannot follow one version"
        assert (there is None) == (not won)
        if there is not None:
            assert (there["version"] - 1, there["sealed"]) == max(won)


async def test_the_last_replies_are_kept_and_a_whole_write_keeps_only_its_own(database: Database) -> None:
    writes = GroupedWrites(database["conversations"])
    for version in range(5):
        assert await write(writes, "a", version, b"%d" % version)
    assert (await database["conversations"].find_one({"_id": "a"}) or {})["turns"] == [b"2", b"3", b"4"]
    assert await write(writes, "a", 5, b"5", whole=True)
    assert (await database["conversations"].find_one({"_id": "a"}) or {})["turns"] == [b"5"]


async def test_a_failure_is_told_to_all_of_its_command_and_the_next_goes_on(database: Database) -> None:
    writes = GroupedWrites(database["conversations"])
    far_too_large = b"x" * (17 * 1024 * 1024)
    lost = await asyncio.gather(
        write(writes, "a", 0, far_too_large), write(writes, "b", 0, b"b"), return_exceptions=True
    )
    assert any(isinstance(outcome, PyMongoError) for outcome in lost)
    assert await write(writes, "c", 0, b"c")


async def test_whoever_leaves_takes_nobody_along(database: Database) -> None:
    writes = GroupedWrites(database["conversations"])
    leaves = asyncio.create_task(write(writes, "a", 0, b"a"))
    stays = asyncio.create_task(write(writes, "b", 0, b"b"))
    await asyncio.sleep(0)
    leaves.cancel()
    assert await stays
    with pytest.raises(asyncio.CancelledError):
        await leaves
    assert await database["conversations"].count_documents({}) == 2, (
        "what was asked for is written all the same"
    )
