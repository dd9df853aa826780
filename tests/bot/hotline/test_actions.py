"""Acting on tickets over HTTP: who may, with which version, and what it leads to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from bot.hotline.actions import KNOWN, supplement
from routing.ticket import SUPPLEMENTS_PER_DAY
from routing.workflow import TRANSITIONS, Action, Role
from tests.bot.hotline.conftest import CALL, Api
from tests.factories import CITY_MANAGEMENT, HOUSING


async def test_a_ticket_lives_its_whole_life_over_the_api(api: Api) -> None:
    ticket = await api.dispatched()
    assert ticket["department"]["id"] == CITY_MANAGEMENT
    ticket = await api.act(ticket, "accept", role="liaison")
    assert ticket["state"] == "accepted"
    assert "reply" in ticket["actions"]
    ticket = await api.act(ticket, "contact", role="liaison", text="已电话联系，约定今天到场。")
    ticket = await api.act(ticket, "reply", role="liaison", text="已责令夜间停工。")
    assert ticket["state_label"] == "已答复"
    ticket = await api.act(ticket, "resolve", role="liaison")
    assert ticket["resolved_at"] == "2026-11-16T09:30:00+08:00"
    ticket = await api.act(
        ticket,
        "rate",
        role="operator",
        stars=1,
        resolved=False,
        reasons=["没解决", "没解决"],
        comment="还在吵",
    )
    assert ticket["rating"]["label"] == "非常不满意"
    assert ticket["rating"]["reasons"] == ["没解决"]
    ticket = await api.act(ticket, "reopen", role="operator", reason="还在施工")
    assert ticket["state"] == "dispatched"
    assert ticket["rating"] is None
    ticket = await api.act(ticket, "accept", role="liaison")
    ticket = await api.act(ticket, "resolve", role="liaison", text="已查封设备。")
    ticket = await api.act(ticket, "rate", role="operator", stars=5)
    assert ticket["state"] == "archived"
    assert [e["seq"] for e in ticket["events"]] == list(range(1, len(ticket["events"]) + 1))


async def test_a_return_is_asked_for_decided_and_dispatched_anew(api: Api) -> None:
    ticket = await api.dispatched()
    ticket = await api.act(ticket, "return", role="liaison", reason="属住建", basis="权责清单第8项")
    assert ticket["pending_return"]["basis"] == "权责清单第8项"
    refused = await api.act(ticket, "accept", role="liaison", expect=409)
    assert refused["code"] == "review_pending"
    ticket = await api.act(ticket, "decide-return", role="dispatcher", approved=True, reason="同意")
    assert (ticket["state"], ticket["department"]) == ("received", None)
    ticket = await api.act(ticket, "dispatch", role="dispatcher", department=HOUSING)
    ticket = await api.act(
        ticket, "transfer", role="dispatcher", department=CITY_MANAGEMENT, reason="重新研究"
    )
    assert ticket["first_department"]["id"] is not None
    assert (await api.act(ticket, "return", expect=409, reason="再退", basis="无"))["code"] == "used_up"


async def test_the_centre_answers_rejects_withdraws_and_reminds(api: Api) -> None:
    answered = await api.act(
        await api.registered(), "answer-directly", role="operator", text="周一至周五办公。"
    )
    assert (answered["state"], answered["reply"]) == ("resolved", "周一至周五办公。")
    rejected = await api.act(await api.registered(), "reject", role="dispatcher", reason="已进入诉讼程序")
    assert rejected["state"] == "rejected"
    withdrawn = await api.act(await api.registered(), "withdraw", role="operator", reason="市民来电撤回")
    assert withdrawn["state"] == "withdrawn"
    reminded = await api.act(await api.dispatched(), "remind", role="operator", text="还没人来")
    assert reminded["events"][-1]["text"] == "还没人来"
    assert (await api.act(reminded, "remind", role="operator", expect=429))["code"] == "too_often"


async def test_an_empty_body_is_enough_where_nothing_is_needed(api: Api) -> None:
    ticket = await api.dispatched()
    response = await api.request("POST", f"/tickets/{ticket['number']}/remind")
    assert response.status == 200


async def test_a_citizens_act_with_a_key_counts_once_and_without_a_version_is_never_stale(api: Api) -> None:
    ticket = await api.dispatched()
    path = f"/tickets/{ticket['number']}/supplement"
    bodies = [{"text": f"第{n}条", "key": f"m{n}"} for n in (1, 2, 3)] * 2
    await asyncio.gather(*(api.post(path, body, role="operator") for body in bodies))
    shown = await api.get(f"/tickets/{ticket['number']}")
    said = [e["text"] for e in shown["events"] if e["kind"] == "supplemented"]
    assert sorted(said) == ["第1条", "第2条", "第3条"]


async def test_the_same_key_for_another_act_is_another_act(api: Api) -> None:
    ticket = await api.dispatched()
    path = f"/tickets/{ticket['number']}"
    for _ in range(2):
        ticket = await api.post(f"{path}/supplement", {"text": "在东门", "key": "call-1"}, role="operator")
    assert [e["kind"] for e in ticket["events"]].count("supplemented") == 1
    for _ in range(2):
        ticket = await api.post(
            f"{path}/withdraw", {"key": "call-1", "reason": "市民来电撤回"}, role="operator"
        )
    assert ticket["state"] == "withdrawn"
    assert [e["kind"] for e in ticket["events"]].count("withdrawn") == 1


async def test_too_many_supplements_are_refused_as_described(api: Api) -> None:
    ticket = await api.dispatched()
    for n in range(SUPPLEMENTS_PER_DAY):
        ticket = await api.act(ticket, "supplement", text=f"第{n}条")
    assert (await api.act(ticket, "supplement", expect=429, text="又一条"))["code"] == "too_often"
    assert 429 in supplement.operation.problems


async def test_without_the_calendar_of_a_year_no_date_is_promised_and_the_refusal_says_so(api: Api) -> None:
    ticket = await api.registered()
    api.clock.now = datetime(2099, 1, 5, 2, 0, tzinfo=UTC)
    refused = await api.act(ticket, "dispatch", department=HOUSING, expect=422)
    assert refused["code"] == "unknown_year"


async def test_of_two_on_the_same_version_one_is_told_that_it_is_stale(api: Api) -> None:
    ticket = await api.dispatched()
    path = f"/tickets/{ticket['number']}/accept"
    responses = await asyncio.gather(
        *(api.request("POST", path, role="liaison", json={"version": ticket["version"]}) for _ in range(5))
    )
    assert sorted(r.status for r in responses) == [200, 409, 409, 409, 409]


CENTRE_AND_UNIT_BODIES: dict[str, dict[str, Any]] = {
    "accept": {},
    "contact": {"text": "已联系"},
    "reply": {"text": "已处理"},
    "resolve": {"text": "已处理"},
    "return": {"reason": "非本单位", "basis": "清单"},
    "decide-return": {"approved": True, "reason": "同意"},
    "dispatch": {"department": HOUSING},
    "transfer": {"department": HOUSING, "reason": "改派"},
    "answer-directly": {"text": "答复"},
    "reject": {"reason": "不属政府职责"},
}


async def test_offices_must_say_which_version_they_saw(api: Api) -> None:
    ticket = await api.registered()
    for action, body in CENTRE_AND_UNIT_BODIES.items():
        path = f"/tickets/{ticket['number']}/{action}"
        refused = await api.post(path, body, expect=422)
        assert refused["errors"] == {"version": "Field required"}, action
        stale = await api.post(path, {**body, "version": 9999}, expect=409)
        assert stale["code"] == "stale_ticket", action


BAD_ACTIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("a version is a number", "accept", {"version": "2"}, "version"),
    ("versions count from one", "accept", {"version": 0}, "version"),
    ("true is no number", "accept", {"version": True}, "version"),
    ("words are needed", "contact", {"version": 1, "text": "  "}, "text"),
    ("a reason is needed", "return", {"version": 1, "reason": "", "basis": "清单"}, "reason"),
    ("a basis is needed", "return", {"version": 1, "reason": "非本单位"}, "basis"),
    (
        "a decision is yes or no",
        "decide-return",
        {"version": 1, "reason": "好", "approved": "yes"},
        "approved",
    ),
    ("six stars", "rate", {"stars": 6}, "stars"),
    ("no stars", "rate", {"stars": 0}, "stars"),
    ("half a star", "rate", {"stars": 4.5}, "stars"),
    ("six reasons", "rate", {"stars": 1, "reasons": ["一"] * 6}, "reasons"),
    ("a long tag", "rate", {"stars": 1, "reasons": ["慢" * 21]}, "reasons.0"),
    ("reopening needs a reason", "reopen", {}, "reason"),
    ("revealing needs a reason", "reveal", {"reason": " "}, "reason"),
    ("a key is a plain word", "remind", {"key": "a b"}, "key"),
]


async def test_what_is_wrong_with_an_action_is_named(api: Api) -> None:
    ticket = await api.registered()
    for why, action, body, field in BAD_ACTIONS:
        refused = await api.post(f"/tickets/{ticket['number']}/{action}", body, expect=422)
        assert list(refused["errors"]) == [field], why
    assert (await api.get(f"/tickets/{ticket['number']}"))["version"] == ticket["version"]


async def test_the_state_of_the_ticket_is_respected(api: Api) -> None:
    ticket = await api.registered()
    refused = await api.act(ticket, "accept", expect=409)
    assert refused["code"] == "action_not_allowed"
    assert "待派单" in refused["detail"]
    refused = await api.act(ticket, "rate", stars=5, expect=409)
    assert refused["code"] == "action_not_allowed"


async def test_a_unit_nobody_knows_is_refused(api: Api) -> None:
    refused = await api.act(await api.registered(), "dispatch", department="qh.nothing", expect=404)
    assert refused["code"] == "unknown_unit"


async def test_an_unknown_action_is_told_which_there_are(api: Api) -> None:
    ticket = await api.registered()
    refused = await api.post(f"/tickets/{ticket['number']}/explode", {}, expect=404)
    assert refused["code"] == "unknown_action"
    assert all(action in refused["detail"] for action in KNOWN)
    assert set(KNOWN) == {a.value for a in Action} | {"reveal"}


async def test_each_role_is_refused_exactly_what_the_table_does_not_give_it(api: Api) -> None:
    ticket = await api.registered()
    for role in ("operator", "dispatcher", "supervisor", "liaison", "editor", "auditor"):
        for action, row in TRANSITIONS.items():
            path = f"/tickets/{ticket['number']}/{action}"
            response = await api.request("POST", path, role=role, json=[])
            allowed = Role(role) in row.by
            # The body is wrong on purpose: whoever gets as far as having it read was let in.
            assert response.status == (422 if allowed else 403), (role, action)


STRANGERS: list[tuple[dict[str, str], str]] = [
    ({}, 'Bearer realm="huiyin"'),
    ({"Authorization": "Basic dXNlcjpwYXNz"}, 'Bearer realm="huiyin"'),
    ({"Authorization": "Bearer"}, 'Bearer realm="huiyin"'),
    ({"Authorization": "Bearer hy_wrong"}, 'Bearer realm="huiyin", error="invalid_token"'),
    ({"Authorization": "Bearer \u00e9\u00e9"}, 'Bearer realm="huiyin", error="invalid_token"'),
]


async def test_nobody_gets_in_without_a_key(api: Api) -> None:
    for headers, challenge in STRANGERS:
        response = await api.client.post("/api/v1/tickets", json=CALL, headers=headers)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == challenge
        assert response.content_type == "application/problem+json"


async def test_a_revoked_key_is_worth_nothing(api: Api) -> None:
    found = await api.services.people.find_api_key(api.keys["operator"])
    assert found is not None
    await api.get("/tickets", role="operator")
    await api.services.people.revoke_api_key(found.key_id, now=api.clock.now)
    await api.get("/tickets", role="operator", expect=401)


async def test_a_scheme_is_read_in_any_case_and_a_stranger_learns_nothing_from_validation(api: Api) -> None:
    key = api.keys["operator"]
    response = await api.client.get("/api/v1/tickets", headers={"Authorization": f"bearer {key}"})
    assert response.status == 200
    response = await api.client.post("/api/v1/tickets", data=b"nonsense")
    assert response.status == 401


async def test_editors_and_units_register_nothing_and_editors_read_no_tickets(api: Api) -> None:
    for role in ("editor", "liaison", "auditor"):
        refused = await api.post("/tickets", CALL, role=role, expect=403)
        assert refused["code"] == "not_your_role"
    await api.get("/tickets", role="editor", expect=403)
    await api.get("/figures", role="editor", expect=403)


async def test_an_auditor_reads_without_identity_in_the_text_and_opens_none(api: Api) -> None:
    ticket = await api.dispatched()
    shown = await api.get(f"/tickets/{ticket['number']}", role="auditor")
    assert "13800005678" not in shown["text"]
    await api.post(f"/tickets/{ticket['number']}/reveal", {"reason": "审计"}, role="auditor", expect=403)


async def test_no_answer_may_be_kept_by_a_cache(api: Api) -> None:
    ticket = await api.registered()
    for method, path, body in (
        ("GET", "/tickets", None),
        ("GET", f"/tickets/{ticket['number']}", None),
        ("POST", f"/tickets/{ticket['number']}/reveal", {"reason": "核实"}),
        ("POST", f"/tickets/{ticket['number']}/accept", {"version": 99}),
        ("POST", f"/tickets/{ticket['number']}/explode", {}),
        ("GET", "/openapi.json", None),
    ):
        response = await api.request(method, path, json=body)
        assert response.headers["Cache-Control"] == "no-store", path
