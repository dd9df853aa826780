"""What anybody may read: an answer with its source, nothing that lapsed as if it held, and no trace of who asked."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.web import public_pages
from knowledge_base.article import Article, ArticleKind
from tests.bot.web.knowledge_library import BODY, CATALOGUE, GUIDE, POLICY, QUESTION, Library
from tests.bot.web.knowledge_library import library as library


async def test_a_question_is_answered_with_its_source_and_date_and_the_way_to_the_whole(
    library: Library,
) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers?q=爱心乘车证去哪里领")
    assert page.status == 200
    assert "清和县公交公司一楼3号窗口" in page.words
    assert "来源：《爱心乘车证办事指南》（清和县交通运输局，2026年3月2日发布" in page.words
    href = re.search(r'href="(/answers/guide\.bus-card\?[^"]+)"[^>]*>看全文', page.html)
    assert href
    whole = await browser.open(href[1].replace("&amp;", "&"))
    assert whole.status == 200
    assert '<section id="window" class="asked-for">' in whole.html
    for said in ("办理条件", "本县户籍，年满65周岁", "近期免冠照片1张", "● 现行有效"):
        assert said in whole.words
    assert '<a href="tel:88001234">88001234</a>' in whole.html


async def test_a_policy_s_articles_can_be_pointed_to_by_number(library: Library) -> None:
    page = await (await library.stranger()).open("/answers/policy.bus?at=第三条")
    assert '<section id="第三条" class="asked-for">' in page.html
    assert (
        "《清和县老年人爱心乘车办法》（清和县交通运输局，清交发〔2026〕6号，2026年2月10日发布）" in page.words
    )
    assert "有效期至 2026年11月30日" in page.words


async def test_a_repealed_document_is_found_only_when_asked_for_and_never_as_in_force(
    library: Library,
) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers?q=老年人乘车暂行规定")
    assert "policy.bus-old" not in page.html
    page = await browser.open("/answers?q=老年人乘车暂行规定&lapsed=yes")
    entry = re.search(r'<li class="entry lapsed">.*?policy\.bus-old.*?</li>', page.html, re.DOTALL)
    assert entry
    assert "已废止" in entry[0]
    assert "现行有效" not in entry[0]
    page = await browser.open("/answers/policy.bus-old")
    assert page.status == 200
    assert "■ 已废止 2026年3月1日起废止，不能再作为办事依据" in page.words
    assert "现行有效" not in page.words


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC), "现行有效"),
        (datetime(2026, 11, 30, 16, 0, tzinfo=UTC), "已失效"),
    ],
    ids=["the last second", "midnight in China"],
)
async def test_what_expires_is_in_force_until_the_last_second_of_its_last_day(
    library: Library, at: datetime, standing: str
) -> None:
    library.console.clock.now = at
    page = await (await library.stranger()).open("/answers/policy.bus")
    assert standing in page.words
    assert ("现行有效" in page.words) == (standing == "现行有效")
    search = await (await library.stranger()).open("/answers?q=老年人坐公交免费的文件是哪个")
    assert ("来源：《清和县老年人爱心乘车办法》" in search.words) == (standing == "现行有效")


async def test_what_rests_on_a_lapsed_document_is_not_called_in_force(library: Library) -> None:
    library.console.clock.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
    browser = await library.stranger()
    page = await browser.open("/answers/guide.bus-card")
    assert "■ 依据已失效" in page.words
    assert "现行有效" not in page.words
    page = await browser.open("/answers?q=爱心乘车证去哪里领")
    assert "公交公司一楼3号窗口" not in page.words
    listed = await browser.open("/answers?kind=guide")
    assert "guide.bus-card" not in listed.html


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (datetime(2026, 12, 19, 15, 59, 59, tzinfo=UTC), 404),
        (datetime(2026, 12, 19, 16, 0, tzinfo=UTC), 200),
    ],
    ids=["the second before", "its day"],
)
async def test_what_is_scheduled_is_there_from_the_first_second_of_its_day(
    library: Library, at: datetime, status: int
) -> None:
    library.console.clock.now = at
    browser = await library.stranger()
    assert (await browser.open("/answers/question.bus-new-year")).status == status
    page = await browser.open("/answers?q=元旦坐公交要钱吗")
    assert ("元旦当天城区公交免费" in page.words) == (status == 200)


@pytest.mark.parametrize("article_id", ["question.bus-draft", "question.nothing", "..%2fconsole", "%00"])
async def test_what_was_never_published_does_not_exist_here(library: Library, article_id: str) -> None:
    page = await (await library.stranger()).open(f"/answers/{article_id}")
    assert page.status == 404
    assert "没有这个地址" in page.words
    assert "公交卡" not in page.words
    assert "/console" not in page.html.replace("/console/static/", "")


async def test_what_holds_elsewhere_is_shown_only_to_who_asks_for_that_place(library: Library) -> None:
    browser = await library.stranger()
    home = await browser.open("/answers?q=望川晚上几点没公交")
    assert "望川区末班车晚上10点" not in home.words
    there = await browser.open("/answers?q=望川晚上几点没公交&region=望川区")
    assert "望川区末班车晚上10点" in there.words
    assert "城区1路" not in there.words
    choices = re.search(r'<select name="region">(.*?)</select>', home.html, re.DOTALL)
    assert choices
    assert re.findall(r">([^<]+)</option>", choices[1]) == ["清和县（含上级）", "望川区"]


async def test_without_a_question_the_page_shows_what_there_is_by_kind(library: Library) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers")
    counted = re.findall(r"<b>([^<]+)</b><span>(\d+) 条", page.html)
    assert counted == [("办事指南", "1"), ("问答", "2"), ("政策文件", "1")]
    assert "晚上最后一班公交车是什么时候" in page.words
    page = await browser.open("/answers?kind=policy")
    assert re.findall(r'<li class="entry[^"]*">\s*<a href="/answers/([^"?]+)', page.html) == ["policy.bus"]


async def test_pages_follow_each_other_and_show_every_entry_once(library: Library) -> None:
    many = [replace(QUESTION, id=f"question.n{n:02d}", title=f"第{n}问", questions=()) for n in range(33)]
    await library.put(*many)
    browser = await library.stranger()
    seen: list[str] = []
    href = "/answers?kind=question"
    while href:
        page = await browser.open(href)
        seen += re.findall(r'<li class="entry[^"]*">\s*<a href="/answers/([^"?]+)', page.html)
        found = re.search(r'href="([^"]+)" rel="next"', page.html)
        href = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 35


async def test_an_empty_result_says_what_to_try_next(library: Library) -> None:
    page = await (await library.stranger()).open("/answers?q=zzzz&kind=policy")
    assert page.status == 200
    for said in ("没有找到和“zzzz”有关的这一类内容", "换个说法", "12345", "不限类别再查", "也看已失效的"):
        assert said in page.words


async def test_the_catalogue_lists_and_searches_what_is_made_public(library: Library) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers/catalogue")
    assert "2026年公交运营补贴公开" in page.words
    assert "末班公交几点" not in page.words
    page = await browser.open("/answers/catalogue?q=QH-JT-2026-011")
    assert "2026年公交运营补贴公开" in page.words
    page = await browser.open("/answers/catalogue?q=没有这种目录")
    assert "目录里没有“没有这种目录”" in page.words
    page = await browser.open("/answers/catalogue.bus-budget")
    assert "索引号 QH-JT-2026-011" in page.words


async def test_a_word_on_an_entry_counts_once_a_day_from_one_browser(library: Library) -> None:
    browser = await library.stranger()
    for _ in range(3):
        await browser.open("/answers/question.bus-night")
        page = await browser.send("/answers/question.bus-night/feedback", {"helpful": "yes"})
        assert "谢谢您告诉我们" in page.words
    articles = library.console.services.articles
    assert await articles.helpfulness("question.bus-night") == (1, 1)
    library.console.clock.advance(days=1)
    await browser.send("/answers/question.bus-night/feedback", {"helpful": "no"})
    assert await articles.helpfulness("question.bus-night") == (1, 2)


async def test_one_address_cannot_flood_the_votes(library: Library) -> None:
    browser = await library.stranger()
    await browser.open("/answers")
    statuses = []
    for n in range(45):
        page = await browser.send(
            "/answers/question.bus-night/feedback",
            {"helpful": "no"},
            headers={"User-Agent": f"browser {n}"},
            allow_redirects=False,
        )
        statuses.append(page.status)
    assert statuses == [303] * 40 + [429] * 5
    assert (await library.console.services.articles.helpfulness("question.bus-night"))[1] == 40


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        ({"helpful": "yes"}, {"Origin": "https://evil.example"}, 403),
        ({"helpful": "yes"}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"helpful": "maybe"}, {}, 400),
        ({}, {}, 400),
    ],
    ids=["another site", "another site's fetch", "no such word", "nothing"],
)
async def test_a_form_that_is_not_ours_is_not_taken(
    library: Library, fields: dict[str, str], headers: dict[str, str], status: int
) -> None:
    browser = await library.stranger()
    await browser.open("/answers")
    page = await browser.send("/answers/question.bus-night/feedback", fields, headers=headers)
    assert page.status == status
    assert await library.console.services.articles.helpfulness("question.bus-night") == (0, 0)


async def test_nobody_is_asked_who_they_are_and_nothing_is_fetched_from_elsewhere(library: Library) -> None:
    browser = await library.stranger()
    for path in ("/answers", "/answers?q=公交", "/answers/policy.bus", "/answers/catalogue"):
        page = await browser.open(path)
        assert "Set-Cookie" not in page.headers
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert page.headers["Cache-Control"] == "no-store"
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.html)
        assert "<script" not in page.html


async def test_large_letters_are_remembered_for_these_pages_only(library: Library) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers?size=big")
    assert '<html lang="zh-CN" class="big">' in page.html
    assert "Path=/answers" in page.headers["Set-Cookie"]
    page = await browser.open("/answers/policy.bus")
    assert 'class="big"' in page.html
    page = await browser.open("/answers/policy.bus?size=normal")
    assert 'class="big"' not in page.html


@pytest.mark.parametrize(
    "query",
    [
        "q=%00%0d%0a",
        "q=" + "长" * 800,
        "q=(((((&kind=%27;drop",
        "page=999999999999999999999&q=公交",
        "page=" + "9" * 5000 + "&q=公交",
        "page=-3&q=公交",
        "page=²&q=公交",
        "after=nonsense",
        "after=2026-01-01~",
        "region=%F0%9F%98%80&q=公交",
        "q=%ff%fe",
        "lapsed=yes&kind=catalogue",
    ],
)
async def test_no_address_makes_the_page_fail(library: Library, query: str) -> None:
    page = await (await library.stranger()).open(f"/answers?{query}")
    assert page.status == 200, page.words[:200]


async def test_what_an_entry_says_is_text_and_never_markup(library: Library) -> None:
    evil = replace(
        QUESTION,
        id="question.evil",
        title="<script>alert(1)</script>怎么办",
        body="<img src=x onerror=alert(1)>",
        questions=('"><svg onload=alert(1)>',),
    )
    await library.put(evil)
    browser = await library.stranger()
    for path in ("/answers/question.evil", "/answers?q=<script>alert(1)</script>怎么办", "/answers"):
        page = await browser.open(path)
        assert "<script>" not in page.html
        assert "<img" not in page.html
        assert "<svg" not in page.html


async def test_a_lapsed_page_leads_to_what_took_its_place(library: Library) -> None:
    newer = replace(
        POLICY, id="policy.bus-2027", title="清和县乘车优待办法", repeals=("policy.bus",), expires_on=None
    )
    await library.put(replace(newer, effective_on=date(2026, 11, 1), published_on=date(2026, 10, 20)))
    page = await (await library.stranger()).open("/answers/policy.bus")
    assert "现行有效" not in page.words
    assert '请看：<a href="/answers/policy.bus-2027">清和县乘车优待办法</a>' in page.html


@pytest.mark.parametrize("article", [POLICY, GUIDE, QUESTION], ids=lambda a: a.kind)
async def test_nothing_of_an_entry_is_left_out_of_its_page(library: Library, article: Article) -> None:
    page = await (await library.stranger()).open(f"/answers/{article.id}")
    said = re.sub(r"\s", "", page.words)
    expected = BODY.split("\n") if article.kind is ArticleKind.POLICY else [article.text()]
    for line in "\n".join(expected).replace("；", "\n").split("\n"):
        for sentence in filter(None, line.split(" ")):
            assert re.sub(r"\s", "", sentence) in said, sentence


async def test_what_the_answers_have_not_heard_of_yet_is_not_called_lapsed(library: Library) -> None:
    """In the moment between its publication and the next look of the answering process."""
    fresh = replace(QUESTION, id="question.bus-fresh", title="公交月票多少钱", questions=())
    resting = replace(fresh, id="question.bus-resting", basis=("policy.bus", "《某法》第一条"))
    broken = replace(fresh, id="question.bus-broken", basis=("question.bus-resting", "policy.bus-old"))
    articles = library.console.services.articles
    await articles.add_first([fresh, resting, broken], now=library.console.clock.now)
    stranger, editor = await library.stranger(), await library.as_("editor")
    for browser, page in ((stranger, "/answers"), (editor, "/console/knowledge")):
        for article_id, standing in (
            (fresh.id, "● 现行有效"),
            (resting.id, "● 现行有效"),
            (broken.id, "■ 依据已失效"),
        ):
            shown = await browser.open(f"{page}/{article_id}")
            assert standing in shown.words, (page, article_id)
            assert ("依据已失效" in shown.words) == (standing == "■ 依据已失效"), (page, article_id)


async def test_who_wants_to_die_is_given_the_numbers_and_no_list(library: Library) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers?q=我不想活了")
    assert "现在就打12356" in re.sub(r"\s", "", page.words)
    assert "这件事要由人来答复您" in page.words
    assert "字面上相近" not in page.words
    assert '<li class="entry' not in page.html
    assert "没有找到相关" not in page.words
    assert 'href="tel:12356"' in page.html
    page = await browser.open("/answers?q=晚上最后一班公交车是什么时候")
    assert "12356" not in page.words


async def test_other_matters_for_a_person_are_followed_by_no_list_either(library: Library) -> None:
    page = await (await library.stranger()).open("/answers?q=公交站旁边拆迁补偿多少钱")
    assert "机器不作答" in page.words
    assert '<li class="entry' not in page.html
    assert "12356" not in page.words


async def test_an_answer_with_nothing_beside_it_is_not_called_nothing_found(library: Library) -> None:
    page = await (await library.stranger()).open("/answers?q=望川晚上几点没公交&region=望川区")
    assert "望川区末班车晚上10点" in page.words
    assert "没有找到相关" not in page.words
    assert "没有找到和" not in page.words


async def test_the_number_of_what_is_quoted_is_said_once(library: Library) -> None:
    page = await (await library.stranger()).open("/answers?q=清和县老年人爱心乘车办法第三条")
    assert "第三条 持爱心乘车证" in page.words
    assert "第三条 第三条" not in page.words


async def test_a_page_that_is_not_there_says_so(library: Library) -> None:
    browser = await library.stranger()
    page = await browser.open("/answers?q=公交&page=99999999")
    assert "没有第 20 页" in page.words
    assert "没有找到相关" not in page.words
    assert "没有找到和" not in page.words
    assert re.search(r'href="/answers\?q=[^"]+">回到第一页', page.html)


@pytest.mark.parametrize("path", ["/answers?q=公交卡", "/answers/catalogue?q=公交"])
async def test_who_searches_too_often_is_told_when_to_try_again_and_may_go_on_reading(
    library: Library, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(public_pages, "_SEARCHES", 3)
    browser = await library.stranger()
    pages = [await browser.open(path) for _ in range(4)]
    assert [page.status for page in pages] == [200, 200, 200, 429]
    assert "查得太快了。请过1分钟再查" in pages[3].words
    assert pages[3].headers["Retry-After"] == "60"
    assert (await browser.open("/answers")).status == 200
    assert (await browser.open("/answers/question.bus-night")).status == 200


async def test_behind_a_trusted_proxy_each_client_is_counted_for_itself(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_pages, "_SEARCHES", 2)
    settings = library.console.services.settings
    trusting = settings.model_copy(update={"trusted_proxies": "127.0.0.1, ::1"})
    browser = await library.stranger()

    async def statuses(*clients: str) -> list[int]:
        asked = [
            await browser.open("/answers?q=公交卡", headers={"X-Forwarded-For": f"9.9.9.9, {client}"})
            for client in clients
        ]
        return [page.status for page in asked]

    assert await statuses("198.51.100.1", "198.51.100.2", "198.51.100.3") == [200, 200, 429], "nobody trusted"
    object.__setattr__(library.console.services, "settings", trusting)
    assert await statuses(*(f"198.51.100.{n}" for n in (1, 2, 3, 1, 1))) == [200, 200, 200, 200, 429]


async def test_an_address_far_too_long_is_refused_in_a_few_words_and_is_no_error_of_ours(
    library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await library.stranger()
    for length in (10_000, 200_000):
        page = await browser.open("/answers?q=" + "a" * length)
        assert page.status == 400
        assert page.html == "网址太长了。请从首页重新进入，把要问的话写短一些。\n"
    unread = await browser.client.get("/answers?q=" + "a" * 1_100_000)
    assert unread.status == 400
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_one_reader_is_one_asker_whatever_the_browser_calls_itself(library: Library) -> None:
    """Many askers make a task with their words as its title: one person must not be many."""
    browser = await library.stranger()
    await browser.open("/answers/question.bus-night")
    for n, name in enumerate(("question.bus-night", "guide.bus-card", "policy.bus")):
        page = await browser.send(
            f"/answers/{name}/feedback",
            {"helpful": "no", "q": "夜班公交有没有空调"},
            headers={"User-Agent": f"browser {n}"},
        )
        assert page.status == 200
    database = library.console.services.database
    askers = await database["asked_questions"].distinct("asker", {"question": "夜班公交有没有空调"})
    assert len(askers) == 1
    assert await database["asked_questions"].count_documents({"question": "夜班公交有没有空调"}) == 3


async def test_the_catalogue_calls_nothing_in_force_whose_basis_lapsed(library: Library) -> None:
    await library.put(replace(CATALOGUE, id="catalogue.bus-lapsed", basis=("policy.bus-old",)))
    page = await (await library.stranger()).open("/answers/catalogue")
    entry = re.search(r'<li class="entry lapsed">.*?catalogue\.bus-lapsed.*?</li>', page.html, re.DOTALL)
    assert entry
    assert "依据已失效" in entry[0]
