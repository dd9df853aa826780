"""The administrator's pages: who may log in, in which role and unit, and the log of what was changed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from aiohttp import web

from bot.people import User
from bot.services import SERVICES, Services
from bot.staff import Member, StaffAct, UnknownUser
from bot.web.access import Form, set_flash
from bot.web.pages import EVERY_ROLE, Viewer, present, show, unit_name
from bot.web.sessions import Undo
from bot.web.unit_search import units_like
from bot.wording import explain, label
from routing.departments import Unit, UnitId
from routing.errors import Refused, UnknownUnit
from routing.workflow import Role

PAGE = "/console/staff"
PAGE_SIZE = 50
_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_RESERVED = frozenset({"import", "keys", "log"})
"""Addresses beside the logins' own."""
_MOST_NAME, _MOST_WHY = 20, 200
ROLES = tuple(role for role in Role if role in EVERY_ROLE)
ACTS = {
    StaffAct.ADDED: "新增账号",
    StaffAct.CHANGED: "修改账号",
    StaffAct.PASSWORD_RESET: "重置密码",
    StaffAct.CLOSED: "停用账号",
    StaffAct.OPENED: "启用账号",
    StaffAct.KEY_ADDED: "新建密钥",
    StaffAct.KEY_REVOKED: "吊销密钥",
}


async def staff_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _list(request)


