"""Files that citizens sent, from the platform: by media id while it lasts, else from the address of the picture.

The address comes with the message and is followed to the platform's own picture hosts only: a service that fetches
whatever address it is given can be sent to look at its own network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiohttp
import structlog

from bot.wechat.delivery import DeliveryClass, DeliveryRefused, DeliveryUnknown

log = structlog.get_logger(__name__)

PICTURE_HOSTS: Final = frozenset({"mmbiz.qpic.cn", "mmbiz.qlogo.cn"})
MOST_BYTES: Final = 10 * 1024 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=20, connect=3, sock_connect=3)


class MediaGone(Exception):
    """The platform has the file no more, and never will."""


class MediaLater(Exception):
    """Not now: the platform is busy, unreachable, or refuses the whole account."""


class MediaTooLarge(Exception):
    """More than ``MOST_BYTES``."""


class _Client(Protocol):
    async def fetch_media(self, media_id: str, *, most_bytes: int = MOST_BYTES) -> bytes: ...


@dataclass(frozen=True, slots=True)
class MediaSource:
    """Fetches for every account. ``api_base`` is believed as a host of pictures too: the simulator's, in the demo."""

    clients: Mapping[str, _Client]
    http: aiohttp.ClientSession
    api_base: str
    timeout: aiohttp.ClientTimeout = TIMEOUT

    async def fetch(self, account: str, media_id: str, url: str | None) -> bytes:
        """The file's bytes; raises ``MediaGone``, ``MediaLater`` or ``MediaTooLarge``, and nothing else."""
        client = self.clients.get(account)
        if client is None:
            raise MediaLater  # its account may be configured again
        try:
            return await client.fetch_media(media_id, most_bytes=MOST_BYTES)
        except DeliveryRefused as refused:
            if refused.code == 45001:
                raise MediaTooLarge from None
            if refused.klass is not DeliveryClass.CONTENT:
                raise MediaLater from None
        except DeliveryUnknown:
            raise MediaLater from None
        # 40007 and its like: the media id is over, while the picture's address often lives on.
        if url is None or not self._is_ours(url):
            raise MediaGone
        return await self._get(url)

    def _is_ours(self, url: str) -> bool:
        """Whether the address is one of the platform's picture hosts at its usual port, or the API's own."""
        try:
            parts, base = urlsplit(url), urlsplit(self.api_base)
            if parts.scheme not in ("http", "https") or parts.username is not None or "\\" in url:
                return False
            if (parts.scheme, parts.hostname, parts.port) == (base.scheme, base.hostname, base.port):
                return True
            return parts.hostname in PICTURE_HOSTS and parts.port in (None, 80, 443)
        except ValueError:
            return False

    async def _get(self, url: str) -> bytes:
        try:
            # No redirect is followed: it could lead anywhere.
            async with self.http.get(url, timeout=self.timeout, allow_redirects=False) as response:
                if response.status >= 500 or response.status in (408, 429):
                    raise MediaLater
                if response.status != 200:
                    raise MediaGone
                body = bytearray()
                async for chunk in response.content.iter_any():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise MediaTooLarge
                return bytes(body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("picture's address not reached", error=type(error).__name__)
            raise MediaLater from None
