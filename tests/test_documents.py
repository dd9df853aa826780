"""What the documents say is held to the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, settings_table
from knowledge_base.gaps.figures import KnowledgeFigure
from routing.figures.counting import FigureName

ROOT = Path(__file__).parents[1]
MARKDOWN = sorted(p for p in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def test_the_settings_page_is_what_the_code_says() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_table()


def test_the_example_environment_names_only_settings_that_exist() -> None:
    named = set(re.findall(rf"^#?({PREFIX}\w+)=", (ROOT / "docker/example.env").read_text(), re.M))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}
    assert f"{PREFIX}SECRET_KEY" in named


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda p: p.name)
def test_every_link_between_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_figure_is_explained() -> None:
    page = (ROOT / "docs/figures.md").read_text()
    for name in (*FigureName, *KnowledgeFigure):
        assert f"`{name.value}`" in page
