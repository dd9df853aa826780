"""``huiyin ask`` and ``huiyin evaluate answers``: the knowledge base from the command line, without MongoDB."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import phrases
from knowledge_base.answer import Answer, Answerer, Refusal
from knowledge_base.evaluation import BadRow, measure, read_index, read_questions
from knowledge_base.library import load_demo_articles
from routing.working_calendar import CHINA


def register(app: typer.Typer, evaluate: typer.Typer) -> None:
    """Add ``ask`` to the application and ``answers`` to its ``evaluate`` group."""
    app.command("ask", help="问一句话：市民会得到的答复和来源，或者为什么不答。用演示知识库。")(ask)
    evaluate.command("answers", help="检索评测：每个问题能否找到答复它的文章。")(evaluate_answers)


def ask(
    question: Annotated[str, typer.Argument(help="问题，如“社保卡丢了怎么补办”。")],
    about: Annotated[str | None, typer.Option(help="上一次答复的文章编号，用于“那多少钱？”。")] = None,
    on: Annotated[str, typer.Option(help="按哪一天答复，如 2026-11-23。默认今天。")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Answer from the demo library; exit 2 on a bad date. A refusal is an outcome, not an error."""
    try:
        day = date.fromisoformat(on) if on else datetime.now(CHINA).date()
    except ValueError:
        raise typer.BadParameter(f"不是日期：{on}", param_hint="--on") from None
    outcome = Answerer(load_demo_articles()).answer(question, on=day, about=about)
    typer.echo(json.dumps(_record(outcome), ensure_ascii=False) if as_json else _readable(outcome))


def evaluate_answers(
    articles: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help='文章：JSON Lines {"id","title","body"}，可为 .gz。'),
    ],
    questions: Annotated[
        Path,
        typer.Option(
            exists=True, dir_okay=False, help='问题：JSON Lines {"question","article_id"}，可为 .gz。'
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Print recall, mean reciprocal rank and search times; exit 2 with file and line on a bad row."""
    try:
        index = read_index(articles)
        figures = measure(index, read_questions(questions, index))
    except (BadRow, ValueError, OSError) as error:
        typer.echo(f"无法评测：{error}", err=True)
        raise typer.Exit(2) from None
    record = {name: round(value, 4) for name, value in asdict(figures).items()}
    typer.echo(json.dumps(record) if as_json else "\n".join(f"{name}\t{record[name]}" for name in record))


def _record(outcome: Answer | Refusal) -> dict[str, Any]:
    """The outcome as JSON-able data; ``answered`` tells the two apart."""
    record = asdict(outcome)
    if isinstance(outcome, Answer):
        record["citation"]["published_on"] = outcome.citation.published_on.isoformat()
        record["confidence"] = round(outcome.confidence, 4)
    return {"answered": isinstance(outcome, Answer), **record}


def _readable(outcome: Answer | Refusal) -> str:
    if isinstance(outcome, Answer):
        return phrases.answer(outcome)
    near = [f"{at}. {one.question}" for at, one in enumerate(outcome.nearest, start=1)]
    return "\n".join([phrases.not_known(nearest=bool(near)), *near])
