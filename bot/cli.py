"""``huiyin``: every command, each registered by the module that does the work.

Only the modules of the command that was asked for are imported: all of them together take seconds.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass

import typer

_GROUPS = {
    "evaluate": "用数据评测某一部分，打印指标。",
    "import": "从文件导入一座城市的数据；有错的行逐行列出，不做一半。",
    "export": "导出工作簿。",
    "freeze": "封存，此后不再改变。",
}
"""Groups whose commands several modules bring."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A module of ``bot.commands``, and the words by which its commands begin."""

    module: str
    words: tuple[str, ...]
    top: bool = True
    """Whether its ``register`` is given the whole application before the groups among its words."""


_PARTS = (
    _Part("demo", ("demo",)),
    _Part("serve", ("serve", "work")),
    _Part("operations", ("check-config",)),
    _Part("backup", ("backup", "restore")),
    _Part("staff", ("user", "key")),
    _Part("classifier", ("train", "classify", "evaluate")),
    _Part("knowledge", ("ask", "evaluate")),
    _Part("deadline", ("deadline",)),
    _Part("load_test", ("load-test",)),
    _Part("duplicates", ("duplicates",)),
    _Part("model", ("model",)),
    _Part("reference", ("import",), top=False),
    _Part("tickets", ("import",), top=False),
    _Part("policies", ("import",), top=False),
    _Part("export", ("export", "freeze"), top=False),
    _Part("calendar", ("import",), top=False),
    _Part("profile", ("profile",)),
    _Part("roster", ("roster",)),
    _Part("menu", ("menu",)),
    _Part("qr", ("qr",)),
    _Part("routing", ("evaluate",), top=False),
)


def application(word: str = "") -> typer.Typer:
    """The commands that begin with ``word``; all of them where none does, so that help and complaints name them."""
    app = typer.Typer(
        name="huiyin",
        help="回音 · 市民热线服务：件件有着落，事事有回音。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_nothing_before)  # a single command is called by its name too
    parts = [part for part in _PARTS if word in part.words] or list(_PARTS)
    groups = {
        name: typer.Typer(help=text, no_args_is_help=True)
        for name, text in _GROUPS.items()
        if any(name in part.words for part in parts)
    }
    for name, group in groups.items():
        app.add_typer(group, name=name)
    for part in parts:
        into = [groups[name] for name in part.words if name in groups]
        module = importlib.import_module(f"bot.commands.{part.module}")
        module.register(*([app] if part.top else []), *into)
    return app


def _nothing_before() -> None:
    """Done before every command."""


def main() -> None:
    """The console script's entry."""
    application(sys.argv[1] if len(sys.argv) > 1 else "")()
