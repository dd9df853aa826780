"""What the dialogue answers a message with: words, and whether a person takes over from here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. With ``hand_over`` the platform is told to pass the citizen on to its own customer service.

    A passive reply can do one thing only, so the words of a hand-over go out beside it as a customer-service message.
    """

    text: str
    hand_over: bool = False
    again: bool = False
    """Somebody may have begun on this message before: an earlier delivery may have promised it a late answer."""


def as_reply(said: Reply | str | None) -> Reply | None:
    """Bare words are a reply that hands nobody over."""
    return Reply(said) if isinstance(said, str) else said
