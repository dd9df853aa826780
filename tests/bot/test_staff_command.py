"""``huiyin user`` and ``huiyin key`` on a real database, as an installation's first administrator uses them."""

from __future__ import annotations

import base64
import json

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import staff


def run(*arguments: str, exit_code: int = 0) -> str:
    app = typer.Typer()
    staff.register(app)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == exit_code, result.output
    return result.output


@pytest.fixture(autouse=True)
def installation(mongo_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", base64.b64encode(b"k" * 32).decode())


def add(username: str, role: str, *, password: str = "Right-2026-horse", exit_code: int = 0) -> str:
    given = ("--name", "李明", "--role", role, "--unit", "qh.hotline", "--password", password)
    return run("user", "add", username, *given, exit_code=exit_code)


def listed() -> dict[str, dict[str, object]]:
    return {one["username"]: one for one in json.loads(run("user", "list", "--json"))}


def test_a_login_is_added_changed_closed_and_opened() -> None:
    add("gao", "administrator")
    add("li", "operator")
    run("user", "change", "li", "--role", "supervisor", "--unit", "qh.housing")
    assert listed()["li"] == {
        "username": "li",
        "name": "李明",
        "role": "supervisor",
        "unit_id": "qh.housing",
        "closed_at": None,
    }
    run("user", "close", "li", "--why", "调离")
    assert listed()["li"]["closed_at"]
    assert "已停用" in run("user", "list", "--search", "li")
    run("user", "open", "li")
    assert listed()["li"]["closed_at"] is None
    assert len(run("user", "reset-password", "li").strip()) == 19


def test_what_cannot_be_done_is_said_in_words() -> None:
    add("gao", "administrator")
    assert "已经有人用了" in add("gao", "operator", exit_code=1)
    assert "密码太简单" in add("li", "operator", password="short", exit_code=1)
    assert "不能分配" in add("li", "citizen", exit_code=1)
    assert "最后一位管理员" in run("user", "close", "gao", exit_code=1)
    assert "没有“nobody”这个账号" in run("user", "reset-password", "nobody", exit_code=1)
    assert "没有代码为 nowhere 的单位" in run("user", "change", "gao", "--unit", "nowhere", exit_code=2)


def test_a_key_is_listed_without_its_secret_and_revoked_once() -> None:
    key = run("key", "add", "--name", "市平台", "--role", "operator", "--unit", "qh.hotline").strip()
    line = run("key", "list")
    assert "市平台" in line
    assert key not in line
    key_id = line.split("\t")[0]
    run("key", "revoke", key_id)
    assert "没有生效中的密钥" in run("key", "revoke", key_id, exit_code=1)
    assert "已吊销" in run("key", "list")
