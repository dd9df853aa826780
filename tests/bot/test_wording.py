"""Every word people read exists, says what to do next, and carries nothing it must not."""

from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import intake, notice_wording, wording
from bot.intake import TextTooLong
from bot.talk import phrases
from bot.talk.session import Choice, Pick, Session, Step, to_step
from bot.triage_wording import QUESTIONS, REASONS, say_change, say_reason
from bot.wechat_text import clip, plain, quote
from bot.wording import LABELS, REFUSALS, explain, label, say_time
from classifier import signals
from classifier.signals import Emergency, EmergencyKind, Gap
from knowledge_base import article
from routing import citizen_request, clocks, departments, errors, events, workflow
from routing.disclosure import acts as disclosure
from routing.disclosure import rules as disclosure_rules
from routing.errors import Refused
from routing.events import EventKind
from routing.places import gazetteer as places
from routing.timing import limits, sla
from routing.triage import counterfactual
from routing.triage.counterfactual import Change, ChangeKind
from routing.triage.decision import Reason, ReasonKind, ReasonSource
from tests.bot.town import UNITS
from tests.factories import CITY_MANAGEMENT, HOUSING, MONDAY_9_30, PROFILE, a_liaison, a_request, a_ticket

# Words of the profile files, which their editors write in English.
NOBODY_READS = {StrEnum, limits.Unit, limits.ClockOwner, sla.VisitStart}
SAID_IN_SENTENCES = {ReasonKind}
VOCABULARIES = sorted(
    {
        kind
        for module in (
            article,
            citizen_request,
            clocks,
            counterfactual,
            departments,
            disclosure,
            disclosure_rules,
            events,
            signals,
            sla,
            workflow,
        )
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, StrEnum) and kind not in NOBODY_READS | SAID_IN_SENTENCES
    },
    key=lambda kind: kind.__name__,
)
REFUSED = [
    kind
    for module in (errors, intake)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Refused)
]
EXAMPLES: dict[type[Refused], Refused] = {
    Refused: Refused(),
    errors.UnknownTicket: errors.UnknownTicket("HY2611160001"),
    errors.StaleTicket: errors.StaleTicket("HY2611160001", 3),
    errors.ActionNotAllowed: errors.ActionNotAllowed("remind", "resolved"),
    errors.NotYourRole: errors.NotYourRole("dispatch", "liaison"),
    errors.ExternalNumberConflict: errors.ExternalNumberConflict("X1"),
    errors.UnknownUnit: errors.UnknownUnit("nowhere"),
    errors.Incomplete: errors.Incomplete("text"),
    errors.TooOften: errors.TooOften("remind", 1),
    errors.UsedUp: errors.UsedUp("extend", 1),
    errors.AlreadyDone: errors.AlreadyDone("mark-emergency", "accepted"),
    errors.LetterOpen: errors.LetterOpen("blue", red=False),
    errors.OwnRequest: errors.OwnRequest("decide-extension"),
    errors.SecretLink: errors.SecretLink("HY2611160001"),
    errors.TooSoon: errors.TooSoon("visit", 2),
    errors.WindowClosed: errors.WindowClosed("return"),
    errors.ReviewPending: errors.ReviewPending("return"),
    errors.AlreadyThere: errors.AlreadyThere("qh.housing"),
    errors.TicketPaused: errors.TicketPaused("suspension"),
    errors.NotYourUnit: errors.NotYourUnit("reply"),
    errors.CannotReturn: errors.CannotReturn("qh.mass-hotline"),
    errors.OutOfRange: errors.OutOfRange("amount", "1至10个工作日"),
    errors.NotProvided: errors.NotProvided("extend"),
    errors.AnswersOwed: errors.AnswersOwed(("qh.housing",)),
    errors.NothingToDo: errors.NothingToDo("resume"),
    errors.NotBelow: errors.NotBelow("qh.housing"),
    errors.CannotLink: errors.CannotLink("HY2611160001"),
    errors.DisclosureRefused: errors.DisclosureRefused("decide-disclosure", "waiting"),
    errors.NotOnDuty: errors.NotOnDuty("chen"),
    errors.SearchTooWide: errors.SearchTooWide(),
    errors.UnknownYear: errors.UnknownYear(2029),
    TextTooLong: TextTooLong(6000, 5000),
}


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_value_people_see_has_a_chinese_label(vocabulary: type[StrEnum]) -> None:
    assert LABELS.keys() >= {vocabulary}, f"{vocabulary.__name__} has no labels"
    for value in vocabulary:
        assert any("\u4e00" <= c <= "\u9fff" for c in label(value))
    assert len(set(LABELS[vocabulary].values())) == len(vocabulary), "two values would read the same"


