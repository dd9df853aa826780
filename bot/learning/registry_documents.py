"""Models and switches as MongoDB keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.learning.registered import (
    ModelKind,
    ModelState,
    RegisteredModel,
    Switch,
    SwitchAction,
)
from routing.mongo_store import Document


def switch_document(switch: Switch) -> Document:
    return {
        "seq": switch.seq,
        "at": switch.at,
        "action": switch.action.value,
        "from_version": switch.from_version,
        "to_version": switch.to_version,
        "who": switch.who,
        "why": switch.why,
    }


def read_switch(document: Document) -> Switch:
    return Switch(**{**document, "action": SwitchAction(document["action"])})


def model_of(document: Document, switches: list[Switch]) -> RegisteredModel:
    return RegisteredModel(
        kind=ModelKind(document["kind"]),
        version=document["version"],
        state=_state(document, switches),
        sha256=document["sha256"],
        size=document["size"],
        rows=document["rows"],
        labels=tuple(document["labels"]),
        trained_at=document["trained_at"],
        data_since=document["data_since"],
        data_until=document["data_until"],
        card=document["card"],
        figures=document["figures"],
        comparison=document["comparison"],
        created_by=document["created_by"],
        decided_by=document.get("decided_by"),
        decided_at=document.get("decided_at"),
        why=document.get("why"),
    )


def _state(document: Document, switches: list[Switch]) -> ModelState:
    version = document["version"]
    if switches and switches[-1].to_version == version:
        return ModelState.LIVE
    if any(switch.to_version == version for switch in switches):
        return ModelState.RETIRED
    return ModelState(document["decision"])


def keyed(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Without the per-label table, which the comparison has: MongoDB keys must not hold arbitrary labels."""
    return {name: value for name, value in figures.items() if name not in ("per_label", "coverage_at")} | {
        "coverage_at": [[at, share] for at, share in dict(figures.get("coverage_at", {})).items()]
    }
