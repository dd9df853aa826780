"""Entries as the fold of their events: what each act does to the live version and to the draft.

Nothing is refused here: ``review.decide`` has done that. A history replays to the state it led to, whatever the rules of
today would say of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from knowledge_base.article import ONCE_PUBLISHED, Article, ArticleStatus
from knowledge_base.editing.entries import SYSTEM, Act, Draft, Entry, ReviewEvent


def system_event(entry: Entry, act: Act, *, at: datetime, on: date) -> ReviewEvent:
    return ReviewEvent(act=act, at=at, on=on, by=SYSTEM, version=entry.version + 1, stage=entry.stage)


def loaded(article: Article, *, at: datetime, on: date, version: int = 1) -> ReviewEvent:
    """The first event known of an entry that comes with the installation; what it calls unreviewed stays so."""
    event = system_event(Entry(id=article.id, version=version - 1), Act.LOAD, at=at, on=on)
    return replace(event, article=article)


def begun(entry: Entry, *, at: datetime, on: date) -> ReviewEvent | None:
    """The event of a scheduled version whose day has come; None when there is none."""
    begins = entry.takes_over_on()
    if begins is None or begins > on:
        return None
    return system_event(entry, Act.PUBLISH, at=at, on=on)


def repealed_by(entry: Entry, document: Article, *, at: datetime, on: date) -> ReviewEvent | None:
    """The event of this entry's end by a published document that names it; None when it already ends by then."""
    live = settled(entry, on=on).live
    day = document.effective_on
    over = (
        live is None
        or live.status is ArticleStatus.REPEALED
        or (live.repealed_on and live.repealed_on <= day)
    )
    if over or entry.id not in document.repeals or not document.has_begun(max(day, on)):
        return None
    return replace(system_event(entry, Act.REPEAL, at=at, on=on), note=document.id, day=day)


def apply(entry: Entry, event: ReviewEvent) -> Entry:
    """The entry after the event; a scheduled version whose day had come by then is live first."""
    entry = settled(entry, on=event.on, at=event.at)
    change = _CHANGES.get(event.act)
    changed = change(entry, event) if change else _staged(entry, event)
    return settled(replace(changed, version=event.version, event=event), on=event.on, at=event.at)


def replay(entry_id: str, events: tuple[ReviewEvent, ...]) -> Entry:
    """The state those events lead to."""
    entry = Entry(id=entry_id)
    for event in events:
        entry = apply(entry, event)
    return entry


def settled(entry: Entry, *, on: date, at: datetime | None = None) -> Entry:
    """The entry with its scheduled version live, where that day has come."""
    begins = entry.takes_over_on()
    if begins is None or begins > on:
        return entry
    assert entry.draft is not None
    return replace(
        entry,
        live=replace(entry.draft.article, status=ArticleStatus.PUBLISHED),
        draft=None,
        live_version=entry.version,
        written_by=entry.draft.authors,
        published_at=at or entry.draft.since,
        checked_at=at or entry.draft.since,
    )


def _staged(entry: Entry, event: ReviewEvent) -> Entry:
    """SUBMIT, APPROVE, REFUSE, WITHDRAW: the same text at another stage."""
    draft = entry.draft
    to = event.to
    assert draft is not None
    assert to is not None
    moved = replace(draft, article=replace(draft.article, status=to), since=event.at, note=event.note)
    if event.act is Act.SUBMIT:
        moved = replace(moved, authors=_with(draft.authors, event.by))
    if event.act is Act.APPROVE and to is ArticleStatus.SECRECY_REVIEW:
        moved = replace(moved, business_reviewer=event.by)
    elif event.act is Act.APPROVE:
        moved = replace(moved, secrecy_reviewer=event.by)
    else:
        moved = replace(moved, business_reviewer=None, secrecy_reviewer=None)
    return replace(entry, draft=moved)


