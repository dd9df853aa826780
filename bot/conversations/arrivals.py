"""When a message came: how long it lets us write to its sender, and whether the talk has gone on without it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversations.store import Conversation
from bot.wechat.messages import IncomingMessage, MessageKind

_OUT_OF_TURN = timedelta(minutes=10)
"""Deliveries of a moment overtake each other; a message older than this was kept and comes late."""

_MESSAGE_WINDOW_S = 48 * 3600
_WINDOW_S = {"click": 60, "subscribe": 60, "scan": 60}
"""How long the platform lets us write after a message, and after an event."""


def out_of_turn(message: IncomingMessage, conversation: Conversation, now: datetime) -> bool:
    """Whether an old message, of which no answer is recorded, comes back to a talk that has gone on since (or was
    answered so long ago that nobody remembers): what it answered then, it does not answer now."""
    went_on = conversation.session.updated_at
    if message.kind is MessageKind.EVENT or went_on is None:
        return False
    return now - message.created_at > _OUT_OF_TURN and went_on >= message.created_at


def window_s(message: IncomingMessage) -> int:
    """Seconds, 0 for an event that opens none."""
    if message.kind is not MessageKind.EVENT:
        return _MESSAGE_WINDOW_S
    return _WINDOW_S.get(message.event or "", 0)