async def _list(
    request: web.Request,
    *,
    problems: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    services = request.app[SERVICES]
    words = "".join(c for c in request.query.get("q", "") if c.isprintable())[:40].strip()
    after = request.query.get("after", "")[:64]
    members = await services.staff.members(words=words, after=after, limit=PAGE_SIZE + 1)
    more = members[PAGE_SIZE - 1].user.username if len(members) > PAGE_SIZE else None
    context = {
        "members": [(m, unit_name(m.user.unit_id, services.units)) for m in members[:PAGE_SIZE]],
        "words": words,
        "first_href": _href(q=words) if after else None,
        "next_href": _href(q=words, after=more) if more else None,
        "units": every_unit(services),
        "roles": ROLES,
        "problems": problems or {},
        "kept": kept or {},
    }
    return show(request, "staff.html", context, status=status)


async def add(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """A new login; its first password is on the page that answers, and nowhere else."""
    services = request.app[SERVICES]
    user, problems = read_member(form, services, username=form.get("username", "").strip().lower())
    if user is not None:
        try:
            password = await services.staff.add(user, by=viewer.user.username, now=present(request))
        except Refused as refused:
            problems = {"username": explain(refused)}
        else:
            return _handed_over(request, user.username, user.name, password, "账号已建好。")
    return await _list(request, problems=problems, kept=form, status=422)


def read_member(
    form: Mapping[str, str], services: Services, *, username: str
) -> tuple[User | None, dict[str, str]]:
    """A login as a form or a row of a sheet gives it, or what is wrong with which field."""
    name, problems = form.get("name", "").strip(), {}
    if not _USERNAME.fullmatch(username) or username in _RESERVED:
        problems["username"] = "登录名要以小写字母开头，用 2 至 32 个小写字母、数字、点、横线。"
    if not name or len(name) > _MOST_NAME or not name.isprintable():
        problems["name"] = f"请填写姓名，最多 {_MOST_NAME} 个字。"
    role = next((r for r in ROLES if form.get("role") in (str(r), label(r))), None)
    if role is None:
        problems["role"] = _no_role(form.get("role", "").strip())
    asked = form.get("unit_id", "").strip()
    unit_id = _unit(asked, services)
    if unit_id is None:
        problems["unit_id"] = _no_unit(asked, services)
    if problems or role is None or unit_id is None:
        return None, problems
    return User(username=username, name=name, role=role, unit_id=unit_id), {}


def _unit(given: str, services: Services) -> UnitId | None:
    """A unit by its id, or by its whole or its short name where only one is called that."""
    try:
        return services.units.get(UnitId(given)).id
    except UnknownUnit:
        units = services.units.all() if given else ()
        whole = [unit.id for unit in units if unit.name == given]
        short = [unit.id for unit in units if unit.short_name == given]
        return next((found[0] for found in (whole, short) if len(found) == 1), None)


def _no_role(given: str) -> str:
    known = "、".join(label(role) for role in ROLES)
    return f"没有“{given[:20]}”这个角色，应是{known}之一。" if given else "请选择角色。"


def _no_unit(given: str, services: Services) -> str:
    """A sheet names its units in words: what is nearly right is named, what two are called is said to be so."""
    if not given:
        return "请选择单位。"
    near = units_like(given, services.units.all())
    if sum(unit.short_name == given for unit in near) > 1:
        return f"叫“{given}”的单位不止一个，请写全称：{'、'.join(unit.name for unit in near)}。"
    return f"没有叫“{given[:40]}”的单位。" + (
        f"相近的有：{'、'.join(unit.name for unit in near)}。" if near else ""
    )


async def member_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _member(request, viewer)


async def _member(
    request: web.Request,
    viewer: Viewer,
    *,
    problems: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    services = request.app[SERVICES]
    member = await _found(request)
    fields = {"name": member.user.name, "role": str(member.user.role), "unit_id": member.user.unit_id}
    context = {
        "member": member,
        "unit": unit_name(member.user.unit_id, services.units),
        "own": member.user.username == viewer.user.username,
        "units": every_unit(services),
        "roles": ROLES,
        "problems": problems or {},
        "kept": {**fields, **(kept or {})},
    }
    return show(request, "staff_member.html", context, status=status)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Change, close, open, or give a new password."""
    action = _ACTS.get(request.match_info["action"])
    if action is None:
        raise web.HTTPNotFound
    try:
        return await action(request, viewer, form)
    except UnknownUser:
        raise web.HTTPNotFound from None
    except Refused as refused:
        return await _member(request, viewer, problems={"": explain(refused)}, kept=form, status=409)


async def _change(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    services, username = request.app[SERVICES], request.match_info["name"]
    await services.staff.get(username)
    user, problems = read_member(form, services, username=username)
    if user is None:
        return await _member(request, viewer, problems=problems, kept=form, status=422)
    await services.staff.change(user, by=viewer.user.username, now=present(request))
    return await _said(request, viewer, f"{user.name}的账号已改，马上生效。")


async def _reset(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    member = await _found(request)
    password = await request.app[SERVICES].staff.reset_password(
        member.user.username, by=viewer.user.username, now=present(request)
    )
    return _handed_over(request, member.user.username, member.user.name, password, "密码已重置。")


async def _close(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    member, why = await _found(request), form.get("why", "").strip()[:_MOST_WHY]
    if not why:
        words = {"why": "请写明原因，例如：已调离。"}
        return await _member(request, viewer, problems=words, kept=form, status=422)
    await request.app[SERVICES].staff.close(
        member.user.username, by=viewer.user.username, why=why, now=present(request)
    )
    undo = Undo(href=f"{PAGE}/{quote(member.user.username)}/open", fields={"why": "撤销停用"})
    return await _said(request, viewer, f"{member.user.name}的账号已停用，已登录的也已退出。", undo)


async def _open(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    member, why = await _found(request), form.get("why", "").strip()[:_MOST_WHY]
    await request.app[SERVICES].staff.open(
        member.user.username, by=viewer.user.username, why=why, now=present(request)
    )
    undo = Undo(href=f"{PAGE}/{quote(member.user.username)}/close", fields={"why": "撤销启用"})
    return await _said(request, viewer, f"{member.user.name}的账号已启用。", undo)


_ACTS: dict[str, Callable[[web.Request, Viewer, Form], Awaitable[web.StreamResponse]]] = {
    "change": _change,
    "reset-password": _reset,
    "close": _close,
    "open": _open,
}


async def log_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """Every change of a login or a key, the newest first."""
    services = request.app[SERVICES]
    before = _instant(request.query.get("before", ""))
    lines = await services.staff.log(before=before, limit=PAGE_SIZE + 1)
    more = lines[PAGE_SIZE - 1].at if len(lines) > PAGE_SIZE else None
    context = {
        "lines": [(line, ACTS[line.act], _read(line.what, services)) for line in lines[:PAGE_SIZE]],
        "first_href": f"{PAGE}/log" if before else None,
        "next_href": f"{PAGE}/log?{urlencode({'before': more.isoformat()})}" if more else None,
    }
    return show(request, "staff_log.html", context)


def _read(what: str, services: Services) -> str:
    """Roles and units by their names, as the log keeps them by their ids."""
    named = {str(role): label(role) for role in ROLES}
    return " ".join(named.get(part, unit_name(UnitId(part), services.units)) for part in what.split(" "))


async def _found(request: web.Request) -> Member:
    try:
        return await request.app[SERVICES].staff.get(request.match_info["name"])
    except UnknownUser:
        raise web.HTTPNotFound from None


async def _said(
    request: web.Request, viewer: Viewer, words: str, undo: Undo | None = None
) -> web.StreamResponse:
    await set_flash(request, viewer, words, undo=undo)
    raise web.HTTPSeeOther(f"{PAGE}/{quote(request.match_info['name'])}")


def _handed_over(request: web.Request, username: str, name: str, password: str, done: str) -> web.Response:
    context = {"username": username, "name": name, "password": password, "done": done}
    return show(request, "staff_password.html", context)


def every_unit(services: Services) -> list[tuple[str, list[Unit]]]:
    """All units by level of government: (heading, units)."""
    groups: dict[str, list[Unit]] = {}
    for unit in services.units.all():
        groups.setdefault(f"{label(unit.level)}级单位", []).append(unit)
    return list(groups.items())


def _href(**fields: str) -> str:
    given = {name: value for name, value in fields.items() if value}
    return f"{PAGE}?{urlencode(given)}" if given else PAGE


def _instant(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
