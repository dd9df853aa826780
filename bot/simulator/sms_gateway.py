"""A city's SMS gateway, simulated: it checks what the real one would and shows the text on the citizen's phone."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.simulator.asking import ask
from bot.simulator.phones import Phones
from bot.simulator.records import EntryKind

PATH: Final = "/simulator/sms"
LONGEST: Final = 70
_WINDOW_S = 300
_MOST_KEPT, _MOST_SHOWN = 500, 50
_CHINA = ZoneInfo("Asia/Shanghai")
_MOBILE = re.compile(r"1[3-9]\d{9}")


class HasPhones(Protocol):
    """A simulated platform, as far as text messages need it."""

    @property
    def phones(self) -> Phones: ...


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One text message that was sent."""

    at: datetime
    phone: str = field(repr=False)
    text: str = field(repr=False)


class SimulatedSms:
    """Answers ``POST /simulator/sms``, and shows there what it sent. A number belongs to whoever wrote it into a chat:
    there is no other register."""

    def __init__(
        self, platforms: Sequence[HasPhones], *, secret: str, sign: str, clock: Callable[[], datetime]
    ) -> None:
        self._platforms = platforms
        self._secret = secret
        self._sign = sign
        self._clock = clock
        self._seen: dict[str, str] = {}
        self.sent: list[TextMessage] = []
        self.fail_next: list[str] = []
        """Codes the next calls are answered with."""

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._send), web.get(PATH, self._show)]

    async def _show(self, request: web.Request) -> web.Response:
        """What was sent, the newest first: a caller has no simulated phone to read it on."""
        texts = [
            {
                "phone": f"{one.phone[:3]}****{one.phone[-4:]}",
                "at": f"{one.at.astimezone(_CHINA):%m-%d %H:%M}",
                "text": one.text,
            }
            for one in reversed(self.sent[-_MOST_SHOWN:])
        ]
        return ask(texts=texts, most=_MOST_SHOWN)

    async def _send(self, request: web.Request) -> web.Response:
        body = await request.read()
        timestamp = request.headers.get("X-Huiyin-Timestamp", "")
        said = request.headers.get("X-Huiyin-Signature", "")
        right = hmac.new(self._secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(said.encode(), right.encode()) or not self._is_now(timestamp):
            return _answer("bad-signature")
        if self.fail_next:
            return _answer(self.fail_next.pop(0))
        try:
            asked = json.loads(body)
            key, phone, sign, text = (str(asked[name]) for name in ("id", "phone", "sign", "text"))
        except (ValueError, KeyError, TypeError):
            return _answer("bad-request")
        if sign != self._sign:
            return _answer("bad-sign")
        if not _MOBILE.fullmatch(phone):
            return _answer("bad-number")
        if not 0 < len(text) <= LONGEST:
            return _answer("bad-text")
        return _answer("ok", self._seen.get(key) or self._deliver(key, phone, f"【{sign}】{text}"))

    def _is_now(self, timestamp: str) -> bool:
        return timestamp.isdigit() and abs(self._clock().timestamp() - int(timestamp)) <= _WINDOW_S

    def _deliver(self, key: str, phone: str, text: str) -> str:
        self.sent = [*self.sent, TextMessage(self._clock(), phone, text)][-_MOST_KEPT:]
        self._seen[key] = f"sms-{len(self._seen) + 1}"
        for platform in self._platforms:
            for one in platform.phones:
                if any(entry.from_citizen and phone in entry.text for entry in one.entries):
                    platform.phones.show(one.openid, text, kind=EntryKind.SMS, note="短信")
                    return self._seen[key]
        return self._seen[key]


def _answer(code: str, message_id: str | None = None) -> web.Response:
    return web.json_response({"code": code} | ({"id": message_id} if message_id else {}))
