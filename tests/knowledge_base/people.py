"""Who edits in these tests, and the way of an article from their hands to the public."""

from __future__ import annotations

from datetime import datetime

from knowledge_base.article import Article
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Entry, Person, Right

_EDITOR = frozenset({Right.WRITE, Right.BUSINESS_REVIEW, Right.REPEAL})
WRITER = Person(id="writer", rights=_EDITOR)
SECOND_EDITOR = Person(id="second", rights=_EDITOR)
CHECKER = Person(id="checker", rights=frozenset({Right.SECRECY_REVIEW, Right.REPEAL}))
LIAISON = Person(
    id="liaison", rights=frozenset({Right.BUSINESS_REVIEW}), units=frozenset({"qh.civil-affairs"})
)


async def published(
    desk: EditingDesk, article: Article, *, now: datetime, after: Entry | None = None
) -> Entry:
    """The article written, reviewed by two and published: a new entry, or the next version of ``after``."""
    if after is None:
        entry = await desk.create(article, by=WRITER, now=now)
    else:
        entry = await desk.start(after.id, by=WRITER, now=now, version=after.version)
        entry = await desk.save(entry.id, article, by=WRITER, now=now, version=entry.version)
    entry = await desk.submit(entry.id, by=WRITER, now=now, version=entry.version)
    entry = await desk.approve(entry.id, by=SECOND_EDITOR, now=now, version=entry.version)
    return await desk.approve(entry.id, by=CHECKER, now=now, version=entry.version)
