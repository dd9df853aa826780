"""``huiyin train``, ``huiyin classify`` and ``huiyin evaluate classifier``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from classifier.card import card_as_markdown
from classifier.evaluation import Figures, Prediction, measure
from classifier.explain import Explanation
from classifier.labelled import BadRows, LabelledText, read_labelled
from classifier.model import Classification, ModelDamaged, TextModel, starter_model_path
from classifier.taxonomy import label_at_level

_MOST_ROW_ERRORS = 20
_STAGES = {"read": "读取", "cross-validate": "交叉验证", "fit": "训练"}

DataOption = Annotated[Path, typer.Option("--data", help='JSON Lines，可为 gzip：每行 {"text", "label"}。')]
LevelOption = Annotated[int, typer.Option(min=0, help="标签为“一级->二级->三级”时取到第几级；0 为全部。")]


def register(app: typer.Typer, evaluate: typer.Typer) -> None:
    """Add ``train`` and ``classify`` to ``app`` and ``classifier`` to ``evaluate``."""
    app.command("train", help="训练分类模型，打印交叉验证的 macro-F1。")(train)
    app.command("classify", help="逐行读入文本，逐行输出分类 JSON。")(classify)
    evaluate.command("classifier", help="评估分类：不带 --model 为分组交叉验证，带 --model 评估该模型。")(
        evaluate_classifier
    )


def train(
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="写入的模型文件；说明卡写在旁边的 .card.md。")],
    name: Annotated[str, typer.Option(help="模型名称；默认为文件名。")] = "",
    about: Annotated[str, typer.Option(help="数据来源，一句话，写入说明卡。")] = "",
    limit: Annotated[list[str] | None, typer.Option(help="适用限制，可多次给出，写入说明卡。")] = None,
    level: LevelOption = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Train on labelled messages and write the model with its card."""
    rows = _read(data, level)
    if not out.parent.is_dir():
        _stop(f"目录不存在：{out.parent}")
    # scikit-learn takes a second to import: only the commands that train pay for it.
    from classifier import training
    from classifier.model_file import write_model_file

    try:
        with _progress() as progress:
            trained = training.train(
                rows,
                now=datetime.now(UTC),
                name=name or out.stem,
                data=about or f"messages of {data.name}",
                limits=tuple(limit or ()),
                progress=progress,
            )
    except training.NotEnoughData as problem:
        _stop(f"数据不足：{problem}")
    write_model_file(out, trained.model)
    out.with_suffix(".card.md").write_text(
        card_as_markdown(trained.model.card, trained.model.labels, trained.model.thresholds), encoding="utf-8"
    )
    if as_json:
        _print_json(
            {**trained.figures.to_json(), "model": str(out), "threshold": trained.model.card.threshold}
        )
    else:
        typer.echo(f"cross-validated macro-F1: {trained.figures.macro_f1:.4f}")
        _print_figures(trained.figures)
        typer.echo(f"模型：{out}")


