"""``huiyin model cold-start``: the first model of a city that has a duty list and hardly any tickets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.commands.model_output import print_json, shown_progress
from bot.services import utc_now
from classifier.labelled import BadRows, LabelledText, read_labelled
from routing.tables import InvalidTable
from routing.timing.working_calendar import CHINA
from routing.triage.catalogue import DutyList, read_duty_list

_MOST_ROW_ERRORS = 20


def cold_start(
    duties: Annotated[Path, typer.Option("--duties", help="事项清单（CSV 或 Excel），主题列即标签。")],
    examples: Annotated[
        Path, typer.Option("--examples", help='样例：每行 {"text", "label"}，每类约 20 条。')
    ],
    out: Annotated[Path, typer.Option("--out", help="写入的模型文件，供 HUIYIN_MODEL 使用。")],
    name: Annotated[str, typer.Option(help="模型名称；默认为文件名。")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """没有历史工单的城市：用事项清单和每类少量样例训练第一个模型。"""
    if not out.parent.is_dir():
        _stop(f"目录不存在：{out.parent}")
    rows, listed = _examples(examples), _duties(duties)
    # scikit-learn takes a second to import: only the commands that train pay for it.
    from bot.learning.cold_start import start_cold
    from classifier.model_file import write_model_file
    from classifier.training import NotEnoughData

    now = utc_now()
    try:
        with shown_progress() as bars:
            cold = start_cold(
                rows,
                listed.in_force(now.astimezone(CHINA).date()),
                now=now,
                name=name or out.stem,
                progress=bars,
            )
    except NotEnoughData as problem:
        _stop(f"数据不足：{problem}")
    write_model_file(out, cold.model)
    decides = cold.model.card.threshold < 1
    if as_json:
        told = {"model": str(out), "weak_texts": cold.weak_texts, "threshold": cold.model.card.threshold}
        print_json({**cold.figures.to_json(), **told})
        return
    typer.echo(f"样例 {len(rows)} 条，事项清单另成 {cold.weak_texts} 条弱样本。")
    typer.echo(f"macro-F1: {cold.figures.macro_f1:.4f}  top-3: {cold.figures.top3:.4f}")
    typer.echo("把握足够时自动判断。" if decides else "样例还不足以证明可以自动派单：只作建议，由人派单。")
    typer.echo(f"模型：{out}")


def _examples(path: Path) -> tuple[LabelledText, ...]:
    try:
        return read_labelled(path)
    except OSError as error:
        _stop(f"无法读取 {path}：{error.strerror}")
    except BadRows as bad:
        for wrong in bad.errors[:_MOST_ROW_ERRORS]:
            typer.echo(f"第 {wrong.row} 行：{wrong.problem}", err=True)
        _stop(f"共 {len(bad.errors)} 行有误，未做任何处理")


def _duties(path: Path) -> DutyList:
    try:
        return read_duty_list(path)
    except OSError as error:
        _stop(f"无法读取 {path}：{error.strerror}")
    except InvalidTable as bad:
        for wrong in bad.errors[:_MOST_ROW_ERRORS]:
            typer.echo(f"第 {wrong.row} 行 {wrong.column}：{wrong.problem}", err=True)
        _stop(f"事项清单有 {len(bad.errors)} 处错误，未做任何处理")


def _stop(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)
