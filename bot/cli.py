"""``huiyin``: every command, each registered by the module that does the work."""

from __future__ import annotations

import typer

from bot.commands import classifier, deadline, demo, knowledge, load_test, operations, serve

app = typer.Typer(
    name="huiyin",
    help="回音 · 市民热线服务：件件有着落，事事有回音。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
evaluate = typer.Typer(help="用数据评测某一部分，打印指标。", no_args_is_help=True)
app.add_typer(evaluate, name="evaluate")

demo.register(app)
serve.register(app)
operations.register(app)
classifier.register(app, evaluate)
knowledge.register(app, evaluate)
deadline.register(app)
load_test.register(app)


def main() -> None:
    """The console script's entry."""
    app()
