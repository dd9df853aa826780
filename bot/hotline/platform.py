"""The hotline platform above: one documented call for each event, signed, with a time limit (docs/callbacks.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp

from bot.settings import PREFIX, Settings, SettingsInvalid
from bot.signed_calls import signed_headers

TIMEOUT: Final = aiohttp.ClientTimeout(total=8, connect=3, sock_connect=3)
LONGEST_WAIT: Final = timedelta(hours=1)
"""A platform may ask for as long a pause, and no longer one."""
_SHORTEST_SECRET = 16
_NEVER_THIS_BODY = frozenset({400, 413, 415, 422})
"""It read the body and does not want it: the same body again changes nothing. Everything else may be put right."""


class Heard(StrEnum):
    """What came of one call."""

    TAKEN = "taken"
    REFUSED = "refused"
    """This event, for good."""
    LATER = "later"
    """It answered, and did not take it now."""
    UNCLEAR = "unclear"
    """It may have taken it; sent again, it knows the event's id."""
    AWAY = "away"
    """Nobody answered there: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``code`` is kept with the attempt; ``wait`` is what the platform asked for (Retry-After)."""

    heard: Heard
    code: str = ""
    wait: timedelta | None = None


class Platform(Protocol):
    """Tells the platform of one event. Never raises for what the platform or the network does."""

    async def call(self, event_id: str, body: bytes, *, now: datetime) -> Answer:
        """``event_id`` is the same at each attempt, so that the platform takes the event once."""
        ...


class HttpPlatform:
    """A platform behind one HTTP address. Neither body nor address appears in an error or a log line."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        secret: str,
        timeout: aiohttp.ClientTimeout = TIMEOUT,
    ) -> None:
        self._http = http
        self._url = url
        self._secret = secret
        self._timeout = timeout

    async def call(self, event_id: str, body: bytes, *, now: datetime) -> Answer:
        headers = signed_headers(self._secret, body, key=event_id, now=now)
        try:
            async with self._http.post(
                self._url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                return _answer(response.status, response.headers.get("Retry-After", ""))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Answer(Heard.AWAY, "platform-away")
        except TimeoutError:
            return Answer(Heard.UNCLEAR, "platform-timeout")
        except (aiohttp.ClientError, OSError):
            return Answer(Heard.UNCLEAR, "platform-cut-off")


def platform_of(settings: Settings, http: aiohttp.ClientSession) -> Platform | None:
    """The platform the settings name; None where there is none, SettingsInvalid where it could not be trusted."""
    if not settings.hotline_callback_url:
        return None
    require_callback_settings(settings)
    return HttpPlatform(
        http,
        url=settings.hotline_callback_url,
        secret=settings.hotline_callback_secret.get_secret_value(),
    )


def require_callback_settings(settings: Settings) -> None:
    """Raises SettingsInvalid for an address nobody can call and a secret anybody could guess."""
    if not settings.hotline_callback_url:
        return
    address = urlsplit(settings.hotline_callback_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise SettingsInvalid(f"{PREFIX}HOTLINE_CALLBACK_URL must be an http or https address")
    if len(settings.hotline_callback_secret.get_secret_value()) < _SHORTEST_SECRET:
        raise SettingsInvalid(f"{PREFIX}HOTLINE_CALLBACK_SECRET needs at least {_SHORTEST_SECRET} characters")


def _answer(status: int, retry_after: str) -> Answer:
    if 200 <= status < 300:
        return Answer(Heard.TAKEN)
    if status in _NEVER_THIS_BODY:
        return Answer(Heard.REFUSED, f"platform-{status}")
    wait = min(timedelta(seconds=int(retry_after)), LONGEST_WAIT) if _is_seconds(retry_after) else None
    return Answer(Heard.LATER, f"platform-{status}", wait)


def _is_seconds(said: str) -> bool:
    return said.isascii() and said.isdigit() and len(said) < 10
