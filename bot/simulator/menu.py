"""The account's bottom menu: at most three buttons, each a tap, a page or up to five of those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

TOP_BYTES: Final = 16
SUB_BYTES: Final = 60
KEY_BYTES: Final = 128
URL_BYTES: Final = 1024


class MenuInvalid(Exception):
    """``code`` is the platform's errcode."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Button:
    """One button: ``kind`` is click (sends ``value`` as EventKey), view (opens it), text (types it) or ""."""

    name: str
    kind: str
    value: str
    sub: tuple[Button, ...] = ()


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
    return {"type": button.kind, "name": button.name, "url" if button.kind == "view" else "key": button.value}


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
    if kind == "click":
        return Button(name, "click", _value(button.get("key"), limit=KEY_BYTES, code=40019))
    raise MenuInvalid(40017)


def _value(value: object, *, limit: int, code: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        raise MenuInvalid(code)
    return value
