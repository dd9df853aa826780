"""Watching figures being made: which ticket was judged for which figure, and in which thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from routing.figures.counting import JUDGES, FigureName, FigureRow, Judge, Period, Verdict


def watch_the_judges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[FigureName, str, int]]:
    """(figure, ticket, thread) of every judgement from now on."""
    seen: list[tuple[FigureName, str, int]] = []

    def watched(name: FigureName, judge: Judge) -> Judge:
        def note_and_judge(row: FigureRow, period: Period) -> Iterator[Verdict]:
            seen.append((name, row.number, threading.get_ident()))
            return judge(row, period)

        return note_and_judge

    for name, judge in list(JUDGES.items()):
        monkeypatch.setitem(JUDGES, name, watched(name, judge))
    return seen
