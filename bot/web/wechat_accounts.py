"""The administrator's pages on official accounts: what each is set to, its menu beside the platform's, and its codes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from bot.followers.menu_desk import MenuDesk, MenuStanding, NoMenuFile, NoSuchVersion, leads_to
from bot.followers.menu_versions import MenuChanged, MenuVersion
from bot.followers.scenes import SceneCode
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer, present, show, unit_name
from bot.wechat.accounts import Account, Mode
from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.menu_file import MenuInvalid
from bot.wechat.menu_shape import Menu, MenuButton
from bot.wechat.menus import explain_refusal
from routing.departments import UnitId

PAGE = "/console/wechat"
_MOST_WHY = 200
_MOST_CODES = 200
_PLATFORM_WITHIN_S = 6.0
_NO_ANSWER = "微信平台没有答复，不知道平台上现在是什么菜单。请稍后重新打开这一页。"
_MODES = {Mode.SAFE: "安全模式", Mode.COMPATIBLE: "兼容模式", Mode.PLAIN: "明文模式"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCard:
    """One account as it is set, in words; ``facts`` are (name, value)."""

    name: str
    title: str
    facts: tuple[tuple[str, str], ...]
    warning: str = ""


@dataclass(frozen=True, slots=True)
class ButtonView:
    """One button as a follower sees it, and what a tap does."""

    name: str
    does: str
    sub: tuple[ButtonView, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One QR code."""

    code: SceneCode
    unit: str
    over: bool


async def list_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services = request.app[SERVICES]
    cards = [await _card(services, account) for account in services.wechat_accounts.values()]
    return show(request, "wechat_accounts.html", {"cards": cards, "page": PAGE})


async def account_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Publish the file's menu or bring an old one back; each with a reason that stays in the history."""
    do = _ACTS.get(request.match_info["action"])
    desk = _desk(request)
    if do is None:
        raise web.HTTPNotFound
    why = form.get("why", "").strip()[:_MOST_WHY]
    if not why:
        return await _show(request, problem="请写明理由，它会记入历史。", status=422)
    try:
        menu, after = await do(desk, form)
        by = f"{viewer.user.name}（{viewer.user.username}）"
        version = await desk.publish(menu, after=after, by=by, now=present(request), why=why)
    except (MenuChanged, _SeenAnother):
        problem = "菜单文件或平台上的菜单刚刚变过。请看下面最新的不同，再决定。"
        return await _show(request, problem=problem, kept=why, status=409)
    except NoSuchVersion:
        return await _show(request, problem="没有这个版本。请在下面重新选择。", kept=why, status=404)
    except (MenuInvalid, NoMenuFile):
        return await _show(request, problem="菜单文件还不能发布。请先改好下面的问题。", kept=why, status=422)
    except DeliveryRefused as refused:
        problem = f"微信平台没有接受：{explain_refusal(refused.code)}。"
        return await _show(request, problem=problem, kept=why, status=502)
    except DeliveryUnknown:
        problem = "微信平台没有答复，不知道有没有生效。请看下面平台上的菜单，再决定要不要重来。"
        return await _show(request, problem=problem, kept=why, status=502)
    words = f"已发布，第 {version.number} 版。市民的微信里几分钟内更新。"
    await set_flash(request, viewer, words)
    raise web.HTTPSeeOther(f"{PAGE}/{desk.account.name}")


class _SeenAnother(Exception):
    """The file says something else than the page showed."""


async def _publish(desk: MenuDesk, form: Form) -> tuple[Menu, int]:
    wanted = await asyncio.to_thread(desk.wanted)
    if _digest(wanted) != form.get("seen"):
        raise _SeenAnother
    return wanted, _number(form.get("after", ""))


async def _roll_back(desk: MenuDesk, form: Form) -> tuple[Menu, int]:
    version = await desk.version_to_restore(_number(form.get("version", "")))
    return version.menu, _number(form.get("after", ""))


_ACTS: dict[str, Callable[[MenuDesk, Form], Awaitable[tuple[Menu, int]]]] = {
    "publish": _publish,
    "roll-back": _roll_back,
}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1


def _digest(menu: Menu) -> str:
    return hashlib.sha256(json.dumps(menu.as_json(), sort_keys=True).encode()).hexdigest()


