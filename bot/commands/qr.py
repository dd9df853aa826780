"""``huiyin qr``: codes for hall windows and streets, made on the platform and written out for printing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.accounts import AccountName, AtAccount, fail, with_account
from bot.commands.reference_words import errors_record, readable_errors
from bot.followers.scene_codes import SceneDesk
from bot.followers.scene_sheet import COLUMN_TITLES, WantedCode, read_scene_sheet
from bot.followers.scenes import SceneCode, SceneInvalid, ScenePlace, Scenes
from bot.services import utc_now
from bot.wechat.qr import MOST_DAYS, fetch_picture, picture_url
from routing.departments import Units
from routing.errors import UnknownUnit
from routing.reference_store import load_reference
from routing.reference_tables import demo_reference
from routing.tables import InvalidTable
from routing.timing.working_calendar import CHINA

AsJson = Annotated[bool, typer.Option("--json", help="输出一行 JSON。")]
Out = Annotated[
    Path | None, typer.Option("--out", file_okay=False, help="把二维码图片写进这个文件夹，供印制。")
]
By = Annotated[str, typer.Option("--by", help="谁建的，记下来。")]
_UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')


def register(app: typer.Typer) -> None:
    """Add the group ``huiyin qr``."""
    codes = typer.Typer(help="二维码：扫了就知道是哪个窗口、哪条街。", no_args_is_help=True)
    codes.command("add", help="建一个二维码；场景已有时只改名称和地点，印好的照用。")(add)
    codes.command("import", help="按表（CSV 或 Excel）成批建：场景、名称、地点、单位、有效天数。")(
        import_codes
    )
    codes.command("list", help="列出二维码。")(list_codes)
    codes.command("remove", help="去掉一个场景：扫了只见普通欢迎语。")(remove)
    app.add_typer(codes, name="qr")


def add(
    scene: Annotated[str, typer.Option("--scene", help="场景：字母、数字、- 或 _，如 hall-3。")],
    label: Annotated[str, typer.Option("--label", help="名称，如 政务大厅3号窗口。")],
    place: Annotated[str, typer.Option("--place", help="地点，写进工单的，如 清和县政务服务大厅。")],
    account: AccountName = "",
    unit: Annotated[str, typer.Option("--unit", help="单位代码或名称；可以不写。")] = "",
    days: Annotated[int | None, typer.Option("--days", min=1, max=MOST_DAYS, help="有效几天。")] = None,
    permanent: Annotated[
        bool, typer.Option("--permanent", help="永久有效；每个公众号最多 10 万个。")
    ] = False,
    out: Out = None,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 when a field is wrong or the platform refuses."""
    if (days is None) is not permanent:
        fail("请用 --days 写明有效几天，或者用 --permanent。", 2)

    async def run(at: AtAccount) -> tuple[SceneCode, str, Path | None]:
        unit_id = (await _units(at)).named(unit).id if unit else None
        wanted = WantedCode(ScenePlace(scene.strip(), label.strip(), place.strip(), unit_id), days)
        return await _make(at, wanted, out=out, by=by)

    try:
        code, url, written = with_account(account, run)
    except UnknownUnit:
        fail(f"没有单位“{unit}”。", 2)
    except SceneInvalid as invalid:
        fail(f"{COLUMN_TITLES.get(invalid.field, invalid.field)}：{invalid.reason}。", 1)
    if as_json:
        typer.echo(json.dumps({**_record(code), "picture_url": url, "file": str(written or "")}))
        return
    typer.echo(f"{_line(code)}\n  内容：{code.url}\n  图片：{url}")
    if out is not None:
        typer.echo(f"  已写：{written}" if written else "  平台没有给图片，请稍后打开上面的网址。")


