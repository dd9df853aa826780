"""What people came for, from the first message to the figures, through the running service."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.records import EntryKind, Outcome
from bot.wechat.messages import IncomingMessage
from tests.journeys.city import CITY_MANAGEMENT, COMPLAINT, PHONE, City, open_city
from tests.journeys.pages import number_in

REPLY = "您好，三盏路灯的电缆已于今天上午更换，现在全部亮灯。如再损坏请拨打88000103。"


async def kinds(city: City, number: str) -> list[str]:
    """What happened to a ticket, in order."""
    ticket = await (await city.api("supervisor")).ticket(number)
    return [event["kind"] for event in ticket["events"]]


async def figure(city: City, name: str, *, user: str = "supervisor") -> tuple[int, int]:
    """(numerator, denominator) of the whole county."""
    told = await (await city.api(user)).get("/figures")
    one = told["figures"][name]
    return one["numerator"], one["denominator"]


async def answered(city: City, number: str, text: str = REPLY) -> None:
    """The liaison's part, at the console: sign in, contact, answer and close."""
    liaison = await city.login("liaison")
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("签收")
    await liaison.press("先行联系", text="10:05 电话联系，市民说三盏灯都不亮。")
    page = await liaison.press("答复并办结", text=text)
    assert page.status == 200
    assert "已办结" in page.text


# ---- asking


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("社保卡丢了怎么补办？", "社会保障卡"),
        ("居民医保什么时候交费", "集中缴费期为2026年9月1日至12月31日"),
        ("天然气多少钱一方", "天然气"),
    ],
)
async def test_a_citizen_asks_and_gets_an_answer_with_its_source(
    city: City, question: str, expected: str
) -> None:
    reply = await city.citizen().says(question)
    assert expected in reply
    source = reply.split("来源：")[1]
    assert source.startswith("《")
    assert "发布" in source
    assert await city.services.database["tickets"].count_documents({}) == 0


async def test_a_question_nobody_can_answer_is_refused_and_can_be_filed(city: City) -> None:
    wang = city.citizen()
    reply = await wang.says("明天的彩票会开出几号球")
    assert "来源：" not in reply
    assert "没有把握" in reply
    await wang.taps("登记成工单")
    for said in ("咨询", "不清楚", "不留电话", "公开"):
        reply = await wang.says(said)
    assert "工单号：" in await wang.says("确认提交")


async def test_an_answer_that_did_not_help_becomes_a_ticket_with_the_question_in_it(city: City) -> None:
    wang = city.citizen()
    await wang.says("社保卡丢了怎么补办？")
    await wang.taps("没解决")
    for said in ("对", "不清楚", "不留电话", "公开"):
        await wang.says(said)
    number = number_in(await wang.says("确认提交"))
    ticket = await (await city.api()).ticket(number)
    assert "社保卡丢了怎么补办" in ticket["text"]


# ---- filing


async def test_a_citizen_files_a_complaint_by_chatting_and_gets_number_department_and_date(
    city: City,
) -> None:
    wang = city.citizen()
    assert "我帮您登记" in await wang.says(COMPLAINT)
    assert "发生在哪里" in await wang.says("对")
    assert "手机号" in await wang.says("城关镇人民路12号")
    assert "要不要让办事的单位看到" in await wang.says(f"我叫王建国，电话{PHONE}")
    assert "请看一看" in await wang.taps("公开")
    reply = await wang.taps("确认提交")
    assert "查询码：" in reply
    assert "承办单位：清和县城市管理综合行政执法局" in reply
    # Monday 16 November 2026, 9:30: five working days after the day of receipt, closing time.
    assert "最晚答复：11月23日（周一）17:30" in reply
    ticket = await (await city.api()).ticket(number_in(reply))
    assert ticket["department"]["id"] == CITY_MANAGEMENT
    assert ticket["promised"]["due_at"].startswith("2026-11-23T17:30")
    assert ticket["state"] == "dispatched"


async def test_a_filing_before_a_holiday_promises_the_date_the_official_calendar_gives(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    eve = datetime.fromisoformat("2026-09-30T16:30+08:00")
    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        start=eve,
    ) as city:
        wang = city.citizen()
        number = await wang.files()
        # 1–7 October off, Saturday 10 October worked: 8, 9, 10, 12, 13 October.
        assert "10月13日（周二）17:30" in wang.hears()[-1]
        ticket = await (await city.api()).ticket(number)
        assert "10月10日" in ticket["promised"]["explanation"]


