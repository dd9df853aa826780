"""One HTTP exchange with the platform, and its verdict: by content, never by content type.

No token, secret or openid appears in an exception: errors are raised ``from None`` because aiohttp's carry the URL,
and with it the token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown, classify

MAX_ANSWER_BYTES = 1024 * 1024
"""A menu with its conditional ones, or a page of templates, stays far below."""
TIMEOUT = aiohttp.ClientTimeout(total=8, connect=3, sock_connect=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of the platform's API: POST with a JSON ``payload``, GET without one."""

    path: str
    payload: Mapping[str, object] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int = MAX_ANSWER_BYTES
    timeout: aiohttp.ClientTimeout = TIMEOUT


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back; ``body`` is None when it was longer than the request allows."""

    status: int
    content_type: str
    body: bytes | None

    def json_object(self) -> dict[str, object] | None:
        """The JSON object of the answer, or None if it is none."""
        try:
            answer = json.loads(self.body or b"")
        except (ValueError, RecursionError):
            return None
        return answer if isinstance(answer, dict) else None


async def exchange(
    http: aiohttp.ClientSession, base: str, request: Request, *, token: str | None = None
) -> Answered:
    """Raises DeliveryRefused when nothing was sent, DeliveryUnknown when no whole answer came back."""
    params = dict(request.params) if token is None else {"access_token": token, **request.params}
    data = None
    if request.payload is not None:
        data = json.dumps(request.payload, ensure_ascii=False).encode("utf-8", "replace")
    try:
        async with http.request(
            "GET" if data is None else "POST",
            f"{base}{request.path}",
            params=params,
            data=data,
            headers=None if data is None else {"Content-Type": "application/json; charset=utf-8"},
            timeout=request.timeout,
            allow_redirects=False,
        ) as response:
            body = await _read(response, request.most_bytes)
            return Answered(status=response.status, content_type=response.content_type, body=body)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        # Nothing was sent: the connection itself failed.
        raise DeliveryRefused(-1, DeliveryClass.BUSY) from None
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise DeliveryUnknown from None


def verdict(answered: Answered) -> dict[str, object]:
    """The JSON object of an answer that says yes; raises DeliveryRefused, or DeliveryUnknown when it says nothing."""
    status, answer = answered.status, answered.json_object()
    code = answer.get("errcode", 0) if answer is not None else status
    if isinstance(code, bool) or not isinstance(code, int):
        raise DeliveryUnknown
    if status >= 300 and not code:
        code = status
    if answer is None and status < 300:
        raise DeliveryUnknown
    if code:
        raise DeliveryRefused(code, classify(code))
    return answer or {}


def media_of(answered: Answered) -> bytes:
    """The bytes of a media file. Its errors come as JSON with HTTP 200, so every JSON is one; raises as ``verdict``."""
    if answered.body is None:
        raise DeliveryRefused(45001, DeliveryClass.CONTENT)
    text = answered.content_type.startswith("text/") or answered.content_type == "application/json"
    if answered.status == 200 and answered.body and not text and not answered.body.startswith(b"{"):
        return answered.body
    verdict(answered)
    # JSON without an errcode: a video's address, which is no file.
    raise DeliveryRefused(40007, DeliveryClass.CONTENT)


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)
