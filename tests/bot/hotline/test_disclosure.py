"""依申请公开 over HTTP: one application from intake to its archive, and what is refused on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.notice_wording import notice_to_citizen
from bot.worker import Worker
from routing.acts.replaying import replay, same_history
from routing.disclosure.acts import due
from routing.disclosure.applications import application_of
from routing.disclosure.rules import Register, shipped_rules
from routing.disclosure.store import MongoDisclosureRegister
from routing.events import Audience, Event, EventKind
from routing.ticket import Ticket
from routing.timing.working_calendar import CHINA
from tests.bot.hotline.conftest import Api

ASKED: dict[str, Any] = {
    "tier": "disclosure",
    "applicant": "商业企业",
    "request_type": "咨询",
    "title": "申请公开路灯养护合同",
    "text": "申请公开2025年城区路灯养护合同。",
    "place": None,
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


async def at_work(api: Api, **changes: Any) -> Any:
    """Filed on Monday 16 November 2026 at half past nine, with the unit ten minutes later."""
    ticket = await api.dispatched(**{**ASKED, **changes})
    api.clock.advance(minutes=10)
    return await api.act(ticket, "accept", role="liaison")


async def stored(api: Api, ticket: Any) -> Ticket:
    return await api.services.tickets.get(ticket["number"])


def promised(ticket: Any) -> str:
    return str(ticket["promised"]["due_at"])[:16]


async def told(api: Api, ticket: Any, kind: EventKind) -> str:
    """What a citizen who filed by WeChat reads of the last event of that kind."""
    found = await stored(api, ticket)
    event: Event = [e for e in found.events if e.kind is kind][-1]
    return notice_to_citizen(found, event, units=api.services.units)


async def as_the_law_counts(api: Api, ticket: Any) -> str:
    """The due date by ``routing.disclosure.acts`` alone, from the application the events make."""
    found = application_of(await stored(api, ticket))
    promise = due(found, profile=api.services.profile, rules=shipped_rules(), now=api.clock.now)
    assert promise is not None
    return promise.due_at.astimezone(CHINA).isoformat()[:16]


async def test_an_application_from_intake_to_archive(api: Api) -> None:
    ticket = await at_work(api, channel="wechat")
    assert ticket["tier"] == "disclosure"
    assert ticket["application"]["applicant"] == "business"
    assert ticket["application"]["entry_number"] == "登记〔2026〕1号", "entered with its intake"
    assert promised(ticket) == "2026-12-14T17:30", "20 working days"
    assert "登记〔2026〕1号" in await told(api, ticket, EventKind.ENTERED)

    # 补正: the limit stands still and begins anew with the corrected application.
    ticket = await api.act(ticket, "ask-correction", role="liaison", text="请写明是哪一段路")
    assert ticket["pause"]["reason"] == "correction"
    assert ticket["pause"]["until"][:16] == "2026-12-07T17:30", "15 working days to correct"
    assert "答复的期限重新算" in await told(api, ticket, EventKind.CORRECTION_REQUESTED)
    assert "reply" not in ticket["actions"]
    refused = await api.act(
        ticket, "decide-disclosure", role="liaison", ground="provided", text="见附件", expect=409
    )
    assert refused["code"] == "disclosure_refused"
    assert "时间还没到" in refused["detail"]
    api.clock.now = at("2026-11-20T10:00")
    ticket = await api.act(ticket, "supplement", role="operator", text="解放路的合同")
    assert ticket["pause"] is None
    assert promised(ticket) == "2026-12-18T17:30" == await as_the_law_counts(api, ticket)
    assert "补正后重新计算" in ticket["promised"]["explanation"]
    twice = await api.act(ticket, "ask-correction", role="liaison", text="还要补", expect=409)
    assert "只能办一次" in twice["detail"]

    # 征求第三方意见, and an extension of at most twenty working days.
    api.clock.now = at("2026-11-23T09:00")
    ticket = await api.act(ticket, "consult", role="liaison", text="某照明公司")
    api.clock.now = at("2026-11-25T17:30")
    ticket = await api.act(ticket, "hear-third-party", role="liaison", consents=False, text="含商业秘密")
    assert promised(ticket) == "2026-12-23T17:30" == await as_the_law_counts(api, ticket), "three days later"
    assert ticket["application"]["consultations"][0]["consents"] is False
    too_long = await api.act(ticket, "extend", role="liaison", reason="须检索", amount=21, expect=409)
    assert "1至20个工作日" in too_long["detail"]
    ticket = await api.act(ticket, "extend", role="liaison", reason="须检索档案", amount=10)
    ticket = await api.act(ticket, "decide-extension", role="dispatcher", approved=True, reason="属实")
    assert promised(ticket) == await as_the_law_counts(api, ticket)
    assert promised(ticket) == "2027-01-07T17:30", "ten days, New Year's Day not among them"

    # The decision is the answer; words alone are none.
    plain = await api.act(ticket, "reply", role="liaison", text="给您", expect=409)
    assert "请先作出公开决定" in plain["detail"]
    early = await api.act(ticket, "enter-register", role="liaison", register="备案", expect=409)
    assert early["code"] == "disclosure_refused"
    why = await api.act(
        ticket, "decide-disclosure", role="liaison", ground="severable", text="见附件", expect=409
    )
    assert "理由" in why["detail"]
    ticket = await api.act(
        ticket,
        "decide-disclosure",
        role="liaison",
        ground="severable",
        reason="报价部分属于第三方商业秘密",
        text="合同正文见附件。",
    )
    assert ticket["state"] == "replied"
    assert "部分公开" in ticket["reply"]
    assert "第三十七条" in ticket["reply"]
    assert "行政复议" in ticket["reply"]
    assert "合同正文见附件" in await told(api, ticket, EventKind.REPLIED)
    ticket = await api.act(ticket, "resolve", role="liaison")
    assert [c["status"] for c in ticket["clocks"] if c["name"] == "reply"] == ["met"]

    # 备案, then 归档.
    ticket = await api.act(ticket, "enter-register", role="liaison", register="备案")
    ticket = await api.act(ticket, "enter-register", role="liaison", register="archive")
    assert ticket["application"]["record_number"] == "备案〔2026〕1号"
    assert ticket["application"]["archive_number"] == "归档〔2026〕1号"
    kinds = [e["kind"] for e in ticket["events"]]
    assert kinds.count("entered") == 3
    for step in ("correction_requested", "correction_received", "third_party_asked", "third_party_heard"):
        assert kinds.count(step) == 1
    assert [e["ground"] for e in ticket["events"] if e["kind"] == "disclosure_decided"] == ["severable"]

    register = await api.get("/disclosure/register", register="备案", year="2026")
    assert [(e["number"], e["ticket"]) for e in register["entries"]] == [
        ("备案〔2026〕1号", ticket["number"])
    ]
    assert register["entries"][0]["decision"]["label"] == "部分公开"
    assert (await api.get("/disclosure/register", register="entry", year="2025"))["entries"] == []
    await api.get("/disclosure/register", role="liaison", expect=403)
    found = await stored(api, ticket)
    heard = {
        found.event(entry.event_seq).kind for entry in found.outbox if entry.audience is Audience.CITIZEN
    }
    assert heard >= {
        EventKind.ENTERED,
        EventKind.CORRECTION_REQUESTED,
        EventKind.CORRECTION_RECEIVED,
        EventKind.THIRD_PARTY_ASKED,
        EventKind.THIRD_PARTY_HEARD,
        EventKind.EXTENSION_GRANTED,
        EventKind.REPLIED,
    }, "the applicant is told of every step"
    assert same_history(replay(found, profile=api.services.profile), found), "the events are the whole of it"


async def test_silence_ends_the_wait_for_a_third_party(api: Api) -> None:
    ticket = await at_work(api)
    ticket = await api.act(ticket, "consult", role="liaison", text="某照明公司")
    assert ticket["pause"]["until"][:16] == "2026-12-07T17:30", "15 working days (art. 32)"
    refused = await api.act(
        ticket, "decide-disclosure", role="liaison", ground="provided", text="见附件", expect=409
    )
    assert refused["code"] == "disclosure_refused", "nothing is made public while they may object"
    api.clock.now = at("2026-12-08T09:00")
    await Worker(api.services).check_deadlines(api.clock.now)
    ticket = await api.get(f"/tickets/{ticket['number']}")
    assert ticket["pause"] is None
    assert promised(ticket) == await as_the_law_counts(api, ticket)
    late = await api.act(ticket, "hear-third-party", role="liaison", consents=True, text="同意")
    assert promised(late) == promised(ticket), "an opinion after its time moves nothing"
    decided = await api.act(late, "decide-disclosure", role="liaison", ground="provided", text="见附件")
    assert decided["state"] == "replied"


async def test_who_never_corrects_has_given_up_and_who_corrects_late_is_heard(api: Api) -> None:
    given_up, late = await at_work(api), await at_work(api)
    given_up = await api.act(given_up, "ask-correction", role="liaison", text="请写明年份")
    late = await api.act(late, "ask-correction", role="liaison", text="请写明年份")
    api.clock.now = at("2026-12-08T09:00")
    await Worker(api.services).check_deadlines(api.clock.now)
    given_up, late = [await api.get(f"/tickets/{t['number']}") for t in (given_up, late)]
    assert given_up["pause"] is None
    assert "还没有收到您的补正" in await told(api, given_up, EventKind.RESUMED)
    given_up = await api.act(
        given_up, "decide-disclosure", role="liaison", ground="not_corrected", text="视为放弃。"
    )
    assert given_up["application"]["decision"]["kind"] == "other"
    late = await api.act(late, "supplement", role="operator", text="2025年")
    assert late["application"]["corrected_at"] is not None
    assert promised(late) == "2027-01-06T17:30" == await as_the_law_counts(api, late)


async def test_the_worker_enters_what_intake_could_not(api: Api) -> None:
    ticket = await api.registered(**ASKED)
    register = MongoDisclosureRegister(api.services.database)
    number = ticket["number"]
    before = await stored(api, ticket)
    # As after a crash between the ticket and its register: the event is not there, the number perhaps is.
    before.events = tuple(e for e in before.events if e.kind is not EventKind.ENTERED)
    await api.services.tickets.save(before)
    worker = Worker(api.services)
    assert await worker.enter_applications(api.clock.now) == 1
    assert await worker.enter_applications(api.clock.now) == 0
    entered = application_of(await stored(api, ticket))
    assert entered.entry_number == "登记〔2026〕1号" == ticket["application"]["entry_number"]
    assert [each.ticket for each in await register.register(Register.ENTRY, 2026)] == [number]


async def test_only_applications_go_this_way_and_a_tier_must_be_known(api: Api) -> None:
    plain = await api.act(await api.dispatched(), "accept", role="liaison")
    assert plain["application"] is None
    assert not {"ask-correction", "decide-disclosure", "enter-register"} & set(plain["actions"])
    for action, body in (
        ("ask-correction", {"text": "请写明"}),
        ("decide-disclosure", {"ground": "provided", "text": "见附件"}),
        ("enter-register", {"register": "登记"}),
    ):
        refused = await api.act(plain, action, role="liaison", expect=409, **body)
        assert refused["code"] == "not_provided"
    unknown = await api.post(
        "/tickets", {"external_number": "T1", "text": "申请公开合同", "tier": "fast"}, expect=422
    )
    assert "disclosure" in unknown["errors"]["tier"]
