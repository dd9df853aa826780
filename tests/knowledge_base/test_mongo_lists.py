"""What pages list: every entry once, by the same rules the articles themselves know."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.article import (
    Article,
    ArticleKind,
    ArticleStatus,
    CatalogueEntry,
    Disclosure,
    IssuerLevel,
    Validity,
    regions_of,
)
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.mongo_public import PublicFilter
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.store import BadCursor, EntryFilter
from tests.knowledge_base.people import CHECKER, SECOND_EDITOR, WRITER, published
from tests.knowledge_base.test_quotable import a_library
from tests.knowledge_base.test_review import TEXT

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
COUNTY = regions_of("江原省/云川市/清和县")


@pytest.fixture
async def store(database: AsyncIOMotorDatabase[dict[str, Any]]) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    return store


@pytest.fixture
def desk(store: MongoArticleStore) -> EditingDesk:
    return EditingDesk(store)


async def ids(store: MongoArticleStore, wanted: EntryFilter) -> set[str]:
    rows = (await store.lists.page(wanted, limit=1000)).rows
    assert await store.lists.count(wanted) == len(rows)
    return {row.id for row in rows}


def some_articles(draw: Random, count: int) -> list[Article]:
    found: list[Article] = []
    while len(found) < count:
        found += [
            replace(one, id=f"{one.id}.{len(found)}-{number}")
            for number, one in enumerate(a_library(draw).values())
        ]
    return found


async def test_a_query_for_validity_says_what_each_article_says(store: MongoArticleStore) -> None:
    articles = [one for one in some_articles(Random(7), 150) if one.status is not ArticleStatus.APPROVED]
    await store.add_first(articles, now=NOW)
    live = {one.id: one for one in await store.all_published()}
    asked = Counter[Validity]()
    for days in (-5, -1, 0, 1, 5):
        on = TODAY + timedelta(days=days)
        for validity in Validity:
            expected = {name for name, one in live.items() if one.validity(on) is validity}
            if validity is Validity.UNPUBLISHED:
                expected = {one.id for one in articles} - set(live)
            assert await ids(store, EntryFilter(validity=validity, on=on)) == expected, (validity, on)
            asked[validity] += len(expected)
    assert min(asked.values()) > 10


async def test_pages_show_every_entry_once_whatever_the_filter(
    store: MongoArticleStore, articles: tuple[Article, ...]
) -> None:
    await store.add_first(articles, now=NOW)
    for wanted in (EntryFilter(), EntryFilter(kind=ArticleKind.GUIDE), EntryFilter(text="清和")):
        seen: list[str] = []
        after: str | None = None
        while True:
            page = await store.lists.page(wanted, limit=7, after=after)
            seen += [row.id for row in page.rows]
            after = page.next
            if after is None:
                break
            assert len(page.rows) == 7
        assert len(seen) == len(set(seen)) == await store.lists.count(wanted)
    assert await store.lists.count(EntryFilter()) == len(articles)


async def test_the_latest_change_comes_first(store: MongoArticleStore, desk: EditingDesk) -> None:
    first = await desk.create(replace(TEXT, id="policy.a"), by=WRITER, now=NOW)
    second = await desk.create(replace(TEXT, id="policy.b"), by=WRITER, now=NOW)
    await desk.save(first.id, TEXT, by=WRITER, now=NOW, version=1)
    rows = (await store.lists.page(EntryFilter())).rows
    assert [(row.id, row.version) for row in rows] == [(first.id, 2), (second.id, 1)]


@pytest.mark.parametrize("cursor", ["", "x", "~", "12", "99999999999999999999~a", "-1~a"])
async def test_a_cursor_somebody_made_up_is_refused(store: MongoArticleStore, cursor: str) -> None:
    if cursor:
        with pytest.raises(BadCursor):
            await store.lists.page(EntryFilter(), after=cursor)
        with pytest.raises(BadCursor):
            await store.public.page(PublicFilter(on=TODAY, regions=COUNTY), after=cursor)
    else:
        assert (await store.lists.page(EntryFilter(), after=cursor)).rows == ()


async def test_filters_narrow_by_what_is_being_worked_on(store: MongoArticleStore, desk: EditingDesk) -> None:
    text = replace(TEXT, level=IssuerLevel.CITY, region="云川市", topic="民政")
    entry = await published(desk, text, now=NOW)
    await desk.create(replace(TEXT, id="question.b", kind=ArticleKind.QUESTION), by=WRITER, now=NOW)
    for wanted, found in (
        (EntryFilter(kind=ArticleKind.QUESTION), {"question.b"}),
        (EntryFilter(region="云川市"), {entry.id}),
        (EntryFilter(regions=frozenset({"云川市", "全国"})), {entry.id}),
        (EntryFilter(level=IssuerLevel.CITY), {entry.id}),
        (EntryFilter(topic="民政"), {entry.id}),
        (EntryFilter(units=frozenset({"qh.water"})), set[str]()),
        (EntryFilter(units=frozenset({TEXT.owner_unit_id})), {entry.id, "question.b"}),
        (EntryFilter(stage=ArticleStatus.PUBLISHED), {entry.id}),
        (EntryFilter(stage=ArticleStatus.DRAFT), {"question.b"}),
        (EntryFilter(stage=ArticleStatus.DRAFT, kind=ArticleKind.POLICY), set[str]()),
    ):
        assert await ids(store, wanted) == found, wanted
    await desk.start(entry.id, by=WRITER, now=NOW, version=entry.version)
    counts = await store.lists.counts_by_stage(EntryFilter())
    assert (counts[ArticleStatus.DRAFT], counts[ArticleStatus.PUBLISHED]) == (2, 1)
    assert sum(counts.values()) == 3
    counts = await store.lists.counts_by_stage(EntryFilter(), most=1)
    assert counts[ArticleStatus.DRAFT] == 1, "counting stops there"


@pytest.mark.parametrize(
    ("words", "found", "reason"),
    [
        ("高龄", True, "in the title"),
        ("每月60元", True, "in the body"),
        ("清政发(2026)1号", True, "other brackets and no blanks"),
        ("清政发〔2026〕1号", True, "as printed"),
        ("高龄 60元", True, "each word somewhere"),
        ("高龄 80元", False, "one of the words is missing"),
        (".*", False, "a pattern is only characters"),
        ("(((", False, "nor can it break the query"),
        ("怎么领老人钱", True, "a way of asking"),
        ("WIFI", True, "case does not count"),
    ],
)
async def test_a_search_looks_in_titles_numbers_questions_and_bodies(
    store: MongoArticleStore, desk: EditingDesk, words: str, found: bool, reason: str
) -> None:
    text = replace(TEXT, questions=("怎么领老人钱",), body=f"{TEXT.body}\n大厅有WiFi。")
    await desk.create(text, by=WRITER, now=NOW)
    assert (await ids(store, EntryFilter(text=words, bodies=True)) == {TEXT.id}) is found, reason


async def test_texts_are_searched_where_asked(store: MongoArticleStore, desk: EditingDesk) -> None:
    await desk.create(TEXT, by=WRITER, now=NOW)
    await desk.create(
        replace(TEXT, id="policy.b", title="每月60元的办法", body="第一条 略。"), by=WRITER, now=NOW
    )
    assert await ids(store, EntryFilter(text="每月60元")) == {"policy.b"}
    assert await ids(store, EntryFilter(text="每月60元", bodies=True)) == {TEXT.id, "policy.b"}


async def test_a_discarded_first_draft_is_listed_nowhere(store: MongoArticleStore, desk: EditingDesk) -> None:
    entry = await desk.create(TEXT, by=WRITER, now=NOW)
    await desk.discard(entry.id, by=WRITER, now=NOW, version=1)
    assert await ids(store, EntryFilter()) == set()
    assert len(await store.history(entry.id)) == 2


async def test_what_rests_on_an_entry_is_named_and_flagged_when_it_lapses(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    policy = await published(desk, TEXT, now=NOW)
    answer = replace(TEXT, id="question.a", kind=ArticleKind.QUESTION, title="能领多少", basis=(policy.id,))
    await published(desk, answer, now=NOW)
    await published(desk, replace(answer, id="question.b", basis=("question.a", "《民法典》")), now=NOW)
    assert [row.id for row in await store.lists.resting_on(policy.id)] == ["question.a"]
    assert await store.lists.titles([policy.id, "question.a", "policy.none"]) == {
        policy.id: TEXT.title,
        "question.a": "能领多少",
    }
    assert await store.lists.flagged(on=TODAY) == {}
    await desk.repeal(policy.id, reason="改了", by=CHECKER, now=NOW, version=policy.version)
    assert await store.lists.flagged(on=TODAY) == {
        "question.a": (policy.id,),
        "question.b": ("question.a",),
    }


async def test_an_answer_is_flagged_from_the_day_its_basis_is_repealed_by_another(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    day = TODAY + timedelta(days=3)
    policy = await published(desk, TEXT, now=NOW)
    await published(
        desk, replace(TEXT, id="question.a", kind=ArticleKind.QUESTION, basis=(policy.id,)), now=NOW
    )
    await published(desk, replace(TEXT, id="policy.b", effective_on=day, repeals=(policy.id,)), now=NOW)
    assert await store.lists.flagged(on=day - timedelta(days=1)) == {}
    assert await store.lists.flagged(on=day) == {"question.a": (policy.id,)}
    (document,) = await store.public.repealers(policy.id, on=day)
    assert document.id == "policy.b"
    assert await store.public.repealers(policy.id, on=day - timedelta(days=1)) == ()


async def test_what_expires_soon_and_what_nobody_looked_at_for_long(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    for days in (0, 7, 30, 31):
        await published(
            desk,
            replace(TEXT, id=f"policy.{days}", expires_on=TODAY + timedelta(days=days)),
            now=NOW,
        )
    await published(desk, replace(TEXT, id="policy.yesterday", expires_on=TODAY - timedelta(days=1)), now=NOW)
    soon = await store.lists.expiring(on=TODAY, within_days=30)
    assert [one.id for one in soon] == ["policy.0", "policy.7", "policy.30"]
    assert {one.body for one in soon} == {""}, "a list of titles reads no texts"
    soon = await store.lists.expiring(
        on=TODAY, within_days=30, units=frozenset({TEXT.owner_unit_id}), limit=2
    )
    assert [one.id for one in soon] == ["policy.0", "policy.7"]
    assert await store.lists.expiring(on=TODAY, within_days=30, units=frozenset({"qh.water"})) == ()
    later = NOW + timedelta(days=1)
    stale = await store.lists.unchecked_since(later, on=TODAY)
    assert {row.id for row in stale} == {"policy.0", "policy.7", "policy.30", "policy.31"}
    await desk.confirm("policy.7", by=SECOND_EDITOR, now=later, version=4)
    ages = await store.lists.ages(on=TODAY, before=later)
    assert ages == {TEXT.owner_unit_id: (4, 3)}
    assert await store.lists.ages(on=TODAY, before=later, units=frozenset({"qh.water"})) == {}
    assert "policy.7" not in {row.id for row in await store.lists.unchecked_since(later, on=TODAY)}


async def test_an_editor_finds_a_basis_by_its_words(store: MongoArticleStore, desk: EditingDesk) -> None:
    await published(desk, TEXT, now=NOW)
    await desk.create(replace(TEXT, id="policy.draft"), by=WRITER, now=NOW)
    assert [row.id for row in await store.lists.find_basis("高龄津贴")] == [TEXT.id]
    assert [row.id for row in await store.lists.find_basis("清政发〔2026〕1号")] == [TEXT.id]
    assert await store.lists.find_basis("每月60元") == (), "bodies are not searched"


async def test_many_titles_and_numbers_are_found_whole_by_one_look_into_an_index(
    store: MongoArticleStore, desk: EditingDesk, database: AsyncIOMotorDatabase[dict[str, Any]]
) -> None:
    await published(desk, TEXT, now=NOW)
    other = replace(TEXT, id="policy.draft", title="高龄津贴 发放办法实施细则", document_number=None)
    await desk.create(other, by=WRITER, now=NOW)
    names = [f"没有的文件{n}" for n in range(3_000)]
    assert await store.lists.named([*names, "清政发[2026] 1 号"]) == {TEXT.id}
    assert await store.lists.named(["高龄津贴发放办法"]) == {TEXT.id}, "a longer title is another"
    assert await store.lists.named(["高龄津贴发放办法 实施细则", "x"]) == {"policy.draft"}
    assert await store.lists.named([]) == set()
    plan = await database["articles"].find({"names": {"$in": ["甲", "乙"]}}, {"_id": 1}).explain()
    assert "COLLSCAN" not in str(plan)


async def test_how_many_live_entries_rest_on_others_is_counted(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    await published(desk, TEXT, now=NOW)
    for n in range(3):
        await published(desk, replace(TEXT, id=f"policy.{n}", basis=(TEXT.id, "《一部法》")), now=NOW)
    await desk.create(replace(TEXT, id="policy.draft", basis=(TEXT.id,)), by=WRITER, now=NOW)
    gone = await store.entry("policy.2")
    await desk.repeal("policy.2", reason="废止", by=WRITER, now=NOW, version=gone.version)
    assert await store.lists.many_resting_on([TEXT.id, "policy.0"]) == {TEXT.id: 2}


async def test_the_public_reads_only_what_holds_where_they_are(store: MongoArticleStore) -> None:
    articles = some_articles(Random(3), 150)
    await store.add_first(articles, now=NOW)
    published_ones = await store.all_published(on=TODAY)
    for lapsed in (False, True):
        ends = {Validity.EXPIRED, Validity.REPEALED} if lapsed else {Validity.IN_FORCE}
        wanted = PublicFilter(on=TODAY, regions=COUNTY, lapsed=lapsed)
        expected = {one.id for one in published_ones if one.validity(TODAY) in ends and one.valid_in(COUNTY)}
        seen: list[str] = []
        after: str | None = None
        while True:
            page = await store.public.page(wanted, limit=6, after=after)
            seen += [one.id for one in page.articles]
            after = page.next
            if after is None:
                break
        assert len(seen) == len(set(seen))
        assert set(seen) == expected
        assert await store.public.count(wanted) == len(expected) > 10
        assert sum((await store.public.counts(wanted)).values()) == len(expected)
    assert set(await store.public.regions()) == {one.region for one in published_ones}


async def test_the_catalogue_is_listed_by_kind_and_disclosure(
    store: MongoArticleStore, desk: EditingDesk
) -> None:
    for number, disclosure in enumerate(Disclosure):
        line = CatalogueEntry(index_number=f"QH-{number}", category="财政信息", disclosure=disclosure)
        article = replace(
            TEXT, id=f"catalogue.{number}", kind=ArticleKind.CATALOGUE, catalogue=line, topic="财政"
        )
        await published(desk, article, now=NOW)
    await published(desk, TEXT, now=NOW)
    wanted = PublicFilter(on=TODAY, regions=COUNTY, kind=ArticleKind.CATALOGUE)
    assert len((await store.public.page(wanted)).articles) == 2
    (only,) = (await store.public.page(replace(wanted, disclosure=Disclosure.ON_REQUEST))).articles
    assert only.id == "catalogue.1"
    (found,) = (await store.public.page(replace(wanted, text="qh-0"))).articles
    assert found.id == "catalogue.0"
    assert await store.public.topics(COUNTY) == ("财政",)
