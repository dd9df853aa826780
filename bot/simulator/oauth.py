"""网页授权 as the platform plays it: the citizen whose phone the browser shows is sent back at once with a code."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson
from aiohttp import web

from bot.simulator.asking import ask
from bot.simulator.citizens import DemoCitizen, DemoCitizens
from bot.simulator.faults import BEFORE_EFFECT, Failure, Faults
from bot.simulator.records import SimulatedAccount

EXCHANGE: Final = "sns/oauth2/access_token"
"""The endpoint's name for ``Faults``."""
CODE_LASTS: Final = timedelta(minutes=5)
_MOST_CODES: Final = 5_000
_STATE: Final = re.compile(r"[a-zA-Z0-9]{0,128}")
_MESSAGES: Final = {
    -1: "system error",
    40013: "invalid appid",
    40029: "invalid code",
    40125: "invalid appsecret",
    40163: "code been used",
}


@dataclass(slots=True)
class _Code:
    openid: str
    given_at: datetime
    used: bool = False


class WebAuthorization:
    """Hands out codes and exchanges each once, within five minutes."""

    def __init__(
        self,
        *,
        account: SimulatedAccount,
        citizens: DemoCitizens,
        faults: Faults,
        clock: Callable[[], datetime],
        domain: Callable[[], str],
    ) -> None:
        self._account = account
        self._citizens = citizens
        self._faults = faults
        self._clock = clock
        self.domain = domain
        """网页授权域名: the only host codes are sent to."""
        self._codes: dict[str, _Code] = {}
        self.snapshot = False
        """Whether pages are opened as 快照页, with a made-up openid."""

    @property
    def cookie(self) -> str:
        """Names the citizen whose phone this browser shows; the chat page sets it."""
        return f"simulated_phone_{self._account.name}"

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """What a browser and the service ask, under the API's own prefix."""
        base = prefix.rstrip("/")
        return [
            web.get(f"{base}/connect/oauth2/authorize", self.authorize),
            web.get(f"{base}/{EXCHANGE}", self.exchange),
        ]

    def grant(self, openid: str) -> str:
        """A new code, as the citizen's client would carry it."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(openid, self._clock())
        while len(self._codes) > _MOST_CODES:
            del self._codes[next(iter(self._codes))]
        return code

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """Send the citizen back with a code; where it is not known whose phone this is, ask."""
        wrong = self._judge(request.query)
        if wrong:
            return ask(wrong=wrong, status=400)
        citizen = self._citizens.find(request.query.get("as", "")) or self.phone_of(request)
        if citizen is None:
            people = [
                (f"?{urlencode({**request.query, 'as': one.key})}", one) for one in self._citizens.all()
            ]
            return ask(people=people)
        back = urlsplit(request.query["redirect_uri"])
        fields = [*parse_qsl(back.query), ("code", self.grant(citizen.openid))]
        fields.append(("state", request.query.get("state", "")))
        location = urlunsplit(back._replace(query=urlencode(fields)))
        response = web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
        self.show_phone_of(response, citizen)
        return response

    def show_phone_of(self, response: web.StreamResponse, citizen: DemoCitizen) -> None:
        """From now on this browser is the citizen's phone."""
        response.set_cookie(self.cookie, citizen.key, path="/simulator", httponly=True, samesite="Lax")

    def phone_of(self, request: web.Request) -> DemoCitizen | None:
        """Whose telephone this browser shows."""
        return self._citizens.find(request.cookies.get(self.cookie, ""))

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        fault = self._faults.take(EXCHANGE)
        if fault is Failure.HTTP_500 or fault is Failure.HTTP_502:
            return web.Response(status=500, text="system busy")
        answer = _error(fault) if isinstance(fault, int) else {}
        if fault not in BEFORE_EFFECT and not answer:
            answer = self._exchanged(request.query)
        if fault is Failure.GARBAGE:
            return web.Response(text='{"openid"', content_type="text/plain")
        if isinstance(fault, Failure) and fault not in (Failure.LATE, Failure.TEXT_PLAIN):
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        # The real one says text/plain too.
        return web.Response(body=orjson.dumps(answer), content_type="text/plain")

    def _exchanged(self, query: Mapping[str, str]) -> dict[str, object]:
        if query.get("appid") != self._account.app_id:
            return _error(40013)
        if query.get("secret") != self._account.secret:
            return _error(40125)
        code = self._codes.get(query.get("code", ""))
        if code is None or query.get("grant_type") != "authorization_code":
            return _error(40029)
        if code.used:
            return _error(40163)
        if self._clock() - code.given_at >= CODE_LASTS:
            return _error(40029)
        code.used = True
        answer: dict[str, object] = {
            "access_token": secrets.token_urlsafe(48),
            "expires_in": 7200,
            "refresh_token": secrets.token_urlsafe(48),
            "openid": code.openid,
            "scope": "snsapi_base",
        }
        if self.snapshot:
            answer |= {"openid": f"o{secrets.token_urlsafe(20)[:27]}", "is_snapshotuser": 1}
        return answer

    def _judge(self, query: Mapping[str, str]) -> str:
        """What WeChat's own page would complain of; empty for nothing."""
        if query.get("appid") != self._account.app_id:
            return "该公众号不存在（appid 错误）"
        if urlsplit(query.get("redirect_uri", "")).netloc != self.domain():
            return "redirect_uri 域名与后台配置不一致，错误码：10003"
        if query.get("response_type") != "code" or query.get("scope") != "snsapi_base":
            return "scope 参数错误，错误码：10005"
        if not _STATE.fullmatch(query.get("state", "")):
            return "state 只能用字母和数字，最多 128 位"
        return ""


def _error(code: int) -> dict[str, object]:
    return {"errcode": code, "errmsg": _MESSAGES.get(code, "error")}
