"""时限方案: the limits in words, changed with a look and a reason, taken back, never over somebody else's."""

from __future__ import annotations

from routing.timing.profile_store import MongoProfileStore, shipped_text
from tests.bot.web.conftest import Console

NAME = "demo-county"
PAGE = f"/console/profiles/{NAME}"
TEXT = shipped_text(NAME) or ""
OTHER = TEXT.replace("visit_tries = 3", "visit_tries = 2")


async def test_the_list_says_which_is_in_use(console: Console) -> None:
    page = await (await console.as_("administrator")).open("/console/profiles")
    assert "本系统在用" in page.words
    assert "没有在用" in page.words
    assert "随系统提供，没有改过" in page.words
    assert (await (await console.as_("administrator")).open("/console/profiles/nobody")).status == 404


async def test_a_text_is_looked_at_saved_with_a_reason_and_taken_back(console: Console) -> None:
    await console.ticket()
    browser = await console.as_("administrator")
    page = await browser.open(PAGE)
    assert "现行的期限" in page.words
    page = await browser.send(f"{PAGE}/preview", {"text": OTHER, "base": "0"})
    assert "-visit_tries = 3" in page.words
    assert "+visit_tries = 2" in page.words
    assert "<ins>" not in page.html, "no limit becomes another"
    assert "在办工单 1 件" in page.words
    store = MongoProfileStore(console.services.database)
    assert await store.current_number(NAME) == 0, "only looked at"
    page = await browser.send(f"{PAGE}/save", {"text": OTHER, "base": "0", "why": " "})
    assert page.status == 422
    assert "请写明修改理由" in page.words
    assert "visit_tries = 2" in page.html, "what was written is kept"
    page = await browser.send(f"{PAGE}/save", {"text": OTHER, "base": "0", "why": "少打扰市民"})
    assert "已保存为第 1 版" in page.words
    assert "少打扰市民" in page.words
    page = await browser.open(f"{PAGE}?version=0")
    assert "visit_tries = 3" in page.html.split("<textarea")[1].split("</textarea>")[0]
    page = await browser.send(f"{PAGE}/save", {"text": TEXT, "base": "1", "why": "退回"})
    assert "已保存为第 2 版" in page.words
    assert (await store.current(NAME)).text == TEXT


async def test_a_text_that_cannot_be_used_is_kept_with_the_reason(console: Console) -> None:
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    bad = TEXT.replace("visit_tries = 3", "visit_tries = 0")
    page = await browser.send(f"{PAGE}/save", {"text": bad, "base": "0", "why": "试试"})
    assert page.status == 422
    assert "visit_tries 应为不小于1的整数" in page.words
    assert "visit_tries = 0" in page.html
    page = await browser.send(f"{PAGE}/save", {"text": TEXT, "base": "0", "why": "什么也没改"})
    assert "和现行的一样" in page.words


async def test_a_text_somebody_else_replaced_meanwhile_is_not_overwritten(console: Console) -> None:
    store = MongoProfileStore(console.services.database)
    browser = await console.as_("administrator")
    await browser.open(PAGE)
    await store.save(NAME, OTHER, base=0, by="other", at=console.clock.now, why="先到")
    mine = TEXT.replace("visit_tries = 3", "visit_tries = 4")
    page = await browser.send(f"{PAGE}/save", {"text": mine, "base": "0", "why": "后到"})
    assert page.status == 409
    assert "visit_tries = 4" in page.html
    assert (await store.current(NAME)).text == OTHER


async def test_a_limit_that_becomes_another_is_said_in_words(console: Console) -> None:
    browser = await console.as_("administrator")
    page = await browser.open(PAGE)
    assert "5 wd 是5个工作日" in page.words, "how a limit is written"
    text = TEXT.replace('help = "5 wd", complaint = "5 wd"', 'help = "7 wd", complaint = "5 wd"')
    assert text != TEXT
    page = await browser.send(f"{PAGE}/preview", {"text": text, "base": "0"})
    gone, new = (page.html.split(f"<{tag}>")[1].split(f"</{tag}>")[0] for tag in ("del", "ins"))
    assert (gone, new) == ("答复时限：求助5个工作日", "答复时限：求助7个工作日")
