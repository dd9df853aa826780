"""``huiyin ask`` and ``huiyin evaluate answers``: the knowledge base from the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.asking import ask
from knowledge_base.retrieval.evaluation import BadRow, measure, read_index, read_questions


def register(app: typer.Typer, evaluate: typer.Typer) -> None:
    """Add ``ask`` to the application and ``answers`` to its ``evaluate`` group."""
    app.command("ask", help="问一句话：市民会得到的答复和来源，或者为什么不答。")(ask)
    evaluate.command("answers", help="检索评测：每个问题能否找到答复它的文章。")(evaluate_answers)


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