def import_codes(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV 或 Excel 文件。")],
    account: AccountName = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只预览，不建。")] = False,
    out: Out = None,
    by: By = "命令行",
    as_json: AsJson = False,
) -> None:
    """Exit 1 with every bad cell, and nothing is made. Interrupted, run it again: what is there is not made twice."""

    async def run(at: AtAccount) -> dict[str, object]:
        units = await _units(at)
        named = ((each.id, each.name, each.short_name) for each in units.all())
        wanted = read_scene_sheet(file, units=named)
        scenes, now = Scenes(at.database), utc_now()
        present = {code.place.scene: code for code in await scenes.of(at.account.name)}
        new = [
            each
            for each in wanted
            if each.place.scene not in present
            or SceneDesk.needs_new(present[each.place.scene], days=each.days, now=now)
        ]
        known = {id(each) for each in new}
        renamed = [
            each for each in wanted if id(each) not in known and present[each.place.scene].place != each.place
        ]
        counted: dict[str, object] = {
            "rows": len(wanted),
            "new": [each.place.scene for each in new],
            "changed": [each.place.scene for each in renamed],
            "made": 0,
            "pictures": 0,
            "written": not dry_run,
        }
        if dry_run:
            return counted
        done = [await _make(at, each, out=out, by=by) for each in wanted]
        counted["made"] = len(new)
        counted["pictures"] = sum(written is not None for _, _, written in done)
        return counted

    try:
        counted = with_account(account, run)
    except InvalidTable as error:
        named = tuple(replace(e, column=COLUMN_TITLES.get(e.column, e.column)) for e in error.errors)
        record = json.dumps(errors_record(error), ensure_ascii=False)
        typer.echo(record if as_json else readable_errors(InvalidTable(error.table, named)), err=not as_json)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(counted, ensure_ascii=False))
        return
    typer.echo(_preview(counted))


def list_codes(account: AccountName = "", as_json: AsJson = False) -> None:
    """All codes of the account, expired ones too."""

    async def run(at: AtAccount) -> list[SceneCode]:
        return await Scenes(at.database).of(at.account.name)

    codes = with_account(account, run)
    if as_json:
        typer.echo(json.dumps([_record(code) for code in codes], ensure_ascii=False))
        return
    typer.echo("\n".join(map(_line, codes)) if codes else "还没有二维码。")


def remove(
    scene: Annotated[str, typer.Argument(help="场景。")],
    account: AccountName = "",
) -> None:
    """The platform keeps the code; scanned, it shows the plain welcome."""

    async def run(at: AtAccount) -> bool:
        return await Scenes(at.database).remove(at.account.name, scene)

    if not with_account(account, run):
        fail(f"没有场景 {scene}。", 1)
    typer.echo(f"已去掉 {scene}。")


async def _make(
    at: AtAccount, wanted: WantedCode, *, out: Path | None, by: str
) -> tuple[SceneCode, str, Path | None]:
    scenes = Scenes(at.database)
    await scenes.prepare()
    desk = SceneDesk(at.account.name, at.client, scenes)
    code, _ = await desk.add(wanted.place, days=wanted.days, by=by, now=utc_now())
    url = picture_url(code.ticket or "", at.settings.wechat_api_base)
    found = await fetch_picture(at.http, url) if out is not None else None
    if out is None or found is None:
        return code, url, None
    return code, url, _write(out, code.place, *found)


def _write(folder: Path, place: ScenePlace, picture: bytes, suffix: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{place.scene}-{_UNSAFE.sub('', place.label)}.{suffix}"
    file.write_bytes(picture)
    return file


async def _units(at: AtAccount) -> Units:
    return (await load_reference(at.database, fallback=demo_reference())).units


def _preview(counted: dict[str, object]) -> str:
    new, changed = counted["new"], counted["changed"]
    assert isinstance(new, list)
    assert isinstance(changed, list)
    lines = [f"共 {counted['rows']} 行：新建 {len(new)} 个，改名称或地点 {len(changed)} 个。"]
    lines += [f"  新建 {scene}" for scene in new[:20]]
    lines += [f"  另有 {len(new) - 20} 个"] if len(new) > 20 else []
    if not counted["written"]:
        return "\n".join([*lines, "这是预览，没有建。"])
    return "\n".join([*lines, f"已建好；写出图片 {counted['pictures']} 张。"])


def _line(code: SceneCode) -> str:
    return f"{code.place.scene}　{code.place.label}　{code.place.place}　{_lasts(code, utc_now())}"


def _lasts(code: SceneCode, now: datetime) -> str:
    if code.expires_at is None:
        return "永久"
    until = code.expires_at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    return f"已过期（{until}）" if code.expires_at <= now else f"到 {until}"


def _record(code: SceneCode) -> dict[str, object]:
    return {
        "scene": code.place.scene,
        "label": code.place.label,
        "place": code.place.place,
        "unit": code.place.unit_id,
        "expires_at": code.expires_at.astimezone(CHINA).isoformat() if code.expires_at else None,
        "url": code.url,
    }
