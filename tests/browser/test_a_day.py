"""One day of everybody who works with it, on the running demo: wide with script, and on a telephone without."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, ViewportSize, expect

from tests.browser.every_page import STRANGER
from tests.browser.watching import ACCOUNT, Screen, screen_of
from tests.chromium import PHONE, WIDE
from tests.journeys.demo_process import Demo
from tests.journeys.pages import number_in

pytestmark = pytest.mark.browser

MOST_CLICKS, MOST_FIELDS = 4, 2
"""What a liaison who never saw the console needs from the list to the closed ticket."""
CONTACT = "10:05 电话联系，市民补充是路口那一排。"


@dataclass
class Day:
    """The same demo, the same day; everybody has a browser of their own, in the given size, with script or without."""

    browser: Browser
    demo: Demo
    size: ViewportSize
    script: bool
    road: str
    """Where this day's light is out: the other day has a road of its own."""
    citizen: str
    other_unit: str
    """The liaison whose unit sends a ticket back."""
    screens: dict[str, Screen] = field(default_factory=dict)

    @property
    def complaint(self) -> str:
        return f"{self.road}的路灯坏了三天，路灯不亮，晚上老人不敢出门"

    @property
    def reply(self) -> str:
        return f"您好，{self.road}三盏路灯的电缆已更换，今晚全部亮灯。"

    async def at(self, by: str, path: str) -> Page:
        """That person's screen, showing that page."""
        if by not in self.screens:
            self.screens[by] = await screen_of(
                self.browser, self.demo, by, size=self.size, script=self.script
            )
        await self.screens[by].opens(path)
        return self.screens[by].page

    async def done(self, by: str, name: str, words: str) -> None:
        """What was just done is said on the page, which fits."""
        screen = self.screens[by]
        await expect(screen.page.get_by_role("status").first).to_contain_text(words)
        await screen.must_fit(f"day-{name}", self.size)


@dataclass
class Effort:
    """Somebody's clicks and the fields they filled."""

    clicks: int = 0
    fields: int = 0

    async def click(self, what: Locator) -> None:
        self.clicks += 1
        await what.click()

    async def fill(self, what: Locator, words: str) -> None:
        self.fields += 1
        await what.fill(words)


@pytest.mark.parametrize(
    ("size", "script", "road", "citizen", "other_unit"),
    [(WIDE, True, "人民路", "li", "zhujian"), (PHONE, False, "建设路", "chen", "renshe")],
    ids=["wide", "phone-no-script"],
)
async def test_everybody_comes_through_their_day(
    browser: Browser, demo: Demo, size: ViewportSize, script: bool, road: str, citizen: str, other_unit: str
) -> None:
    day = Day(browser, demo, size, script, road, citizen, other_unit)
    number = await _a_citizen_files(day)
    await _an_operator_takes_a_call(day)
    await _a_dispatcher_decides(day)
    await _a_liaison_answers(day, number)
    await _the_citizen_rates(day, number)
    await _an_operator_asks_how_it_was(day)
    await _a_supervisor_looks_and_writes(day)
    await _an_editor_writes_and_another_reviews(day)
    await _an_administrator_adds_somebody(day)
    await _an_auditor_judges(day)
    assert [fault for screen in day.screens.values() for fault in screen.faults] == []


async def _a_citizen_files(day: Day) -> str:
    page = await day.at(STRANGER, f"/simulator?citizen={day.citizen}")
    answers = page.locator(".line.theirs .bubble")

    async def say(words: str, expected: str) -> str:
        await page.get_by_label("要说的话").fill(words)
        await page.get_by_role("button", name="发送", exact=True).click()
        await expect(answers.last).to_contain_text(expected)
        return await answers.last.inner_text()

    await say(day.complaint, "我帮您登记")
    await say("对", "发生在哪里")
    await say(f"城关镇{day.road}12号", "手机号")
    await say("13812345678", "要不要让办事的单位看到")
    await say("公开", "请看一看")
    number = number_in(await say("确认提交", "最晚答复"))
    await day.screens[STRANGER].must_fit("day-chat", day.size)
    page = await day.at(STRANGER, f"/my/{ACCOUNT}/tickets/{number}")
    await page.get_by_label("要补充的话").fill("就在小学门口。")
    await page.get_by_role("button", name="补充进去").click()
    await day.done(STRANGER, "supplement", "已经加到")
    return number


async def _an_operator_takes_a_call(day: Day) -> None:
    page = await day.at("operator", "/console/intake")
    await page.get_by_label("联系电话").fill("13900001234")
    await page.get_by_label("诉求内容").fill(f"{day.road}菜市场门口每天早上占道摆摊，公交车过不去")
    await page.get_by_label("地点").fill("城关街道东门社区")
    await page.get_by_role("button", name="登记并派单").click()
    await page.wait_for_url(re.compile(r"/console/intake/HY\d+"))
    await expect(page.get_by_text("查询码").first).to_be_visible()
    await day.screens["operator"].must_fit("day-registered", day.size)


async def _a_dispatcher_decides(day: Day) -> None:
    page = await day.at("dispatcher", "/console/triage")
    if day.script:
        await expect(page.locator("[data-desk]")).to_be_visible()
        await page.keyboard.press("1")
    else:
        await page.get_by_role("button", name="派给它").first.click()
    await day.done("dispatcher", "dispatched", "已派给")
    page = await day.at(day.other_unit, "/console/tickets?tab=dispatched")
    await page.locator(".row-link").first.click()
    await page.locator("summary", has_text="申请退单").click()
    form = page.locator("form[action$=return]")
    await form.get_by_label("理由").fill("属于物业合同纠纷，建议转街道。")
    await form.get_by_label("依据").fill("权责清单第12项")
    await form.get_by_role("button", name="提交退单申请").click()
    await day.done(day.other_unit, "return-asked", "退单")
    page = await day.at("dispatcher", "/console/reviews")
    await page.get_by_label("审核意见").first.fill("属实")
    await page.get_by_role("button", name="同意退单").first.click()
    await day.done("dispatcher", "return-decided", "已同意退单")


