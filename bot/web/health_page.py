"""The page of the service's health: how everything stands, the worst said first."""

from __future__ import annotations

from aiohttp import web

from bot.health import Tone, examine, worst
from bot.services import SERVICES
from bot.web.pages import Viewer, present, show

_VERDICTS = {
    Tone.WELL: ("●", "一切正常", "消息能收、能答、能转办，通知和提醒按时发出。"),
    Tone.LOOK: ("▲", "能用，有几处要留意", "下面标黄的地方写明了怎么办。"),
    Tone.ILL: ("■", "有故障，请马上处理", "下面标红的地方写明了怎么办。"),
}


async def health(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    parts = await examine(request.app[SERVICES], now=present(request))
    tone = worst(parts)
    sign, verdict, meaning = _VERDICTS[tone]
    context = {
        "parts": parts,
        "tone": tone,
        "sign": sign,
        "verdict": verdict,
        "meaning": meaning,
        "signs": {str(one): shown for one, (shown, _, _) in _VERDICTS.items()},
    }
    return show(request, "health.html", context)
