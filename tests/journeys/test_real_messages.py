"""Five hundred real messages of real citizens, encrypted, over HTTP: each answered in time, once, and none lost."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.load import percentile
from bot.services import utc_now
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import Delivery, Outcome
from bot.talk import phrases
from tests.journeys.city import City, open_city

MESSAGES = 500
AT_ONCE = 16
MOST_CHARACTERS = 2000
"""What a WeChat client lets one type."""


def texts_of(folder: Path) -> list[str]:
    """A fixed mixture of short, middling and long messages from three sources; kept in memory only."""
    found: list[str] = []
    for name, keys in (
        ("topic7", ("text",)),
        ("letters", ("text",)),
        ("recent_messages", ("topic", "detail")),
    ):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        random.Random(2026).shuffle(rows)
        texts = ["\n".join(str(row[key]) for key in keys if row.get(key)).strip() for row in rows]
        texts = sorted({text[:MOST_CHARACTERS] for text in texts if text}, key=len)
        step = max(1, len(texts) // (MESSAGES // 3 + 1))
        found += texts[::step][: MESSAGES // 3 + 1]
    random.Random(11).shuffle(found)
    return found[:MESSAGES]


@dataclass
class Tally:
    milliseconds: list[float] = field(default_factory=list)
    first: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    tries: Counter[int] = field(default_factory=Counter)
    filed: int = 0
    unfinished: Counter[str] = field(default_factory=Counter)

    def note(self, delivery: Delivery) -> None:
        self.outcomes[delivery.outcome] += 1
        self.tries[delivery.attempts] += 1
        self.milliseconds.append(delivery.seconds * 1000)


def kind_of(reply: str) -> str:
    """What the first answer was."""
    if "来源：" in reply:  # it may name the emergency numbers too
        return "answered with a source"
    if "110" in reply and "120" in reply:
        return "emergency card"
    if "我帮您登记" in reply:
        return "filing begun"
    if "没有把握" in reply:
        return "refused, filing offered"
    return "other"


async def converse(platform: SimulatedPlatform, openid: str, text: str, tally: Tally) -> None:
    """One citizen: the message, then whatever it takes to have it registered unless it was answered."""
    delivery = await platform.send_text(openid, text)
    tally.note(delivery)
    kind = kind_of(delivery.text)
    tally.first[kind] += 1
    if kind in ("answered with a source", "other"):
        return
    lines = () if kind == "filing begun" else ("登记这件事" if kind == "emergency card" else "登记成工单",)
    for line in (*lines, "对", "求助", "不清楚", "不留电话", "公开", "确认提交"):
        if line == "求助" and phrases.CHOOSE_TYPE not in delivery.text:
            continue  # the type was read from the text and only had to be confirmed
        delivery = await platform.send_text(openid, line)
        tally.note(delivery)
        if "工单号：" in delivery.text:
            tally.filed += 1
            return
    tally.unfinished[delivery.text[:20]] += 1


@pytest.mark.shared_data
async def test_five_hundred_real_messages_are_answered_in_time_once_and_none_is_lost(
    shared_data: Path, mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    texts = texts_of(shared_data)
    assert len(texts) == MESSAGES
    tally = Tally()
    room = asyncio.Semaphore(AT_ONCE)
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        clock=utc_now,
    ) as city:

        async def one(index: int, text: str) -> None:
            async with room:
                await converse(city.platform, f"oReal{index:05d}", text, tally)

        started = time.perf_counter()
        await asyncio.gather(*(one(index, text) for index, text in enumerate(texts)))
        seconds = time.perf_counter() - started
        await report(city, tally, seconds)
        assert tally.outcomes == Counter({Outcome.ANSWERED.value: len(tally.milliseconds)})
        assert tally.tries == Counter({1: len(tally.milliseconds)}), "some push had to be delivered again"
        assert max(tally.milliseconds) < 5000
        assert not tally.unfinished
        await city.sweep()
        for index in range(MESSAGES):
            lines = city.platform.conversation(f"oReal{index:05d}")
            said = sum(line.from_citizen for line in lines)
            assert said == len(lines) - said, f"citizen {index} was not answered exactly once each time"
        assert await city.services.database["tickets"].count_documents({}) == tally.filed
        assert await city.services.database["late_messages"].count_documents({}) == 0


async def report(city: City, tally: Tally, seconds: float) -> None:
    """The figures of this run, for whoever reads the output."""
    waited = sorted(tally.milliseconds)
    tickets = city.services.database["tickets"]
    automatic = await tickets.count_documents({"triage.automatic": True})
    print(
        f"\n{len(waited)} messages of {MESSAGES} citizens in {seconds:.1f} s = {len(waited) / seconds:.0f}/s; "
        f"p50 {percentile(waited, 50)} ms, p95 {percentile(waited, 95)} ms, p99 {percentile(waited, 99)} ms, "
        f"max {waited[-1]:.0f} ms; first answers {dict(tally.first)}; filed {tally.filed}, "
        f"of which dispatched by the machine {automatic}; unfinished {dict(tally.unfinished)}"
    )
