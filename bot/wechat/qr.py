"""QR codes with a scene: made by the platform, printed by us, scanned by citizens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

import aiohttp

from bot.wechat.client import API_BASE
from bot.wechat.delivery import DeliveryUnknown
from bot.wechat.menus import CallsPlatform

_CREATE = "/cgi-bin/qrcode/create"
_PICTURE_BASE = "https://mp.weixin.qq.com"
MOST_DAYS = 30
_MOST_PICTURE = 1024 * 1024
_SUFFIXES = {"image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/svg+xml": "svg"}
_PICTURE_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=3)


@dataclass(frozen=True, slots=True)
class MadeCode:
    """A code the platform made: ``url`` is what the squares say, ``ticket`` fetches its picture."""

    ticket: str
    url: str
    expires_at: datetime | None


async def make_code(client: CallsPlatform, scene: str, *, days: int | None, now: datetime) -> MadeCode:
    """A code for ``scene``: for so many days (at most 30), or for good when ``days`` is None.

    Raises DeliveryRefused and DeliveryUnknown. Not tried again by itself: each try of a permanent one counts.
    """
    payload: dict[str, object] = {
        "action_name": "QR_LIMIT_STR_SCENE",
        "action_info": {"scene": {"scene_str": scene}},
    }
    if days is not None:
        payload |= {"action_name": "QR_STR_SCENE", "expire_seconds": days * 86400}
    answer = await client.call(_CREATE, payload)
    ticket, url = answer.get("ticket"), answer.get("url")
    if not isinstance(ticket, str) or not isinstance(url, str) or not ticket:
        raise DeliveryUnknown
    lasts = answer.get("expire_seconds")
    seconds = lasts if isinstance(lasts, int) and not isinstance(lasts, bool) else (days or 0) * 86400
    return MadeCode(ticket, url, now + timedelta(seconds=seconds) if days is not None else None)


def picture_url(ticket: str, api_base: str) -> str:
    """Where the code's picture is; the ticket is enough to see it. Another platform than WeChat's own shows it
    under its own address."""
    base = _PICTURE_BASE if api_base.rstrip("/") == API_BASE else api_base.rstrip("/")
    return f"{base}/cgi-bin/showqrcode?ticket={quote(ticket, safe='')}"


async def fetch_picture(http: aiohttp.ClientSession, url: str) -> tuple[bytes, str] | None:
    """The picture and its file suffix; None when the platform does not give one."""
    try:
        async with http.get(url, timeout=_PICTURE_TIMEOUT, allow_redirects=False) as response:
            suffix = _SUFFIXES.get(response.content_type)
            if response.status != 200 or suffix is None:
                return None
            picture = bytearray()
            async for chunk in response.content.iter_any():
                picture += chunk
                if len(picture) > _MOST_PICTURE:
                    return None
            return bytes(picture), suffix
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None
