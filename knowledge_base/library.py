"""Articles from TOML files: the demo county's library, or a county's own folder."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Disclosure,
    Guide,
    IssuerLevel,
    regions_of,
)

DEMO_FOLDER = Path(__file__).parent / "data" / "demo"
DEMO_REGIONS = regions_of("江原省/云川市/清和县")
"""Where an asker of the demo county is."""

_REGION = "清和县"
_KEYS = frozenset(field.name for field in fields(Article)) - {"kind", "owner_unit_id", "shown_until"}


class BadArticle(ValueError):
    """An entry of an article file cannot be read; says which and why."""

    def __init__(self, path: Path, article_id: str, reason: str) -> None:
        super().__init__(f"{path.name}: {article_id}: {reason}")


def load_demo_articles() -> tuple[Article, ...]:
    """The invented county's policies, answers and guides; some expired, repealed or unpublished on purpose."""
    return load_articles(DEMO_FOLDER)


def load_articles(folder: Path) -> tuple[Article, ...]:
    """All ``*.toml`` files of a folder but ``issuers.toml``, which names issuers and the units that answer for them,
    with the level and region of each where they are not the county's.

    An entry's kind is the first part of its id. Raises ``BadArticle``; nothing half-read is returned.
    """
    issuers = tomllib.loads((folder / "issuers.toml").read_text(encoding="utf-8"))
    found: dict[str, Article] = {}
    for path in sorted(folder.glob("*.toml")):
        if path.name == "issuers.toml":
            continue
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["article"]:
            name = str(entry.get("id", "?"))
            if name in found:
                raise BadArticle(path, name, "the id is used twice")
            try:
                found[name] = _article(entry, issuers)
            except (KeyError, TypeError, ValueError) as error:
                raise BadArticle(path, name, f"{type(error).__name__} {error}") from error
    return tuple(found.values())


def _article(entry: dict[str, Any], issuers: dict[str, dict[str, str]]) -> Article:
    unknown = set(entry) - _KEYS
    if unknown:
        raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
    issuer = issuers[entry["issuer"]]
    published: date = entry["published_on"]
    guide = _guide(entry["guide"]) if "guide" in entry else None
    catalogue = _catalogue(entry["catalogue"]) if "catalogue" in entry else None
    return Article(
        id=entry["id"],
        kind=ArticleKind(entry["id"].partition(".")[0]),
        title=entry["title"],
        body=entry.get("body", guide.one_time_notice if guide else "").strip(),
        issuer=issuer["name"],
        document_number=entry.get("document_number") or None,
        published_on=published,
        effective_on=entry.get("effective_on", published),
        expires_on=entry.get("expires_on"),
        status=ArticleStatus(entry.get("status", "published")),
        owner_unit_id=issuer["unit"],
        region=entry.get("region", issuer.get("region", _REGION)),
        questions=tuple(entry["questions"]),
        guide=guide,
        basis=tuple(entry.get("basis", ())),
        topic=entry["topic"],
        shown_from=entry.get("shown_from"),
        repealed_on=entry.get("repealed_on"),
        level=IssuerLevel(entry.get("level", issuer.get("level", IssuerLevel.COUNTY))),
        repeals=tuple(entry.get("repeals", ())),
        amends=tuple(entry.get("amends", ())),
        source=entry.get("source", ""),
        catalogue=catalogue,
    )


def _guide(table: dict[str, Any]) -> Guide:
    return Guide(**{**table, "materials": tuple(table["materials"])})


def _catalogue(fields: dict[str, Any]) -> CatalogueEntry:
    return CatalogueEntry(
        **{**fields, "disclosure": Disclosure(fields.get("disclosure", Disclosure.PROACTIVE))}
    )
