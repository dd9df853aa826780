"""What ``huiyin import`` says: previews, findings and the history, as Chinese sentences and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routing.reference_store import ReferenceVersion
from routing.reference_tables import Change, Plan, TableKind
from routing.tables import InvalidTable, RowError
from routing.timing.working_calendar import CHINA

KINDS = {TableKind.PLACES: "地名", TableKind.UNITS: "单位", TableKind.DUTIES: "权责事项"}
PROBLEMS = {
    "missing": "缺少内容",
    "duplicate": "重复",
    "unknown": "未知",
    "ambiguous": "有几个同名的，请写全",
    "too_short": "至少两个字",
    "not_a_date": "不是日期（应如 2026-12-01）",
    "not_a_time": "不是时间（应如 08:30）",
    "not_yes_or_no": "只能填 yes 或留空",
    "unit_or_place_level": "单位和属地级别必须且只能填一个",
    "ends_before_start": "截止早于开始",
    "circular": "上下级成了循环",
    "in_use": "仍在使用，不能去掉",
    "unreadable": "文件无法读取",
    "too_long": "太长",
    "not_a_choice": "不是可填的值：",
    "not_a_moment": "不是日期和时间（应如 2026-11-16 09:30）：",
    "in_the_future": "晚于现在：",
    "in_use_with_another_text": "这个编号已登记过，内容不同：",
    "no_calendar_of_that_year": "没有那一年的日历，请先导入：",
}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do."""

    version: int | None
    """None when nothing was written."""
    is_complete: bool
    plans: Mapping[TableKind, Plan]
    moving: Mapping[str, tuple[str, int]]
    """Open tickets of units that end: unit name → who acts for it, how many."""
    left_out: tuple[int, int] = (0, 0)
    """People and keys of units the table does not know."""


def record(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON-able data, every change by its id."""
    return {
        "version": outcome.version,
        "complete": outcome.is_complete,
        "tables": {
            kind.value: {
                "rows": len(plan.rows),
                "effective_from": plan.effective_from.isoformat() if plan.effective_from else None,
                "added": [change.id for change in plan.added],
                "ended": [change.id for change in plan.ended],
                "changed": [
                    {"id": change.id, "columns": {c: [old, new] for c, old, new in change.columns}}
                    for change in plan.changed
                ],
            }
            for kind, plan in outcome.plans.items()
        },
        "open_tickets_moving": [
            {"unit": unit, "acting": acting, "tickets": count}
            for unit, (acting, count) in outcome.moving.items()
        ],
        "without_unit": {"users": outcome.left_out[0], "api_keys": outcome.left_out[1]},
    }


def readable(outcome: Outcome, *, dry_run: bool) -> str:
    """The outcome in sentences; of many changes the first few."""
    lines = []
    for kind, plan in outcome.plans.items():
        lines.append(
            f"{KINDS[kind]}：共 {len(plan.rows)} 行，新增 {len(plan.added)}，"
            f"终止 {len(plan.ended)}，修改 {len(plan.changed)}。"
        )
        lines += _some("  新增", plan.added)
        lines += _some("  终止", plan.ended)
        lines += _some("  修改", plan.changed)
    for unit, (acting, count) in outcome.moving.items():
        lines.append(f"未办结工单 {count} 件由“{unit}”转由“{acting}”承接。")
    people, keys = outcome.left_out
    if people or keys:
        lines.append(
            f"注意：{people} 个登录名、{keys} 把密钥所属的单位不在这张单位表里，启用后不能再用，请另行添加。"
        )
    if outcome.version is not None:
        lines.append(f"已存为第 {outcome.version} 版。")
        if not outcome.is_complete:
            lines.append("地名、单位、权责清单三张表齐全后才会启用。")
    else:
        lines.append("这是预览，没有写入。" if dry_run else "与现有内容相同，没有写入。")
    return "\n".join(lines)


def _some(title: str, changes: Sequence[Change]) -> list[str]:
    lines = [f"{title} {change.id} {change.name}{_columns(change)}" for change in changes[:_SHOWN]]
    if len(changes) > _SHOWN:
        lines.append(f"{title} 另有 {len(changes) - _SHOWN} 项")
    return lines


def _columns(change: Change) -> str:
    said = "；".join(f"{column}：{old or '空'} → {new or '空'}" for column, old, new in change.columns)
    return f"（{said}）" if said else ""


def errors_record(error: InvalidTable) -> dict[str, Any]:
    """The findings as JSON-able data."""
    found = [
        {"row": each.row, "column": each.column, "problem": each.problem, "value": each.value}
        for each in error.errors
    ]
    return {"table": error.table, "errors": found}


def readable_errors(error: InvalidTable) -> str:
    """One line for every finding."""
    lines = [f"{error.table} 有 {len(error.errors)} 处问题，什么也没有写入："]
    for each in error.errors:
        lines.append(f"  {_where(each)}：{PROBLEMS.get(each.problem, each.problem)} {each.value}".rstrip())
    return "\n".join(lines)


def _where(error: RowError) -> str:
    return f"第 {error.row} 行 {error.column}" if error.row else f"现有数据 {error.column}"


def version_record(version: ReferenceVersion) -> dict[str, Any]:
    """One version of the history as JSON-able data."""
    return {
        "version": version.number,
        "at": version.origin.at.astimezone(CHINA).isoformat(),
        "by": version.origin.by,
        "files": list(version.origin.files),
        "complete": version.is_complete,
        "sha256": {kind.value: digest for kind, digest in version.digests.items()},
        "counts": {kind.value: list(counts) for kind, counts in version.counts.items()},
    }


def version_line(version: ReferenceVersion) -> str:
    """One version of the history on one line."""
    at = version.origin.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    said = "；".join(
        f"{KINDS[kind]} +{added} −{ended} 改{changed}"
        for kind, (added, ended, changed) in version.counts.items()
    )
    files = "、".join(version.origin.files)
    return f"第 {version.number} 版  {at}  {version.origin.by}  {files}  {said}"
