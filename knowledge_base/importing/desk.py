"""The two steps of an import on a store: a plan to look at, then drafts for review."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge_base.article import Article, ArticleStatus
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Person
from knowledge_base.editing.import_run import ImportOutcome
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.reimport import id_of
from knowledge_base.importing.document import Reading
from knowledge_base.importing.plan import Ending, ImportPlan
from knowledge_base.importing.planning import Defaults, names_to_look_up, plan_import


@dataclass(frozen=True, slots=True)
class Imported:
    """What was planned, and what became (or, dry, would become) of it."""

    plan: ImportPlan
    outcome: ImportOutcome


async def prepare_import(
    readings: Sequence[Reading], *, store: MongoArticleStore, defaults: Defaults
) -> ImportPlan:
    """The plan against what the store has: only the entries the files could mean are read from it.

    Tens of thousands of rows take seconds to compare; that is done in a thread, beside whoever is being answered.
    """
    identities, names = await asyncio.to_thread(names_to_look_up, readings, defaults=defaults)
    found = {entry.id: entry for entry in (await store.by_identity(identities)).values()}
    found |= await store.entries(await store.lists.named(names) - found.keys())
    known: list[Article] = [entry.working for entry in found.values() if entry.working]
    plan = await asyncio.to_thread(plan_import, readings, known=known, defaults=defaults)
    return plan.ending(await _endings(plan, store)) if plan.ended else plan


async def _endings(plan: ImportPlan, store: MongoArticleStore) -> dict[str, Ending]:
    """What the plan's documents end of what is there, or comes with them, and has not ended yet."""
    resting = await store.lists.many_resting_on(plan.ended)
    titles = {article.id or id_of(article): article.title for article in plan.articles}
    for name, entry in (await store.entries(plan.ended)).items():
        if entry.live and entry.live.status is ArticleStatus.REPEALED:
            titles.pop(name, None)
        elif entry.working:
            titles[name] = entry.working.title
    return {name: Ending(name, titles[name], resting.get(name, 0)) for name in plan.ended if name in titles}


async def run_import(
    plan: ImportPlan,
    *,
    desk: EditingDesk,
    by: Person,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Drafts from the plan, never anything live; ``dry_run`` only says what would become of each."""
    notes = await asyncio.to_thread(lambda: plan.notes)
    outcome = await desk.import_articles(
        plan.articles, by=by, now=now, dry_run=dry_run, notes=notes, progress=progress
    )
    return Imported(await asyncio.to_thread(plan.settled, outcome), outcome)
