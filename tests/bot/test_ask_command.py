"""``huiyin ask`` of the installation's own library, of another place, and from one of several entries."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import typer
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner

from bot.commands.asking import ask
from knowledge_base.editing.mongo_store import MongoArticleStore
from tests.bot.knowledge.conftest import an_article
from tests.factories import MONDAY_9_30

runner = CliRunner()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    for name in ("MONGO_URL", "REGION", "PUBLIC_URL"):
        monkeypatch.delenv(f"HUIYIN_{name}", raising=False)
    app = typer.Typer()
    app.command()(ask)
    return app


@pytest.fixture
def own_library(mongo_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library of one entry, which the demo's does not have."""

    async def fill() -> None:
        client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
        store = MongoArticleStore(client[database_name])
        await store.prepare()
        entry = an_article(
            "月亮观测补贴", body="第一条 观测月亮，每月补贴九元。", questions=("观测月亮有补贴吗",)
        )
        await store.add_first([entry], now=MONDAY_9_30)
        client.close()

    asyncio.run(fill())
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)


def said(app: typer.Typer, *arguments: str) -> dict[str, Any]:
    result = runner.invoke(app, [*arguments, "--on", "2026-11-23", "--json"])
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def test_the_installation_s_own_library_is_asked_where_there_is_one(
    app: typer.Typer, own_library: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = said(app, "观测月亮有补贴吗")
    assert "九元" in found["text"]
    assert not said(app, "社保卡丢了怎么补办")["answered"], "the demo's entries are not in it"
    monkeypatch.setenv("HUIYIN_PUBLIC_URL", "https://12345.example.cn")
    readable = runner.invoke(app, ["观测月亮有补贴吗", "--on", "2026-11-23"]).output
    assert "详情：https://12345.example.cn/answers/policy." in readable


def test_a_library_that_cannot_be_reached_is_named_without_its_address(
    app: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "HUIYIN_MONGO_URL", "mongodb://name:password@127.0.0.1:1/?serverSelectionTimeoutMS=100"
    )
    result = runner.invoke(app, ["低保"])
    assert result.exit_code == 2
    assert "数据库不可用" in result.output
    assert "password" not in result.output


def test_another_place_is_answered_by_its_own_rules_only(app: typer.Typer) -> None:
    question = "社保卡丢了怎么补办"
    assert said(app, question)["answered"]
    elsewhere = said(app, question, "--region", "云川市/望川区")
    assert elsewhere.get("article_id") != "guide.social-card"


def test_several_entries_are_listed_and_one_of_them_answers(app: typer.Typer) -> None:
    offered = said(app, "医保")["choices"]
    assert len(offered) >= 2
    chosen = said(app, "医保", "--entry", offered[1]["article_id"])
    assert chosen["article_id"] == offered[1]["article_id"]
    assert "是哪一件" in runner.invoke(app, ["医保", "--on", "2026-11-23"]).output


@pytest.mark.parametrize("question", ["", "  ", "\u3000"])
def test_nothing_asked_is_said_and_is_an_error(app: typer.Typer, question: str) -> None:
    result = runner.invoke(app, [question])
    assert result.exit_code == 2
    assert "请写一个问题" in result.output


def test_who_wants_to_die_is_told_what_the_chat_tells(app: typer.Typer) -> None:
    readable = runner.invoke(app, ["我不想活了", "--on", "2026-11-23"]).output
    assert readable.startswith("您别一个人扛。现在就打12356")
    assert "要由工作人员跟您说清楚" in readable
    assert "1. " not in readable, "neither quoted nor hinted at"
    assert "12356" in said(app, "我不想活了")["danger"]
    assert "danger" not in said(app, "社保卡丢了怎么补办")
