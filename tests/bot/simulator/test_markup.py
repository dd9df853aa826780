"""Only what WeChat makes tappable is tappable; the rest stays words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.markup import Choice, Link, Plain, choice, choices, segments

TAP = '<a href="weixin://bizmsgmenu?msgmenucontent=满意&msgmenuid=101">满意</a>'


def test_a_tap_menu_line_is_a_choice() -> None:
    assert segments(f"请评价：\n{TAP}。") == (Plain("请评价：\n"), Choice("满意", "满意", "101"), Plain("。"))
    assert choices(TAP) == (Choice("满意", "满意", "101"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<a href="https://example.org/a?b=1&c=2">看</a>', Link("看", "https://example.org/a?b=1&c=2")),
        ("<a href='http://example.org/'>看</a>", Link("看", "http://example.org/")),
        ("https://example.org/x，", Link("https://example.org/x", "https://example.org/x")),
    ],
)
def test_links_open(text: str, expected: Link) -> None:
    assert segments(text)[0] == expected


@pytest.mark.parametrize(
    "text",
    [
        '<a href="javascript:alert(1)">看</a>',
        '<a href="data:text/html,x">看</a>',
        '<a href="weixin://dl/business">看</a>',
        '<a href="http://[">看</a>',
        "<script>alert(1)</script>",
        "<b>粗</b> & &lt;",
        "<a>无</a>",
    ],
)
def test_everything_else_stays_plain(text: str) -> None:
    assert all(isinstance(segment, Plain) for segment in segments(text))
    assert "".join(segment.text for segment in segments(text) if isinstance(segment, Plain)) == text


@given(st.text())
def test_text_without_markup_is_shown_whole(text: str) -> None:
    shown = [segment.text if isinstance(segment, Plain) else segment.label for segment in segments(text)]
    assert "".join(shown) == text


@given(
    st.text(
        alphabet=st.characters(exclude_characters='<>"', codec="utf-8", categories=["L", "N", "P"]),
        min_size=1,
    )
)
def test_what_is_offered_to_tap_is_what_comes_back(content: str) -> None:
    assert choices(choice(content, "7")) == (Choice(content, content, "7"),)
