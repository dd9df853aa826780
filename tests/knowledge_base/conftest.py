"""The demo library and its answerer, built once: both are immutable."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge_base.answering.answer import Answerer
from knowledge_base.article import Article
from knowledge_base.library import DEMO_REGIONS, load_demo_articles


@pytest.fixture(scope="session")
def articles() -> tuple[Article, ...]:
    return load_demo_articles()


@pytest.fixture(scope="session")
def answerer(articles: tuple[Article, ...]) -> Answerer:
    return Answerer(articles, regions=DEMO_REGIONS)


@pytest.fixture(scope="session")
def today() -> date:
    return date(2026, 11, 23)
