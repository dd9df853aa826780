from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import aiohttp

from bot.data_directory import lock_data_dir
from bot.demo.setting import PEOPLE
from tests.bot.demo.running import RunningDemo, Start, spawn_demo


async def fetch(demo: RunningDemo, path: str, **body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {demo.card['api_key']}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        method = "POST" if body else "GET"
        async with http.request(method, demo.url + path, json=body or None) as response:
            text = await response.text()
            return response.status, json.loads(text) if "json" in response.content_type else text


async def file_ticket(demo: RunningDemo, external_number: str) -> str:
    status, ticket = await fetch(
        demo,
        "/api/v1/tickets",
        external_number=external_number,
        channel="hotline",
        request_type="help",
        text="人民路的路灯坏了三盏，晚上看不见路。",
        citizen={"phone": "13800001234"},
        place="城关街道人民路",
    )
    assert status == 201, ticket
    return str(ticket["number"])


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


async def test_the_demo_serves_everything_is_alone_on_its_data_and_stops_with_its_children(
    start_demo: Start, tmp_path: Path
) -> None:
    demo = start_demo()
    assert (await fetch(demo, "/healthz"))[0] == 200
    assert (await fetch(demo, "/readyz"))[0] == 200
    page = (await fetch(demo, "/simulator"))[1]
    assert "清和县12345热线" in page
    assert "政务大厅3号窗口" in page, "its codes hang somewhere"
    market = (await fetch(demo, "/simulator/at/market"))[1]
    assert "消费维权" in market, "a department's account has a menu of its own"
    assert "消费维权" not in page
    status, page = await fetch(demo, "/console/login")
    assert status == 200
    assert PEOPLE[0].user.username in page
    status, figures = await fetch(demo, "/api/v1/figures")
    assert figures["figures"]["closed_on_time"]["denominator"] > 50
    card = tmp_path / "data" / "demo.json"
    assert json.loads(card.read_text(encoding="utf-8")) == demo.card
    assert card.stat().st_mode & 0o777 == 0o600
    await assert_a_citizen_is_answered(demo)
    await assert_a_second_one_is_refused_in_plain_words(demo, tmp_path / "data")
    children = demo.children()
    assert len(children) == 2
    assert demo.end(signal.SIGTERM) == 0
    assert not [pid for pid in children if alive(pid)]


async def assert_a_citizen_is_answered(demo: RunningDemo) -> None:
    status, delivery = await fetch(demo, "/simulator/api/send", citizen="wang", kind="text", text="我的诉求")
    assert status == 200
    assert delivery["outcome"] == "answered"
    assert "HY" in delivery["replies"][0]


async def assert_a_second_one_is_refused_in_plain_words(demo: RunningDemo, data: Path) -> None:
    second = spawn_demo("--port", "0", "--data-dir", str(data))
    said, _ = await asyncio.to_thread(second.communicate, timeout=60)
    assert second.returncode == 1
    assert f"正被进程 {demo.process.pid}使用" in said
    assert "HUIYIN_DATA_DIR" in said
    assert (await fetch(demo, "/readyz"))[0] == 200


async def test_what_was_acknowledged_before_a_kill_is_there_after_the_next_start(
    start_demo: Start, tmp_path: Path
) -> None:
    demo = start_demo()
    number = await file_ticket(demo, "before-the-kill")
    await fetch(demo, "/simulator/api/send", citizen="赵阿姨", kind="text", text="我的诉求")
    chat = await fetch(demo, "/simulator/api/conversation?citizen=赵阿姨")
    assert len(chat[1]["entries"]) == 2
    children = demo.children()
    demo.end(signal.SIGKILL)
    again = start_demo()
    assert not [pid for pid in children if alive(pid)]
    assert again.card["api_key"] == demo.card["api_key"]
    assert again.card["wechat"] == demo.card["wechat"]
    status, ticket = await fetch(again, f"/api/v1/tickets/{number}")
    assert status == 200
    assert ticket["external_number"] == "before-the-kill"
    assert await file_ticket(again, "after-the-kill") != number
    assert await fetch(again, "/simulator/api/conversation?citizen=赵阿姨") == chat
    assert (tmp_path / "data" / "simulator.jsonl").stat().st_mode & 0o777 == 0o600
    assert again.end(signal.SIGINT) == 0


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = spawn_demo("--port", str(port), "--data-dir", str(tmp_path / "data"))
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert f"端口 {port}" in said
    assert not (tmp_path / "data").exists()


def test_a_demo_told_to_stop_while_it_starts_leaves_nothing_running(tmp_path: Path) -> None:
    process = spawn_demo("--port", "0", "--data-dir", str(tmp_path / "data"))
    assert process.stdout is not None
    assert "正在启动数据库" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 0
    # The lock is inherited by the stores: whoever can take it knows that none of them runs.
    os.close(lock_data_dir(tmp_path / "data", patience_s=0))
