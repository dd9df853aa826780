"""月度通报: the month in words as it would be printed, the ranking by peers behind it, and the workbook to check it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from aiohttp import web

from bot.figure_wording import MEANINGS
from bot.reports.bulletin import bulletin, percent_words
from bot.reports.month import Report, gather_report
from bot.services import SERVICES
from bot.web.figures_export import PROFILE
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.periods import chosen_period
from bot.wording import LABELS
from routing.departments import UnitId, UnitLevel, Units
from routing.duty.roster_store import MongoRosterStore
from routing.figures.scores import Ranking, Score, load_score_profile, peers_by_level
from routing.figures.snapshots import Snapshots
from routing.timing.working_calendar import CHINA

PAGE = "/console/bulletin"
_MONTHS_OFFERED = 12
_DAY = timedelta(days=1)
_PEERS = {str(level): f"{words}级单位" for level, words in LABELS[UnitLevel].items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One unit's line in its peer group."""

    unit: str
    rank: str
    share: str
    earned: str
    parts: tuple[str, ...]
    deducted: str
    mark: str
    """``red`` praised, ``black`` named, or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One peer group in order, with its red and black list."""

    title: str
    places: tuple[Place, ...]
    red: tuple[str, ...]
    black: tuple[str, ...]


async def bulletin_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services, now = request.app[SERVICES], present(request)
    month, problem = _month(request.query, now)
    last = (month + 31 * _DAY).replace(day=1) - _DAY
    fields = {"period": "custom", "from": month.isoformat(), "to": last.isoformat()}
    chosen = chosen_period(fields, now=now)
    reads = services.queries.figures
    report = await gather_report(
        reads,
        Snapshots(services.database, reads),
        chosen.period,
        reader=viewer.actor,
        profile=load_score_profile(PROFILE, extra=services.settings.data_dir),
        peers=peers_by_level(services.units, _PEERS),
        units=services.units,
        rosters=MongoRosterStore(services.database),
        with_lines=False,
    )
    title, *paragraphs = bulletin(report, units=services.units).split("\n")
    context = {
        "month": f"{month:%Y-%m}",
        "months": [f"{each:%Y-%m}" for each in _months_before(now)],
        "problem": problem,
        "unfinished": last >= now.astimezone(CHINA).date(),
        "title": title,
        "paragraphs": paragraphs,
        "report": report,
        "part_names": [MEANINGS[part.figure].title for part in report.profile.parts],
        "part_points": [f"{part.points:g}" for part in report.profile.parts],
        "groups": [_group(ranking, services.units) for ranking in report.rankings],
        "totals": [(MEANINGS[name].title, percent_words(figure)) for name, figure in report.totals.items()],
        "frozen": _frozen_words(report),
        "export_href": f"/console/figures/export?{urlencode(fields)}",
        "figures_href": f"/console/figures?{urlencode(fields)}",
    }
    return show(request, "bulletin.html", context)


def _group(ranking: Ranking, units: Units) -> Group:
    def names(ids: tuple[UnitId, ...]) -> tuple[str, ...]:
        return tuple(unit_name(each, units, short=True) for each in ids)

    return Group(
        title=ranking.group.title,
        places=tuple(_place(score, ranking, units) for score in ranking.scores),
        red=names(ranking.red),
        black=names(ranking.black),
    )


def _place(score: Score, ranking: Ranking, units: Units) -> Place:
    share = score.share
    return Place(
        unit=unit_name(score.unit_id, units, short=True),
        rank=str(score.rank) if score.rank else "样本不足" if score.too_few else "—",
        share=f"{share:.2%}" if share is not None else "—",
        earned=f"{score.earned:.2f} / {score.available:g}" if score.available else "—",
        parts=tuple("—" if part is None else f"{part:.2f}" for part in score.parts),
        deducted=f"−{score.deducted:g}" if score.deducted else "0",
        mark="red" if score.unit_id in ranking.red else "black" if score.unit_id in ranking.black else "",
    )


def _frozen_words(report: Report) -> str:
    if report.snapshot is None:
        return "这个月的数据还没有封存，数字会随新的事实变化。"
    return f"这个月的数据已于{report.snapshot.taken_at.astimezone(CHINA):%Y-%m-%d}封存。"


def _month(query: Mapping[str, str], now: datetime) -> tuple[date, str]:
    """The first day of the month asked for; the last whole month where none is asked for or it cannot be read."""
    this = now.astimezone(CHINA).date().replace(day=1)
    last = (this - _DAY).replace(day=1)
    given = query.get("month", "")
    if not given:
        return last, ""
    try:
        month = date.fromisoformat(f"{given}-01")
    except ValueError:
        return last, "月份请写成 2026-10 这样。"
    if not date(2000, 1, 1) <= month <= this:
        return last, "这个月还没有到，或者太早了。"
    return month, ""


def _months_before(now: datetime) -> list[date]:
    month, found = now.astimezone(CHINA).date().replace(day=1), []
    for _ in range(_MONTHS_OFFERED):
        found.append(month)
        month = (month - _DAY).replace(day=1)
    return found
