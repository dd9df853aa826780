"""What a new entry is begun from: a task with citizens' own wordings, or a closed consultation's question and reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from bot.web.knowledge_pages import services_of
from bot.web.pages import Viewer, present
from knowledge_base.article import Article, ArticleKind
from knowledge_base.gaps.proposals import ProposalOver, UnknownProposal
from knowledge_base.gaps.tasks import StaleTask, TaskOver, UnknownTask

_MOST_QUESTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """``kind`` is ``task`` or ``proposal``; it goes back into the form, so that saving settles it."""

    kind: str
    id: str
    version: int
    heading: str
    title: str
    questions: tuple[str, ...]
    reply: str
    unit_id: str
    topic: str

    def fill(self, article: Article) -> Article:
        """The empty entry with what is known already."""
        return replace(
            article,
            title=self.title[:120],
            body=self.reply if article.kind is ArticleKind.QUESTION else article.body,
            questions=self.questions,
            owner_unit_id=self.unit_id or article.owner_unit_id,
            topic=self.topic,
        )


async def origin_of(request: web.Request, viewer: Viewer, given: Mapping[str, str]) -> Origin | None:
    """What the address or the form names; one that is gone or decided meanwhile no longer counts."""
    try:
        if given.get("task"):
            return await _task(request, viewer, given["task"][:200])
        if given.get("proposal"):
            return await _proposal(request, viewer, given["proposal"][:64])
    except (UnknownTask, UnknownProposal):
        return None
    return None


async def settle_origin(request: web.Request, viewer: Viewer, origin: Origin, article_id: str) -> None:
    """The task waits for this entry to go live; the proposal is taken. Somebody faster is no reason to lose the entry."""
    gaps, now = services_of(request).gaps, present(request)
    try:
        if origin.kind == "task":
            await gaps.link(origin.id, article_id, by=viewer.actor, version=origin.version, now=now)
        else:
            await gaps.take_proposal(origin.id, article_id, by=viewer.actor, now=now)
    except (StaleTask, TaskOver, ProposalOver, UnknownTask, UnknownProposal):
        return


async def _task(request: web.Request, viewer: Viewer, task_id: str) -> Origin:
    gaps = services_of(request).gaps
    task = await gaps.task(task_id, reader=viewer.actor)
    wordings = await gaps.wordings(task, limit=_MOST_QUESTIONS)
    return Origin(
        kind="task",
        id=task.id,
        version=task.version,
        heading=f"任务：{task.title}",
        title=task.title,
        questions=wordings,
        reply="",
        unit_id=task.unit_id,
        topic=task.topic,
    )


async def _proposal(request: web.Request, viewer: Viewer, proposal_id: str) -> Origin:
    proposal = await services_of(request).gaps.proposal(proposal_id, reader=viewer.actor)
    return Origin(
        kind="proposal",
        id=proposal.id,
        version=0,
        heading=f"工单 {proposal.id} 的答复",
        title=proposal.title,
        questions=(proposal.question,) if len(proposal.question) <= 60 else (),
        reply=proposal.reply,
        unit_id=proposal.unit_id,
        topic=proposal.topic,
    )
