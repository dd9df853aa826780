"""Matters that always go to a person, whatever the library says of them."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache

from knowledge_base.retrieval.features import DATA, normalize

SENSITIVE_FILE = DATA / "sensitive.toml"


@lru_cache(maxsize=1)
def _topics() -> tuple[tuple[str, re.Pattern[str], re.Pattern[str] | None], ...]:
    with SENSITIVE_FILE.open("rb") as file:
        topics = tomllib.load(file)["topic"]
    return tuple(
        (
            topic["name"],
            re.compile("|".join(topic["patterns"])),
            re.compile("|".join(topic["unless"])) if topic.get("unless") else None,
        )
        for topic in topics
    )


def sensitive_topic(question: str) -> str | None:
    """The name of the first sensitive topic a question touches, in Chinese; None for the everyday."""
    said = normalize(question)
    for name, pattern, unless in _topics():
        if pattern.search(said) and not (unless and unless.search(said)):
            return name
    return None
