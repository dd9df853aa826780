"""The knowledge base in a real browser: from a file to the public and to its end, with and without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from bot.wiring import knowledge as wired_knowledge
from knowledge_base.answering.answer import Answerer
from tests.bot.web.conftest import Console
from tests.bot.web.conftest import clock as clock  # the fixtures of the running console
from tests.bot.web.conftest import console as console
from tests.bot.web.knowledge_library import SHELF, Library
from tests.bot.web.knowledge_library import library as library
from tests.browser.test_console import Person
from tests.chromium import PHONE, WIDE

pytestmark = pytest.mark.browser

DOCUMENT = """清和县农村公交补贴办法
清交发〔2026〕18号

第一条 为了方便群众出行，制定本办法。
第二条 通村公交每条线路每年补贴12万元，由县财政拨付。
第三条 本办法自2026年11月1日起施行，有效期至2026年12月31日。

清和县交通运输局
2026年10月20日
"""
ASKED = "通村公交一条线补贴多少"


class Town:
    """The people of the story, each at a screen of their own."""

    def __init__(self, browser: Browser, library: Library, *, viewport: Any, script: bool) -> None:
        self.browser, self.library = browser, library
        self.viewport, self.script = viewport, script
        self.people: dict[str, Person] = {}

    async def person(self, user: str) -> Person:
        """Somebody logged in; ``-`` is a citizen, who is not."""
        if user not in self.people:
            context = await self.browser.new_context(
                viewport=self.viewport, java_script_enabled=self.script, locale="zh-CN"
            )
            base = str(self.library.console.server.make_url("")).rstrip("/")
            self.people[user] = Person(await context.new_page(), base)
            if user != "-":
                await self.people[user].log_in(user)
        return self.people[user]

    async def sees(self, user: str, path: str) -> Page:
        person = await self.person(user)
        await person.page.goto(person.base + path)
        return person.page


async def _until(page: Page, words: str) -> None:
    """The page asks again by itself, without script too."""
    await expect(page.get_by_text(words).first).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    ("viewport", "script"), [(WIDE, False), (PHONE, True)], ids=["wide-no-script", "phone-script"]
)
async def test_a_file_becomes_an_answer_by_three_people_and_ends_honestly(
    browser: Browser, library: Library, viewport: Any, script: bool
) -> None:
    town = Town(browser, library, viewport=viewport, script=script)
    page = await town.sees("editor", "/console/knowledge/import")
    await page.locator("input[type=file]").set_input_files(
        FilePayload(name="补贴.txt", mimeType="text/plain", buffer=DOCUMENT.encode())
    )
    await page.locator("select[name=unit]").select_option("qh.transport")
    await page.get_by_role("button", name="上传并预览").click()
    await _until(page, "第二步：看过下面的预览，再确认")
    await expect(page.get_by_text("清交发〔2026〕18号").first).to_be_visible()
    await (await town.person("editor")).looks_right("knowledge-preview")
    await page.get_by_role("button", name="确认，写成草稿").click()
    await _until(page, "已写成草稿")
    await page.get_by_role("link", name="到草稿里逐条核对").click()
    await page.get_by_role("link", name="清和县农村公交补贴办法").click()
    address = page.url.removeprefix((await town.person("editor")).base)

    await page.get_by_role("link", name="接着改").click()
    await page.locator("textarea[name=questions]").fill(ASKED)
    await page.get_by_role("button", name="看看微信里的样子").click()
    await expect(page.locator(".bubble.says")).to_contain_text("每条线路每年补贴12万元")
    await (await town.person("editor")).looks_right("knowledge-edit")
    await page.get_by_role("button", name="保存并提交审核").click()
    await expect(page.get_by_role("status")).to_contain_text("等业务审核")
    await expect(page.get_by_text("这一稿是您写的")).to_be_visible()

    for user, button, said in (
        ("editor2", "业务审核通过", "等保密审查"),
        ("supervisor", "保密审查通过", "已经公开"),
    ):
        page = await town.sees(user, "/console/knowledge/reviews")
        await page.get_by_role("link", name="清和县农村公交补贴办法").click()
        await (await town.person(user)).looks_right(f"knowledge-review-{user}")
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("status")).to_contain_text(said)

    await library.follow()
    page = await town.sees("-", "/answers")
    await page.get_by_label("想问什么").fill(ASKED)
    await page.get_by_role("button", name="查一查").click()
    await expect(page.get_by_role("status")).to_contain_text("每条线路每年补贴12万元")
    await (await town.person("-")).looks_right("answers-found")
    await page.get_by_role("link", name="看全文").click()
    await expect(page.get_by_text("现行有效").first).to_be_visible()
    await (await town.person("-")).looks_right("answers-entry")
    await page.get_by_role("button", name="有用", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("谢谢")

    library.console.clock.advance(days=46)  # the first day after its last
    page = await town.sees("-", address.replace("/console/knowledge", "/answers"))
    await expect(page.get_by_role("alert")).to_contain_text("已失效")
    await expect(page.get_by_text("现行有效")).to_have_count(0)
    await (await town.person("-")).looks_right("answers-lapsed")
    page = await town.sees("-", f"/answers?q={ASKED}")
    await expect(page.get_by_text("来源：《清和县农村公交补贴办法》")).to_have_count(0)


async def test_a_repeal_with_its_reason_stops_the_answer(browser: Browser, library: Library) -> None:
    town = Town(browser, library, viewport=WIDE, script=True)
    page = await town.sees("supervisor", "/console/knowledge/policy.bus")
    await page.get_by_text("废止", exact=True).first.click()
    await page.locator("form[action$=repeal] textarea").fill("已被清交发〔2026〕30号废止")
    await page.get_by_role("button", name="废止", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已废止")
    await library.follow()
    page = await town.sees("-", "/answers/guide.bus-card")
    await expect(page.get_by_role("alert")).to_contain_text("依据已失效")


async def test_an_approved_entry_is_found_within_a_second_in_the_process_that_answers(
    browser: Browser, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody tells the index: it follows the store by itself."""
    monkeypatch.setattr(wired_knowledge, "Answerer", Answerer)
    await console.services.live_answers.rebuild()
    await console.services.articles.add_first(SHELF, now=console.clock.now)
    town = Town(browser, Library(console), viewport=PHONE, script=True)
    page = await town.sees("-", "/answers?q=爱心乘车证去哪里领")

    async def answered() -> bool:
        await page.reload()
        return await page.get_by_text("公交公司一楼3号窗口").count() > 0

    await _soon(page, answered)


