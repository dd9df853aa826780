"""``huiyin menu``: an account's menu from a file onto the platform, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

import typer

from bot.commands.accounts import AccountName, AtAccount, choose, configured, fail, with_account
from bot.followers.menu_desk import MenuDesk, NoMenuFile, NoSuchVersion, leads_to
from bot.followers.menu_versions import MenuChanged, MenuVersion, MenuVersions
from bot.services import utc_now
from bot.settings import Settings
from bot.wechat.accounts import Account
from bot.wechat.menu_file import MenuInvalid, load_menu
from bot.wechat.menu_shape import Menu, differences
from bot.wechat.menus import fetch_menu
from routing.timing.working_calendar import CHINA

AsJson = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问。")]
By = Annotated[str, typer.Option("--by", help="谁发布的，记入历史。")]


def register(app: typer.Typer) -> None:
    """Add the group ``huiyin menu``."""
    menus = typer.Typer(help="公众号菜单：写在文件里，检查、比较、发布、回退。", no_args_is_help=True)
    menus.command("check", help="检查菜单文件：平台的限制，每个按钮有没有去处。不连平台。")(check)
    menus.command("show", help="平台上现在的菜单，和发布过的版本。")(show)
    menus.command("diff", help="菜单文件和平台上的菜单有什么不同。")(diff)
    menus.command("publish", help="把菜单文件发布到平台，先看不同，确认后发布。")(publish)
    menus.command("rollback", help="回到以前发布过的版本；默认上一个。")(rollback)
    app.add_typer(menus, name="menu")


def check(account: AccountName = "", as_json: AsJson = False) -> None:
    """All accounts that have a menu file, unless one is named; exit 1 when one cannot be published."""
    settings, accounts = configured()
    chosen = [choose(accounts, account)] if account else [a for a in accounts.values() if a.menu]
    if not chosen:
        fail("没有一个公众号写了 menu。", 2)
    found = {each.name: _checked(each, settings) for each in chosen}
    wrong = {name: result for name, result in found.items() if isinstance(result, MenuInvalid)}
    if as_json:
        problems = {
            name: [{"where": p.where, "says": p.says} for p in error.problems]
            for name, error in wrong.items()
        }
        told = {name: problems.get(name, []) for name in found}
        typer.echo(json.dumps(told, ensure_ascii=False))
        raise typer.Exit(1 if wrong else 0)
    for name, result in found.items():
        typer.echo(f"{name}（{accounts[name].title}）")
        if isinstance(result, MenuInvalid):
            for problem in result.problems:
                typer.echo(f"  问题：{problem}")
        else:
            _echo_menu(result)
    raise typer.Exit(1 if wrong else 0)


def show(account: AccountName = "", as_json: AsJson = False) -> None:
    """What followers see now, and what there is to go back to."""

    async def run(at: AtAccount) -> tuple[Menu | None, list[MenuVersion]]:
        return await fetch_menu(at.client), await MenuVersions(at.database).latest(at.account.name)

    present, versions = with_account(account, run)
    if as_json:
        told = {
            "menu": present.as_json() if present else None,
            "versions": [
                {"number": v.number, "by": v.by, "at": _moment(v.at), "why": v.why} for v in versions
            ],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    typer.echo("平台上的菜单：" if present else "平台上没有菜单。")
    if present:
        _echo_menu(present)
    typer.echo("发布过的版本：" if versions else "还没有用本服务发布过。")
    for version in versions:
        typer.echo(f"  第 {version.number} 版　{_moment(version.at)}　{version.by}　{version.why}".rstrip())


def diff(account: AccountName = "", as_json: AsJson = False) -> None:
    """In words, one line a change."""

    async def run(at: AtAccount) -> tuple[str, ...]:
        return differences(await fetch_menu(at.client), _wanted(_desk(at)))

    changes = with_account(account, run)
    if as_json:
        typer.echo(json.dumps({"changes": changes}, ensure_ascii=False))
        return
    typer.echo("\n".join(changes) if changes else "没有不同。")


def publish(
    account: AccountName = "",
    yes: Yes = False,
    by: By = "命令行",
    why: Annotated[str, typer.Option("--why", help="为什么改，记入历史。")] = "",
) -> None:
    """Exit 1 when the file is wrong, the platform refuses, or somebody else published meanwhile."""

    async def run(at: AtAccount) -> None:
        desk = _desk(at)
        menu = _wanted(desk)
        standing = await desk.standing(menu)
        if standing.drifted:
            typer.echo("注意：平台上的菜单在本服务之外被改过：\n" + _indented(standing.drifted), err=True)
        if not standing.changes:
            typer.echo("平台上的菜单已经是这样，不用发布。")
            return
        typer.echo(_indented(standing.changes))
        _ask(yes, f"发布到“{at.account.title}”？")
        await _put(desk, menu, after=standing.number, by=by, why=why)

    with_account(account, run)


def rollback(
    account: AccountName = "",
    to: Annotated[int | None, typer.Option("--to", help="第几版；默认上一版。")] = None,
    yes: Yes = False,
    by: By = "命令行",
) -> None:
    """The old menu becomes the newest version; nothing is taken out of the history."""

    async def run(at: AtAccount) -> None:
        desk = _desk(at)
        try:
            version = await desk.version_to_restore(to)
        except NoSuchVersion:
            fail("没有可以回退的版本。请用 huiyin menu show 看有哪些。", 1)
        standing = await desk.standing(version.menu)
        if not standing.changes:
            typer.echo(f"平台上的菜单已经和第 {version.number} 版一样。")
            return
        typer.echo(_indented(standing.changes))
        _ask(yes, f"“{at.account.title}”回到第 {version.number} 版？")
        why = f"回到第 {version.number} 版"
        await _put(desk, version.menu, after=standing.number, by=by, why=why)

    with_account(account, run)


def _desk(at: AtAccount) -> MenuDesk:
    return MenuDesk(
        account=at.account,
        client=at.client,
        versions=MenuVersions(at.database),
        public_url=at.settings.public_url,
    )


def _wanted(desk: MenuDesk) -> Menu:
    try:
        return desk.wanted()
    except NoMenuFile:
        fail(f"公众号 {desk.account.name} 没有写 menu。", 2)
    except MenuInvalid as error:
        fail("\n".join(f"问题：{problem}" for problem in error.problems), 1)


def _checked(account: Account, settings: Settings) -> Menu | MenuInvalid:
    if account.menu is None:
        fail(f"公众号 {account.name} 没有写 menu。", 2)
    try:
        return load_menu(
            account.menu, account=account.name, public_url=settings.public_url, leads_to=leads_to
        )
    except MenuInvalid as error:
        return error


async def _put(desk: MenuDesk, menu: Menu, *, after: int, by: str, why: str) -> None:
    await desk.versions.prepare()
    try:
        version = await desk.publish(menu, after=after, by=by, now=utc_now(), why=why)
    except MenuChanged:
        fail("刚有别人发布过。请重新比较再发布。", 1)
    typer.echo(f"已发布，第 {version.number} 版。市民的微信里几分钟内更新，重新关注可以马上看到。")


def _ask(yes: bool, question: str) -> None:
    if not yes and not typer.confirm(question):
        typer.echo("没有发布。")
        raise typer.Exit(1)


def _echo_menu(menu: Menu) -> None:
    for path, button in menu.every():
        leads = leads_to(button.field("key")) if button.kind == "click" else None
        typer.echo(f"  {path}：{leads or button.does}")


def _indented(lines: tuple[str, ...]) -> str:
    return "\n".join(f"  {line}" for line in lines)


def _moment(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
