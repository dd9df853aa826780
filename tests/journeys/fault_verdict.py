"""What a fault run found: each message against what the citizen read, each notice against the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.simulator.faults import OUTCOME_UNKNOWN
from bot.simulator.records import ApiCall, ChatEntry, Delivery, EntryKind, Outcome, TryResult
from bot.wording import APOLOGY

SEND = "message/custom/send"
_UNKNOWN = {str(fault) for fault in OUTCOME_UNKNOWN}
_TOLD = {"sent", "delivered"}
_SUBSCRIPTION = "订阅通知"
_SHOWN_AS: dict[str, Callable[[ChatEntry], bool]] = {
    "template": lambda entry: entry.kind is EntryKind.TEMPLATE and entry.note != _SUBSCRIPTION,
    "subscription": lambda entry: entry.kind is EntryKind.TEMPLATE and entry.note == _SUBSCRIPTION,
    "sms": lambda entry: entry.kind is EntryKind.SMS,
}
"""Rungs whose messages are told apart from the chat's own on the citizen's phone."""
CUT_SHORT = timedelta(seconds=20)
"""Of the run's own clock, which is twenty times as fast: a second of ours."""


@dataclass
class Citizen:
    """What one citizen wrote, and what the platform made of each message."""

    openid: str
    deliveries: list[Delivery] = field(default_factory=list)
    mark: str = ""
    """What makes this citizen's filing unlike any other; empty for who files nothing."""
    number: str = ""
    calls: list[ApiCall] = field(default_factory=list)

    @property
    def kept(self) -> int:
        """Messages whose answers were promised for later."""
        return sum(one.outcome is Outcome.SUCCESS for one in self.deliveries)

    @property
    def pushed_again(self) -> int:
        """Answers that came although one was read already: the platform delivered once more after the end, to a
        process too slow for it. The service cannot know that the first answer arrived."""
        return sum(one.outcome is Outcome.ANSWERED and None in one.repeated for one in self.deliveries)

    @property
    def unknown(self) -> int:
        """Customer-service messages of which the service could not know whether they arrived, and those refused
        for good."""
        return sum(
            call.endpoint == SEND and (call.fault in _UNKNOWN or call.code == 40003) for call in self.calls
        )

    def cut_short(self, killed: Iterable[datetime]) -> int:
        """Answers whose worker was killed as it heard what had come of the sending: nobody may send them again."""
        sent = [call.at for call in self.calls if call.endpoint == SEND]
        return sum(any(timedelta() <= at - one < CUT_SHORT for at in killed) for one in sent)