async def test_a_filing_at_night_is_told_when_work_begins(city: City) -> None:
    city.clock.to("2026-11-20T22:10")
    wang = city.citizen()
    await wang.files()
    assert "11月23日（周一）09:00" in wang.hears()[-1]


async def test_progress_is_shown_to_the_citizen_and_to_whoever_has_number_and_code(city: City) -> None:
    wang, stranger = city.citizen("王大爷"), city.citizen("路人")
    number = await wang.files()
    code = wang.hears()[-1].split("查询码：")[1][:6]
    assert "已转给承办单位" in await wang.says("我的诉求") + await wang.says(number)
    assert COMPLAINT[:10] not in await stranger.says(number)
    wrong = "000000" if code != "000000" else "111111"
    assert COMPLAINT[:10] not in await stranger.says(f"{number} {wrong}")
    assert "已转给承办单位" in await stranger.says(f"{number} {code}")


@pytest.mark.parametrize(
    "said",
    [f"我叫王建国，电话{PHONE}", f"王建国 {PHONE}", f"{PHONE}，我是王建国", f"我的名字叫王建国，手机{PHONE}"],
)
async def test_name_and_number_are_understood_however_they_are_said(city: City, said: str) -> None:
    wang = city.citizen()
    for line in ("我要投诉", COMPLAINT, "城关镇人民路12号", said):
        await wang.says(line)
    assert f"联系：王建国 {PHONE}" in await wang.says("公开")


