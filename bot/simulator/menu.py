"""The account's bottom menus: at most three buttons, each a tap, a page or up to five of those; others by tag."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any, Final

TOP_BYTES: Final = 16
SUB_BYTES: Final = 60
KEY_BYTES: Final = 128
URL_BYTES: Final = 1024
_KEYED: Final = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
_MEDIA: Final = {"media_id": "media_id", "article_id": "article_id", "article_view_limited": "article_id"}


_OK: Final[dict[str, Any]] = {"errcode": 0, "errmsg": "ok"}


class MenuInvalid(Exception):
    """``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Button:
    """One button: ``kind`` is click (sends ``value`` as EventKey), view (opens it), text (types it), "" (opens
    ``sub``), or another of the platform's, whose fields are in ``more``."""

    name: str
    kind: str
    value: str
    sub: tuple[Button, ...] = ()
    more: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """The menu as created."""

    buttons: tuple[Button, ...]

    def as_json(self) -> dict[str, Any]:
        """As ``menu/get`` shows it."""
        return {"button": [_as_json(button) for button in self.buttons]}


def _as_json(button: Button) -> dict[str, Any]:
    if button.sub:
        return {"name": button.name, "sub_button": [_as_json(sub) for sub in button.sub]}
    if button.more:
        return {"type": button.kind, "name": button.name, **dict(button.more)}
    return {"type": button.kind, "name": button.name, "url" if button.kind == "view" else "key": button.value}


class Menus:
    """The default menu and those for tagged followers, as the platform's calls change them."""

    def __init__(self) -> None:
        self.menu: Menu | None = None
        self._conditional: dict[str, tuple[Menu, str]] = {}
        self._ids = count(410_000_001)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """``menu/create``: replaces the default menu and leaves the others."""
        self.menu = read_menu(body)
        return _OK

    def get(self, _: dict[str, Any]) -> dict[str, Any]:
        """``menu/get``."""
        if self.menu is None:
            raise MenuInvalid(46003)
        listed = [
            {**menu.as_json(), "matchrule": {"tag_id": tag}, "menuid": int(menu_id)}
            for menu_id, (menu, tag) in self._conditional.items()
        ]
        return {"menu": self.menu.as_json(), **({"conditionalmenu": listed} if listed else {})}

    def delete(self, _: dict[str, Any]) -> dict[str, Any]:
        """``menu/delete``: the default menu and all others."""
        self.menu = None
        self._conditional.clear()
        return _OK

    def add_conditional(self, body: dict[str, Any]) -> dict[str, Any]:
        """``menu/addconditional``: by tag only, and only beside a default menu."""
        if self.menu is None:
            raise MenuInvalid(65303)
        rule = body.get("matchrule")
        if not isinstance(rule, dict) or not rule:
            raise MenuInvalid(65304)
        if rule.keys() != {"tag_id"} or not str(rule["tag_id"]).isdecimal():
            raise MenuInvalid(65320)
        menu_id = str(next(self._ids))
        self._conditional[menu_id] = (read_menu(body), str(rule["tag_id"]))
        return {"menuid": menu_id}

    def delete_conditional(self, body: dict[str, Any]) -> dict[str, Any]:
        """``menu/delconditional``."""
        if self._conditional.pop(str(body.get("menuid")), None) is None:
            raise MenuInvalid(65301)
        return _OK


def read_menu(body: dict[str, Any]) -> Menu:
    """Check a menu as ``menu/create`` does."""
    buttons = body.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise MenuInvalid(40016)
    return Menu(tuple(_button(button, name_bytes=TOP_BYTES, top=True) for button in buttons))


def _button(button: object, *, name_bytes: int, top: bool) -> Button:
    if not isinstance(button, dict):
        raise MenuInvalid(47001)
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= name_bytes:
        raise MenuInvalid(40018 if top else 40025)
    subs = button.get("sub_button")
    if top and subs:
        if not isinstance(subs, list) or len(subs) > 5:
            raise MenuInvalid(40023)
        return Button(name, "", "", tuple(_button(sub, name_bytes=SUB_BYTES, top=False) for sub in subs))
    kind = button.get("type")
    if kind == "view":
        return Button(name, "view", _value(button.get("url"), limit=URL_BYTES, code=40020))
    if kind in _KEYED:
        return Button(name, kind, _value(button.get("key"), limit=KEY_BYTES, code=40019))
    if kind == "miniprogram":
        return _with_fields(button, name, "url", "appid", "pagepath")
    if kind in _MEDIA:
        return _with_fields(button, name, _MEDIA[kind])
    raise MenuInvalid(40017)


def _with_fields(button: dict[str, Any], name: str, *fields: str) -> Button:
    values = [_value(button.get(field), limit=URL_BYTES, code=40020) for field in fields]
    return Button(name, button["type"], values[0], more=tuple(zip(fields, values, strict=True)))


def _value(value: object, *, limit: int, code: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise MenuInvalid(code)
    return value
