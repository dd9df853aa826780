"""A line chart as a small SVG file: what a few figures of the documentation need, and no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 40, 56
COLOURS = ("#1f6feb", "#d1242f", "#2da44e", "#8250df")


@dataclass(frozen=True, slots=True)
class Line:
    """One curve; None leaves a gap."""

    name: str
    values: Sequence[float | None]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line with a word at one position of the x axis."""

    at: int
    word: str


def write_chart(
    path: Path,
    *,
    title: str,
    x_labels: Sequence[str],
    lines: Sequence[Line],
    marks: Sequence[Mark] = (),
    low: float = 0.0,
    high: float = 1.0,
) -> None:
    """Shares between ``low`` and ``high`` over equally spaced positions."""
    count = max(len(x_labels) - 1, 1)

    def x(at: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * at / count

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (value - low) / (high - low))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" font-size="14" font-weight="bold" fill="#1f2328">{escape(title)}</text>',
    ]
    for step in range(6):
        value = low + (high - low) * step / 5
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#d8dee4"/>'
            f'<text x="{LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#57606a">{value:.0%}</text>'
        )
    every = max(1, len(x_labels) // 10)
    for at, label in enumerate(x_labels):
        if at % every == 0:
            parts.append(
                f'<text x="{x(at):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#57606a">'
                f"{escape(label)}</text>"
            )
    for mark in marks:
        parts.append(
            f'<line x1="{x(mark.at):.1f}" x2="{x(mark.at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
            'stroke="#9a6700" stroke-dasharray="2 3"/>'
            f'<text x="{x(mark.at) + 4:.1f}" y="{TOP + 12}" fill="#9a6700">{escape(mark.word)}</text>'
        )
    for number, line in enumerate(lines):
        parts += _curve(line, COLOURS[number % len(COLOURS)], x, y)
        at = LEFT + 150 * number
        parts.append(
            f'<rect x="{at}" y="{HEIGHT - 22}" width="14" height="4" fill="{COLOURS[number % len(COLOURS)]}"/>'
            f'<text x="{at + 20}" y="{HEIGHT - 16}" fill="#1f2328">{escape(line.name)}</text>'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _curve(line: Line, colour: str, x: Callable[[int], float], y: Callable[[float], float]) -> list[str]:
    """The curve in as many pieces as its gaps leave."""
    pieces: list[list[str]] = [[]]
    for at, value in enumerate(line.values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{x(at):.1f},{y(value):.1f}")
    dash = ' stroke-dasharray="6 4"' if line.dashed else ""
    return [
        f'<polyline points="{" ".join(piece)}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        if len(piece) > 1
        else f'<circle cx="{piece[0].split(",")[0]}" cy="{piece[0].split(",")[1]}" r="2.5" fill="{colour}"/>'
        for piece in pieces
        if piece
    ]
