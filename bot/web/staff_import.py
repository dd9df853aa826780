"""Many logins from one sheet: read, shown row by row, made only once somebody has looked."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from aiohttp import web

from bot.people import User
from bot.services import SERVICES, Services
from bot.staff import UnknownUser
from bot.web.access import Form
from bot.web.knowledge_upload import TooMuch, read_upload_form
from bot.web.pages import Viewer, present, show, unit_name
from bot.web.staff_pages import read_member
from bot.wording import explain, label
from routing.errors import Refused

MOST_ROWS = 200
"""Each password's hash takes 25 ms on purpose; this many are a few seconds."""
MOST_BYTES = 64 * 1024
_COLUMNS = {"登录名": "username", "姓名": "name", "角色": "role", "单位": "unit_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the sheet: the login it would make, or why it makes none."""

    line: int
    given: tuple[str, ...]
    user: User | None
    problem: str


class SheetUnreadable(Exception):
    """The file is no such sheet; the text says what to do about it."""


async def upload(request: web.Request, viewer: Viewer) -> web.StreamResponse:
    """The preview: nothing is made yet."""
    try:
        form = await read_upload_form(request, viewer)
        if not form.files:
            raise SheetUnreadable("请选择名单文件。")
        text = _text(form.files[0][1])
        rows = await read_rows(text, request.app[SERVICES])
    except (SheetUnreadable, TooMuch) as unreadable:
        return show(request, "staff_import.html", {"problem": str(unreadable), "rows": []}, status=422)
    services = request.app[SERVICES]
    context = {
        "problem": "",
        "rows": [(row, unit_name(row.user.unit_id, services.units) if row.user else "") for row in rows],
        "good": sum(row.user is not None for row in rows),
        "sheet": text,
    }
    return show(request, "staff_import.html", context)


async def confirm(request: web.Request, viewer: Viewer, form: Form) -> web.StreamResponse:
    """Make the good rows; the answer is a sheet with their first passwords, given out this once."""
    services = request.app[SERVICES]
    try:
        rows = await read_rows(form.get("sheet", ""), services)
    except SheetUnreadable as unreadable:
        return show(request, "staff_import.html", {"problem": str(unreadable), "rows": []}, status=422)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(["登录名", "姓名", "角色", "单位", "临时密码"])
    for row in rows:
        user = row.user
        if user is None:
            continue
        try:
            said = await services.staff.add(user, by=viewer.user.username, now=present(request))
        except Refused as refused:
            said = f"没有新增：{explain(refused)}"
        unit = unit_name(user.unit_id, services.units)
        writer.writerow([user.username, user.name, label(user.role), unit, said])
    return web.Response(
        # The mark tells Excel that this is UTF-8.
        body=("\ufeff" + made.getvalue()).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": "attachment; filename*=UTF-8''%E4%B8%B4%E6%97%B6%E5%AF%86%E7%A0%81.csv",
            "Cache-Control": "no-store",
        },
    )


async def read_rows(text: str, services: Services) -> list[Row]:
    """Raises ``SheetUnreadable``. A login that exists already, or twice in the sheet, makes none."""
    lines = [line for line in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in line)]
    heading = [cell.strip() for cell in lines[0]] if lines else []
    if set(_COLUMNS) - set(heading):
        raise SheetUnreadable(f"首行要有这几列：{'、'.join(_COLUMNS)}。请补上列名后重新上传。")
    if len(lines) - 1 > MOST_ROWS:
        raise SheetUnreadable(f"一次最多 {MOST_ROWS} 人。请分几次新增。")
    if len(lines) == 1:
        raise SheetUnreadable("名单是空的。请在列名下面填写人员后重新上传。")
    at = {field: heading.index(column) for column, field in _COLUMNS.items()}
    rows, seen = [], set[str]()
    for number, line in enumerate(lines[1:], 2):
        fields = {field: line[n].strip() if n < len(line) else "" for field, n in at.items()}
        username = fields["username"].lower()
        user, problems = read_member(fields, services, username=username)
        problem = " ".join(problems.values())
        if user is not None and (username in seen or await _exists(username, services)):
            user, problem = None, "这个登录名已经有了。请换一个，或在人员名单里修改。"
        seen.add(username)
        rows.append(Row(line=number, given=tuple(fields.values()), user=user, problem=problem))
    return rows


async def _exists(username: str, services: Services) -> bool:
    try:
        await services.staff.get(username)
    except UnknownUser:
        return False
    return True


def _text(data: bytes) -> str:
    """What Excel writes: UTF-8 with or without its mark, or GB 18030."""
    if len(data) > MOST_BYTES:
        raise SheetUnreadable(f"文件太大。名单最多 {MOST_BYTES // 1024} KB，请分几次新增。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetUnreadable("文件读不懂。请在 Excel 里另存为 CSV 后再上传。")
