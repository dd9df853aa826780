"""Template and subscription messages: functions over the client that give the platform's name for the message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

_TEMPLATE_SEND = "/cgi-bin/message/template/send"
_SUBSCRIPTION_SEND = "/cgi-bin/message/subscribe/bizsend"


class Calls(Protocol):
    """What these functions need of ``WeChatClient``."""

    async def call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False, tries: int = 3
    ) -> dict[str, object]: ...


async def send_template(
    client: Calls,
    openid: str,
    template_id: str,
    data: Mapping[str, str],
    *,
    client_msg_id: str,
    url: str | None = None,
) -> str | None:
    """A template message; the id its report will carry. ``client_msg_id`` makes it idempotent for ten minutes."""
    payload = _payload(openid, template_id, data) | {"client_msg_id": client_msg_id}
    if url:
        payload["url"] = url
    return _message_id(await client.call(_TEMPLATE_SEND, payload, idempotent=True))


async def send_subscription(
    client: Calls, openid: str, template_id: str, data: Mapping[str, str], *, page: str | None = None
) -> str | None:
    """A subscription message, which spends one consent; the id its report will carry, where the platform gives one.
    Nothing makes it idempotent: DeliveryUnknown means never again."""
    payload = _payload(openid, template_id, data)
    if page:
        payload["page"] = page
    return _message_id(await client.call(_SUBSCRIPTION_SEND, payload))


def _payload(openid: str, template_id: str, data: Mapping[str, str]) -> dict[str, object]:
    return {
        "touser": openid,
        "template_id": template_id,
        "data": {name: {"value": value} for name, value in data.items()},
    }


def _message_id(answer: Mapping[str, object]) -> str | None:
    found = answer.get("msgid")
    return str(found) if isinstance(found, (int, str)) and not isinstance(found, bool) and found else None
