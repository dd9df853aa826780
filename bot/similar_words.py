"""What people read of duplicates and hot spots, in Chinese."""

from __future__ import annotations

from bot.wording import LABELS, label
from routing.departments import Units
from routing.errors import UnknownUnit
from routing.resemblance.duplicates import Candidate, PlaceRelation, Verdict
from routing.resemblance.hotspot_store import Hotspot, HotspotState, Warned
from routing.resemblance.hotspots import Level

VERDICTS: dict[Verdict, str] = {Verdict.LIKELY: "很可能是同一件事", Verdict.POSSIBLE: "可能是同一件事"}
PLACES: dict[PlaceRelation, str] = {
    PlaceRelation.SAME: "同一地点",
    PlaceRelation.NEAR: "地点相邻或互相包含",
    PlaceRelation.APART: "地点不同",
    PlaceRelation.UNKNOWN: "地点不明",
}
LEVELS: dict[Level, str] = LABELS[Level]
STATES: dict[HotspotState, str] = {HotspotState.OPEN: "仍有反映", HotspotState.OVER: "已平息"}

_SURE_TO = 1e-4
_WEEKS_A_YEAR = 52


def why_similar(candidate: Candidate, units: Units) -> list[str]:
    """Each reason a line, the strongest first."""
    told = []
    if candidate.phrases:
        told.append("都说到：" + "、".join(f"“{phrase}”" for phrase in candidate.phrases))
    if candidate.place is not PlaceRelation.UNKNOWN:
        named = f"（{candidate.place_words}）" if candidate.place_words else ""
        told.append(PLACES[candidate.place] + named)
    if candidate.same_caller:
        told.append("同一来电人或同一微信")
    told.append(f"{how_long_ago(candidate.days)}受理")
    held = f"，由{_unit_name(candidate, units)}办理" if candidate.unit_id else ""
    told.append(f"{label(candidate.state)}{held}")
    if candidate.parent_number:
        told.append(f"已并入{candidate.parent_number}")
    return told


def how_long_ago(days: float) -> str:
    """今天, 3天前; what was received later than the request it is compared with is 之后."""
    whole = round(abs(days))
    if whole == 0:
        return "同一天"
    return f"{whole}天前" if days > 0 else f"{whole}天后"


def why_hot(hotspot: Hotspot, warned: Warned) -> list[str]:
    """Why a level was reached, for a supervisor."""
    usual = f"此前平均每周{warned.usual:g}人" if warned.usual else "此前没有人反映"
    told = [
        f"近7天有{warned.recent}人反映同一件事，{usual}",
        f"按平时的数量，{_how_rare(warned.chance)}",
    ]
    if hotspot.place_name:
        told.append(f"集中在{hotspot.place_name}")
    if hotspot.phrases:
        told.append("都说到：" + "、".join(f"“{phrase}”" for phrase in hotspot.phrases[:3]))
    if hotspot.merged:
        told.append(f"由{len(hotspot.merged) + 1}起诉求合并而成")
    return told


def hot_notice(hotspot: Hotspot, warned: Warned) -> str:
    """One line for the centre's notices."""
    return f"群体性诉求{LEVELS[warned.level]}：{hotspot.title}。{'；'.join(why_hot(hotspot, warned)[:2])}。"


def _how_rare(chance: float) -> str:
    """The chance of one week, as how much time passes before it happens by itself."""
    if chance <= _SURE_TO:
        return "这么多人几乎碰不上"
    weeks = round(1 / chance)
    if weeks < 2 * _WEEKS_A_YEAR:
        return f"这么多人约{weeks}周才会碰上一次"
    return f"这么多人约{round(weeks / _WEEKS_A_YEAR)}年才会碰上一次"


def _unit_name(candidate: Candidate, units: Units) -> str:
    assert candidate.unit_id is not None
    try:
        return units.get(candidate.unit_id).short_name
    except UnknownUnit:
        return str(candidate.unit_id)
