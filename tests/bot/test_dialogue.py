"""One reply per message whatever the network does, and nothing readable at rest: against real MongoDB."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis.asyncio import Redis

from bot.conversations.claims import Claims
from bot.conversations.outage import Outage
from bot.conversations.redis_pipe import RedisPipe
from bot.conversations.store import (
    MOST_ATTEMPTS,
    MOST_PER_MINUTE,
    MOST_TURNS,
    TOMBSTONE,
    Conversation,
    ConversationStore,
    LateMessages,
    RecordedTurn,
)
from bot.photos.shelf import PictureShelf
from bot.talk.phrases import flooding
from bot.talk.session import Draft, Picture, Session, Step
from bot.wechat.messages import MessageKind
from bot.wechat.reply import Reply
from routing.citizen_request import CitizenRequest
from routing.events import EventKind
from routing.ticket import Ticket
from tests.bot.house import FILING, OPENID, VAULT, Database, House, build_house
from tests.bot.town import ACCOUNT
from tests.factories import MONDAY_9_30


@pytest.fixture(params=["redis", "mongo alone"])
async def house(
    database: Database, redis: Redis, redis_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[House]:
    """Twice: claims in Redis, and as it goes on while there is none."""
    house = await build_house(database, redis)
    if request.param == "mongo alone":
        yield house
        return
    pipe = RedisPipe(redis_url, within_s=60)
    outage = Outage(house.dialogue.conversations)
    house.dialogue = replace(house.dialogue, claims=Claims(pipe, lease_s=60), outage=outage)
    yield house
    pipe.close()


async def test_a_filing_becomes_a_ticket_that_its_citizen_finds_again(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    reply = await house.hears("确认提交")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert reply is not None
    assert ticket.number in reply
    assert house.desk.query_code(ticket.number) in reply
    assert ticket.number in str(await house.hears("我的诉求"))


async def test_a_message_delivered_again_gets_the_same_reply_and_changes_nothing(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    confirm = house.message("确认提交")
    first = await house.answers(confirm, now=house.now)
    later = await house.answers(confirm, now=house.now + timedelta(seconds=5))
    assert first == later
    assert len(await house.queries.of_citizen(ACCOUNT, OPENID)) == 1


async def test_three_deliveries_at_once_file_one_ticket_and_get_one_reply(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    confirm = house.message("确认提交")
    replies = await asyncio.gather(*(house.answers(confirm, now=house.now) for _ in range(3)))
    assert len(set(replies)) == 1
    assert len(await house.queries.of_citizen(ACCOUNT, OPENID)) == 1


async def test_a_crash_between_filing_and_saving_files_no_second_ticket(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    before = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    confirm = house.message("确认提交")
    await house.answers(confirm, now=house.now)
    after = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    assert await house.dialogue.conversations.save(replace(before, version=after.version), now=house.now)
    await house.redis.flushdb()
    reply = await house.answers(confirm, now=house.now)
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.number in str(reply)


@pytest.mark.parametrize("photos", [1, 3])
async def test_photos_that_cross_the_confirmation_lose_neither_number_nor_photo(
    house: House, photos: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in FILING:
        await house.hears(said)
    register = house.desk.register
    confirm = house.message("确认提交")
    crossing = [house.message("", kind=MessageKind.IMAGE, media_id=f"p{n}") for n in range(photos)]
    meant = iter(crossing)

    async def register_while_a_photo_arrives(request: CitizenRequest, *, now: datetime) -> Ticket:
        photo = next(meant, None)
        if photo is not None:
            # In a process that Redis is away from: any other waits for the claim.
            alone = replace(house.dialogue, claims=None)
            assert "照片收到了" in str(await alone(photo, now=house.now))
        return await register(request, now=now)

    monkeypatch.setattr(house.desk, "register", register_while_a_photo_arrives)
    reply = str(await house.answers(confirm, now=house.now))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.number in reply
    assert house.desk.query_code(ticket.number) in reply
    kept = await PictureShelf(house.database, VAULT).of_ticket(ticket.number)
    assert [p.media_id for p in kept] == [f"p{n}" for n in range(photos)]
    assert f"（市民附照片，一共{photos}张）" in supplements(ticket)
    assert (await house.dialogue.conversations.load(ACCOUNT, OPENID)).session.draft is None


async def crash_before_saving(house: House) -> None:
    """The confirmation makes its ticket, and the process dies before the conversation knows."""
    for said in FILING:
        await house.hears(said)
    conversations = house.dialogue.conversations
    before = await conversations.load(ACCOUNT, OPENID)
    await house.hears("确认提交")
    after = await conversations.load(ACCOUNT, OPENID)
    assert await conversations.save(replace(before, version=after.version), now=house.now)
    await house.redis.flushdb()


async def test_words_added_after_a_crash_while_filing_reach_the_ticket(house: House) -> None:
    await crash_before_saving(house)
    await house.hears("昨晚又吵到两点")
    await house.hears("改地点")
    await house.hears("人民路14号")
    reply = str(await house.hears("确认提交"))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert ticket.number in reply
    assert supplements(ticket) == ["昨晚又吵到两点\n市民改了地点：人民路14号"]
    assert "没有加进去" not in reply


async def test_a_change_that_comes_too_late_is_told_beside_the_number(house: House) -> None:
    await crash_before_saving(house)
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    await house.desk.withdraw(ticket.number, reason="另有人撤回", now=house.now)
    for said in ("昨晚又吵到两点", "改公开方式", "公开"):
        await house.hears(said)
    reply = str(await house.hears("确认提交"))
    assert ticket.number in reply
    assert "您后来改的没有加进去" in reply
    assert "身份还是“保密”" in reply


async def test_confirming_twice_shows_the_ticket_made_by_the_first(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    taps = [house.message("确认提交") for _ in range(2)]
    replies = await asyncio.gather(*(house.answers(tap, now=house.now) for tap in taps))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert all(ticket.number in str(reply) for reply in replies)


async def test_photos_sent_together_after_filing_are_one_event(house: House) -> None:
    for said in (*FILING, "确认提交"):
        await house.hears(said)
    photos = [house.message("", kind=MessageKind.IMAGE, media_id=f"p{n}") for n in range(9)]
    minute = MONDAY_9_30 + timedelta(minutes=5)
    burst = [replace(photo, created_at=minute + timedelta(seconds=n)) for n, photo in enumerate(photos)]
    await asyncio.gather(*(house.answers(photo, now=minute) for photo in burst))
    house.now = minute + timedelta(minutes=2)
    await house.hears("", kind=MessageKind.IMAGE, media_id="later")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert supplements(ticket) == ["市民补充了照片。"] * 2
    assert len(await PictureShelf(house.database, VAULT).of_ticket(ticket.number)) == 10


async def test_photos_sent_together_all_reach_the_draft(house: House) -> None:
    await house.hears("我要求助")
    await house.hears("路灯坏了三天没人修")
    photos = [house.message("", kind=MessageKind.IMAGE, media_id=f"p{n}") for n in range(9)]
    await asyncio.gather(*(house.answers(photo, now=house.now) for photo in photos))
    conversation = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    assert conversation.session.draft is not None
    assert sorted(p.media_id for p in conversation.session.draft.pictures) == [f"p{n}" for n in range(9)]


async def test_a_supplement_delivered_twice_at_once_is_added_once(house: House) -> None:
    for said in (*FILING, "确认提交", "补充"):
        await house.hears(said)
    more = house.message("昨晚又吵到两点")
    await asyncio.gather(*(house.answers(more, now=house.now) for _ in range(2)))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert [e.kind for e in ticket.events].count(EventKind.SUPPLEMENTED) == 1


async def test_two_accounts_and_two_citizens_never_see_each_others_conversation(house: House) -> None:
    await house.hears("我要投诉")
    other = await house.hears("1", openid="o-somebody-else")
    assert "哪一种" not in str(other)
    stores = house.dialogue.conversations
    assert (await stores.load("another-account", OPENID)).session == Session()


async def test_nothing_a_citizen_said_or_is_called_is_readable_at_rest(house: House) -> None:
    for said in (*FILING, "确认提交"):
        await house.hears(said)
    await house.hears("", kind=MessageKind.IMAGE, media_id="photo-of-the-shop")
    late = LateMessages(house.database, VAULT)
    await late.keep(house.message("楼下烧烤店半夜还很吵"), now=house.now)
    for collection in ("conversations", "late_messages", "ticket_pictures"):
        documents = [d async for d in house.database[collection].find()]
        assert documents
        for secret in (OPENID, "13812345678", "张三", "烧烤", "photo-of-the-shop"):
            assert secret.encode() not in b"".join(_bytes_of(d) for d in documents), (collection, secret)


async def test_no_log_line_names_a_citizen(
    house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for said in (*FILING, "确认提交", "催办", "催办"):
        await house.hears(said)
    printed = capsys.readouterr()
    logged = caplog.text + printed.out + printed.err
    assert "TooOften" in logged, "the refusal itself is logged"
    for secret in (OPENID, "13812345678", "张三", "烧烤"):
        assert secret not in logged


async def test_taking_the_authorisation_back_erases_the_conversation(house: House) -> None:
    await house.hears("我要投诉")
    gone = await house.hears("", kind=MessageKind.EVENT, event="user_authorization_revoke")
    assert gone is None
    assert await house.database["conversations"].count_documents({}) == 0


async def test_sixty_messages_in_a_minute_are_slowed_down_in_words(house: House) -> None:
    start = house.now
    for _ in range(MOST_PER_MINUTE):
        assert await house.answers(house.message("查进度"), now=start) != flooding("查进度")
    assert await house.answers(house.message("查进度"), now=start) == flooding("查进度")
    later = start + timedelta(minutes=2)
    assert await house.answers(house.message("查进度"), now=later) != flooding("查进度")


async def test_a_burst_of_hundreds_is_answered_in_words_and_leaves_nothing_behind(house: House) -> None:
    burst = [house.message("你好") for _ in range(100)]
    replies = await asyncio.gather(*(house.answers(message, now=house.now) for message in burst))
    assert replies.count(flooding("你好")) >= 100 - MOST_PER_MINUTE
    assert all(replies)
    assert house.dialogue.crowds == {}
    assert "您好" in str(await house.answers(house.message("你好", openid="o-other"), now=house.now))


# ---- the stores by themselves


async def test_a_stale_conversation_is_not_saved(database: Database) -> None:
    store = ConversationStore(database, VAULT)
    fresh = await store.load(ACCOUNT, OPENID)
    assert await store.save(fresh, now=MONDAY_9_30)
    assert not await store.save(fresh, now=MONDAY_9_30), "somebody else made the first document"
    loaded = await store.load(ACCOUNT, OPENID)
    assert await store.save(loaded, now=MONDAY_9_30)
    assert not await store.save(loaded, now=MONDAY_9_30), "somebody else saved since"


async def test_a_session_comes_back_exactly_as_it_was_saved(database: Database) -> None:
    draft = Draft(
        id="d",
        touched_at=MONDAY_9_30,
        text="很吵",
        pictures=(Picture("m", "http://x"),),
        skipped=(Step.PLACE,),
    )
    session = Session(step=Step.CONTACT, draft=draft, stars=2, updated_at=MONDAY_9_30)
    turn = RecordedTurn("k", Reply("好"), MONDAY_9_30)
    store = ConversationStore(database, VAULT)
    saved = Conversation(account=ACCOUNT, openid=OPENID, session=session, turns=(turn,))
    await store.save(saved, now=MONDAY_9_30)
    assert await store.load(ACCOUNT, OPENID) == replace(saved, version=1)


async def test_only_the_last_replies_are_kept(database: Database) -> None:
    conversation = Conversation(account=ACCOUNT, openid=OPENID)
    for n in range(MOST_TURNS + 5):
        conversation = conversation.with_turn(Session(), RecordedTurn(f"k{n}", Reply("好"), MONDAY_9_30))
    assert len(conversation.turns) == MOST_TURNS
    assert conversation.recorded("k4") is None
    assert conversation.recorded("k5") is not None


async def test_late_messages_are_kept_once_found_in_order_and_done_once(house: House) -> None:
    late = LateMessages(house.database, VAULT)
    await late.prepare()
    first, second = house.message("第一句"), house.message("第二句")
    await late.keep(second, now=MONDAY_9_30 + timedelta(seconds=1))
    for _ in range(2):
        await late.keep(first, now=MONDAY_9_30)
    assert await late.find_late(house.now) == [first, second]
    assert await late.find_late(MONDAY_9_30 - timedelta(seconds=1)) == []
    assert [await late.done(first.key), await late.done(first.key)] == [True, False]
    assert await late.find_late(house.now) == [second]
    await late.keep(first, now=house.now)
    assert await late.find_late(house.now) == [second], "the platform delivered the first one once more"


async def test_an_answered_late_message_is_forgotten_by_the_store_after_a_while(house: House) -> None:
    late = LateMessages(house.database, VAULT)
    await late.prepare()
    await late.keep(house.message("第一句"), now=house.now)
    indexes = await house.database["late_messages"].index_information()
    assert indexes["done_at_1"]["expireAfterSeconds"] == TOMBSTONE.total_seconds()
    (document,) = [d async for d in house.database["late_messages"].find()]
    assert "done_at" not in document, "what waits must not expire"
    assert await late.done(document["_id"])
    (document,) = [d async for d in house.database["late_messages"].find()]
    assert abs(document["done_at"] - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("sealed", [b"x" * 40, b"", "no bytes", None])
async def test_one_unreadable_late_message_does_not_hold_back_the_others(
    house: House, sealed: object, capsys: pytest.CaptureFixture[str]
) -> None:
    late = LateMessages(house.database, VAULT)
    await late.prepare()
    bad, good = house.message("第一句"), house.message("第二句")
    await late.keep(bad, now=MONDAY_9_30)
    await late.keep(good, now=house.now)
    messages = house.database["late_messages"]
    whole = await messages.find_one({"_id": bad.key})
    assert whole is not None
    await messages.update_one({"_id": bad.key}, {"$set": {"sealed": sealed}})
    assert await late.find_late(house.now, limit=1) == []
    assert await late.find_late(house.now, limit=1) == [good], "what is broken takes no place in the queue"
    logged = capsys.readouterr().out
    assert "late message unreadable" in logged
    assert OPENID not in logged
    await messages.replace_one({"_id": bad.key}, {**whole, "broken": True})
    await late.prepare()
    assert await late.find_late(house.now) == [bad, good], "the key came back with a new start"


@pytest.mark.parametrize("claimed", [False, True])
async def test_a_late_answer_is_tried_five_times_and_then_given_up(house: House, claimed: bool) -> None:
    late, now = LateMessages(house.database, VAULT), MONDAY_9_30
    await late.prepare()
    message = house.message("第一句")
    await late.keep(message, now=now)
    tries = 0
    while await late.find_late(now) == [message]:
        tries += 1
        if claimed:
            assert await late.done(message.key)
        until = now + timedelta(minutes=1)
        left = await late.postpone(message.key, until=until)
        assert await late.find_late(now) == []
        assert left is (tries < MOST_ATTEMPTS)
        now = until
    assert tries == MOST_ATTEMPTS
    await late.keep(message, now=now)
    assert await late.find_late(now + timedelta(days=1)) == []
    assert not await late.postpone("never kept", until=now)


async def test_the_same_photo_is_shelved_once(database: Database) -> None:
    shelf = PictureShelf(database, VAULT)
    await shelf.put("HY1", (Picture("a"), Picture("b", "http://x")), now=MONDAY_9_30)
    await shelf.put("HY1", (Picture("b", "http://x"), Picture("c")), now=MONDAY_9_30 + timedelta(seconds=1))
    assert [p.media_id for p in await shelf.of_ticket("HY1")] == ["a", "b", "c"]
    assert await shelf.of_ticket("HY2") == []


def supplements(ticket: Ticket) -> list[str | None]:
    return [event.text for event in ticket.events if event.kind is EventKind.SUPPLEMENTED]


def _bytes_of(document: dict[str, Any]) -> bytes:
    return b"".join(bytes(v) if isinstance(v, bytes) else str(v).encode() for v in document.values())
