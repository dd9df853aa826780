"""What the registry keeps of a model, and what can become of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ModelKind(StrEnum):
    """What a model tells: the topic of a message, or the unit that answers it."""

    TOPICS = "topics"
    UNITS = "units"


class ModelState(StrEnum):
    """What became of a model. ``approved`` is a moment only: an approved model goes live at once."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    LIVE = "live"
    RETIRED = "retired"
    REFUSED = "refused"


class SwitchAction(StrEnum):
    """Why the live model changed."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


class UnknownModel(Exception):
    """No model of that kind and version."""


class NothingToRollBack(Exception):
    """The model that ships is already at work."""


class NotACandidate(Exception):
    """The model was decided upon before."""


class ComparedWithAnother(Exception):
    """The model was compared with another than the live one; trained anew, it will be compared with that."""


class GateRefused(Exception):
    """The gate found that something would be lost; the message is the rules that failed."""


class ArtefactDamaged(Exception):
    """The stored bytes are missing, cut short or altered."""


class ArtefactTooLarge(Exception):
    """More than the registry takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredModel:
    """One model. ``comparison`` is the gate's verdict against the model that was live when this one was trained."""

    kind: ModelKind
    version: str
    state: ModelState
    sha256: str
    size: int
    rows: int
    labels: tuple[str, ...]
    trained_at: datetime
    data_since: datetime | None
    data_until: datetime | None
    card: Mapping[str, Any]
    figures: Mapping[str, Any] = field(default_factory=dict)
    comparison: Mapping[str, Any] | None = None
    created_by: str
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """One change of the live model; ``None`` is the model that ships with the installation."""

    seq: int
    at: datetime
    action: SwitchAction
    from_version: str | None
    to_version: str | None
    who: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewModel:
    """What a training hands in. ``said`` is what the model said, out of sample, of recent tickets by number: the
    next comparison needs it to be fair. No text is in it."""

    kind: ModelKind
    artefact: bytes
    rows: int
    labels: tuple[str, ...]
    trained_at: datetime
    data_since: datetime | None
    data_until: datetime | None
    card: Mapping[str, Any]
    figures: Mapping[str, Any]
    comparison: Mapping[str, Any] | None
    created_by: str
    said: bytes = b""
