"""``huiyin``: every command, each registered by the module that does the work."""

from __future__ import annotations

import typer

from bot.commands import classifier, deadline, demo, knowledge, load_test, operations, serve

app = typer.Typer(
    name="huiyin",
    help="回音 · a citizen-hotline service: WeChat and 12345 requests to owner, date and answer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
evaluate = typer.Typer(help="Measure a part on data and print its figures.", no_args_is_help=True)
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
