"""Every event the platform pushes, by its lower-case name, and who hears of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.wechat.messages import IncomingMessage, MessageKind


class Route(StrEnum):
    """Who hears of a push."""

    DIALOGUE = "dialogue"
    """Something a citizen did; it may be answered."""
    REPORT = "report"
    """What became of something we sent, of a consent or of the account. Nobody waits for an answer."""
    ERASE = "erase"
    """A citizen took an authorisation back, or closed the WeChat account: the dialogue erases what was said."""
    NOTED = "noted"
    """Nothing follows from it; it is counted."""
    UNKNOWN = "unknown"
    """Not in this table: counted, logged by its name and answered with success."""


_NAMES = {
    Route.DIALOGUE: (
        "subscribe",
        "unsubscribe",
        "scan",
        "click",
        "kf_create_session",
        "kf_close_session",
        "kf_switch_session",
        "scancode_waitmsg",
        "location_select",
    ),
    Route.REPORT: (
        "templatesendjobfinish",
        "masssendjobfinish",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
        "qualification_verify_success",
        "qualification_verify_fail",
        "naming_verify_success",
        "naming_verify_fail",
        "annual_renew",
        "verify_expired",
    ),
    Route.ERASE: ("user_authorization_revoke", "user_authorization_cancellation"),
    Route.NOTED: (
        "view",
        "view_miniprogram",
        "location",
        "user_info_modified",
        "scancode_push",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "publishjobfinish",
    ),
}
ROUTES = {name: route for route, names in _NAMES.items() for name in names}


class Reports(Protocol):
    """Takes down what the platform reports. Idempotent: the platform delivers the same report more than once."""

    async def __call__(self, account: str, event_name: str, fields: dict[str, object], now: datetime) -> None:
        """``fields`` as ``report_fields`` gives them. Returns only when the report would survive a crash."""
        ...


async def no_reports(account: str, event_name: str, fields: dict[str, object], now: datetime) -> None:
    """For a service that keeps no ledger."""


def route_of(message: IncomingMessage) -> Route:
    """Messages go to the dialogue whatever their type; events by the table."""
    if message.kind is not MessageKind.EVENT:
        return Route.DIALOGUE
    return ROUTES.get(message.event or "", Route.UNKNOWN)


def report_fields(message: IncomingMessage) -> dict[str, object]:
    """An event's fields by their bare names, as text, with ``FromUserName``, ``CreateTime`` and ``MsgID``.

    ``List`` is always there: a list of dictionaries, whether the platform sent none, one or several.
    """
    fields: dict[str, object] = {}
    items: list[dict[str, str]] = []
    for path, text in message.fields:
        *parents, name = path.split("/")
        if "List" not in parents:
            fields.setdefault(name, text)
        elif items and name not in items[-1] and name != next(iter(items[0])):
            items[-1][name] = text
        else:
            items.append({name: text})
    return fields | {
        "FromUserName": message.openid,
        "CreateTime": int(message.created_at.timestamp()),
        "MsgID": message.message_id or "",
        "EventKey": message.event_key or "",
        "List": items,
    }