@pytest.mark.parametrize("kind", REFUSED)
def test_every_refusal_has_its_own_sentence_that_says_what_to_do(kind: type[Refused]) -> None:
    assert kind in REFUSALS, f"{kind.__name__} has no sentence"
    said = explain(EXAMPLES[kind])
    assert said.endswith("。")
    assert "请" in said
    assert not any(c.isascii() and c.isalpha() for c in said)


def test_a_refusal_nobody_named_still_gets_words() -> None:
    class Unheard(Refused):
        pass

    assert explain(Unheard()) == explain(Refused())


def test_who_wants_to_die_is_first_told_who_will_listen() -> None:
    card = phrases.emergency_card(Emergency(EmergencyKind.SELF_HARM, "词"))
    assert card.startswith("您别一个人扛。")
    assert card.index("12356") < card.index("120") < card.index("110")


@pytest.mark.parametrize("kind", [k for k in EmergencyKind if k is not EmergencyKind.SELF_HARM])
def test_every_other_danger_shows_all_three_numbers(kind: EmergencyKind) -> None:
    card = phrases.emergency_card(Emergency(kind, "词"))
    assert all(number in card for number in ("110", "119", "120"))


@pytest.mark.parametrize(
    ("at", "now", "said"),
    [
        (MONDAY_9_30, None, "11月16日（周一）09:30"),
        (MONDAY_9_30 + timedelta(hours=8), MONDAY_9_30, "今天17:30"),
        (MONDAY_9_30 + timedelta(hours=15), MONDAY_9_30, "明天00:30"),
        (MONDAY_9_30 + timedelta(days=7), MONDAY_9_30, "11月23日（周一）09:30"),
        (datetime(2026, 12, 31, 16, 30, tzinfo=UTC), MONDAY_9_30, "2027年1月1日（周五）00:30"),
    ],
)
def test_times_are_said_as_people_in_china_say_them(at: datetime, now: datetime | None, said: str) -> None:
    assert say_time(at, now=now) == said


# ---- notices


@pytest.mark.parametrize("kind", EventKind)
def test_every_event_can_be_told_to_citizens_and_officials_without_naming_the_citizen(
    kind: EventKind,
) -> None:
    ticket = a_ticket(a_request("我叫王建国，13800005678，楼下烧烤店很吵" * 40))
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher_like(), now=MONDAY_9_30)
    ticket.record(
        kind, a_liaison(), MONDAY_9_30, unit_id=CITY_MANAGEMENT, text="请打13800005678找王建国。" * 90
    )
    event = ticket.events[-1]
    to_citizen = notice_wording.notice_to_citizen(ticket, event, units=UNITS)
    assert ticket.number in to_citizen
    assert len(to_citizen.encode()) <= 2048
    to_official = notice_wording.notice_to_official(ticket, event, units=UNITS)
    assert ticket.number in to_official
    assert "13800005678" not in to_official


