"""A conversation in Redis: who may answer it now, what it remembers, and the replies already given.

One script claims, one settles: a message costs two round trips, whichever process it reaches. A question to the process
that answered the message before costs one (``at_hand``). Everything here may be lost; what may not is in MongoDB before
a reply goes out. Sealed as there, under the same key.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.conversations.redis_pipe import RedisPipe, Script

LEASE_S = 3.0
"""A process that dies while it answers is taken over after this, within the platform's patience of five seconds."""
STATE_KEPT = timedelta(hours=25)
"""A day after the last message everything Redis alone remembers is forgotten anyway."""
REPLY_KEPT = timedelta(hours=6)
"""Deliveries are repeated within seconds; answers that come late, within the worker's attempts."""
MOST_KEYS = 20

WAITING = "notices-waiting"
"""The openid indexes of citizens for whom a notice waits until they write again."""
WAITING_KNOWN = "notices-waiting:known"
"""While this is there the set above is complete."""
NOTES = "asked-notes"
"""What was asked, by message key, until the worker has written it down."""
WATCHED_SINCE = "window:since"
"""Since when every citizen's message left its ``window:`` key; an outage ends it, as messages went by unheard."""
_GENERATION = "conversations:generation"
"""A random name; a count would come to an old number again once the key is lost."""

_GREETING = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('DEL', KEYS[3])
return 1
"""

_HEARD = """
local function heard(waiting_set, waiting_known, window, seconds, written, first_index)
  if seconds ~= '0' and (seconds + 0 >= 172800 or redis.call('EXISTS', window) == 0) then
    redis.call('SET', window, written, 'EX', seconds)
  end
  if redis.call('EXISTS', waiting_known) == 0 then return 1 end
  for i = first_index, #ARGV do
    if redis.call('SISMEMBER', waiting_set, ARGV[i]) == 1 then return 1 end
  end
  return 0
end
"""
"""Lua: the citizen has written; 1 when a notice waits for that, or nobody knows."""

_RECORD = """
local function record(talk, state, generation, kept_ms, reply_key, reply, reply_ms, keys, key, most, notes, note)
  redis.call('HSET', talk, 'state', state, 'generation', generation)
  redis.call('PEXPIRE', talk, kept_ms)
  redis.call('SET', reply_key, reply, 'PX', reply_ms)
  redis.call('LPUSH', keys, key)
  redis.call('LTRIM', keys, 0, most - 1)
  redis.call('PEXPIRE', keys, kept_ms)
  if note ~= '' then redis.call('HSET', notes, key, note) end
end
"""
"""Lua: session, reply, and what was asked."""

# Recorded → {'r', reply}. Somebody else answers → {'b', ms left}. Else yours →
# {'y', state or '', generation, died, waiting, kept, asked or ''}; `died`: whoever had it before never settled.
_CLAIM = Script(
    _HEARD
    + """
if ARGV[3] == '1' then
  redis.call('SET', KEYS[3], ARGV[1])
  redis.call('DEL', KEYS[8])
end
local recorded = redis.call('GET', KEYS[2])
if recorded then return {'r', recorded} end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local kept = redis.call('HMGET', KEYS[1], 'until', 'state', 'generation')
local left = (tonumber(kept[1]) or now) - now
if left > 0 then return {'b', left} end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', string.format('%d', now + ARGV[2]))
if not kept[2] then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
local generation = redis.call('GET', KEYS[3])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[3], generation)
end
local state = ''
if kept[2] and kept[3] == generation then state = kept[2] end
local waiting = heard(KEYS[4], KEYS[5], KEYS[6], ARGV[5], ARGV[6], 7)
local asked = redis.call('GET', KEYS[9]) or ''
return {'y', state, generation, kept[1] and 1 or 0, waiting, redis.call('EXISTS', KEYS[7]), asked}
"""
)

# 1 when it was still ours. The state is kept under the generation it was read in: one begun since makes it void.
_SETTLE = Script(
    _RECORD
    + """
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'owner', 'until')
record(KEYS[1], ARGV[2], ARGV[3], ARGV[4], KEYS[2], ARGV[5], ARGV[6], KEYS[3], ARGV[7], ARGV[8], KEYS[4], ARGV[9])
return 1
"""
)

# Recorded → {'r', reply}. Settled → {'s', waiting}. Somebody else wrote the state → {'o'}. Claimed, void, promised a
# late answer or asked something by a notice → {'n'}.
_SETTLE_UNCLAIMED = Script(
    _HEARD
    + _RECORD
    + """
