"""Which way a notice goes next, from what became of the attempts before. Pure; the ticket's outbox remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.wechat.delivery import DeliveryClass, classify
from routing.acts.outbox import NO_STEP, Step
from routing.events import DeliveryTry, NoticeState, OutboxEntry, Rung, TryOutcome

ORDER = (Rung.TEMPLATE, Rung.SUBSCRIPTION, Rung.CHAT, Rung.CHAT_SHORT, Rung.SMS)
CHAT_FIRST = (Rung.CHAT, Rung.TEMPLATE, Rung.SUBSCRIPTION, Rung.CHAT_SHORT, Rung.SMS)
"""Where the account wants it so and the chat is known to be open: it carries all the words."""
SAME_RUNG = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
"""When a busy channel is asked again, before the next one is."""
SAME_MESSAGE = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
"""When a template that may have arrived is sent once more, as the same message."""
WHOLE_LADDER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""When the ladder is climbed again if only faults that pass stood in the way."""
IDEMPOTENT_FOR = timedelta(minutes=9)
"""The platform remembers a ``client_msg_id`` for ten minutes; after that the same message would arrive twice."""
LOOK_AGAIN = timedelta(minutes=10)
"""When a notice that waits for its citizen is looked at once more: a worker may have died while noting it."""

_PASSING = frozenset({DeliveryClass.BUSY, DeliveryClass.TOKEN, DeliveryClass.ACCOUNT})
"""The platform or our account is at fault, not the citizen or the message."""
_AT_ONCE_AGAIN = frozenset({DeliveryClass.BUSY, DeliveryClass.TOKEN})
_UNTIL_THEY_WRITE = frozenset({DeliveryClass.WINDOW, DeliveryClass.CITIZEN})
_KNOWN = (TryOutcome.ACCEPTED, TryOutcome.DELIVERED, TryOutcome.UNDELIVERED)
NO_ACCOUNT = "no-account"
NO_NUMBER = "no-number"
NO_TEXTS = "no-texts"
NO_WAY = (NO_NUMBER, NO_TEXTS)
"""There never was a way: no follower, and no number that takes text messages, or they want none."""
NOT_REACHABLE = "not-reachable"
NO_ANSWER = "no-answer"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel took it; ``message_id`` is what its report will name."""

    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Declined:
    """The channel did not take it, and said so."""

    code: str
    klass: DeliveryClass


@dataclass(frozen=True, slots=True)
class Unclear:
    """Sent, and no verdict came back."""

    code: str = NO_ANSWER


Result = Accepted | Declined | Unclear


@dataclass(frozen=True, slots=True)
class Means:
    """The ways that are open for one notice and its citizen. ``on_wechat``: they may write to us, so that what
    cannot be told now can be told then. ``follower``: they came by WeChat. ``texts``: they want text messages."""

    rungs: frozenset[Rung]
    on_wechat: bool = True
    chat_first: bool = False
    follower: bool = True
    texts: bool = True

    @property
    def not_reached(self) -> str:
        """Why nobody was reached, where no channel said so."""
        if self.on_wechat:
            return NOT_REACHABLE
        if self.follower:
            return NO_ACCOUNT
        return NO_NUMBER if self.texts else NO_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is written on the notice after an attempt, or instead of one."""

    state: NoticeState
    failure: str | None = None
    again_at: datetime | None = None
    step: Step = NO_STEP


def next_rung(entry: OutboxEntry, means: Means, *, spent: tuple[Rung, ...] | None = None) -> Rung | None:
    """The first way that is open and not yet given up; None when the ladder ends. After an attempt that may have
    arrived only the same way may follow."""
    if spent is None and _doubtful_since(entry) is not None:
        return entry.rung if entry.rung in means.rungs else None
    gone = entry.spent if spent is None else spent
    order = CHAT_FIRST if means.chat_first else ORDER
    return next((rung for rung in order if rung in means.rungs and rung not in gone), None)


def too_late(entry: OutboxEntry, means: Means, *, now: datetime) -> Verdict | None:
    """The end of a notice that may have arrived already and can no longer be sent as the same message."""
    since = _doubtful_since(entry)
    if since is None or (next_rung(entry, means) is entry.rung and now - since <= IDEMPOTENT_FOR):
        return None
    return Verdict(state=NoticeState.UNKNOWN, failure=entry.failure or NO_ANSWER)


def after(entry: OutboxEntry, result: Result, means: Means, *, now: datetime) -> Verdict:
    """What follows from the attempt that ``entry`` (claimed, with its rung) has just made."""
    rung = entry.rung
    assert rung is not None, "an attempt has a rung"
    match result:
        case Accepted(message_id):
            return Verdict(state=NoticeState.SENT, step=Step(message_id=message_id))
        case Unclear(code):
            return _unclear(entry, code, now)
        case Declined(code, klass):
            if _doubtful_since(entry) is not None:
                # An attempt before this one may have arrived: only the same message may follow it.
                return _unclear(entry, code, now, refused=True)
            return _declined(entry, rung, code, klass, means, now)


