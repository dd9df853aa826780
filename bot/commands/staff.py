"""``huiyin user`` and ``huiyin key``: people who log in and programs that call, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

import orjson
import typer
from motor.motor_asyncio import AsyncIOMotorClient

from bot.people import People, User
from bot.services import utc_now
from bot.settings import Settings
from bot.staff import Member, StaffDesk
from bot.wording import explain, label
from routing.departments import UnitId
from routing.errors import Refused, UnknownUnit
from routing.mongo_store import Database, Document
from routing.reference_store import load_reference
from routing.reference_tables import demo_reference
from routing.workflow import Role

_BY = "huiyin"
"""Who the log names for what was done on the server itself."""
_Username = Annotated[str, typer.Argument(help="登录名。")]


def register(app: typer.Typer) -> None:
    users = typer.Typer(help="登录工作台的人员。", no_args_is_help=True)
    users.command("add")(add_user)
    users.command("list")(list_users)
    users.command("change")(change_user)
    users.command("reset-password")(reset_password)
    users.command("close")(close_user)
    users.command("open")(open_user)
    app.add_typer(users, name="user")
    keys = typer.Typer(help="其他系统调用接口的密钥。", no_args_is_help=True)
    keys.command("add")(add_key)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="key")


def add_user(
    username: _Username,
    name: Annotated[str, typer.Option(help="姓名，显示在办理经过里。")],
    role: Annotated[Role, typer.Option(help="角色。")],
    unit: Annotated[str, typer.Option(help="所在单位的代码，如 qh.housing。")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)],
) -> None:
    """添加一名可以登录的人员。"""

    async def add(staff: StaffDesk, people: People, database: Database) -> None:
        unit_id = await _known_unit(unit, database)
        user = User(username=username, name=name, role=role, unit_id=unit_id)
        await staff.add(user, by=_BY, now=utc_now(), password=password)

    _with_staff(add)
    typer.echo(f"已添加用户 {username}。")


def list_users(
    words: Annotated[str, typer.Option("--search", help="只列登录名或姓名含这几个字的。")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="按 JSON 输出。")] = False,
) -> None:
    """列出人员：登录名、姓名、角色、单位、是否停用。"""

    async def show(staff: StaffDesk, people: People, database: Database) -> None:
        members: list[Member] = []
        while True:
            page = await staff.members(words=words, after=members[-1].user.username if members else "")
            members += page
            if not page:
                break
        if as_json:
            typer.echo(orjson.dumps([_json(member) for member in members]).decode())
            return
        for member in members:
            user, standing = member.user, "已停用" if member.closed_at else ""
            typer.echo("\t".join((user.username, user.name, label(user.role), user.unit_id, standing)))

    _with_staff(show)


def _json(member: Member) -> dict[str, object]:
    user = member.user
    return {
        "username": user.username,
        "name": user.name,
        "role": str(user.role),
        "unit_id": user.unit_id,
        "closed_at": member.closed_at.isoformat() if member.closed_at else None,
    }


def change_user(
    username: _Username,
    name: Annotated[str | None, typer.Option(help="新的姓名。")] = None,
    role: Annotated[Role | None, typer.Option(help="新的角色。")] = None,
    unit: Annotated[str | None, typer.Option(help="新的单位代码。")] = None,
) -> None:
    """改姓名、角色或单位；马上生效。"""

    async def change(staff: StaffDesk, people: People, database: Database) -> None:
        user = (await staff.get(username)).user
        changed = replace(
            user,
            name=name or user.name,
            role=role or user.role,
            unit_id=await _known_unit(unit, database) if unit else user.unit_id,
        )
        await staff.change(changed, by=_BY, now=utc_now())

    _with_staff(change)
    typer.echo(f"已修改 {username}。")


def reset_password(username: _Username) -> None:
    """给一个临时密码，只显示这一次；已登录的会退出。"""

    async def reset(staff: StaffDesk, people: People, database: Database) -> None:
        typer.echo(await staff.reset_password(username, by=_BY, now=utc_now()))

    _with_staff(reset)


def close_user(
    username: _Username, why: Annotated[str, typer.Option(help="原因，记入变更记录。")] = ""
) -> None:
    """停用账号；已登录的会退出。"""

    async def close(staff: StaffDesk, people: People, database: Database) -> None:
        await staff.close(username, by=_BY, why=why, now=utc_now())

    _with_staff(close)
    typer.echo(f"已停用 {username}。")


def open_user(
    username: _Username, why: Annotated[str, typer.Option(help="原因，记入变更记录。")] = ""
) -> None:
    """启用停用的账号。"""

    async def reopen(staff: StaffDesk, people: People, database: Database) -> None:
        await staff.open(username, by=_BY, why=why, now=utc_now())

    _with_staff(reopen)
    typer.echo(f"已启用 {username}。")


def add_key(
    name: Annotated[str, typer.Option(help="调用接口的系统名称。")],
    role: Annotated[Role, typer.Option(help="权限角色。")],
    unit: Annotated[str, typer.Option(help="代表哪个单位，含其下属单位。")],
) -> None:
    """新建接口密钥，只显示这一次。"""

    async def add(staff: StaffDesk, people: People, database: Database) -> None:
        unit_id = await _known_unit(unit, database)
        typer.echo(await staff.add_key(name=name, role=role, unit_id=unit_id, by=_BY, now=utc_now()))

    _with_staff(add)


def list_keys() -> None:
    """列出接口密钥：编号、系统、角色、单位、是否吊销。"""

    async def show(staff: StaffDesk, people: People, database: Database) -> None:
        for key in await staff.keys():
            standing = "已吊销" if key.revoked_at else ""
            typer.echo("\t".join((key.key_id, key.name, label(key.role), key.unit_id, standing)))

    _with_staff(show)


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="密钥编号，即办理经过里 api: 后面的部分。")],
) -> None:
    """立即吊销接口密钥。"""

    async def revoke(staff: StaffDesk, people: People, database: Database) -> None:
        if not await staff.revoke_key(key_id, by=_BY, now=utc_now()):
            typer.echo(f"没有生效中的密钥 {key_id}。", err=True)
            raise typer.Exit(1)

    _with_staff(revoke)


async def _known_unit(unit: str, database: Database) -> UnitId:
    tables = await load_reference(database, fallback=demo_reference())
    try:
        return tables.units.get(UnitId(unit)).id
    except UnknownUnit:
        typer.echo(f"没有代码为 {unit} 的单位。", err=True)
        raise typer.Exit(2) from None


def _with_staff(do: Callable[[StaffDesk, People, Database], Awaitable[None]]) -> None:
    """Run it on the configured database; a refusal is said in words, exit code 1."""

    async def run() -> None:
        settings = Settings.from_environment()
        if not settings.mongo_url:
            typer.echo("请用 HUIYIN_MONGO_URL 指明数据库。", err=True)
            raise typer.Exit(2)
        client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(settings.mongo_url, tz_aware=True)
        try:
            database = client[settings.database]
            people = People(database)
            staff = StaffDesk(database, people)
            await asyncio.gather(people.prepare(), staff.prepare())
            await do(staff, people, database)
        finally:
            client.close()

    try:
        asyncio.run(run())
    except Refused as refused:
        typer.echo(explain(refused), err=True)
        raise typer.Exit(1) from None
