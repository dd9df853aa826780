"""Every figure counted again from raw documents by one plain loop, knowing nothing of clocks' states, rows or judges.

Of a clock it reads only what was promised: its name, when it began to run and its due time. Whether a promise was
kept is worked out from the events, and everything is written in plain words on purpose: this is what a doubting
auditor would write.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

Terms = tuple[int, int, dict[str, int]]
"""Tenths in the numerator, denominator, excluded."""
Key = tuple[str, str, str | None]
"""Figure, month ("now" for what is of this moment), unit."""

OPEN = {"received", "dispatched", "accepted", "replied"}
UNITS_OWN = ("sign_in", "first_contact")
LIMIT_FIGURES = {
    "sign_in": "sign_in_on_time",
    "first_contact": "first_contact_on_time",
    "reply": "closed_on_time",
}


class Count:
    def __init__(self) -> None:
        self.tenths: Counter[Key] = Counter()
        self.below: Counter[Key] = Counter()
        self.out: defaultdict[Key, Counter[str]] = defaultdict(Counter)

    def add(
        self, figure: str, at: datetime, unit: str | None, yes: bool, *, out: str = "", tenths: int = 10
    ) -> None:
        key = (figure, month(at), unit)
        if out:
            self.out[key][out] += 1
        else:
            self.below[key] += 1
            self.tenths[key] += tenths if yes else 0

    def terms(self) -> dict[Key, Terms]:
        keys = {*self.below, *self.out}
        return {key: (self.tenths[key], self.below[key], dict(self.out[key])) for key in keys}


def month(at: datetime) -> str:
    return (at + timedelta(hours=8)).strftime("%Y-%m")


def count_again(documents: Iterable[dict[str, Any]], *, now: datetime) -> dict[Key, Terms]:
    count = Count()
    for document in documents:
        _limits(document, now, count)
        _received(document, count)
        _handed(document, count)
        _closings(document, count)
        _citizens_words(document, now, count)
    return count.terms()


def _of(document: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    return [event for event in document["events"] if event["kind"] in kinds]


def _linked_spans(document: dict[str, Any]) -> list[tuple[datetime, datetime | None, str]]:
    """From when to when it was somebody else's duplicate, and what ended that; to None: it still is one. While it
    is, being linked again only says that its parent moved."""
    spans: list[tuple[datetime, datetime | None, str]] = []
    for event in _of(document, "linked", "unlinked", "reopened"):
        lasts = bool(spans) and spans[-1][1] is None
        if event["kind"] == "linked" and not lasts:
            spans.append((event["at"], None, ""))
        elif event["kind"] != "linked" and lasts:
            spans[-1] = (spans[-1][0], event["at"], event["kind"])
    return spans


def _still_linked(document: dict[str, Any]) -> bool:
    return any(until is None for _, until, _ in _linked_spans(document))


def _out_of_received(document: dict[str, Any]) -> str:
    if document["state"] in ("withdrawn", "rejected"):
        return str(document["state"])
    return "linked" if _still_linked(document) else ""


def _left_undue(promise: dict[str, Any], at: datetime) -> bool:
    return bool(promise["due"] >= at or (promise["end"] == "cancelled" and promise["at"] == at))


def _out_of_limit(document: dict[str, Any], promise: dict[str, Any]) -> str:
    """A limit leaves with its ticket only if it was not due yet, and an appeal excuses nothing that came after."""
    state = document["state"]
    if state in ("withdrawn", "rejected") and _left_undue(promise, _of(document, state)[-1]["at"]):
        return str(state)
    for since, until, why in _linked_spans(document):
        if why == "unlinked" or not _left_undue(promise, since):
            continue
        if until is None or (promise["at"] is not None and promise["at"] <= until):
            return "linked"
    for upheld in _of(document, "exclusion_upheld"):
        asked_by_it = promise["unit"] is not None and promise["unit"] == upheld["unit_id"]
        if promise["due"] <= upheld["at"] or (asked_by_it and promise["began"] <= upheld["at"]):
            return "exclusion_upheld"
    return ""


def _out_of_words(document: dict[str, Any], said: dict[str, Any]) -> str:
    for upheld in _of(document, "exclusion_upheld"):
        new_work = any(upheld["at"] < e["at"] < said["at"] for e in _of(document, "reopened"))
        if said["at"] <= upheld["at"]:
            return "exclusion_upheld"
        if said["unit_id"] is not None and said["unit_id"] == upheld["unit_id"] and not new_work:
            return "exclusion_upheld"
    return ""


class _Promises:
    """The promises of one ticket, walked event by event: each with its unit and its end (kept, missed, cancelled, or
    None while it runs). What an event does stands in the method of its kind; kinds without one do nothing."""

    def __init__(self, clocks: Iterable[dict[str, Any]]) -> None:
        self.all: list[dict[str, Any]] = []
        self.suspended = False
        """The clocks stand still now because of 挂账."""
        self._waiting: defaultdict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        for clock in clocks:
            self._waiting[clock["name"]].append((clock["started_at"], clock["due_at"]))
        self._stopped: datetime | None = None
        self._holder: str | None = None

    def hear(self, event: dict[str, Any]) -> None:
        happen = getattr(self, f"_{event['kind']}", None)
        if happen is not None:
            happen(event["at"], event["unit_id"])

    # ---- what can become of a promise

    def _start(self, name: str, unit: str | None) -> None:
        began, due = self._waiting[name].pop(0)
        self.all.append(
            {
                "name": name,
                "began": began,
                "due": due,
                "unit": unit,
                "end": None,
                "at": None,
                "still": self._stopped,
            }
        )

    def _running(self, *names: str) -> list[dict[str, Any]]:
        return [p for p in self.all if p["end"] is None and (not names or p["name"] in names)]

    def _end(self, how: str, at: datetime, *names: str) -> None:
        for promise in self._running(*names):
            promise["end"], promise["at"] = ("missed" if _over(promise, at) else how), at

    def _stand_still(self, at: datetime, *names: str) -> None:
        for promise in self._running(*names):
            promise["still"] = promise["still"] or at

    def _go_on(self, *names: str) -> None:
        for promise in self._running(*names):
            promise["still"] = None

    def _charge(self, unit: str | None, at: datetime) -> None:
        for promise in self._running("reply", "rework"):
            if not _over(promise, at):
                promise["unit"] = unit

    def _paused(self, at: datetime, *, suspended: bool) -> None:
        self._stopped, self.suspended = at, suspended
        self._stand_still(at)

    def _no_pause(self) -> None:
        self._stopped, self.suspended = None, False

    # ---- what happens, by kind of event

    def _registered(self, at: datetime, unit: str | None) -> None:
        self._start("reply", None)

    def _relayed(self, at: datetime, unit: str | None) -> None:
        """Who passed the work down still answers for the citizen's date."""
        self._holder = unit
        self._end("cancelled", at, *UNITS_OWN)
        for name in UNITS_OWN:
            self._start(name, unit)

    def _dispatched(self, at: datetime, unit: str | None) -> None:
        self._relayed(at, unit)
        self._charge(unit, at)

    _transferred = _dispatched

    def _accepted(self, at: datetime, unit: str | None) -> None:
        self._end("kept", at, "sign_in")

    def _contacted(self, at: datetime, unit: str | None) -> None:
        self._end("kept", at, "first_contact")

    def _return_requested(self, at: datetime, unit: str | None) -> None:
        self._stand_still(at, *UNITS_OWN)

    def _return_refused(self, at: datetime, unit: str | None) -> None:
        self._go_on(*UNITS_OWN)

    def _return_approved(self, at: datetime, unit: str | None) -> None:
        self._holder = None
        self._end("cancelled", at, *UNITS_OWN)
        self._charge(None, at)

    def _resolved(self, at: datetime, unit: str | None) -> None:
        self._end("cancelled", at, "first_contact")
        self._end("kept", at)
        self._holder = unit
        if self._waiting["follow_up_visit"]:
            self._start("follow_up_visit", None)
        self._no_pause()

    _answered_with_parent = _resolved

    def _withdrawn(self, at: datetime, unit: str | None) -> None:
        self._end("cancelled", at)
        self._no_pause()

    _rejected = _linked = _withdrawn

    def _unlinked(self, at: datetime, unit: str | None) -> None:
        """What its citizen was promised last runs again, as if the link had never been."""
        last = [p for p in self.all if p["name"] in ("reply", "rework")][-1]
        last["unit"] = last["unit"] if last["end"] == "missed" else None
        last["end"] = last["at"] = last["still"] = None

    def _reopened(self, at: datetime, unit: str | None) -> None:
        self._end("cancelled", at, "follow_up_visit")
        if self._holder is not None:
            self._start("sign_in", self._holder)
        self._start("rework", self._holder)

    def _suspension_granted(self, at: datetime, unit: str | None) -> None:
        self._paused(at, suspended=True)

    def _material_requested(self, at: datetime, unit: str | None) -> None:
        self._paused(at, suspended=False)

    def _resumed(self, at: datetime, unit: str | None) -> None:
        self._no_pause()
        self._go_on()

    _material_received = _resumed


