"""How a preview of changed promises is told on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.rules import Applied
from bot.wording import LABELS
from routing.timing.sla import ClockName
from routing.timing.what_if import Preview
from routing.timing.working_calendar import CHINA

SHOWN = 40


def preview_lines(found: Preview, *, now: datetime) -> list[str]:
    """At most ``SHOWN`` limits, then how many more; before them, how many new dates are past at ``now``."""
    labels: dict[ClockName, str] = LABELS[ClockName]
    lines = [f"在办工单 {found.tickets} 件、计时中的期限 {found.limits} 个："]
    later = sum(change.later for change in found.changes)
    lines.append(
        f"会推后 {later} 个，会提前 {len(found.changes) - later} 个，须人工核对 {len(found.unclear)} 个。"
    )
    past = sum(change.promise.due_at <= now for change in found.changes)
    if past:
        lines.append(f"其中 {past} 个的新期限已经过了，套用后马上算超期，请先核对。")
    told = [
        f"  {change.number} {labels[change.clock]}：{_at(change.before)} → {_at(change.promise.due_at)}"
        for change in found.changes
    ]
    told += [
        f"  {each.number} {labels[each.clock]}：{_at(each.before)}，{each.why}" for each in found.unclear
    ]
    if len(told) > SHOWN:
        told = [*told[:SHOWN], f"  …… 另有 {len(told) - SHOWN} 个，用 --json 查看全部"]
    return lines + told


def preview_record(found: Preview) -> dict[str, Any]:
    """The same as JSON, complete."""
    return {
        "tickets": found.tickets,
        "limits": found.limits,
        "changes": [
            {
                "number": change.number,
                "clock": change.clock.value,
                "before": _iso(change.before),
                "after": _iso(change.promise.due_at),
                "explanation": change.promise.explanation,
            }
            for change in found.changes
        ],
        "unclear": [
            {"number": each.number, "clock": each.clock.value, "before": _iso(each.before), "why": each.why}
            for each in found.unclear
        ],
    }


def applied_line(applied: Applied | None) -> str:
    """What happened to the promises already made."""
    if applied is None:
        return "已承诺的期限没有改动；如需改动在办工单，请加 --apply-to-open。"
    line = f"已改动 {len(applied.done)} 件在办工单的期限，逐件记入办理经过。"
    return line + (
        f"{len(applied.passed_over)} 件刚被他人办理，未改动，请再次预览。" if applied.passed_over else ""
    )


def _at(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def _iso(at: datetime) -> str:
    return at.astimezone(CHINA).isoformat(timespec="seconds")
