"""An account's menu as a value: what its buttons do, the platform's JSON, and how two menus differ, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "click": (("key",), "点击"),
    "view": (("url",), "打开"),
    "miniprogram": (("appid", "pagepath", "url"), "小程序"),
    "scancode_push": (("key",), "扫一扫"),
    "scancode_waitmsg": (("key",), "扫一扫（带提示）"),
    "pic_sysphoto": (("key",), "拍照"),
    "pic_photo_or_album": (("key",), "拍照或选图"),
    "pic_weixin": (("key",), "选微信相册"),
    "location_select": (("key",), "发位置"),
    "media_id": (("media_id",), "素材"),
    "article_id": (("article_id",), "图文"),
    "article_view_limited": (("article_id",), "图文页"),
}
"""Type of a button → the fields the platform wants of it, and how a person calls it."""


@dataclass(frozen=True, slots=True)
class MenuButton:
    """One button; ``kind`` is "" for one that only opens its ``sub`` buttons."""

    name: str
    kind: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    sub: tuple[MenuButton, ...] = ()

    def field(self, name: str) -> str:
        """A field's text; empty when the button has none of that name."""
        return dict(self.fields).get(name, "")

    @property
    def does(self) -> str:
        """What a tap does, in words."""
        if not self.kind:
            return f"展开 {len(self.sub)} 项"
        called = KINDS.get(self.kind, ((), self.kind))[1]
        return " ".join([called, *(value for _, value in self.fields)])

    def as_json(self) -> dict[str, Any]:
        """As the platform takes it."""
        if not self.kind:
            return {"name": self.name, "sub_button": [each.as_json() for each in self.sub]}
        return {"type": self.kind, "name": self.name, **dict(self.fields)}


@dataclass(frozen=True, slots=True)
class ConditionalMenu:
    """Another menu for the followers who carry a tag; the platform knows tags by number."""

    tag: str
    buttons: tuple[MenuButton, ...]

    def as_json(self) -> dict[str, Any]:
        return {"button": [each.as_json() for each in self.buttons], "matchrule": {"tag_id": self.tag}}


@dataclass(frozen=True, slots=True)
class Menu:
    """The default menu and those for tagged followers."""

    buttons: tuple[MenuButton, ...]
    conditional: tuple[ConditionalMenu, ...] = ()

    def every(self) -> Iterator[tuple[str, MenuButton]]:
        """Each button with its path (``我要办 › 问政策``), of the default menu first."""
        yield from _paths(self.buttons, "")
        for menu in self.conditional:
            yield from _paths(menu.buttons, f"标签 {menu.tag} › ")

    def as_json(self) -> dict[str, Any]:
        """As it is kept: the shape of ``menu/get``."""
        return {
            "menu": {"button": [each.as_json() for each in self.buttons]},
            "conditionalmenu": [each.as_json() for each in self.conditional],
        }


def menu_from_json(answer: Mapping[str, Any]) -> Menu:
    """What ``menu/get`` answers, or what was kept; fields this service does not know are left out."""
    default = answer.get("menu")
    conditional = answer.get("conditionalmenu")
    return Menu(
        _buttons(default.get("button") if isinstance(default, dict) else None),
        tuple(
            ConditionalMenu(tag_of(each), _buttons(each.get("button")))
            for each in (conditional if isinstance(conditional, list) else ())
            if isinstance(each, dict)
        ),
    )


def tag_of(conditional: Mapping[str, Any]) -> str:
    """The tag a conditional menu of the platform is for; older ones call it a group."""
    rule = conditional.get("matchrule")
    rule = rule if isinstance(rule, dict) else {}
    return str(rule.get("tag_id") or rule.get("group_id") or "")


def _buttons(found: object) -> tuple[MenuButton, ...]:
    listed = found if isinstance(found, list) else []
    return tuple(_button(each) for each in listed if isinstance(each, dict))


def _button(found: Mapping[str, Any]) -> MenuButton:
    name, kind = str(found.get("name", "")), str(found.get("type", ""))
    # The platform gives every button a sub_button, empty for those that do something.
    sub = _buttons(found.get("sub_button"))
    if sub or not kind:
        return MenuButton(name, sub=sub)
    wanted = KINDS.get(kind, (("key", "url"), kind))[0]
    return MenuButton(name, kind, tuple((field, str(found[field])) for field in wanted if found.get(field)))


def differences(before: Menu | None, after: Menu) -> tuple[str, ...]:
    """What publishing ``after`` would change, one line each; empty when nothing."""
    earlier = before or Menu(())
    lines = [*_compared(earlier.buttons, after.buttons, "")]
    old = {each.tag: each.buttons for each in earlier.conditional}
    new = {each.tag: each.buttons for each in after.conditional}
    for tag in old.keys() - new.keys():
        lines.append(f"－ 去掉标签 {tag} 的个性化菜单")
    for tag, buttons in new.items():
        if tag not in old:
            lines.append(f"＋ 新增标签 {tag} 的个性化菜单")
        lines += _compared(old.get(tag, ()), buttons, f"标签 {tag} › ")
    return tuple(lines)


def _compared(before: Sequence[MenuButton], after: Sequence[MenuButton], under: str) -> Iterator[str]:
    old = {button.name: button for button in before}
    new = {button.name: button for button in after}
    gone = [button for button in before if button.name not in new]
    come = [button for button in after if button.name not in old]
    renamed = {}
    for button in come:
        same = next((each for each in gone if each.kind and replace(each, name=button.name) == button), None)
        if same is not None:
            gone.remove(same)
            renamed[button.name] = same
    for button in gone:
        yield f"－ 去掉“{under}{button.name}”（{button.does}）"
    for button in after:
        if button.name in renamed:
            yield f"～ “{under}{renamed[button.name].name}”改名为“{button.name}”"
        elif button.name not in old:
            yield f"＋ 新增“{under}{button.name}”（{button.does}）"
            yield from _compared((), button.sub, f"{under}{button.name} › ")
        else:
            was = old[button.name]
            if (was.kind, was.fields) != (button.kind, button.fields):
                yield f"～ “{under}{button.name}”：{was.does} → {button.does}"
            yield from _compared(was.sub, button.sub, f"{under}{button.name} › ")
    yield from _moved(before, after, under, {was.name: name for name, was in renamed.items()})


def _moved(
    before: Sequence[MenuButton], after: Sequence[MenuButton], under: str, renamed: Mapping[str, str]
) -> Iterator[str]:
    stayed = {button.name for button in after}
    was = [name for button in before if (name := renamed.get(button.name, button.name)) in stayed]
    now = [button.name for button in after if button.name in set(was)]
    if was != now:
        yield f"⇅ {under.removesuffix(' › ') or '主菜单'}的顺序改为：{'、'.join(now)}"


def _paths(buttons: Sequence[MenuButton], under: str) -> Iterator[tuple[str, MenuButton]]:
    for button in buttons:
        yield f"{under}{button.name}", button
        yield from _paths(button.sub, f"{under}{button.name} › ")
