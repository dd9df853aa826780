"""One reply per message whatever the network does, and nothing readable at rest: against real MongoDB."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from bot.conversation_store import (
    MOST_ATTEMPTS,
    MOST_PER_MINUTE,
    MOST_TURNS,
    TOMBSTONE,
    Conversation,
    ConversationStore,
    LateMessages,
    PictureShelf,
    RecordedTurn,
)
from bot.dialogue import Dialogue
from bot.errands import Errands
from bot.phrases import FLOODING
from bot.session import Draft, Picture, Session, Step
from bot.wechat.messages import IncomingMessage, MessageKind
from classifier.model import Classification
from routing.citizen_request import CitizenRequest
from routing.events import EventKind
from routing.identity import Vault
from routing.identity_store import MongoIdentityStore
from routing.mongo_store import MongoTicketStore
from routing.places.gazetteer import load_gazetteer
from routing.queries import Queries
from routing.service_desk import ServiceDesk, TriageTools
from routing.ticket import Ticket
from routing.triage.catalogue import load_duty_list
from tests.bot.town import ACCOUNT, UNITS, Hearing, KnowledgeBase, understand
from tests.factories import MONDAY_9_30, PROFILE

Database = AsyncIOMotorDatabase[dict[str, Any]]

OPENID = "o-wang-jianguo"
VAULT = Vault(b"a secret of at least thirty-two bytes")
FILING = ("我要投诉", "楼下烧烤店半夜还很吵", "人民路12号", "张三 13812345678", "保密")


@dataclass
class House:
    """The dialogue as production wires it; only the knowledge base and the classifier are stand-ins."""

    dialogue: Dialogue
    desk: ServiceDesk
    queries: Queries
    database: Database
    now: datetime = MONDAY_9_30
    count: int = 0

    def message(self, text: str, *, openid: str = OPENID, **fields: Any) -> IncomingMessage:
        self.count += 1
        self.now += timedelta(seconds=2)
        kind = fields.pop("kind", MessageKind.TEXT)
        return IncomingMessage(ACCOUNT, openid, kind, f"m{self.count}", self.now, content=text, **fields)

    async def hears(self, text: str, **fields: Any) -> str | None:
        return await self.dialogue(self.message(text, **fields), now=self.now)


@pytest.fixture
async def house(database: Database) -> House:
    tickets, identities = MongoTicketStore(database), MongoIdentityStore(database, VAULT)
    conversations, pictures = ConversationStore(database, VAULT), PictureShelf(database, VAULT)
    for store in (tickets, identities, conversations, pictures):
        await store.prepare()
    desk = ServiceDesk(
        tickets=tickets,
        identities=identities,
        profile=PROFILE,
        triage=TriageTools(
            classify=lambda text: Classification("城乡建设", 0.2, True, (), ()),
            duties=load_duty_list(),
            units=UNITS,
            gazetteer=load_gazetteer(),
            topics=frozenset({"城乡建设"}),
        ),
        vault=VAULT,
        planner=lambda ticket, event: (),
    )
    queries = Queries(database, identities=identities, vault=VAULT)
    errands = Errands(
        desk=desk,
        queries=queries,
        answerer=KnowledgeBase(),
        hearing=Hearing(),
        pictures=pictures,
        units=UNITS,
        calendar=PROFILE.calendar,
    )
    dialogue = Dialogue(conversations=conversations, errands=errands, understand=understand)
    return House(dialogue, desk, queries, database)


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
    first = await house.dialogue(confirm, now=house.now)
    later = await house.dialogue(confirm, now=house.now + timedelta(seconds=5))
    assert first == later
    assert len(await house.queries.of_citizen(ACCOUNT, OPENID)) == 1


async def test_three_deliveries_at_once_file_one_ticket_and_get_one_reply(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    confirm = house.message("确认提交")
    replies = await asyncio.gather(*(house.dialogue(confirm, now=house.now) for _ in range(3)))
    assert len(set(replies)) == 1
    assert len(await house.queries.of_citizen(ACCOUNT, OPENID)) == 1


async def test_a_crash_between_filing_and_saving_files_no_second_ticket(house: House) -> None:
    for said in FILING:
        await house.hears(said)
    before = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    confirm = house.message("确认提交")
    await house.dialogue(confirm, now=house.now)
    after = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    assert await house.dialogue.conversations.save(replace(before, version=after.version), now=house.now)
    reply = await house.dialogue(confirm, now=house.now)
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
            assert "照片收到了" in str(await house.dialogue(photo, now=house.now))
        return await register(request, now=now)

    monkeypatch.setattr(house.desk, "register", register_while_a_photo_arrives)
    reply = str(await house.dialogue(confirm, now=house.now))
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
    replies = await asyncio.gather(*(house.dialogue(tap, now=house.now) for tap in taps))
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert all(ticket.number in str(reply) for reply in replies)


async def test_photos_sent_together_after_filing_are_one_event(house: House) -> None:
    for said in (*FILING, "确认提交"):
        await house.hears(said)
    photos = [house.message("", kind=MessageKind.IMAGE, media_id=f"p{n}") for n in range(9)]
    minute = MONDAY_9_30 + timedelta(minutes=5)
    burst = [replace(photo, created_at=minute + timedelta(seconds=n)) for n, photo in enumerate(photos)]
    await asyncio.gather(*(house.dialogue(photo, now=minute) for photo in burst))
    house.now = minute + timedelta(minutes=2)
    await house.hears("", kind=MessageKind.IMAGE, media_id="later")
    (ticket,) = await house.queries.of_citizen(ACCOUNT, OPENID)
    assert supplements(ticket) == ["市民补充了照片。"] * 2
    assert len(await PictureShelf(house.database, VAULT).of_ticket(ticket.number)) == 10


async def test_photos_sent_together_all_reach_the_draft(house: House) -> None:
    await house.hears("我要求助")
    await house.hears("路灯坏了三天没人修")
    photos = [house.message("", kind=MessageKind.IMAGE, media_id=f"p{n}") for n in range(9)]
    await asyncio.gather(*(house.dialogue(photo, now=house.now) for photo in photos))
    conversation = await house.dialogue.conversations.load(ACCOUNT, OPENID)
    assert conversation.session.draft is not None
    assert sorted(p.media_id for p in conversation.session.draft.pictures) == [f"p{n}" for n in range(9)]


async def test_a_supplement_delivered_twice_at_once_is_added_once(house: House) -> None:
    for said in (*FILING, "确认提交", "补充"):
        await house.hears(said)
    more = house.message("昨晚又吵到两点")
    await asyncio.gather(*(house.dialogue(more, now=house.now) for _ in range(2)))
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
        assert await house.dialogue(house.message("查进度"), now=start) != FLOODING
    assert await house.dialogue(house.message("查进度"), now=start) == FLOODING
    assert await house.dialogue(house.message("查进度"), now=start + timedelta(minutes=2)) != FLOODING


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
    turn = RecordedTurn("k", "好", MONDAY_9_30)
    store = ConversationStore(database, VAULT)
    saved = Conversation(account=ACCOUNT, openid=OPENID, session=session, turns=(turn,))
    await store.save(saved, now=MONDAY_9_30)
    assert await store.load(ACCOUNT, OPENID) == replace(saved, version=1)


async def test_only_the_last_replies_are_kept(database: Database) -> None:
    conversation = Conversation(account=ACCOUNT, openid=OPENID)
    for n in range(MOST_TURNS + 5):
        conversation = conversation.with_turn(Session(), RecordedTurn(f"k{n}", "好", MONDAY_9_30))
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
