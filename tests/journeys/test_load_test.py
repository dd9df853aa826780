"""``huiyin load-test`` against a live service: it keeps the score honestly and drives nothing that is not ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import application
from bot.load import LoadInvalid, drive, percentile, read_target
from bot.services import utc_now
from tests.journeys.city import ACCOUNT, open_city


def card(url: str, key: str = "hy_key", **wechat: str) -> str:
    told = {
        "account": ACCOUNT.name,
        "token": ACCOUNT.token,
        "encoding_aes_key": ACCOUNT.encoding_aes_key,
        "app_id": ACCOUNT.app_id,
        **wechat,
    }
    return json.dumps({"url": url, "api_key": key, "wechat": told, "logins": []})


async def test_a_rush_is_answered_and_every_request_is_accounted_for(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        clock=utc_now,
    ) as city:
        key = (await city.api("operator")).key
        report = await drive(
            read_target(card(city.base, key)), rate=40, seconds=3, ticket_share=0.25, run_id="t1"
        )
        assert report.failures == {}
        assert report.messages.sent + report.tickets.sent + report.held_back == 120
        assert report.messages.answered == report.messages.sent == len(report.messages.waited_ms)
        assert report.filed > 0
        assert report.repeated > 0
        tickets = city.services.database["tickets"]
        assert await tickets.count_documents({"channel": "wechat"}) == report.filed
        assert await tickets.count_documents({"channel": "hotline"}) == report.tickets.sent - report.repeated


async def test_failures_are_counted_and_named_not_hidden(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        clock=utc_now,
    ) as city:
        wrong = read_target(card(city.base, "hy_wrong", token="AnotherToken"))
        report = await drive(wrong, rate=20, seconds=0.5, ticket_share=0.5, run_id="t2")
    assert report.failures == {"message: HTTP 403": 5, "ticket: HTTP 401": 5}
    assert report.messages.as_json(1.0)["p50_ms"] is None


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:8080",
        "https://huiyin.example.org",
        "http://127.0.0.1.example.org",
        "http://",
        "nonsense",
    ],
)
def test_only_this_machine_may_be_driven(url: str) -> None:
    with pytest.raises(LoadInvalid):
        read_target(card(url))
    with pytest.raises(LoadInvalid):
        read_target(card("http://127.0.0.1:8080"), url=url)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"url": 1}', card("http://127.0.0.1:1", encoding_aes_key="x")]
)
def test_what_is_no_demo_card_is_refused(text: str) -> None:
    with pytest.raises(LoadInvalid):
        read_target(text)


def test_without_a_demo_the_command_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(application("load-test"), ["load-test", "--data-dir", str(tmp_path)])
    assert result.exit_code == 2
    assert "huiyin demo" in result.output
    result = CliRunner().invoke(application("load-test"), ["load-test", "--demo", card("http://127.0.0.1:9")])
    assert result.exit_code == 2
    assert "no demo answers" in result.output


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([7.0], 99, 7.0), ([1.0, 2.0], 50, 1.0), ([float(n) for n in range(1, 101)], 95, 95.0)],
)
def test_percentiles_are_nearest_rank(values: list[float], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected
