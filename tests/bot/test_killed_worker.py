"""A worker that dies anywhere: what it began is completed by the next one, and nobody is told twice."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.delivery.delivering import CLAIM
from routing.citizen_request import Channel
from routing.departments import UnitId
from routing.events import EventKind, NoticeChannel, NoticeState
from routing.mongo_store import Database
from routing.ticket import Ticket
from routing.workflow import Actor, Role, State
from tests.bot.errand_office import ACCOUNT, UNITS, CountingWeChat, Fate, Killed, Office, kill_points
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_request

SUPERVISOR = Actor("supervisor", "林督办", Role.SUPERVISOR, UNITS.subtree(UnitId("qh.government")))
CHILDREN = 3
LEAST_POINTS = 200
DAY = timedelta(days=1)


@dataclass
class Clock:
    now: datetime = MONDAY_9_30

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Town:
    """A parent with duplicates, closed, and a ticket whose limits ran out: all of it still to be told."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    numbers: list[str] = field(default_factory=list)
    snapshot: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def build(self) -> None:
        office = Office(self.database, clock=self.clock, wechat=CountingWeChat())
        await office.prepare()
        desk, who = office.desk, SUPERVISOR
        for n in range(CHILDREN + 2):
            request = a_request(
                channel=Channel.WECHAT, external_number=f"K{n}", openid=f"o{n}", account=ACCOUNT
            )
            self.numbers.append((await desk.register(request, now=self.clock())).number)
        parent, late, *children = self.numbers
        for number in (parent, late):
            await desk.dispatch(number, CITY_MANAGEMENT, actor=who, version=None, now=self.clock())
        for child in children:
            await desk.links.link(child, parent, actor=who, version=None, now=self.clock(), reason="同一件事")
        await desk.accept(parent, actor=who, version=None, now=self.clock())
        await desk.resolve(parent, actor=who, version=None, now=self.clock(), text="路灯已修好")
        self.clock.now += DAY
        for name in ("tickets", "identities"):
            self.snapshot[name] = await self.database[name].find().to_list(None)

    async def restore(self) -> None:
        self.clock.now = MONDAY_9_30 + DAY
        await self.database["console_notices"].delete_many({})
        for name, documents in self.snapshot.items():
            await self.database[name].delete_many({})
            await self.database[name].insert_many(documents)

    async def finish(self, wechat: Any) -> None:
        """Another worker takes over; claims of the dead one run out."""
        office = Office(self.database, clock=self.clock, wechat=wechat)
        for _ in range(30):
            self.clock.now += CLAIM / 2
            done = await office.sweep()
            waiting = await self.database["tickets"].count_documents({"outbox.state": "sending"})
            if not done and not waiting:
                return
        raise AssertionError("the worker never comes to rest")

    async def tickets(self) -> list[Ticket]:
        office = Office(self.database, clock=self.clock, wechat=CountingWeChat())
        return [await office.tickets.get(number) for number in self.numbers]


@dataclass(frozen=True)
class Outcome:
    """What must be the same whoever died on the way."""

    events: list[Counter[EventKind]]
    told: set[tuple[str, str]]
    console: list[str]


async def outcome(town: Town, sent: list[tuple[str, str]]) -> Outcome:
    tickets = await town.tickets()
    console = sorted(d["_id"] for d in await town.database["console_notices"].find().to_list(None))
    return Outcome([Counter(e.kind for e in t.events) for t in tickets], set(sent), console)


def check_ledger(tickets: list[Ticket], sent: list[tuple[str, str]], *, deaths: int) -> None:
    """Sent once each, or, for what the dead worker had claimed, written down as unknown and never sent again."""
    assert max(Counter(sent).values(), default=0) <= 1, "somebody was told twice"
    notes = [n for t in tickets for n in t.outbox if n.channel is NoticeChannel.WECHAT]
    states = Counter(n.state for n in notes)
    assert set(states) <= {NoticeState.SENT, NoticeState.UNKNOWN}, states
    assert states[NoticeState.SENT] <= len(sent) <= states.total()
    assert states[NoticeState.UNKNOWN] <= deaths * len(tickets)
    assert all(
        n.state is NoticeState.SENT
        for t in tickets
        for n in t.outbox
        if n.channel is not NoticeChannel.WECHAT
    )


async def test_a_worker_killed_at_any_call_repeats_no_notice_and_misses_none(database: Database) -> None:
    town = Town(database)
    await town.build()
    fate, wechat = Fate(), CountingWeChat()
    whole = Office(database, clock=town.clock, wechat=wechat, fate=fate)
    while await whole.sweep():
        town.clock.now += timedelta(seconds=1)
    await town.finish(wechat)
    expected = await outcome(town, wechat.sent)
    children = (await town.tickets())[2:]
    assert [t.state for t in children] == [State.RESOLVED] * CHILDREN
    assert len(expected.told) > CHILDREN
    points = kill_points(fate.calls, least=LEAST_POINTS)
    assert len(points) >= LEAST_POINTS
    for n, after in points:
        await town.restore()
        wechat, fate = CountingWeChat(), Fate(n, after=after)
        dying = Office(database, clock=town.clock, wechat=wechat, fate=fate)
        try:
            while await dying.sweep():
                town.clock.now += timedelta(seconds=1)
        except Killed:
            pass
        await settle()
        await town.finish(wechat)
        found = await outcome(town, wechat.sent)
        where = f"killed {'after' if after else 'before'} call {n}"
        assert found.events == expected.events, where
        assert found.console == expected.console, where
        assert found.told <= expected.told, where
        unknown = sum(note.state is NoticeState.UNKNOWN for t in await town.tickets() for note in t.outbox)
        assert len(expected.told) - len(found.told) <= unknown, where
        check_ledger(await town.tickets(), wechat.sent, deaths=1)


async def settle() -> None:
    """Let what the dead worker had begun at the same time die too."""
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        with contextlib.suppress(Killed):
            await task


class SentToDatabase:
    """A WeChat whose messages outlive the process that sent them."""

    def __init__(self, database: Database) -> None:
        self._sent = database["sent"]

    async def send_text(self, openid: str, text: str) -> None:
        await self._sent.insert_one({"openid": openid, "text": text})


class StopsAfter(SentToDatabase):
    """Sends one message, says so on stdout, and never comes back."""

    async def send_text(self, openid: str, text: str) -> None:
        await super().send_text(openid, text)
        print("sent", flush=True)
        await asyncio.Event().wait()


async def test_a_process_killed_while_sending_is_taken_over(database: Database, mongo_url: str) -> None:
    town = Town(database)
    await town.build()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bot.doomed_worker",
        mongo_url,
        database.name,
        town.clock.now.isoformat(),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readuntil(b"sent\n"), timeout=60)
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    await town.finish(SentToDatabase(database))
    sent = [(d["openid"], d["text"]) for d in await database["sent"].find().to_list(None)]
    tickets = await town.tickets()
    check_ledger(tickets, sent, deaths=1)
    assert [t.state for t in tickets[2:]] == [State.RESOLVED] * CHILDREN
    # Several are sent at the same time: what else was on its way has an unknown outcome, and nobody sends it again.
    told = {openid for openid, _ in sent}
    unknown = sum(note.state is NoticeState.UNKNOWN for t in tickets for note in t.outbox)
    assert len({f"o{n}" for n in range(CHILDREN + 2)} - told) <= unknown
    assert len(told) > 1, "nobody took over"
