"""How well the knowledge base answers: every figure with its terms, by unit, for the period asked for."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from bot.web.knowledge_pages import services_of, show_knowledge
from bot.web.pages import Viewer, present, unit_name
from bot.web.periods import PRESETS, chosen_period
from bot.wording import label
from knowledge_base.gaps.figures import Excluded, KnowledgeCount, KnowledgeFigure
from routing.departments import UnitId

MEANINGS: dict[KnowledgeFigure, str] = {
    KnowledgeFigure.ANSWERED: "当场答上来的 / 市民问的全部问题。按规定转人工的、问外地的不计。",
    KnowledgeFigure.SELF_SERVED: "答上来、而且没有被说“没用”的 / 市民问的全部问题。",
    KnowledgeFigure.HELPFUL: "说“有用”的 / 说了“有用”或“没用”的。没说话的不计。",
    KnowledgeFigure.STALE: "一年没有核对过的 / 现行有效的条目。看的是现在，与期间无关。",
    KnowledgeFigure.DAYS_TO_UPDATE: "从常问未答变成任务，到答案公开，平均几天。关闭的不计。",
    KnowledgeFigure.OVERDUE_TASKS: "已超期的 / 现在没办完的任务。看的是现在，与期间无关。",
    KnowledgeFigure.TASKS_ON_TIME: "按期完成的 / 期限落在这段时间的任务。没完成又超期的算没按期。",
}
_LOWER_IS_BETTER = frozenset({KnowledgeFigure.STALE, KnowledgeFigure.OVERDUE_TASKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure as shown: never without its terms."""

    name: KnowledgeFigure
    words: str
    value: str
    terms: str
    excluded: str
    tone: str


async def figures_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now = services_of(request), present(request)
    chosen = chosen_period(request.query, now=now)
    since, until = chosen.period.since, chosen.period.until
    totals = await services.knowledge_figures.totals(since, until, now=now)
    by_unit = await services.knowledge_figures.by_unit(since, until, now=now)
    names = {
        key: unit_name(UnitId(key), services.units, short=True) if key else "没有归属" for key in by_unit
    }
    context = {
        "chosen": chosen,
        "presets": {key: words for key, words in PRESETS.items() if key != "custom"},
        "cells": [cell_of(totals[name]) for name in KnowledgeFigure],
        "rows": [
            (names[key], [cell_of(counts[name]) if name in counts else None for name in KnowledgeFigure])
            for key, counts in sorted(by_unit.items(), key=lambda each: names[each[0]])
        ],
        "names": tuple(KnowledgeFigure),
        "meanings": MEANINGS,
    }
    return show_knowledge(request, viewer, "knowledge_figures.html", context, tab="/figures")


def cell_of(counted: KnowledgeCount) -> Cell:
    """Blank, not 0 %, where nothing was to be counted."""
    days = counted.name is KnowledgeFigure.DAYS_TO_UPDATE
    value = counted.value
    if value is None:
        shown = "—"
    elif days:
        shown = f"{value:.1f} 天"
    else:
        shown = f"{value:.1%}"
    excluded = "、".join(f"{label(Excluded(key))} {count}" for key, count in counted.excluded.items())
    terms = f"{counted.denominator} 件" if days else f"{counted.numerator:.0f} / {counted.denominator}"
    late = counted.name in _LOWER_IS_BETTER and value is not None and value > 0
    return Cell(
        name=counted.name,
        words=label(counted.name),
        value=shown,
        terms=terms,
        excluded=excluded,
        tone="soon" if late else "",
    )
