"""The auditor's page: who looked at whose identity, and whether the log is whole."""

from __future__ import annotations

from collections import deque

from aiohttp import web

from bot.services import SERVICES
from bot.web.pages import Viewer, show
from routing.identity_store import IdentityRead

MOST_READS = 200


async def identity_reads(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The newest reads, of one ticket when asked; reads by the service itself (notices) are left out unless asked."""
    services = request.app[SERVICES]
    number = request.query.get("number", "").strip().upper()[:32]
    with_system = request.query.get("system") == "yes"
    newest: deque[IdentityRead] = deque(maxlen=MOST_READS)
    async for read in services.identities.reads(number=number or None):
        if with_system or read.role != "system":
            newest.append(read)
    context = {
        "reads": list(reversed(newest)),
        "most": MOST_READS,
        "number": number,
        "with_system": with_system,
        "broken_at": await services.identities.first_broken_read(),
    }
    return show(request, "identity_reads.html", context)
