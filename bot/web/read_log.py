"""The auditor's page: who looked at whose identity, and, when asked, whether the log is whole."""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web

from bot.services import SERVICES, Services
from bot.web.liaison import for_reader
from bot.web.pages import Viewer, show
from routing.identity_store import IdentityRead
from routing.workflow import Role

PAGE_SIZE = 200
MOST_PASSED_OVER = 10
"""Pages of nothing but the service's own reads that are looked through before the reader is asked to go on."""


async def identity_reads(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The newest reads, of one ticket when asked; reads by the service itself (notices) are left out unless asked."""
    services = request.app[SERVICES]
    number = request.query.get("number", "").strip().upper()[:32]
    with_system = request.query.get("system") == "yes"
    before = _seq(request.query.get("before", ""))
    checked = request.query.get("check") == "1"
    reads, following = await _page(services, number=number, with_system=with_system, before=before)
    asked = {"number": number, "system": "yes" if with_system else ""}
    context = {
        "reads": [(read, for_reader(read.reason, viewer.actor)) for read in reads],
        "number": number,
        "with_system": with_system,
        "checked": checked,
        # The whole log is read for it: only when somebody wants to know.
        "broken_at": await services.identities.first_broken_read() if checked else None,
        "first_href": _href(**asked) if before is not None else None,
        "next_href": _href(**asked, before=str(following)) if following is not None else None,
    }
    return show(request, "identity_reads.html", context)


async def _page(
    services: Services, *, number: str, with_system: bool, before: int | None
) -> tuple[list[IdentityRead], int | None]:
    """At most ``PAGE_SIZE`` lines from before that seq, and the seq to ask for the next from; None at the end."""
    found: list[IdentityRead] = []
    for _ in range(MOST_PASSED_OVER):
        lines = [
            read
            async for read in services.identities.reads(
                number=number or None, before=before, limit=PAGE_SIZE + 1
            )
        ]
        for read in lines[:PAGE_SIZE]:
            if len(found) == PAGE_SIZE:
                return found, before
            before = read.seq
            if with_system or read.role != Role.SYSTEM:
                found.append(read)
        if len(lines) <= PAGE_SIZE:
            return found, None
        if len(found) == PAGE_SIZE:
            break
    return found, before


def _href(**fields: str) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"/console/identity-reads?{urlencode(given)}"


def _seq(value: str) -> int | None:
    """A line's number from the address; None for what is none."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
