"""Figures about what citizens say: solved, satisfied, and what became of a bad word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from routing.clocks import ClockState
from routing.departments import UnitId
from routing.events import EventKind, Solved, VisitOutcome
from routing.figures.exclusions import word
from routing.figures.rules import figure_rules
from routing.figures.types import EventRow, Exclusion, FigureRow, Mark
from routing.timing.sla import ClockName


def responded(row: FigureRow) -> Iterator[Mark]:
    """响应率: of valid visits in the period, on how many tickets the citizen had been contacted in time."""
    for visit, unit_id, left_out in _valid_visits(row):
        met = any(c.name is ClockName.FIRST_CONTACT and c.state is ClockState.MET for c in row.clocks)
        yield Mark(unit_id, visit.at, counted=met and left_out is None, excluded=left_out)


def solved(row: FigureRow) -> Iterator[Mark]:
    """解决率(a): solved, really or by an explanation the citizen takes, of valid visits in the period."""
    for visit, unit_id, left_out in _valid_visits(row):
        yes = visit.solved in (Solved.REAL, Solved.EXPLAINED)
        yield Mark(unit_id, visit.at, counted=yes and left_out is None, excluded=left_out)


def really_solved(row: FigureRow) -> Iterator[Mark]:
    """解决率(b): really solved, of those really solved or explained; what is neither is left out by name."""
    for visit, unit_id, left_out in _valid_visits(row):
        if left_out is None and visit.solved == Solved.NO:
            left_out = Exclusion.UNSOLVED
        yield Mark(
            unit_id, visit.at, counted=visit.solved == Solved.REAL and left_out is None, excluded=left_out
        )


def satisfied(row: FigureRow) -> Iterator[Mark]:
    """满意率: of valid ratings given in the period, a rework's again. Silence is not satisfaction."""
    wanted = figure_rules().satisfied_from
    for rating, stars, unit_id, left_out in _ratings(row):
        yield Mark(unit_id, rating.at, counted=stars >= wanted and left_out is None, excluded=left_out)


def satisfied_weighted(row: FigureRow) -> Iterator[Mark]:
    """满意率(加权): the same ratings, each with the weight of its stars."""
    weights = figure_rules().tenths
    for rating, stars, unit_id, left_out in _ratings(row):
        counted = weights[stars] > 0 and left_out is None
        tenths = weights[stars] if counted else 10
        yield Mark(unit_id, rating.at, counted=counted, excluded=left_out, tenths=tenths)


def rectified(row: FigureRow) -> Iterator[Mark]:
    """差评整改率: of bad ratings in the period, how many were handled again and closed."""
    for rating, unit_id, left_out in _bad_ratings(row):
        if left_out is not None:
            yield Mark(unit_id, rating.at, excluded=left_out)
            continue
        later = [e for e in row.events if e.at >= rating.at]
        again = next((e.at for e in later if e.kind == EventKind.REOPENED), None)
        done = again is not None and any(e.kind == EventKind.RESOLVED and e.at > again for e in later)
        due_at = None if done else _running_until(row, ClockName.REWORK, since=rating.at)
        yield Mark(unit_id, rating.at, counted=done, decided_at=due_at)


def revisited(row: FigureRow) -> Iterator[Mark]:
    """差评回访率: of bad ratings in the period, how many citizens were reached afterwards (or gave it on the visit)."""
    for rating, unit_id, left_out in _bad_ratings(row):
        if left_out is not None:
            yield Mark(unit_id, rating.at, excluded=left_out)
            continue
        heard = any(_reached(e) and e.at >= rating.at for e in row.events)
        due_at = None if heard else _running_until(row, ClockName.FOLLOW_UP_VISIT, since=rating.at)
        yield Mark(unit_id, rating.at, counted=heard, decided_at=due_at)


def _reached(event: EventRow) -> bool:
    return event.kind == EventKind.VISITED and event.outcome == VisitOutcome.REACHED


def _valid_visits(row: FigureRow) -> Iterator[tuple[EventRow, UnitId | None, Exclusion | None]]:
    """Visits that reached the citizen and heard whether it is solved."""
    for event in row.events:
        if _reached(event) and event.solved is not None:
            yield event, event.unit_id, word(row, event)


def _ratings(row: FigureRow) -> Iterator[tuple[EventRow, int, UnitId | None, Exclusion | None]]:
    for event in row.events:
        if event.kind == EventKind.RATED and event.stars is not None:
            yield event, event.stars, event.unit_id, word(row, event)


def counted_stars(row: FigureRow) -> Iterator[tuple[datetime, int, UnitId | None]]:
    """When how many stars were given to whom, without what 申诉剔除 took out."""
    for rating, stars, unit_id, left_out in _ratings(row):
        if left_out is None:
            yield rating.at, stars, unit_id


def _bad_ratings(row: FigureRow) -> Iterator[tuple[EventRow, UnitId | None, Exclusion | None]]:
    for rating, stars, unit_id, left_out in _ratings(row):
        if stars < figure_rules().satisfied_from:
            yield rating, unit_id, left_out


def _running_until(row: FigureRow, name: ClockName, *, since: datetime) -> datetime | None:
    """When a limit of that name that still runs is due, if after ``since``."""
    running = (c.due_at for c in row.clocks if c.name is name and c.state is ClockState.RUNNING)
    return next((due_at for due_at in running if due_at > since), None)
