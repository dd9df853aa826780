"""A command's way to the database the settings name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.settings import Settings, SettingsInvalid
from routing.mongo_store import Database, Document

_T = TypeVar("_T")


def with_database(do: Callable[[Database, Settings], Awaitable[_T]]) -> _T:
    """Run ``do`` on the database; exit 2 when the settings or the server are not to be used."""

    async def run() -> _T:
        try:
            settings = Settings.from_environment()
        except SettingsInvalid as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        if not settings.mongo_url:
            typer.echo("请用 HUIYIN_MONGO_URL 指明数据库。", err=True)
            raise typer.Exit(2)
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
        )
        try:
            return await do(client[settings.database], settings)
        except PyMongoError as error:
            typer.echo(f"数据库不可用（{type(error).__name__}）。", err=True)
            raise typer.Exit(2) from None
        finally:
            client.close()

    return asyncio.run(run())
