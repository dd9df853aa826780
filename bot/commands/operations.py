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
from routing.departments import UnitId, load_units
from routing.errors import UnknownUnit
from routing.mongo_store import Document
from routing.sla import UnknownProfile, load_profile
from routing.workflow import Role
from routing.working_calendar import calendar_alarm


def register(app: typer.Typer) -> None:
    app.command("check-config")(check_config)
    users = typer.Typer(help="People who log in to the console.", no_args_is_help=True)
    users.command("add")(add_user)
    app.add_typer(users, name="user")
    keys = typer.Typer(help="API keys of other programs.", no_args_is_help=True)
    keys.command("add")(add_key)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="key")


def check_config() -> None:
    """Check every setting and reach for everything the service needs; exit 1 when something is wrong."""
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    problems = [line for line in (check(settings) for check in _CHECKS) if line]
    problems += asyncio.run(_store_problems(settings))
    if alarm := calendar_alarm(utc_now()):
        typer.echo(f"warning: {alarm}")
    for problem in problems:
        typer.echo(f"problem: {problem}", err=True)
    if problems:
        raise typer.Exit(1)
    typer.echo("configuration is complete")


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


def _profile(settings: Settings) -> str | None:
    try:
        load_profile(settings.profile)
    except UnknownProfile as error:
        return f"HUIYIN_PROFILE: {error}"
    return None


def _model(settings: Settings) -> str | None:
    try:
        TextModel.load(settings.model or starter_model_path())
    except (ModelDamaged, OSError) as error:
        return f"HUIYIN_MODEL: {error}"
    return None


_CHECKS: tuple[Callable[[Settings], str | None], ...] = (_secret_key, _accounts, _profile, _model)


async def _store_problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    if not settings.mongo_url or not settings.redis_url:
        return ["HUIYIN_MONGO_URL and HUIYIN_REDIS_URL are needed outside `huiyin demo`"]
    mongo: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, serverSelectionTimeoutMS=3000
    )
    redis = make_redis(settings.redis_url)
    try:
        await mongo.admin.command("ping")
    except PyMongoError as error:
        problems.append(f"HUIYIN_MONGO_URL: no answer ({type(error).__name__})")
    try:
        await redis.ping()
    except RedisError as error:
        problems.append(f"HUIYIN_REDIS_URL: no answer ({type(error).__name__})")
    await redis.aclose()
    mongo.close()
    return problems


def add_user(
    username: Annotated[str, typer.Argument(help="Login name.")],
    name: Annotated[str, typer.Option(help="The person's name, shown in histories.")],
    role: Annotated[Role, typer.Option(help="What the person is.")],
    unit: Annotated[str, typer.Option(help="Id of the unit the person works in, e.g. qh.housing.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """Add somebody who may log in."""
    unit_id = _known_unit(unit)

    async def add(people: People) -> None:
        await people.add_user(
            User(username=username, name=name, role=role, unit_id=unit_id), password=password
        )

    try:
        _with_people(add)
    except UserExists:
        typer.echo(f"user {username} exists", err=True)
        raise typer.Exit(1) from None
    except RoleNotGiven:
        raise _role_not_given(role) from None
    except PasswordTooWeak:
        typer.echo("the password needs at least 10 characters of at least two kinds", err=True)
        raise typer.Exit(2) from None
    typer.echo(f"user {username} added")


def add_key(
    name: Annotated[str, typer.Option(help="The program that calls.")],
    role: Annotated[Role, typer.Option(help="What the program may do.")],
    unit: Annotated[str, typer.Option(help="Id of the unit it acts for; all below are included.")],
) -> None:
    """Make an API key and print it, once."""
    unit_id = _known_unit(unit)

    async def add(people: People) -> None:
        typer.echo(await people.add_api_key(name=name, role=role, unit_id=unit_id))

    try:
        _with_people(add)
    except RoleNotGiven:
        raise _role_not_given(role) from None


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="The key's id, as shown in histories after api:.")],
) -> None:
    """Take an API key's rights away, at once."""

    async def revoke(people: People) -> None:
        if not await people.revoke_api_key(key_id, now=utc_now()):
            typer.echo(f"no such key in force: {key_id}", err=True)
            raise typer.Exit(1)

    _with_people(revoke)


def _role_not_given(role: Role) -> typer.Exit:
    typer.echo(f"nobody is given the role {role.value}; choose another", err=True)
    return typer.Exit(2)


def _known_unit(unit: str) -> UnitId:
    try:
        return load_units().get(UnitId(unit)).id
    except UnknownUnit:
        typer.echo(f"no unit of id {unit}", err=True)
        raise typer.Exit(2) from None


def _with_people(do: Callable[[People], Awaitable[None]]) -> None:
    async def run() -> None:
        settings = Settings.from_environment()
        if not settings.mongo_url:
            typer.echo("HUIYIN_MONGO_URL names no server", err=True)
            raise typer.Exit(2)
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url, tz_aware=True)
        try:
            people = People(client[settings.database])
            await people.prepare()
            await do(people)
        finally:
            client.close()

    asyncio.run(run())
