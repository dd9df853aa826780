"""``huiyin check-config``, ``huiyin user add`` and ``huiyin key add``: what an installation needs by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError

from bot.people import PasswordTooWeak, People, RoleNotGiven, User, UserExists
from bot.redis_state import make_redis
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid
from bot.wechat.accounts import AccountsInvalid, load_accounts
from classifier.model import ModelDamaged, TextModel, starter_model_path
from routing.departments import UnitId
from routing.errors import UnknownUnit
from routing.mongo_store import Database, Document
from routing.reference_store import MongoReferenceStore, load_reference
from routing.reference_tables import demo_reference
from routing.timing.profile_files import load_profile
from routing.timing.profile_store import MongoProfileStore
from routing.timing.sla import ProfileInvalid, UnknownProfile
from routing.timing.working_calendar import missing_notice_alarm
from routing.workflow import Role


def register(app: typer.Typer) -> None:
    app.command("check-config")(check_config)
    users = typer.Typer(help="登录工作台的人员。", no_args_is_help=True)
    users.command("add")(add_user)
    app.add_typer(users, name="user")
    keys = typer.Typer(help="其他系统调用接口的密钥。", no_args_is_help=True)
    keys.command("add")(add_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="key")


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


_CHECKS: tuple[Callable[[Settings], str | None], ...] = (_secret_key, _accounts, _model)


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
        else:
            client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url)
            try:
                database = client[settings.database]
                profile = (await MongoProfileStore(database).rules(settings.profile)).profile
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
    return problems, missing_notice_alarm(utc_now(), years=profile.calendar.years)


def add_user(
    username: Annotated[str, typer.Argument(help="登录名。")],
    name: Annotated[str, typer.Option(help="姓名，显示在办理经过里。")],
    role: Annotated[Role, typer.Option(help="角色。")],
    unit: Annotated[str, typer.Option(help="所在单位的代码，如 qh.housing。")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """添加一名可以登录的人员。"""

    async def add(database: Database) -> None:
        unit_id = await _known_unit(unit, database)
        await People(database).add_user(
            User(username=username, name=name, role=role, unit_id=unit_id), password=password
        )

    try:
        _with_database(add)
    except UserExists:
        typer.echo(f"用户名 {username} 已存在。", err=True)
        raise typer.Exit(1) from None
    except RoleNotGiven:
        raise _role_not_given(role) from None
    except PasswordTooWeak:
        typer.echo("密码至少 10 个字符，并包含字母、数字、符号中的两种。", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"已添加用户 {username}。")


def add_key(
    name: Annotated[str, typer.Option(help="调用接口的系统名称。")],
    role: Annotated[Role, typer.Option(help="权限角色。")],
    unit: Annotated[str, typer.Option(help="代表哪个单位，含其下属单位。")],
) -> None:
    """新建接口密钥，只显示这一次。"""

    async def add(database: Database) -> None:
        unit_id = await _known_unit(unit, database)
        typer.echo(await People(database).add_api_key(name=name, role=role, unit_id=unit_id))

    try:
        _with_database(add)
    except RoleNotGiven:
        raise _role_not_given(role) from None


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="密钥编号，即办理经过里 api: 后面的部分。")],
) -> None:
    """立即吊销接口密钥。"""

    async def revoke(database: Database) -> None:
        if not await People(database).revoke_api_key(key_id, now=utc_now()):
            typer.echo(f"没有生效中的密钥 {key_id}。", err=True)
            raise typer.Exit(1)

    _with_database(revoke)


def _role_not_given(role: Role) -> typer.Exit:
    typer.echo(f"角色 {role.value} 不能分配，请换一个。", err=True)
    return typer.Exit(2)


async def _known_unit(unit: str, database: Database) -> UnitId:
    tables = await load_reference(database, fallback=demo_reference())
    try:
        return tables.units.get(UnitId(unit)).id
    except UnknownUnit:
        typer.echo(f"没有代码为 {unit} 的单位。", err=True)
        raise typer.Exit(2) from None


def _with_database(do: Callable[[Database], Awaitable[None]]) -> None:
    async def run() -> None:
        settings = Settings.from_environment()
        if not settings.mongo_url:
            typer.echo("请用 HUIYIN_MONGO_URL 指明数据库。", err=True)
            raise typer.Exit(2)
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url, tz_aware=True)
        try:
            database = client[settings.database]
            await People(database).prepare()
            await do(database)
        finally:
            client.close()

    asyncio.run(run())
