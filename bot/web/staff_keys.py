"""The administrator's page of API keys: what other systems may call, as whom, until revoked."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from bot.services import SERVICES
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.staff_pages import PAGE, ROLES, every_unit, read_member
from bot.wording import label

KEYS = f"{PAGE}/keys"


async def keys_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _page(request)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Make a key, shown this once, or revoke one."""
    services, action = request.app[SERVICES], request.match_info["action"]
    if action == "add":
        wanted, problems = read_member(form, services, username="api")
        if wanted is None:
            return await _page(request, problems=problems, kept=form, status=422)
        key = await services.staff.add_key(
            name=wanted.name,
            role=wanted.role,
            unit_id=wanted.unit_id,
            by=viewer.user.username,
            now=present(request),
        )
        return await _page(request, key=key, named=wanted.name)
    if action == "revoke":
        done = await services.staff.revoke_key(
            form.get("key_id", ""), by=viewer.user.username, now=present(request)
        )
        words = "密钥已吊销，马上失效。" if done else "没有这个生效中的密钥，可能已经吊销了。"
        await set_flash(request, viewer, words)
        raise web.HTTPSeeOther(KEYS)
    raise web.HTTPNotFound


async def _page(
    request: web.Request,
    *,
    key: str = "",
    named: str = "",
    problems: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    services = request.app[SERVICES]
    keys = await services.staff.keys()
    context = {
        "keys": [(one, label(one.role), unit_name(one.unit_id, services.units)) for one in keys],
        "key": key,
        "named": named,
        "units": every_unit(services),
        "roles": ROLES,
        "problems": problems or {},
        "kept": kept or {},
    }
    return show(request, "staff_keys.html", context, status=status)