async def _a_liaison_answers(day: Day, number: str) -> None:
    """From the list to the closed ticket."""
    page, effort = await day.at("chengguan", "/console/tickets"), Effort()
    await effort.click(page.locator(f'.row-link[href$="{number}"]'))
    await effort.click(page.get_by_role("button", name="签收", exact=True))
    await day.done("chengguan", "accepted", "已签收")
    await effort.fill(page.get_by_label("联系情况"), CONTACT)
    await effort.click(page.get_by_role("button", name="先行联系", exact=True))
    await day.done("chengguan", "contacted", "已记下联系情况")
    await effort.fill(page.get_by_label("答复内容").first, day.reply)
    await effort.click(page.get_by_role("button", name="答复并办结"))
    await day.done("chengguan", "answered", "已办结")
    assert effort.clicks <= MOST_CLICKS, effort
    assert effort.fields <= MOST_FIELDS, effort


async def _the_citizen_rates(day: Day, number: str) -> None:
    page = await day.at(STRANGER, f"/my/{ACCOUNT}/tickets/{number}")
    await expect(page.get_by_text(day.reply)).to_be_visible()
    await page.get_by_label("非常满意").check()
    await page.get_by_role("button", name="提交评价").click()
    await day.done(STRANGER, "rated", "谢谢")
    page = await day.at(STRANGER, f"/my/{ACCOUNT}")
    await expect(page.get_by_text(number)).to_be_visible()


async def _an_operator_asks_how_it_was(day: Day) -> None:
    page = await day.at("operator", "/console/visits")
    await page.get_by_role("button", name="显示号码").click()
    await expect(page.locator("a.phone")).to_be_visible()
    await page.get_by_label("实际解决").check()
    await page.get_by_label("非常满意", exact=True).check()
    await page.get_by_role("button", name="登记回访结果").click()
    await day.done("operator", "visited", "已归档")


async def _a_supervisor_looks_and_writes(day: Day) -> None:
    page = await day.at("supervisor", "/console/live")
    await page.locator(".live-top a", has_text="已超期").click()
    await expect(page.locator(".row").first).to_contain_text("已超期")
    page = await day.at("supervisor", "/console/figures")
    await page.locator(".cards a").first.click()
    await expect(page.locator(".row").first).to_be_visible()
    page = await day.at("supervisor", "/console/letters")
    await page.locator(".letter-suggested a").first.click()
    await page.get_by_label("函的内容").fill("已过承诺日期，请三个工作日内办结并答复群众。")
    await page.get_by_role("button", name="色督办函").click()
    await day.done("supervisor", "letter", "发督办函已完成")


async def _an_editor_writes_and_another_reviews(day: Day) -> None:
    page = await day.at("editor", "/console/knowledge/import")
    words = f"{day.road}夜间停车办法\n清交发〔2026〕18号\n\n第一条 夜里十点以后可以免费停车。\n\n清和县公安局\n2026年10月20日\n"
    file: FilePayload = {"name": f"{day.road}.txt", "mimeType": "text/plain", "buffer": words.encode()}
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_role("button", name="上传并预览").click()
    await expect(page.get_by_text("第二步：看过下面的预览，再确认")).to_be_visible()
    await day.screens["editor"].must_fit("day-import", day.size)
    await page.get_by_role("button", name="确认，写成草稿").click()
    await page.get_by_role("link", name="到草稿里逐条核对").click()
    await page.get_by_role("link", name=f"{day.road}夜间停车办法").click()
    await page.get_by_role("link", name="接着改").click()
    await page.locator("textarea[name=questions]").fill(f"{day.road}夜里停车要钱吗")
    await page.get_by_role("button", name="保存并提交审核").click()
    await day.done("editor", "submitted", "等业务审核")
    page = await day.at("editor2", "/console/knowledge/reviews")
    await page.get_by_role("link", name=f"{day.road}夜间停车办法").click()
    await page.get_by_role("button", name="业务审核通过").click()
    await day.done("editor2", "reviewed", "等保密审查")


async def _an_administrator_adds_somebody(day: Day) -> None:
    page = await day.at("admin", "/console/staff")
    form = page.locator("form[action='/console/staff'][method=post]")
    await form.get_by_label("登录名").fill(f"new-{day.citizen}")
    await form.get_by_label("姓名").fill("许静")
    await form.locator("[name=role]").select_option("liaison")
    await form.locator("[name=unit_id]").select_option("qh.housing")
    await form.get_by_role("button", name="新增", exact=True).click()
    await expect(page.locator(".handed code").first).to_be_visible()
    await day.screens["admin"].must_fit("day-added", day.size)
    page = await day.at("admin", "/console/health")
    await expect(page.get_by_role("heading", name="运行状况")).to_be_visible()


async def _an_auditor_judges(day: Day) -> None:
    page = await day.at("auditor", "/console/audit/samples")
    await page.get_by_role("button", name=re.compile("再抽")).click()
    await page.get_by_role("button", name="派对了").first.click()
    await expect(page.get_by_text("1 / 1" if day.script else "2 / 2")).to_be_visible()
    page = await day.at("auditor", "/console/identity-reads")
    await page.get_by_role("button", name="核对记录是否完整").click()
    await expect(page.get_by_text("记录完整")).to_be_visible()
    await expect(page.locator(".reads")).to_contain_text("operator")
    await day.screens["auditor"].must_fit("day-reads", day.size)
