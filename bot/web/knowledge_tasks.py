"""What the knowledge base asks of people: questions nobody could answer, entries that end, replies worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.knowledge.answered import Asked, ask_again, end_answered
from bot.services import Services
from bot.web.access import Form, set_flash
from bot.web.clock_words import exact
from bot.web.knowledge_pages import (
    PAGE,
    lists_of,
    names_of,
    services_of,
    show_knowledge,
    today,
    unit_choices,
)
from bot.web.knowledge_refusals import explain_knowledge, status_of_knowledge
from bot.web.pages import Viewer, present, unit_name
from bot.wording import label, say_time
from knowledge_base.article import ArticleKind, KnowledgeRefused
from knowledge_base.gaps.proposals import Proposal, ProposalState, UnknownProposal
from knowledge_base.gaps.tasks import KnowledgeTask, TaskAct, TaskEvent, TaskKind, TaskState, UnknownTask
from routing.departments import UnitId
from routing.errors import UnknownUnit
from routing.timing.working_calendar import CHINA
from routing.workflow import Role

_PER_PAGE = 30
_SOON = timedelta(days=1)
_MOST_REASON = 500
_PROPOSALS_SHOWN = 30

MEANINGS: dict[TaskKind, str] = {
    TaskKind.GAP: "多位市民问过，知识库答不上来",
    TaskKind.LAPSED_BASIS: "它依据的文件失效了，已停用",
    TaskKind.EXPIRING: "有效期快到了，要续、要改还是让它失效",
    TaskKind.STALE: "很久没有人核对过",
}
STATE_TONES: dict[TaskState, str] = {
    TaskState.OPEN: "soon",
    TaskState.LINKED: "calm",
    TaskState.DONE: "met",
    TaskState.CLOSED: "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One task in the list."""

    href: str
    title: str
    kind: str
    unit: str
    askers: int
    state: str
    state_tone: str
    due: str
    tone: str
    sign: str


async def tasks_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The most urgent first; proposals from closed consultations on a tab of their own."""
    services, now = services_of(request), present(request)
    gaps = services.gaps
    tab = request.query.get("tab", "")
    kind = TaskKind(tab) if tab in {one.value for one in TaskKind} else None
    proposals = await gaps.proposals(viewer.actor, limit=_PROPOSALS_SHOWN) if tab == "proposals" else []
    try:
        tasks = await gaps.open_tasks(
            viewer.actor,
            now=now,
            kind=kind,
            state=TaskState.CLOSED if tab == "closed" else TaskState.DONE if tab == "done" else None,
            overdue=tab == "overdue",
            limit=_PER_PAGE + 1,
            after=request.query.get("after", "")[:200] or None,
        )
    except UnknownTask:
        raise web.HTTPSeeOther(_href(tab=tab)) from None
    shown = tasks[:_PER_PAGE]
    context = {
        "tab": tab,
        "task_tabs": [(_href(tab=key), words, key == tab) for key, words in _TABS.items()],
        "rows": [] if tab == "proposals" else [_row(task, services, now) for task in shown],
        "proposals": [_proposal(one, services) for one in proposals],
        "next_href": _href(tab=tab, after=shown[-1].id) if len(tasks) > _PER_PAGE else None,
        "first_href": _href(tab=tab) if request.query.get("after") else None,
        "may_write": viewer.actor.role is Role.EDITOR,
        "may_act": viewer.actor.role is not Role.AUDITOR,
        "empty": _EMPTY.get(
            tab, "没有待办的任务。市民常问、知识库又答不上来的，会自动汇总到这里，派给负责的单位。"
        ),
    }
    return show_knowledge(request, viewer, "knowledge_tasks.html", context, tab="/tasks")


_TABS = {
    "": "待办",
    "overdue": "超期",
    **{kind.value: label(kind) for kind in TaskKind},
    "proposals": "来自工单的建议",
    "done": "已答复",
    "closed": "已关闭",
}
_EMPTY = {
    "overdue": "没有超期的任务。",
    "proposals": "没有等着看的建议。咨询工单办结以后，单位的答复会隐去个人信息，推荐到这里。",
    "done": "还没有完成的任务。关联的条目公开以后，任务自动完成。",
    "closed": "没有关闭的任务。不该由知识库回答的，写明理由就可以关闭。",
}


async def task_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request, viewer)


async def proposal_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """One proposal, as a notice leads to it."""
    services = services_of(request)
    try:
        one = await services.gaps.proposal(request.match_info["name"], reader=viewer.actor)
    except UnknownProposal:
        raise web.HTTPNotFound from None
    context = {
        "tab": "proposals",
        "task_tabs": [(_href(tab=key), words, False) for key, words in _TABS.items()],
        "rows": [],
        "proposals": [_proposal(one, services)],
        "next_href": None,
        "first_href": None,
        "may_write": viewer.actor.role is Role.EDITOR and one.state is ProposalState.OPEN,
        "may_act": viewer.actor.role is not Role.AUDITOR and one.state is ProposalState.OPEN,
        "empty": "",
    }
    return show_knowledge(request, viewer, "knowledge_tasks.html", context, tab="/tasks")


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Assign to another unit, link the entry that answers, or close with a reason."""
    action, task_id = request.match_info["action"], request.match_info["name"]
    if action not in _DONE:
        raise web.HTTPNotFound
    try:
        said = await _do(action, task_id, request, viewer, form)
    except KnowledgeRefused as refused:
        if isinstance(refused, UnknownTask):
            raise web.HTTPNotFound from None
        problem = explain_knowledge(refused)
        return await _show(request, viewer, problem=problem, kept=form, status=status_of_knowledge(refused))
    except UnknownUnit:
        return await _show(request, viewer, problem="没有这个单位，请重新选择。", kept=form, status=422)
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(f"{PAGE}/tasks/{quote(task_id)}")


