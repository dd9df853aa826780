"""One notice in as many words as each way takes, and no personal matter where others may read it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.words import SMS_CHARACTERS, NoticeWords, notice_words
from bot.web.citizen_links import citizen_page
from bot.wechat.notice_templates import NoticeKind, NoticeTemplate, Placeholder
from routing.citizen_request import Channel, Secrecy
from routing.departments import load_units
from routing.events import EventKind
from routing.ticket import Ticket
from routing.workflow import SYSTEM
from tests.factories import CITY_MANAGEMENT, MONDAY_9_30, a_request, a_ticket

UNITS = load_units()
BASE = "https://12345.qinghe.gov.cn"
LIMITS = {"thing": 20, "name": 10, "const": 20}
"""Characters of kinds that take any."""
TAKEN = {
    "phrase": "[一-鿿]{1,5}",
    "character_string": "[!-~]{1,32}",
    "letter": "[A-Za-z]{1,32}",
    "number": "[0-9.]{1,32}",
    "phone_number": "[0-9+-]{1,17}",
    "symbol": r"[!-/:-@\[-`{-~]{1,5}",
}
"""What the platform takes of the others, whole: 47003 for one character more or another."""
FIELDS = NoticeTemplate(
    "T",
    {
        **{f"{kind}1": "{number}{title}{reply}{unit}" for kind in (*LIMITS, *TAKEN)},
        "time2": "time",
        "date3": "{date}",
    },
)
MATTER = "前夫李某某半夜砸门，电话13812345678"


def told(
    kind: EventKind, *, secrecy: Secrecy = Secrecy.PUBLIC, text: str = MATTER, base: str = BASE
) -> NoticeWords:
    ticket = a_ticket(a_request(text, secrecy=secrecy, channel=Channel.WECHAT))
    return _told(ticket, kind, base)


def _told(ticket: Ticket, kind: EventKind, base: str) -> NoticeWords:
    ticket.record(kind, SYSTEM, MONDAY_9_30, unit_id=CITY_MANAGEMENT, text="已上门调解，双方签了保证书。" * 5)
    return notice_words(ticket, ticket.events[-1], units=UNITS, page=partial(citizen_page, base))


@pytest.mark.parametrize(
    ("event", "kind", "state"),
    [
        (EventKind.DISPATCHED, NoticeKind.DISPATCHED, "已派单"),
        (EventKind.TRANSFERRED, NoticeKind.DISPATCHED, "已改派"),
        (EventKind.EXTENSION_GRANTED, NoticeKind.EXTENDED, "已延期"),
        (EventKind.REPLIED, NoticeKind.ANSWERED, "已答复"),
        (EventKind.RESOLVED, NoticeKind.RATE, "请评价"),
        (EventKind.MATERIAL_REQUESTED, NoticeKind.OTHER, "请补材料"),
    ],
)
def test_each_event_has_its_template_and_a_state_of_five_characters(
    event: EventKind, kind: NoticeKind, state: str
) -> None:
    words = told(event)
    assert (words.kind, words.values[Placeholder.STATE]) == (kind, state)


@pytest.mark.parametrize("secrecy", [Secrecy.SECRET, Secrecy.ANONYMOUS])
@pytest.mark.parametrize("event", [EventKind.REPLIED, EventKind.RESOLVED, EventKind.REJECTED])
def test_of_a_secret_ticket_nothing_is_said_on_a_locked_screen(secrecy: Secrecy, event: EventKind) -> None:
    words = told(event, secrecy=secrecy)
    shown = [*words.fields(FIELDS).values(), words.sms_for("county")]
    for text in shown:
        for secret in ("前夫", "砸门", "调解", "城市管理", "城管"):
            assert secret not in text
    look = f"{BASE}/my/county/find"
    assert words.sms_for("county") in (
        f"您的工单{words.number}有新进展。凭查询码看：{look}",
        f"您的工单{words.number}有新进展：{look}",
    )


def test_a_closed_matter_is_said_to_be_closed_in_a_text_message() -> None:
    words = told(EventKind.RESOLVED, base="https://a.cn")
    assert "已办结" in words.sms_for("county")
    assert "请评价" not in words.sms_for("county")
    assert words.sms_for("county").endswith("https://a.cn/my/county/find")


@pytest.mark.parametrize("base", [BASE, "", "https://" + "a" * 80])
@pytest.mark.parametrize("event", list(EventKind))
def test_a_text_message_says_the_number_and_where_to_look_and_fits(event: EventKind, base: str) -> None:
    words = told(event, base=base)
    text = words.sms_for("county")
    assert len(text) <= SMS_CHARACTERS
    assert words.number in text
    assert (f"{BASE}/my/county" in text) if base == BASE else "公众号" in text
    assert "13812345678" not in text


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=300), event=st.sampled_from(list(EventKind)))
def test_no_field_is_longer_than_its_kind_takes_nor_empty(text: str, event: EventKind) -> None:
    ticket = replace(a_ticket(), text=text, title=None)
    fields = _told(ticket, event, BASE).fields(FIELDS)
    for name, value in fields.items():
        kind = name.rstrip("0123456789")
        assert value, name
        assert "\n" not in value
        assert len(value) <= LIMITS.get(kind, 100), name
    for kind, taken in TAKEN.items():
        assert re.fullmatch(taken, fields[f"{kind}1"]), kind
    assert any(c.isdigit() for c in fields["time2"])
    assert any(c.isdigit() for c in fields["date3"]), "a date field without a date would be refused"


def test_what_comes_with_the_answer_is_counted_and_led_to_in_the_chat_alone() -> None:
    words = replace(told(EventKind.INTERIM_REPLIED), brings="附照片1张")
    page = f"{BASE}/my/county/tickets/{words.number}"
    assert words.chat_for("county") == f'{words.chat}\n附照片1张，<a href="{page}">点这里查看</a>。'
    assert "附照片" not in words.sms_for("county")
    assert replace(words, brings="").chat_for("county") == words.chat
    alone = replace(told(EventKind.RESOLVED, base=""), brings="附照片2张、文件1个").chat_for("county")
    assert "附照片2张、文件1个，查看请点<a " in alone
    assert "msgmenucontent=我的诉求&" in alone


@pytest.mark.parametrize(
    ("channel", "late", "waits"),
    [
        (Channel.HOTLINE, 0, False),
        (Channel.HOTLINE, 59, False),
        (Channel.HOTLINE, 60, True),
        (Channel.WEB, 0, True),
        (Channel.LETTER, 0, True),
    ],
)
def test_a_receipt_may_ring_at_night_for_whoever_has_just_rung_us(
    channel: Channel, late: int, waits: bool
) -> None:
    received = MONDAY_9_30 - timedelta(minutes=late)
    ticket = a_ticket(a_request(MATTER, channel=channel, at=received))
    event = replace(ticket.events[0], kind=EventKind.REGISTERED, at=MONDAY_9_30)
    words = notice_words(ticket, event, units=UNITS, page=partial(citizen_page, BASE))
    assert words.waits_for_day is waits