@dataclass
class Verdict:
    """Counts, and a line for everything that should not have been. ``worker_killed_at`` is when workers died."""

    worker_killed_at: tuple[datetime, ...] = ()
    seen: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def judge(self, citizen: Citizen, entries: Iterable[ChatEntry]) -> None:
        """One citizen's talk; notices of a ticket are judged by ``judge_ticket``."""
        lines = [entry for entry in entries if not entry.from_citizen]
        for delivery in citizen.deliveries:
            self._delivery(citizen, delivery)
        self.seen["messages"] += len(citizen.deliveries)
        self.seen["apologies"] += sum(APOLOGY in entry.text for entry in lines)
        faults = sum(entry.kind is EntryKind.FAULT for entry in lines)
        if citizen.mark:
            return
        # One delivered once more may be apologised for beside the answer that an earlier delivery was promised.
        apologies = sum(APOLOGY in entry.text for entry in lines)
        answers = len(lines) - faults
        expected = len(citizen.deliveries) - faults
        # Behind the platform's own notice an answer may still come.
        if answers > expected + faults + apologies + citizen.pushed_again:
            self._wrong("answered twice", citizen)
        elif answers < expected - citizen.unknown - citizen.cut_short(self.worker_killed_at):
            self._wrong("not answered", citizen)
        elif answers < expected:
            self.seen["outcome unknown"] += expected - answers

    def _delivery(self, citizen: Citizen, delivery: Delivery) -> None:
        self.seen[f"{delivery.outcome}"] += 1
        for one in delivery.tries:
            if one.status is not None and one.status >= 500:
                self._wrong("HTTP 5xx", citizen)
            if one.result is TryResult.MALFORMED:
                self._wrong(f"malformed: {one.error}", citizen)
        for again in delivery.repeated:
            if again is None or not delivery.replies or APOLOGY in (again, delivery.replies[0]):
                self.seen["delivered again: to be pushed"] += 1
            elif again == delivery.replies[0]:
                self.seen["delivered again: the same reply"] += 1
            else:
                self._wrong(f"another reply to the same message: {again[:40]!r}", citizen)

    def judge_ticket(
        self, citizen: Citizen, entries: Iterable[ChatEntry], tickets: list[dict[str, Any]], answer: str
    ) -> None:
        """The filing became one ticket, and each notice of its ledger is on the phone once."""
        lines = [entry for entry in entries if not entry.from_citizen]
        said = [entry for entry in lines if entry.kind is not EntryKind.FAULT]
        if len(tickets) > 1:
            self._wrong(f"{len(tickets)} tickets of one filing", citizen)
        if citizen.number and len(tickets) != 1:
            self._wrong("the ticket is lost", citizen)
        ledger = [
            entry
            for ticket in tickets
            for entry in ticket["outbox"]
            if entry["audience"] == "citizen" and entry["channel"] == "wechat"
        ]
        states = Counter(entry["state"] for entry in ledger)
        self.seen.update({f"notice {state}": count for state, count in states.items()})
        told = sum(states[state] for state in _TOLD)
        if set(states) - _TOLD - {"unknown", "waiting", "failed", "expired"}:
            self._wrong(f"a notice nobody finished: {dict(states)}", citizen)
        doubtful, read, by_others = states["unknown"], 0, 0
        for rung, is_its in _SHOWN_AS.items():
            shown = sum(is_its(entry) for entry in said)
            its = [entry["state"] for entry in ledger if entry.get("rung") == rung]
            by_rung, in_doubt = sum(state in _TOLD for state in its), its.count("unknown")
            if not by_rung <= shown <= by_rung + in_doubt:
                self._wrong(f"{shown} read by {rung}, {by_rung} told", citizen)
            self.seen[f"told by {rung}"] += by_rung
            doubtful, read, by_others = doubtful - in_doubt, read + shown, by_others + by_rung
        # Everything else that arrived: an answer to each message, and the notices told in the chat.
        rest, expected = len(said) - read, len(citizen.deliveries) + told - by_others
        faults = len(lines) - len(said)
        apologies = sum(APOLOGY in entry.text for entry in said)
        if rest > expected + doubtful + apologies + citizen.pushed_again:
            self._wrong(f"{rest} lines read, {expected} written", citizen)
        if rest < expected - faults - citizen.unknown - citizen.cut_short(self.worker_killed_at):
            self._wrong(f"only {rest} lines read, {expected} written", citizen)
        if answer and sum(answer in entry.text for entry in said if entry.note == "客服消息") > 1:
            self._wrong("the unit's answer came twice", citizen)

    def _wrong(self, what: str, citizen: Citizen) -> None:
        self.seen[f"WRONG {what.partition(':')[0]}"] += 1
        fates = [
            (str(d.outcome), [(str(t.result), t.status, round(t.milliseconds)) for t in d.tries], d.repeated)
            for d in citizen.deliveries
        ]
        met = [(call.endpoint, call.code, call.fault) for call in citizen.calls]
        self.wrong.append(f"{what}: {fates} {met}")


def overwhelmed(delivery: Delivery, cut_after_s: float) -> bool:
    """Whether every try of a push took the platform's whole patience or was lost on the way: the machine was busy."""
    return all(
        one.result is TryResult.LOST
        or one.milliseconds > cut_after_s * 900
        or one.result is TryResult.UNREACHABLE
        for one in delivery.tries
    )
