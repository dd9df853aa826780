"""A unit's duty roster from a file: read, shown shift by shift, taken once somebody has looked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bot.held_uploads import HeldUpload, HeldUploads
from bot.services import SERVICES, Services
from bot.web.access import Form, set_flash
from bot.web.knowledge_upload import TooMuch, UploadLimits, read_upload_form
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.table_words import KINDS, Section, Seen, error_words
from bot.web.unit_search import units_like
from bot.wording import label
from routing.departments import Unit
from routing.duty.roster import Duty, Leave, Roster
from routing.duty.roster_file import read_roster
from routing.duty.roster_store import MongoRosterStore, RosterChanged
from routing.tables import InvalidTable, RowError
from routing.timing.working_calendar import CHINA

PAGE = "/console/duty"
_KIND = "roster"
_MOST_SHOWN, _MOST_ERRORS = 60, 100
_LIMITS = UploadLimits(
    files=1,
    file_bytes=1024 * 1024,
    bytes=2 * 1024 * 1024,
    one_too_large="请按月分开上传。",
    too_many="一次上传一张表。",
    all_too_large="请按月分开上传。",
)


async def upload(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The preview: nothing is taken yet."""
    services = request.app[SERVICES]
    context = {"token": "", "back": PAGE, "confirm": f"{PAGE}/import/confirm"}
    try:
        form = await read_upload_form(request, viewer, limits=_LIMITS)
        if not form.files:
            raise TooMuch("请选择文件。")
        if not form.files[0][0].lower().endswith((".csv", ".xlsx", ".xls")):
            raise TooMuch("请上传 CSV 或 Excel 文件。")
    except TooMuch as unfit:
        seen = Seen(title=KINDS[_KIND], file="", errors=(str(unfit),))
        return show(request, "table_preview.html", {**context, "seen": seen}, status=422)
    held = HeldUpload(kind=_KIND, name=form.files[0][0], data=form.files[0][1])
    try:
        roster = await _read(held, viewer, services)
    except InvalidTable as invalid:
        own = _own_units(viewer, services)
        errors = tuple(_error_words(each, own) for each in invalid.errors[:_MOST_ERRORS])
        seen = Seen(title=KINDS[_KIND], file=held.name, errors=errors)
        return show(request, "table_preview.html", {**context, "seen": seen}, status=422)
    seen = await _seen(roster, held, services)
    if seen.changes:
        context["token"] = await HeldUploads(services.redis).hold(held, username=viewer.user.username)
    return show(request, "table_preview.html", {**context, "seen": seen})


async def confirm(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Take what was previewed; the days it names are replaced, its leaves are added."""
    services, me = request.app[SERVICES], viewer.user.username
    uploads, token = HeldUploads(services.redis), form.get("token", "")
    held = await uploads.find(token, username=me)
    if held is None or held.kind != _KIND:
        await set_flash(request, viewer, "预览已过时，没有采用。请重新上传。")
        raise web.HTTPSeeOther(PAGE)
    try:
        roster = await _read(held, viewer, services)
        units = await MongoRosterStore(services.database).replace(roster, by=me, now=present(request))
    except RosterChanged:
        said = "值班表刚被别人改过。请再上传一次，重复的不会出错。"
    except InvalidTable:
        said = "没有采用：表里的单位已有变动。请重新上传。"
    else:
        await uploads.let_go(token, username=me)
        said = f"值班表已采用：{len(units)} 个单位，{len(roster.duties)} 个班次和岗位，请假 {len(roster.leaves)} 条。"
    await set_flash(request, viewer, said)
    raise web.HTTPSeeOther(PAGE)


async def _read(held: HeldUpload, viewer: Viewer, services: Services) -> Roster:
    """Raises ``InvalidTable``; another's unit is as unknown as one there is not."""
    own = [(unit.id, unit.name, unit.short_name) for unit in _own_units(viewer, services)]
    return await asyncio.to_thread(held.as_file, lambda file: read_roster(file, units=own))


def _own_units(viewer: Viewer, services: Services) -> list[Unit]:
    return [unit for unit in services.units.all() if unit.id in viewer.actor.unit_ids]


def _error_words(error: RowError, own: Sequence[Unit]) -> str:
    """With what may have been meant, of one's own units."""
    said, near = error_words(error, titles=True), ""
    if error.problem == "unknown" and error.column == "unit":
        near = "、".join(unit.short_name for unit in units_like(error.value, own))
        return f"{said}，相近的有：{near}" if near else said
    if error.problem == "unknown" and error.column == "post":
        return f"{said}，应是联络员、备岗、负责人、督办或请假"
    return said


async def _seen(roster: Roster, held: HeldUpload, services: Services) -> Seen:
    people = {duty.person for duty in roster.duties} | {leave.person for leave in roster.leaves}
    names = await services.staff.names(people)
    strangers = sorted(people - names.keys())
    duties = sorted(roster.duties, key=lambda d: (d.starts_at is None, d.starts_at or 0, d.unit_id, d.person))
    shifts = tuple(_shift(duty, names, services) for duty in duties)
    leaves = tuple(_leave(leave, names, services) for leave in sorted(roster.leaves))
    days = {d.starts_at.astimezone(CHINA).date() for d in roster.duties if d.starts_at}
    notes = ["表里出现的日期整日替换，别的日期不动；请假是追加的。"] if days else []
    warnings = (
        (f"{'、'.join(strangers[:10])} 没有登录名，提醒送不到本人，请核对“人员”一列。",) if strangers else ()
    )
    return Seen(
        title=KINDS[_KIND],
        file=held.name,
        sections=(
            Section(
                heading=f"班次和岗位（{len(shifts)}）",
                lines=shifts[:_MOST_SHOWN],
                more=len(shifts) - _MOST_SHOWN,
            ),
            Section(
                heading=f"请假（{len(leaves)}）", lines=leaves[:_MOST_SHOWN], more=len(leaves) - _MOST_SHOWN
            ),
        ),
        notes=tuple(notes),
        warnings=warnings,
        changes=bool(shifts or leaves),
    )


def _shift(duty: Duty, names: dict[str, str], services: Services) -> str:
    when = "常设"
    if duty.starts_at is not None and duty.ends_at is not None:
        start, end = duty.starts_at.astimezone(CHINA), duty.ends_at.astimezone(CHINA)
        when = f"{start:%Y-%m-%d %H:%M}–{'次日 ' if end.date() > start.date() else ''}{end:%H:%M}"
    unit = unit_name(duty.unit_id, services.units, short=True)
    return f"{when}　{unit}　{label(duty.post)}　{names.get(duty.person, duty.person)}"


def _leave(leave: Leave, names: dict[str, str], services: Services) -> str:
    start, end = leave.starts_at.astimezone(CHINA), leave.ends_at.astimezone(CHINA)
    unit = unit_name(leave.unit_id, services.units, short=True)
    return f"{start:%Y-%m-%d %H:%M} 至 {end:%Y-%m-%d %H:%M}　{unit}　{names.get(leave.person, leave.person)}"
