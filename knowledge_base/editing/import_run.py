"""One import into the store: each planned article is new, an update of its entry, unchanged, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from knowledge_base.article import Article, KnowledgeRefused
from knowledge_base.editing.entries import Act, Entry, Person
from knowledge_base.editing.reimport import fingerprints, id_of, identity, merged
from knowledge_base.editing.replaying import apply
from knowledge_base.editing.review import decide
from knowledge_base.editing.store import ArticleStore, StaleArticle


class TwiceInImport(KnowledgeRefused):
    """The import holds the same entry twice; the first was taken."""

    def __init__(self, article_id: str) -> None:
        super().__init__(article_id)
        self.article_id = article_id


@dataclass(frozen=True, slots=True)
class ImportRefused:
    """A planned article that was not taken in, and why."""

    article_id: str
    title: str
    why: KnowledgeRefused


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What an import did (or, dry, would do): ids of entries, in the order planned."""

    new: tuple[str, ...]
    updated: tuple[str, ...]
    unchanged: tuple[str, ...]
    refused: tuple[ImportRefused, ...]


@dataclass(slots=True, kw_only=True)
class ImportRun:
    """An import batch by batch; ``EditingDesk.import_articles`` is its door."""

    store: ArticleStore
    by: Person
    at: datetime
    on: date
    notes: Mapping[str, str]
    dry_run: bool
    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    refused: list[ImportRefused] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def outcome(self) -> ImportOutcome:
        return ImportOutcome(tuple(self.new), tuple(self.updated), tuple(self.unchanged), tuple(self.refused))

    async def take(self, batch: Sequence[Article]) -> None:
        """Decide and write these; new entries go in one write, the others each in its own."""
        fresh: dict[str, tuple[Entry, Article]] = {}
        for article, entry in await self._entries(batch):
            try:
                after = await self._take_one(entry, article)
            except KnowledgeRefused as why:
                self.refused.append(ImportRefused(entry.id, article.title, why))
                continue
            self._taken.add(entry.id)
            if after is None:
                self.unchanged.append(entry.id)
            elif entry.version:
                self.updated.append(entry.id)
            else:
                fresh[entry.id] = (after, article)
        present = await self._add([entry for entry, _ in fresh.values()])
        self.new += [name for name in fresh if name not in present]
        self.refused += [
            ImportRefused(name, fresh[name][1].title, StaleArticle(name, 0))
            for name in fresh
            if name in present
        ]

    async def _entries(self, batch: Sequence[Article]) -> list[tuple[Article, Entry]]:
        """Each with its entry: by its own id, by the id an earlier import gave it, by what it is; else a new one."""
        names = [article.id or id_of(article) for article in batch]
        by_id = await self.store.entries(names)
        unknown = [identity(one) for one, name in zip(batch, names, strict=True) if name not in by_id]
        by_identity = await self.store.by_identity(unknown)
        found: list[tuple[Article, Entry]] = []
        for article, name in zip(batch, names, strict=True):
            again = None if article.id else by_identity.get(identity(article))
            found.append((article, by_id.get(name) or again or Entry(id=name)))
        return found

    async def _take_one(self, entry: Entry, article: Article) -> Entry | None:
        """The entry with the import in it, written where it was there before; None when it brings nothing new."""
        if entry.id in self._taken:
            raise TwiceInImport(entry.id)
        text = merged(entry.working, article, entry.imported) if entry.working else article
        brought = fingerprints(article)
        if entry.working and fingerprints(text) == fingerprints(entry.working):
            return None
        note = self.notes.get(identity(article), "")
        event = decide(entry, Act.IMPORT, self.by, at=self.at, on=self.on, article=text, note=note)
        after = apply(entry, replace(event, imported=brought))
        if entry.version and not self.dry_run:
            await self.store.write(after, expected=entry.version)
        return after

    async def _add(self, entries: list[Entry]) -> frozenset[str]:
        return frozenset() if self.dry_run else await self.store.add_all(entries)
