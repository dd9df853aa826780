"""Entries as MongoDB documents, and back; days are ISO strings, for BSON has no dates without a time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from knowledge_base.article import Article
from knowledge_base.editing.entries import Entry
from knowledge_base.editing.reimport import identity
from knowledge_base.editing.replaying import apply, loaded

Document = dict[str, Any]

_ENTRY = TypeAdapter(Entry)
_ARTICLE = TypeAdapter(Article)
_ENTRY_FIELDS = frozenset(field.name for field in Entry.__dataclass_fields__.values()) - {"id"}
_ARTICLE_FIELDS = frozenset(field.name for field in Article.__dataclass_fields__.values()) - {"id"}
_BRACKETS = str.maketrans("〔[【〕]】", "((()))")
_MOST_NAME = 200
DERIVED = 3
"""Counts the ways the fields below were derived; documents of an earlier one are derived again at start."""

RARE = ("takes_over_on", "identity", "holds_from", "over_from")
"""Derived fields that are left out where there is nothing in them, so that their indexes hold few entries."""

_STORED = _ARTICLE_FIELDS | {"id"}
_DAYS = ("published_on", "effective_on", "expires_on", "shown_from", "shown_until", "repealed_on")


def to_document(entry: Entry) -> Document:
    """The entry and the fields queries need, derived here and nowhere else; ``changed_at`` is the server's to set."""
    document: Document = _ENTRY.dump_python(entry)
    document["_id"] = document.pop("id")
    event = document["event"]
    if event:
        event["article"] = _where(entry) or event["article"]
        event["on"], event["day"] = _iso(event["on"]), _iso(event["day"])
    for article in _articles(document):
        for name in _DAYS:
            article[name] = _iso(article[name])
    return document | _derived(entry)


def _where(entry: Entry) -> str | None:
    """The text an event brought usually stands in the entry itself; it is not stored twice."""
    text = entry.event.article if entry.event else None
    if text is None:
        return None
    if entry.draft and entry.draft.article == text:
        return "draft"
    return "live" if entry.live == text else None


def _articles(document: Document) -> Iterator[Document]:
    found = (
        document["live"],
        (document["draft"] or {}).get("article"),
        (document["event"] or {}).get("article"),
    )
    return (article for article in found if isinstance(article, dict))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _derived(entry: Entry) -> Document:
    working = entry.working
    begins = entry.takes_over_on()
    rare = {
        "takes_over_on": _iso(begins),
        "identity": identity(working) if working and working.source else None,
        "holds_from": _iso(entry.live.holds_from()) if entry.live else None,
        "over_from": _iso(entry.live.over_from()) if entry.live else None,
    }
    both = [article for article in (entry.live, entry.draft and entry.draft.article) if article]
    return {
        "derived": DERIVED,
        "stage": entry.stage,
        # Drafts nobody ever saw do not trouble the processes that answer. The store never takes it back.
        "public": entry.live_version > 0 or begins is not None,
        "kind": working and working.kind,
        "owner_unit_id": working and working.owner_unit_id,
        "region": working and working.region,
        "topic": working and working.topic,
        "level": working and working.level,
        "rests_on": sorted({basis for article in both for basis in article.basis}),
        "changes_others": bool(entry.live and (entry.live.repeals or entry.live.amends)),
        "names": sorted({name for article in both for name in _names(article)}),
        "search": "\n".join(searchable(article) for article in both),
        **{name: value for name, value in rare.items() if value},
    }


def searchable(article: Article) -> str:
    """What a list is searched by beside the body: title, 文号, 索引号, ways of asking; one width, one case."""
    index = article.catalogue.index_number if article.catalogue else ""
    return fold("\n".join((article.title, article.document_number or "", index, *article.questions)))


def _names(article: Article) -> set[str]:
    return {exact(name) for name in (article.title, article.document_number or "") if name.strip()}


def exact(name: str) -> str:
    """A title or 文号 as it is compared whole: without blanks, in one width, case and kind of brackets.

    Cut, as an index takes no longer entries; who looks a name up compares what is found.
    """
    return "".join(fold(name).split())[:_MOST_NAME]


def fold(text: str) -> str:
    """One width, one case, one kind of brackets: 〔2026〕, [2026] and （２０２６） are the same."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_BRACKETS)


def to_article(fields: Mapping[str, Any]) -> Article:
    """The article of a stored live version or draft."""
    return _ARTICLE.validate_python({name: value for name, value in fields.items() if name in _STORED})


def from_document(document: Mapping[str, Any]) -> Entry:
    fields = {name: value for name, value in document.items() if name in _ENTRY_FIELDS}
    for holder in (fields, fields.get("draft"), fields.get("event")):
        for name in ("live", "article"):
            if holder and isinstance(holder.get(name), dict):
                holder[name] = {k: v for k, v in holder[name].items() if k in _STORED}
    event = fields.get("event")
    if event and event.get("article") in ("draft", "live"):
        place = fields[event["article"]]
        text = place["article"] if event["article"] == "draft" else place
        fields["event"] = {**event, "article": text}
    return _ENTRY.validate_python({**fields, "id": document["_id"]})


def is_of_earlier_shape(document: Mapping[str, Any]) -> bool:
    """One article a document, its fields at the top: what version 0.1 wrote."""
    return "draft" not in document and "status" in document


def from_earlier(document: Mapping[str, Any]) -> Entry:
    """An entry of a document (or a version copy) of the earlier shape, at the version it had."""
    own = document["_id"]
    article_id = own["article"] if isinstance(own, dict) else own
    fields = {name: value for name, value in document.items() if name in _ARTICLE_FIELDS}
    article = _ARTICLE.validate_python({**fields, "id": article_id})
    saved_at: datetime = document["saved_at"]
    at = saved_at if saved_at.tzinfo else saved_at.replace(tzinfo=UTC)
    event = loaded(article, at=at, on=at.date(), version=document["version"])
    return apply(Entry(id=article_id), event)


def of_version(copy: Mapping[str, Any]) -> Entry:
    """The entry a version copy holds, of either shape."""
    if is_of_earlier_shape(copy):
        return from_earlier(copy)
    return from_document({**copy, "_id": copy["_id"]["article"]})
