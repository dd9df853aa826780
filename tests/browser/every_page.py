"""Every page there is, who opens it, and where a link to it is found: the table that the walk of all pages reads.

The addresses are those of the route table. A page whose address names something (a ticket, an entry) is reached as
people reach it: by the first link of that shape on another page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

STRANGER = ""
"""Nobody logged in."""
CITIZEN = "citizen"
"""A telephone of the simulated WeChat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One page as one person sees it. ``found_on`` is where its link stands, or, with ``named_by``, where a page says
    the name that goes into the address; ``opens`` is the address where that is not the route itself."""

    route: str
    by: str
    found_on: str = ""
    named_by: str = ""
    opens: str = ""
    status: int = 200

    @property
    def name(self) -> str:
        """For pictures and messages."""
        asked = (self.opens or self.route) + " ".join(self.found_on.split("?")[1:])
        return f"{re.sub(r'[^a-z0-9]+', '-', asked.lower()).strip('-')}-{self.by or 'stranger'}"


def _pages(by: str, *routes: str) -> tuple[Walked, ...]:
    return tuple(Walked(route=route, by=by) for route in routes)


_TICKET = "/console/tickets/{number}"
_ENTRY = "/console/knowledge/{name}"

EVERY_PAGE: tuple[Walked, ...] = (
    *_pages(STRANGER, "/console/login", "/answers", "/answers/catalogue", "/my/{account}/find"),
    Walked(route="/answers", by=STRANGER, opens="/answers?q=社保卡丢了怎么补办"),
    Walked(route="/answers/{name}", by=STRANGER, found_on="/answers?q=社保卡丢了怎么补办"),
    Walked(route="/answers", by=STRANGER, opens="/answers?q=zzzz&size=big"),
    Walked(route="/answers/{name}", by=STRANGER, opens="/answers/nothing", status=404),
    # Citizens, on the telephone WeChat knows them by.
    Walked(route="/simulator", by=CITIZEN),
    Walked(route="/simulator/at/market", by=CITIZEN),
    Walked(route="/simulator/sms", by=CITIZEN),
    Walked(route="/my/{account}", by=CITIZEN),
    Walked(route="/my/{account}/subscribe", by=CITIZEN),
    Walked(route="/my/{account}/tickets/{number}", by=CITIZEN, found_on="/my/{account}"),
    Walked(route="/my/{account}", by=CITIZEN, opens="/my/{account}?size=big"),
    # A unit's liaison.
    *_pages("chengguan", "/console/tickets", "/console/reply-templates", "/console/letters", "/console/duty"),
    Walked(route=_TICKET, by="chengguan", found_on="/console/tickets"),
    Walked(route=_TICKET, by="chengguan", found_on="/console/tickets?tab=closed"),
    Walked(route=_TICKET, by="chengguan", opens="/console/tickets/HY0000000000", status=404),
    Walked(route="/console/tickets", by="chengguan", opens="/console/tickets?tab=open&type=complaint"),
    Walked(route="/console/knowledge", by="chengguan"),
    # The centre.
    *_pages("operator", "/console/intake", "/console/visits", "/console/deliveries", "/console/answers"),
    Walked(route="/console/answers", by="operator", opens="/console/answers?q=社保卡丢了怎么补办"),
    Walked(
        route="/console/intake/{number}",
        by="operator",
        found_on="/console/tickets",
        named_by=r"/console/tickets/(HY\d+)",
    ),
    Walked(route=_TICKET, by="operator", found_on="/console/tickets"),
    *_pages("dispatcher", "/console/triage", "/console/reviews", "/console/duplicates"),
    Walked(route=_TICKET, by="dispatcher", found_on="/console/tickets?tab=received"),
    *_pages("supervisor", "/console/live", "/console/figures", "/console/letters", "/console/bulletin"),
    Walked(route="/console/live", by="supervisor", opens="/console/live?wall=1"),
    Walked(route="/console/figures/{name}", by="supervisor", found_on="/console/figures?period=month"),
    *_pages("supervisor", "/console/models", "/console/health", "/console/duty", "/console/disclosure"),
    # The knowledge base.
    *_pages("editor", "/console/", "/console/knowledge", "/console/knowledge/reviews"),
    *_pages("editor", "/console/knowledge/tasks", "/console/knowledge/import", "/console/knowledge/figures"),
    Walked(route="/console/knowledge/new", by="editor", opens="/console/knowledge/new?kind=policy"),
    Walked(route="/console/knowledge/new", by="editor", opens="/console/knowledge/new?kind=guide"),
    Walked(route="/console/knowledge/tasks/{name}", by="editor", found_on="/console/knowledge/tasks"),
    Walked(
        route="/console/knowledge/proposals/{name}",
        by="editor",
        found_on="/console/knowledge/tasks?tab=proposals",
        named_by=r"proposal=(HY\d+)",
    ),
    Walked(route=_ENTRY, by="editor", found_on="/console/knowledge"),
    Walked(route=_ENTRY + "/edit", by="editor", found_on=_ENTRY),
    Walked(route=_ENTRY + "/{action}", by="editor", found_on=_ENTRY),
    # Administration and audit.
    *_pages("admin", "/console/staff", "/console/staff/log", "/console/staff/keys", "/console/tables"),
    Walked(route="/console/tables/days/{number}", by="admin", found_on="/console/tables"),
    Walked(route="/console/tables/versions/{number}", by="admin", found_on="/console/tables"),
    Walked(route="/console/staff/{name}", by="admin", found_on="/console/staff"),
    *_pages("admin", "/console/profiles", "/console/wechat", "/console/health", "/console/password"),
    Walked(route="/console/profiles/{name}", by="admin", found_on="/console/profiles"),
    Walked(route="/console/wechat/{name}", by="admin", found_on="/console/wechat"),
    *_pages("auditor", "/console/audit/confusion", "/console/audit/types", "/console/audit/bias"),
    Walked(route="/console/audit/confusion", by="auditor", opens="/console/audit/confusion?axis=topic"),
    Walked(route="/console/audit/bias", by="auditor", opens="/console/audit/bias?by=length"),
    *_pages("auditor", "/console/audit/samples", "/console/identity-reads"),
    Walked(route="/console/audit/{name}/tickets", by="auditor", found_on="/console/audit/types"),
    Walked(route=_TICKET, by="auditor", found_on="/console/tickets"),
)

NO_PAGE: dict[str, str] = {
    "/": "leads to the console",
    "/console": "leads to the console",
    "/console/audit": "leads to the first of the audit's pages",
    "/my/{account}/enter": "back from WeChat: leads on",
}
"""GET addresses that show nothing of their own."""

SEEN_AT_WORK: dict[str, str] = {
    "/console/knowledge/import/{name}": "test_a_day.py: an editor uploads a file and looks at what would come of it",
}
"""Pages that are there only after somebody did something: looked at where that is done."""

NOT_FOR_READING = (
    "/api/",
    "/console/static/",
    "/console/watermark.svg",
    "/console/live/events",
    "/console/figures/export",
    "/console/tables/export",
    "/console/audit/{name}/export",
    "/healthz",
    "/readyz",
    "/metrics",
    "/wechat/",
    "/simulator/platform/",
    "/simulator/events",
    "/simulator/photo",
    "/simulator/static/",
    "/simulator/api/",
    "/console/tickets/{number}/photos/",
    "/my/{account}/tickets/{number}/photos/",
)
"""What begins so is for programs, or a file."""


def shape_of(route: str) -> re.Pattern[str]:
    """What an address of that route looks like, without its questions."""
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", route)]
    return re.compile("[^/?#]+".join(parts))
