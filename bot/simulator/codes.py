"""The platform's QR codes: made for a scene, shown by their ticket, and scanned on the page."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from aiohttp import web

MOST_SECONDS: Final = 2_592_000
SCENE_CHARACTERS: Final = 64
_KEPT: Final = 2000


class CodeInvalid(Exception):
    """``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Code:
    """One code; ``expires_at`` None is permanent."""

    scene: str
    ticket: str
    expires_at: datetime | None


class Codes:
    """An account's codes; a ticket begins with the account's own id, so that it is told whose it is."""

    def __init__(self, *, owner: str, clock: Callable[[], datetime]) -> None:
        self._owner = owner
        self._clock = clock
        self._by_ticket: dict[str, Code] = {}

    def owns(self, ticket: str) -> bool:
        return ticket.startswith(self._owner)

    def all(self) -> list[Code]:
        """Those that can be scanned now, one a scene, the latest made."""
        now = self._clock()
        alive = {c.scene: c for c in self._by_ticket.values() if c.expires_at is None or c.expires_at > now}
        return list(alive.values())

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """``qrcode/create`` with a scene in words; temporary for at most 30 days."""
        info = body.get("action_info")
        named = info.get("scene") if isinstance(info, dict) else None
        scene = named.get("scene_str") if isinstance(named, dict) else None
        if not isinstance(scene, str) or not 1 <= len(scene) <= SCENE_CHARACTERS:
            raise CodeInvalid(40053)
        expires_at, lasts = None, {}
        if body.get("action_name") == "QR_STR_SCENE":
            seconds = body.get("expire_seconds", 60)
            if not isinstance(seconds, int) or not 1 <= seconds <= MOST_SECONDS:
                raise CodeInvalid(40053)
            expires_at, lasts = self._clock() + timedelta(seconds=seconds), {"expire_seconds": seconds}
        elif body.get("action_name") != "QR_LIMIT_STR_SCENE":
            raise CodeInvalid(40053)
        ticket = f"{self._owner}{secrets.token_urlsafe(40)}"
        self._by_ticket[ticket] = Code(scene, ticket, expires_at)
        while len(self._by_ticket) > _KEPT:
            del self._by_ticket[next(iter(self._by_ticket))]
        return {"ticket": ticket, "url": f"http://weixin.qq.com/q/{secrets.token_urlsafe(12)}", **lasts}

    async def show(self, request: web.Request) -> web.Response:
        """``showqrcode``: a picture that says what it stands for; nothing could scan it outside this page."""
        code = self._by_ticket.get(request.query.get("ticket", ""))
        if code is None:
            raise web.HTTPNotFound
        return web.Response(text=_picture(code.scene), content_type="image/svg+xml")


def _picture(scene: str) -> str:
    corners = "".join(
        f'<path d="M{x} {y}h70v70h-70z" fill="none" stroke="#111" stroke-width="14"/>'
        f'<path d="M{x + 22} {y + 22}h26v26h-26z" fill="#111"/>'
        for x, y in ((40, 40), (320, 40), (40, 320))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 430 430" width="430" height="430">'
        f'<path d="M0 0h430v430H0z" fill="#fff"/>{corners}'
        '<g font-family="sans-serif" text-anchor="middle" fill="#111">'
        '<text x="225" y="200" font-size="26">模拟平台的二维码</text>'
        f'<text x="225" y="240" font-size="22">{escape(scene)}</text></g></svg>'
    )
