"""The two steps of an import on a store: a plan to look at, then drafts for review."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from knowledge_base.article import Article
from knowledge_base.editing import EditingDesk
from knowledge_base.entries import Person
from knowledge_base.import_run import ImportOutcome
from knowledge_base.importing.document import Reading
from knowledge_base.importing.planning import Defaults, ImportPlan, names_to_look_up, plan_import
from knowledge_base.mongo_store import MongoArticleStore

_MOST_LOOKED_UP = 2000


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
    wanted: set[str] = set()
    for name in sorted(names)[:_MOST_LOOKED_UP]:
        wanted.update(row.id for row in await store.lists.find_basis(name, limit=5))
    found |= await store.entries(wanted - found.keys())
    known: list[Article] = [entry.working for entry in found.values() if entry.working]
    return await asyncio.to_thread(plan_import, readings, known=known, defaults=defaults)


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
