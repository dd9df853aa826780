"""``huiyin check-config``: whether an installation has all it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from bot.commands.account_checks import account_problems
from bot.hotline.platform import require_callback_settings
from bot.redis_state import make_redis
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid
from bot.wechat.accounts import AccountsInvalid, load_accounts
from classifier.model import ModelDamaged, TextModel, starter_model_path
from routing.mongo_store import Document
from routing.reference_store import MongoReferenceStore, load_reference
from routing.reference_tables import demo_reference
from routing.timing.profile_files import load_profile, profile_names
from routing.timing.profile_store import MongoProfileStore
from routing.timing.sla import ProfileInvalid, UnknownProfile
from routing.timing.working_calendar import missing_notice_alarm


def register(app: typer.Typer) -> None:
    app.command("check-config")(check_config)


def check_config() -> None:
    """逐项检查设置，并试着连接所需的一切；有问题时退出码为 1。"""
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    problems = [line for line in (check(settings) for check in _CHECKS) if line]
    problems += asyncio.run(_store_problems(settings))
    if not problems and asyncio.run(_imported_version(settings)) == 0:
        typer.echo(
            "提醒：尚未导入本市的单位、地名和权责清单，现用演示县的表。请运行 huiyin import tables 目录。"
        )
    wrong, alarm = asyncio.run(_rules(settings, ask=not problems))
    problems += wrong
    if alarm:
        typer.echo(f"提醒：{alarm}")
    for problem in problems:
        typer.echo(f"问题：{problem}", err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("设置齐全。")


def _secret_key(settings: Settings) -> str | None:
    try:
        settings.key_bytes()
    except SettingsInvalid as error:
        return str(error)
    return None


def _accounts(settings: Settings) -> str | None:
    if settings.wechat_accounts is None:
        return None
    try:
        load_accounts(settings.wechat_accounts)
    except (AccountsInvalid, OSError) as error:
        return f"HUIYIN_WECHAT_ACCOUNTS: {error}"
    return None


def _model(settings: Settings) -> str | None:
    try:
        TextModel.load(settings.model or starter_model_path())
    except (ModelDamaged, OSError) as error:
        return f"HUIYIN_MODEL: {error}"
    return None


def _platform(settings: Settings) -> str | None:
    try:
        require_callback_settings(settings)
    except SettingsInvalid as error:
        return str(error)
    return None


_CHECKS: tuple[Callable[[Settings], str | None], ...] = (_secret_key, _accounts, _model, _platform)


async def _store_problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    if not settings.mongo_url or not settings.redis_url:
        return ["除 huiyin demo 外，都要设置 HUIYIN_MONGO_URL 和 HUIYIN_REDIS_URL。"]
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, serverSelectionTimeoutMS=3000
    )
    redis = make_redis(settings.redis_url)
    try:
        await mongo.admin.command("ping")
    except PyMongoError as error:
        problems.append(f"HUIYIN_MONGO_URL: 连不上（{type(error).__name__}）")
    try:
        await redis.ping()
    except RedisError as error:
        problems.append(f"HUIYIN_REDIS_URL: 连不上（{type(error).__name__}）")
    await redis.aclose()
    mongo.close()
    return problems


async def _imported_version(settings: Settings) -> int:
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url)
    try:
        return await MongoReferenceStore(client[settings.database]).current_version()
    finally:
        client.close()


async def _rules(settings: Settings, *, ask: bool) -> tuple[list[str], str | None]:
    """What is wrong with the time-limit profile, and the alarm of a missing yearly notice. Own profiles and imported
    calendars are looked at where the database can be asked."""
    try:
        if not ask:
            profile, units = load_profile(settings.profile), demo_reference().units
            names = profile_names()
        else:
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url)
            try:
                database = client[settings.database]
                profiles = MongoProfileStore(database)
                profile, names = (await profiles.rules(settings.profile)).profile, await profiles.names()
                units = (await load_reference(database, fallback=demo_reference())).units
            finally:
                client.close()
    except (UnknownProfile, ProfileInvalid) as error:
        return [f"HUIYIN_PROFILE: {error}"], None
    nowhere = profile.unknown_calendars(units.all())
    problems = (
        [f"单位表：方案 {profile.name} 没有日历 {'、'.join(nowhere)}，这些单位按普通工作时间计"]
        if nowhere
        else []
    )
    problems += account_problems(settings, units=units, profiles=names)
    return problems, missing_notice_alarm(utc_now(), years=profile.calendar.years)
