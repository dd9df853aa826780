"""The import wizard: upload, preview, agree; and what is refused on the way."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.web import knowledge_import_runs, knowledge_upload
from bot.web.knowledge_import_runs import BROKEN_OFF_AFTER, TASKS, ImportRuns, RunState, own_imports
from knowledge_base.importing import isolation
from knowledge_base.importing.document import Reading
from knowledge_base.importing.isolation import Reader
from tests.bot.web.conftest import Browser, Page
from tests.bot.web.knowledge_library import Library
from tests.bot.web.knowledge_library import library as library
from tests.knowledge_base.importing.files import zipped

DOCUMENT = """清和县农村公交补贴办法
清交发〔2026〕18号

第一条 为了方便群众出行，制定本办法。
第二条 通村公交每条线路每年补贴12万元。
第三条 本办法自2026年11月1日起施行，有效期3年。

清和县交通运输局
2026年10月20日
"""


async def _upload(browser: Browser, *files: tuple[str, bytes], **fields: str) -> Page:
    assert browser.page is not None
    form = aiohttp.FormData(quote_fields=False)
    given = {"csrf": browser.page.hidden("csrf"), "unit": "qh.transport", "region": "清和县", **fields}
    for name, value in given.items():
        form.add_field(name, value)
    for name, data in files:
        form.add_field("files", data, filename=name, content_type="application/octet-stream")
    return await browser._keep(await browser.client.post("/console/knowledge/import", data=form))


async def _done(library: Library, browser: Browser, path: str) -> Page:
    """What the page shows once the work behind it has ended."""
    app: Any = library.console.server.app
    await asyncio.gather(*app[TASKS])
    return await browser.open(path)


async def test_a_file_is_looked_at_before_it_becomes_a_draft_and_is_no_other_the_second_time(
    library: Library,
) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()), ("坏.pdf", b"%PDF-1.4 broken"))
    assert page.path.startswith("/console/knowledge/import/")
    preview = await _done(library, browser, page.path)
    assert "等您确认" in preview.words
    for said in ("清和县农村公交补贴办法", "清交发〔2026〕18号", "2026-10-20", "2026-11-01 施行", "坏.pdf"):
        assert said in preview.words
    assert "新增 1 条" in preview.words
    lists = library.console.services.articles.lists
    assert await lists.find_basis("农村公交补贴", limit=3) == ()
    await browser.send(f"{page.path}/confirm")
    done = await _done(library, browser, page.path)
    assert "已写成草稿" in done.words
    drafts = await browser.open("/console/knowledge?stage=draft")
    assert "清和县农村公交补贴办法" in drafts.words
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("换了名字.txt", DOCUMENT.encode()))
    again = await _done(library, browser, page.path)
    assert "新增 0 条" in again.words
    assert "没有变化 1 条" in again.words
    assert "没有要写入的条目" in again.words


async def test_the_preview_says_what_a_document_will_end(library: Library) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    ending = DOCUMENT.replace(
        "有效期3年。", "有效期3年。《清和县老年人爱心乘车办法》（清交发〔2026〕6号）同时废止。"
    )
    page = await _upload(browser, ("补贴.txt", ending.encode()))
    preview = await _done(library, browser, page.path)
    will_end = "将废止：《清和县老年人爱心乘车办法》，1条以它为依据，也会停用"
    assert f"开始施行以后： {will_end}" in preview.words
    assert preview.words.count(will_end) == 2, "beside its document, and where the editor agrees"


async def test_a_region_nobody_knows_is_refused_before_anything_is_read(library: Library) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()), region="清河县")
    assert page.status == 422
    assert "地名表里没有“清河县”" in page.words


async def test_while_files_are_read_the_page_asks_again_by_itself(library: Library) -> None:
    browser = await library.as_("editor")
    runs = ImportRuns(library.console.services.database)
    now = library.console.clock.now
    run_id = await runs.open([("甲.txt", b"x"), ("乙.txt", b"y")], by="editor", defaults={}, now=now)
    await runs.note(await runs.get(run_id, by="editor"), now=now, done=1)
    page = await browser.open(f"/console/knowledge/import/{run_id}")
    assert page.headers["Refresh"] == "2"
    assert '<progress class="wide-progress" value="1" max="2">' in page.html


async def test_what_broke_off_says_so_and_is_begun_again(library: Library) -> None:
    browser = await library.as_("editor")
    runs = ImportRuns(library.console.services.database)
    now = library.console.clock.now
    defaults = {"unit": "qh.transport", "region": "清和县"}
    run_id = await runs.open([("补贴.txt", DOCUMENT.encode())], by="editor", defaults=defaults, now=now)
    library.console.clock.now += BROKEN_OFF_AFTER * 2
    page = await browser.open(f"/console/knowledge/import/{run_id}")
    assert "中断了" in page.words
    assert "Refresh" not in page.headers
    await browser.send(f"/console/knowledge/import/{run_id}/again")
    page = await _done(library, browser, f"/console/knowledge/import/{run_id}")
    assert "新增 1 条" in page.words


async def test_after_a_start_an_import_nobody_holds_is_shown_as_broken_off_at_once(library: Library) -> None:
    browser = await library.as_("editor")
    runs = ImportRuns(library.console.services.database)
    now = library.console.clock.now
    lost = await runs.open([("甲.txt", b"x")], by="editor", defaults={"unit": "qh.transport"}, now=now)
    library.console.clock.now += timedelta(seconds=4)
    held = await runs.open(
        [("乙.txt", b"x")], by="editor", defaults={"unit": "qh.transport"}, now=library.console.clock.now
    )
    assert "中断了" not in (await browser.open(f"/console/knowledge/import/{lost}")).words
    starting = own_imports(library.console.server.app)
    await anext(starting)
    assert "中断了" in (await browser.open(f"/console/knowledge/import/{lost}")).words
    assert "正在读取" in (await browser.open(f"/console/knowledge/import/{held}")).words


async def test_a_writing_that_broke_off_goes_on_and_writes_nothing_twice(library: Library) -> None:
    """As after a kill: the drafts written so far are there, and nobody is at work on the run."""
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    second = DOCUMENT.replace("公交补贴", "电影放映").replace("18号", "19号")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()), ("放映.txt", second.encode()))
    await _done(library, browser, page.path)
    runs = ImportRuns(library.console.services.database)
    run = await runs.get(page.path.rsplit("/", 1)[-1], by="editor")
    await browser.open("/console/knowledge/import")
    alone = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
    await _done(library, browser, alone.path)
    await browser.send(f"{alone.path}/confirm")
    await _done(library, browser, alone.path)
    now = library.console.clock.now
    killed = await runs.move(run, to=RunState.WRITING, now=now)
    assert killed is not None
    await runs.note(killed, now=now, done=1, total=2)
    assert "正在写入" in (await browser.open(page.path)).words
    library.console.clock.now += BROKEN_OFF_AFTER * 1.1
    broken = await browser.open(page.path)
    assert "写到一半（约 1 / 2）" in broken.words
    await browser.send(f"{page.path}/again")
    again = await _done(library, browser, page.path)
    assert "新增 1 条" in again.words
    assert "没有变化 1 条" in again.words
    await browser.send(f"{page.path}/confirm")
    assert "已写成草稿" in (await _done(library, browser, page.path)).words
    listed = await browser.open("/console/knowledge?stage=draft")
    assert listed.html.count("清和县农村公交补贴办法</a>") == 1
    assert listed.html.count("清和县农村电影放映办法</a>") == 1


async def test_an_attempt_given_up_for_lost_writes_nothing_over_the_next(library: Library) -> None:
    runs = ImportRuns(library.console.services.database)
    now = library.console.clock.now
    run_id = await runs.open([("甲.txt", b"x")], by="editor", defaults={}, now=now)
    lost = await runs.get(run_id, by="editor")
    begun = await runs.move(lost, to=RunState.READING, now=now)
    assert begun is not None
    assert await runs.move(lost, to=RunState.READING, now=now) is None
    await runs.note(lost, now=now, state=RunState.PREVIEW.value, done=1)
    assert (await runs.get(run_id, by="editor")).state is RunState.READING
    await runs.note(begun, now=now, state=RunState.PREVIEW.value)
    assert (await runs.get(run_id, by="editor")).state is RunState.PREVIEW


async def test_an_import_at_work_or_waiting_for_its_turn_is_not_broken_off(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge_import_runs, "_BEAT_S", 0.01)
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    async with knowledge_import_runs._AT_ONCE:
        page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
        runs = ImportRuns(library.console.services.database)
        library.console.clock.now += BROKEN_OFF_AFTER * 3
        now = library.console.clock.now
        for _ in range(1000):
            if (await runs.get(page.path.rsplit("/", 1)[-1], by="editor")).beat_at >= now:
                break
            await asyncio.sleep(0.01)
        assert "中断了" not in (await browser.open(page.path)).words
    assert "新增 1 条" in (await _done(library, browser, page.path)).words


async def test_an_attempt_given_up_for_lost_stops_its_work(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(knowledge_import_runs, "_BEAT_S", 0.01)
    monkeypatch.setattr(isolation, "_CHILD", "tests.knowledge_base.importing.stuck")
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
    runs = ImportRuns(library.console.services.database)
    run = await runs.get(page.path.rsplit("/", 1)[-1], by="editor")
    app: Any = library.console.server.app
    (worker,) = app[TASKS]
    now = library.console.clock.now
    begun = await runs.move(run, to=RunState.READING, now=now)
    assert begun is not None
    done, _ = await asyncio.wait({worker}, timeout=10)
    assert done
    assert worker.cancelled()
    after = await runs.get(run.id, by="editor")
    assert (after.attempt, after.state, after.beat_at) == (begun.attempt, RunState.READING, begun.beat_at)


async def test_a_service_that_stops_leaves_no_reading_behind(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A zip's files may take a minute each; a process cannot end before its threads."""
    monkeypatch.setattr(isolation, "_CHILD", "tests.knowledge_base.importing.stuck")
    begun, ended = threading.Event(), threading.Event()
    started, read = Reader._started, Reader.read

    def noted(reader: Reader) -> Any:
        child = started(reader)
        begun.set()
        return child

    def to_the_end(reader: Reader, name: str, data: bytes) -> Reading:
        try:
            return read(reader, name, data)
        finally:
            ended.set()

    monkeypatch.setattr(Reader, "_started", noted)
    monkeypatch.setattr(Reader, "read", to_the_end)
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    files = {f"{n}.txt": DOCUMENT.encode() for n in range(20)}
    page = await _upload(browser, ("一批.zip", zipped(files)))
    assert await asyncio.to_thread(begun.wait, 10)
    app: Any = library.console.server.app
    stopping = own_imports(app)
    await anext(stopping)
    async with asyncio.timeout(5):
        with pytest.raises(StopAsyncIteration):
            await anext(stopping)
    assert await asyncio.to_thread(ended.wait, 5)
    assert "中断了" in (await browser.open(page.path)).words


