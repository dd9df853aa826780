"""Several processes, one conversation: one turn a message, nothing lost with Redis, nothing believed that is stale."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from redis.asyncio import Redis

from bot.conversations.at_hand import ConversationsAtHand
from bot.conversations.claims import (
    WAITING,
    WAITING_KNOWN,
    WATCHED_SINCE,
    Claimed,
    Claims,
    Recorded,
    Settled,
    Unsettled,
    greeting,
)
from bot.conversations.dialogue import Dialogue
from bot.conversations.late_promises import LatePromises
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisPipe
from bot.conversations.store import LateMessages
from bot.delivery.windows import Windows
from bot.talk.session import Step
from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.reply import Reply
from routing.citizen_request import CitizenRequest
from routing.ticket import Ticket
from tests.bot.house import FILING, OPENID, VAULT, Database, House, build_house
from tests.bot.mongo_commands import Commands
from tests.bot.redis_wire import Wire, open_wire
from tests.bot.town import ACCOUNT
from tests.factories import MONDAY_9_30

SOON_OVER_S, LONG_S = 0.05, 60.0


@dataclass
class Process:
    """One of several that answer, with a wire to Redis of its own."""

    dialogue: Dialogue
    wire: Wire
    pipe: RedisPipe

    async def answers(self, message: IncomingMessage, *, now: datetime) -> Reply | None:
        return await self.dialogue(message, now=now)


@pytest.fixture
async def house(database: Database, redis: Redis) -> House:
    return await build_house(database, redis)


@pytest.fixture
async def processes(house: House, redis_url: str, tmp_path: Path) -> AsyncIterator[list[Process]]:
    directories = [tmp_path / str(n) for n in range(2)]
    for directory in directories:
        directory.mkdir()
    async with (
        open_wire(redis_url, directories[0]) as one,
        open_wire(redis_url, directories[1]) as other,
    ):
        made = [process(house, wire) for wire in (one, other)]
        for each in made:
            await each.pipe.call("PING")
            each.wire.requests = 0
        yield made
        for each in made:
            each.pipe.close()


def process(house: House, wire: Wire, *, lease_s: float = SOON_OVER_S) -> Process:
    pipe = RedisPipe(wire.url, within_s=60, again_after_s=0, greet=greeting)
    dialogue = replace(
        house.dialogue,
        claims=Claims(pipe, lease_s=lease_s),
        outage=Outage(house.dialogue.conversations),
        at_hand=ConversationsAtHand(),
    )
    return Process(dialogue, wire, pipe)


async def teach(*processes: Process) -> None:
    """Let Redis know the scripts, so that each is one request from now on."""
    for each in processes:
        message = IncomingMessage(ACCOUNT, "o-teacher", FIRST.kind, f"t{id(each)}", FIRST.created_at, "你好")
        await each.dialogue(message, now=FIRST.created_at)
        each.wire.requests = 0


FIRST = IncomingMessage(ACCOUNT, "o", MessageKind.TEXT, "m", MONDAY_9_30)


# ---- one turn a message


async def test_deliveries_to_two_processes_at_once_are_one_turn(
    house: House, processes: list[Process]
) -> None:
    processes = [process(house, each.wire, lease_s=LONG_S) for each in processes]
    for said in FILING:
        await processes[0].answers(house.message(said), now=house.now)
    confirm = house.message("确认提交")
    replies = await asyncio.gather(*(p.answers(confirm, now=house.now) for p in processes * 3))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert {reply.text for reply in replies if reply} == {replies[0].text if replies[0] else ""}
    assert ticket.number in str(replies[0])
    assert [reply.again for reply in replies if reply].count(False) == 1


async def test_a_long_turn_is_waited_for_and_not_taken_over(
    house: House, processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = [process(house, each.wire, lease_s=0.6) for each in processes]
    for said in FILING:
        await processes[0].answers(house.message(said), now=house.now)
    register, begun, counted = house.desk.register, asyncio.Event(), 0

    async def slowly(request: CitizenRequest, *, now: datetime) -> Ticket:
        nonlocal counted
        counted += 1
        begun.set()
        await processes[0].wire.see(4)  # renewals, one every third of the lease
        return await register(request, now=now)

    monkeypatch.setattr(house.desk, "register", slowly)
    confirm = house.message("确认提交")
    first = asyncio.create_task(processes[0].answers(confirm, now=house.now))
    await begun.wait()
    second = await processes[1].answers(confirm, now=house.now)
    assert await first == replace(second, again=False) if second else None
    assert counted == 1


async def test_a_process_that_died_while_answering_is_taken_over(
    house: House, processes: list[Process]
) -> None:
    message = house.message("我要投诉")
    dead = processes[0].dialogue
    assert dead.claims is not None
    store = dead.conversations
    claim = await dead.claims.claim(
        store.index(ACCOUNT, OPENID),
        message.key,
        openid_indexes=store.openid_indexes(ACCOUNT, OPENID),
        written_at=0,
        window_s=0,
        new_generation=False,
    )
    assert isinstance(claim, Claimed)
    reply = await processes[1].answers(message, now=house.now)
    assert reply is not None
    assert reply.again, "the dead process may have promised a late answer"
    sealed, said = store.seal_state(await store.load(ACCOUNT, OPENID), "x"), store.seal_reply(None, "x")
    late = await dead.claims.settle(
        store.index(ACCOUNT, OPENID), message.key, claim, sealed=sealed, reply=said
    )
    assert late is False, "what was taken over is no longer the other's to settle"


async def test_a_turn_that_failed_is_free_at_once_for_the_next_delivery(
    house: House, processes: list[Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in FILING:
        await processes[0].answers(house.message(said), now=house.now)
    register = house.desk.register

    async def fail(request: CitizenRequest, *, now: datetime) -> Ticket:
        raise RuntimeError

    confirm = house.message("确认提交")
    monkeypatch.setattr(house.desk, "register", fail)
    with pytest.raises(RuntimeError):
        await processes[0].answers(confirm, now=house.now)
    monkeypatch.setattr(house.desk, "register", register)
    reply = await processes[1].answers(confirm, now=house.now)
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert reply is not None
    assert ticket.number in reply.text
    assert not reply.again


# ---- what a question costs


async def test_a_question_is_one_round_trip_to_redis_and_none_to_mongo(
    mongo_url: str, database: Database, redis: Redis, redis_url: str, tmp_path: Path
) -> None:
    commands = Commands()
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
        mongo_url, tz_aware=True, event_listeners=[commands]
    )
    async with open_wire(redis_url, tmp_path) as wire:
        house = await build_house(client[database.name], redis)
        asking = process(house, wire, lease_s=LONG_S)  # no renewal is counted
        for _ in range(2):  # the scripts, and who asks, are known
            await asking.answers(house.message("社保卡丢了怎么补"), now=house.now)
        commands.names.clear()
        wire.requests = 0
        reply = await asking.answers(house.message("社保卡丢了怎么补"), now=house.now)
        assert "来源：" in str(reply)
        assert (wire.requests, commands.names) == (1, [])
        wire.requests = 0
        asking.dialogue.at_hand.forget(house.dialogue.conversations.index(ACCOUNT, OPENID))
        await asking.answers(house.message("社保卡丢了怎么补"), now=house.now)
        assert (wire.requests, commands.names) == (2, []), (
            "claimed and settled, as where another answered last"
        )
        asking.pipe.close()
    client.close()


# ---- a question worked out before the conversation is claimed


async def test_questions_to_two_processes_in_turn_read_as_those_to_one(
    house: House, processes: list[Process]
) -> None:
    """Follow-ups hang on the answer before: whoever worked from an old copy would misunderstand them."""
    talk = ("社保卡丢了怎么补", "要带什么材料", "在哪里办", "高龄津贴怎么领", "要带什么材料", "多少钱一个月")
    alone = [str(await processes[0].answers(house.message(said), now=house.now)) for said in talk]
    for order in ((0, 1, 0, 1, 0, 1), (0, 0, 1, 0, 1, 1), (1, 1, 0, 0, 0, 1)):
        citizen = f"o-{order}"
        told = []
        for which, said in zip(order, talk, strict=True):
            message = replace(house.message(said), openid=citizen)
            told.append(str(await processes[which].answers(message, now=house.now)))
        assert told == alone


async def test_the_same_question_at_two_processes_that_know_the_talk_is_answered_once(
    house: House, processes: list[Process]
) -> None:
    for each in processes:
        await each.answers(house.message("社保卡丢了怎么补"), now=house.now)
    again = house.message("要带什么材料")
    replies = await asyncio.gather(*(each.answers(again, now=house.now) for each in processes * 2))
    assert len({reply.text for reply in replies if reply}) == 1
    assert [reply.again for reply in replies if reply].count(False) == 1


async def test_what_happened_in_between_is_never_overlooked(
    house: House, processes: list[Process], redis: Redis
) -> None:
    """A talk that is claimed, void, promised an answer or asked something is not answered from the copy at hand."""
    one = processes[0]
    store, index = house.dialogue.conversations, house.dialogue.conversations.index(ACCOUNT, OPENID)
    (openid_index, *_) = store.openid_indexes(ACCOUNT, OPENID)
    await one.answers(house.message("社保卡丢了怎么补"), now=house.now)
    known = one.dialogue.at_hand.ahead(index)
    assert known is not None

    async def settled(key: str = "another") -> Settled | Unsettled | Recorded:
        assert one.dialogue.claims is not None
        return await one.dialogue.claims.settle_unclaimed(
            index,
            key,
            known=known.mark,
            generation=known.generation,
            sealed=store.seal_state(known.conversation, index),
            reply=store.seal_reply(None, key),
            note=b"",
            openid_indexes=[openid_index],
            written_at=0,
            window_s=0,
        )

    await redis.hset(f"talk:{index}", "until", "1")
    assert await settled() == Unsettled(moved=False), "claimed, if only by one who died"
    await redis.hdel(f"talk:{index}", "until")
    await redis.set("talk-kept:another", "1")
    assert await settled() == Unsettled(moved=False), "promised a late answer"
    await redis.delete("talk-kept:another")
    await redis.set(f"asked:{openid_index}", "1")
    assert await settled() == Unsettled(moved=False), "asked something by a notice"
    await redis.delete(f"asked:{openid_index}")
    generation = await redis.get("conversations:generation")
    await redis.set("conversations:generation", "newer")
    assert await settled() == Unsettled(moved=False), "void since an outage"
    await redis.set("conversations:generation", generation or b"")
    assert isinstance(await settled(), Settled), "nothing stands in the way any more"
    assert isinstance(await settled(), Recorded)
    assert await settled("a third") == Unsettled(moved=True), "somebody went on from there"


async def test_a_talk_that_two_processes_answer_is_not_worked_out_ahead_for_ever(
    house: House, processes: list[Process]
) -> None:
    index = house.dialogue.conversations.index(ACCOUNT, OPENID)
    for each in processes * 2:
        await each.answers(house.message("社保卡丢了怎么补"), now=house.now)
    assert all(each.dialogue.at_hand.ahead(index) is None for each in processes)


async def test_a_talk_is_at_hand_for_minutes_only(house: House, processes: list[Process]) -> None:
    one, index = processes[0], house.dialogue.conversations.index(ACCOUNT, OPENID)
    await one.answers(house.message("社保卡丢了怎么补"), now=house.now)
    assert one.dialogue.at_hand.ahead(index) is not None
    another = replace(house.message("社保卡丢了怎么补"), openid="o-later")
    await one.answers(another, now=house.now + timedelta(minutes=11))
    assert one.dialogue.at_hand.ahead(index) is None


async def test_what_a_citizen_types_at_once_to_one_process_does_not_count_as_another(
    house: House, processes: list[Process]
) -> None:
    one, index = processes[0], house.dialogue.conversations.index(ACCOUNT, OPENID)
    await one.answers(house.message("社保卡丢了怎么补"), now=house.now)
    asked = [
        house.message(said) for said in ("社保卡丢了怎么补", "请问社保卡丢了怎么补", "社保卡丢了怎么补？")
    ]
    told = await asyncio.gather(*(one.answers(message, now=house.now) for message in asked))
    assert all("来源：" in str(reply) for reply in told)
    assert one.dialogue.at_hand.ahead(index) is not None


async def test_a_hanging_redis_does_not_hold_back_the_promise_of_a_late_answer(
    house: House, processes: list[Process]
) -> None:
    one = processes[0]
    assert one.dialogue.claims is not None
    late = LateMessages(house.database, VAULT)
    one.wire.hang()
    await LatePromises(late, one.dialogue.claims).keep(house.message("我要投诉"), now=house.now)
    (kept,) = await late.find_late(house.now)
    assert kept.content == "我要投诉"


# ---- Redis away


@pytest.mark.parametrize("seed", range(10))
async def test_redis_lost_anywhere_in_a_filing_loses_nothing_and_changes_no_word(
    house: House, processes: list[Process], seed: int
) -> None:
    """Deliveries go to either process while answers, requests and connections to Redis are lost at random."""
    chance = random.Random(seed)
    expected = [await say_alone(house, said) for said in (*FILING, "确认提交")]
    await teach(*processes)
    for said, words in zip((*FILING, "确认提交"), expected, strict=True):
        message = house.message(said)
        for _ in range(chance.randint(1, 3)):
            at = chance.choice(processes)
            disturb(at.wire, chance)
            reply = await at.answers(message, now=house.now)
            assert reply is not None
            assert without_numbers(reply.text) == words
            at.wire.mend()
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert "楼下烧烤店半夜还很吵" in ticket.text
    for each in processes:
        each.wire.lose_answer = each.wire.lose_request = None
        assert ticket.number in str(await each.answers(house.message("我的诉求"), now=house.now))


def disturb(wire: Wire, chance: random.Random) -> None:
    match chance.randrange(4):
        case 0:
            wire.lose_answer = chance.randrange(2)
        case 1:
            wire.lose_request = chance.randrange(2)
        case 2:
            wire.cut()
        case _:
            return


async def say_alone(house: House, said: str) -> str:
    """What somebody else hears who says the same, without Redis."""
    reply = await house.answers(house.message(said, openid="o-undisturbed"), now=house.now)
    return without_numbers(reply or "")


def without_numbers(text: str) -> str:
    return re.sub(r"\d{6,}", "…", text)


async def test_what_was_said_without_redis_is_not_forgotten_when_it_is_back(
    house: House, processes: list[Process]
) -> None:
    one, other = processes
    await one.answers(house.message("你好"), now=house.now)
    one.wire.cut()
    await one.answers(house.message("我要投诉"), now=house.now)
    one.wire.mend()
    # The other process's first look is at what Redis had before; the first to come back makes that void.
    await one.answers(house.message("你好", openid="o-anybody"), now=house.now)
    reply = await other.answers(house.message("楼下烧烤店半夜还很吵"), now=house.now)
    assert "在哪" in str(reply) or "地点" in str(reply)
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.step is Step.PLACE
    assert await house.database["conversation_outages"].count_documents({}) == 0


async def test_what_a_process_owed_when_it_died_is_owed_by_the_next(
    house: House, processes: list[Process]
) -> None:
    dead, other = processes
    await dead.answers(house.message("你好"), now=house.now)
    dead.wire.cut()
    await dead.answers(house.message("我要投诉"), now=house.now)
    started_later = Outage(house.dialogue.conversations)
    await started_later.take_over()
    assert started_later.owed
    other.dialogue = replace(other.dialogue, outage=started_later)
    await other.answers(house.message("楼下烧烤店半夜还很吵"), now=house.now)
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.step is Step.PLACE
    assert await house.database["conversation_outages"].count_documents({}) == 0


async def test_a_copy_older_than_mongo_is_found_out_before_anything_lasting_is_said(
    house: House, processes: list[Process]
) -> None:
    """As after a Redis that came back from an old snapshot."""
    one, _ = processes
    for said in FILING[:2]:
        await one.answers(house.message(said), now=house.now)
    old = await house.redis.hgetall(f"talk:{one.dialogue.conversations.index(ACCOUNT, OPENID)}")
    for said in FILING[2:]:
        await one.answers(house.message(said), now=house.now)
    await house.redis.hset(f"talk:{one.dialogue.conversations.index(ACCOUNT, OPENID)}", mapping=old)  # type: ignore[arg-type]
    reply = await one.answers(house.message("确认提交"), now=house.now)
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.number in str(reply)
    assert ticket.place == "人民路12号"


async def test_after_a_restart_of_redis_nothing_it_remembers_is_believed(
    house: House, processes: list[Process]
) -> None:
    """It may have lost its last second: the citizen would be heard at an older step."""
    one, other = processes
    for said in FILING[:1]:
        await one.answers(house.message(said), now=house.now)
    talk = f"talk:{one.dialogue.conversations.index(ACCOUNT, OPENID)}"
    old = await house.redis.hgetall(talk)
    await one.answers(house.message(FILING[1]), now=house.now)
    await house.redis.hset(talk, mapping=old)  # type: ignore[arg-type]
    await house.redis.set("conversations:run", "the run before")
    other.wire.cut()
    other.wire.mend()
    await other.answers(house.message(FILING[2]), now=house.now)
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.draft.place == "人民路12号"  # type: ignore[union-attr]


# ---- erasure, and what waits


async def test_what_was_said_is_gone_from_redis_too(house: House, processes: list[Process]) -> None:
    one, other = processes
    for said in ("社保卡丢了怎么补", "我要投诉", "楼下烧烤店半夜还很吵"):
        await one.answers(house.message(said), now=house.now)
    assert await house.redis.keys("talk*")
    revoked = house.message("", kind=MessageKind.EVENT, event="user_authorization_revoke")
    await other.answers(revoked, now=house.now)
    assert await house.redis.keys("talk*") == []


async def test_nothing_in_redis_is_readable(house: House, processes: list[Process]) -> None:
    for said in (*FILING, "社保卡丢了怎么补"):
        await processes[0].answers(house.message(said), now=house.now)
    stored: list[object] = []
    for key in await house.redis.keys("*"):
        stored += [key, await house.redis.dump(key)]
    for secret in (OPENID, "张三", "13812345678", "烧烤店", "社保卡"):
        assert not any(secret.encode() in part for part in stored if isinstance(part, bytes))
    assert len(stored) > 10


@pytest.mark.parametrize(
    ("known", "listed", "asked"), [(True, False, 0), (True, True, 1), (False, False, 1), (False, True, 1)]
)
async def test_the_database_is_asked_for_waiting_notices_only_where_some_may_wait(
    house: House, processes: list[Process], known: bool, listed: bool, asked: int
) -> None:
    resumed: list[str] = []

    async def resume(*, account: str, openid: str, now: datetime) -> int:
        resumed.append(openid)
        return 0

    if known:
        await house.redis.set(WAITING_KNOWN, "1")
    if listed:
        index = VAULT.blind_index(f"{ACCOUNT}\x00{OPENID}", field="openid")
        await house.redis.sadd(WAITING, index)
    dialogue = replace(processes[0].dialogue, resume=resume)
    await dialogue(house.message("你好"), now=house.now)
    assert resumed == [OPENID] * asked


async def test_the_window_for_writing_to_a_citizen_is_noted_and_never_shortened(
    house: House, processes: list[Process]
) -> None:
    key = f"window:{VAULT.blind_index(f'{ACCOUNT}{chr(0)}{OPENID}', field='openid')}"
    scan = house.message("", kind=MessageKind.EVENT, event="scan")
    await processes[0].answers(scan, now=house.now)
    assert await house.redis.ttl(key) <= 60
    await processes[0].answers(house.message("你好"), now=house.now)
    assert await house.redis.ttl(key) > timedelta(hours=47).total_seconds()
    await processes[0].answers(house.message("", kind=MessageKind.EVENT, event="click"), now=house.now)
    assert await house.redis.ttl(key) > timedelta(hours=47).total_seconds()


async def test_whoever_wrote_during_an_outage_has_no_chat_that_is_taken_for_closed(
    house: House, processes: list[Process]
) -> None:
    one, _ = processes
    windows = Windows(house.redis, VAULT)
    await house.redis.set(WATCHED_SINCE, int((house.now - timedelta(days=30)).timestamp()))
    one.wire.cut()
    await one.answers(house.message("我要投诉"), now=house.now)
    one.wire.mend()
    await one.answers(house.message("你好", openid="o-anybody"), now=house.now)
    assert await windows.is_open(ACCOUNT, OPENID, now=house.now) is not False