def test_closing_asks_for_the_rating_with_the_answer_beside_it() -> None:
    ticket = a_ticket()
    liaison = a_liaison()
    ticket.dispatch(CITY_MANAGEMENT, profile=PROFILE, actor=a_dispatcher_like(), now=MONDAY_9_30)
    ticket.accept(actor=liaison, now=MONDAY_9_30)
    ticket.reply(actor=liaison, now=MONDAY_9_30, text="已责令停业整改。" * 200)
    ticket.resolve(actor=liaison, now=MONDAY_9_30)
    said = notice_wording.notice_to_citizen(ticket, ticket.events[-1], units=UNITS)
    assert "已责令停业整改" in said
    assert all(f"msgmenucontent={word}&" in said for word in wording.STARS.values())
    assert len(said.encode()) <= 2048


def a_dispatcher_like() -> workflow.Actor:
    return workflow.SYSTEM


# ---- text that survives the platform


@given(st.text(max_size=900), st.integers(min_value=10, max_value=600))
def test_clipping_never_exceeds_its_bytes_nor_splits_a_character(text: str, most: int) -> None:
    text = text.encode(errors="ignore").decode()
    assert len(clip(text, most).encode()) <= most


@given(st.text(max_size=200))
def test_plain_text_holds_no_markup(text: str) -> None:
    assert not set('<>&"') & set(plain(text))
    assert "\n" not in quote(text)


def test_clipping_ends_at_a_sentence_and_leaves_no_half_link() -> None:
    assert clip("第一句话说完了。第二句话很长很长很长", 36) == "第一句话说完了。……"
    assert "<a" not in clip(
        '看这里 <a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=1">满意</a>', 60
    )


@given(st.text(min_size=1, max_size=40), st.integers(0, 300), st.integers(0, 7))
def test_a_reply_keeps_its_whole_menu_within_the_platforms_limit(said: str, times: int, lines: int) -> None:
    said = said.encode(errors="ignore").decode() or "。"
    choices = tuple(
        Choice("HY2611160001", Pick.HOME, note="标题" * 6 + "（已收到，正在确定由谁办）")
        for _ in range(lines)
    )
    reply = phrases.render(to_step(Session(), Step.SUMMARY, said * times, choices=choices))
    assert len(reply.encode()) <= 2048
    assert reply.count("</a>") >= lines + 3


# ---- intake


@pytest.mark.parametrize(
    ("said", "phone"),
    [
        ("13812345678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("张三１３８１２３４５６７８", "13812345678"),
        ("0576 88881234", "0576-88881234"),
        ("办公室88881234转3", "88881234"),
        ("23812345678", None),
        ("身份证330102199001011234", None),
        ("没有", None),
    ],
)
def test_phone_numbers_are_read_however_they_are_written(said: str, phone: str | None) -> None:
    assert intake.find_phone(said) == phone


@pytest.mark.parametrize("kind", ReasonKind)
def test_every_reason_is_a_sentence_that_holds_its_facts(kind: ReasonKind) -> None:
    facts = ["7", "6", "县城管执法局"][: max(1, REASONS[kind].count("{}"))]
    words = say_reason(Reason(kind, "、".join(facts)))
    assert "{" not in words
    assert all(fact in words for fact in facts) or "{}" not in REASONS[kind]
    assert say_reason(Reason(kind, "、".join([""] * len(facts))))


@pytest.mark.parametrize("kind", [ReasonSource, places.PlaceClue])
def test_where_a_reason_comes_from_has_a_name(kind: type[StrEnum]) -> None:
    assert set(LABELS[kind]) == set(kind)


@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("stays", [True, False])
def test_what_would_change_is_one_sentence(kind: ChangeKind, stays: bool) -> None:
    words = say_change(Change(kind, "烧烤、油烟", HOUSING, automatic=False, stays=stays), "县住建局")
    assert words.startswith("若")
    assert "县住建局" in words
    assert "人工派单" in words


def test_whatever_is_missing_can_be_asked_for() -> None:
    assert {gap for gap in Gap if gap.startswith("no_")} == set(QUESTIONS)