local recorded = redis.call('GET', KEYS[2])
if recorded then return {'r', recorded} end
local kept = redis.call('HMGET', KEYS[1], 'state', 'generation', 'until')
if not kept[1] or redis.sha1hex(kept[1]) ~= ARGV[1] then return {'o'} end
if kept[3] or kept[2] ~= ARGV[3] or redis.call('GET', KEYS[8]) ~= ARGV[3] then return {'n'} end
if redis.call('EXISTS', KEYS[9], KEYS[10]) > 0 then return {'n'} end
record(KEYS[1], ARGV[2], ARGV[3], ARGV[4], KEYS[2], ARGV[5], ARGV[6], KEYS[3], ARGV[7], ARGV[8], KEYS[4], ARGV[9])
return {'s', heard(KEYS[5], KEYS[6], KEYS[7], ARGV[10], ARGV[11], 12)}
"""
)

_RENEW = Script("""
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[1], 'until', string.format('%d', now + ARGV[2]))
return 1
""")

_RELEASE = Script("""
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'owner', 'until')
""")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The message was answered; ``sealed`` is its reply."""

    sealed: bytes


@dataclass(frozen=True, slots=True)
class Busy:
    """Another message of this citizen, or this one elsewhere, is being answered."""

    left_s: float
    """Until the other's lease ends, if it does not renew it."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Yours to answer. ``sealed`` is what Redis remembers, None for nothing that may be believed."""

    owner: bytes
    sealed: bytes | None
    generation: bytes
    after_a_death: bool
    """The holder before never settled: MongoDB may know more than Redis."""
    notices_wait: bool
    """A notice waits for this citizen, or nobody knows."""
    kept: bool
    """Some process promised a late answer to this message."""
    asked: bytes | None = None
    """What a notice asked this citizen last, as ``bot.talk.asked`` packs it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Nobody had touched the conversation; session and reply are recorded."""

    notices_wait: bool


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Nothing was recorded; the conversation has to be claimed."""

    moved: bool
    """Another process has answered there meanwhile."""


def mark_of(sealed: bytes) -> str:
    """What a sealed state is known by: no two are sealed alike."""
    return hashlib.sha1(sealed, usedforsecurity=False).hexdigest()


def greeting(run_id: str) -> tuple[str | int | bytes, ...]:
    """The first command of a connection: a Redis that was started anew may have lost its last seconds, and what it
    remembers is void."""
    fresh = secrets.token_bytes(8)
    return ("EVAL", _GREETING, 3, "conversations:run", _GENERATION, WATCHED_SINCE, run_id, fresh)


class Claims:
    """The right to answer a conversation, with what it remembers. Raises ``RedisAway`` throughout."""

    def __init__(self, pipe: RedisPipe, *, lease_s: float = LEASE_S) -> None:
        self._pipe = pipe
        self.lease_s = lease_s
        self._lease_ms = int(lease_s * 1000)

    async def claim(
        self,
        index: str,
        key: str,
        *,
        openid_indexes: Sequence[str],
        written_at: int,
        window_s: int,
        new_generation: bool,
    ) -> Recorded | Busy | Claimed:
        """``index`` is the conversation's, ``key`` the message's. ``new_generation`` voids what Redis remembers of all
        conversations: somebody wrote to MongoDB while Redis was away."""
        owner = secrets.token_bytes(8)
        keys = (
            f"talk:{index}",
            f"talk-reply:{key}",
            _GENERATION,
            WAITING,
            WAITING_KNOWN,
            f"window:{openid_indexes[0]}",
            f"talk-kept:{key}",
            WATCHED_SINCE,
            f"asked:{openid_indexes[0]}",
        )
        answer = await self._pipe.run(
            _CLAIM,
            keys,
            owner,
            self._lease_ms,
            "1" if new_generation else "0",
            _STATE_MS,
            window_s,
            written_at,
            *openid_indexes,
        )
        if answer[0] == b"y":
            _, sealed, generation, died, waiting, kept, asked = answer
            return Claimed(
                owner, sealed or None, generation, bool(died), bool(waiting), bool(kept), asked or None
            )
        return Recorded(answer[1]) if answer[0] == b"r" else Busy(answer[1] / 1000)

    async def settle(
        self, index: str, key: str, claimed: Claimed, *, sealed: bytes, reply: bytes, note: bytes = b""
    ) -> bool:
        """Record session and reply and give the claim back; False when somebody took it over meanwhile."""
        args = (claimed.owner, sealed, claimed.generation, _STATE_MS, reply, _REPLY_MS, key, MOST_KEYS, note)
        return bool(await self._pipe.run(_SETTLE, _record_keys(index, key), *args))

    async def settle_unclaimed(
        self,
        index: str,
        key: str,
        *,
        known: str,
        generation: bytes,
        sealed: bytes,
        reply: bytes,
        note: bytes,
        openid_indexes: Sequence[str],
        written_at: int,
        window_s: int,
    ) -> Settled | Unsettled | Recorded:
        """Claim and settle at once, where the state is still the one of mark ``known`` and of this generation."""
        keys = (
            *_record_keys(index, key),
            WAITING,
            WAITING_KNOWN,
            f"window:{openid_indexes[0]}",
            _GENERATION,
            f"talk-kept:{key}",
            f"asked:{openid_indexes[0]}",
        )
        args = (known, sealed, generation, _STATE_MS, reply, _REPLY_MS, key, MOST_KEYS, note)
        answer = await self._pipe.run(_SETTLE_UNCLAIMED, keys, *args, window_s, written_at, *openid_indexes)
        if answer[0] == b"s":
            return Settled(bool(answer[1]))
        return Recorded(answer[1]) if answer[0] == b"r" else Unsettled(moved=answer[0] == b"o")

    async def renew(self, index: str, claimed: Claimed) -> bool:
        return bool(await self._pipe.run(_RENEW, (f"talk:{index}",), claimed.owner, self._lease_ms))

    async def release(self, index: str, claimed: Claimed) -> None:
        """Nothing was answered: let the next delivery try at once."""
        await self._pipe.run(_RELEASE, (f"talk:{index}",), claimed.owner)

    async def note_kept(self, key: str) -> None:
        """This message is about to be kept for a late answer: whoever claims it is told."""
        await self._pipe.call("SET", f"talk-kept:{key}", "1", "PX", _REPLY_MS)

    async def keys_of(self, indexes: Iterable[str]) -> list[str]:
        """The keys of a conversation's last messages."""
        found: list[str] = []
        for index in indexes:
            keys = await self._pipe.call("LRANGE", f"talk-keys:{index}", 0, -1)
            found += [key.decode() for key in keys]
        return found

    async def erase(
        self, indexes: Iterable[str], keys: Iterable[str], *, openid_indexes: Iterable[str] = ()
    ) -> None:
        """Forget what was said, what was answered, and that anything was asked."""
        keys = list(keys)
        gone = [f"talk-reply:{key}" for key in keys] + [f"asked:{index}" for index in openid_indexes]
        for index in indexes:
            gone += [f"talk:{index}", f"talk-keys:{index}"]
        await self._pipe.call("DEL", *gone)
        if keys:
            await self._pipe.call("HDEL", NOTES, *keys)


def _record_keys(index: str, key: str) -> tuple[str, str, str, str]:
    return f"talk:{index}", f"talk-reply:{key}", f"talk-keys:{index}", NOTES


_STATE_MS = int(STATE_KEPT.total_seconds() * 1000)
_REPLY_MS = int(REPLY_KEPT.total_seconds() * 1000)