def classify(
    model: Annotated[Path | None, typer.Option("--model", help="模型文件；默认为随附模型。")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON（总是如此）。")] = True,
    explain: Annotated[
        bool, typer.Option("--explain", help="另给出各词的份量，以及去掉哪些词结论就会改变（较慢）。")
    ] = False,
) -> None:
    """One text a line in, one JSON line out. A line may also be a JSON object with "text", whose text may then
    hold a title line. An empty line is a text too: its answer is an abstention."""
    loaded = _load(model or starter_model_path())
    for line in sys.stdin:
        text = _text_of(line.rstrip("\r\n"))
        told = classification_as_json(loaded.classify(text))
        _print_json({**told, "explanation": explanation_as_json(loaded.explain(text))} if explain else told)


def evaluate_classifier(
    data: DataOption,
    model: Annotated[Path | None, typer.Option("--model", help="要评估的模型文件。")] = None,
    level: LevelOption = 0,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Measure a way of training (no model given) or a given model on labelled messages."""
    rows = _read(data, level)
    told: dict[str, Any]
    if model is None:
        figures = _cross_validate(rows)
        told = {"method": "grouped cross-validation: near-duplicates on one side, every row held out once"}
    else:
        loaded = _load(model)
        said = [loaded.classify(row.text) for row in rows]
        predictions = [
            Prediction((one.label, *(other.label for other in one.alternatives)), one.confidence)
            for one in said
        ]
        figures = measure([row.label for row in rows], predictions)
        told = {
            "method": "the given model on the given rows; meaningful only if it was not trained on them",
            "decided": round(sum(not one.abstained for one in said) / len(said), 4),
            "model": {"name": loaded.card.name, "version": loaded.card.version, "rows": loaded.card.rows},
        }
    if as_json:
        _print_json({**figures.to_json(), **told})
    else:
        typer.echo(f"方法：{told['method']}\nmacro-F1: {figures.macro_f1:.4f}")
        _print_figures(figures)


def classification_as_json(said: Classification) -> dict[str, Any]:
    """The shape every outside interface gives a classification."""
    return {
        "label": said.label,
        "confidence": round(said.confidence, 4),
        "abstained": said.abstained,
        "alternatives": [
            {"label": other.label, "confidence": round(other.confidence, 4)} for other in said.alternatives
        ],
        "because": list(said.because),
    }


def explanation_as_json(explained: Explanation) -> dict[str, Any]:
    """Each word's part of the lead over the runner-up, and the fewest words without which another label wins."""
    change = explained.change
    return {
        "runner_up": explained.runner_up,
        "words": [{"word": found.word, "share": round(found.share, 4)} for found in explained.words],
        "change": change and {"without": list(change.without), "label": change.label},
    }


def _cross_validate(rows: tuple[LabelledText, ...]) -> Figures:
    from classifier import training

    try:
        with _progress() as progress:
            return training.cross_validate(rows, progress=progress).figures
    except training.NotEnoughData as problem:
        _stop(f"数据不足：{problem}")


def _read(data: Path, level: int) -> tuple[LabelledText, ...]:
    """The rows, or exit 2 with every bad row named."""
    try:
        rows = read_labelled(data)
    except OSError as error:
        _stop(f"无法读取 {data}：{error.strerror}")
    except BadRows as bad:
        for wrong in bad.errors[:_MOST_ROW_ERRORS]:
            typer.echo(f"第 {wrong.row} 行：{wrong.problem}", err=True)
        _stop(f"共 {len(bad.errors)} 行有误，未做任何处理")
    if not rows:
        _stop(f"{data} 中没有数据")
    return tuple(replace(row, label=label_at_level(row.label, level)) for row in rows) if level else rows


def _load(path: Path) -> TextModel:
    try:
        return TextModel.load(path)
    except ModelDamaged as damaged:
        _stop(f"模型不可用：{damaged}")


def _text_of(line: str) -> str:
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except json.JSONDecodeError:
            return line
        if isinstance(found, dict) and isinstance(found.get("text"), str):
            return str(found["text"])
    return line


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


def _print_figures(figures: Figures) -> None:
    typer.echo(f"accuracy: {figures.accuracy:.4f}  top-3: {figures.top3:.4f}  rows: {figures.rows}")
    for precision, share in figures.coverage_at.items():
        typer.echo(f"coverage at {precision:.0%} precision: {share:.4f}")
    for precision, found in figures.bounded.items():
        typer.echo(
            f"decided by thresholds shown on other folds to reach {precision:.0%}: {found.share:.4f}, "
            f"of which right: {found.precision:.4f}"
        )
    for label, of_label in figures.per_label.items():
        typer.echo(
            f"{label}  P {of_label.precision:.3f}  R {of_label.recall:.3f}  F1 {of_label.f1:.3f}  n {of_label.support}"
        )


class _Shown:
    """Shows the stages of a training, one bar each, on stderr."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(_STAGES.get(stage, stage), total=total)
        self._bars.update(self._tasks[stage], completed=done)


@contextmanager
def _progress() -> Iterator[_Shown]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield _Shown(bars)
