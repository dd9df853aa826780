"""What a form or a script asks a citizen to do, checked and done on the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from bot.simulator.platform import SimulatedPlatform
from bot.simulator.records import Delivery

TEXT_CHARACTERS: Final = 5000
"""WeChat's own client lets nobody type more than some 16 KB."""


class ActionInvalid(Exception):
    """The form cannot be acted on; the message says in Chinese what to change."""


Fields = Mapping[str, str]
Action = Callable[[SimulatedPlatform, str, Fields], Awaitable[Delivery]]


async def act(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    """Do what ``fields["kind"]`` names and wait until the push is settled."""
    action = ACTIONS.get(fields.get("kind", "text"))
    if action is None:
        raise ActionInvalid(f"kind 只能是 {'、'.join(ACTIONS)}")
    return await action(platform, openid, fields)


def _required(fields: Fields, name: str, *, what: str, limit: int = TEXT_CHARACTERS) -> str:
    value = fields.get(name, "").strip()
    if not value:
        raise ActionInvalid(f"请填写{what}")
    if len(value) > limit:
        raise ActionInvalid(f"{what}不能超过 {limit} 字")
    return value


def _degrees(fields: Fields, name: str, *, what: str, limit: float) -> float:
    try:
        value = float(fields.get(name, ""))
    except ValueError:
        raise ActionInvalid(f"{what}要填数字") from None
    if not -limit <= value <= limit:
        raise ActionInvalid(f"{what}超出范围")
    return value


async def _text(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.send_text(openid, _required(fields, "text", what="要说的话"))


async def _choice(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    content = _required(fields, "text", what="所选内容", limit=200)
    return await platform.tap_menu_choice(openid, content, fields.get("id", "")[:64])


async def _location(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    latitude = _degrees(fields, "latitude", what="纬度", limit=90)
    longitude = _degrees(fields, "longitude", what="经度", limit=180)
    label = _required(fields, "label", what="地点名称", limit=200)
    return await platform.send_location(openid, latitude, longitude, label)


async def _image(platform: SimulatedPlatform, openid: str, _: Fields) -> Delivery:
    return await platform.send_image(openid)


async def _voice(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.send_voice(openid, fields.get("text", "").strip()[:TEXT_CHARACTERS])


async def _follow(platform: SimulatedPlatform, openid: str, _: Fields) -> Delivery:
    return await platform.follow(openid)


async def _unfollow(platform: SimulatedPlatform, openid: str, _: Fields) -> Delivery:
    return await platform.unfollow(openid)


async def _click(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.click_menu(openid, _required(fields, "key", what="菜单的 key", limit=128))


async def _view(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.view_menu(openid, _required(fields, "url", what="菜单的网址", limit=1024))


async def _scan(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    """A follower's scan is an event of its own; of anybody else it is the scene they follow by."""
    scene = _required(fields, "scene", what="二维码的场景", limit=64)
    if platform.phones.of(openid).follows:
        return await platform.scan(openid, scene)
    return await platform.follow(openid, scene)


async def _agree(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.answer_popup(openid, {_subscription(platform, fields): True})


async def _decline(platform: SimulatedPlatform, openid: str, fields: Fields) -> Delivery:
    return await platform.answer_popup(openid, {_subscription(platform, fields): False})


def _subscription(platform: SimulatedPlatform, fields: Fields) -> str:
    template_id = _required(fields, "template", what="订阅通知", limit=100)
    known = platform.library.get(template_id)
    if known is None or not known.subscription:
        raise ActionInvalid("没有这个订阅通知")
    return template_id


ACTIONS: Final[Mapping[str, Action]] = {
    "text": _text,
    "choice": _choice,
    "location": _location,
    "image": _image,
    "voice": _voice,
    "follow": _follow,
    "unfollow": _unfollow,
    "click": _click,
    "view": _view,
    "scan": _scan,
    "agree": _agree,
    "decline": _decline,
}
