"""Score profiles as data: points from figures, deductions, ranking among peers, red and black list (domain §4).

A part whose figure has nothing to count is blank: its points are neither earned nor available, so nobody loses or gains
by what did not happen. Units are ranked by the share of the available points they earned.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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
    """``red`` best units are praised; of the ``black`` worst those under ``black_below`` are named."""

    name: str
    title: str
    version: str
    parts: tuple[Part, ...]
    deductions: tuple[Deduction, ...]
    red: int
    black: int
    black_below: float
    star_classes: tuple[StarClass, ...] = ()
    """Classes the report tells rated tickets by, where the place counts stars."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a unit earned of what it could. ``rank`` None: nothing to be judged by. ``parts`` None where blank."""

    unit_id: UnitId
    earned: float
    available: float
    parts: tuple[float | None, ...]
    deducted: float
    rank: int | None = None

    @property
    def share(self) -> float | None:
        return max(0.0, self.earned - self.deducted) / self.available if self.available else None


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
    scores = [_score(profile, unit_id, own, figures) for unit_id, own in figures.items()]
    judged = sorted((s for s in scores if s.share is not None), key=lambda s: (-(s.share or 0), s.unit_id))
    placed: list[Score] = []
    for place, score in enumerate(judged):
        before = placed[-1] if placed else None
        same = before is not None and before.share == score.share
        placed.append(_with_rank(score, before.rank if before and same else place + 1))
    red = tuple(s.unit_id for s in placed[: profile.red] if len(placed) > profile.red)
    worst = placed[len(red) :][::-1][: profile.black]
    black = tuple(s.unit_id for s in worst if (s.share or 0) < profile.black_below)
    blank = sorted((s for s in scores if s.share is None), key=lambda s: s.unit_id)
    return Ranking(peers, (*placed, *blank), red, black)


def _score(
    profile: ScoreProfile,
    unit_id: UnitId,
    own: Mapping[FigureName, Figure],
    peers: Mapping[UnitId, Mapping[FigureName, Figure]],
) -> Score:
    parts: list[float | None] = []
    available = 0.0
    for part in profile.parts:
        earned = _earned(part, own, peers)
        parts.append(earned)
        available += part.points if earned is not None else 0
    deducted = sum(
        min(d.most, d.each * own[d.figure].numerator) for d in profile.deductions if d.figure in own
    )
    return Score(unit_id, sum(p for p in parts if p is not None), available, tuple(parts), deducted)


def _earned(
    part: Part, own: Mapping[FigureName, Figure], peers: Mapping[UnitId, Mapping[FigureName, Figure]]
) -> float | None:
    figure = own.get(part.figure)
    if figure is None or figure.value is None:
        return None
    if part.volume:
        busiest = max(f[part.figure].denominator for f in peers.values() if part.figure in f)
        return part.points * figure.denominator / busiest
    return part.points * (1 - figure.value if part.less_is_better else figure.value)


def _with_rank(score: Score, place: int | None) -> Score:
    return Score(score.unit_id, score.earned, score.available, score.parts, score.deducted, place)


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
