"""``huiyin import policies``: documents, guides and questions from files into drafts that wait for review."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bot.knowledge import notes
from bot.knowledge.regions import region_paths, why_no_region
from bot.services import utc_now
from bot.settings import Settings, SettingsInvalid
from bot.wording import label
from knowledge_base.article import UNDATED
from knowledge_base.editing.desk import EditingDesk, Regions
from knowledge_base.editing.entries import Person, Right
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.importing.desk import prepare_import, run_import
from knowledge_base.importing.document import Problem, Reading, Severity
from knowledge_base.importing.isolation import Reader, files_below, read_with
from knowledge_base.importing.limits import SECONDS
from knowledge_base.importing.matching import Change
from knowledge_base.importing.plan import ImportPlan, PlannedEntry
from knowledge_base.importing.planning import Defaults, plan_import
from routing.mongo_store import Document
from routing.reference_store import Database, MongoReferenceStore
from routing.reference_tables import ReferenceTables, demo_reference
from routing.timing.working_calendar import CHINA

_CHANGES = {Change.NEW: "新增", Change.CHANGED: "更新", Change.UNCHANGED: "未变", Change.REFUSED: "未导入"}

Paths = Annotated[list[Path], typer.Argument(exists=True, help="文件、压缩包或文件夹，可以几个。")]


def register(imports: typer.Typer) -> None:
    """Add the command to the group ``huiyin import``."""
    imports.command(
        "policies",
        help="导入政策文件、办事指南和问答（docx、doc、pdf、html、txt、xlsx、csv、zip），成为待审核的草稿。",
    )(import_policies)


def import_policies(
    paths: Paths,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只读取并预览，不写入。")] = False,
    owner: Annotated[str, typer.Option(help="文中没有写明时，由哪个单位负责（单位编号）。")] = "",
    region: Annotated[str, typer.Option(help="文中没有写明时，适用于哪里，如 清和县。")] = "",
    issuer: Annotated[str, typer.Option(help="文中没有写明时，算谁发布的。")] = "",
    source: Annotated[
        str, typer.Option(help="这批文件叫什么；同名的一批再次导入时更新，不重复。")
    ] = "文件导入",
    by: Annotated[
        str, typer.Option(help="谁导入的（登录名），预览可以不写；导入的人不能审核自己导入的草稿。")
    ] = "",
    seconds: Annotated[float, typer.Option(min=1.0, help="一个文件最多读几秒。")] = SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="输出一行 JSON。")] = False,
) -> None:
    """Exit 0 when every file was taken, 1 when some file or row was not, 2 when nothing could be done."""
    if not dry_run and not by.strip():
        # Drafts of nobody could be reviewed by whoever brought them in.
        raise _nothing_done("请用 --by 写明是谁导入的（登录名）；导入的人不能审核自己导入的草稿。")
    files, choice = files_below(paths)
    readings = [Reading(problems=tuple(choice)), *_read(files, seconds=seconds)]
    defaults = Defaults(
        owner_unit_id=owner,
        region=region,
        issuer=issuer,
        source=source,
        today=utc_now().astimezone(CHINA).date(),
    )
    plan = asyncio.run(_taken_in(readings, defaults, dry_run=dry_run, by=by.strip()))
    if as_json:
        typer.echo(json.dumps({"dry_run": dry_run, "files": len(files), **plan.record()}, ensure_ascii=False))
    else:
        typer.echo("\n".join(_report(plan, files=len(files), dry_run=dry_run)))
    if not any(entry.change is not Change.REFUSED for entry in plan.entries):
        raise typer.Exit(2)
    if plan.failed:
        raise typer.Exit(1)


def _read(files: Sequence[tuple[Path, str]], *, seconds: float) -> Iterator[Reading]:
    with _progress("读取", len(files)) as advance, Reader(seconds=seconds) as reader:
        for path, name in files:
            yield read_with(reader, path, name=name)
            advance(1)


async def _taken_in(readings: Sequence[Reading], defaults: Defaults, *, dry_run: bool, by: str) -> ImportPlan:
    """The plan after the import (or, dry, before it). A preview needs no database: then everything is new."""
    try:
        settings = Settings.from_environment()
    except SettingsInvalid as error:
        raise _nothing_done(str(error)) from None
    if not settings.mongo_url:
        if dry_run:
            typer.echo("没有指明数据库（HUIYIN_MONGO_URL），全部按新增预览。", err=True)
            _require_owner(demo_reference(), defaults.owner_unit_id, own_table=False)
            return plan_import(readings, defaults=defaults)
        raise _nothing_done("请用 HUIYIN_MONGO_URL 指明数据库。")
    client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
        settings.mongo_url, tz_aware=True, serverSelectionTimeoutMS=5000
    )
    try:
        database, region = client[settings.database], settings.region
        return await _imported(database, readings, defaults, dry_run=dry_run, by=by, own_region=region)
    except PyMongoError as error:
        raise _nothing_done(f"数据库不可用（{type(error).__name__}）。") from None
    finally:
        client.close()


async def _imported(
    database: Database,
    readings: Sequence[Reading],
    defaults: Defaults,
    *,
    dry_run: bool,
    by: str,
    own_region: str,
) -> ImportPlan:
    store = MongoArticleStore(database)
    await store.prepare()
    tables = await MongoReferenceStore(database).load() or demo_reference()
    _require_owner(tables, defaults.owner_unit_id, own_table=True)
    places = region_paths(tables.gazetteer, *filter(None, (own_region,)))
    if defaults.region and len(meant := places.get(defaults.region, ())) != 1:
        raise _nothing_done(f"--region：{why_no_region(defaults.region, meant)}。")
    defaults = with_names(defaults, tables, places)
    plan = await prepare_import(readings, store=store, defaults=defaults)
    with _progress("写入", len(plan.articles)) as advance:
        done = await run_import(
            plan,
            desk=EditingDesk(store, regions=lambda: places),
            by=Person(id=by, rights=frozenset({Right.WRITE})),
            now=utc_now(),
            dry_run=dry_run,
            progress=advance,
        )
    return done.plan


def _require_owner(tables: ReferenceTables, unit_id: str, *, own_table: bool) -> None:
    """An owner nobody knows would get every entry the files name no unit for."""
    if not unit_id or any(unit.id == unit_id for unit in tables.units.all()):
        return
    todo = (
        "请改用表里的编号（huiyin import units 导入过的）"
        if own_table
        else "自己的单位表在数据库里，请用 HUIYIN_MONGO_URL 指明，或者不写 --owner"
    )
    raise _nothing_done(f"--owner：单位表里没有编号“{unit_id}”。{todo}。")


def with_names(defaults: Defaults, tables: ReferenceTables, places: Regions) -> Defaults:
    """With the installation's own units and places by name; a name that two of them share stands for neither."""
    return replace(
        defaults,
        units=unit_names(tables),
        regions={written: written for written, meant in places.items() if len(meant) == 1},
        shared={written: meant for written, meant in places.items() if len(meant) > 1},
    )


