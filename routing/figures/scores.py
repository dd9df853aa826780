"""Score profiles as data: points from figures, deductions, ranking among peers, red and black list (domain §4).

A part whose figure has too little to count is blank: its points are neither earned nor available, so nobody loses or
gains by what did not happen. Units are ranked by the share of the available points they earned; who could earn less than
half of all points is not, so that one easy ticket wins nothing. Equal shares are treated alike, at the cut of a list too.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from routing.departments import UnitId, Units
from routing.figures.counting import Figure, FigureName, Groups
from routing.figures.stars import StarClass

SHIPPED = Path(__file__).parent.parent / "data" / "scores"


class ScoreProfileInvalid(ValueError):
    """A score profile cannot be used; the message names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Part:
    """``points`` for a figure's value; ``less_is_better`` for its complement. ``volume``: the denominator's share of the
    busiest peer's, so that who handles most earns all of them."""

    figure: FigureName
    points: float
    volume: bool = False
    less_is_better: bool = False


@dataclass(frozen=True, slots=True)
class Deduction:
    """``each`` point off for every ticket in the figure's numerator, ``most`` at the most."""

    figure: FigureName
    each: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreProfile:
    """``red`` best units are praised; of the ``black`` worst those under ``black_below`` are named. A part counts from
    ``least`` in its figure's denominator, a unit is ranked from ``least_available`` of all points."""

    name: str
    title: str
    version: str
    parts: tuple[Part, ...]
    deductions: tuple[Deduction, ...]
    red: int
    black: int
    black_below: float
    least: int = 10
    least_available: float = 0.5
    star_classes: tuple[StarClass, ...] = ()
    """Classes the report tells rated tickets by, where the place counts stars."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a unit earned of what it could. ``rank`` None: nothing to be judged by, or ``too_few``. ``parts`` None where
    blank."""

    unit_id: UnitId
    earned: float
    available: float
    parts: tuple[float | None, ...]
    deducted: float
    rank: int | None = None
    too_few: bool = False
    """Something was counted, too little to be compared: 样本不足."""

    @property
    def share(self) -> float | None:
        if self.too_few or not self.available:
            return None
        return max(0.0, self.earned - self.deducted) / self.available


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """Units that can fairly be compared."""

    title: str
    units: tuple[UnitId, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """One peer group in order; what is blank stands last, unranked."""

    group: PeerGroup
    scores: tuple[Score, ...]
    red: tuple[UnitId, ...]
    black: tuple[UnitId, ...]


def load_score_profile(name: str, *, extra: Path | None = None) -> ScoreProfile:
    """A shipped profile, or one under ``extra/scores``; raises ``ScoreProfileInvalid`` naming what is wrong."""
    own = extra / "scores" / f"{name}.toml" if extra else None
    file = own if own and own.is_file() else SHIPPED / f"{name}.toml"
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        profile = ScoreProfile(
            name=name,
            title=data.pop("title"),
            version=data.pop("version"),
            parts=tuple(_part(part) for part in data.pop("parts")),
            deductions=tuple(_deduction(part) for part in data.pop("deductions", ())),
            red=data.pop("red", 3),
            black=data.pop("black", 3),
            black_below=data.pop("black_below", 0.8),
            least=int(data.pop("least", 10)),
            least_available=float(data.pop("least_available", 0.5)),
            star_classes=tuple(_star_class(each) for each in data.pop("star_classes", ())),
        )
    except OSError:
        raise ScoreProfileInvalid(f"没有名为“{name}”的计分方案") from None
    except (KeyError, TypeError, ValueError) as wrong:
        raise ScoreProfileInvalid(f"计分方案 {file.name}：缺少或不能识别 {wrong}") from wrong
    if data or not profile.parts:
        raise ScoreProfileInvalid(f"计分方案 {file.name}：不能识别 {'、'.join(data) or '空的 parts'}")
    return profile


def score_profile_names(*, extra: Path | None = None) -> tuple[str, ...]:
    folders = [SHIPPED, *([extra / "scores"] if extra else [])]
    return tuple(sorted({file.stem for folder in folders for file in folder.glob("*.toml")}))


def peers_by_level(units: Units, titles: Mapping[str, str]) -> tuple[PeerGroup, ...]:
    """Peers where a place names none itself: departments with departments, towns with towns."""
    levels: dict[str, list[UnitId]] = {}
    for unit in units.all():
        levels.setdefault(unit.level.value, []).append(unit.id)
    return tuple(PeerGroup(titles.get(level, level), tuple(ids)) for level, ids in levels.items())


def load_peers(file: Path) -> tuple[PeerGroup, ...]:
    """Peer groups as data: ``[[groups]]`` with ``title`` and ``units``; a unit stands in one group."""
    groups = tuple(
        PeerGroup(group["title"], tuple(UnitId(unit) for unit in group["units"]))
        for group in tomllib.loads(file.read_text(encoding="utf-8"))["groups"]
    )
    named = [unit for group in groups for unit in group.units]
    twice = sorted({unit for unit in named if named.count(unit) > 1})
    if twice:
        raise ScoreProfileInvalid(f"{file.name}：{'、'.join(twice)} 出现在两个分组里")
    return groups


def rank(profile: ScoreProfile, groups: Groups, peers: Iterable[PeerGroup]) -> list[Ranking]:
    """Every peer group in order. Equal shares take the same place."""
    return [_ranking(profile, groups, group) for group in peers]


def _ranking(profile: ScoreProfile, groups: Groups, peers: PeerGroup) -> Ranking:
    figures = {unit_id: groups.get(unit_id, {}) for unit_id in peers.units}
    busiest = {part.figure: _busiest(part.figure, figures) for part in profile.parts if part.volume}
    scores = [_score(profile, unit_id, own, busiest) for unit_id, own in figures.items()]
    compared = {s.unit_id: _compared(s) for s in scores if s.share is not None}
    judged = sorted(
        (s for s in scores if s.unit_id in compared), key=lambda s: (-compared[s.unit_id], s.unit_id)
    )
    rising = sorted(compared.values())
    placed = [replace(s, rank=len(rising) - bisect_right(rising, compared[s.unit_id]) + 1) for s in judged]
    red = tuple(s.unit_id for s in placed if (s.rank or 0) <= profile.red)
    if len(red) == len(placed):
        red = ()  # praise of everybody says nothing
    black = tuple(
        s.unit_id
        for s in reversed(placed)
        if s.unit_id not in red
        and compared[s.unit_id] < profile.black_below
        and bisect_left(rising, compared[s.unit_id]) < profile.black
    )
    blank = sorted((s for s in scores if s.unit_id not in compared), key=lambda s: (not s.too_few, s.unit_id))
    return Ranking(peers, (*placed, *blank), red, black)


def _compared(score: Score) -> float:
    """The share without what is only rounding: two ways to the same points are equal."""
    return round(score.share or 0.0, 9)


def _score(
    profile: ScoreProfile,
    unit_id: UnitId,
    own: Mapping[FigureName, Figure],
    busiest: Mapping[FigureName, int],
) -> Score:
    parts: list[float | None] = []
    available = 0.0
    for part in profile.parts:
        earned = _earned(part, own, busiest, least=profile.least)
        parts.append(earned)
        available += part.points if earned is not None else 0
    deducted = sum(
        min(d.most, d.each * own[d.figure].numerator) for d in profile.deductions if d.figure in own
    )
    worth = sum(part.points for part in profile.parts)
    counted = any(part.figure in own and own[part.figure].value is not None for part in profile.parts)
    return Score(
        unit_id,
        sum(p for p in parts if p is not None),
        available,
        tuple(parts),
        deducted,
        too_few=counted and available < profile.least_available * worth,
    )


def _earned(
    part: Part,
    own: Mapping[FigureName, Figure],
    busiest: Mapping[FigureName, int],
    *,
    least: int,
) -> float | None:
    figure = own.get(part.figure)
    if figure is None or figure.value is None:
        return None
    if part.volume:
        return part.points * figure.denominator / busiest[part.figure]
    if figure.denominator < least:
        return None
    return part.points * (1 - figure.value if part.less_is_better else figure.value)


def _busiest(name: FigureName, peers: Mapping[UnitId, Mapping[FigureName, Figure]]) -> int:
    return max((figures[name].denominator for figures in peers.values() if name in figures), default=0)


def _part(data: dict[str, Any]) -> Part:
    return Part(
        FigureName(data["figure"]),
        float(data["points"]),
        bool(data.get("volume", False)),
        bool(data.get("less_is_better", False)),
    )


def _star_class(data: dict[str, Any]) -> StarClass:
    if int(data["stars"]) < 1:
        raise ValueError("star_classes")
    return StarClass(str(data["title"]), int(data["stars"]))


def _deduction(data: dict[str, Any]) -> Deduction:
    return Deduction(FigureName(data["figure"]), float(data["each"]), float(data["most"]))