async def act_on_proposal(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Dismiss it; taking it is done by saving the entry begun from it."""
    if request.match_info["action"] != "dismiss":
        raise web.HTTPNotFound
    try:
        await services_of(request).gaps.dismiss_proposal(
            request.match_info["name"],
            form.get("reason", "")[:_MOST_REASON],
            by=viewer.actor,
            now=present(request),
        )
    except KnowledgeRefused as refused:
        await set_flash(request, viewer, explain_knowledge(refused))
    else:
        await set_flash(request, viewer, "已标为不采用。")
    raise web.HTTPSeeOther(_href(tab="proposals"))


async def _do(action: str, task_id: str, request: web.Request, viewer: Viewer, form: Form) -> str:
    """Do it; what to say of it."""
    services, now, by = services_of(request), present(request), viewer.actor
    gaps, version = services.gaps, _version(form)
    if action == "assign":
        unit = services.units.get(UnitId(form.get("unit_id", "")))
        await gaps.assign(task_id, unit.id, by=by, version=version, now=now)
    elif action == "link":
        task = await gaps.link(task_id, form.get("article_id", "")[:200], by=by, version=version, now=now)
        return await _said_of_link(services, task, now)
    else:
        reason = form.get("reason", "")[:_MOST_REASON]
        await gaps.close(task_id, reason, by=by, version=version, now=now)
    return _DONE[action]


async def _said_of_link(services: Services, task: KnowledgeTask, now: datetime) -> str:
    """An entry that answers already, as citizens put it, ends the task; another must be revised first."""
    asked = await _asked_again(services, task, now)
    if asked is None:
        return _DONE["link"]
    if asked.enough:
        await end_answered(services, task, note=task.linked_article_id or "", now=now)
        return "已关联。市民的这些问法它已经答得上，任务完成。"
    return f"已关联，任务还没有完成：{_answers_so_far(asked)}"


async def _asked_again(services: Services, task: KnowledgeTask, now: datetime) -> Asked | None:
    """How the linked entry answers the task's wordings; None where it is not public, or nothing was asked."""
    if task.state is not TaskState.LINKED or task.kind is not TaskKind.GAP or not task.linked_article_id:
        return None
    live = services.answerer.get(task.linked_article_id)
    if live is None or not live.in_force(now.astimezone(CHINA).date()):
        return None
    return await ask_again(services, task, task.linked_article_id, now=now)


def _answers_so_far(asked: Asked) -> str:
    many = len(asked.answered) + len(asked.missed)
    return (
        f"它已经公开，但市民的{many}种问法只答得上{len(asked.answered)}种。"
        "请修改它，把答不上的问法写进“市民会怎么问”；新版公开以后，任务自动完成。"
    )


_DONE = {
    "assign": "已改派。",
    "link": "已关联。这个条目的新版公开以后，任务自动完成。",
    "close": "已关闭，理由记在任务里。",
}


async def _show(
    request: web.Request,
    viewer: Viewer,
    *,
    problem: str = "",
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    services, now = services_of(request), present(request)
    gaps = services.gaps
    try:
        task = await gaps.task(request.match_info["name"], reader=viewer.actor)
    except UnknownTask:
        raise web.HTTPNotFound from None
    find = " ".join((request.query.get("find") or "").split())[:100]
    people = await names_of(services, {event.by for event in task.events if event.by != "system"})
    asked = await _asked_again(services, task, now)
    linked = [one for one in (task.article_id, task.linked_article_id) if one]
    context = {
        "task": task,
        "row": _row(task, services, now),
        "meaning": MEANINGS[task.kind],
        "wordings": await gaps.wordings(task),
        "answers_so_far": _answers_so_far(asked) if asked else "",
        "missed": asked.missed if asked else (),
        "explanation": task.explanation,
        "due_at": exact(task.due_at),
        "titles": await lists_of(services).titles(linked),
        "events": [_event(event, people, services) for event in reversed(task.events)],
        "near": _near(services, task, request),
        "find": find,
        "found": await lists_of(services).find_basis(find, limit=8) if find else (),
        "kinds": tuple(kind for kind in ArticleKind if kind is not ArticleKind.CATALOGUE),
        "units": unit_choices(services),
        "may_write": viewer.actor.role is Role.EDITOR,
        "may_assign": viewer.actor.role in (Role.EDITOR, Role.SUPERVISOR),
        "may_act": task.is_open and viewer.actor.role is not Role.AUDITOR,
        "problem": problem,
        "kept": kept or {},
    }
    return show_knowledge(request, viewer, "knowledge_task.html", context, tab="/tasks", status=status)


def _event(event: TaskEvent, people: Mapping[str, str], services: Services) -> dict[str, object]:
    note = event.note
    if event.act is TaskAct.ASSIGNED:
        note = unit_name(UnitId(note), services.units)
    elif event.act is TaskAct.LINKED:
        note = ""
    who = people.get(event.by, "系统" if event.by == "system" else event.by)
    return {"words": label(event.act), "who": who, "at": event.at, "note": note}


def _near(services: Services, task: KnowledgeTask, request: web.Request) -> list[tuple[str, str]]:
    """Entries that may already answer it, wherever they hold."""
    found = services.answerer.search(task.title, on=today(request), limit=3)
    return [(one.id, one.title) for one in found]


def _row(task: KnowledgeTask, services: Services, now: datetime) -> Row:
    late = task.is_open and task.overdue(now)
    soon = task.is_open and not late and task.due_at - now < _SOON
    due = f"{say_time(task.due_at, now=now)}前" if task.is_open else ""
    if late:
        due = f"已超期 {_days(now, task.due_at)}天"
    return Row(
        href=f"{PAGE}/tasks/{quote(task.id)}",
        title=task.title,
        kind=label(task.kind),
        unit=unit_name(UnitId(task.unit_id), services.units, short=True),
        askers=task.askers,
        state=label(task.state),
        state_tone=STATE_TONES[task.state],
        due=due,
        tone="late" if late else "soon" if soon else "calm" if task.is_open else "off",
        sign="■" if late else "▲" if soon else "●",
    )


def _days(now: datetime, due: datetime) -> int:
    """Days begun since the limit, in China."""
    return max((now.astimezone(CHINA).date() - due.astimezone(CHINA).date()).days, 1)


def _proposal(one: Proposal, services: Services) -> dict[str, object]:
    near = f"{PAGE}/{quote(one.near_article_id)}" if one.near_article_id else ""
    return {
        "id": one.id,
        "decided": "" if one.state is ProposalState.OPEN else label(one.state),
        "title": one.title,
        "question": one.question,
        "reply": one.reply,
        "unit": unit_name(UnitId(one.unit_id), services.units, short=True),
        "closed_at": one.closed_at,
        "near_href": near,
        "new_href": f"{PAGE}/new?{urlencode({'kind': ArticleKind.QUESTION.value, 'proposal': one.id})}",
    }


def _href(**fields: str) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"{PAGE}/tasks?{urlencode(given)}" if given else f"{PAGE}/tasks"


def _version(form: Form) -> int:
    version = form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise web.HTTPBadRequest
    return int(version)