def unit_names(tables: ReferenceTables) -> dict[str, str]:
    """Full and short names of units → their ids."""
    named = Counter(name for unit in tables.units.all() for name in {unit.name, unit.short_name})
    return {
        name: str(unit.id)
        for unit in tables.units.all()
        for name in (unit.name, unit.short_name)
        if name and named[name] == 1
    }


def _report(plan: ImportPlan, *, files: int, dry_run: bool) -> Iterator[str]:
    counts = "，".join(f"{_CHANGES[change]} {plan.count(change)}" for change in Change)
    yield f"{'预览' if dry_run else '导入'}：{files} 个文件，{len(plan.entries)} 条（{counts}）。"
    for entry in plan.entries:
        yield from _lines_of(entry)
    yield from _problem_lines(plan.problems)
    if not dry_run and plan.count(Change.NEW) + plan.count(Change.CHANGED):
        yield "已成为草稿，经业务审核和保密审查后才会对外。"


def _lines_of(entry: PlannedEntry) -> Iterator[str]:
    article = entry.article
    facts = [label(article.kind), article.document_number or "", article.issuer]
    if article.published_on != UNDATED:
        facts.append(f"{article.published_on.isoformat()} 发布")
    if article.effective_on not in (UNDATED, article.published_on):
        facts.append(f"{article.effective_on.isoformat()} 起施行")
    if article.expires_on:
        facts.append(f"有效至 {article.expires_on.isoformat()}")
    yield f"[{_CHANGES[entry.change]}] {article.title}（{'，'.join(filter(None, facts))}）← {entry.file}"
    for end in entry.ends:
        yield f"  ! {notes.will_end(end.title, end.resting)}"
    yield from _problem_lines(entry.checks)


def _problem_lines(problems: Iterable[Problem]) -> Iterator[str]:
    for problem in problems:
        mark = "✗" if problem.severity is Severity.ERROR else "?"
        yield f"  {mark} {problem.sentence()}"


def _nothing_done(said: str) -> typer.Exit:
    typer.echo(said, err=True)
    return typer.Exit(2)


@contextmanager
def _progress(words: str, total: int) -> Iterator[Any]:
    """A bar on stderr, and a function that moves it on."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task: TaskID = bar.add_task(words, total=total)
        yield lambda step: bar.advance(task, step)
