"""Every write to the knowledge base: one method an act, each returning the entry as it then is."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from knowledge_base.article import NATIONWIDE, Article, ArticleKind, KnowledgeRefused
from knowledge_base.editing.entries import Act, Entry, Person, ReviewEvent
from knowledge_base.editing.import_run import ImportOutcome, ImportRun
from knowledge_base.editing.replaying import apply, begun, repealed_by
from knowledge_base.editing.review import Incomplete, UnknownRegion, decide, obstacles
from knowledge_base.editing.store import ArticleStore, StaleArticle

_ID = re.compile(rf"(?:{'|'.join(ArticleKind)})\.[A-Za-z0-9._-]{{1,80}}")
_BATCH = 100
"""Few enough that whoever watches an import sees it move."""
CHINA = ZoneInfo("Asia/Shanghai")

Regions = Mapping[str, tuple[str, ...]]
"""Names and paths of places → the paths each can mean."""


class EditingDesk:
    """All acts on one store. ``version`` is the one the page showed: another in the store raises ``StaleArticle``.

    ``zone`` is where the entries are used: a day there decides what has begun. ``regions`` gives the places an entry may
    hold in beside the whole nation: each name or path, and the paths it can mean. A draft for any other, or for a name
    of several places, is kept from review: nobody would ever be answered from it, or people of both. Asked at each
    submission, as the table of places may be imported anew. None: every name is taken as it is.
    """

    def __init__(
        self, store: ArticleStore, *, zone: ZoneInfo = CHINA, regions: Callable[[], Regions] | None = None
    ) -> None:
        self._store = store
        self._zone = zone
        self._regions = regions

    def today(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    async def create(self, article: Article, *, by: Person, now: datetime, note: str = "") -> Entry:
        """A new entry as a draft; an article without an id is given one. An id is part of an address."""
        name = article.id or f"{article.kind}.{secrets.token_hex(8)}"
        if not _ID.fullmatch(name):
            raise Incomplete(("id",))
        return await self._act(
            Entry(id=name), Act.START, by=by, now=now, version=0, article=article, note=note
        )

    async def start(
        self, article_id: str, *, by: Person, now: datetime, version: int, article: Article | None = None
    ) -> Entry:
        """A draft beside the live version: a copy of it, or the text given."""
        return await self._do(article_id, Act.START, by=by, now=now, version=version, article=article)

    async def save(
        self, article_id: str, article: Article, *, by: Person, now: datetime, version: int
    ) -> Entry:
        """The draft's new text; id and status are not the writer's to choose. Under review it goes back to draft."""
        return await self._do(article_id, Act.SAVE, by=by, now=now, version=version, article=article)

    async def submit(self, article_id: str, *, by: Person, now: datetime, version: int) -> Entry:
        return await self._do(article_id, Act.SUBMIT, by=by, now=now, version=version)

    async def approve(self, article_id: str, *, by: Person, now: datetime, version: int) -> Entry:
        """The business review, or the secrecy review: whichever the draft is at."""
        entry = await self._do(article_id, Act.APPROVE, by=by, now=now, version=version)
        if entry.live and entry.live_version == entry.version:
            await self._end_what_they_repeal([entry.live], now)
        return entry

    async def refuse(self, article_id: str, *, reason: str, by: Person, now: datetime, version: int) -> Entry:
        return await self._do(article_id, Act.REFUSE, by=by, now=now, version=version, note=reason)

    async def withdraw(self, article_id: str, *, by: Person, now: datetime, version: int) -> Entry:
        """Back from review, or from waiting for its day, to the writers."""
        return await self._do(article_id, Act.WITHDRAW, by=by, now=now, version=version)

    async def discard(self, article_id: str, *, by: Person, now: datetime, version: int) -> Entry:
        """Throw the draft away; its versions stay in the history."""
        return await self._do(article_id, Act.DISCARD, by=by, now=now, version=version)

    async def confirm(self, article_id: str, *, by: Person, now: datetime, version: int) -> Entry:
        """Vouch that the live version is still right."""
        return await self._do(article_id, Act.CONFIRM, by=by, now=now, version=version)

    async def repeal(
        self,
        article_id: str,
        *,
        reason: str,
        by: Person,
        now: datetime,
        version: int,
        day: date | None = None,
    ) -> Entry:
        """No longer quoted from ``day`` on; None: from this moment."""
        return await self._do(article_id, Act.REPEAL, by=by, now=now, version=version, note=reason, day=day)

    async def expire(
        self,
        article_id: str,
        *,
        reason: str,
        by: Person,
        now: datetime,
        version: int,
        day: date | None = None,
    ) -> Entry:
        """``day`` is the last it holds; None: it is over this moment."""
        return await self._do(article_id, Act.EXPIRE, by=by, now=now, version=version, note=reason, day=day)

    async def take_down(
        self, article_id: str, *, reason: str, by: Person, now: datetime, version: int
    ) -> Entry:
        """Gone from the public this moment, not even named as lapsed: it should never have been shown."""
        return await self._do(article_id, Act.TAKE_DOWN, by=by, now=now, version=version, note=reason)

    async def settle(self, now: datetime) -> int:
        """Write down what the day has brought: scheduled versions live, what they repeal ended; how many entries.

        Answers never wait for it: they read both from the dates.
        """
        changed = 0
        for entry in await self._store.scheduled(on=self.today(now)):
            event = begun(entry, at=_moment(now), on=self.today(now))
            if event and await self._put(entry, event):
                changed += 1
        return changed + await self._end_what_they_repeal(await self._store.repealing(), now)

    async def _end_what_they_repeal(self, documents: Iterable[Article], now: datetime) -> int:
        ends = [(document, name) for document in documents for name in document.repeals]
        names = {name for _, name in ends}
        entries = dict(await self._store.not_yet_ended(names, on=self.today(now)))
        ended = 0
        for document, name in ends:
            entry = entries.get(name)
            event = entry and repealed_by(entry, document, at=_moment(now), on=self.today(now))
            if entry and event and await self._put(entry, event):
                entries[name] = apply(entry, event)
                ended += 1
        return ended

    async def _put(self, entry: Entry, event: ReviewEvent) -> bool:
        """Whether nobody was quicker; who sweeps again later finds what is left."""
        try:
            await self._store.write(apply(entry, event), expected=entry.version)
        except StaleArticle:
            return False
        return True

    async def _do(
        self,
        article_id: str,
        act: Act,
        *,
        by: Person,
        now: datetime,
        version: int,
        article: Article | None = None,
        note: str = "",
        day: date | None = None,
    ) -> Entry:
        entry = await self._store.entry(article_id)
        return await self._act(
            entry, act, by=by, now=now, version=version, article=article, note=note, day=day
        )

    async def _act(
        self,
        entry: Entry,
        act: Act,
        *,
        by: Person,
        now: datetime,
        version: int,
        article: Article | None = None,
        note: str = "",
        day: date | None = None,
    ) -> Entry:
        if entry.version != version:
            raise StaleArticle(entry.id, version)
        at, on = _moment(now), self.today(now)
        event = decide(entry, act, by, at=at, on=on, article=article, note=note, day=day)
        if act is Act.SUBMIT and entry.draft:
            for refused in self._unknown_region(entry.draft.article.region):
                raise refused
        after = apply(entry, event)
        await self._store.write(after, expected=version)
        return after

    def obstacles(self, article: Article) -> tuple[KnowledgeRefused, ...]:
        """All that keeps this text from review."""
        return (*obstacles(article), *self._unknown_region(article.region))

    def _unknown_region(self, region: str) -> Iterator[UnknownRegion]:
        if self._regions is None or region == NATIONWIDE or not region.strip():
            return
        meant = self._regions().get(region, ())
        if len(meant) != 1:
            yield UnknownRegion(region, meant)

    async def import_articles(
        self,
        planned: Sequence[Article],
        *,
        by: Person,
        now: datetime,
        dry_run: bool = False,
        notes: Mapping[str, str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> ImportOutcome:
        """Take them in as drafts: new entries, or drafts beside the entries they are again.

        An article with an id is that entry; another is the one of the same ``identity``. What an import brought before
        and brings again is left alone, and so is what people have corrected since. ``notes`` says by identity what the
        editor should know (the file, what could not be read); ``progress`` is told how many more are done. A dry run
        says what would become of each and writes nothing.
        """
        run = ImportRun(
            store=self._store, by=by, at=_moment(now), on=self.today(now), notes=notes or {}, dry_run=dry_run
        )
        for start in range(0, len(planned), _BATCH):
            batch = planned[start : start + _BATCH]
            await run.take(batch)
            if progress:
                progress(len(batch))
        return run.outcome()


def _moment(now: datetime) -> datetime:
    """To the millisecond, as MongoDB keeps it: what is returned is what is stored."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
