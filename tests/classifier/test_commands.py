"""The command line: train on a small file, classify with the model, evaluate it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import classifier
from classifier.model import TextModel
from tests.classifier.messages import made_up, write_rows


@pytest.fixture(scope="session")
def app() -> typer.Typer:
    app, evaluate = typer.Typer(), typer.Typer()
    evaluate.command("nothing")(lambda: None)  # typer folds a group of one command into the command
    app.add_typer(evaluate, name="evaluate")
    classifier.register(app, evaluate)
    return app


def test_train_then_classify_then_evaluate(app: typer.Typer, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", made_up(150))
    held_out = write_rows(tmp_path / "held_out.jsonl", made_up(60, seed=99))
    model = tmp_path / "town.model"
    run = CliRunner()

    trained = run.invoke(app, ["train", "--data", str(data), "--out", str(model), "--about", "made-up rows"])
    assert trained.exit_code == 0
    assert "cross-validated macro-F1: 0.9" in trained.stdout or "macro-F1: 1.0" in trained.stdout
    assert "made-up rows" in model.with_suffix(".card.md").read_text(encoding="utf-8")
    assert TextModel.load(model).card.rows == 150

    said = run.invoke(
        app, ["classify", "--model", str(model), "--json"], input="路灯不亮，井盖也破损了\n\n医保卡刷不了\n"
    )
    assert said.exit_code == 0
    first, empty, last = (json.loads(line) for line in said.stdout.splitlines())
    assert set(first) == {"label", "confidence", "abstained", "alternatives", "because"}
    assert (first["label"], last["label"]) == ("城市管理", "社会保障")
    assert empty["abstained"] is True
    assert [set(other) for other in first["alternatives"]] == [{"label", "confidence"}] * 2
    assert all(isinstance(word, str) for word in first["because"])

    measured = run.invoke(
        app, ["evaluate", "classifier", "--data", str(held_out), "--model", str(model), "--json"]
    )
    assert measured.exit_code == 0
    figures = json.loads(measured.stdout)
    assert figures["macro_f1"] > 0.9
    assert set(figures["coverage_at"]) == {"0.95", "0.97"}
    assert set(figures["per_label"]) == {"城市管理", "社会保障", "教育"}
    assert "not trained on them" in figures["method"]


def test_evaluate_without_a_model_cross_validates(app: typer.Typer, tmp_path: Path) -> None:
    data = tmp_path / "rows.jsonl.gz"
    data.write_bytes(gzip.compress(write_rows(tmp_path / "rows.jsonl", made_up(90)).read_bytes()))
    result = CliRunner().invoke(app, ["evaluate", "classifier", "--data", str(data), "--json"])
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert {"macro_f1", "weighted_f1", "accuracy", "coverage_at", "per_label"} <= set(figures)
    assert "cross-validation" in figures["method"]
    assert figures["rows"] == 90


def test_bad_rows_are_named_by_number_and_nothing_is_written(app: typer.Typer, tmp_path: Path) -> None:
    data = tmp_path / "bad.jsonl"
    data.write_bytes(
        '{"text": "路灯坏了", "label": "城管"}\n'
        "\n"
        "{not json\n"
        '["a list"]\n'
        '{"text": "没有标签"}\n'
        '{"text": "  ", "label": "城管"}\n'.encode()
        + b'{"text": "\xff", "label": "x"}\n'
    )
    out = tmp_path / "none.model"
    result = CliRunner().invoke(app, ["train", "--data", str(data), "--out", str(out)])
    assert result.exit_code == 2
    assert [f"第 {row} 行" in result.stderr for row in range(1, 8)] == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
    ]
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--data", "absent.jsonl", "--out", "x.model"], "无法读取"),
        (["classify", "--model", "absent.model"], "模型不可用"),
        (["train", "--data", "DATA", "--out", "absent/x.model"], "目录不存在"),
        (["evaluate", "classifier", "--data", "EMPTY"], "没有数据"),
        (["train", "--data", "ONE", "--out", "x.model"], "数据不足"),
    ],
)
def test_bad_input_ends_with_code_2_and_says_why(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "DATA", made_up(30))
    write_rows(tmp_path / "ONE", [row for row in made_up(30) if row.label == "教育"])
    (tmp_path / "EMPTY").write_text("\n", encoding="utf-8")
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "x.model").exists()


def test_without_a_model_the_starter_answers(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["classify"], input='{"text": "路灯坏了\\n小区门口路灯坏了半个月"}\n')
    assert json.loads(result.stdout)["label"] == "城乡建设"


def test_an_explanation_is_added_when_asked_for(app: typer.Typer) -> None:
    given = '{"text": "路灯坏了\\n小区门口路灯坏了半个月"}\n\n'
    result = CliRunner().invoke(app, ["classify", "--explain"], input=given)
    assert result.exit_code == 0
    explained, nothing = (json.loads(line)["explanation"] for line in result.stdout.splitlines())
    assert set(explained) == {"runner_up", "words", "change"}
    assert "路灯" in {found["word"] for found in explained["words"]}
    assert nothing["words"] == []
