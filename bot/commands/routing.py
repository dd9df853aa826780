"""``huiyin evaluate routing``: how often the right unit is named, by composition of kind, place and history."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from classifier.evaluation import Figures
from routing.triage.composition import RoutedText

_GZIP_MAGIC = b"\x1f\x8b"
_MOST_ROW_ERRORS = 20
_STAGES = {
    "read": "读取",
    "kinds": "职能",
    "regions": "地区",
    "history": "历史",
    "folds": "交叉验证",
}


def register(evaluate: typer.Typer) -> None:
    """Add ``routing`` to the ``evaluate`` group."""
    evaluate.command(
        "routing", help="派单评测：由职能、地点和历史推断承办单位。不带 --train 为分组交叉验证。"
    )(evaluate_routing)


def evaluate_routing(
    data: Annotated[
        Path, typer.Option("--data", help='JSON Lines，可为 gzip：每行 {"text", "department", "place"?}。')
    ],
    train: Annotated[Path | None, typer.Option("--train", help="用这些数据训练，在 --data 上评测。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Print how often the right department is first, or among the first three; exit 2 on bad rows."""
    rows = _read(data)
    known = _read(train) if train else None
    # scikit-learn takes a second to import: only the commands that train pay for it.
    from routing.triage import composition_training as training

    now = datetime.now(UTC)
    try:
        with _progress() as progress:
            if known is None:
                placed, unplaced = training.cross_validate_composition(rows, now=now, progress=progress)
                units = {row.department for row in rows}
                method = "grouped cross-validation: near-duplicates on one side, every row held out once"
            else:
                learned = training.learn_composition(known, now=now, progress=progress)
                placed, unplaced = training.measure_composition(learned.composition, rows)
                units = set(learned.composition.departments)
                method = "trained on the --train rows, measured on the --data rows"
    except training.NotEnoughData as problem:
        _stop(f"数据不足：{problem}")
    told = {
        **figures_as_json(placed),
        "without_place": figures_as_json(unplaced),
        "departments": len(units),
        "unknown_departments": round(sum(row.department not in units for row in rows) / len(rows), 4),
        "method": method,
    }
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print(told)


def figures_as_json(figures: Figures) -> dict[str, Any]:
    """The shape of ``huiyin evaluate routing --json``."""
    return {
        "top1": round(figures.accuracy, 4),
        "top3": round(figures.top3, 4),
        "coverage_at": {f"{at:.2f}": round(share, 4) for at, share in figures.coverage_at.items()},
        "calibration_error": round(figures.calibration_error, 4),
        "rows": figures.rows,
    }


def _print(told: dict[str, Any]) -> None:
    typer.echo(f"方法：{told['method']}")
    for name, figures in (("给出地点", told), ("不给地点", told["without_place"])):
        covered = "  ".join(f"准确率 {at} 时自动 {share:.4f}" for at, share in figures["coverage_at"].items())
        typer.echo(
            f"{name}：第一位 {figures['top1']:.4f}  前三位 {figures['top3']:.4f}  {covered}  "
            f"校准误差 {figures['calibration_error']:.4f}"
        )
    typer.echo(f"{told['rows']} 行，{told['departments']} 个单位")


@dataclass(frozen=True, slots=True)
class _RowError:
    row: int
    problem: str


def _read(path: Path) -> tuple[RoutedText, ...]:
    """The rows, or exit 2 with every bad row named."""
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        _stop(f"{path} 的 gzip 已损坏：{error}")
    except OSError as error:
        _stop(f"无法读取 {path}：{error.strerror}")
    rows: list[RoutedText] = []
    errors: list[_RowError] = []
    # Only \n ends a row: splitlines() would also break at U+2028, which JSON allows inside a string.
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            found = _row(line)
            if isinstance(found, str):
                errors.append(_RowError(number, found))
            else:
                rows.append(found)
    for wrong in errors[:_MOST_ROW_ERRORS]:
        typer.echo(f"第 {wrong.row} 行：{wrong.problem}", err=True)
    if errors:
        _stop(f"{path} 共 {len(errors)} 行有误，未做任何处理")
    if not rows:
        _stop(f"{path} 中没有数据")
    return tuple(rows)


def _row(line: bytes) -> RoutedText | str:
    """The row, or what is wrong with it."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        return "不是 UTF-8"
    except json.JSONDecodeError as error:
        return f"不是 JSON（{error.msg}）"
    if not isinstance(row, dict):
        return "不是 JSON 对象"
    for field in ("text", "department"):
        if not isinstance(row.get(field), str) or not row[field].strip():
            return f"“{field}”缺失或为空"
    for field in ("place", "function"):
        if not isinstance(row.get(field), str | None):
            return f"“{field}”不是文字"
    place = (row.get("place") or "").strip()
    return RoutedText(row["text"], row["department"].strip(), place or None)


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


class _Shown(Progress):
    """Shows the stages of a training, one bar each, on stderr."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        super().__init__(*columns, console=Console(stderr=True))
        self._shown: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        said = _STAGES.get(stage.partition(":")[0], stage)
        if said not in self._shown:
            self._shown[said] = self.add_task(said, total=total)
        self.update(self._shown[said], completed=done, total=total)


def _progress() -> _Shown:
    return _Shown()