async def test_agreeing_twice_writes_once(library: Library) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
    await _done(library, browser, page.path)
    for _ in range(2):
        await browser.open(page.path)
        await browser.send(f"{page.path}/confirm", {"csrf": await _token(browser)})
    done = await _done(library, browser, page.path)
    assert "已写成草稿" in done.words
    rows = (await library.console.services.articles.lists.find_basis("末班", limit=3)) or ()
    assert len(rows) >= 1
    listed = await browser.open("/console/knowledge?q=农村公交补贴办法")
    assert listed.html.count('class="row-link"') == 1


async def _token(browser: Browser) -> str:
    assert browser.page is not None
    return browser.page.hidden("csrf")


async def test_thinking_better_of_it_takes_the_files_away(library: Library) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
    await _done(library, browser, page.path)
    await browser.send(f"{page.path}/forget")
    assert (await browser.open(page.path)).status == 404
    database = library.console.services.database
    assert await database["knowledge_uploads"].count_documents({}) == 0


async def test_an_import_is_its_editor_s_own_business(library: Library) -> None:
    browser, other = await library.as_("editor"), await library.as_("editor2")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("补贴.txt", DOCUMENT.encode()))
    await _done(library, browser, page.path)
    assert (await other.open(page.path)).status == 404
    await other.open("/console/knowledge/import")
    assert (await other.send(f"{page.path}/confirm")).status == 404
    runs = ImportRuns(library.console.services.database)
    assert (await runs.get(page.path.rsplit("/", 1)[-1], by="editor")).state is RunState.PREVIEW


