"""A small invented library behind the running console, and what its people do in a browser."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from bot.wiring import knowledge as wired_knowledge
from knowledge_base.answering.answer import Answerer
from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Guide,
)
from knowledge_base.editing.entries import Entry
from tests.bot.web.conftest import Browser, Console, Page

BODY = (
    "第一条 为了让老年人出行方便，制定本办法。\n"
    "第二条 本县户籍、年满65周岁的老年人可以申领爱心乘车证。\n"
    "第三条 持爱心乘车证乘坐城区公交免费，每月最多60次。\n"
    "第四条 本办法自2026年3月1日起施行。"
)
POLICY = Article(
    id="policy.bus",
    kind=ArticleKind.POLICY,
    title="清和县老年人爱心乘车办法",
    body=BODY,
    issuer="清和县交通运输局",
    document_number="清交发〔2026〕6号",
    published_on=date(2026, 2, 10),
    effective_on=date(2026, 3, 1),
    expires_on=date(2026, 11, 30),
    status=ArticleStatus.PUBLISHED,
    owner_unit_id="qh.transport",
    region="清和县",
    questions=("老年人坐公交免费的文件是哪个",),
    topic="交通运输",
)
GUIDE = Article(
    id="guide.bus-card",
    kind=ArticleKind.GUIDE,
    title="爱心乘车证办事指南",
    body="照片要近期免冠的。",
    issuer="清和县交通运输局",
    document_number=None,
    published_on=date(2026, 3, 2),
    effective_on=date(2026, 3, 2),
    expires_on=None,
    status=ArticleStatus.PUBLISHED,
    owner_unit_id="qh.transport",
    region="清和县",
    questions=("爱心乘车证怎么办", "爱心乘车证去哪里领"),
    guide=Guide(
        matter="爱心乘车证的申领、补办。",
        legal_basis="《清和县老年人爱心乘车办法》第二条。",
        procedure="1. 到公交公司窗口申请；2. 当场拍照制证。",
        conditions="本县户籍，年满65周岁。",
        promised_time="当场办结。",
        fees="首次不收费；补办收工本费8元。",
        quota="不限数量。",
        materials=("居民身份证原件", "近期免冠照片1张"),
        one_time_notice="照片要近期免冠的。",
        window="清和县公交公司一楼3号窗口。",
        phone="88001234",
    ),
    basis=("policy.bus", "《中华人民共和国老年人权益保障法》第五十八条"),
    topic="交通运输",
)
QUESTION = Article(
    id="question.bus-night",
    kind=ArticleKind.QUESTION,
    title="末班公交几点",
    body="城区1路、2路末班车晚上9点半发车，其他线路晚上8点。",
    issuer="清和县交通运输局",
    document_number=None,
    published_on=date(2026, 5, 8),
    effective_on=date(2026, 5, 8),
    expires_on=None,
    status=ArticleStatus.PUBLISHED,
    owner_unit_id="qh.transport",
    region="清和县",
    questions=("晚上最后一班公交车是什么时候",),
    topic="交通运输",
)
HOUSING_QUESTION = replace(
    QUESTION,
    id="question.rent",
    title="公租房租金怎么交",
    body="每季度第一个月交，可以在微信上交。",
    issuer="清和县住房和城乡建设局",
    owner_unit_id="qh.housing",
    questions=("公租房房租去哪里交",),
    topic="城乡建设",
)
NEIGHBOUR = replace(
    QUESTION,
    id="question.bus-neighbour",
    title="望川区末班公交几点",
    body="望川区末班车晚上10点。",
    issuer="望川区交通运输局",
    region="望川区",
    questions=("望川晚上几点没公交",),
)
REPEALED = replace(
    POLICY,
    id="policy.bus-old",
    title="清和县老年人乘车暂行规定",
    document_number="清交发〔2019〕2号",
    published_on=date(2019, 5, 1),
    effective_on=date(2019, 5, 1),
    expires_on=None,
    status=ArticleStatus.REPEALED,
    repealed_on=date(2026, 3, 1),
    questions=("老年人乘车暂行规定",),
)
SCHEDULED = replace(
    QUESTION,
    id="question.bus-new-year",
    title="元旦公交免费吗",
    body="元旦当天城区公交免费。",
    shown_from=date(2026, 12, 20),
    questions=("元旦坐公交要钱吗",),
)
CATALOGUE = replace(
    QUESTION,
    id="catalogue.bus-budget",
    kind=ArticleKind.CATALOGUE,
    title="2026年公交运营补贴公开",
    body="公交运营补贴的金额和去向。",
    questions=(),
    catalogue=CatalogueEntry(index_number="QH-JT-2026-011", category="财政资金", form="政府网站"),
)
DRAFT = replace(
    QUESTION,
    id="question.bus-draft",
    title="公交卡怎么退",
    body="到公交公司窗口退，余额当场退回。",
    status=ArticleStatus.BUSINESS_REVIEW,
    questions=("公交卡不用了能退钱吗",),
)
SHELF = (
    POLICY,
    GUIDE,
    QUESTION,
    HOUSING_QUESTION,
    NEIGHBOUR,
    REPEALED,
    SCHEDULED,
    CATALOGUE,
    DRAFT,
)


@dataclass
class Library:
    """The console with its entries."""

    console: Console

    async def follow(self) -> None:
        """What the process that answers does within a second: it takes in what changed."""
        await self.console.services.live_answers.rebuild()

    async def put(self, *articles: Article) -> None:
        await self.console.services.articles.add_first(articles, now=self.console.clock.now)
        await self.follow()

    async def entry(self, article_id: str) -> Entry:
        return await self.console.services.articles.entry(article_id)

    async def as_(self, user: str) -> Browser:
        return await self.console.as_(user)

    async def stranger(self) -> Browser:
        return await self.console.stranger()


@pytest.fixture
async def library(console: Console, monkeypatch: pytest.MonkeyPatch) -> Library:
    """The console answers from this library alone, not from the one all tests share."""
    monkeypatch.setattr(wired_knowledge, "Answerer", Answerer)
    library = Library(console)
    await library.follow()  # from here on nothing is put into the answerer all tests share
    await library.put(*SHELF)
    return library


def fields_of(page: Page) -> dict[str, str]:
    """Everything that stands in the editing form of a page, as the browser would send it."""
    import re
    from html import unescape

    form = page.html[page.html.index('class="editing"') :]
    found: dict[str, Any] = {}
    for name, value in re.findall(
        r'<input(?![^>]*type="search")[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form
    ):
        found[name] = unescape(value)
    for name, value in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found
