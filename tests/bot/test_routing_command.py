"""``huiyin evaluate routing``: the figures of department labels, as other programs read them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import routing
from routing.triage.composition import RoutedText
from tests.routing.made_up_dispatches import dispatches


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app, evaluate = typer.Typer(), typer.Typer()
    evaluate.command("nothing")(lambda: None)  # typer folds a group of one command into the command
    app.add_typer(evaluate, name="evaluate")
    routing.register(evaluate)
    return app


def write(path: Path, rows: list[RoutedText], **changed: Any) -> Path:
    lines = [
        json.dumps(
            {"text": row.text, "department": row.department, "place": row.place, **changed},
            ensure_ascii=False,
        )
        for row in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def evaluate(app: typer.Typer, *arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["evaluate", "routing", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def test_trained_on_some_rows_and_measured_on_others(app: typer.Typer, tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", dispatches(240))
    data = tmp_path / "data.jsonl.gz"
    data.write_bytes(gzip.compress(write(tmp_path / "plain.jsonl", dispatches(80, seed=40)).read_bytes()))
    figures = evaluate(app, "--data", str(data), "--train", str(train))
    assert {"top1", "top3", "coverage_at", "calibration_error", "rows", "without_place"} <= set(figures)
    assert set(figures["coverage_at"]) == {"0.95", "0.97"}
    assert figures["rows"] == 80
    assert figures["top1"] > 0.8
    assert figures["top1"] <= figures["top3"] <= 1
    assert figures["without_place"]["top1"] <= figures["top1"]
    assert figures["unknown_departments"] == 0


def test_without_training_rows_every_row_is_held_out_once(app: typer.Typer, tmp_path: Path) -> None:
    figures = evaluate(app, "--data", str(write(tmp_path / "rows.jsonl", dispatches(120))))
    assert figures["rows"] == 120
    assert "cross-validation" in figures["method"]


def test_unknown_places_and_departments_are_counted_not_refused(app: typer.Typer, tmp_path: Path) -> None:
    train = write(tmp_path / "train.jsonl", dispatches(150))
    strange = write(
        tmp_path / "strange.jsonl", dispatches(20, seed=50), place="火星", department="火星办事处"
    )
    figures = evaluate(app, "--data", str(strange), "--train", str(train))
    assert (figures["top1"], figures["top3"], figures["unknown_departments"]) == (0, 0, 1)
    nowhere = write(tmp_path / "nowhere.jsonl", dispatches(20, seed=50), place=None)
    assert evaluate(app, "--data", str(nowhere), "--train", str(train))["top3"] > 0.3


def test_people_read_the_figures_in_chinese(app: typer.Typer, tmp_path: Path) -> None:
    data = write(tmp_path / "rows.jsonl", dispatches(100))
    result = CliRunner().invoke(app, ["evaluate", "routing", "--data", str(data), "--train", str(data)])
    assert result.exit_code == 0
    assert "前三位" in result.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"text": "a"}\n', "第 1 行"),
        (b'{"text": "a", "department": "b", "place": 3}\n', "place"),
        (b"[]\n{", "第 2 行"),
        (b"\n", "没有数据"),
        (b"\x1f\x8bdamaged", "gzip"),
        ('{"text": "路灯", "department": "城管局"}\n'.encode(), "数据不足"),
    ],
)
def test_bad_rows_end_with_code_2_and_are_named(
    app: typer.Typer, tmp_path: Path, content: bytes, said: str
) -> None:
    data = tmp_path / "bad.jsonl"
    data.write_bytes(content)
    result = CliRunner().invoke(app, ["evaluate", "routing", "--data", str(data), "--json"])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_missing_file_ends_with_code_2(app: typer.Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "routing", "--data", str(tmp_path / "none.jsonl")])
    assert result.exit_code == 2
    assert "无法读取" in result.stderr
