"""``huiyin model`` as an administrator uses it: one database, one command after another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner, Result

from bot.commands import model as model_commands
from bot.learning.registry import ModelKind, ModelRegistry
from routing.mongo_store import Database, MongoTicketStore
from tests.bot.learning.small_city import decided_tickets
from tests.bot.learning.small_models import new_model

WHY = ("--why", "对比良好", "--who", "林督办")


class Terminal:
    """Runs commands against one database of its own."""

    def __init__(self, mongo_url: str, redis_url: str, database: str, patch: pytest.MonkeyPatch) -> None:
        self.mongo_url, self.database = mongo_url, database
        for name, value in {
            "HUIYIN_MONGO_URL": mongo_url,
            "HUIYIN_REDIS_URL": redis_url,
            "HUIYIN_DATABASE": self.database,
            "HUIYIN_MODEL_LEAST_NEW": "40",
        }.items():
            patch.setenv(name, value)
        self.app = typer.Typer()
        model_commands.register(self.app)

        @self.app.callback()
        def group() -> None:
            """More than one command."""

    def runs(self, *words: str) -> Result:
        return CliRunner().invoke(self.app, ["model", *words])

    def says(self, *words: str) -> dict[str, Any]:
        result = self.runs(*words, "--json")
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout.strip().splitlines()[-1])
        return found

    def meanwhile(self, do: Callable[[Database], Awaitable[Any]]) -> Any:
        """Something that happens in the database between two commands."""

        async def run() -> Any:
            client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(self.mongo_url, tz_aware=True)
            try:
                return await do(client[self.database])
            finally:
                client.close()

        return asyncio.run(run())


@pytest.fixture
def terminal(mongo_url: str, redis_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(mongo_url, redis_url, database_name, monkeypatch)


async def two_candidates(database: Database) -> None:
    registry = ModelRegistry(database)
    await registry.prepare()
    await registry.add(new_model(b"one"))
    await registry.add(new_model(b"two"))


async def a_past(database: Database) -> None:
    tickets = decided_tickets(240, newest=datetime.now(UTC) - timedelta(hours=1), weeks=8)
    await MongoTicketStore(database).add_many(tickets)


def test_a_new_installation_says_that_it_uses_what_ships(terminal: Terminal) -> None:
    assert "随附模型" in terminal.runs("list").output
    assert terminal.says("status")["live"] == {"topics": None, "units": None}
    assert "主题模型：随附模型" in terminal.runs("status").output


def test_tickets_become_a_model_that_a_person_approves(terminal: Terminal) -> None:
    terminal.meanwhile(a_past)
    trained = terminal.says("train", "--who", "林督办")
    assert trained["state"] == "done"
    assert trained["model"]["state"] == "candidate"
    assert trained["model"]["comparison"]["passed"] is True
    version = trained["model"]["version"]
    approved = terminal.says("approve", version, *WHY)
    assert (approved["action"], approved["to_version"], approved["who"]) == ("promoted", version, "林督办")
    assert terminal.says("status")["live"]["topics"] == version
    (run,) = terminal.says("status")["runs"]
    assert (run["state"], run["version"]) == ("done", version)
    listed = terminal.runs("list").output
    assert "在用" in listed
    assert version in listed


def test_too_few_tickets_are_told_and_the_exit_code_says_that_nothing_was_made(terminal: Terminal) -> None:
    result = terminal.runs("train")
    assert result.exit_code == 1
    assert "不足 40 件" in result.stdout
    assert terminal.says("list")["models"] == []


def test_one_command_rolls_back(terminal: Terminal) -> None:
    terminal.meanwhile(two_candidates)
    for version in ("2026.11.16-1", "2026.11.16-2"):
        assert terminal.runs("approve", version, *WHY).exit_code == 0
    result = terminal.runs("rollback", "--why", "投诉增多")
    assert result.exit_code == 0
    assert "回退：2026.11.16-2 → 2026.11.16-1（命令行：投诉增多）" in result.output
    assert terminal.says("rollback", "--why", "再退")["to_version"] is None
    nothing = terminal.runs("rollback", "--why", "还退")
    assert nothing.exit_code == 1
    assert "没有可以回退的模型" in nothing.output
    history = terminal.says("status")["history"]["topics"]
    assert [each["action"] for each in history] == ["promoted"] * 2 + ["rolled_back"] * 2


def test_decisions_on_what_is_not_there_or_decided_are_refused(terminal: Terminal) -> None:
    terminal.meanwhile(two_candidates)
    assert terminal.runs("approve", "2020.01.01-1", *WHY).exit_code == 1
    assert terminal.says("refuse", "2026.11.16-1", *WHY)["state"] == "refused"
    again = terminal.runs("refuse", "2026.11.16-1", *WHY)
    assert again.exit_code == 1
    assert "已经决定过了" in again.output
    assert terminal.runs("approve", "2026.11.16-2").exit_code == 2  # no reason given


def test_a_span_of_labels_is_set_aside_with_a_reason(terminal: Terminal) -> None:
    span = ("--since", "2026-10-19", "--until", "2026-10-26", "--label", "教育文体", *WHY)
    (kept,) = terminal.says("quarantine", *span)["quarantines"]
    assert kept["since"] == "2026-10-19T00:00:00+08:00"
    assert (kept["label"], kept["who"], kept["why"]) == ("教育文体", "林督办", "对比良好")


@pytest.mark.parametrize(
    ("span", "code", "said"),
    [
        (("--since", "2026-11-08", "--until", "2026-11-01"), 2, "--until"),
        (("--since", "2026-11-01", "--until", "2026-11-08", "--label", "没有的类"), 1, "没有这个类别"),
    ],
)
def test_a_quarantine_that_would_hold_nothing_is_refused(
    terminal: Terminal, span: tuple[str, ...], code: int, said: str
) -> None:
    result = terminal.runs("quarantine", *span, *WHY)
    assert result.exit_code == code
    assert said in result.output
    right = ("--since", "2026-11-01", "--until", "2026-11-08", "--kind", "units", "--label", "县消防救援大队")
    assert [each["label"] for each in terminal.says("quarantine", *right, *WHY)["quarantines"]] == ["qh.fire"]


def test_the_audit_sample_is_drawn_judged_and_counted(terminal: Terminal) -> None:
    async def automatic(database: Database) -> None:
        tickets = decided_tickets(12, newest=datetime.now(UTC), weeks=1)
        await MongoTicketStore(database).add_many(tickets)
        await database["tickets"].update_many(
            {}, {"$set": {"triage": {"automatic": True, "candidates": [{"unit_id": "qh.education"}]}}}
        )

    terminal.meanwhile(automatic)
    waiting = [case["number"] for case in terminal.says("audit-sample", "--draw", "4")["waiting"]]
    assert len(set(waiting)) == 4
    after = terminal.says("audit-sample", "--right", waiting[0], "--wrong", waiting[1])
    assert (after["right"], after["judged"], len(after["waiting"])) == (1, 2, 2)
    assert "正确 50.0%" in terminal.runs("audit-sample").output
    assert terminal.runs("audit-sample", "--right", waiting[0]).exit_code == 1


def test_without_a_database_the_exit_code_is_2(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIYIN_MONGO_URL")
    result = terminal.runs("status")
    assert result.exit_code == 2
    assert "HUIYIN_MONGO_URL" in result.output
    assert terminal.runs("train", "--kind", "weather").exit_code == 2


def test_kinds_have_a_word_each() -> None:
    from bot.learning.words import KINDS

    assert set(KINDS) == set(ModelKind)
