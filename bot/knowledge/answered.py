"""Whether an entry that is live answers what a task was opened for, asked in the citizens' own wordings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.services import Services
from knowledge_base.answering.outcome import Answer
from knowledge_base.article import Article
from knowledge_base.editing.entries import Entry
from knowledge_base.gaps.gathering import GapState
from knowledge_base.gaps.tasks import KnowledgeTask
from routing.timing.working_calendar import CHINA
from routing.workflow import SYSTEM

MOST_WORDINGS = 8
"""Of a task's commonest wordings: each is a question put to the library."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The wordings that the entry answers, and those it does not."""

    answered: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """At least half: of what several people say in their own way, some is always about something else."""
        return len(self.answered) >= max(len(self.missed), 1)


async def ask_again(services: Services, task: KnowledgeTask, article_id: str, *, now: datetime) -> Asked:
    """Put the task's wordings to the library as it is now, from the installation's own place."""
    on, answerer = now.astimezone(CHINA).date(), services.answerer
    answered: list[str] = []
    missed: list[str] = []
    for words in await services.gaps.wordings(task, limit=MOST_WORDINGS) or (task.title,):
        found = answerer.answer(words, on=on, regions=services.regions_of(None))
        does = isinstance(found, Answer) and found.article_id == article_id
        (answered if does else missed).append(words)
    return Asked(tuple(answered), tuple(missed))


async def has_newer_text(services: Services, task: KnowledgeTask, linked: Entry) -> bool:
    """Whether what the linked entry says was changed since: a day on which it ends is no answer to anybody."""
    if linked.live is None or linked.live_version <= task.linked_version:
        return False
    if not task.linked_version:
        return True
    history = await services.articles.history(linked.id)
    before = next((one.live for one in history if one.live_version == task.linked_version), None)
    return before is None or _says(before) != _says(linked.live)


async def end_answered(services: Services, task: KnowledgeTask, *, note: str, now: datetime) -> KnowledgeTask:
    """The task done, and its gap before it: one whose task is done must take in no more, or citizens would ask in vain.

    Raises ``StaleTask``.
    """
    if task.gap_id:
        await services.questions.set_state(task.gap_id, GapState.ANSWERED)
    done = task.done(by=SYSTEM.id, now=now, note=note)
    await services.tasks.save(done)
    return done


def _says(article: Article) -> tuple[object, ...]:
    return (article.title, article.body, article.questions, article.guide, article.catalogue, article.region)
