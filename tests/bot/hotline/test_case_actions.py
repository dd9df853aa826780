"""What is asked, decided and done beside the straight path, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.bot.hotline.conftest import Api
from tests.factories import CITY_MANAGEMENT, HOUSING


async def accepted(api: Api, **changes: Any) -> Any:
    return await api.act(await api.dispatched(**changes), "accept", role="liaison")


def events(ticket: Any) -> list[str]:
    return [event["kind"] for event in ticket["events"]]


async def test_an_extension_is_asked_granted_and_shown_with_its_new_date(api: Api) -> None:
    ticket = await accepted(api)
    before = ticket["promised"]["due_at"]
    ticket = await api.act(ticket, "extend", role="liaison", reason="等配件", amount=5)
    assert [r["kind"] for r in ticket["reviews"]] == ["extension"]
    assert "decide-extension" not in ticket["actions"]
    forbidden = await api.act(
        ticket, "decide-extension", role="liaison", approved=True, reason="同意", expect=403
    )
    assert forbidden["code"] == "not_your_role"
    ticket = await api.act(ticket, "decide-extension", role="dispatcher", approved=True, reason="属实")
    assert ticket["promised"]["due_at"] > before
    assert ticket["events"][-1]["until"] == ticket["promised"]["due_at"]
    refused = await api.act(ticket, "extend", role="liaison", reason="还要等", expect=409)
    assert refused["code"] == "used_up"


async def test_a_suspended_ticket_says_so_and_is_resumed(api: Api) -> None:
    ticket = await accepted(api)
    until = (api.clock.now + timedelta(days=3)).isoformat()
    ticket = await api.act(ticket, "suspend", role="liaison", reason="等雨停", until=until)
    ticket = await api.act(ticket, "decide-suspension", role="dispatcher", approved=True, reason="同意")
    assert ticket["pause"]["label"] == "挂账"
    assert {c["status"] for c in ticket["clocks"] if c["name"] == "reply"} == {"paused"}
    refused = await api.act(ticket, "reply", role="liaison", text="修好了", expect=409)
    assert refused["code"] == "ticket_paused"
    assert "挂账" in refused["detail"]
    ticket = await api.act(ticket, "resume", role="liaison", reason="雨停了")
    assert ticket["pause"] is None


async def test_co_handlers_owe_answers_and_the_lead_waits(api: Api) -> None:
    ticket = await accepted(api)
    ticket = await api.act(ticket, "co-handle", role="liaison", departments=[HOUSING], text="请核实")
    assert ticket["co_handlers"][0]["owes"]
    refused = await api.act(ticket, "resolve", role="liaison", text="修好了", expect=409)
    assert refused["code"] == "answers_owed"
    ticket = await api.act(ticket, "answer-co-handling", role="supervisor", department=HOUSING, text="属物业")
    ticket = await api.act(ticket, "resolve", role="liaison", text="修好了")
    assert ticket["state"] == "resolved"


async def test_letters_are_sent_received_and_answered(api: Api) -> None:
    ticket = await accepted(api)
    ticket = await api.act(ticket, "escalate", role="supervisor", text="请加快办理")
    letter = ticket["letters"][0]
    assert (letter["level"], letter["department"]["id"]) == ("blue", CITY_MANAGEMENT)
    ticket = await api.act(ticket, "receive-letter", role="liaison", letter=letter["id"])
    ticket = await api.act(ticket, "answer-letter", role="liaison", letter=letter["id"], text="明天完成")
    assert ticket["letters"][0]["answer"] == "明天完成"
    refused = await api.act(
        ticket, "answer-letter", role="liaison", letter=letter["id"], text="再答", expect=409
    )
    assert refused["code"] == "nothing_to_do"


async def test_a_duplicate_is_linked_and_answered_with_its_parent(api: Api) -> None:
    parent = await accepted(api)
    child = await api.dispatched(external_number="second")
    child = await api.act(child, "link", role="dispatcher", parent=parent["number"], reason="同一件事")
    assert (child["state"], child["parent"]) == ("linked", parent["number"])
    parent = await api.get(f"/tickets/{parent['number']}")
    assert parent["children"] == [child["number"]]
    refused = await api.act(
        parent, "link", role="dispatcher", parent=child["number"], reason="反了", expect=409
    )
    assert refused["code"] == "cannot_link"
    await api.act(parent, "resolve", role="liaison", text="已责令停工。")
    await api.services.desk.links.settle_links(api.clock.now)
    child = await api.get(f"/tickets/{child['number']}")
    assert (child["state"], child["reply"]) == ("resolved", "已责令停工。")


async def test_a_visit_that_finds_it_unsolved_sends_the_ticket_back(api: Api) -> None:
    ticket = await api.resolved()
    asked = await api.act(ticket, "visit", role="operator", outcome="reached", expect=409)
    assert asked["code"] == "out_of_range"
    ticket = await api.act(
        ticket, "visit", role="operator", outcome="已联系上", solved="没有解决", stars=2, comment="还在吵"
    )
    assert ticket["state"] == "dispatched"
    assert events(ticket)[-3:] == ["visited", "rated", "reopened"]


async def test_a_rejection_has_its_class_and_a_closed_ticket_its_appeal(api: Api) -> None:
    ticket = await api.registered(text="随便说说", external_number="r")
    if ticket["state"] == "received":
        ticket = await api.act(
            ticket, "reject", role="dispatcher", kind="litigation", reason="请向县法院起诉。"
        )
        assert ticket["events"][-1]["reject_reason"] == "litigation"
    closed = await api.resolved()
    closed = await api.act(closed, "appeal-exclusion", role="liaison", reason="恶意", basis="通话录音")
    closed = await api.act(closed, "decide-exclusion", role="supervisor", approved=True, reason="属实")
    assert events(closed)[-1] == "exclusion_upheld"
    assert closed["reviews"] == []


async def test_the_visitor_reads_the_script_of_the_ticket_and_a_unit_does_not(api: Api) -> None:
    ticket = await api.resolved()
    script = await api.get(f"/tickets/{ticket['number']}/visit-script", role="operator")
    assert ticket["number"] in script["opening"]
    assert [q["field"] for q in script["questions"]] == [None, "solved", "stars", "comment"]
    await api.get(f"/tickets/{ticket['number']}/visit-script", role="liaison", expect=403)
