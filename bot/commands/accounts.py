"""A command's way to one official account: its settings, its client and the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, NoReturn, TypeVar

import aiohttp
import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from bot.redis_state import make_redis
from bot.settings import Settings, SettingsInvalid
from bot.wechat.accounts import Account, AccountsInvalid, load_accounts
from bot.wechat.client import WeChatClient
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.menus import explain_refusal
from routing.mongo_store import Database, Document

_T = TypeVar("_T")

AccountName = Annotated[str, typer.Option("--account", help="公众号在配置文件里的名字；只有一个时可以不写。")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AtAccount:
    """What a command on an account works with."""

    settings: Settings
    account: Account
    database: Database
    client: WeChatClient
    http: aiohttp.ClientSession


def configured() -> tuple[Settings, dict[str, Account]]:
    """The settings and their accounts; exit 2 where there are none to be used."""
    try:
        settings = Settings.from_environment()
        if settings.wechat_accounts is None:
            fail("请用 HUIYIN_WECHAT_ACCOUNTS 指明公众号配置文件。", 2)
        return settings, load_accounts(settings.wechat_accounts)
    except (SettingsInvalid, AccountsInvalid) as error:
        fail(str(error), 2)


def choose(accounts: dict[str, Account], name: str) -> Account:
    """The account of that name, or the only one."""
    if not name and len(accounts) == 1:
        return next(iter(accounts.values()))
    if name not in accounts:
        named = f"没有公众号 {name}" if name else "请用 --account 选一个公众号"
        fail(f"{named}。现有：{'、'.join(accounts)}", 2)
    return accounts[name]


def with_account(name: str, do: Callable[[AtAccount], Awaitable[_T]]) -> _T:
    """Run ``do`` on an account; exit 1 when the platform refuses, 2 when settings or a server are not to be used."""
    settings, accounts = configured()
    account = choose(accounts, name)
    if not settings.mongo_url or not settings.redis_url:
        fail("请用 HUIYIN_MONGO_URL 和 HUIYIN_REDIS_URL 指明数据库。", 2)

    async def run() -> _T:
        mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
        )
        redis = make_redis(settings.redis_url)
        try:
            async with aiohttp.ClientSession() as http:
                client = WeChatClient(account, http, redis, settings.wechat_api_base)
                return await do(
                    AtAccount(
                        settings=settings,
                        account=account,
                        database=mongo[settings.database],
                        client=client,
                        http=http,
                    )
                )
        except PyMongoError as error:
            fail(f"数据库不可用（{type(error).__name__}）。", 2)
        except DeliveryRefused as refused:
            fail(f"微信平台拒绝了：{explain_refusal(refused.code)}。", 1)
        except DeliveryUnknown:
            fail("微信平台没有答复，不知道有没有生效。请稍后用 show 看一看，再决定要不要重来。", 1)
        finally:
            await redis.aclose()
            mongo.close()

    return asyncio.run(run())


def fail(words: str, code: int) -> NoReturn:
    """Say it and end the command."""
    typer.echo(words, err=True)
    raise typer.Exit(code)
