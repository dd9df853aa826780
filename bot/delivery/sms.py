"""Text messages through a city's SMS gateway: one documented call, signed, with a time limit (docs/delivery.md)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Protocol

import aiohttp
import orjson

from bot.delivery.ladder import Accepted, Declined, Result, Unclear
from bot.settings import PREFIX, Settings, SettingsInvalid
from bot.signed_calls import signed_headers
from bot.wechat.delivery import DeliveryClass
from routing.identity import normalise_phone

TIMEOUT: Final = aiohttp.ClientTimeout(total=8, connect=3, sock_connect=3)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_SHORTEST_SECRET = 16
_MOST_ANSWER_BYTES = 16 * 1024

OK: Final = "ok"
CODES: Final = {
    "busy": DeliveryClass.BUSY,
    "rate-limited": DeliveryClass.BUSY,
    "bad-number": DeliveryClass.CITIZEN,
    "blocked": DeliveryClass.CITIZEN,
    "too-many": DeliveryClass.CITIZEN,
    "bad-text": DeliveryClass.CONTENT,
    "bad-request": DeliveryClass.CONTENT,
    "bad-signature": DeliveryClass.ACCOUNT,
    "bad-sign": DeliveryClass.ACCOUNT,
    "no-balance": DeliveryClass.ACCOUNT,
    "closed": DeliveryClass.ACCOUNT,
}
"""What the gateway may answer instead of ``ok``; an unknown code is our defect."""


class SmsGateway(Protocol):
    """Sends one text message. Never raises for what the gateway or the network does."""

    async def send(self, phone: str, text: str, *, key: str, now: datetime) -> Result:
        """``key`` is the same for the same message, and another for every other."""
        ...


class HttpSms:
    """A gateway behind one HTTP address. Neither number nor text appears in an error or a log line."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        secret: str,
        sign: str,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._http = http
        self._url = url
        self._secret = secret
        self._sign = sign
        self._timeout = timeout

    async def send(self, phone: str, text: str, *, key: str, now: datetime) -> Result:
        body = orjson.dumps({"id": key, "phone": normalise_phone(phone), "sign": self._sign, "text": text})
        headers = signed_headers(self._secret, body, key=key, now=now)
        try:
            async with self._http.post(
                self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                return _result(response.status, await _read(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            # Nothing was sent: the connection itself failed.
            return _declined("busy")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Unclear()


def sms_gateway(settings: Settings, http: aiohttp.ClientSession) -> SmsGateway | None:
    """The gateway the settings name; None where there is none, SettingsInvalid where it could not be trusted."""
    if not settings.sms_url:
        return None
    secret = settings.sms_secret.get_secret_value()
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsInvalid(f"{PREFIX}SMS_SECRET needs at least {_SHORTEST_SECRET} characters")
    if not settings.sms_sign.strip():
        raise SettingsInvalid(f"{PREFIX}SMS_SIGN must be the sign registered for the text messages")
    return HttpSms(http, url=settings.sms_url, secret=secret, sign=settings.sms_sign.strip())


def is_mobile(phone: str | None) -> bool:
    """Whether a text message can go to this number at all."""
    return phone is not None and _MOBILE.fullmatch(normalise_phone(phone)) is not None


async def _read(response: aiohttp.ClientResponse) -> object:
    """The answer's JSON, or None for what is too long or none."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > _MOST_ANSWER_BYTES:
            return None
    try:
        answer: object = orjson.loads(bytes(body))
    except orjson.JSONDecodeError:
        return None
    return answer


def _result(status: int, answer: object) -> Result:
    code = answer.get("code") if isinstance(answer, dict) else None
    if code == OK and 200 <= status < 300:
        found = answer.get("id") if isinstance(answer, dict) else None
        return Accepted(f"sms:{found}" if isinstance(found, str) and found else None)
    if isinstance(code, str) and code in CODES:
        return _declined(code)
    if isinstance(code, str) and code and code != OK:
        return Declined("sms-content-unknown", DeliveryClass.CONTENT)
    if status in (408, 429, 502, 503):
        return _declined("busy")
    if 300 <= status <= 499:
        return Declined(f"sms-account-{status}", DeliveryClass.ACCOUNT)
    # A fault after the gateway took it, or an answer nobody can read: it may have been sent.
    return Unclear()


def _declined(code: str) -> Declined:
    klass = CODES[code]
    return Declined(f"sms-{klass}-{code}", klass)
