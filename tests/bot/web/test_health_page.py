"""The page of the service's health: it says what is wrong where something is, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot import health
from bot.health import SWEEPS, Tone
from bot.hotline.platform_circuit import FAILURES, PlatformCircuit
from bot.pulse import Pulse
from tests.bot.web.conftest import Browser, Console


async def _beat(console: Console, *, failed: str = "") -> None:
    pulse = Pulse(console.services.redis)
    for sweep in SWEEPS:
        await pulse.done(sweep, console.clock.now)
    if failed:
        await pulse.failed(failed, console.clock.now)


@pytest.fixture
async def page(console: Console) -> Browser:
    return await console.as_("administrator")


async def test_with_the_worker_at_work_and_nothing_behind_all_is_well(
    console: Console, page: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy test machine answers a ping slowly at times, and its disk is what it is.
    monkeypatch.setattr(health, "SLOW_S", 10)
    monkeypatch.setattr(health, "LEAST_FREE", 0)
    await _beat(console)
    shown = await page.open("/console/health")
    parts = await health.examine(console.services, now=console.clock.now)
    ill = [line for part in parts for line in part.lines if line.tone is Tone.ILL]
    assert not ill, shown.words
    assert "没有动静" not in shown.words
    assert "该发没发的通知 没有" in shown.words


async def test_a_worker_that_fell_silent_is_said_with_what_to_do(console: Console, page: Browser) -> None:
    assert "请启动 huiyin work" in (await page.open("/console/health")).words
    await _beat(console)
    console.clock.advance(minutes=6)
    shown = await page.open("/console/health")
    assert "有故障，请马上处理" in shown.words
    assert "以后没有动静" in shown.words
    assert "请检查 huiyin work 是否在运行" in shown.words


async def test_a_sweep_that_fails_is_named(console: Console, page: Browser) -> None:
    await _beat(console, failed="deliver_notices")
    assert "发送通知 刚才出过错，正在重试" in (await page.open("/console/health")).words


async def test_what_lies_undone_for_ten_minutes_is_counted(console: Console, page: Browser) -> None:
    await console.ticket()
    await _beat(console)
    assert "该发没发的通知 没有" in (await page.open("/console/health")).words
    console.clock.advance(minutes=11)
    assert "该发没发的通知 1 张工单" in (await page.open("/console/health")).words


async def test_the_pulse_is_written_at_most_every_ten_seconds(console: Console) -> None:
    pulse, now = Pulse(console.services.redis), console.clock.now
    for seconds in (0, 3, 9):
        await pulse.done("deliver_notices", now + timedelta(seconds=seconds))
    assert (await pulse.last())[0]["deliver_notices"] == now
    await pulse.done("deliver_notices", now + timedelta(seconds=10))
    assert (await pulse.last())[0]["deliver_notices"] == now + timedelta(seconds=10)


async def test_a_platform_above_that_takes_nothing_is_said_with_what_to_do(console: Console) -> None:
    settings = console.services.settings.model_copy(update={"hotline_callback_url": "http://127.0.0.1:9/"})
    services = replace(console.services, settings=settings)

    async def line() -> tuple[Tone, str]:
        parts = await health.examine(services, now=console.clock.now)
        (found,) = next(part.lines for part in parts if part.title == "上级平台")
        return found.tone, found.says

    assert await line() == (Tone.WELL, "正常")
    for _ in range(FAILURES):
        await PlatformCircuit(services.redis).failed("platform-away")
    assert await line() == (Tone.ILL, "连不上上级平台")
