"""``huiyin duplicates`` shows on the command line what an operator would see."""

from __future__ import annotations

import asyncio
import json

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner

from bot.cli import application
from routing.mongo_store import Document, MongoTicketStore
from tests.factories import CITY_MANAGEMENT, a_request, a_ticket

TEXT = "锦绣花园旁边的搅拌站昼夜施工，机器轰鸣，扬尘很大，老人孩子都睡不好。"
AGAIN = "我是锦绣花园业主，小区旁边建了搅拌站，晚上噪音大，扬尘飘进家里。"


@pytest.fixture
def number(mongo_url: str, database_name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """One ticket in a database the environment names."""
    monkeypatch.setenv("HUIYIN_MONGO_URL", mongo_url)
    monkeypatch.setenv("HUIYIN_DATABASE", database_name)
    monkeypatch.setenv("HUIYIN_SECRET_KEY", "k" * 48)
    ticket = a_ticket(a_request(TEXT, title="搅拌站噪音"))
    ticket.unit_id = CITY_MANAGEMENT

    async def store() -> None:
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(mongo_url, tz_aware=True)
        await MongoTicketStore(client[database_name]).add(ticket)
        client.close()

    asyncio.run(store())
    return ticket.number


def test_candidates_are_told_with_their_reasons(number: str) -> None:
    told = CliRunner().invoke(application("duplicates"), ["duplicates", AGAIN])
    assert told.exit_code == 0, told.output
    assert number in told.output
    assert "可能是同一件事" in told.output
    assert "“锦绣花园" in told.output
    record = json.loads(CliRunner().invoke(application("duplicates"), ["duplicates", AGAIN, "--json"]).output)
    assert [each["number"] for each in record["candidates"]] == [number]


def test_nothing_alike_is_said_to_be_so(number: str) -> None:
    told = CliRunner().invoke(application("duplicates"), ["duplicates", "社保卡丢了怎么补办"])
    assert told.exit_code == 0
    assert "没有相似" in told.output


def test_the_key_is_asked_for_only_to_compare_a_number(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIYIN_SECRET_KEY")
    told = CliRunner().invoke(application("duplicates"), ["duplicates", AGAIN])
    assert told.exit_code == 0, told.output
    assert number in told.output
    told = CliRunner().invoke(application("duplicates"), ["duplicates", AGAIN, "--phone", "13800005678"])
    assert told.exit_code == 2
    assert "请设置 HUIYIN_SECRET_KEY" in told.output


def test_without_a_database_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUIYIN_MONGO_URL", raising=False)
    told = CliRunner().invoke(application("duplicates"), ["duplicates", AGAIN])
    assert told.exit_code == 2
    assert "HUIYIN_MONGO_URL" in told.output
