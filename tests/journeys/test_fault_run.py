"""Thousands of conversations while processes die, Redis restarts, responses get lost and the platform misbehaves.

``HUIYIN_FAULT_CONVERSATIONS`` makes the run longer, ``HUIYIN_FAULT_SEED`` repeats the dice of an earlier one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from bot.embedded import EmbeddedStores
from bot.people import People
from bot.simulator import sms_gateway
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import ApiCall, ChatEntry, Outcome
from routing.departments import UnitId
from routing.mongo_store import AWARE
from routing.workflow import Role
from tests.journeys.city import ACCOUNT, accounts_file
from tests.journeys.fault_service import SCALE, fast_clock
from tests.journeys.fault_verdict import Citizen, Verdict, overwhelmed
from tests.journeys.faulty_city import Child, FaultyCity, Official, connections, serve_platform, spec_file
from tests.journeys.faulty_gateway import FaultyGateway

CONVERSATIONS = int(os.environ.get("HUIYIN_FAULT_CONVERSATIONS", "2000"))
AT_ONCE = 16
SPEED = 20.0
FILINGS = 0.03
TROUBLE_EVERY_S = 4.0
ANSWER_WITHIN_S = 6.0
"""A late answer comes within this; what comes later is counted at the end."""
SETTLED_WITHIN_S = 240.0
CUT_AFTER_S = 5 * SCALE
LEAST_KINDS = 15
SECRET_KEY = "a secret key of the fault run, long enough"

TALK = (
    "你好",
    "社保卡丢了怎么补办？",
    "查进度",
    "居住证怎么办理",
    "帮助",
    "#",
    "我的诉求",
    "新生儿怎么上户口？",
)
COMPLAINTS = ("人民路的路灯坏了，晚上很黑", "小区门口的井盖破了，很危险", "楼下烧烤店油烟很大")
TEMPLATES = f"""
[accounts.{ACCOUNT.name}.templates.answered]
id = "tpl-answered"
[accounts.{ACCOUNT.name}.templates.answered.fields]
thing1 = "{{number}}"
thing2 = "{{state}}"
[accounts.{ACCOUNT.name}.subscriptions.answered]
id = "sub-answered"
[accounts.{ACCOUNT.name}.subscriptions.answered.fields]
thing1 = "{{number}}"
"""
GATEWAY = {"secret": "secret of the gateway", "sign": "清和县12345"}
HABITS = ("template", "subscription", "sms")
"""How a citizen who filed can be reached: by all ways, by a consent and no template, or no more on WeChat at all."""
PHONES = "139000"
"""What all numbers of the run begin with."""
ROLES = (("serve", "one"), ("serve", "two"), ("work", "worker"))


@dataclass
class Run:
    city: FaultyCity
    database: Any
    official: Official
    gateway: FaultyGateway
    citizens: dict[str, Citizen] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    habits: Iterator[str] = field(default_factory=lambda: itertools.cycle(HABITS))

    def saw(self, call: ApiCall) -> None:
        self.calls[call.endpoint] += 1
        if call.openid in self.citizens:
            self.citizens[call.openid].calls.append(call)

    async def converse(self, index: int) -> None:
        dice = self.city.dice
        citizen = Citizen("oF" + secrets.token_hex(13))
        self.citizens[citizen.openid] = citizen
        kind = dice.random()
        if kind < FILINGS:
            await self.file(citizen, index)
        elif kind < 0.1:
            # Two messages at once: the redelivery of the first comes after the second.
            await asyncio.gather(*(self.say(citizen, line) for line in dice.sample(TALK, 2)))
        else:
            for line in dice.sample(TALK, 1 if kind < 0.85 else 2):
                await self.say(citizen, line)

    async def file(self, citizen: Citizen, index: int) -> None:
        citizen.mark = f"编号{index}乙"
        text = f"{self.city.dice.choice(COMPLAINTS)}，{citizen.mark}"
        habit = next(self.habits)
        contact = f"{PHONES}{index:05d}" if habit == "sms" else "不留"
        for line in ("我要投诉", text, f"城关镇人民路{index}号", contact, "公开", "确认提交"):
            await self.say(citizen, line)
        found = [number for said in self.lines(citizen) for number in re.findall(r"HY\d{8,}", said.text)]
        if found:
            citizen.number = found[0]
            await self.behave(citizen, habit)
            await self.official.answer(citizen.number, f"已经办好，{citizen.mark}。")

    async def behave(self, citizen: Citizen, habit: str) -> None:
        platform = self.city.platform
        if habit == "subscription":
            platform.phones.of(citizen.openid).blocks_templates = True
            await platform.answer_popup(citizen.openid, {"sub-answered": True})
        elif habit == "sms" and len(self.lines(citizen)) >= len(citizen.deliveries):
            # Only once nothing is owed: an answer still to come could not reach who has left.
            await platform.unfollow(citizen.openid)

    async def say(self, citizen: Citizen, line: str) -> None:
        """Write one line and wait, but not for ever, until something answers."""
        platform = self.city.platform
        before = len(self.lines(citizen))
        delivery = await platform.send_text(citizen.openid, line)
        citizen.deliveries.append(delivery)
        if delivery.outcome is Outcome.SUCCESS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    while len(self.lines(citizen)) <= before:
                        await platform.phones.of(citizen.openid).arrived.wait()

    def lines(self, citizen: Citizen) -> list[ChatEntry]:
        entries = self.city.platform.conversation(citizen.openid)
        return [entry for entry in entries if not entry.from_citizen]

    async def settled(self) -> None:
        """Until nothing is owed to anybody any more."""
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while await self._owed():  # noqa: ASYNC110 - other processes settle it
                await asyncio.sleep(0.3)
        await asyncio.sleep(1)  # an answer too many would come within this second
        await self.city.platform.settle()

    async def _owed(self) -> int:
        unfinished = {"outbox": {"$elemMatch": {"state": {"$in": ["queued", "sending"]}}}}
        late = await self.database["late_messages"].count_documents({"done_at": None})
        return int(late + await self.database["tickets"].count_documents(unfinished))

    async def verdict(self) -> Verdict:
        verdict = Verdict(tuple(self.city.worker_killed_at))
        for citizen in self.citizens.values():
            verdict.judge(citizen, self.lines(citizen))
            if citizen.mark:
                tickets = (
                    await self.database["tickets"].find({"text": {"$regex": f"{citizen.mark}$"}}).to_list(9)
                )
                answer = f"已经办好，{citizen.mark}。"
                verdict.judge_ticket(citizen, self.lines(citizen), tickets, answer)
        return verdict


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[tuple[EmbeddedStores, str]]:
    """One that may be killed: the other tests of this process need theirs."""
    stores = EmbeddedStores(tmp_path / "stores", mongo=False)
    with stores as addresses:
        yield stores, addresses.redis_url


@pytest.fixture
async def run(
    own_redis: tuple[EmbeddedStores, str], mongo_url: str, services_database: str, tmp_path: Path
) -> AsyncIterator[Run]:
    seed = int(os.environ.get("HUIYIN_FAULT_SEED", secrets.randbelow(10**6)))
    print(f"\nfault run: seed {seed}, {CONVERSATIONS} conversations")
    started = time.time()
    clock = fast_clock(started, SPEED)
    stores, redis_url = own_redis
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    database = client.get_database(services_database, codec_options=AWARE)
    accounts = accounts_file(tmp_path)
    accounts.write_text(accounts.read_text(encoding="utf-8") + TEMPLATES, encoding="utf-8")
    async with connections() as http:
        platform = SimulatedPlatform(
            account=ACCOUNT, deliver_to="", http=http, clock=clock, cut_after_s=CUT_AFTER_S
        )
        platform.phones.most = CONVERSATIONS + 100
        dice = random.Random(seed)
        gateway = FaultyGateway(platform, dice, clock=clock, **GATEWAY)
        serving, base = await serve_platform(platform, *gateway.routes())
        settings = {
            "mongo_url": mongo_url,
            "redis_url": redis_url,
            "database": services_database,
            "data_dir": str(tmp_path),
            "secret_key": SECRET_KEY,
            "wechat_accounts": str(accounts),
            "wechat_api_base": base,
            "sms_url": f"{base}{sms_gateway.PATH}",
            "sms_secret": GATEWAY["secret"],
            "sms_sign": GATEWAY["sign"],
            "sms_hours": " ",
            "model_train_hour": -1,  # at whatever hour it is run
        }
        spec = spec_file(tmp_path, started=started, speed=SPEED, seed=seed, settings=settings)
        children = [Child(role, spec, tmp_path / f"{name}.log") for role, name in ROLES]
        city = FaultyCity(platform, children[:2], children[2], stores, dice, clock)
        try:
            await city.start()
            key = await People(database).add_api_key(
                name="故障演练", role=Role.SUPERVISOR, unit_id=UnitId("qh.hotline")
            )
            whole = Run(city, database, Official(city, http, key), gateway)
            platform.phones.told = whole.saw
            yield whole
        finally:
            await city.end()
            await platform.close()
            await serving.cleanup()
            client.close()


async def test_every_message_is_answered_once_whatever_breaks(run: Run) -> None:
    city = run.city
    places = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> None:
        async with places:
            await run.converse(index)

    city.misbehave()
    began = time.monotonic()
    async with city.in_trouble(every_s=TROUBLE_EVERY_S):
        await asyncio.gather(*(one(index) for index in range(CONVERSATIONS)))
    talked = time.monotonic() - began
    run.gateway.calm = True
    await city.calm()
    await run.settled()
    verdict = await run.verdict()
    report(run, verdict, talked)
    assert verdict.wrong == []
    shown = [d for c in run.citizens.values() for d in c.deliveries if d.outcome is Outcome.FAULT_SHOWN]
    assert all(overwhelmed(delivery, CUT_AFTER_S) for delivery in shown)
    assert len(shown) <= verdict.seen["messages"] / 33, "the machine is too busy to tell"
    met = {what for _, what in city.platform.faults.met}
    if CONVERSATIONS >= 1000:
        assert len(met) >= LEAST_KINDS
        assert {"killed serve", "killed work", "restarted redis"} <= set(city.history)
        assert all(verdict.seen[f"told by {rung}"] for rung in HABITS)
    assert_no_secret(city)


def assert_no_secret(city: FaultyCity) -> None:
    """No log of any process names who wrote, what we are trusted with, or what was said."""
    written = "".join(child.log.read_text(encoding="utf-8") for child in (*city.servers, city.worker))
    assert "wechat message kept for later" in written, (
        "nothing was logged: the next lines would prove nothing"
    )
    openids = (phone.openid for phone in city.platform.phones)
    for secret in (
        ACCOUNT.secret,
        ACCOUNT.token,
        ACCOUNT.encoding_aes_key,
        GATEWAY["secret"],
        PHONES,
        "access_token",
        *openids,
        "井盖",
    ):
        assert secret not in written
    assert "Traceback" not in written


def report(run: Run, verdict: Verdict, talked: float) -> None:
    faults = run.city.platform.faults.met
    tries = Counter(str(t.result) for c in run.citizens.values() for d in c.deliveries for t in d.tries)
    print(f"{len(run.citizens)} conversations in {talked:.0f} s; tries {dict(tries)}")
    print(f"history: {dict(Counter(run.city.history))}")
    print(
        f"{len(faults)} kinds of faults met:", {f"{where} {what}": n for (where, what), n in faults.items()}
    )
    print(f"gateway: {len(run.gateway.sent)} sent, {dict(run.gateway.met)}")
    print("calls", dict(run.calls), "token fetches", run.city.platform.tokens.fetches)
    print("found", dict(verdict.seen))
    for line in verdict.wrong:
        print("WRONG", line)
