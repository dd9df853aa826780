"""The published description is true: held to the running service by generated calls, to the code and to docs/api.md."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.hotline.actions import KNOWN
from bot.hotline.api import ENDPOINTS, api_routes, openapi_document
from bot.web.errors import STATUSES
from routing.workflow import Role
from tests.bot.hotline.conftest import Api, api, articles, callback_settings, clock

__all__ = ["api", "articles", "callback_settings", "clock"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = int(os.environ.get("HUIYIN_API_EXAMPLES", "8"))
"""Calls of each kind to each operation, the same in every run."""
PARTS = 8
"""So many services share the operations."""
CHECKS: list[Callable[..., Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi_document())
OPERATIONS = {
    f"{method.upper()} {path}": SCHEMA[path][method.upper()]
    for path, methods in openapi_document()["paths"].items()
    for method in methods
}


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_operation_answers_as_described_whatever_it_is_sent(api: Api, part: int) -> None:
    """Well-formed and malformed calls; the numbers of real tickets in several states are among those tried."""
    for name in sorted(OPERATIONS)[part::PARTS]:
        try:
            await attack_operation(api, name)
        except BaseException as error:
            error.add_note(f"at {name}")
            raise


async def attack_operation(api: Api, name: str) -> None:
    """With tickets of its own, for what it does to them."""
    numbers = [
        (await api.registered())["number"],
        (await api.dispatched())["number"],
        (await api.resolved())["number"],
    ]
    operation, url = OPERATIONS[name], str(api.client.make_url("/")).rstrip("/")
    headers = {"Authorization": f"Bearer {api.keys['supervisor']}"}
    number = st.sampled_from([*numbers, "HY0000000000", "hy2611160001", "0", "路灯"])

    def attack(mode: schemathesis.GenerationMode, checks: list[Callable[..., Any]]) -> None:
        @seed(20261116)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), number=number)
        def call(case: Case[Any], number: str) -> None:
            if "{number}" in operation.path:
                case.path_parameters["number"] = number
            case.call_and_validate(base_url=url, headers=headers, checks=checks)

        call()

    # No schema can say that a time must not lie in the future or before another, or that a cursor must be one of ours.
    accepted = (
        [] if re.search("tickets$|figures$|ranking$|roster$", operation.path) else [positive_data_acceptance]
    )
    await asyncio.to_thread(attack, schemathesis.GenerationMode.POSITIVE, [*CHECKS, *accepted])
    if operation.body or operation.query:
        await asyncio.to_thread(attack, schemathesis.GenerationMode.NEGATIVE, CHECKS)


async def test_the_document_is_served_to_everybody(api: Api) -> None:
    response = await api.client.get("/api/v1/openapi.json")
    assert response.status == 200
    document = await response.json()
    assert document == openapi_document()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_every_route_is_described_and_every_description_is_routed() -> None:
    routed = {(r.method, r.path) for r in api_routes() if not r.path.endswith("{action}")}
    described = {
        (method.upper(), path) for path, methods in openapi_document()["paths"].items() for method in methods
    }
    assert routed == described


def test_every_reference_leads_somewhere_and_no_schema_is_left_over() -> None:
    document = openapi_document()
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', _json(document)))
    assert referred == set(document["components"]["schemas"])


def test_operation_ids_are_unique_and_no_program_is_the_citizen() -> None:
    names = [endpoint.operation.name for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
    assert all(Role.CITIZEN not in (endpoint.operation.roles or ()) for endpoint in ENDPOINTS)


def test_the_guide_names_every_path_every_action_and_every_field_of_a_ticket() -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    paths = {path for path in openapi_document()["paths"] if not path.startswith("/api/v1/tickets/{number}/")}
    fields = openapi_document()["components"]["schemas"]["TicketJson"]["properties"]
    missing = [word for word in (*paths, *KNOWN, *fields) if f"`{word}`" not in guide and word not in paths]
    assert not missing
    assert not [path for path in paths if path not in guide]


def test_every_status_described_is_one_a_refusal_has() -> None:
    beside_the_domain = {400, 401, 413, 415, 422}
    known = {*STATUSES.values(), *beside_the_domain}
    for endpoint in ENDPOINTS:
        assert set(endpoint.operation.problems) <= known, endpoint.operation.name


def test_the_guide_gives_every_code_the_status_it_is_answered_with() -> None:
    guide = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    said = {
        code: int(status)
        for status, codes in re.findall(r"^\| (\d{3}) \| ([^|]+) \|", guide, flags=re.M)
        for code in re.findall(r"`(\w+)`", codes)
    }
    answered = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__).lower(): s for kind, s in STATUSES.items()}
    assert said["unknown_year"] == answered["unknown_year"]
    assert {code: status for code, status in said.items() if answered.get(code, status) != status} == {}


def _json(document: Any) -> str:
    return json.dumps(document)
