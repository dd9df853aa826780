"""The service is killed in the middle of a dialogue and of a rush of calls; nothing it acknowledged is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.services import utc_now
from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import Outcome, SimulatedAccount
from tests.journeys.city import COMPLAINT, PHONE
from tests.journeys.demo_process import Demo, running_demo
from tests.journeys.pages import number_in

CALLS = 120
FINISHED, MIDWAY = "oKilledFinished0000000000001", "oKilledMidway000000000000001"


@dataclass
class Caller:
    """The hotline's platform: remembers what was acknowledged to it."""

    demo: Demo
    http: aiohttp.ClientSession
    acknowledged: dict[str, str] = field(default_factory=dict)

    async def register(self, index: int) -> int | None:
        """The HTTP status; None when the line went dead."""
        external_number = f"KILL-{index}"
        body = {
            "external_number": external_number,
            "text": f"{COMPLAINT}，第{index}次来电",
            "place": "城关镇人民路12号",
            "citizen": {"name": "王建国", "phone": PHONE},
        }
        try:
            async with self.http.post(
                f"{self.demo.url}/api/v1/tickets", json=body, headers=self._headers()
            ) as response:
                told = await response.json()
        except (aiohttp.ClientError, ConnectionError):
            return None
        assert response.status in (200, 201), told
        self.acknowledged[external_number] = told["number"]
        return response.status

    async def ticket(self, number: str) -> Any:
        async with self.http.get(
            f"{self.demo.url}/api/v1/tickets/{number}", headers=self._headers()
        ) as response:
            assert response.status == 200, f"{number} is lost"
            return await response.json()

    async def numbers_of(self, external_number: str) -> list[str]:
        async with self.http.get(
            f"{self.demo.url}/api/v1/tickets", params={"q": external_number}, headers=self._headers()
        ) as response:
            return [ticket["number"] for ticket in (await response.json())["tickets"]]

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.demo.card['api_key']}"}


@asynccontextmanager
async def talking_to(demo: Demo) -> AsyncIterator[tuple[Caller, SimulatedPlatform]]:
    wechat = demo.card["wechat"]
    account = SimulatedAccount(
        name=wechat["account"],
        title="",
        app_id=wechat["app_id"],
        secret="",
        token=wechat["token"],
        encoding_aes_key=wechat["encoding_aes_key"],
    )
    async with aiohttp.ClientSession() as http:
        platform = SimulatedPlatform(
            account=account, deliver_to=f"{demo.url}/wechat/{account.name}", http=http, clock=utc_now
        )
        yield Caller(demo, http), platform


async def test_nothing_is_lost_when_the_service_is_killed(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "demo", tmp_path / "demo.log"
    async with running_demo(data_dir, log) as demo, talking_to(demo) as (caller, platform):
        for line in ("我要投诉", COMPLAINT, "城关镇人民路12号", f"王建国 {PHONE}", "公开", "确认提交"):
            filed = await platform.send_text(FINISHED, line)
            assert filed.outcome is Outcome.ANSWERED, filed.error
        number = number_in(filed.text)
        for line in ("我要投诉", COMPLAINT, "城关镇人民路99号"):
            assert (await platform.send_text(MIDWAY, line)).outcome is Outcome.ANSWERED
        rush = [asyncio.create_task(caller.register(index)) for index in range(CALLS)]
        while len(caller.acknowledged) < CALLS // 4:
            await asyncio.wait(rush, return_when=asyncio.FIRST_COMPLETED, timeout=0.01)
        await demo.kill()
        statuses = Counter(await asyncio.gather(*rush))
        acknowledged = dict(caller.acknowledged)
        print(f"\nkilled after {len(acknowledged)} of {CALLS} acknowledgements: {dict(statuses)}")
        assert statuses[None] > 0, "the kill came after the rush: this test would prove nothing"

    async with running_demo(data_dir, log) as demo, talking_to(demo) as (caller, platform):
        await caller.ticket(number)
        for known in acknowledged.values():
            await caller.ticket(known)
        # The hotline sends everything again, as it must when the line went dead.
        await asyncio.gather(*(caller.register(index) for index in range(CALLS)))
        for external_number, known in acknowledged.items():
            assert caller.acknowledged[external_number] == known, "one call became two tickets"
        assert len(set(caller.acknowledged.values())) == CALLS
        for index in range(0, CALLS, 7):
            assert len(await caller.numbers_of(f"KILL-{index}")) == 1
        # The citizen in the middle of filing goes on where the talk broke off.
        for line in ("不留电话", "公开"):
            delivery = await platform.send_text(MIDWAY, line)
            assert delivery.outcome is Outcome.ANSWERED, delivery.error
        assert "城关镇人民路99号" in delivery.text
        resumed = await platform.send_text(MIDWAY, "确认提交")
        assert (await caller.ticket(number_in(resumed.text)))["place"] == "城关镇人民路99号"
        assert number in (await platform.send_text(FINISHED, "我的诉求")).text

    written = log.read_text(encoding="utf-8")
    assert "/wechat/" in written, "the demo logged nothing: the next lines would prove nothing"
    for secret in (FINISHED, MIDWAY, PHONE, "王建国", demo.card["api_key"], demo.card["wechat"]["token"]):
        assert secret not in written
    assert "Traceback" not in written
