"""How a turn becomes one WeChat text: what is said, the menu with its digits, the ways out; 2048 bytes at most."""

from __future__ import annotations

from bot.talk.session import FREE_TEXT_STEPS, Choice, Pick, Session, Step, Turn
from bot.wechat_text import MOST_BYTES, clip, tap

MENU = "请选一项，或者直接说您的事。"


def render(turn: Turn) -> str:
    """Say, menu and way out as one text of at most 2048 bytes; only what is said is ever shortened."""
    tail = "\n".join(line for line in (menu(turn.session), footer(turn.session)) if line)
    body = "\n\n".join(part for part in turn.say if part) or MENU
    room = MOST_BYTES - len(tail.encode()) - 2
    return f"{clip(body, room)}\n\n{tail}" if tail else clip(body, MOST_BYTES)


def menu(session: Session) -> str:
    """The choices with the digits that mean them."""
    first = first_digit(session.step)
    return "\n".join(
        _line(first + n, choice, noted=not session.elder) for n, choice in enumerate(session.choices)
    )


def footer(session: Session) -> str:
    """The ways out, the same everywhere: 0 a person, back, # cancel. With a person at the desk, only the way back."""
    if session.step is Step.PERSON:
        return tap("#", "# 回到自动服务")
    if session.step is Step.HOME:
        return f"{tap('人工', '0 人工')}　{tap('首页', '# 首页')}"
    back = "1 返回" if session.step in FREE_TEXT_STEPS else "返回"
    return f"{tap('人工', '0 人工')}　{tap('返回', back)}　{tap('取消', '# 取消')}"


def first_digit(step: Step) -> int:
    """Where the citizen writes freely, 1 always goes back; elsewhere the choices begin at 1."""
    return 2 if step in FREE_TEXT_STEPS else 1


def _line(digit: int, choice: Choice, *, noted: bool) -> str:
    # A ticket's number says nothing without its note.
    noted = noted or choice.pick is Pick.TICKET
    note = f"　{choice.note}" if choice.note and noted else ""
    return f"{digit} {tap(choice.word, choice_id=digit)}{note}"
