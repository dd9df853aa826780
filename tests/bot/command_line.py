"""The command line of one installation, as an administrator types it."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import typer
from typer.testing import CliRunner


class CommandLine:
    """Some of the commands, over a folder of files."""

    def __init__(self, folder: Path, *commands: ModuleType) -> None:
        self.folder = folder
        self._app = typer.Typer()
        for each in commands:
            each.register(self._app)

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    def run(self, *arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(self._app, list(arguments))
        assert result.exit_code == exit_code, result.output
        return result.output

    def told(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run(*arguments, "--json", exit_code=exit_code))
        return told
