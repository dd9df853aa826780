"""The whole service for a test, without what every test would only load again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher

from bot.people import User
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.wiring import build_services
from bot.wiring import knowledge as wired_knowledge
from classifier.model import TextModel, starter_model_path
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.library import load_demo_articles
from routing.reference_tables import ReferenceTables, demo_reference


@cache
def starter_model() -> TextModel:
    """The model that ships; immutable."""
    return TextModel.load(starter_model_path())


@cache
def county() -> ReferenceTables:
    """Places, units and duties of the demo county; immutable."""
    return demo_reference()


@cache
def demo_articles() -> tuple[Article, ...]:
    """The demo county's library; immutable."""
    return load_demo_articles()


@asynccontextmanager
async def run_services(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    first_articles: Iterable[Article] = (),
    answerer: Callable[..., Answerer] | None = None,
) -> AsyncIterator[Services]:
    """``build_services``, with the one model and the one set of tables of this process, and with the index an earlier
    test built from the same articles, where nothing has changed in it since. ``answerer`` is asked for one instead."""
    lent: list[_Built] = []
    async with AsyncExitStack() as stack:
        with patch.object(wired_knowledge, "Answerer", answerer or partial(_answerer, lent)):
            services = await stack.enter_async_context(
                build_services(
                    settings,
                    clock=clock,
                    first_articles=first_articles,
                    model=starter_model(),
                    reference=county(),
                )
            )
        yield services
    _idle.extend(built for built in lent if built.is_whole())
    del _idle[:-_MOST_IDLE]


@dataclass(frozen=True, slots=True)
class _Built:
    """An index, and all it was built from."""

    answerer: Answerer
    articles: tuple[Article, ...]
    known: tuple[Article | None, ...]
    rest: dict[str, Any]

    def is_whole(self) -> bool:
        known = tuple(self.answerer.get(article.id) for article in self.articles)
        return known == self.known and len(self.answerer) == sum(one is not None for one in known)


_idle: list[_Built] = []
_MOST_IDLE = 2


def _answerer(lent: list[_Built], found: Iterable[Article], **rest: Any) -> Answerer:
    """An idle one built from the same, else a new one; several services may run at a time, each with its own."""
    articles = tuple(found)
    for at, built in enumerate(_idle):
        if built.rest == rest and built.articles == articles:
            lent.append(_idle.pop(at))
            return built.answerer
    answerer = Answerer(articles, **rest)
    if articles:
        known = tuple(answerer.get(article.id) for article in articles)
        lent.append(_Built(answerer, articles, known, rest))
    return answerer


async def add_user(services: Services, user: User, *, password: str) -> None:
    """What ``People.add_user`` stores, but of a password that is quickly verified: the hash says how it was made."""
    await services.database["users"].insert_one(
        {
            "_id": user.username,
            "name": user.name,
            "role": str(user.role),
            "unit_id": user.unit_id,
            "password": _hashed(password),
        }
    )


@cache
def _hashed(password: str) -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
