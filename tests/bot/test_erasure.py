"""A citizen who takes the authorisation back is forgotten, whichever key their words were sealed under."""

from __future__ import annotations

from bot.conversations.store import Conversation, ConversationStore
from routing.identity import Vault
from routing.mongo_store import Database
from tests.factories import MONDAY_9_30

OLD, NEW = b"o" * 32, b"n" * 32


async def test_what_was_said_before_a_key_rotation_is_erased_too(database: Database) -> None:
    before = ConversationStore(database, Vault(OLD))
    assert await before.save(Conversation(account="demo", openid="oAbC-1"), now=MONDAY_9_30)
    assert await before.save(Conversation(account="demo", openid="oOther"), now=MONDAY_9_30)
    await ConversationStore(database, Vault(NEW, previous=(OLD,))).erase("demo", "oAbC-1")
    assert await database["conversations"].count_documents({}) == 1