async def test_nine_photos_sent_at_once_are_all_kept(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    sent = await asyncio.gather(*(city.platform.send_image(wang.openid) for _ in range(9)))
    assert all(number in delivery.text for delivery in sent)
    assert await city.services.database["ticket_pictures"].count_documents({"number": number}) == 9


async def test_photos_sent_after_filing_join_the_ticket(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    city.clock.advance(minutes=2)
    delivery = await city.platform.send_image(wang.openid)
    assert number in delivery.text
    assert await city.services.database["ticket_pictures"].count_documents({"number": number}) == 1
    assert await city.services.database["tickets"].count_documents({}) == 1


async def test_a_message_delivered_twice_is_answered_with_the_same_words_and_filed_once(
    city: City,
) -> None:
    wang = city.citizen()
    for said in ("我要投诉", COMPLAINT, "城关镇人民路12号", f"我叫王建国，电话{PHONE}", "公开", "确认提交"):
        city.platform.faults.lose_replies = 2
        city.clock.advance(seconds=3)
        delivery = await city.platform.send_text(wang.openid, said)
        assert delivery.outcome is Outcome.ANSWERED
        assert delivery.attempts == 3
    number = number_in(delivery.text)
    assert delivery.text.count("工单号：") == 1
    assert await city.services.database["tickets"].count_documents({}) == 1
    assert await kinds(city, number) == ["registered", "dispatched"]


async def test_a_redelivered_urging_counts_once(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    city.platform.faults.lose_replies = 2
    assert "催" in await wang.says("催办")
    assert (await kinds(city, number)).count("reminded") == 1
    assert "今天已经催过了" in await wang.says("催办")


async def test_two_citizens_who_chat_at_once_do_not_get_into_each_others_talk(city: City) -> None:
    phones = [city.citizen(f"市民{n}") for n in range(12)]
    lines = ("我要投诉", COMPLAINT, "城关镇人民路{n}号", "不留电话", "公开", "确认提交")
    for line in lines:
        replies = await asyncio.gather(*(p.says(line.format(n=n)) for n, p in enumerate(phones)))
    numbers = [number_in(reply) for reply in replies]
    assert len(set(numbers)) == len(phones)
    api = await city.api()
    for n, number in enumerate(numbers):
        assert (await api.ticket(number))["place"] == f"城关镇人民路{n}号"


async def test_an_emergency_is_answered_at_once_with_the_numbers_to_ring(city: City) -> None:
    reply = await city.citizen().says("楼上煤气泄漏了，好大的味道")
    for number in ("110", "119", "120"):
        assert number in reply


# ---- the hotline


def call(number: str = "RX-1", text: str = COMPLAINT, **more: object) -> dict[str, object]:
    return {
        "external_number": number,
        "channel": "hotline",
        "text": text,
        "place": "城关镇人民路12号",
        "citizen": {"name": "王建国", "phone": PHONE, "secrecy": "public"},
        **more,
    }


async def test_a_hotline_call_is_registered_once_however_often_it_is_sent(city: City) -> None:
    api = await city.api("operator")
    first = await api.post("/tickets", call(), expect=201)
    again = await api.post("/tickets", call(), expect=200)
    assert again["number"] == first["number"]
    at_once = [api._call("POST", "/tickets", 200, json=call()) for _ in range(10)]
    assert {t["number"] for t in await asyncio.gather(*at_once)} == {first["number"]}
    refused = await api.post("/tickets", call(text="完全是另外一件事：小区停水了"), expect=409)
    assert refused["code"] == "external_number_conflict"
    assert await city.services.database["tickets"].count_documents({}) == 1
    assert first["department"]["id"] == CITY_MANAGEMENT
    assert first["promised"]["due_at"].startswith("2026-11-23T17:30")


async def test_the_hotlines_citizen_is_masked_and_a_reveal_needs_a_reason_and_is_logged(city: City) -> None:
    api = await city.api("operator")
    ticket = await api.post("/tickets", call(), expect=201)
    assert PHONE not in str(ticket)
    number = ticket["number"]
    await api.post(f"/tickets/{number}/reveal", {"reason": " "}, expect=422)
    shown = await api.post(f"/tickets/{number}/reveal", {"reason": "回拨核实地点"})
    assert shown["phone"] == PHONE
    reads = city.services.database["identity_reads"]
    assert await reads.count_documents({"number": number, "reason": "回拨核实地点"}) == 1


# ---- the unit's work


async def test_a_liaison_accepts_contacts_and_answers_and_the_citizen_reads_it_in_wechat(
    city: City,
) -> None:
    wang = city.citizen()
    number = await wang.files()
    heard = len(wang.hears())
    await answered(city, number)
    await city.sweep()
    told = wang.hears()[heard:]
    assert len(told) == 1, told
    assert REPLY in told[0]
    assert "办得怎么样" in told[0]
    assert await kinds(city, number) == [
        "registered",
        "dispatched",
        "accepted",
        "contacted",
        "replied",
        "resolved",
    ]


async def test_the_same_in_the_hotlines_own_program(city: City) -> None:
    api, unit = await city.api("operator"), await city.api("liaison")
    number = (await api.post("/tickets", call(), expect=201))["number"]
    ticket = await unit.ticket(number)
    for action, body in (
        ("accept", {}),
        ("contact", {"text": "电话联系了市民"}),
        ("resolve", {"text": REPLY}),
    ):
        ticket = await unit.post(f"/tickets/{number}/{action}", {**body, "version": ticket["version"]})
    assert ticket["state"] == "resolved"
    assert (await api.ticket(number))["reply"] == REPLY
    rated = await api.post(f"/tickets/{number}/rate", {"stars": 5, "version": ticket["version"]})
    assert rated["state"] == "archived"


async def test_another_unit_neither_sees_nor_touches_the_ticket(city: City) -> None:
    number = await city.citizen().files()
    other = await city.api("housing")
    await other.get(f"/tickets/{number}", expect=404)
    await other.post(f"/tickets/{number}/accept", {"version": 1}, expect=404)
    assert (await other.get("/tickets"))["tickets"] == []
    browser = await city.login("housing")
    assert (await browser.open(f"/console/tickets/{number}")).status == 404


async def test_two_officials_on_one_ticket_the_slower_loses_nothing_of_what_was_typed(city: City) -> None:
    number = await city.citizen().files()
    first, second = await city.login("liaison"), await city.login("liaison")
    await first.open(f"/console/tickets/{number}")
    await first.press("签收")
    await second.open(f"/console/tickets/{number}")
    await first.press("先行联系", text="先到一步的人打过电话了")
    page = await second.press("答复并办结", text="慢一步的人写了很长的答复：三盏路灯都已修好，不能丢。")
    assert "慢一步的人写了很长的答复：三盏路灯都已修好，不能丢。" in page.html
    assert (await kinds(city, number)).count("replied") == 0
    page = await second.press("答复并办结")
    assert "已办结" in page.text


async def test_an_unsure_ticket_waits_for_a_dispatcher_with_candidates(city: City) -> None:
    wang = city.citizen()
    number = await wang.files("有件事情说来话长，好几个部门都说不归他们管，想请你们协调", place="不清楚")
    assert "正在确定" in wang.hears()[-1]
    await city.sweep()
    ticket = await (await city.api("dispatcher")).ticket(number)
    assert ticket["state"] == "received"
    assert ticket["triage"]["automatic"] is False
    assert ticket["triage"]["candidates"]
    dispatcher = await city.login("dispatcher")
    await dispatcher.open("/console/tickets?tab=received")
    assert number in dispatcher.page.text
    await dispatcher.open(f"/console/tickets/{number}")
    page = await dispatcher.press("派单", unit_id="qh.housing")
    assert page.status == 200
    assert (await (await city.api("housing")).ticket(number))["state"] == "dispatched"
    await city.sweep()
    assert "清和县住房和城乡建设局" in wang.hears()[-1]


async def test_a_return_is_asked_for_decided_and_dispatched_anew(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    liaison = await city.login("liaison")
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("提交退单申请", reason="该路段由住建局管养", basis="权责清单第3条")
    dispatcher = await city.login("dispatcher")
    await dispatcher.open(f"/console/tickets/{number}")
    await dispatcher.press("同意退单", reason="情况属实")
    await dispatcher.press("派单", unit_id="qh.housing")
    assert (await (await city.api("housing")).ticket(number))["state"] == "dispatched"
    assert await figure(city, "returned") == (1, 2)
    await city.sweep()
    assert "清和县住房和城乡建设局" in wang.hears()[-1]


# ---- rating and figures


async def test_the_citizen_rates_in_two_taps_and_the_figures_move(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    assert await figure(city, "closed_on_time") == (0, 0)
    assert await figure(city, "satisfied") == (0, 0)
    city.clock.to("2026-11-17T10:00")
    await answered(city, number)
    await city.sweep()
    assert "好在哪里" in await wang.taps("非常满意")
    assert "评价收到了" in await wang.taps("办得快")
    ticket = await (await city.api()).ticket(number)
    assert ticket["state"] == "archived"
    assert ticket["rating"]["stars"] == 5
    assert await figure(city, "closed_on_time") == (1, 1)
    assert await figure(city, "satisfied") == (1, 1)
    # Received Monday 9:30, signed in on Tuesday at 10:00: four working hours had passed.
    assert await figure(city, "sign_in_on_time") == (0, 1)
    supervisor = await city.login("supervisor")
    page = await supervisor.open("/console/figures")
    assert page.status == 200
    assert "100" in page.text
    assert "1/1" in page.text.replace(" ", "")


async def test_a_bad_rating_is_offered_re_handling(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    city.clock.advance(hours=1)
    await answered(city, number)
    await city.sweep()
    assert "哪里不好" in await wang.taps("不满意")
    assert "重新办理" in await wang.taps("问题没解决")
    reply = await wang.taps("要，重新办理")
    assert "最晚答复" in reply
    ticket = await (await city.api("liaison")).ticket(number)
    assert ticket["state"] == "dispatched"
    assert {c["name"] for c in ticket["clocks"] if c["status"] in ("running", "at_risk")} >= {
        "rework",
        "sign_in",
    }
    assert await figure(city, "satisfied") == (0, 1)
    await answered(city, number, "您好，第二次检查发现路灯控制箱故障，已更换，三盏路灯都亮了。")
    await city.sweep()
    await wang.taps("满意")
    await wang.taps("问题解决了")
    assert await figure(city, "satisfied") == (1, 2)


async def test_a_late_sign_in_is_alarmed_and_counts_against_the_unit(city: City) -> None:
    city.clock.to("2026-11-20T16:29")  # Friday: one working hour left, then the weekend
    number = await city.citizen().files()
    await city.sweep()
    for quiet in ("2026-11-20T20:00", "2026-11-21T11:00", "2026-11-22T16:00", "2026-11-23T09:10"):
        city.clock.to(quiet)
        await city.sweep()
    assert "overdue" not in await kinds(city, number)
    city.clock.to("2026-11-23T11:55")
    await city.sweep()
    assert "at_risk" in await kinds(city, number)
    assert await figure(city, "sign_in_on_time") == (0, 0)
    city.clock.to("2026-11-23T12:05")
    await city.sweep()
    await city.sweep()
    assert (await kinds(city, number)).count("overdue") == 1
    assert await figure(city, "sign_in_on_time") == (0, 1)
    liaison = await city.login("liaison")
    await liaison.open("/console/tickets")
    assert "已超期" in liaison.page.text
    told = await (await city.api("supervisor")).get("/figures", group_by="department")
    late = {
        group["department"]["id"]: group["figures"]["sign_in_on_time"]
        for group in told["groups"]
        if group["department"]
    }
    assert (late[CITY_MANAGEMENT]["numerator"], late[CITY_MANAGEMENT]["denominator"]) == (0, 1)
    await liaison.open(f"/console/tickets/{number}")
    await liaison.press("签收")
    assert await figure(city, "sign_in_on_time") == (0, 1)


async def test_a_withdrawn_ticket_counts_in_no_rate(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    await wang.says("撤回")
    assert "已经撤回" in await wang.says("确定撤回")
    city.clock.advance(days=14)
    await city.sweep()
    assert "overdue" not in await kinds(city, number)
    for name in ("sign_in_on_time", "closed_on_time", "closed"):
        assert await figure(city, name) == (0, 0)


# ---- privacy


async def test_a_secret_reporter_is_hidden_from_the_unit(city: City) -> None:
    wang = city.citizen()
    number = await wang.files(
        f"人民路烧烤摊天天占道经营，给城管送礼。我叫王建国，电话{PHONE}，怕他们报复",
        kind="举报",
        contact=f"王建国 {PHONE}",
    )
    dispatcher = await city.api("dispatcher")
    ticket = await dispatcher.ticket(number)
    if ticket["state"] == "received":
        body = {"department": CITY_MANAGEMENT, "version": ticket["version"]}
        await dispatcher.post(f"/tickets/{number}/dispatch", body)
    await city.sweep()
    unit = await city.api("liaison")
    seen = await unit.ticket(number)
    assert seen["secrecy"] == "secret"
    assert seen["citizen"] is None
    for secret in (PHONE, "王建国", wang.openid):
        assert secret not in str(seen)
    await unit.post(f"/tickets/{number}/reveal", {"reason": "想知道是谁"}, expect=403)
    liaison = await city.login("liaison")
    for path in ("/console/", "/console/tickets", f"/console/tickets/{number}"):
        page = await liaison.open(path)
        assert page.status == 200
        for secret in (PHONE, "王建国", wang.openid):
            assert secret not in page.html
    assert "查看联系方式" not in page.text
    assert "保密" in page.text


async def test_identities_rest_sealed_in_the_store(city: City) -> None:
    wang = city.citizen()
    await wang.files()
    for name in await city.services.database.list_collection_names():
        async for document in city.services.database[name].find({}):
            text = str(document)
            for secret in (PHONE, "王建国", wang.openid):
                assert secret not in text, f"{name} holds an identity in the clear"


# ---- time and failure


@dataclass
class Held:
    """The dialogue, but its answers wait until they are let go."""

    real: Any
    release: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def __call__(self, message: IncomingMessage, *, now: datetime) -> str | None:
        self.asked += 1
        await self.release.wait()
        reply: str | None = await self.real(message, now=now)
        return reply


async def test_an_answer_slower_than_five_seconds_arrives_by_customer_service_message(
    mongo_url: str, redis_url: str, services_database: str, tmp_path: Path
) -> None:
    held: list[Held] = []

    def hold(real: Any) -> Held:
        held.append(Held(real))
        return held[0]

    async with open_city(
        mongo_url=mongo_url,
        redis_url=redis_url,
        database=services_database,
        directory=tmp_path,
        answer_within_s=0.2,
        wrap_dialogue=hold,
    ) as city:
        wang = city.citizen()
        delivery = await wang.sends("社保卡丢了怎么补办？")
        assert delivery.outcome is Outcome.SUCCESS
        assert wang.hears() == []
        held[0].release.set()
        await city.sweep()
        await city.sweep()
        assert len(wang.hears()) == 1
        assert "来源：" in wang.hears()[0]


async def test_a_platform_that_refuses_for_a_while_gets_the_answer_later_and_once(city: City) -> None:
    wang = city.citizen()
    number = await wang.files()
    heard = len(wang.hears())
    await answered(city, number)
    city.platform.faults.fail_next("message/custom/send", -1, times=3)
    await city.sweep()
    for minutes in (2, 6, 31):
        city.clock.advance(minutes=minutes)
        await city.sweep()
    assert len(wang.hears()) == heard + 1
    assert REPLY in wang.hears()[-1]


async def test_no_journey_ever_showed_the_platforms_fault_notice(city: City) -> None:
    wang = city.citizen()
    await city.platform.follow(wang.openid)
    for said in (
        "你好",
        "？？？",
        "0",
        "#",
        "2",
        "3",
        "9" * 50,
        "啊" * 2000,
        "返回",
        "返回",
        "🎉",
        "查 HY2611160001",
    ):
        city.clock.advance(seconds=3)
        await wang.says(said)
    await city.platform.send_voice(wang.openid, "")
    await city.platform.send_voice(wang.openid, "路灯坏了没人修")
    await city.platform.send_location(wang.openid, 28.66, 121.42, "清和县人民路")
    await city.platform.unfollow(wang.openid)
    assert all(entry.kind is not EntryKind.FAULT for entry in wang.lines())
