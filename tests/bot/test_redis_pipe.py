"""One connection for many callers: answers go to who asked, and whatever goes wrong is one error, soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.conversations.redis_pipe import RedisAway, RedisPipe, Script
from tests.bot.redis_wire import Wire, open_wire

ECHO = Script("return {KEYS[1], ARGV[1]}")


@pytest.fixture
async def wire(redis: Redis, redis_url: str, tmp_path: Path) -> AsyncIterator[Wire]:
    async with open_wire(redis_url, tmp_path) as wire:
        yield wire


async def test_callers_at_once_each_get_their_own_answer(redis: Redis, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, within_s=60)
    answers = await asyncio.gather(*(pipe.call("ECHO", str(n)) for n in range(500)))
    assert answers == [str(n).encode() for n in range(500)]
    pipe.close()


async def test_a_caller_that_gives_up_takes_nobody_elses_answer(redis: Redis, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, within_s=60)
    await pipe.call("PING")
    tasks = [asyncio.create_task(pipe.call("ECHO", str(n))) for n in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(answers.pop(3), asyncio.CancelledError)
    assert answers == [str(n).encode() for n in range(10) if n != 3]
    pipe.close()


async def test_a_script_the_server_forgot_is_told_it_again(redis: Redis, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, within_s=60)
    for _ in range(2):
        await redis.script_flush()
        assert await pipe.run(ECHO, ["k"], "v") == [b"k", b"v"]
    pipe.close()


async def test_an_error_names_its_code_and_nothing_that_was_sent(redis: Redis, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, within_s=60)
    await pipe.call("SET", "o-wang", "x")
    with pytest.raises(RedisAway) as away:
        await pipe.call("LPUSH", "o-wang", "13812345678")
    assert str(away.value) == "WRONGTYPE"
    with pytest.raises(RedisAway) as away:
        await pipe.call("NONSENSE", "13812345678")
    assert str(away.value) == "ERR"
    assert await pipe.call("PING") == b"PONG"
    pipe.close()


async def test_nobody_there_is_said_at_once_and_again_until_it_is_time_to_look(tmp_path: Path) -> None:
    pipe = RedisPipe(f"unix://{tmp_path}/nobody.sock", again_after_s=60)
    for _ in range(3):
        with pytest.raises(RedisAway):
            await pipe.call("PING")
    pipe.close()


async def test_after_a_cut_the_next_caller_is_connected_anew(wire: Wire) -> None:
    pipe = RedisPipe(wire.url, within_s=60, again_after_s=0)
    assert await pipe.call("PING") == b"PONG"
    wire.lose_answer = 0
    with pytest.raises(RedisAway, match="connection lost"):
        await pipe.call("PING")
    assert await pipe.call("PING") == b"PONG"
    wire.cut()
    with pytest.raises(RedisAway):
        await pipe.call("PING")
    wire.mend()
    assert await pipe.call("PING") == b"PONG"
    pipe.close()


async def test_a_silent_server_is_given_up_in_time_and_all_who_wait_are_told(tmp_path: Path) -> None:
    silent = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    server = await asyncio.start_unix_server(say_nothing, tmp_path / "silent.sock")
    pipe = RedisPipe(f"unix://{tmp_path}/silent.sock", within_s=0.05)
    answers = await asyncio.gather(*(pipe.call("PING") for _ in range(5)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["no answer in time"] * 5
    pipe.close()
    silent.set()
    server.close()


async def test_a_closed_pipe_leaves_nobody_waiting(redis: Redis, redis_url: str) -> None:
    pipe = RedisPipe(redis_url, within_s=60)
    await pipe.call("PING")
    waiting = asyncio.create_task(pipe.call("BLPOP", "never", "0"))
    await asyncio.sleep(0)
    pipe.close()
    with pytest.raises(RedisAway, match="closed"):
        await waiting
    with pytest.raises(RedisAway):
        await pipe.call("PING")
