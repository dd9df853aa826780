"""The menu on the platform: what is there now, putting another in its place, and what refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import structlog

from bot.wechat.delivery import DeliveryRefused, DeliveryUnknown
from bot.wechat.menu_shape import ConditionalMenu, Menu, differences, menu_from_json, tag_of

_log = structlog.get_logger(__name__)

_GET = "/cgi-bin/menu/get"
_CREATE = "/cgi-bin/menu/create"
_ADD_CONDITIONAL = "/cgi-bin/menu/addconditional"
_DELETE = "/cgi-bin/menu/delete"
_DELETE_CONDITIONAL = "/cgi-bin/menu/delconditional"
_NONE = 46003

_REFUSALS = {
    40016: "一级菜单的个数不对，要 1 到 3 个",
    40017: "有平台不认识的按钮类型",
    40018: "一级菜单的名称过长",
    40019: "按钮的 key 过长或为空",
    40020: "按钮的网址过长或为空",
    40023: "子菜单的个数不对，要 1 到 5 个",
    40024: "子菜单里有平台不认识的按钮类型",
    40025: "子菜单的名称过长",
    40026: "子菜单的 key 过长或为空",
    40027: "子菜单的网址过长或为空",
    40033: "名称或网址里有平台不收的字符",
    40054: "子菜单的网址不在公众号登记的域名里",
    40055: "网址不在公众号登记的域名里",
    40164: "本机的网络地址不在公众号的 IP 白名单里",
    45010: "菜单的格式不对",
    46003: "公众号还没有菜单",
    48001: "这个公众号没有自定义菜单的权限，请先认证",
    65301: "平台上没有这个个性化菜单",
    65303: "没有默认菜单，不能建个性化菜单",
    65304: "个性化菜单没有写给谁看",
    65305: "个性化菜单太多",
    65306: "这个公众号不支持个性化菜单",
    65307: "个性化菜单是空的",
    65308: "有按钮没有写类型",
    65309: "个性化菜单的功能没有打开",
    65316: "个性化菜单链到的网站太多，最多 3 个",
    65317: "网址不合规",
    65320: "个性化菜单只能按标签区分",
}


class CallsPlatform(Protocol):
    """The part of ``bot.wechat.client.WeChatClient`` menus need."""

    async def call(
        self, path: str, payload: Mapping[str, object], *, idempotent: bool = False
    ) -> dict[str, object]: ...

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, object]: ...


def explain_refusal(code: int) -> str:
    """What the platform's refusal of a menu means, with its code."""
    return f"{_REFUSALS.get(code, '平台没有接受')}（错误码 {code}）"


async def fetch_menu(client: CallsPlatform) -> Menu | None:
    """The menu followers see now; None when the account has none. Raises DeliveryRefused or DeliveryUnknown."""
    answer = await _answer(client)
    return menu_from_json(answer) if answer is not None else None


async def replace_menu(client: CallsPlatform, menu: Menu) -> None:
    """As put_menu, all or nothing: of a menu that is refused half-way (a tag the platform does not know), followers
    see nothing but what they saw before. Where even that fails an error is logged, and what they see is neither."""
    before = await fetch_menu(client)
    try:
        await put_menu(client, menu)
    except (DeliveryRefused, DeliveryUnknown):
        await _put_back(client, before, instead_of=menu)
        raise


async def _put_back(client: CallsPlatform, before: Menu | None, *, instead_of: Menu) -> None:
    try:
        present = await fetch_menu(client)
        if any(not differences(present, one or Menu(())) for one in (before, instead_of)):
            return  # nothing was changed, or all of it was
        if before is not None:
            await put_menu(client, before)
        else:
            await client.get(_DELETE)
    except (DeliveryRefused, DeliveryUnknown) as error:
        _log.error("wechat menu half published", error=type(error).__name__)


async def put_menu(client: CallsPlatform, menu: Menu) -> None:
    """Make the platform's menus these, and no others. Raises DeliveryRefused or DeliveryUnknown; doing it again
    changes nothing, so that whoever was interrupted simply repeats it.

    Conditional menus that stay as they are are not touched: the platform limits how often they change.
    """
    await client.call(_CREATE, {"button": [each.as_json() for each in menu.buttons]}, idempotent=True)
    wanted = list(menu.conditional)
    for menu_id, present in _conditional(await _answer(client) or {}):
        if present in wanted:
            wanted.remove(present)
        else:
            await client.call(_DELETE_CONDITIONAL, {"menuid": menu_id})
    for conditional in wanted:
        await client.call(_ADD_CONDITIONAL, conditional.as_json())


async def _answer(client: CallsPlatform) -> dict[str, object] | None:
    try:
        return await client.get(_GET)
    except DeliveryRefused as refused:
        if refused.code == _NONE:
            return None
        raise


def _conditional(answer: Mapping[str, Any]) -> list[tuple[str, ConditionalMenu]]:
    listed = answer.get("conditionalmenu")
    found = []
    for each in listed if isinstance(listed, list) else ():
        shape = menu_from_json({"menu": {"button": each.get("button")}})
        found.append((str(each.get("menuid", "")), ConditionalMenu(tag_of(each), shape.buttons)))
    return found
