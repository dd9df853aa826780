"""Every push the platform documents, and some it does not, becomes one message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.wechat.messages import IncomingMessage, MessageKind
from bot.wechat.parsing import read_message
from bot.wechat.xml_text import XmlRefused

Payload = Callable[[str], bytes]

EXPECTED: list[tuple[str, MessageKind, dict[str, Any]]] = [
    (
        "text",
        MessageKind.TEXT,
        {"content": "路灯坏了 <!DOCTYPE html> & <Encrypt>YWJj</Encrypt>", "menu_choice": None},
    ),
    ("text_menu_choice", MessageKind.TEXT, {"content": "满意", "menu_choice": "101"}),
    ("image", MessageKind.IMAGE, {"picture_url": "http://pictures.example/lamp.jpg", "media_id": "media-7"}),
    ("voice", MessageKind.VOICE, {"content": "我家门口的路灯不亮", "media_id": "media-8"}),
    ("voice_unrecognised", MessageKind.VOICE, {"content": "", "media_id": "media-8"}),
    ("shortvideo", MessageKind.VIDEO, {"media_id": "media-9"}),
    (
        "location",
        MessageKind.LOCATION,
        {"content": "城关镇人民路18号", "latitude": 23.134521, "longitude": 113.358803},
    ),
    ("location_broken", MessageKind.LOCATION, {"content": "城关镇", "latitude": None, "longitude": None}),
    ("link", MessageKind.LINK, {"content": "停水通知\nhttps://county.example/1"}),
    ("subscribe_by_qr", MessageKind.EVENT, {"event": "subscribe", "event_key": "qrscene_hall-3"}),
    ("scan", MessageKind.EVENT, {"event": "scan", "event_key": "hall-3"}),
    ("click", MessageKind.EVENT, {"event": "click", "event_key": "my-tickets"}),
    (
        "reported_location",
        MessageKind.EVENT,
        {"event": "location", "latitude": 23.137466, "longitude": 113.352425},
    ),
    ("template_finished", MessageKind.EVENT, {"event": "templatesendjobfinish", "message_id": "200163836"}),
    ("authorization_revoked", MessageKind.EVENT, {"event": "user_authorization_revoke"}),
    ("unknown_event", MessageKind.EVENT, {"event": "something_new", "fields": (("Detail", "x"),)}),
    ("unknown_type", MessageKind.OTHER, {"event": None, "message_id": "24000000000000010"}),
]


@pytest.mark.parametrize(("name", "kind", "expected"), EXPECTED, ids=[row[0] for row in EXPECTED])
def test_a_push_is_read(
    payload: Payload, now: datetime, name: str, kind: MessageKind, expected: dict[str, Any]
) -> None:
    message = read_message("county", payload(name))
    assert (message.account, message.openid, message.addressed_to) == ("county", "oCitizen_One", "gh_county")
    assert (message.kind, message.created_at) == (kind, now)
    assert {field: getattr(message, field) for field in expected} == expected


def test_a_list_of_one_and_a_list_of_two_read_alike(payload: Payload) -> None:
    one = read_message("county", payload("subscribe_popup_one"))
    two = read_message("county", payload("subscribe_popup_two"))
    path = "SubscribeMsgPopupEvent/List/TemplateId"
    assert [text for at, text in one.fields if at == path] == ["tpl-answered"]
    assert [text for at, text in two.fields if at == path] == ["tpl-answered", "tpl-rate"]
    assert one.field("SubscribeStatusString") == "accept"


def test_characters_xml_cannot_carry_do_not_lose_the_message(payload: Payload) -> None:
    xml = payload("text_menu_choice").replace("满意".encode(), b"a\x08b\x00c")
    assert read_message("county", xml).content == "abc"


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("no sender", ("<FromUserName><![CDATA[oCitizen_One]]></FromUserName>", "")),
        ("a sender with a blank", ("oCitizen_One", "o Citizen")),
        ("an endless sender", ("oCitizen_One", "o" * 65)),
        ("no addressee", ("gh_county", "")),
        ("no type", ("<MsgType><![CDATA[text]]></MsgType>", "")),
        ("a date that is none", ("1793581200", "yesterday")),
        ("a date before time", ("1793581200", "-1")),
        ("two senders", ("<MsgId>", "<FromUserName>oOther</FromUserName><MsgId>")),
        ("an attribute", ("<MsgId>", "<MsgId lang='zh'>")),
        ("another root", ("<xml>", "<html>")),
        ("an open end", ("</xml>", "")),
        ("a declaration of entities", ("<xml>", '<!DOCTYPE xml [<!ENTITY a "b">]><xml>')),
        ("an instruction", ("<xml>", "<xml><?php?>")),
    ],
)
def test_xml_that_is_not_wechats_is_refused(payload: Payload, why: str, change: tuple[str, str]) -> None:
    good = payload("text_menu_choice").decode()
    broken = good.replace(*change)
    assert broken != good, why
    with pytest.raises(XmlRefused):
        read_message("county", broken.encode())


def test_bytes_that_are_not_utf8_are_refused(payload: Payload) -> None:
    with pytest.raises(XmlRefused, match="UTF-8"):
        read_message("county", payload("text").replace("路灯".encode(), "路灯".encode("gb18030")))


def message(**changes: Any) -> IncomingMessage:
    made_at = datetime.fromisoformat("2026-11-02T01:00:00+00:00")
    return replace(
        IncomingMessage(
            account="county", openid="oCitizen_One", kind=MessageKind.TEXT, message_id="1", created_at=made_at
        ),
        **changes,
    )


def test_two_deliveries_share_a_key_and_two_messages_never_do(payload: Payload) -> None:
    assert read_message("county", payload("text")).key == read_message("county", payload("text")).key
    click = {"kind": MessageKind.EVENT, "message_id": None, "event": "click"}
    different = [
        message(),
        message(message_id="2"),
        message(openid="oCitizen_Two"),
        message(account="city"),
        message(created_at=message().created_at + timedelta(seconds=1)),
        message(**click, event_key="a"),
        message(**click, event_key="b"),
        message(**click | {"event": "view"}, event_key="a"),
        message(**click, event_key="a", fingerprint="f"),
    ]
    assert len({each.key for each in different}) == len(different)


def test_a_key_names_no_citizen() -> None:
    assert "oCitizen_One" not in message().key
    assert len(message().key) == 64