def interrupted(entry: OutboxEntry, code: str, *, now: datetime) -> Verdict:
    """What follows when the worker died while sending."""
    return _unclear(entry, code, now)


def _unclear(entry: OutboxEntry, code: str, now: datetime, *, refused: bool = False) -> Verdict:
    """Once more where sending it twice is the same as sending it once; else never again."""
    outcome = TryOutcome.REFUSED if refused else TryOutcome.UNKNOWN
    since = _doubtful_since(entry) or (entry.tries[-1].at if entry.tries else now)
    if entry.rung is Rung.TEMPLATE:
        again_at = now + SAME_MESSAGE[min(_tries_in_a_row(entry), len(SAME_MESSAGE)) - 1]
        if again_at - since <= IDEMPOTENT_FOR:
            step = Step(outcome=outcome)
            return Verdict(state=NoticeState.QUEUED, failure=code, again_at=again_at, step=step)
    return Verdict(state=NoticeState.UNKNOWN, failure=code, step=Step(outcome=outcome))


def _doubtful_since(entry: OutboxEntry) -> datetime | None:
    """When the first of the last attempts was made that may have arrived without our knowing. Once the platform took
    the same message, its word on that is its word on all of them."""
    doubtful = None
    for attempt in _run(entry):
        if attempt.outcome in _KNOWN:
            break
        if attempt.outcome is TryOutcome.UNKNOWN:
            doubtful = attempt.at
    return doubtful


def _declined(
    entry: OutboxEntry, rung: Rung, code: str, klass: DeliveryClass, means: Means, now: datetime
) -> Verdict:
    if klass in _AT_ONCE_AGAIN:
        before = _tries_in_a_row(entry) - 1
        if before < len(SAME_RUNG):
            return Verdict(state=NoticeState.QUEUED, failure=code, again_at=now + SAME_RUNG[before])
    gone = [*entry.spent, rung]
    if rung is Rung.CHAT and klass is not DeliveryClass.CONTENT:
        gone.append(Rung.CHAT_SHORT)
    spent = tuple(r for r in ORDER if r in gone)
    if next_rung(entry, means, spent=spent) is not None:
        return Verdict(state=NoticeState.QUEUED, failure=code, again_at=now, step=Step(spent=spent))
    return at_the_end(entry, means, now=now, spent=spent, last=(rung, klass), code=code)


def at_the_end(
    entry: OutboxEntry,
    means: Means,
    *,
    now: datetime,
    spent: tuple[Rung, ...] | None = None,
    last: tuple[Rung, DeliveryClass] | None = None,
    code: str | None = None,
) -> Verdict:
    """No way is left: climb again later, keep it until the citizen writes, or give up."""
    gone = entry.spent if spent is None else spent
    why = _why_spent(entry, gone) | (dict([last]) if last else {})
    passing = [rung for rung, klass in why.items() if klass in _PASSING]
    failure = code or entry.failure or means.not_reached
    if passing and entry.rounds < len(WHOLE_LADDER):
        # What failed for another reason fails again; a short message follows only a refused long one.
        again = tuple(
            r for r in gone if r not in passing and not (r is Rung.CHAT_SHORT and Rung.CHAT in passing)
        )
        step = Step(spent=again, rounds=entry.rounds + 1)
        wait = WHOLE_LADDER[entry.rounds]
        return Verdict(state=NoticeState.QUEUED, failure=failure, again_at=now + wait, step=step)
    step = Step(spent=gone)
    # A chat that was not even tried is closed as far as we know, which ends as well when they write.
    if means.on_wechat and why.get(Rung.CHAT, DeliveryClass.WINDOW) in _UNTIL_THEY_WRITE:
        return Verdict(state=NoticeState.WAITING, failure=failure, again_at=now + LOOK_AGAIN, step=step)
    return Verdict(state=NoticeState.FAILED, failure=failure, step=step)


def _why_spent(entry: OutboxEntry, spent: tuple[Rung, ...]) -> dict[Rung, DeliveryClass]:
    """Why each rung was given up: the class of its last refusal."""
    found: dict[Rung, DeliveryClass] = {}
    for attempt in entry.tries:
        if attempt.rung in spent and attempt.code and attempt.outcome is not None:
            found[attempt.rung] = class_of(attempt.code)
    return found


def class_of(code: str) -> DeliveryClass:
    """The class a code was refused with. Codes of our own carry theirs: ``sms-citizen-…``."""
    if code.lstrip("-").isdigit():
        return classify(int(code))
    _, _, rest = code.partition("-")
    named = rest.split("-")[0]
    return DeliveryClass(named) if named in set(DeliveryClass) else DeliveryClass.CITIZEN


def _tries_in_a_row(entry: OutboxEntry) -> int:
    """Attempts on the present rung without another between them."""
    return len(_run(entry))


def _run(entry: OutboxEntry) -> list[DeliveryTry]:
    """The latest attempts on the present rung, newest first, since somebody had it sent again."""
    found = []
    for attempt in reversed(entry.tries):
        if attempt.rung is not entry.rung or attempt.replay != entry.replays:
            break
        found.append(attempt)
    return found
