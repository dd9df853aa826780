"""docs/figures.md names every figure, exclusion, score profile and sheet there is, and none there is not."""

from __future__ import annotations

import re
from pathlib import Path

from bot.figure_wording import MEANINGS
from routing.figures.counting import Exclusion, FigureName
from routing.figures.scores import score_profile_names

PAGE = (Path(__file__).parents[1] / "docs/figures.md").read_text(encoding="utf-8")
TICKETS = PAGE[: PAGE.index("## The library's figures")]


def test_the_table_has_a_line_for_every_figure_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TICKETS, re.M) == [name.value for name in FigureName]


def test_every_exclusion_and_every_shipped_profile_is_named() -> None:
    for word in (*(reason.value for reason in Exclusion), *score_profile_names()):
        assert f"`{word}`" in TICKETS or f" {word}" in TICKETS, word


def test_the_words_of_officials_are_the_documents_words() -> None:
    spoken = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", TICKETS, re.M))
    for name, meaning in MEANINGS.items():
        first = spoken[name.value].split(" (")[0]
        assert first == meaning.title or name is FigureName.REALLY_SOLVED, name


def test_the_definitions_officials_read_are_the_documents() -> None:
    """A workbook once printed 公开回复率 by another definition than the one it was counted by."""
    words = TICKETS[TICKETS.index("### In the words of officials") :].split("\n## ")[0]
    printed = re.findall(r"^- ([^：]+)：(.+)$", words, re.M)
    assert printed == [(meaning.title, meaning.terms) for meaning in MEANINGS.values()]