async def test_too_much_is_refused_in_words(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge_upload, "MOST_FILE_BYTES", 1000)
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("大.txt", b"x" * 5000))
    assert page.status == 413
    assert "“大.txt”超过" in page.words
    page = await _upload(browser, *((f"{n}.txt", b"x") for n in range(61)))
    assert page.status == 413
    assert "一次最多 60 个文件" in page.words
    assert await library.console.services.database["knowledge_imports"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("fields", "files", "status"),
    [
        ({"csrf": "wrong"}, [("甲.txt", b"x")], 403),
        ({"unit": "qh.nothing"}, [("甲.txt", b"x")], 422),
        ({}, [], 422),
    ],
    ids=["no token", "no such unit", "no file"],
)
async def test_an_upload_that_is_none_is_refused(
    library: Library, fields: dict[str, str], files: list[tuple[str, bytes]], status: int
) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, *files, **fields)
    if not files:
        assert page.status in (415, 422)  # without a file the client sends an ordinary form
    else:
        assert page.status == status
    assert await library.console.services.database["knowledge_uploads"].count_documents({}) == 0


async def test_a_file_before_the_token_is_not_even_read(library: Library) -> None:
    browser = await library.as_("editor")
    page = await browser.open("/console/knowledge/import")
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("files", b"x", filename="甲.txt")
    form.add_field("csrf", page.hidden("csrf"))
    response = await browser.client.post("/console/knowledge/import", data=form)
    assert response.status == 403


@pytest.mark.parametrize("user", ["liaison", "supervisor", "operator", "auditor"])
async def test_only_editors_import(library: Library, user: str) -> None:
    browser = await library.as_(user)
    assert (await browser.open("/console/knowledge/import")).status == 403


async def test_folders_in_a_file_s_name_are_dropped(library: Library) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge/import")
    page = await _upload(browser, ("..\\..\\etc\\补贴.txt", DOCUMENT.encode()))
    run = await ImportRuns(library.console.services.database).get(page.path.rsplit("/", 1)[-1], by="editor")
    assert run.files == ("补贴.txt",)
    await _done(library, browser, page.path)
