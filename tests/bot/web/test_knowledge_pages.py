"""The editors' pages: writing, three people on the way to the public, and nobody's words lost."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.upkeep import Upkeep
from bot.talk import phrases
from bot.web.knowledge_form import article_from, blank, related_of, values_of
from bot.web.knowledge_pages import names_of
from bot.web.knowledge_refusals import REFUSALS
from knowledge_base.answering.composing import compose
from knowledge_base.article import Article, ArticleStatus, KnowledgeRefused
from knowledge_base.editing.store import EntryFilter
from tests.bot.web.conftest import Browser, Page
from tests.bot.web.knowledge_library import (
    CATALOGUE,
    GUIDE,
    POLICY,
    QUESTION,
    SHELF,
    Library,
    fields_of,
)
from tests.bot.web.knowledge_library import library as library

NEW = {
    "kind": "question",
    "title": "小孩坐公交几岁买票",
    "body": "身高1.2米以下免费，1.2米以上买全票。",
    "issuer": "清和县交通运输局",
    "region": "清和县",
    "owner_unit_id": "qh.transport",
    "published_on": "2026-11-16",
    "questions": "孩子坐公交要买票吗\n小孩多高要买票",
}


async def _written(library: Library, browser: Browser, act: str = "submit", **changes: str) -> Page:
    await browser.open("/console/knowledge/new?kind=question")
    return await browser.send("/console/knowledge/new", {**NEW, "act": act, **changes})


async def _edited(browser: Browser, article_id: str, act: str, **changes: str) -> Page:
    page = await browser.open(f"/console/knowledge/{article_id}/edit")
    assert page.status == 200, page.words
    return await browser.send(
        f"/console/knowledge/{article_id}/edit", {**fields_of(page), "act": act, **changes}
    )


def _id_of(page: Page) -> str:
    return page.path.rsplit("/", 1)[-1]


async def test_an_entry_goes_from_its_writer_by_two_others_to_the_public(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _written(library, writer)
    assert "已保存并提交，等业务审核" in page.words
    name = _id_of(page)
    page = await writer.open(f"/console/knowledge/{name}")
    assert "这一稿是您写的，审核通过要请另一个人来做" in page.words
    assert "业务审核通过</button>" not in page.html
    page = await writer.send(f"/console/knowledge/{name}/approve")
    assert page.status == 403
    reviewer = await library.as_("editor2")
    page = await reviewer.open("/console/knowledge/reviews")
    assert re.search(r"等您审核 2\b", page.words)
    await reviewer.open(f"/console/knowledge/{name}")
    page = await reviewer.send(f"/console/knowledge/{name}/approve")
    assert "业务审核已通过，等保密审查" in page.words
    page = await reviewer.send(f"/console/knowledge/{name}/approve")
    assert page.status == 403
    assert (await (await library.stranger()).open(f"/answers/{name}")).status == 404
    boss = await library.as_("supervisor")
    await boss.open(f"/console/knowledge/{name}")
    page = await boss.send(f"/console/knowledge/{name}/approve")
    assert "保密审查已通过，已经公开" in page.words
    for said in ("业务审核通过 林舟", "保密审查通过 郑克勤", "提交审核 苏雅"):
        assert said in page.words
    await library.follow()
    page = await (await library.stranger()).open("/answers?q=小孩多高要买票")
    assert "身高1.2米以下免费" in page.words


async def test_a_liaison_reviews_the_own_unit_s_entries_and_sees_no_other_unit_s_drafts(
    library: Library,
) -> None:
    mine = replace(
        QUESTION, id="question.mine", owner_unit_id="qh.housing", status=ArticleStatus.BUSINESS_REVIEW
    )
    await library.put(mine)
    liaison = await library.as_("housing")
    page = await liaison.open("/console/knowledge/reviews")
    assert re.search(r"等您审核 1\b", page.words)
    assert "question.bus-draft" not in page.html
    assert (await liaison.open("/console/knowledge/question.bus-draft")).status == 404
    assert (
        await liaison.send("/console/knowledge/question.bus-draft/approve", {"version": "1"})
    ).status == 404
    assert (await liaison.open("/console/knowledge/new")).status == 403
    await liaison.open("/console/knowledge/question.mine")
    page = await liaison.send("/console/knowledge/question.mine/approve")
    assert "业务审核已通过" in page.words
    page = await liaison.open("/console/knowledge")
    assert "question.rent" in page.html
    assert "question.bus-night" not in page.html


async def test_what_comes_back_says_why_and_a_reason_is_needed(library: Library) -> None:
    writer, reviewer = await library.as_("editor"), await library.as_("editor2")
    name = _id_of(await _written(library, writer))
    await reviewer.open(f"/console/knowledge/{name}")
    page = await reviewer.send(f"/console/knowledge/{name}/refuse", {"reason": "  "})
    assert page.status == 422
    assert "还缺：理由" in page.words
    page = await reviewer.send(f"/console/knowledge/{name}/refuse", {"reason": "票价依据没写"})
    assert "已退回" in page.words
    page = await writer.open(f"/console/knowledge/{name}")
    assert "留言： 票价依据没写" in page.words
    assert "业务审核退回 林舟" in page.words


async def test_a_draft_lacks_what_it_lacks_and_is_saved_all_the_same(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _written(library, writer, issuer="", published_on="")
    assert page.status == 422
    assert "已保存，还没有提交。还缺：发布单位、发布日期、施行日期" in page.words
    assert "身高1.2米以下免费" in fields_of(page)["body"]
    page = await writer.send(
        page.path.split("?")[0] if "/edit" in page.path else _action(page),
        {**fields_of(page), "act": "submit", "issuer": "清和县交通运输局", "published_on": "2026-11-16"},
    )
    assert "已保存并提交" in page.words


def _action(page: Page) -> str:
    found = re.search(r'<form method="post" action="(/console/knowledge/[^"]+)" class="editing"', page.html)
    assert found
    return found[1]


async def test_a_day_that_is_none_is_asked_for_again_and_nothing_typed_is_lost(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _written(library, writer, "save", published_on="昨天")
    assert page.status == 422
    assert "发布日期“昨天”看不懂" in page.words
    kept = fields_of(page)
    assert (kept["published_on"], kept["body"]) == ("昨天", NEW["body"])
    assert kept["questions"] == NEW["questions"]


async def test_of_two_who_edit_at_once_the_second_loses_nothing_and_sees_what_the_first_did(
    library: Library,
) -> None:
    first, second = await library.as_("editor"), await library.as_("editor2")
    page = await second.open("/console/knowledge/question.bus-night/edit")
    typed = {**fields_of(page), "body": "末班车改到晚上10点。", "act": "save"}
    assert "已保存" in (await _edited(first, "question.bus-night", "save", title="末班公交车几点")).words
    page = await second.send("/console/knowledge/question.bus-night/edit", typed)
    assert page.status == 409
    assert "别人改过这个条目" in page.words
    assert fields_of(page)["body"] == "末班车改到晚上10点。"
    assert "<del>" in page.html
    assert "末班公交车几点" in page.words
    stored = await library.entry("question.bus-night")
    assert stored.draft is not None
    assert stored.draft.article.title == "末班公交车几点"
    page = await second.send(_action(page), {**fields_of(page), "act": "save"})
    assert "已保存" in page.words
    stored = await library.entry("question.bus-night")
    assert stored.draft is not None
    assert stored.draft.article.body == "末班车改到晚上10点。"


async def test_the_public_version_stays_while_it_is_changed_and_the_difference_is_shown(
    library: Library,
) -> None:
    writer = await library.as_("editor")
    page = await _edited(writer, "question.bus-night", "save", body=QUESTION.body.replace("9点半", "10点"))
    assert "公开的还是下面的旧版" in page.words
    assert re.search(r"<del>[^<]*9[^<]*</del>", page.html)
    assert re.search(r"<ins>[^<]*10[^<]*</ins>", page.html)
    public = await (await library.stranger()).open("/answers/question.bus-night")
    assert "晚上9点半发车" in public.words
    version = await writer.open(
        f"/console/knowledge/question.bus-night/{(await library.entry('question.bus-night')).version}"
    )
    assert version.status == 200
    assert re.search(r"<ins>[^<]*10[^<]*</ins>", version.html)


async def test_repealing_needs_a_reason_and_stops_what_rests_on_it_at_once(library: Library) -> None:
    boss = await library.as_("supervisor")
    page = await boss.open("/console/knowledge/policy.bus")
    assert "爱心乘车证办事指南" in page.words
    page = await boss.send("/console/knowledge/policy.bus/repeal", {"reason": "", "day": ""})
    assert page.status == 422
    page = await boss.send(
        "/console/knowledge/policy.bus/repeal", {"reason": "已被清交发〔2026〕30号废止", "day": "明天"}
    )
    assert page.status == 422
    assert "日期看不懂" in page.words
    assert "已被清交发〔2026〕30号废止" in page.html
    page = await boss.send(
        "/console/knowledge/policy.bus/repeal", {"reason": "已被清交发〔2026〕30号废止", "day": ""}
    )
    assert "已废止，市民不会再得到这一条" in page.words
    await library.follow()
    stranger = await library.stranger()
    assert "依据已失效" in (await stranger.open("/answers/guide.bus-card")).words
    await Upkeep(library.console.services).keep(library.console.clock.now)
    page = await (await library.as_("editor")).open("/console/knowledge")
    assert "依据已失效 已停用，等您改" in page.words
    assert re.search(r'href="/console/knowledge/tasks/[^"]+">[^<]*爱心乘车证办事指南', page.html)


async def test_what_was_repealed_by_mistake_comes_back_by_the_same_reviews(library: Library) -> None:
    boss = await library.as_("supervisor")
    await boss.open("/console/knowledge/question.bus-night")
    await boss.send("/console/knowledge/question.bus-night/repeal", {"reason": "弄错了", "day": ""})
    writer = await library.as_("editor")
    page = await writer.open("/console/knowledge/question.bus-night/edit")
    assert fields_of(page)["repealed_on"] == "2026-11-16"
    page = await _edited(writer, "question.bus-night", "submit", repealed_on="")
    assert "等业务审核" in page.words
    for user in ("editor2", "supervisor"):
        browser = await library.as_(user)
        await browser.open("/console/knowledge/question.bus-night")
        page = await browser.send("/console/knowledge/question.bus-night/approve")
    assert "已经公开" in page.words
    await library.follow()
    assert "现行有效" in (await (await library.stranger()).open("/answers/question.bus-night")).words


def _preview(page: Page) -> str:
    found = re.search(r'<section class="card" aria-labelledby="phone">(.*?)</section>', page.html, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>|\s+", "", found[1])


@pytest.mark.parametrize("act", ["repeal", "expire", "expires", "basis"])
async def test_of_what_lapsed_the_refusal_is_previewed_and_never_the_text(library: Library, act: str) -> None:
    boss = await library.as_("supervisor")
    name = "guide.bus-card" if act in ("basis", "expires") else "question.bus-night"
    before = await boss.open(f"/console/knowledge/{name}")
    text = "公交公司一楼" if name == "guide.bus-card" else "末班车晚上9点半"
    assert text in _preview(before)
    if act == "expires":  # its basis, by the day alone
        library.console.clock.now = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
        boss = await library.as_("supervisor")
    elif act == "basis":
        await boss.open("/console/knowledge/policy.bus")
        await boss.send("/console/knowledge/policy.bus/repeal", {"reason": "新办法施行", "day": ""})
        await library.follow()
    else:
        await boss.send(f"/console/knowledge/{name}/{act}", {"reason": "线路停运", "day": ""})
    after = _preview(await boss.open(f"/console/knowledge/{name}"))
    assert text not in after
    assert "原来的规定已经到期或者废止了" in after


@pytest.mark.parametrize("act", ["repeal", "expire"])
async def test_nothing_ends_before_it_began(library: Library, act: str) -> None:
    boss = await library.as_("supervisor")
    await boss.open("/console/knowledge/question.bus-night")
    page = await boss.send(
        f"/console/knowledge/question.bus-night/{act}", {"reason": "写错年份了", "day": "2020-01-01"}
    )
    assert page.status == 422
    assert "它从2026年5月8日起才有，不能在2020年1月1日就" in page.words
    assert "写错年份了" in page.html
    assert (await library.entry("question.bus-night")).version == 1
    day = {"reason": "停运", "day": "2026-05-08"}
    assert (await boss.send(f"/console/knowledge/question.bus-night/{act}", day)).status == 200
    assert (await library.entry("question.bus-night")).version == 2


async def test_an_end_later_than_the_one_there_is_is_said_to_change_nothing(library: Library) -> None:
    boss = await library.as_("supervisor")
    await boss.open("/console/knowledge/policy.bus")
    page = await boss.send(
        "/console/knowledge/policy.bus/expire", {"reason": "再用一阵", "day": "2027-11-30"}
    )
    assert page.status == 422
    assert "它本来就只到2026年11月30日" in page.words
    assert "要延长，请修改条目再提交审核" in page.words


async def test_marks_left_of_a_citizens_words_keep_a_draft_from_review_and_are_named(
    library: Library,
) -> None:
    writer = await library.as_("editor")
    page = await _written(library, writer, body="请打[电话]，找[姓名]。", issuer="")
    assert page.status == 422
    assert "已保存，还没有提交。还缺：发布单位。请补上再提交。正文里还有隐去" in page.words
    assert "记号 [电话]、[姓名]" in page.words
    name = page.html.split('action="/console/knowledge/')[1].split("/")[0]
    page = await writer.open(f"/console/knowledge/{name}")
    assert "[电话]、[姓名]" in page.words.split("提交前还要改")[1]


async def test_an_entry_for_a_place_nobody_knows_is_saved_and_not_submitted(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _written(library, writer, region="清河县")
    assert page.status == 422
    assert "已保存，还没有提交。适用地区：地名表里没有“清河县”" in page.words


async def test_a_new_entry_posted_twice_is_one_and_the_second_post_finds_it(library: Library) -> None:
    writer = await library.as_("editor")
    form = fields_of(await writer.open("/console/knowledge/new?kind=question"))
    fields = {**form, **NEW, "act": "save"}
    first, second = await asyncio.gather(
        *(writer.client.post("/console/knowledge/new", data=fields) for _ in range(2))
    )
    assert (first.status, second.status) == (200, 200)
    assert first.url.path == second.url.path
    third = await writer.client.post("/console/knowledge/new", data=fields)
    assert "已经保存过了，就是这一条" in await third.text()
    stored = library.console.services.articles.lists
    assert await stored.count(EntryFilter(text=NEW["title"])) == 1


async def test_a_form_gone_back_to_and_posted_with_other_words_loses_neither(library: Library) -> None:
    writer = await library.as_("editor")
    form = fields_of(await writer.open("/console/knowledge/new?kind=question"))
    await writer.send("/console/knowledge/new", {**form, **NEW, "act": "save"})
    page = await writer.send(
        "/console/knowledge/new", {**form, **NEW, "body": "身高1.3米以下免费。", "act": "save"}
    )
    assert page.status == 409
    assert "和现在保存着的版本比" in page.words
    assert fields_of(page)["body"] == "身高1.3米以下免费。"
    assert "1.2" in page.html
    assert await library.console.services.articles.lists.count(EntryFilter(text=NEW["title"])) == 1


async def test_what_was_taken_down_is_previewed_as_a_draft_only(library: Library) -> None:
    boss = await library.as_("supervisor")
    await boss.open("/console/knowledge/question.bus-night")
    page = await boss.send(
        "/console/knowledge/question.bus-night/take_down", {"reason": "时间写错了", "day": ""}
    )
    assert "公开以后，微信里这样回答" in page.words


async def test_a_draft_under_review_is_withdrawn_before_it_can_be_thrown_away(library: Library) -> None:
    writer = await library.as_("editor")
    page = await writer.open("/console/knowledge/question.bus-draft")
    assert "/discard" not in page.html
    page = await writer.send("/console/knowledge/question.bus-draft/discard")
    assert page.status == 409
    assert "正在业务审核" in page.words
    await writer.open("/console/knowledge/question.bus-draft")
    page = await writer.send("/console/knowledge/question.bus-draft/withdraw")
    assert "/console/knowledge/question.bus-draft/discard" in page.html


async def test_another_unit_s_liaison_sees_of_an_entry_what_the_public_sees(library: Library) -> None:
    writer = await library.as_("editor")
    secret = QUESTION.body.replace("9点半", "凌晨两点")
    await _edited(writer, "question.bus-night", "submit", body=secret)
    entry = await library.entry("question.bus-night")
    other = await library.as_("housing")
    page = await other.open("/console/knowledge/question.bus-night")
    assert page.status == 200
    assert "晚上9点半发车" in page.words
    for hidden in ("凌晨两点", "业务审核", "苏雅", "和公开的版本比"):
        assert hidden not in page.words, hidden
    for version in range(1, entry.version + 1):
        assert (await other.open(f"/console/knowledge/question.bus-night/{version}")).status == 404
    mine = await writer.open("/console/knowledge/question.bus-night")
    assert "凌晨两点" in mine.words


async def test_a_writer_cannot_repeal_as_a_liaison_and_an_auditor_changes_nothing(library: Library) -> None:
    for user, status in (("liaison", 404), ("auditor", 403)):
        browser = await library.as_(user)
        await browser.open("/console/")
        page = await browser.send(
            "/console/knowledge/policy.bus/repeal", {"reason": "x", "version": "1"}, allow_redirects=False
        )
        assert page.status in (status, 403), user
    assert (await library.entry("policy.bus")).version == 1


async def test_a_scheduled_entry_waits_for_its_day_and_says_so(library: Library) -> None:
    writer = await library.as_("editor")
    name = _id_of(await _written(library, writer, shown_from="2026-12-01"))
    for user in ("editor2", "supervisor"):
        browser = await library.as_(user)
        await browser.open(f"/console/knowledge/{name}")
        page = await browser.send(f"/console/knowledge/{name}/approve")
    assert "到时间自动公开" in page.words
    assert "2026年12月1日起" in page.words
    listed = await writer.open("/console/knowledge?stage=approved")
    assert name in listed.html
    await library.follow()
    stranger = await library.stranger()
    assert (await stranger.open(f"/answers/{name}")).status == 404
    library.console.clock.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    await library.follow()
    assert (await stranger.open(f"/answers/{name}")).status == 200


async def test_the_preview_is_what_wechat_will_say(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _edited(writer, "guide.bus-card", "preview", **{"guide.fees": "首次不收费；补办8元。"})
    changed, problems = article_from(fields_of(page), GUIDE)
    assert problems == []
    for question in GUIDE.questions:
        said = phrases.answer(compose(changed, question, 1.0))
        assert re.sub(r"\s+", "", said) in re.sub(r"\s+", "", page.words)
    assert (await library.entry("guide.bus-card")).version == 1


async def test_an_entry_is_found_and_becomes_the_basis(library: Library) -> None:
    writer = await library.as_("editor")
    page = await _edited(writer, "question.bus-night", "find", find="爱心乘车办法")
    assert "清和县老年人爱心乘车办法" in page.words
    fields = fields_of(page)
    slot = next(name for name, value in fields.items() if value == "policy.bus").split(".")[1]
    page = await writer.send(
        "/console/knowledge/question.bus-night/edit",
        {**fields, "act": "save", f"relation.{slot}": "basis"},
    )
    entry = await library.entry("question.bus-night")
    assert entry.draft is not None
    assert entry.draft.article.basis == ("policy.bus",)


async def test_the_list_is_narrowed_by_stage_kind_unit_region_and_words(library: Library) -> None:
    editor = await library.as_("editor")

    async def ids(query: str) -> set[str]:
        page = await editor.open(f"/console/knowledge?{query}")
        return set(re.findall(r'class="row-link" href="/console/knowledge/([^"]+)"', page.html))

    everything = {article.id for article in SHELF}
    assert await ids("") == everything
    assert await ids("stage=business_review") == {"question.bus-draft"}
    assert await ids("stage=repealed") == {"policy.bus-old"}
    assert await ids("kind=catalogue") == {"catalogue.bus-budget"}
    assert await ids("unit=qh.housing") == {"question.rent"}
    assert await ids("region=望川区") == {"question.bus-neighbour"}
    assert await ids("q=清交发〔2026〕6号") == {"policy.bus"}
    assert await ids("q=余额当场退回") == set()
    assert await ids("q=余额当场退回&bodies=yes") == {"question.bus-draft"}
    assert await ids("q=.*") == set()
    assert await ids("after=nonsense") == everything


async def test_the_list_turns_its_pages(library: Library) -> None:
    await library.put(*(replace(QUESTION, id=f"question.n{n:02d}", title=f"第{n}问") for n in range(40)))
    editor = await library.as_("editor")
    seen: list[str] = []
    href = "/console/knowledge"
    while href:
        page = await editor.open(href)
        seen += re.findall(r'class="row-link" href="/console/knowledge/([^"]+)"', page.html)
        found = re.search(r'href="([^"]+)" rel="next"', page.html)
        href = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 40 + len(SHELF)


async def test_what_ends_soon_is_pointed_out(library: Library) -> None:
    page = await (await library.as_("editor")).open("/console/knowledge")
    assert "快到期 30天内" in page.words
    assert "清和县老年人爱心乘车办法 有效期到2026年11月30日" in page.words


async def test_a_whole_law_can_be_pasted_in(library: Library) -> None:
    writer = await library.as_("editor")
    body = "\n".join(f"第{n}条 {'老年人乘车的规定' * 40}" for n in range(300))
    assert len(body) > 90_000
    page = await _written(library, writer, "save", kind="policy", body=body)
    assert "已保存" in page.words
    entry = await library.entry(_id_of(page))
    assert entry.draft is not None
    assert entry.draft.article.body == body


async def test_a_form_without_its_token_changes_nothing(library: Library) -> None:
    writer = await library.as_("editor")
    await writer.open("/console/knowledge/question.bus-night")
    for path in ("new", "question.bus-night/edit", "question.bus-night/submit", "policy.bus/repeal"):
        fields = {**NEW, "csrf": "wrong", "version": "1", "act": "save", "reason": "x"}
        response = await writer.client.post(f"/console/knowledge/{path}", data=fields)
        assert response.status == 403
    assert (await library.entry("question.bus-night")).version == 1
    assert (await library.entry("policy.bus")).version == 1


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("question.nothing/submit", {"version": "1"}, 404),
        ("question.bus-night/dance", {"version": "1"}, 404),
        ("question.bus-night/submit", {"version": "x"}, 400),
        ("question.bus-night/submit", {"version": "1"}, 409),
        ("question.bus-night/confirm", {"version": "7"}, 409),
        ("question.bus-night/take_down", {"version": "1", "reason": ""}, 422),
    ],
)
async def test_an_act_that_cannot_be_is_refused_in_words(
    library: Library, path: str, fields: dict[str, str], status: int
) -> None:
    browser = await library.as_("editor")
    await browser.open("/console/knowledge")
    page = await browser.send(f"/console/knowledge/{path}", fields)
    assert page.status == status
    assert (await library.entry("question.bus-night")).version == 1


async def test_discarding_a_new_draft_leads_back_to_the_list(library: Library) -> None:
    writer = await library.as_("editor")
    name = _id_of(await _written(library, writer, "save"))
    await writer.open(f"/console/knowledge/{name}")
    page = await writer.send(f"/console/knowledge/{name}/discard")
    assert page.path == "/console/knowledge"
    assert "草稿已放弃" in page.words
    assert name not in page.html


def test_every_refusal_has_its_words() -> None:
    import knowledge_base.editing.import_run
    import knowledge_base.gaps.proposals
    import knowledge_base.gaps.tasks  # noqa: F401

    def all_of(kind: type[KnowledgeRefused]) -> set[type[KnowledgeRefused]]:
        return {kind, *(one for each in kind.__subclasses__() for one in all_of(each))}

    assert {kind.__name__ for kind in all_of(KnowledgeRefused) - set(REFUSALS)} == set()


_LINES = st.text(st.sampled_from("政策问答甲乙丙12，。 "), max_size=12).map(lambda t: " ".join(t.split()))


@given(
    article=st.sampled_from([POLICY, GUIDE, QUESTION, CATALOGUE]),
    title=_LINES,
    questions=st.lists(_LINES.filter(bool), max_size=4, unique=True),
    day=st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    repeals=st.lists(st.sampled_from(["policy.x", "question.y"]), unique=True),
)
def test_the_form_gives_back_exactly_the_entry_it_was_filled_from(
    article: Article, title: str, questions: list[str], day: date, repeals: list[str]
) -> None:
    article = replace(
        article,
        title=title,
        questions=tuple(questions),
        published_on=day,
        effective_on=day,
        expires_on=None,
        repeals=tuple(repeals),
    )
    form = values_of(article)
    for n, (related, relation) in enumerate(related_of(article).items()):
        form |= {f"related.{n}": related, f"relation.{n}": relation}
    read, problems = article_from(form, blank(article.kind, on=day, region="", unit_id=""))
    assert problems == []
    assert replace(read, id=article.id, status=article.status) == article


async def test_what_nobody_wrote_is_said_to_be_the_systems(library: Library) -> None:
    names = await names_of(library.console.services, ["system", "editor", "who-left"])
    assert names["system"] == "系统"
    assert names["editor"] not in ("editor", "系统")
    assert names["who-left"] == "who-left"
