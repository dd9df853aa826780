"""The whole service for a test, without what every test would only load again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher

from bot.people import User
from bot.services import Services, utc_now
from bot.settings import Settings
from bot.wiring import build_services
from classifier.model import TextModel, starter_model_path
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


def run_services(
    settings: Settings, *, clock: Callable[[], datetime] = utc_now, first_articles: Iterable[Article] = ()
) -> AbstractAsyncContextManager[Services]:
    """``build_services``, with the one model and the one set of tables of this process."""
    return build_services(
        settings, clock=clock, first_articles=first_articles, model=starter_model(), reference=county()
    )


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
