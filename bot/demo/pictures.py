"""The photos of the demo's past, drawn here: what citizens show of a matter, and what a unit shows of its being done."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

WIDTH: Final = 960
HEIGHT: Final = 720
_GROUND: Final = 430
"""Where the ground begins, in pixels from above."""

Colour = tuple[int, int, int]


@dataclass(slots=True)
class _Scene:
    """One picture being drawn. ``done``: as it looks after the unit was there."""

    draw: ImageDraw.ImageDraw
    dice: random.Random
    done: bool


def matter_photo(words: str, *, done: bool, seed: int) -> bytes | None:
    """A JPEG of what ``words`` complain of, before or after; None for what nobody takes a picture of."""
    paint = next((paint for said, paint in _PAINTED if any(word in words for word in said)), None)
    if paint is None:
        return None
    dice = random.Random(seed)
    picture = Image.new("RGB", (WIDTH, HEIGHT), (26, 32, 46) if paint is _lamp else (188, 208, 224))
    scene = _Scene(ImageDraw.Draw(picture), dice, done)
    _street(scene, dark=paint is _lamp)
    paint(scene)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()


def _street(scene: _Scene, *, dark: bool) -> None:
    """Houses behind, a road in front."""
    x = -40
    while x < WIDTH:
        width, height = scene.dice.randint(110, 190), scene.dice.randint(150, 300)
        wall = scene.dice.randint(50, 64) if dark else scene.dice.randint(165, 205)
        scene.draw.rectangle((x, _GROUND - height, x + width, _GROUND), fill=(wall, wall - 4, wall - 10))
        for row in range(_GROUND - height + 20, _GROUND - 40, 46):
            for column in range(x + 16, x + width - 24, 40):
                lit = dark and scene.dice.random() < 0.2
                pane: Colour = (236, 206, 140) if lit else (wall - 26, wall - 18, wall - 6)
                scene.draw.rectangle((column, row, column + 20, row + 26), fill=pane)
        x += width + scene.dice.randint(0, 26)
    road = 44 if dark else 128
    scene.draw.rectangle((0, _GROUND, WIDTH, HEIGHT), fill=(road, road + 2, road + 6))
    scene.draw.rectangle((0, _GROUND, WIDTH, _GROUND + 26), fill=(road + 34, road + 32, road + 26))
    for x in range(-30, WIDTH, 170):
        scene.draw.polygon([(x, 590), (x + 90, 590), (x + 78, 606), (x - 14, 606)], fill=(road + 80,) * 3)


def _lamp(scene: _Scene) -> None:
    """Three lamps; one of them lights, or all of them once it is done."""
    for n, x in enumerate((180, 480, 780)):
        if scene.done or n == 2:
            for step in range(10, 0, -1):
                warm = (40 + 14 * (11 - step), 40 + 12 * (11 - step), 46 + 7 * (11 - step))
                spread = 16 * step
                scene.draw.polygon([(x + 70, 150), (x + 70 - spread, 640), (x + 70 + spread, 640)], fill=warm)
        scene.draw.rectangle((x - 6, 140, x + 6, 560), fill=(92, 96, 102))
        scene.draw.line((x, 144, x + 78, 132), fill=(92, 96, 102), width=9)
        head: Colour = (255, 240, 190) if scene.done or n == 2 else (58, 60, 66)
        scene.draw.ellipse((x + 46, 122, x + 98, 150), fill=head)


def _pothole(scene: _Scene) -> None:
    """A hole in the road with a broken edge, or the square of fresh asphalt in its place."""
    if scene.done:
        scene.draw.polygon([(300, 520), (690, 520), (740, 660), (250, 660)], fill=(62, 63, 66))
        return
    rim = [
        (500 + dx * scene.dice.uniform(0.9, 1.15), 590 + dy * scene.dice.uniform(0.9, 1.15))
        for dx, dy in (
            (-210, 0), (-150, -46), (-40, -62), (90, -56), (190, -26), (214, 14), (140, 52), (10, 66), (-130, 44)
        )
    ]  # fmt: skip
    scene.draw.polygon(rim, fill=(96, 90, 84))
    scene.draw.polygon([(500 + (x - 500) * 0.8, 596 + (y - 590) * 0.78) for x, y in rim], fill=(54, 50, 48))
    scene.draw.ellipse((420, 586, 600, 632), fill=(92, 110, 126))


def _rubbish(scene: _Scene) -> None:
    """Bags around a bin, or the bin alone."""
    scene.draw.rectangle((400, 380, 540, 570), fill=(52, 118, 74))
    scene.draw.rectangle((390, 360, 550, 392), fill=(40, 96, 60))
    if scene.done:
        return
    for _ in range(26):
        x, y = scene.dice.randint(220, 700), scene.dice.randint(470, 620)
        shade = scene.dice.choice(((38, 38, 42), (226, 226, 222), (150, 60, 52), (196, 176, 120)))
        scene.draw.ellipse((x, y, x + scene.dice.randint(50, 96), y + scene.dice.randint(36, 64)), fill=shade)


def _water(scene: _Scene) -> None:
    """Water over the road from an open cover, or a dry road and the cover closed."""
    if not scene.done:
        scene.draw.polygon([(120, 560), (420, 500), (820, 540), (900, 700), (60, 700)], fill=(112, 134, 150))
        for _ in range(30):
            x, y = scene.dice.randint(150, 800), scene.dice.randint(560, 690)
            scene.draw.line((x, y, x + scene.dice.randint(30, 90), y), fill=(158, 178, 190), width=3)
    cover: Colour = (72, 72, 74) if scene.done else (18, 20, 24)
    scene.draw.ellipse((420, 520, 580, 580), fill=(86, 84, 80))
    scene.draw.ellipse((432, 526, 568, 574), fill=cover)


_PAINTED: Final[tuple[tuple[tuple[str, ...], Callable[[_Scene], None]], ...]] = (
    (("路灯",), _lamp),
    (("坑", "路面", "破损", "塌陷"), _pothole),
    (("垃圾", "堆放", "保洁"), _rubbish),
    (("积水", "井盖", "漏水", "污水", "下水"), _water),
)
