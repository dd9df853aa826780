"""Which line of the last reply's menu a message means, pure."""

from __future__ import annotations

from bot.talk import phrases, spoken
from bot.talk.replacing import replace
from bot.talk.session import Choice, Pick, Session, Step


def chosen(session: Session, word: str, text: str) -> Choice | None:
    """By its digit, its word, or what is said for it; None where the message is no choice."""
    first = phrases.first_digit(session.step)
    if word.isascii() and word.isdigit():
        index = int(word) - first if len(word) <= 2 else -1
        return session.choices[index] if 0 <= index < len(session.choices) else None
    for choice in session.choices:
        if word == spoken.command_word(choice.word) or text == choice.word:
            return choice
    # Yes answers one guessed type; in the menu of six it chooses nothing.
    meant = (c for c in session.choices if c.pick is not Pick.TYPE or session.step is Step.CONFIRM_TYPE)
    found = next((c for c in meant if word in spoken.SPOKEN_FOR.get(c.pick, ())), None)
    # Yes to a withdrawal names none of its reasons.
    return replace(found, value="") if found and found.pick is Pick.WITHDRAW_SURELY else found
