"""时限方案: the limits in force in words, and their text to change: looked at first, saved with a reason, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from aiohttp import web

from bot.limit_words import limit_lines
from bot.rules import other_profiles, preview_open
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.pages import Viewer, present, show
from routing.timing.calendar_store import MongoCalendarStore, in_force
from routing.timing.official_days import OfficialDay
from routing.timing.profile_files import profile_from_text
from routing.timing.profile_store import (
    MongoProfileStore,
    ProfileChanged,
    ProfileVersion,
    changed_lines,
    shipped_text,
)
from routing.timing.sla import Profile, ProfileInvalid, UnknownProfile

PAGE = "/console/profiles"
MOST_BYTES = 256 * 1024
_MOST_WHY = 200
_MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a text would change: its lines, and the limits of open tickets; ``used`` False for a profile not in use."""

    lines: tuple[str, ...]
    limits: tuple[tuple[str, str], ...] = ()
    """What of the limits becomes another, in words: as it is and as it would be, empty for none."""
    used: bool = False
    tickets: int = 0
    later: int = 0
    sooner: int = 0
    unclear: int = 0
    past: int = 0
    """New dates already over now: overdue the moment they would be put on."""


async def list_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    services = request.app[SERVICES]
    store = MongoProfileStore(services.database)
    used = {services.settings.profile, *await other_profiles(services.database, services.settings.profile)}
    profiles = []
    for name in await store.names():
        version = await store.current(name)
        profile = await _profile(services, name, version.text)
        profiles.append((version, profile.title, name in used, name == services.settings.profile))
    by = {version.by for version, *_ in profiles} - {""}
    profiles.sort(key=lambda each: (not each[3], not each[2], each[0].name))
    return show(request, "profiles.html", {"profiles": profiles, "names": await services.staff.names(by)})


async def profile_page(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    return await _show(request)


async def act(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Look at what a text changes, or save it; what is refused keeps the text."""
    services, name = request.app[SERVICES], request.match_info["name"]
    action, text = request.match_info["action"], form.get("text", "").replace("\r\n", "\n")
    if action not in ("preview", "save"):
        raise web.HTTPNotFound
    current = await _current(services, name)
    try:
        proposed = await _profile(services, name, text)
        if action == "preview":
            changes = await _changes(services, current, text, proposed, request)
            return await _show(request, kept=form, changes=changes)
        if not form.get("why", "").strip():
            raise ProfileInvalid("请写明修改理由，例如：执行新的办理规定。")
        if text.strip() == current.text.strip():
            raise ProfileInvalid("和现行的一样，没有要保存的。")
        number = await MongoProfileStore(services.database).save(
            name,
            text,
            base=_whole(form.get("base", "")),
            by=viewer.user.username,
            at=present(request),
            why=form["why"].strip()[:_MOST_WHY],
        )
    except ProfileInvalid as wrong:
        return await _show(request, kept=form, problem=str(wrong), status=422)
    except ProfileChanged:
        words = "刚才别人保存了新的一版。请对照现行的再改，您写的还在下面。"
        return await _show(request, kept=form, problem=words, status=409)
    await set_flash(request, viewer, f"已保存为第 {number} 版，新工单随即采用；已经承诺的日期不变。")
    raise web.HTTPSeeOther(f"{PAGE}/{quote(name)}")


async def _show(
    request: web.Request,
    *,
    kept: Mapping[str, str] | None = None,
    changes: Changes | None = None,
    problem: str = "",
    status: int = 200,
) -> web.Response:
    services, name = request.app[SERVICES], request.match_info["name"]
    current, store = await _current(services, name), MongoProfileStore(services.database)
    versions = await store.history(name)
    asked = request.query.get("version", "")
    loaded = _earlier(name, versions, asked) if asked and kept is None else None
    before = [version.text for version in versions[1:]] + [shipped_text(name) or ""]
    context = {
        "name": name,
        "title": (await _profile(services, name, current.text)).title,
        "current": current,
        "limits": limit_lines(await _profile(services, name, current.text))[1:],
        "text": kept["text"] if kept and "text" in kept else loaded or current.text,
        "why": kept.get("why", "") if kept else (f"退回到第 {asked} 版" if loaded else ""),
        "loaded": asked if loaded else "",
        "changes": changes,
        "problem": problem,
        "versions": [
            (version, changed_lines(old, version.text)[:_MOST_LINES])
            for version, old in zip(versions, before, strict=True)
        ]
        if versions
        else [],
        "names": await services.staff.names({version.by for version in versions}),
        "has_shipped": shipped_text(name) is not None,
        "most_why": _MOST_WHY,
    }
    return show(request, "profile.html", context, status=status)


async def _changes(
    services: Services, current: ProfileVersion, text: str, proposed: Profile, request: web.Request
) -> Changes:
    lines = changed_lines(current.text, text)[:_MOST_LINES]
    own = current.name == services.settings.profile
    others = await other_profiles(services.database, services.settings.profile)
    before = await _profile(services, current.name, current.text)
    limits = _limits_changed(before, proposed)
    if not lines or not (own or current.name in others):
        return Changes(lines=lines, limits=limits)
    found = (
        await preview_open(services.database, present=before, proposed=proposed, installation=own)
    ).preview
    later, now = sum(change.later for change in found.changes), present(request)
    return Changes(
        lines=lines,
        limits=limits,
        used=True,
        tickets=found.tickets,
        later=later,
        sooner=len(found.changes) - later,
        unclear=len(found.unclear),
        past=sum(change.promise.due_at <= now for change in found.changes),
    )


def _limits_changed(before: Profile, proposed: Profile) -> tuple[tuple[str, str], ...]:
    old, new = _limits(before), _limits(proposed)
    changed = [clock for clock in dict.fromkeys((*old, *new)) if old.get(clock) != new.get(clock)]
    return tuple((_only_in(clock, old, new), _only_in(clock, new, old)) for clock in changed)


def _limits(profile: Profile) -> dict[str, list[str]]:
    """Clock → its limits, each as a few words."""
    lines = (line.partition("：") for line in limit_lines(profile)[1:])
    return {clock: limits.split("、") for clock, _, limits in lines}


def _only_in(clock: str, these: Mapping[str, list[str]], others: Mapping[str, list[str]]) -> str:
    words = "、".join(limit for limit in these.get(clock, []) if limit not in others.get(clock, []))
    return f"{clock}：{words}" if words else ""


async def _current(services: Services, name: str) -> ProfileVersion:
    try:
        return await MongoProfileStore(services.database).current(name)
    except UnknownProfile:
        raise web.HTTPNotFound from None


async def _profile(services: Services, name: str, text: str) -> Profile:
    """On the calendar in force; raises ``ProfileInvalid``."""
    days = in_force((await MongoCalendarStore(services.database).current()).days)
    return _parsed(name, text, days)


@lru_cache(maxsize=16)
def _parsed(name: str, text: str, days: tuple[OfficialDay, ...]) -> Profile:
    # Parsing takes 30 ms and more: a page that names every profile would take all of its time for it.
    return profile_from_text(text, name=name, days=days)


def _earlier(name: str, versions: tuple[ProfileVersion, ...], asked: str) -> str | None:
    """The text of an earlier version to take back; 0 is the text that ships."""
    if asked == "0":
        return shipped_text(name)
    return next((version.text for version in versions if str(version.number) == asked), None)


def _whole(text: str) -> int:
    """The version the person looked at; a form without one is none of ours."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise web.HTTPBadRequest
    return int(text)
