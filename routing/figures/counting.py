"""The supervisors' figures, each made of verdicts on single tickets so that it can be re-computed (domain §4).

A figure is a function that judges one row: counts in the numerator, counts in the denominator only, is
excluded for a named reason, or does not concern the figure. Counting the verdicts gives the figure; listing
them gives the drill-down. A limit enters an on-time rate when it is decided: kept, or fallen due unkept;
one not yet due is excluded by name, so that finished periods follow the plain definition exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from routing.departments import UnitId
from routing.figures import limits as figure_limits
from routing.figures import visits as figure_visits
from routing.figures.limits import Marker
from routing.figures.types import TENTHS as TENTHS
from routing.figures.types import ClockRow as ClockRow
from routing.figures.types import EventRow as EventRow
from routing.figures.types import Exclusion as Exclusion
from routing.figures.types import Figure as Figure
from routing.figures.types import FigureName as FigureName
from routing.figures.types import FigureRow as FigureRow
from routing.figures.types import Flow as Flow
from routing.figures.types import Mark as Mark
from routing.figures.types import Period as Period
from routing.figures.types import Verdict as Verdict
from routing.timing.sla import ClockName

Judge = Callable[[FigureRow, Period], Iterator[Verdict]]
Groups = Mapping[UnitId | None, Mapping[FigureName, Figure]]

MARKERS: dict[FigureName, Marker] = {
    FigureName.SIGN_IN_ON_TIME: figure_limits.limit_kept(ClockName.SIGN_IN),
    FigureName.FIRST_CONTACT_ON_TIME: figure_limits.limit_kept(ClockName.FIRST_CONTACT),
    FigureName.CLOSED_ON_TIME: figure_limits.limit_kept(ClockName.REPLY),
    FigureName.CLOSED_EARLY: figure_limits.closed_early,
    FigureName.CLOSED: figure_limits.closed,
    FigureName.OVERDUE_OPEN: figure_limits.overdue_open,
    FigureName.REPLIED: figure_limits.replied,
    FigureName.REPLIED_PUBLICLY: figure_limits.replied_publicly,
    FigureName.RETURNED: figure_limits.returned,
    FigureName.MISDISPATCHED: figure_limits.misdispatched,
    FigureName.UNREASONABLE_RETURNS: figure_limits.unreasonable_returns,
    FigureName.EXTENDED: figure_limits.extended,
    FigureName.REOPENED: figure_limits.reopened,
    FigureName.REPEATED: figure_limits.repeated,
    FigureName.RESPONDED: figure_visits.responded,
    FigureName.SOLVED: figure_visits.solved,
    FigureName.REALLY_SOLVED: figure_visits.really_solved,
    FigureName.SATISFIED: figure_visits.satisfied,
    FigureName.SATISFIED_WEIGHTED: figure_visits.satisfied_weighted,
    FigureName.RECTIFIED: figure_visits.rectified,
    FigureName.REVISITED: figure_visits.revisited,
}
"""What each figure has to say about a ticket, whatever the period: also what is stored for fast months."""


def _judge(name: FigureName) -> Judge:
    marker = MARKERS[name]

    def judge(row: FigureRow, period: Period) -> Iterator[Verdict]:
        for mark in marker(row):
            if mark.at is None:
                overdue = mark.decided_at is not None and mark.decided_at < period.as_of
                yield Verdict(row.number, mark.unit_id, counted=overdue)
            elif period.holds(mark.at):
                yield mark.verdict(row.number, period.as_of)

    return judge


JUDGES: dict[FigureName, Judge] = {name: _judge(name) for name in FigureName}


def verdicts(name: FigureName, rows: Iterable[FigureRow], period: Period) -> Iterator[Verdict]:
    """Every ticket's part in a figure: the drill-down."""
    judge = JUDGES[name]
    for row in rows:
        yield from judge(row, period)


def count(name: FigureName, judged: Iterable[Verdict], period: Period) -> Figure:
    """The figure those verdicts make."""
    tenths = denominator = 0
    excluded: Counter[str] = Counter()
    for verdict in judged:
        if verdict.excluded is not None:
            excluded[verdict.excluded.value] += 1
        else:
            denominator += 1
            tenths += verdict.tenths if verdict.counted else 0
    return Figure(name, in_tickets(tenths), denominator, dict(excluded), period.as_of)


def in_tickets(tenths: int) -> int | float:
    """A numerator counted in tenths, whole where nothing was weighted."""
    return tenths // TENTHS if tenths % TENTHS == 0 else tenths / TENTHS


def totals(rows: Iterable[FigureRow], period: Period) -> dict[FigureName, Figure]:
    """All figures over all rows."""
    rows = tuple(rows)
    return {name: count(name, verdicts(name, rows, period), period) for name in FigureName}


def by_unit(rows: Iterable[FigureRow], period: Period) -> dict[UnitId | None, dict[FigureName, Figure]]:
    """All figures by the unit that had to keep the limit; None collects what no unit had yet."""
    rows = tuple(rows)
    groups: defaultdict[UnitId | None, dict[FigureName, Figure]] = defaultdict(dict)
    for name in FigureName:
        judged: defaultdict[UnitId | None, list[Verdict]] = defaultdict(list)
        for verdict in verdicts(name, rows, period):
            judged[verdict.unit_id].append(verdict)
        for unit_id, own in judged.items():
            groups[unit_id][name] = count(name, own, period)
    return dict(groups)


def add_up(groups: Groups, period: Period) -> dict[FigureName, Figure]:
    """All figures over all units, from ``by_unit``: the same as ``totals`` without judging every ticket again."""
    sums: dict[FigureName, Figure] = {}
    for name in FigureName:
        parts = [figures[name] for figures in groups.values() if name in figures]
        excluded: Counter[str] = Counter()
        for part in parts:
            if part.excluded:
                excluded.update(part.excluded)
        tenths = sum(round(p.numerator * TENTHS) for p in parts)
        denominator = sum(p.denominator for p in parts)
        sums[name] = Figure(name, in_tickets(tenths), denominator, dict(excluded), period.as_of)
    return sums
