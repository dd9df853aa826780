"""The account's own templates as the platform knows them: a title, and a label for each field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SampleTemplate:
    """One template or subscription notice of an account's library."""

    title: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Field name (``thing1``) → what stands before its value."""
    subscription: bool = False
    """Sent only to those who agreed."""


Library = Mapping[str, SampleTemplate]
"""Template id → template. Of ids that are not in it the platform shows the bare values."""
