"""The rows the library's figures are made of, read from the stores, and the figures themselves."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.gaps.figures import (
    EntryAges,
    KnowledgeCount,
    KnowledgeFigure,
    Rows,
    Span,
    by_unit,
    totals,
)
from knowledge_base.gaps.gap_store import MongoGapStore
from knowledge_base.gaps.task_store import MongoTaskStore
from routing.timing.working_calendar import CHINA


@dataclass(frozen=True, slots=True)
class KnowledgeFigures:
    """``units`` restricts to the questions, tasks and entries of these; None counts all."""

    asked: MongoGapStore
    tasks: MongoTaskStore
    articles: MongoArticleStore
    stale_days: int

    async def totals(
        self, since: datetime, until: datetime, *, now: datetime, units: frozenset[str] | None = None
    ) -> dict[KnowledgeFigure, KnowledgeCount]:
        """Every figure of a period."""
        rows = await self.rows(since, until, now=now, units=units)
        return await asyncio.to_thread(totals, rows, Span(since, until, now))

    async def by_unit(
        self, since: datetime, until: datetime, *, now: datetime, units: frozenset[str] | None = None
    ) -> dict[str | None, dict[KnowledgeFigure, KnowledgeCount]]:
        """Every figure by owning unit; a figure a unit has nothing to count for is missing."""
        rows = await self.rows(since, until, now=now, units=units)
        return await asyncio.to_thread(by_unit, rows, Span(since, until, now))

    async def rows(
        self, since: datetime, until: datetime, *, now: datetime, units: frozenset[str] | None = None
    ) -> Rows:
        """What the figures are made of, for a drill-down."""
        asked, tasks, entries = await asyncio.gather(
            self.asked.tally(since, until), self.tasks.of_period(since, until), self._ages(now, units)
        )
        return Rows(
            asked=tuple(one for one in asked if units is None or one.unit_id in units),
            tasks=tuple(one for one in tasks if units is None or one.unit_id in units),
            entries=entries,
        )

    async def _ages(self, now: datetime, units: frozenset[str] | None) -> tuple[EntryAges, ...]:
        before, on = now - timedelta(days=self.stale_days), now.astimezone(CHINA).date()
        counted = await self.articles.lists.ages(on=on, before=before, units=units)
        return tuple(EntryAges(unit, many, stale) for unit, (many, stale) in counted.items())
