"""An SMS gateway on a bad day: busy, broken before it sends, and silent after it has sent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.simulator.platform import SimulatedPlatform
from bot.simulator.sms_gateway import SimulatedSms

SHARES = {"busy": 0.1, "http 500": 0.04, "reset after effect": 0.04, "garbage after effect": 0.04}


class FaultyGateway(SimulatedSms):
    """Keeps what it sent, as the real one does; ``met`` counts what went wrong."""

    def __init__(
        self, platform: SimulatedPlatform, dice: random.Random, *, clock: Callable[[], datetime], **own: Any
    ) -> None:
        super().__init__([platform], clock=clock, **own)
        self._dice = dice
        self.met: Counter[str] = Counter()
        self.calm = False

    async def _send(self, request: web.Request) -> web.Response:
        fault = self._fault()
        if fault is not None:
            self.met[fault] += 1
        if fault == "busy":
            return web.json_response({"code": "busy"}, status=429)
        if fault == "http 500":
            return web.Response(status=500)
        answer = await super()._send(request)
        if fault == "reset after effect":
            assert request.transport is not None
            request.transport.abort()
        if fault == "garbage after effect":
            return web.Response(text='{"code": "o')
        return answer

    def _fault(self) -> str | None:
        drawn = self._dice.random()
        for fault, share in () if self.calm else SHARES.items():
            if drawn < share:
                return fault
            drawn -= share
        return None