async def _soon(page: Page, happens: Callable[[], Any]) -> None:
    """Within two seconds: one for the index, one for a page on a busy machine."""
    started = await page.evaluate("Date.now()")
    while not await happens():
        waited = await page.evaluate("Date.now()") - started
        assert waited < 2000, f"not there after {waited} ms"


async def test_what_was_typed_and_never_sent_is_offered_again(browser: Browser, library: Library) -> None:
    town = Town(browser, library, viewport=PHONE, script=True)
    page = await town.sees("editor", "/console/knowledge/question.bus-night/edit")
    body = page.locator("textarea[name=body]")
    await body.fill("末班车改到晚上10点。")
    await page.reload()
    await expect(body).not_to_have_value("末班车改到晚上10点。")
    await page.get_by_role("button", name="恢复").click()
    await expect(body).to_have_value("末班车改到晚上10点。")
    await page.get_by_role("button", name="只保存草稿").click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    await page.get_by_role("link", name="接着改").click()
    await expect(page.get_by_text("没有保存的内容")).to_have_count(0)


async def test_enter_in_a_line_of_the_form_sends_nothing_to_review(
    browser: Browser, library: Library
) -> None:
    town = Town(browser, library, viewport=WIDE, script=True)
    page = await town.sees("editor", "/console/knowledge/question.bus-night/edit")
    await page.locator("input[name=title]").fill("末班公交车几点")
    await page.locator("input[name=title]").press("Enter")
    await expect(page.locator("input[name=title]")).to_have_value("末班公交车几点")
    await expect(page.get_by_role("button", name="保存并提交审核")).to_be_visible()
    assert (await library.entry("question.bus-night")).version == 1
