"""What the platform's error codes mean for a delivery: one table, from code to what to do next."""

from __future__ import annotations

from enum import StrEnum

from wechatpy.constants import WeChatErrorCode


class DeliveryClass(StrEnum):
    """Why the platform refused, as far as it changes what the sender does next."""

    TOKEN = "token"  # noqa: S105 - a class of errors
    """The access token is bad; it was refreshed once already."""
    BUSY = "busy"
    """Try again later; nothing was delivered."""
    WINDOW = "window"
    """Outside the customer-service window or over its count: use the next channel, or wait for the citizen."""
    CITIZEN = "citizen"
    """This citizen cannot be reached on this channel."""
    CONTENT = "content"
    """We sent something the platform does not take: our defect."""
    ACCOUNT = "account"
    """The account itself is misconfigured, limited or out of quota: alarm, no retry."""


_CODES = {
    DeliveryClass.TOKEN: (40001, 40014, 42001),
    DeliveryClass.BUSY: (-1, 45011),
    DeliveryClass.WINDOW: (45015, 45047),
    DeliveryClass.CITIZEN: (40003, 43004, 43101, 43019),
    DeliveryClass.CONTENT: (45002, 45008, 47001, 47003, 40007, 40008),
    DeliveryClass.ACCOUNT: (40013, 40125, 40164, 40243, 45009, 48001, 48004, 50002, 61004),
}
_CLASS_OF = {code: klass for klass, codes in _CODES.items() for code in codes}

DAILY_LIMITS = {
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/media/get": 200_000,
    "/cgi-bin/qrcode/create": 100_000,
    "/cgi-bin/menu/create": 1_000,
    "/cgi-bin/menu/get": 10_000,
    "/cgi-bin/menu/delete": 1_000,
}
"""Calls a day of one account, as the platform grants them to a verified account before any enlargement."""

ONE_API_ONLY = frozenset({45009, 48001, 48004})
"""Account errors that close one API and leave the others open: its quota, or the right to call it."""

AN_ANSWER = frozenset({46003})
"""Refusals that answer what was asked, and so are nobody's defect: the account has no menu."""


def classify(code: int) -> DeliveryClass:
    """The class of an error code, or of an HTTP status that came instead; unlisted codes are our defect."""
    if 500 <= code <= 599 or code in (408, 429):
        return DeliveryClass.BUSY
    if 300 <= code <= 499:
        return DeliveryClass.ACCOUNT
    return _CLASS_OF.get(code, DeliveryClass.CONTENT)


def name_of(code: int) -> str:
    """The platform's own name of an error code, such as ``INVALID_CREDENTIAL``; empty for one it has no name for."""
    try:
        return str(WeChatErrorCode(code).name)
    except ValueError:
        return ""


class DeliveryRefused(Exception):
    """The platform did not deliver, and said so. ``code`` is its error code, or the HTTP status if it gave none."""

    def __init__(self, code: int, klass: DeliveryClass) -> None:
        super().__init__(code, klass.value)
        self.code = code
        self.klass = klass


class DeliveryUnknown(Exception):
    """Sent, but no verdict came back. Nobody may send it again: the citizen may have it already."""
