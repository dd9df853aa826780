"""The same file imported again: what it changes, and what people have corrected since stays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, replace
from hashlib import sha256
from typing import Any

from knowledge_base.article import Article, ArticleKind

_NOT_IMPORTED = {"id", "status", "shown_until"}
_FIELDS = tuple(field.name for field in fields(Article) if field.name not in _NOT_IMPORTED)


def identity(article: Article) -> str:
    """What makes two imports the same entry: the source with a policy's 文号, or with the title of anything else.

    Width, case and spaces do not count; nor do the brackets around the year.
    """
    name = article.document_number if article.kind is ArticleKind.POLICY else None
    return f"{article.source}|{article.kind}|{_plain(name or article.title)}"


def _plain(text: str) -> str:
    folded = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return re.sub(r"[〔\[(【]((?:19|20)\d\d)[〕\])】]", r"〔\1〕", folded)


def id_of(article: Article) -> str:
    """The id of a newly imported entry: the same for the same identity, so a second run makes no second entry."""
    return f"{article.kind}.{sha256(identity(article).encode()).hexdigest()[:16]}"


def fingerprints(article: Article) -> dict[str, str]:
    """Field by field, enough to tell whether a later import brings something else."""
    return {name: _fingerprint(getattr(article, name)) for name in _FIELDS}


def _fingerprint(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:12]


def merged(present: Article, planned: Article, imported: Mapping[str, str]) -> Article:
    """The present text with what the file changed since the last import; corrections by hand of other fields stay.

    A field the last import did not know (an older version ran it) counts as unchanged.
    """
    brought = fingerprints(planned)
    before = imported or dict.fromkeys(_FIELDS, "")
    changed: dict[str, Any] = {
        name: getattr(planned, name) for name in _FIELDS if before.get(name, brought[name]) != brought[name]
    }
    return replace(present, **changed)
