"""What is done to one entry: submit, approve, refuse, withdraw, discard, confirm, repeal, expire, take down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote

from aiohttp import web

from bot.web.access import Form, set_flash
from bot.web.knowledge_edit import edit
from bot.web.knowledge_entry import entry_page, find_entry
from bot.web.knowledge_pages import PAGE, person_of, services_of
from bot.web.knowledge_refusals import explain_knowledge, status_of_knowledge
from bot.web.pages import Viewer, present
from knowledge_base.article import ArticleStatus, KnowledgeRefused
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Entry, Person

_MOST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """An act as the form asks for it."""

    article_id: str
    by: Person
    version: int
    now: datetime
    reason: str
    day: date | None


Step = Callable[[EditingDesk, _Asked], Awaitable[Entry]]


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Do it and show the entry again; a refusal says why, above what was typed."""
    action = request.match_info["action"]
    if action == "edit":
        return await edit(request, viewer, form)
    if action not in _STEPS:
        raise web.HTTPNotFound
    entry = await find_entry(request, viewer)
    services = services_of(request)
    reason = form.get("reason", "").strip()[:_MOST_REASON]
    kept = {"action": action, "reason": reason, "day": form.get("day", "")}
    try:
        asked = _Asked(
            article_id=entry.id,
            by=person_of(viewer),
            version=_version(form),
            now=present(request),
            reason=reason,
            day=_day(form),
        )
        done = await _STEPS[action](services.knowledge, asked)
    except _BadDay:
        return await entry_page(
            request, viewer, problem="日期看不懂，请写成 2026-03-01 这样。", kept=kept, status=422
        )
    except KnowledgeRefused as refused:
        return await entry_page(
            request,
            viewer,
            problem=explain_knowledge(refused),
            kept=kept,
            status=status_of_knowledge(refused),
        )
    await set_flash(request, viewer, _said(action, done))
    gone = done.working is None
    raise web.HTTPSeeOther(PAGE if gone else f"{PAGE}/{quote(entry.id)}")


class _BadDay(ValueError):
    """The form's day is none."""


def _version(form: Form) -> int:
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise web.HTTPBadRequest
    return int(version)


def _day(form: Form) -> date | None:
    given = form.get("day", "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise _BadDay from None


async def _submit(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.submit(asked.article_id, by=asked.by, version=asked.version, now=asked.now)


async def _approve(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.approve(asked.article_id, by=asked.by, version=asked.version, now=asked.now)


async def _withdraw(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.withdraw(asked.article_id, by=asked.by, version=asked.version, now=asked.now)


async def _discard(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.discard(asked.article_id, by=asked.by, version=asked.version, now=asked.now)


async def _confirm(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.confirm(asked.article_id, by=asked.by, version=asked.version, now=asked.now)


async def _refuse(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.refuse(
        asked.article_id, reason=asked.reason, by=asked.by, version=asked.version, now=asked.now
    )


async def _take_down(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.take_down(
        asked.article_id, reason=asked.reason, by=asked.by, version=asked.version, now=asked.now
    )


async def _repeal(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.repeal(
        asked.article_id,
        reason=asked.reason,
        day=asked.day,
        by=asked.by,
        version=asked.version,
        now=asked.now,
    )


async def _expire(desk: EditingDesk, asked: _Asked) -> Entry:
    return await desk.expire(
        asked.article_id,
        reason=asked.reason,
        day=asked.day,
        by=asked.by,
        version=asked.version,
        now=asked.now,
    )


_STEPS: dict[str, Step] = {
    "submit": _submit,
    "approve": _approve,
    "refuse": _refuse,
    "withdraw": _withdraw,
    "discard": _discard,
    "confirm": _confirm,
    "repeal": _repeal,
    "expire": _expire,
    "take_down": _take_down,
}
_SAID = {
    "submit": "已提交，等业务审核。",
    "refuse": "已退回，作者会看到您写的意见。",
    "withdraw": "已撤回，可以接着改。",
    "discard": "草稿已放弃。",
    "confirm": "已记下：核对过，仍然有效。",
    "repeal": "已废止，市民不会再得到这一条；以它为依据的也停用了。",
    "expire": "已设为失效。",
    "take_down": "已撤下，市民看不到了，内容退回成草稿。",
}


def _said(action: str, entry: Entry) -> str:
    if action != "approve":
        return _SAID[action]
    if entry.stage is ArticleStatus.SECRECY_REVIEW:
        return "业务审核已通过，等保密审查。"
    if entry.stage is ArticleStatus.APPROVED:
        return "保密审查已通过，到时间自动公开。"
    return "保密审查已通过，已经公开。"
