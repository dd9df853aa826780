"""What comes before an answer is sent: the check and its excuse, and putting templates and citations in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from bot.intake import MOST_CHARACTERS
from bot.reply_check import Finding, to_override
from bot.reply_findings import findings_of
from bot.services import SERVICES, Services
from bot.web.access import Form
from bot.web.pages import Viewer, present
from bot.web.reply_desk import inserted, tools_of
from bot.web.ticket import Attempt, ticket_page
from routing.workflow import Action

if TYPE_CHECKING:
    from bot.web.performing import Asked

MOST_REASON = 300
CHANGED = "您打开之后，这张工单有了新变化（标“新”的）。您写的内容还在，看过再提交。"
ANSWERS = frozenset({Action.REPLY, Action.INTERIM_REPLY, Action.RESOLVE, Action.ANSWER_DIRECTLY})


async def doubts_about(action: Action, asked: Asked, services: Services) -> tuple[Finding, ...]:
    """What the check says of the answer; nothing of one that is going to be refused for another reason. Raises
    ``UnknownTicket``."""
    text = asked.form.get("text", "")
    if action not in ANSWERS or not text.strip() or len(text) > MOST_CHARACTERS:
        return ()
    ticket = await services.queries.get(asked.number, reader=asked.actor)
    if ticket.version != asked.version:
        return ()
    return findings_of(text, ticket, services, now=asked.now)


def sent_all_the_same(findings: tuple[Finding, ...], form: Form) -> bool:
    """With a reason, given in sight of every doubt there is now."""
    return bool(form.get("despite", "").strip()) and to_override(findings, form.get("shown", "").split(","))


async def compose(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """The page again with a template or a citation put into the answer, or with what the library has: nothing is
    sent, and what was typed stays."""
    services, now = request.app[SERVICES], present(request)
    ticket = await services.queries.get(request.match_info["number"], reader=viewer.actor)
    searched = form.get("look_for", "") if form.get("act") == "look" or "cite" in form else None
    tools = await tools_of(ticket, viewer.user.unit_id, services, now=now, searched=searched)
    text = form.get("text", "").replace("\r\n", "\n")
    text = inserted(tools, text=text, template=form.get("template", ""), cite=form.get("cite", ""))
    stale, seen = form.get("version", "") != str(ticket.version), form.get("seen", "")
    attempt = Attempt(
        action=form.get("for", ""),
        words=CHANGED if stale else "",
        kept={**form, "text": text},
        seen=int(seen) if stale and seen.isascii() and seen.isdigit() and len(seen) < 10 else None,
        searched=searched,
    )
    return await ticket_page(request, viewer, ticket, attempt=attempt)
