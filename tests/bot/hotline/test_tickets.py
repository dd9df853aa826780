"""Registering and reading tickets over HTTP."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from tests.bot.hotline.conftest import CALL, Api
from tests.factories import CITY_MANAGEMENT, HOUSING


async def test_a_call_becomes_a_ticket_with_a_promised_date_and_reasons(api: Api) -> None:
    ticket = await api.post("/tickets", CALL, role="operator", expect=201)
    assert ticket["number"] == "HY2611160001"
    assert ticket["type_label"] == "投诉"
    assert ticket["request_type"] == "complaint"
    assert ticket["received_at"] == "2026-11-16T09:30:00+08:00"
    assert ticket["promised"]["due_at"] == "2026-11-23T17:30:00+08:00"
    assert ticket["promised"]["explanation"]
    assert ticket["triage"]["why"]
    assert ticket["events"][0]["by"] == {"role": "operator", "name": "operator"}
    assert ticket["citizen"] == {"name": "王**", "phone": "138****5678"}
    assert ticket["query_code"] == api.services.desk.query_code(ticket["number"])


async def test_the_same_call_again_is_the_same_ticket_and_another_text_a_conflict(api: Api) -> None:
    first = await api.post("/tickets", CALL, expect=201)
    again = await api.post("/tickets", CALL, expect=200)
    assert again == first
    refused = await api.post("/tickets", {**CALL, "text": "另一件事"}, expect=409)
    assert refused["code"] == "external_number_conflict"
    assert (await api.get("/tickets"))["total"] == 1


async def test_twenty_deliveries_at_once_make_one_ticket_and_one_of_them_is_told_so(api: Api) -> None:
    responses = await asyncio.gather(*(api.request("POST", "/tickets", json=CALL) for _ in range(20)))
    assert sorted(r.status for r in responses) == [200] * 19 + [201]
    assert len({(await r.json())["number"] for r in responses}) == 1
    assert (await api.get("/tickets"))["total"] == 1


async def test_the_least_a_caller_must_say_is_number_and_text(api: Api) -> None:
    body = {"external_number": "1", "text": "请问社保卡丢了怎么补办？"}
    ticket = await api.post("/tickets", body, expect=201)
    assert (ticket["channel"], ticket["request_type"]) == ("hotline", "consultation")
    assert ticket["citizen"] == {"name": None, "phone": None}


async def test_english_and_chinese_words_mean_the_same(api: Api) -> None:
    words = {"request_type": "complaint", "citizen": {"secrecy": "secret"}, "urgency": "urgent"}
    labels = {"request_type": "投诉", "citizen": {"secrecy": "保密"}, "urgency": "紧急"}
    seen = []
    for number, chosen in enumerate((words, labels)):
        ticket = await api.post("/tickets", {**CALL, **chosen, "external_number": f"E{number}"}, expect=201)
        seen.append((ticket["request_type"], ticket["secrecy"], ticket["urgency"]))
    assert seen == [("complaint", "secret", "urgent")] * 2


TIMES = [
    ("2026-11-16T08:00", "2026-11-16T08:00:00+08:00"),
    ("2026-11-16 08:00:30", "2026-11-16T08:00:30+08:00"),
    ("2026-11-16T00:00:00Z", "2026-11-16T08:00:00+08:00"),
    ("2026-11-15T23:00:00.123456-01:00", "2026-11-16T08:00:00.123+08:00"),
    ("2026-11-16T09:30:30", "2026-11-16T09:30:00+08:00"),  # our clock is right, theirs half a minute ahead
]


async def test_times_without_offset_are_china_s(api: Api) -> None:
    for said, kept in TIMES:
        ticket = await api.post(
            "/tickets", {**CALL, "external_number": said, "received_at": said}, expect=201
        )
        assert ticket["received_at"] == kept
        del ticket["similar"]  # told to whoever files, once
        assert await api.get(f"/tickets/{ticket['number']}") == ticket


BAD_CALLS: list[tuple[str, Any, int, str]] = [
    ("no text", {"external_number": "1"}, 422, "text"),
    ("no number", {"text": "路灯不亮"}, 422, "external_number"),
    ("white space is no text", {**CALL, "text": " \n\t"}, 422, "text"),
    ("5001 characters", {**CALL, "text": "路" * 5001}, 422, "text"),
    ("201 characters of title", {**CALL, "title": "路" * 201}, 422, "title"),
    ("65 characters of number", {**CALL, "external_number": "1" * 65}, 422, "external_number"),
    ("a number is no text", {**CALL, "text": 5}, 422, "text"),
    ("an unknown type", {**CALL, "request_type": "抱怨"}, 422, "request_type"),
    ("WeChat's own door is another", {**CALL, "channel": "fax"}, 422, "channel"),
    ("a list is no citizen", {**CALL, "citizen": []}, 422, "citizen"),
    ("a number is no phone", {**CALL, "citizen": {"phone": 13800005678}}, 422, "citizen.phone"),
    ("tomorrow", {**CALL, "received_at": "2026-11-17T09:30"}, 422, "received_at"),
    ("two minutes from now", {**CALL, "received_at": "2026-11-16T09:32"}, 422, "received_at"),
    ("no calendar of that year", {**CALL, "received_at": "2019-05-06T10:00"}, 422, "received_at"),
    ("the thirteenth month", {**CALL, "received_at": "2026-13-01T10:00"}, 422, "received_at"),
    ("a stamp is no time", {**CALL, "received_at": 1763254800}, 422, "received_at"),
    ("year nought", {**CALL, "received_at": "0001-01-01T00:00"}, 422, "received_at"),
    ("a list is no body", [], 422, "body"),
    ("a string is no body", "text", 422, "body"),
]


async def test_what_is_wrong_is_named_and_nothing_is_registered(api: Api) -> None:
    for why, body, status, field in BAD_CALLS:
        refused = await api.post("/tickets", body, expect=status)
        assert list(refused["errors"]) == [field], why
    assert (await api.get("/tickets"))["total"] == 0


async def test_a_refusal_never_repeats_what_a_citizen_said(api: Api) -> None:
    body = {**CALL, "citizen": {"name": "王建国" * 40, "phone": "13800005678" * 9}}
    refused = await api.post("/tickets", body, expect=422)
    assert "王建国" not in str(refused)
    assert "13800005678" not in str(refused)


UNREADABLE = [
    (b'{"text": ', "application/json", 400),
    (b'{"text": NaN}', "application/json", 400),
    (b'{"text": "\\ud800"}', "application/json", 400),
    (b'{"text": "\xff\xfe"}', "application/json", 400),
    (b"[" * 5000, "application/json", 400),
    (b"text=1", "application/x-www-form-urlencoded", 415),
    (b"{}", "text/plain", 415),
    ('{"text":"路"}'.encode("gbk"), "application/json; charset=gbk", 415),
    (b"", "application/json", 422),
    (b'{"text":"' + b"a" * (256 * 1024) + b'"}', "application/json", 413),
]


async def test_a_body_that_cannot_be_read_is_refused(api: Api) -> None:
    for raw, content_type, status in UNREADABLE:
        response = await api.request("POST", "/tickets", data=raw, headers={"Content-Type": content_type})
        assert response.status == status, raw[:40]
        assert response.content_type == "application/problem+json"
        assert (await response.json(content_type=None))["status"] == status


async def test_a_liaison_sees_its_own_units_tickets_redacted_and_no_others(api: Api) -> None:
    ticket = await api.dispatched()
    path = f"/tickets/{ticket['number']}"
    theirs = await api.get(path, role="liaison")
    assert "13800005678" not in theirs["text"]
    assert "501" not in theirs["text"]
    assert theirs["query_code"] is None
    assert theirs["citizen"] == {"name": "王**", "phone": "138****5678"}
    assert "13800005678" in (await api.get(path, role="operator"))["text"]
    assert (await api.get(path, role="stranger", expect=404))["code"] == "unknown_ticket"
    assert (await api.get("/tickets", role="stranger"))["total"] == 0
    await api.act(ticket, "accept", role="stranger", expect=404)


async def test_a_secret_citizen_is_absent_for_the_unit(api: Api) -> None:
    ticket = await api.dispatched(citizen={"name": "王建国", "phone": "13800005678", "secrecy": "保密"})
    path = f"/tickets/{ticket['number']}"
    assert (await api.get(path, role="liaison"))["citizen"] is None
    await api.post(f"{path}/reveal", {"reason": "联系"}, role="liaison", expect=403)
    assert await api.post(f"{path}/reveal", {"reason": "核实"}, role="operator") == {
        "name": "王建国",
        "phone": "13800005678",
    }
    assert [r.reason async for r in api.services.identities.reads(number=ticket["number"])] == ["核实"]


async def test_whatever_a_person_wrote_is_redacted_outside_the_centre(api: Api) -> None:
    phone = "13900001111"
    ticket = await api.act(await api.dispatched(place=f"华庭小区{phone}"), "accept", role="liaison")
    ticket = await api.act(ticket, "supplement", text=f"改打{phone}")
    ticket = await api.act(ticket, "contact", role="liaison", text=f"已打{phone}")
    ticket = await api.act(ticket, "return", role="liaison", reason=f"已问{phone}", basis=f"{phone}说的")
    for role in ("liaison", "auditor"):
        shown = await api.get(f"/tickets/{ticket['number']}", role=role)
        assert shown["pending_return"]["reason"] == "已问[手机号]"
        assert shown["pending_return"]["basis"] == "[手机号]说的"
    ticket = await api.act(ticket, "decide-return", approved=False, reason=f"再问{phone}")
    ticket = await api.act(ticket, "resolve", role="liaison", text=f"已答复{phone}")
    ticket = await api.act(ticket, "rate", stars=1, reasons=[f"没打{phone}"], comment=f"打{phone}")
    for role in ("liaison", "auditor"):
        shown = await api.get(f"/tickets/{ticket['number']}", role=role)
        assert phone not in str(shown)
        assert phone not in str(await api.get("/tickets", role=role))
        said = {e["kind"]: e["text"] for e in shown["events"]}
        assert said["supplemented"] == "改打[手机号]"
        assert said["contacted"] == "已打[手机号]"
        assert shown["reply"] == said["replied"] == "已答复[手机号]"
        assert shown["rating"]["comment"] == "打[手机号]"
    assert (await api.get(f"/tickets/{ticket['number']}", role="operator"))["reply"] == f"已答复{phone}"


async def test_lists_are_filtered_and_paged_without_gap_or_repetition(api: Api) -> None:
    numbers = [(await api.dispatched())["number"] for _ in range(3)]
    numbers += [(await api.registered())["number"] for _ in range(2)]
    seen: list[str] = []
    params: dict[str, Any] = {"limit": "2"}
    while True:
        page = await api.get("/tickets", **params)
        assert page["total"] == 5
        seen += [t["number"] for t in page["tickets"]]
        if page["cursor"] is None:
            break
        params["cursor"] = page["cursor"]
    assert sorted(seen) == sorted(numbers)
    for narrowed, count in (
        ({"state": "dispatched"}, 3),
        ({"state": "received,dispatched"}, 5),
        ({"department": CITY_MANAGEMENT}, 3),
        ({"department": HOUSING}, 0),
        ({"q": "华庭 噪音"}, 5),
        ({"q": ".*"}, 0),
        ({"q": numbers[0]}, 1),
        ({"due_before": "2026-11-16T09:00"}, 0),
        ({"due_before": "2026-11-18"}, 5),
    ):
        assert (await api.get("/tickets", **narrowed))["total"] == count, narrowed


BAD_QUERIES: list[tuple[dict[str, Any], str]] = [
    ({"cursor": "x"}, "cursor"),
    ({"cursor": "MjAyNg"}, "cursor"),
    ({"limit": "0"}, "limit"),
    ({"limit": "101"}, "limit"),
    ({"limit": "many"}, "limit"),
    ({"state": "closed"}, "state.0"),
    ({"order": "random"}, "order"),
    ({"due_before": "tomorrow"}, "due_before"),
    ({"due_before": "9999-12-31"}, "due_before"),
]


async def test_a_query_that_cannot_be_meant_is_named(api: Api) -> None:
    for params, field in BAD_QUERIES:
        refused = await api.get("/tickets", expect=422, **params)
        assert list(refused["errors"]) == [field], params


async def test_control_characters_are_shown_as_such_and_harm_nothing(api: Api) -> None:
    ticket = await api.registered(text="路灯\x00不亮\x0b第二行")
    assert ticket["text"] == "路灯\ufffd不亮\n第二行"
    assert (await api.get("/tickets", q="路灯\x00不亮"))["total"] == 1


async def test_a_clock_s_status_follows_the_time(api: Api) -> None:
    ticket = await api.dispatched()

    async def status() -> str:
        shown = await api.get(f"/tickets/{ticket['number']}")
        return str(next(c["status"] for c in reversed(shown["clocks"]) if c["name"] == "sign_in"))

    sign_in = next(c for c in reversed(ticket["clocks"]) if c["name"] == "sign_in")
    assert (sign_in["label"], sign_in["unit"]["id"]) == ("签收时限", CITY_MANAGEMENT)
    assert await status() == "running"
    api.clock.advance(hours=5)
    assert await status() == "at_risk"
    api.clock.advance(days=1)
    assert await status() == "overdue"


async def test_unknown_numbers_and_paths_are_problems(api: Api) -> None:
    for path in ("/tickets/HY2611169999", "/tickets/nonsense", "/tickets/%00", "/nowhere"):
        response = await api.request("GET", path)
        assert (response.status, response.content_type) == (404, "application/problem+json"), path
    response = await api.request("DELETE", "/tickets")
    assert (response.status, response.content_type) == (405, "application/problem+json")
    assert set(response.headers["Allow"].replace(" ", "").split(",")) >= {"GET", "POST"}


async def test_a_ticket_closed_long_ago_shows_when(api: Api) -> None:
    ticket = await api.resolved()
    api.clock.now += timedelta(days=40)
    shown = await api.get(f"/tickets/{ticket['number']}")
    assert shown["resolved_at"] == "2026-11-16T09:30:00+08:00"
    ended = {c["status"] for c in shown["clocks"] if c["name"] != "follow_up_visit"}
    assert ended <= {"met", "cancelled"}


async def test_an_empty_parameter_asks_for_nothing_and_names_find_what_ids_find(api: Api) -> None:
    ticket = await api.dispatched()
    everything = await api.get("/tickets?state=&department=&due_before=&q=&cursor=")
    assert everything["total"] == 1
    name, unit_id = ticket["department"]["name"], ticket["department"]["id"]
    for department in (unit_id, name, api.services.units.get(unit_id).short_name):
        assert (await api.get("/tickets", department=department))["total"] == 1
    await api.get("/tickets", department="nowhere", expect=404)
    assert (await api.get("/tickets", state="待签收,已办结"))["total"] == 1


async def test_a_caller_may_say_nothing_of_the_citizen(api: Api) -> None:
    ticket = await api.post("/tickets", {**CALL, "citizen": None}, expect=201)
    assert ticket["citizen"] == {"name": None, "phone": None}
