"""Every event of the platform has somebody who hears of it, and its lists read alike whether of one or many."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.wechat.events import ROUTES, Route, report_fields, route_of
from bot.wechat.parsing import read_message

HEAD = (
    "<ToUserName>gh_county</ToUserName><FromUserName>oCitizen_One</FromUserName>"
    "<CreateTime>1793581200</CreateTime><MsgType>event</MsgType>"
)
Payload = Callable[[str], bytes]


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("subscribe", Route.DIALOGUE),
        ("unsubscribe", Route.DIALOGUE),
        ("SCAN", Route.DIALOGUE),
        ("CLICK", Route.DIALOGUE),
        ("kf_create_session", Route.DIALOGUE),
        ("kf_close_session", Route.DIALOGUE),
        ("kf_switch_session", Route.DIALOGUE),
        ("VIEW", Route.NOTED),
        ("LOCATION", Route.NOTED),
        ("user_info_modified", Route.NOTED),
        ("TEMPLATESENDJOBFINISH", Route.REPORT),
        ("subscribe_msg_popup_event", Route.REPORT),
        ("subscribe_msg_change_event", Route.REPORT),
        ("subscribe_msg_sent_event", Route.REPORT),
        ("user_authorization_revoke", Route.ERASE),
        ("user_authorization_cancellation", Route.ERASE),
        ("something_of_next_year", Route.UNKNOWN),
        ("", Route.UNKNOWN),
    ],
)
def test_an_event_goes_its_way_whatever_its_capitals(name: str, route: Route) -> None:
    message = read_message("county", f"<xml>{HEAD}<Event><![CDATA[{name}]]></Event></xml>".encode())
    assert route_of(message) is route


def test_a_message_of_any_type_goes_to_the_dialogue(payload: Payload) -> None:
    for name in ("text", "image", "voice", "location", "link", "shortvideo", "unknown_type"):
        assert route_of(read_message("county", payload(name))) is Route.DIALOGUE


def test_names_are_written_as_they_arrive() -> None:
    assert all(name == name.lower() for name in ROUTES)


def test_the_outcome_of_a_template_message_is_told_by_its_id(payload: Payload) -> None:
    fields = report_fields(read_message("county", payload("template_finished")))
    assert (fields["MsgID"], fields["Status"]) == ("200163836", "failed:user block")
    assert (fields["FromUserName"], fields["CreateTime"], fields["List"]) == ("oCitizen_One", 1793581200, [])


def test_one_consent_and_two_are_lists_of_one_and_two(payload: Payload) -> None:
    one = report_fields(read_message("county", payload("subscribe_popup_one")))["List"]
    two = report_fields(read_message("county", payload("subscribe_popup_two")))["List"]
    assert one == [{"TemplateId": "tpl-answered", "SubscribeStatusString": "accept", "PopupScene": "2"}]
    assert isinstance(two, list)
    assert [item["TemplateId"] for item in two] == ["tpl-answered", "tpl-rate"]


def test_items_that_leave_out_fields_are_not_run_together() -> None:
    items = (
        "<List><TemplateId>a</TemplateId><MsgID>1</MsgID><ErrorCode>0</ErrorCode></List>"
        "<List><TemplateId>b</TemplateId></List>"
        "<List><TemplateId>c</TemplateId><MsgID>3</MsgID></List>"
    )
    event = "<Event>subscribe_msg_sent_event</Event>"
    xml = f"<xml>{HEAD}{event}<SubscribeMsgSentEvent>{items}</SubscribeMsgSentEvent></xml>"
    assert report_fields(read_message("county", xml.encode()))["List"] == [
        {"TemplateId": "a", "MsgID": "1", "ErrorCode": "0"},
        {"TemplateId": "b"},
        {"TemplateId": "c", "MsgID": "3"},
    ]


def test_of_many_consents_changed_at_once_none_is_dropped() -> None:
    item = "<List><TemplateId>t{}</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List>"
    items = "".join(item.format(number) for number in range(100))
    event = "<Event>subscribe_msg_change_event</Event>"
    xml = f"<xml>{HEAD}{event}<SubscribeMsgChangeEvent>{items}</SubscribeMsgChangeEvent></xml>"
    found = report_fields(read_message("county", xml.encode()))["List"]
    assert isinstance(found, list)
    assert [item["TemplateId"] for item in found] == [f"t{number}" for number in range(100)]
