"""``huiyin ask`` and ``huiyin evaluate answers``."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.commands import knowledge

runner = CliRunner()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.delenv("HUIYIN_MONGO_URL", raising=False)
    app, evaluate = typer.Typer(), typer.Typer()
    app.add_typer(evaluate, name="evaluate")
    knowledge.register(app, evaluate)
    return app


def test_ask_prints_the_answer_with_its_source(app: typer.Typer) -> None:
    result = runner.invoke(app, ["ask", "电动车怎么上牌", "--on", "2026-11-23"])
    assert result.exit_code == 0
    assert "《电动自行车登记上牌办事指南》" in result.output
    assert "清公交发〔2026〕1号" in result.output


def test_ask_prints_one_json_object(app: typer.Typer) -> None:
    answered = json.loads(
        runner.invoke(app, ["ask", "电动车怎么上牌", "--on", "2026-11-23", "--json"]).output
    )
    assert answered["answered"] is True
    assert answered["citation"]["published_on"] == "2026-01-08"
    refused = json.loads(
        runner.invoke(app, ["ask", "楼下烧烤店半夜吵死人", "--on", "2026-11-23", "--json"]).output
    )
    assert (refused["answered"], refused["reason"]) == (False, "nothing_near")


def test_ask_refuses_what_is_no_date(app: typer.Typer) -> None:
    assert runner.invoke(app, ["ask", "低保", "--on", "明天"]).exit_code == 2


def write(path: Path, rows: list[dict[str, str]]) -> Path:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


ARTICLES = [
    {"id": "a", "title": "养犬登记", "body": "遛狗要拴绳。"},
    {"id": "b", "title": "停水报修", "body": "拨打供水热线。"},
]


def evaluate(app: typer.Typer, articles: Path, questions: Path) -> tuple[int, str]:
    command = ["evaluate", "answers", "--articles", str(articles), "--questions", str(questions), "--json"]
    result = runner.invoke(app, command)
    return result.exit_code, result.output


def test_evaluate_counts_first_places_and_reciprocal_ranks(app: typer.Typer, tmp_path: Path) -> None:
    articles = write(tmp_path / "a.jsonl.gz", ARTICLES)
    asked = [
        {"question": "狗要登记吗", "article_id": "a"},
        {"question": "停水报修，还有遛狗", "article_id": "a"},
        {"question": "xyz", "article_id": "b"},
        {"question": "停水找谁", "article_id": "b"},
    ]
    code, output = evaluate(app, articles, write(tmp_path / "q.jsonl", asked))
    figures = json.loads(output)
    assert code == 0
    assert figures["recall_at_1"] == 0.5
    assert figures["recall_at_5"] == 0.75
    assert figures["mrr_at_10"] == pytest.approx((1 + 1 / 2 + 0 + 1) / 4)
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"question": "停水"}', "q.jsonl: line 2: without article_id"),
        ('{"question": "停水", "article_id": "c"}', "q.jsonl: line 2: no article c"),
        ("停水", "q.jsonl: line 2: no JSON"),
        ("[]", "q.jsonl: line 2: without question, article_id"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(app: typer.Typer, tmp_path: Path, line: str, said: str) -> None:
    articles = write(tmp_path / "a.jsonl", ARTICLES)
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"question": "停水", "article_id": "b"}\n' + line + "\n", encoding="utf-8")
    code, output = evaluate(app, articles, questions)
    assert code == 2
    assert said in output


def test_no_questions_are_no_figures(app: typer.Typer, tmp_path: Path) -> None:
    articles = write(tmp_path / "a.jsonl", ARTICLES)
    code, output = evaluate(app, articles, write(tmp_path / "q.jsonl", []))
    assert code == 2
    assert "no questions" in output