def _desk(request: web.Request) -> MenuDesk:
    """Of the account the address names; HTTP 404 where there is none."""
    services, name = request.app[SERVICES], request.match_info["name"]
    account = services.wechat_accounts.get(name)
    if account is None:
        raise web.HTTPNotFound
    return MenuDesk(
        account=account,
        client=services.wechat_clients[name],
        versions=services.menus,
        public_url=services.settings.public_url,
    )


async def _show(
    request: web.Request, *, problem: str = "", kept: str = "", status: int = 200
) -> web.StreamResponse:
    services, desk, now = request.app[SERVICES], _desk(request), present(request)
    wanted, faults = await _wanted(desk)
    standing, silence = await _standing(desk, wanted)
    codes = await services.scenes.of(desk.account.name)
    versions = standing.versions if standing else tuple(await services.menus.latest(desk.account.name))
    context = {
        "card": await _card(services, desk.account),
        "page": f"{PAGE}/{desk.account.name}",
        "has_file": desk.account.menu is not None,
        "file_name": desk.account.menu.name if desk.account.menu else "",
        "faults": faults,
        "standing": standing,
        "silence": silence,
        "buttons": _views(standing.present.buttons) if standing and standing.present else (),
        "conditional": len(standing.present.conditional) if standing and standing.present else 0,
        "may_publish": bool(standing and standing.changes),
        "seen": _digest(wanted) if wanted else "",
        "after": versions[0].number if versions else 0,
        "versions": [_version(each, standing) for each in versions],
        "codes": [_code(code, services, now) for code in codes[:_MOST_CODES]],
        "more_codes": max(len(codes) - _MOST_CODES, 0),
        "problem": problem,
        "kept": kept,
        "most_why": _MOST_WHY,
    }
    return show(request, "wechat_account.html", context, status=status)


async def _wanted(desk: MenuDesk) -> tuple[Menu | None, tuple[str, ...]]:
    try:
        return await asyncio.to_thread(desk.wanted), ()
    except NoMenuFile:
        return None, ()
    except MenuInvalid as error:
        return None, tuple(map(str, error.problems))


async def _standing(desk: MenuDesk, wanted: Menu | None) -> tuple[MenuStanding | None, str]:
    """How file and platform stand to each other; where the platform says nothing, in words why."""
    try:
        async with asyncio.timeout(_PLATFORM_WITHIN_S):
            return await desk.standing(wanted), ""
    except DeliveryRefused as refused:
        return None, f"微信平台拒绝了查询：{explain_refusal(refused.code)}。"
    except (DeliveryUnknown, TimeoutError):
        return None, _NO_ANSWER


async def _card(services: Services, account: Account) -> AccountCard:
    newest = await services.menus.latest(account.name, limit=1)
    unit = unit_name(UnitId(account.default_unit), services.units) if account.default_unit else "派单员"
    facts = (
        ("回调地址", f"/wechat/{account.name}"),
        ("消息加解密", _MODES[account.mode]),
        ("时限方案", account.profile or f"{services.settings.profile}（本系统的）"),
        ("拿不准的交给", unit),
        ("答复按哪里的规定", account.region or services.settings.region or "本系统所在地"),
        ("人工客服", "可以转接" if account.person else "没有开通"),
        ("菜单", f"第 {newest[0].number} 版" if newest else "还没有发布"),
    )
    warning = ""
    if account.default_unit and unit == account.default_unit:
        warning = f"单位表里没有 {account.default_unit}，机器拿不准的仍交给派单员。请改配置文件。"
    elif account.mode is not Mode.SAFE:
        warning = "消息没有加密推送，请在公众平台改为安全模式。"
    return AccountCard(name=account.name, title=account.title, facts=facts, warning=warning)


def _views(buttons: tuple[MenuButton, ...]) -> tuple[ButtonView, ...]:
    return tuple(
        ButtonView(
            button.name,
            (leads_to(button.field("key")) or "没有去处") if button.kind == "click" else button.does,
            _views(button.sub),
        )
        for button in buttons
    )


def _version(version: MenuVersion, standing: MenuStanding | None) -> dict[str, object]:
    return {
        "number": version.number,
        "at": version.at,
        "by": version.by,
        "why": version.why,
        "names": "、".join(button.name for button in version.menu.buttons),
        "on_platform": standing is not None and standing.present == version.menu,
    }


def _code(code: SceneCode, services: Services, now: datetime) -> CodeLine:
    unit_id = code.place.unit_id
    unit = unit_name(UnitId(unit_id), services.units, short=True) if unit_id else ""
    return CodeLine(code, unit, over=code.expires_at is not None and code.expires_at <= now)
