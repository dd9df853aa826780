"""A menu written as TOML: read, and held to the platform's limits before the platform is asked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.wechat.menu_shape import KINDS, ConditionalMenu, Menu, MenuButton

TOP_BYTES, SUB_BYTES = 16, 60
MOST_TOP, MOST_SUB = 3, 5
KEY_BYTES, URL_BYTES = 128, 1024
MOST_CONDITIONAL = 100
_MOST_HOSTS = 3
"""Conditional menus may lead to pages of so many hosts."""

_NAMES = {"app_id": "appid", "page_path": "pagepath"}
_FIELDS = frozenset({"name", "type", "key", "url", "app_id", "page_path", "media_id", "article_id", "sub"})

LeadsTo = Callable[[str], str | None]
"""A click's key → what the dialogue makes of it, in words; None when it leads nowhere."""


@dataclass(frozen=True, slots=True)
class MenuProblem:
    """What keeps a menu from being published: where, and in Chinese why."""

    where: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}：{self.says}"


class MenuInvalid(Exception):
    """A menu cannot be published; ``problems`` has all of them."""

    def __init__(self, problems: Iterable[MenuProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("；".join(map(str, self.problems)))


def load_menu(path: Path, *, account: str, public_url: str | None, leads_to: LeadsTo) -> Menu:
    """Read and check a menu file; raises MenuInvalid with everything that is wrong.

    A ``url`` that begins with / is a page of this service: the public address goes before it, and ``{account}`` in
    it becomes the account's name. A button without ``type`` is told by its fields.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MenuInvalid([MenuProblem(path.name, f"读不了（{error.strerror}）")]) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MenuInvalid([MenuProblem(path.name, f"不是 TOML：{error}")]) from error
    reading = _Reading(account, public_url)
    menu = reading.menu(document)
    problems = [*reading.problems, *problems_of(menu, leads_to=leads_to)]
    if problems:
        raise MenuInvalid(dict.fromkeys(problems))
    return menu


class _Reading:
    """From TOML tables to buttons; what cannot be a button is noted and read on."""

    def __init__(self, account: str, public_url: str | None) -> None:
        self._account = account
        self._public_url = (public_url or "").rstrip("/")
        self.problems: list[MenuProblem] = []

    def menu(self, document: dict[str, Any]) -> Menu:
        for name in document.keys() - {"button", "conditional"}:
            self._wrong(name, "不认识的字段")
        conditional = []
        for number, table in enumerate(self._tables(document, "conditional", "文件"), 1):
            tag = table.get("tag")
            where = f"第 {number} 个个性化菜单"
            if not isinstance(tag, str | int) or isinstance(tag, bool) or not str(tag).strip().isdecimal():
                self._wrong(where, "tag 要填平台的标签编号；个性化菜单只能按标签区分")
                continue
            for name in table.keys() - {"tag", "button"}:
                self._wrong(where, f"不认识的字段 {name}；个性化菜单只能按标签区分")
            conditional.append(
                ConditionalMenu(str(tag).strip(), self._buttons(table, "button", f"标签 {tag} › "))
            )
        return Menu(self._buttons(document, "button", ""), tuple(conditional))

    def _buttons(self, table: dict[str, Any], name: str, under: str) -> tuple[MenuButton, ...]:
        return tuple(self._button(each, under) for each in self._tables(table, name, under or "文件"))

    def _tables(self, table: dict[str, Any], name: str, where: str) -> list[dict[str, Any]]:
        found = table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            self._wrong(where.removesuffix(" › "), f"{name} 要写成 [[{name}]]")
            return []
        return found

    def _button(self, table: dict[str, Any], under: str) -> MenuButton:
        name = table.get("name")
        name = name.strip() if isinstance(name, str) else ""
        where = f"{under}{name or '没有名字的按钮'}"
        for field in table.keys() - _FIELDS:
            self._wrong(where, f"不认识的字段 {field}")
        if "sub" in table:
            if len(table.keys() & _FIELDS) > 2:
                self._wrong(where, "有子按钮的按钮本身不做事，只写 name 和 sub")
            return MenuButton(name, sub=self._buttons(table, "sub", f"{where} › "))
        kind = table.get("type") or _kind_by(table)
        if kind not in KINDS:
            self._wrong(where, "要有 key、url 或子按钮" if not kind else f"没有 {kind} 这种按钮")
            return MenuButton(name)
        values = {_NAMES.get(field, field): table[field] for field in table.keys() - {"name", "type"}}
        fields = []
        for field in KINDS[kind][0]:
            value = values.pop(field, None)
            if not isinstance(value, str) or not value.strip():
                self._wrong(where, f"缺少 {_called(field)}")
                continue
            fields.append((field, self._absolute(value.strip()) if field == "url" else value.strip()))
        for field in values:
            if field in _FIELDS | set(_NAMES.values()):
                self._wrong(where, f"{KINDS[kind][1]}按钮不用写 {_called(field)}")
        return MenuButton(name, kind, tuple(fields))

    def _absolute(self, url: str) -> str:
        return f"{self._public_url}{url.replace('{account}', self._account)}" if url.startswith("/") else url

    def _wrong(self, where: str, says: str) -> None:
        self.problems.append(MenuProblem(where, says))


def _kind_by(table: dict[str, Any]) -> str:
    if "app_id" in table:
        return "miniprogram"
    return "click" if "key" in table else "view" if "url" in table else ""


def _called(field: str) -> str:
    return {"appid": "app_id", "pagepath": "page_path"}.get(field, field)


def problems_of(menu: Menu, *, leads_to: LeadsTo) -> list[MenuProblem]:
    """Everything the platform would refuse, and every click that would lead nowhere."""
    problems = list(_of_buttons(menu.buttons, "", leads_to))
    tags = [each.tag for each in menu.conditional]
    if len(tags) > MOST_CONDITIONAL:
        problems.append(MenuProblem("个性化菜单", f"最多 {MOST_CONDITIONAL} 个"))
    for tag in sorted({tag for tag in tags if tags.count(tag) > 1}):
        problems.append(MenuProblem(f"标签 {tag}", "有两个个性化菜单"))
    for each in menu.conditional:
        problems += _of_buttons(each.buttons, f"标签 {each.tag} › ", leads_to)
        hosts = {urlsplit(b.field("url")).hostname for _, b in Menu(each.buttons).every() if b.kind == "view"}
        if len(hosts) > _MOST_HOSTS:
            problems.append(MenuProblem(f"标签 {each.tag}", f"最多链到 {_MOST_HOSTS} 个网站"))
    return problems


def _of_buttons(
    buttons: Sequence[MenuButton], under: str, leads_to: LeadsTo, *, depth: int = 1
) -> Iterable[MenuProblem]:
    most = MOST_TOP if depth == 1 else MOST_SUB
    if not 1 <= len(buttons) <= most:
        level = "一级菜单" if depth == 1 else "子菜单"
        yield MenuProblem(
            under.removesuffix(" › ") or "主菜单", f"{level}要 1 到 {most} 个，现有 {len(buttons)} 个"
        )
    names = [button.name for button in buttons]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield MenuProblem(f"{under}{name}", "同一级有两个同名按钮")
    for button in buttons:
        where = f"{under}{button.name or '没有名字的按钮'}"
        yield from _of_button(button, where, leads_to, depth=depth)
        if not button.kind:
            if depth > 1:
                yield MenuProblem(where, "子菜单下不能再有子菜单")
            elif button.sub:
                yield from _of_buttons(button.sub, f"{where} › ", leads_to, depth=depth + 1)


def _of_button(button: MenuButton, where: str, leads_to: LeadsTo, *, depth: int) -> Iterable[MenuProblem]:
    most = TOP_BYTES if depth == 1 else SUB_BYTES
    size = len(button.name.encode())
    if not 1 <= size <= most:
        yield MenuProblem(where, f"名称要 1 到 {most} 字节（约 {most // 3} 个汉字），现有 {size} 字节")
    if not button.name.isprintable():
        yield MenuProblem(where, "名称里有看不见的字符")
    key, url = button.field("key"), button.field("url")
    if len(key.encode()) > KEY_BYTES:
        yield MenuProblem(where, f"key 最多 {KEY_BYTES} 字节")
    elif button.kind == "click" and key and leads_to(key) is None:
        yield MenuProblem(where, f"点了没有去处：对话不认识 key “{key}”")
    if len(url.encode()) > URL_BYTES:
        yield MenuProblem(where, f"网址最多 {URL_BYTES} 字节")
    elif url and not _is_page(url):
        hint = "，以 / 开头的网址要先设置 HUIYIN_PUBLIC_URL" if url.startswith("/") else ""
        yield MenuProblem(where, f"网址要以 http:// 或 https:// 开头{hint}")


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
