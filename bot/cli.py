"""``huiyin``: every command, each registered by the module that does the work."""

from __future__ import annotations

import typer

from bot.commands import (
    backup,
    calendar,
    classifier,
    deadline,
    demo,
    duplicates,
    export,
    knowledge,
    load_test,
    menu,
    model,
    operations,
    policies,
    profile,
    qr,
    reference,
    roster,
    routing,
    serve,
    staff,
    tickets,
)

app = typer.Typer(
    name="huiyin",
    help="回音 · 市民热线服务：件件有着落，事事有回音。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
evaluate = typer.Typer(help="用数据评测某一部分，打印指标。", no_args_is_help=True)
app.add_typer(evaluate, name="evaluate")
imports = typer.Typer(help="从文件导入一座城市的数据；有错的行逐行列出，不做一半。", no_args_is_help=True)
app.add_typer(imports, name="import")
exports = typer.Typer(help="导出工作簿。", no_args_is_help=True)
app.add_typer(exports, name="export")
freezes = typer.Typer(help="封存，此后不再改变。", no_args_is_help=True)
app.add_typer(freezes, name="freeze")

demo.register(app)
serve.register(app)
operations.register(app)
backup.register(app)
staff.register(app)
classifier.register(app, evaluate)
knowledge.register(app, evaluate)
deadline.register(app)
load_test.register(app)
duplicates.register(app)
model.register(app)
reference.register(imports)
tickets.register(imports)
policies.register(imports)
export.register(exports, freezes)
calendar.register(imports)
profile.register(app)
roster.register(app)
menu.register(app)
qr.register(app)
routing.register(evaluate)


def main() -> None:
    """The console script's entry."""
    app()