def _written(entry: Entry, event: ReviewEvent) -> Entry:
    """START, SAVE, IMPORT: a text of somebody's hand."""
    source = event.article or entry.live
    assert source is not None
    authors = _with(entry.draft.authors if entry.draft else (), event.by)
    draft = Draft(
        article=replace(source, status=ArticleStatus.DRAFT, shown_until=None),
        authors=authors,
        since=event.at,
        note=event.note or (entry.draft.note if entry.draft and event.act is Act.SAVE else ""),
    )
    imported = entry.imported if event.imported is None else event.imported
    return replace(entry, draft=draft, imported=imported)


def _discarded(entry: Entry, event: ReviewEvent) -> Entry:
    return replace(entry, draft=None)


def _confirmed(entry: Entry, event: ReviewEvent) -> Entry:
    return replace(entry, checked_at=event.at)


def _repealed(entry: Entry, event: ReviewEvent) -> Entry:
    """Ended for the draft too: a revision begun before must not bring the entry back unseen."""
    day = event.day or event.on

    def end(article: Article) -> Article:
        return replace(article, repealed_on=min(article.repealed_on or day, day))

    assert entry.live is not None
    live = end(entry.live)
    if day <= event.on:
        live = replace(live, status=ArticleStatus.REPEALED)
    return replace(_interrupted(entry, event, end), live=live, live_version=event.version)


def _expired(entry: Entry, event: ReviewEvent) -> Entry:
    last = event.day or event.on - timedelta(days=1)

    def end(article: Article) -> Article:
        return replace(article, expires_on=min(article.expires_on or last, last))

    assert entry.live is not None
    live = end(entry.live)
    if last < event.on:
        live = replace(live, status=ArticleStatus.EXPIRED)
    return replace(_interrupted(entry, event, end), live=live, live_version=event.version)


def _taken_down(entry: Entry, event: ReviewEvent) -> Entry:
    """Gone from the public at once; the text stays as a draft of those who wrote it."""
    assert entry.live is not None
    fallback = Draft(
        article=replace(entry.live, status=ArticleStatus.DRAFT, shown_until=None),
        authors=entry.written_by,
        since=event.at,
        note=event.note,
    )
    kept = _interrupted(entry, event, lambda article: article)
    return replace(kept, live=None, draft=kept.draft or fallback, live_version=event.version)


def _loaded(entry: Entry, event: ReviewEvent) -> Entry:
    article = event.article
    assert article is not None
    if article.status in ONCE_PUBLISHED:
        return replace(
            entry, live=article, live_version=event.version, published_at=event.at, checked_at=event.at
        )
    stage = ArticleStatus.DRAFT if article.status is ArticleStatus.DRAFT else ArticleStatus.BUSINESS_REVIEW
    return replace(
        entry, draft=Draft(article=replace(article, status=stage), authors=(event.by,), since=event.at)
    )


def _published(entry: Entry, event: ReviewEvent) -> Entry:
    return entry  # ``apply`` has settled it


_CHANGES: dict[Act, Callable[[Entry, ReviewEvent], Entry]] = {
    Act.START: _written,
    Act.SAVE: _written,
    Act.IMPORT: _written,
    Act.DISCARD: _discarded,
    Act.CONFIRM: _confirmed,
    Act.REPEAL: _repealed,
    Act.EXPIRE: _expired,
    Act.TAKE_DOWN: _taken_down,
    Act.PUBLISH: _published,
    Act.LOAD: _loaded,
}


def _interrupted(entry: Entry, event: ReviewEvent, change: Callable[[Article], Article]) -> Entry:
    """The draft changed with the live version and back at its first stage: its reviewers had not seen this."""
    draft = entry.draft
    if draft is None:
        return entry
    article = replace(change(draft.article), status=ArticleStatus.DRAFT)
    if draft.stage is ArticleStatus.DRAFT:
        return replace(entry, draft=replace(draft, article=article))
    note = "" if event.by == SYSTEM else event.note
    back = Draft(article=article, authors=draft.authors, since=event.at, note=note)
    return replace(entry, draft=back)


def _with(authors: tuple[str, ...], person_id: str) -> tuple[str, ...]:
    return authors if person_id in authors else (*authors, person_id)
