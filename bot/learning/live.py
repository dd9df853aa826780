"""What messages are answered with right now: one immutable set, swapped at once, so that no message sees two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.conversations.dialogue import Dialogue
from bot.learning.registry import ModelKind
from bot.learning.unit_models import ranker
from bot.learning.words import drift_reasons
from bot.wechat.messages import IncomingMessage
from bot.wechat.reply import Reply
from classifier.drift import DriftState, Level
from classifier.model import TextModel
from routing.reference_tables import ReferenceTables
from routing.service_desk import ServiceDesk, TriageTools
from routing.timing.sla import Profile
from routing.triage.automation import OPEN_GATE, Gate
from routing.triage.composition import Composition


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSet:
    """Models, tables and gate that belong together. ``versions`` has None for a model that ships."""

    topics: TextModel
    unit_model: Composition | None = None
    """What past dispatches taught about units; None until the first such model is live."""
    reference: ReferenceTables
    gate: Gate = OPEN_GATE
    versions: Mapping[ModelKind, str | None]
    alarms: tuple[str, ...] = ()
    """What could not be loaded, in Chinese; the set before it stays at work."""


class LiveModels:
    """Holds the present set and hands it to the desk and the dialogue. Swapped on the event loop, without an
    ``await`` in between: whoever reads ``current`` once has one set for a whole message."""

    def __init__(self, first: LiveSet, *, desk: ServiceDesk, dialogue: Dialogue) -> None:
        self._desk = desk
        self._current = first
        self._dialogue = dialogue

    @property
    def current(self) -> LiveSet:
        return self._current

    async def answer(self, message: IncomingMessage, *, now: datetime) -> Reply | None:
        """The dialogue with the present tables; implements ``bot.wechat.webhook.Respond``."""
        return await self._dialogue(message, now=now)

    def swap(self, new: LiveSet) -> None:
        """From the next message on."""
        self._current = new
        self._desk.triage = triage_tools(new, before=self._desk.triage)
        errands = replace(self._dialogue.errands, units=new.reference.units)
        self._dialogue = replace(self._dialogue, errands=errands)

    def use_profile(self, profile: Profile) -> None:
        """Promise by other rules from the next act on."""
        self._desk.profile = profile
        errands = replace(self._dialogue.errands, calendar=profile.calendar)
        self._dialogue = replace(self._dialogue, errands=errands)

    def use_profiles(self, profiles: Mapping[str, Profile]) -> None:
        """Promise the tickets of accounts that have rules of their own by these, from the next act on."""
        self._desk.profiles = profiles

    def versions(self) -> dict[str, str]:
        """For /readyz: what is at work by kind."""
        return versions_of(self._current)


def versions_of(live: LiveSet) -> dict[str, str]:
    """What a set consists of, by kind."""
    models = {kind.value: version or "shipped" for kind, version in live.versions.items()}
    return {**models, "reference": str(live.reference.version or "shipped")}


def triage_tools(live: LiveSet, *, before: TriageTools | None = None) -> TriageTools:
    """The desk's tools for this set; what does not hang on models or tables stays as it was ``before``."""
    tools = TriageTools(
        classify=live.topics.classify,
        duties=live.reference.duties,
        units=live.reference.units,
        gazetteer=live.reference.gazetteer,
        topics=frozenset(live.topics.labels),
        rank=ranker(live.unit_model, live.reference.gazetteer) if live.unit_model else None,
        gate=live.gate,
    )
    if before is None:
        return tools
    return replace(
        before,
        classify=tools.classify,
        duties=tools.duties,
        units=tools.units,
        gazetteer=tools.gazetteer,
        topics=tools.topics,
        rank=tools.rank,
        gate=tools.gate,
    )


def gate_of(state: DriftState | None, live: LiveSet) -> Gate:
    """What triage asks while the drift monitor stands there."""
    if state is None:
        return OPEN_GATE
    stopped = frozenset(state.stopped)
    if state.level is Level.STOPPED:
        stopped |= {*live.topics.labels, *(unit.id for unit in live.reference.units.all())}
    if not stopped and not state.tightened_by:
        return OPEN_GATE
    return Gate(tightened_by=state.tightened_by, why=drift_reasons(state) or None, stopped=stopped)
