"""``huiyin serve`` and ``huiyin work``: the two processes of production."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import socket
from typing import Annotated

import typer
from aiohttp import web

from bot.app import create_app
from bot.logs import configure_logs
from bot.settings import Settings, SettingsInvalid
from bot.wiring import build_services
from bot.worker import Worker


def register(app: typer.Typer) -> None:
    app.command()(serve)
    app.command()(work)


def serve(
    host: Annotated[str | None, typer.Option(help="监听地址。")] = None,
    port: Annotated[int | None, typer.Option(help="监听端口。")] = None,
    workers: Annotated[int, typer.Option(min=1, help="共用端口的进程数。")] = 1,
) -> None:
    """运行网页服务（接口、工作台、微信回调）。"""
    settings = _settings(host=host, port=port)
    listening = _listen(settings.host, settings.port)
    children = [
        multiprocessing.Process(target=_serve_one, args=(settings, listening), daemon=True)
        for _ in range(workers - 1)
    ]
    for child in children:
        child.start()
    try:
        _serve_one(settings, listening)
    finally:
        for child in children:
            child.terminate()
            child.join(10)


def work() -> None:
    """运行后台任务：发送通知、检查时限、补发迟到的回复。"""
    settings = _settings()
    configure_logs()

    async def run() -> None:
        async with build_services(settings) as services:
            task = asyncio.create_task(Worker(services).run())
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task

    asyncio.run(run())


def _serve_one(settings: Settings, listening: socket.socket) -> None:
    configure_logs()

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with build_services(settings) as services:
            runner = web.AppRunner(create_app(services), access_log=None)
            await runner.setup()
            try:
                await web.SockSite(runner, listening).start()
                await stop.wait()
            finally:
                await runner.cleanup()

    asyncio.run(run())


def _settings(**overrides: object) -> Settings:
    try:
        settings = Settings.from_environment(**overrides)
        settings.key_bytes()
        if not settings.mongo_url or not settings.redis_url:
            raise SettingsInvalid(
                "请用 HUIYIN_MONGO_URL 和 HUIYIN_REDIS_URL 指明数据库；只有 huiyin demo 自带数据库。"
            )
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    return settings


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        typer.echo(f"无法监听 {host}:{port}（{error.strerror}），请用 --port 换一个端口。", err=True)
        raise typer.Exit(2) from None
    listening.listen(1024)
    return listening
