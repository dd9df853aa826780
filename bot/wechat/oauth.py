"""网页授权 (snsapi_base): which follower opened a page of ours. Their consent is not asked: nothing but the openid is told.

No code, openid or secret appears in an exception or a log line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

import aiohttp
import structlog

from bot.settings import Settings
from bot.wechat.accounts import Account
from bot.wechat.client import API_BASE

__all__ = ["OPEN_BASE", "OAuth", "OAuthFailure", "OAuthRefused", "open_base"]

_log = structlog.get_logger(__name__)

OPEN_BASE = "https://open.weixin.qq.com"
_PLATFORM = "weixin.qq.com"
"""The platform has several hosts of its own for its API; whatever else is named plays the platform."""
TIMEOUT = aiohttp.ClientTimeout(total=6, connect=3, sock_connect=3)
LONGEST_CODE = 512
_LONGEST_OPENID = 128
_MAX_ANSWER_BYTES = 16 * 1024
_AUTHORIZE = "/connect/oauth2/authorize"
_ACCESS_TOKEN = "/sns/oauth2/access_token"  # noqa: S105 - a path


class OAuthFailure(StrEnum):
    """Why nobody is known; each leaves the citizen another way on."""

    CODE_INVALID = "code_invalid"
    """40029: made up, of another account, or older than five minutes."""
    CODE_USED = "code_used"
    """40163: a reload or the back button sent it a second time."""
    SNAPSHOT = "snapshot"
    """The page was opened in 快照页 mode, where WeChat gives a made-up openid."""
    BUSY = "busy"
    """No answer, or none that can be read: trying again may help."""
    ACCOUNT = "account"
    """Our own settings are wrong, or the account may not do this: somebody must look."""


_BY_CODE = {
    40029: OAuthFailure.CODE_INVALID,
    41008: OAuthFailure.CODE_INVALID,
    42003: OAuthFailure.CODE_INVALID,
    40163: OAuthFailure.CODE_USED,
    -1: OAuthFailure.BUSY,
    45011: OAuthFailure.BUSY,
}


class OAuthRefused(Exception):
    """The platform does not say who it is."""

    def __init__(self, failure: OAuthFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


def open_base(settings: Settings) -> str:
    """Where browsers are sent, as far as it is configured."""
    host = urlsplit(settings.wechat_api_base).hostname or ""
    own = host == _PLATFORM or host.endswith(f".{_PLATFORM}")
    return settings.wechat_open_base or (OPEN_BASE if own else settings.wechat_api_base)


@dataclass(frozen=True, slots=True)
class OAuth:
    """One account's web authorisation. ``open_base`` is where browsers are sent, ``api_base`` what we ask."""

    account: Account
    http: aiohttp.ClientSession = field(repr=False)
    api_base: str = API_BASE
    open_base: str = OPEN_BASE
    timeout: aiohttp.ClientTimeout = TIMEOUT

    @property
    def simulated(self) -> bool:
        """Whether any browser counts as WeChat's: the demo's and the tests' platform plays it."""
        return self.open_base.rstrip("/") != OPEN_BASE

    def authorize_address(self, *, redirect_uri: str, state: str) -> str:
        """Where to send the browser; the platform checks the order of these fields, and the fragment."""
        query = urlencode(
            {
                "appid": self.account.app_id,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            }
        )
        return f"{self.open_base.rstrip('/')}{_AUTHORIZE}?{query}#wechat_redirect"

    async def openid_of(self, code: str) -> str:
        """Exchange a code, which works once; raises ``OAuthRefused``.

        We never try a second time: after an unknown outcome the code may be spent, and a new one costs the citizen
        nothing. (aiohttp itself repeats a GET on a connection that was closed under it; then the code counts as used.)
        """
        if not code or len(code) > LONGEST_CODE or not code.isprintable():
            raise OAuthRefused(OAuthFailure.CODE_INVALID)
        answer = await self._ask(code)
        errcode = answer.get("errcode", 0)
        if errcode:
            failure = _BY_CODE.get(errcode, OAuthFailure.ACCOUNT) if isinstance(errcode, int) else None
            self._note(failure or OAuthFailure.BUSY, errcode)
            raise OAuthRefused(failure or OAuthFailure.BUSY)
        if answer.get("is_snapshotuser") in (1, "1", True):
            raise OAuthRefused(OAuthFailure.SNAPSHOT)
        openid = answer.get("openid")
        if not isinstance(openid, str) or not 0 < len(openid) <= _LONGEST_OPENID:
            self._note(OAuthFailure.BUSY, "no openid")
            raise OAuthRefused(OAuthFailure.BUSY)
        return openid

    async def _ask(self, code: str) -> dict[str, object]:
        params = {
            "appid": self.account.app_id,
            "secret": self.account.secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        try:
            async with self.http.get(
                f"{self.api_base.rstrip('/')}{_ACCESS_TOKEN}",
                params=params,
                timeout=self.timeout,
                allow_redirects=False,
            ) as response:
                # Declared as text/plain; judged by its content.
                body = await response.content.read(_MAX_ANSWER_BYTES)
                while len(body) < _MAX_ANSWER_BYTES and (
                    more := await response.content.read(_MAX_ANSWER_BYTES)
                ):
                    body += more
        except (aiohttp.ClientError, TimeoutError, OSError):
            # ``from None``: the error carries the address, and with it code and secret.
            self._note(OAuthFailure.BUSY, "unreachable")
            raise OAuthRefused(OAuthFailure.BUSY) from None
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            self._note(OAuthFailure.BUSY, "unreadable")
            raise OAuthRefused(OAuthFailure.BUSY)
        return answer

    def _note(self, failure: OAuthFailure, code: object) -> None:
        if failure is OAuthFailure.ACCOUNT:
            _log.error("wechat refused web authorisation", account=self.account.name, code=code, alarm=True)
        elif failure is OAuthFailure.BUSY:
            _log.warning("wechat web authorisation busy", account=self.account.name, code=code)
