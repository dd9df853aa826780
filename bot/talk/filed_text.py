"""What a draft says as a ticket, and what it says that the ticket made of it does not."""

from __future__ import annotations

import re

from bot.talk.draft import Draft
from routing.ticket import Ticket

_NOTES = re.compile(
    r"(?:\n（市民发来的位置：[^\n]*）)?(?:\n（市民附照片(?P<pictures>\d+)张）)?\Z",
)


def filed_text(draft: Draft) -> str:
    """The citizen's words, then what else they sent, as the unit reads it."""
    pictures = f"（市民附照片{len(draft.pictures)}张）" if draft.pictures else ""
    return "\n".join(part for part in (draft.text.strip(), _position(draft), pictures) if part)


def words_of(ticket: Ticket) -> str:
    """What the ticket is called: its title, else the citizen's words without our notes on what they sent."""
    return ticket.title or _NOTES.sub("", ticket.text)


def added_since(ticket: Ticket, draft: Draft) -> str:
    """What this draft says and the ticket made of it does not; empty for a ticket just registered."""
    notes = _NOTES.search(ticket.text)
    assert notes is not None, "the end of a text always matches"
    filed, said, place = ticket.text[: notes.start()], draft.text.strip(), (draft.place or "").strip()
    lines = []
    if said.startswith(f"{filed}\n"):
        lines.append(said.removeprefix(filed).strip())
    elif said != filed and ticket.text != filed_text(draft):
        lines.append(f"市民改了内容：{said}")
    if place and place != ticket.place:
        lines.append(f"市民改了地点：{place}")
    if _position(draft) not in notes[0]:
        lines.append(_position(draft))
    if len(draft.pictures) > int(notes["pictures"] or 0):
        lines.append(f"（市民附照片，一共{len(draft.pictures)}张）")
    return "\n".join(lines)


def _position(draft: Draft) -> str:
    if draft.latitude is None or draft.longitude is None:
        return ""
    return f"（市民发来的位置：北纬{draft.latitude}，东经{draft.longitude}）"
