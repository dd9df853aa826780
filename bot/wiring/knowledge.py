"""The knowledge base at work: what answers, what hears the questions, and the desks that mend what was missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.knowledge.asked_notes import AskedNotes
from bot.knowledge.figures import KnowledgeFigures
from bot.knowledge.gap_desk import GapDesk
from bot.knowledge.hearing import QuestionsHeard
from bot.knowledge.jotting import JottedQuestions
from bot.knowledge.live import LiveAnswers
from bot.knowledge.regions import home_regions, own_paths, region_paths, regions_at
from bot.stores import Stores
from bot.wiring.opened import Opened, Tables
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.editing.desk import EditingDesk
from routing.mongo_store import AWARE

RegionsOf = Callable[[str | None], frozenset[str] | None]
"""Account → the places whose rules hold for its followers; None is the installation's own place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything about answers that is not a store."""

    regions_of: RegionsOf
    answers: LiveAnswers
    hearing: QuestionsHeard
    notes: AskedNotes
    jotted: JottedQuestions
    editing: EditingDesk
    gaps: GapDesk
    figures: KnowledgeFigures


async def build_knowledge(
    opened: Opened, stores: Stores, tables: Tables, first_articles: Iterable[Article]
) -> Knowledge:
    """``first_articles`` are put into a library that has none."""
    settings = opened.settings
    first = tuple(first_articles)
    if first and not await stores.articles.all_published():
        await stores.articles.add_first(first, now=opened.clock())
    regions_of = _regions(opened, tables)
    answers = LiveAnswers(
        stores.articles,
        make=lambda found: Answerer(found, precision=settings.answer_precision, regions=regions_of(None)),
        clock=opened.clock,
    )
    hearing = QuestionsHeard(
        stores.questions,
        stores.articles,
        opened.vault,
        lambda name: answers.current.get(name),
        stores.tasks,
    )
    notes = AskedNotes(opened.pipe, stores.questions)
    return Knowledge(
        regions_of=regions_of,
        answers=answers,
        hearing=hearing,
        notes=notes,
        jotted=JottedQuestions(hearing, notes),
        editing=EditingDesk(
            stores.articles,
            regions=lambda: region_paths(tables().gazetteer, *own_paths(settings.region, opened.accounts)),
        ),
        gaps=GapDesk(
            stores.questions,
            stores.tasks,
            stores.proposals,
            stores.articles,
            opened.database.get_collection("tickets", codec_options=AWARE),
        ),
        figures=KnowledgeFigures(stores.questions, stores.tasks, stores.articles, settings.stale_days),
    )


def _regions(opened: Opened, tables: Tables) -> RegionsOf:
    def regions_of(account: str | None) -> frozenset[str] | None:
        known = opened.accounts.get(account or "")
        if known and known.region:
            return regions_at(known.region, tables().gazetteer)
        return home_regions(opened.settings.region, tables().gazetteer)

    return regions_of