def _over(promise: dict[str, Any], at: datetime) -> bool:
    return bool((at if promise["still"] is None else min(at, promise["still"])) > promise["due"])


def _promises(document: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    """Every promise, and whether the clocks stand still now because of 挂账."""
    walked = _Promises(document["clocks"])
    for event in document["events"]:
        walked.hear(event)
    for promise in walked.all:
        since = promise["still"]
        promise["still"] = promise["end"] is None and since is not None and since <= promise["due"]
    return walked.all, walked.suspended


def _limits(document: dict[str, Any], now: datetime, count: Count) -> None:
    promises, suspended = _promises(document)
    for promise in promises:
        figure = LIMIT_FIGURES.get(promise["name"])
        if figure is None:
            continue
        out = _out_of_limit(document, promise)
        if not out and promise["end"] == "cancelled":
            out = "no_longer_applies"
        if not out and promise["end"] is None:
            if promise["still"]:
                out = "suspended" if suspended else "not_yet_due"
            elif promise["due"] >= now:
                out = "not_yet_due"
        count.add(figure, promise["due"], promise["unit"], promise["end"] == "kept", out=out)
    if document["state"] in OPEN:
        late = any(
            p["end"] is None and not p["still"] and p["due"] < now
            for p in promises
            if p["name"] in ("reply", "rework")
        )
        key = ("overdue_open", "now", document["unit_id"])
        count.below[key] += 1
        count.tenths[key] += 10 if late else 0
    more_time = False
    for event in _of(document, "resolved", "extension_granted", "reopened"):
        if event["kind"] != "resolved":
            more_time = event["kind"] == "extension_granted"
            continue
        due = [p["due"] for p in promises if p["name"] in ("reply", "rework") and p["at"] == event["at"]]
        if due:
            local, promised = event["at"] + timedelta(hours=8), due[0] + timedelta(hours=8)
            early = local.date() < promised.date() and not more_time
            count.add("closed_early", event["at"], event["unit_id"], early)


def _received(document: dict[str, Any], count: Count) -> None:
    at, unit, state = document["received_at"], document["unit_id"], document["state"]
    gone = state if state in ("withdrawn", "rejected") else ""
    answered = bool(_of(document, "replied", "answered_with_parent"))
    count.add("closed", at, unit, state in ("resolved", "archived"), out=_out_of_received(document))
    count.add("extended", at, unit, bool(_of(document, "extension_granted")), out=_out_of_received(document))
    count.add("replied", at, unit, answered, out=gone)
    if answered and not gone:
        out = "" if document["secrecy"] == "public" else "not_public"
        count.add("replied_publicly", at, unit, bool(_of(document, "reply_published")), out=out)
    again = any(why != "unlinked" for _, _, why in _linked_spans(document))
    again = again or bool(_of(document, "repeat_noted"))
    again = again or any(e.get("reject_reason") == "same_matter" for e in document["events"])
    count.add("repeated", at, unit, again, out="withdrawn" if state == "withdrawn" else "")


def _handed(document: dict[str, Any], count: Count) -> None:
    handed: list[dict[str, Any]] = []
    for event in document["events"]:
        unit, known = event["unit_id"], [h["unit"] for h in handed]
        by_the_centre = event["kind"] in ("dispatched", "transferred")
        unasked = event["kind"] == "reopened" and unit is not None and unit not in known
        if by_the_centre or event["kind"] == "relayed" or unasked:
            handed.append({"unit": unit, "centre": by_the_centre, "approved": False, "refused": False})
        elif event["kind"] in ("return_approved", "return_refused"):
            theirs = [h for h in handed if h["unit"] == event["unit_id"]][-1]
            theirs["approved"] = theirs["approved"] or event["kind"] == "return_approved"
            theirs["refused"] = event["kind"] == "return_refused"
    for each in handed:
        at = document["received_at"]
        count.add("returned", at, each["unit"], each["approved"])
        if each["centre"]:
            count.add("misdispatched", at, None, each["approved"])
        count.add("unreasonable_returns", at, each["unit"], each["refused"])


def _closings(document: dict[str, Any], count: Count) -> None:
    steps = _of(document, "resolved", "answered_with_parent", "reopened")
    for event, later in zip_longest(steps, steps[1:]):
        if event["kind"] != "reopened":
            again = later is not None and later["kind"] == "reopened"
            count.add("reopened", event["at"], event["unit_id"], again)


def _citizens_words(document: dict[str, Any], now: datetime, count: Count) -> None:
    promises, _ = _promises(document)
    contacted = any(p["name"] == "first_contact" and p["end"] == "kept" for p in promises)
    reached = [e for e in _of(document, "visited") if e.get("outcome") == "reached"]
    for visit in reached:
        unit, at, solved = visit["unit_id"], visit["at"], visit["solved"]
        excused = _out_of_words(document, visit)
        count.add("responded", at, unit, contacted, out=excused)
        count.add("solved", at, unit, solved != "no", out=excused)
        neither = "unsolved" if solved == "no" else ""
        count.add("really_solved", at, unit, solved == "real", out=excused or neither)
    for rating in _of(document, "rated"):
        unit, at, stars = rating["unit_id"], rating["at"], rating["stars"]
        excused = _out_of_words(document, rating)
        count.add("satisfied", at, unit, stars >= 3, out=excused)
        weight = {5: 10, 4: 10, 3: 8}.get(stars, 0)
        count.add("satisfied_weighted", at, unit, weight > 0, out=excused, tenths=weight)
        if stars >= 3:
            continue
        taken_up = [e["at"] for e in _of(document, "reopened") if e["at"] >= at]
        closed = bool(taken_up) and any(e["at"] > taken_up[0] for e in _of(document, "resolved"))
        heard = any(e["at"] >= at for e in reached)
        for figure, done, clock in (
            ("rectified", closed, "rework"),
            ("revisited", heard, "follow_up_visit"),
        ):
            ahead = [
                c["due_at"]
                for c in document["clocks"]
                if c["name"] == clock and c["stopped_at"] is None and c["due_at"] > at
            ]
            early = not done and bool(ahead) and ahead[0] >= now
            count.add(figure, at, unit, done, out=excused or ("not_yet_due" if early else ""))
