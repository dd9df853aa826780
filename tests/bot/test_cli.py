"""``huiyin`` imports what the command needs, and knows which modules that are."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import _PARTS, application

WORDS = sorted({word for part in _PARTS for word in part.words})


@cache
def tree(word: str = "") -> dict[str, frozenset[str]]:
    """Words of the first rank → those of the second."""
    command = get_command(application(word))
    assert isinstance(command, TyperGroup)
    return {
        name: frozenset(inner.commands) if isinstance(inner, TyperGroup) else frozenset()
        for name, inner in command.commands.items()
    }


@pytest.mark.parametrize("word", WORDS)
def test_the_modules_of_a_word_bring_all_its_commands(word: str) -> None:
    assert tree(word)[word] == tree()[word]


def test_no_command_is_missing_from_the_table_nor_in_it_for_nothing() -> None:
    assert sorted(tree()) == WORDS


def test_a_word_nobody_knows_leads_to_the_list_of_all() -> None:
    assert sorted(tree("nonsense")) == WORDS


def test_an_administrators_command_does_not_load_the_learning_of_the_classifier() -> None:
    asked = "import sys; from bot.cli import application; application('key'); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=120
    ).stdout.split()
    assert "bot.commands.staff" in loaded
    assert not [name for name in loaded if name in ("bot.commands.demo", "bot.learning.training_run")]
