"""What a conversation forgets as time goes by, pure."""

from __future__ import annotations

from datetime import datetime

from bot.talk.replacing import replace
from bot.talk.session import DRAFT_LIFETIME, FILING_STEPS, PAUSE, Session, Step, to_home


def fresh(session: Session, now: datetime) -> Session:
    """Forget what is over: a draft after its day, a subject after a pause, old menus after a day."""
    draft, since = session.draft, session.updated_at
    if draft is not None and now - draft.touched_at > DRAFT_LIFETIME:
        session = replace(session, draft=None)
        if session.step in FILING_STEPS | {Step.RESUME}:
            session = _home_unshown(session)
    if session.about is not None and since is not None and now - since > PAUSE:
        session = replace(session, about=None)
    if since is not None and now - since > DRAFT_LIFETIME:
        session = replace(_home_unshown(session), ticket=None, question=None, follows=None)
    return session


def _home_unshown(session: Session) -> Session:
    """At home, but what the citizen still sees is another menu: its digits mean nothing any more."""
    home = to_home(session).session
    return home if session.choices == home.choices else replace(home, choices=())
