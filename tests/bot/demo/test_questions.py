"""The demo's library has something to do from the first minute, and the same after a restart."""

from __future__ import annotations

from bot.demo.questions import ask_lately
from bot.knowledge.gathering import Gathering
from bot.services import Services
from knowledge_base.gaps.figures import KnowledgeFigure
from tests.bot.knowledge.conftest import EDITOR, Clock, clock, services

__all__ = ["clock", "services"]


async def test_what_was_asked_lately_leaves_tasks_and_figures_once(services: Services, clock: Clock) -> None:
    many = await ask_lately(services, now=clock())
    assert await ask_lately(services, now=clock()) == many
    assert await services.database["asked_questions"].count_documents({}) == many
    gathering = Gathering(services)
    while await gathering.gather(clock()):
        pass
    tasks = await services.gaps.open_tasks(EDITOR, now=clock())
    assert sorted(task.askers for task in tasks) == [3, 4]
    counted = await services.knowledge_figures.totals(
        clock().replace(month=10), clock().replace(year=2027), now=clock()
    )
    hit, helpful = counted[KnowledgeFigure.ANSWERED].value, counted[KnowledgeFigure.HELPFUL].value
    assert hit is not None
    assert helpful is not None
    assert 0.5 < hit < 1
    assert 0.5 < helpful < 1
