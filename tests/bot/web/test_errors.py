"""Refusals and failures: one status each, in two shapes, and never a stack trace."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
import redis.exceptions
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pymongo.errors import ServerSelectionTimeoutError

import bot
import knowledge_base
import routing
from bot import wording
from bot.app import create_app
from bot.web.errors import STATUSES, refusal_problem, status_of
from routing.errors import NotYourRole, Refused, StaleTicket
from tests.bot.web.conftest import Console


def _every_refusal() -> set[type[Refused]]:
    for package in (bot, routing, knowledge_base):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[Refused]) -> Iterator[type[Refused]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return {kind for kind in below(Refused) if not kind.__module__.startswith("tests")}


def test_every_refusal_has_a_status_of_its_own() -> None:
    assert _every_refusal() - set(STATUSES) == set()


def test_every_refusal_has_chinese_words_of_its_own() -> None:
    assert _every_refusal() - set(wording.REFUSALS) == set()


def test_an_unnamed_refusal_falls_back_to_its_parent() -> None:
    class Narrower(StaleTicket):
        pass

    assert status_of(Narrower("HY1", 3)) == STATUSES[StaleTicket]


def test_a_refusal_as_problem_json_names_itself_in_snake_case() -> None:
    response = refusal_problem(NotYourRole("dispatch", "liaison"))
    assert response.status == 403
    assert response.content_type == "application/problem+json"
    assert isinstance(response.body, bytes)
    assert b'"code":"not_your_role"' in response.body
    assert b'"type":"urn:huiyin:problem:not_your_role"' in response.body


@pytest.mark.parametrize(
    ("method", "path", "status", "content_type"),
    [
        ("GET", "/api/v1/nothing", 404, "application/problem+json"),
        ("DELETE", "/api/v1/tickets", 405, "application/problem+json"),
        ("GET", "/console/nothing", 404, "text/html"),
        ("DELETE", "/console/login", 405, "text/html"),
        ("GET", "/console/static/secret.key", 404, "text/html"),
        ("GET", "/console/static/..%2Ferrors.py", 404, "text/html"),
    ],
)
async def test_unknown_addresses_and_methods_are_refused_in_the_readers_shape(
    console: Console, method: str, path: str, status: int, content_type: str
) -> None:
    browser = await console.stranger()
    response = await browser.client.request(method, path)
    text = await response.text()
    assert (response.status, response.content_type) == (status, content_type)
    assert ("回到首页" in text) == (content_type == "text/html")
    if status == 405:
        assert response.headers["Allow"]


@pytest.mark.parametrize(
    ("failure", "status", "words"),
    [
        (RuntimeError("openid oSECRET of 王建国"), 500, "没有办成"),
        (ServerSelectionTimeoutError("SECRET"), 503, "过几分钟再打开"),
        (redis.exceptions.ConnectionError("SECRET"), 503, "过几分钟再打开"),
        (redis.exceptions.TimeoutError("SECRET"), 503, "过几分钟再打开"),
    ],
)
async def test_a_failure_shows_an_id_and_nothing_of_its_inside(
    console: Console, failure: Exception, status: int, words: str
) -> None:
    async def broken(request: web.Request) -> web.Response:
        raise failure

    routes = [web.route("*", path, broken) for path in ("/api/v1/broken", "/console/broken", "/broken")]
    app = create_app(console.services, extra_routes=routes)
    client: TestClient[web.Request, web.Application] = TestClient(TestServer(app))
    async with client:
        for path, content_type in (
            ("/api/v1/broken", "application/problem+json"),
            ("/console/broken", "text/html"),
            ("/broken", "text/plain"),
        ):
            response = await client.get(path)
            text = await response.text()
            assert (response.status, response.content_type) == (status, content_type)
            assert response.headers["X-Request-Id"] in text
            assert ("Retry-After" in response.headers) is (status == 503)
            assert words in text
            assert "SECRET" not in text
            assert "Traceback" not in text
            assert "没有办成" in await (await client.post(path)).text(), "who sent something must look"


async def test_every_answer_carries_the_security_headers(console: Console) -> None:
    browser = await console.stranger()
    for path in ("/console/login", "/console/", "/console/nothing", "/api/v1/nothing", "/healthz"):
        response = await browser.client.get(path, allow_redirects=False)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy, path
        assert "frame-ancestors 'none'" in policy, path
        assert "unsafe" not in policy, path
        assert response.headers["X-Content-Type-Options"] == "nosniff", path


async def test_no_page_holds_inline_script_or_style(console: Console) -> None:
    ticket = await console.ticket()
    browser = await console.as_("supervisor")
    for path in ("/console/tickets", f"/console/tickets/{ticket.number}", "/console/figures"):
        html = (await browser.open(path)).html
        assert "<script>" not in html
        assert " style=" not in html
        assert " onclick=" not in html
