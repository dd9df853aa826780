"""``huiyin load-test``: drives a running demo as WeChat and as the hotline's platform, and prints how it held."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.load import LoadInvalid, Report, Target, drive, read_target

MOST_RATE = 2000
MOST_SECONDS = 600


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command("load-test")(load_test)


def load_test(
    rate: Annotated[float, typer.Option(min=0.1, max=MOST_RATE, help="每秒发出多少个请求。")] = 50,
    seconds: Annotated[float, typer.Option(min=0.1, max=MOST_SECONDS, help="持续多少秒。")] = 10,
    tickets: Annotated[float, typer.Option(min=0, max=1, help="其中热线工单所占的比例。")] = 0.2,
    demo: Annotated[str, typer.Option(help="演示启动时 DEMO 之后的 JSON，或存有它的文件。")] = "",
    data_dir: Annotated[
        Path, typer.Option(envvar="HUIYIN_DATA_DIR", help="演示的数据目录，读取其中的 demo.json。")
    ] = Path(".huiyin"),
    url: Annotated[str, typer.Option(help="同一演示在本机的另一个地址。")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="用一行 JSON 打印指标。")] = False,
) -> None:
    """按固定速率向运行中的演示发送签名加密的市民消息和热线工单，打印速率和耗时分位数。

    只对本机；从预定的发出时刻起计时，排队等候也算在内。
    """
    try:
        target = _target(demo, data_dir, url)
        report = asyncio.run(
            drive(target, rate=rate, seconds=seconds, ticket_share=tickets, run_id=secrets.token_hex(4))
        )
    except LoadInvalid as wrong:
        typer.echo(str(wrong), err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        _print(report)
    if report.failures:
        raise typer.Exit(1)


def _target(demo: str, data_dir: Path, url: str) -> Target:
    """From ``--demo`` as JSON or as a file, else from the demo's data directory."""
    if demo.lstrip().startswith("{"):
        return read_target(demo, url=url)
    path = Path(demo) if demo else data_dir / "demo.json"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LoadInvalid(
            f"{path}: {error.strerror}. Start `huiyin demo` first, or pass what it prints after DEMO with --demo"
        ) from None
    return read_target(text.strip().removeprefix("DEMO "), url=url)


def _print(report: Report) -> None:
    console = Console()
    table = Table("", "sent", "done", "failed", "/s", "p50", "p95", "p99", "max", caption="times in ms")
    keys = ("sent", "answered", "failed", "per_second", "p50_ms", "p95_ms", "p99_ms", "max_ms")
    for name, kind in (("WeChat", report.messages), ("hotline", report.tickets)):
        figures = kind.as_json(report.seconds)
        cells = (figures[key] for key in keys)
        table.add_row(name, *("—" if value is None else f"{value:g}" for value in cells))
    console.print(table)
    console.print(
        f"{report.seconds:.1f} s; {report.filed} filed by chatting, {report.kept} kept for a later answer, "
        f"{report.repeated} hotline numbers sent twice, {report.held_back} not begun for want of room"
    )
    for reason, count in sorted(report.failures.items()):
        console.print(f"{count} × {reason}", style="red")
