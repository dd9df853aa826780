"""The editors' desk over a real store: what is written, refused, imported twice, and brought by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.answering.standing import Shelf, Standing
from knowledge_base.article import Article, ArticleKind, ArticleStatus, UnknownArticle, Validity
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import SYSTEM, Act, Entry
from knowledge_base.editing.import_run import TwiceInImport
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.reimport import id_of, identity
from knowledge_base.editing.replaying import replay
from knowledge_base.editing.review import Incomplete, NotYourRight, SamePerson, UnknownRegion, WrongStage
from knowledge_base.editing.store import StaleArticle
from tests.knowledge_base.people import CHECKER, LIAISON, SECOND_EDITOR, WRITER, published
from tests.knowledge_base.test_review import TEXT

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@pytest.fixture
async def store(database: AsyncIOMotorDatabase[dict[str, Any]]) -> MongoArticleStore:
    store = MongoArticleStore(database)
    await store.prepare()
    return store


@pytest.fixture
def desk(store: MongoArticleStore) -> EditingDesk:
    return EditingDesk(store)


async def test_an_article_without_an_id_is_given_one_fit_for_an_address(desk: EditingDesk) -> None:
    entry = await desk.create(replace(TEXT, id=""), by=WRITER, now=NOW)
    kind, _, rest = entry.id.partition(".")
    assert kind == ArticleKind.POLICY
    assert rest.isalnum()
    assert entry.draft is not None
    assert entry.draft.article.id == entry.id
    with pytest.raises(StaleArticle):
        await desk.create(replace(TEXT, id=entry.id), by=WRITER, now=NOW)


@pytest.mark.parametrize("name", ["policy.a/b", "policy.a#b", "policy.", "other.a", "policy.a b", "policy.é"])
async def test_an_id_unfit_for_an_address_is_refused(desk: EditingDesk, name: str) -> None:
    with pytest.raises(Incomplete) as refused:
        await desk.create(replace(TEXT, id=name), by=WRITER, now=NOW)
    assert refused.value.fields == ("id",)


PLACES = {
    "清和县": ("云川市/清和县",),
    "云川市/清和县": ("云川市/清和县",),
    "城关镇": ("云川市/清和县/城关镇", "云川市/云岭县/城关镇"),
    "云川市/云岭县/城关镇": ("云川市/云岭县/城关镇",),
}


@pytest.mark.parametrize("region", ["清和县", "云川市/清和县", "全国", "云川市/云岭县/城关镇"])
async def test_a_draft_for_one_known_place_is_reviewed(store: MongoArticleStore, region: str) -> None:
    careful = EditingDesk(store, regions=lambda: PLACES)
    entry = await careful.create(replace(TEXT, region=region), by=WRITER, now=NOW)
    entry = await careful.submit(entry.id, by=WRITER, now=NOW, version=1)
    assert entry.stage is ArticleStatus.BUSINESS_REVIEW


@pytest.mark.parametrize(
    ("region", "meant"), [("清河县", ()), ("云岭县/清和县", ()), ("城关镇", PLACES["城关镇"])]
)
async def test_a_draft_for_no_known_place_or_for_several_is_not_reviewed(
    store: MongoArticleStore, region: str, meant: tuple[str, ...]
) -> None:
    careful = EditingDesk(store, regions=lambda: PLACES)
    entry = await careful.create(replace(TEXT, region=region), by=WRITER, now=NOW)
    with pytest.raises(UnknownRegion) as refused:
        await careful.submit(entry.id, by=WRITER, now=NOW, version=1)
    assert (refused.value.region, refused.value.meant) == (region, meant)
    assert refused.value.fields == ("region",)
    assert (await store.entry(entry.id)).version == 1


async def test_without_a_list_of_places_any_name_is_taken(desk: EditingDesk) -> None:
    entry = await desk.create(replace(TEXT, region="清河县"), by=WRITER, now=NOW)
    entry = await desk.submit(entry.id, by=WRITER, now=NOW, version=1)
    assert entry.stage is ArticleStatus.BUSINESS_REVIEW


async def test_a_draft_is_begun_with_its_new_text_in_one_write(desk: EditingDesk) -> None:
    entry = await published(desk, TEXT, now=NOW)
    entry = await desk.start(
        entry.id, article=replace(TEXT, title="新"), by=WRITER, now=NOW, version=entry.version
    )
    assert entry.draft is not None
    assert (entry.version, entry.draft.article.title, entry.draft.article.id) == (5, "新", TEXT.id)
    assert entry.live is not None
    assert entry.live.title == TEXT.title


async def test_what_is_returned_is_what_is_stored(desk: EditingDesk, store: MongoArticleStore) -> None:
    now = NOW.replace(microsecond=123_456)
    entry = await published(desk, TEXT, now=now)
    entry = await desk.start(entry.id, by=WRITER, now=now, version=entry.version)
    for act in (desk.submit, desk.withdraw, desk.discard, desk.confirm):
        entry = await act(entry.id, by=WRITER, now=now, version=entry.version)
        assert await store.entry(entry.id) == entry
    entry = await desk.repeal(entry.id, reason="改了", by=CHECKER, now=now, version=entry.version)
    assert await store.entry(entry.id) == entry
    assert replay(entry.id, await store.events(entry.id)) == entry


async def test_a_page_that_is_out_of_date_is_refused_and_changes_nothing(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    entry = await desk.create(TEXT, by=WRITER, now=NOW)
    later = await desk.save(entry.id, replace(TEXT, title="新"), by=WRITER, now=NOW, version=1)
    with pytest.raises(StaleArticle) as refused:
        await desk.save(entry.id, replace(TEXT, title="旧页"), by=SECOND_EDITOR, now=NOW, version=1)
    assert (refused.value.article_id, refused.value.version) == (entry.id, 1)
    assert await store.entry(entry.id) == later


async def test_a_refused_act_writes_nothing(desk: EditingDesk, store: MongoArticleStore) -> None:
    entry = await desk.create(TEXT, by=WRITER, now=NOW)
    entry = await desk.submit(entry.id, by=WRITER, now=NOW, version=1)
    with pytest.raises(SamePerson):
        await desk.approve(entry.id, by=WRITER, now=NOW, version=2)
    with pytest.raises(NotYourRight):
        await desk.approve(entry.id, by=CHECKER, now=NOW, version=2)
    with pytest.raises(WrongStage):
        await desk.start(entry.id, by=WRITER, now=NOW, version=2)
    with pytest.raises(UnknownArticle):
        await desk.start("policy.none", by=WRITER, now=NOW, version=2)
    assert await store.entry(entry.id) == entry


async def test_the_day_is_the_one_in_china_not_the_servers(desk: EditingDesk) -> None:
    """18:00 on the 22nd in Greenwich is 02:00 on the 23rd in China."""
    late = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    entry = await published(desk, replace(TEXT, shown_from=TODAY), now=late)
    assert entry.live is not None
    early = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    entry = await published(desk, replace(TEXT, id="policy.early", shown_from=TODAY), now=early)
    assert entry.live is None
    assert entry.stage is ArticleStatus.APPROVED


async def test_a_published_document_ends_what_it_repeals(desk: EditingDesk, store: MongoArticleStore) -> None:
    old = await published(desk, TEXT, now=NOW)
    day = TODAY + timedelta(days=10)
    await published(desk, replace(TEXT, id="policy.b", effective_on=day, repeals=(old.id,)), now=NOW)
    ended = await store.get(old.id)
    assert ended.in_force(day - timedelta(days=1))
    assert not ended.in_force(day)
    last = (await store.events(old.id))[-1]
    assert (last.act, last.by, last.note, last.day) == (Act.REPEAL, SYSTEM, "policy.b", day)
    assert await desk.settle(NOW) == 0


async def test_a_scheduled_document_ends_what_it_repeals_once_it_is_live(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    old = await published(desk, TEXT, now=NOW)
    tomorrow = TODAY + timedelta(days=1)
    document = replace(
        TEXT, id="policy.b", shown_from=tomorrow, effective_on=tomorrow, repeals=(old.id, "policy.none")
    )
    await published(desk, document, now=NOW)
    assert await desk.settle(NOW) == 0
    assert (await store.get(old.id)).repealed_on is None
    # At midnight nobody has settled anything yet, and still the old one is not quoted.
    shelf = Shelf([article async for article in store.each_published(on=tomorrow)])
    regions = frozenset({"清和县"})
    assert shelf.standing(old.id, on=TODAY, regions=regions) is Standing.HOLDS
    assert shelf.standing(old.id, on=tomorrow, regions=regions) is Standing.LAPSED
    assert shelf.standing("policy.b", on=tomorrow, regions=regions) is Standing.HOLDS
    assert await desk.settle(NOW + timedelta(days=1)) == 2
    assert (await store.get(old.id)).validity(tomorrow) is Validity.REPEALED
    assert await desk.settle(NOW + timedelta(days=1)) == 0


# -- imports ------------------------------------------------------------------------------------------------------


def planned(number: int = 1, **changes: object) -> Article:
    article = replace(
        TEXT, id="", source="文件导入", document_number=f"清政发〔2026〕{number}号", title=f"第{number}号办法"
    )
    return replace(article, **changes)  # type: ignore[arg-type]


async def take(
    desk: EditingDesk, *articles: Article, notes: Mapping[str, str] | None = None
) -> dict[str, int]:
    outcome = await desk.import_articles(articles, by=WRITER, now=NOW, notes=notes)
    return {
        "new": len(outcome.new),
        "updated": len(outcome.updated),
        "unchanged": len(outcome.unchanged),
        "refused": len(outcome.refused),
    }


NOTHING = {"new": 0, "updated": 0, "unchanged": 0, "refused": 0}


async def test_an_import_makes_drafts_that_nobody_reads_before_two_reviews(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    article = planned()
    assert await take(desk, article, notes={identity(article): "办法.docx"}) == NOTHING | {"new": 1}
    entry = await store.entry(id_of(article))
    assert entry.live is None
    assert entry.draft is not None
    assert (entry.stage, entry.draft.authors, entry.draft.note) == (
        ArticleStatus.DRAFT,
        ("writer",),
        "办法.docx",
    )
    assert await store.all_published() == ()


async def test_the_same_again_changes_nothing_and_a_changed_file_updates(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    await take(desk, planned(1), planned(2))
    assert await take(desk, planned(1), planned(2)) == NOTHING | {"unchanged": 2}
    assert await take(desk, planned(1, body="第一条 改。"), planned(2), planned(3)) == {
        "new": 1,
        "updated": 1,
        "unchanged": 1,
        "refused": 0,
    }
    entry = await store.entry(id_of(planned(1)))
    assert entry.draft is not None
    assert (entry.version, entry.draft.article.body) == (2, "第一条 改。")


@pytest.mark.parametrize(
    ("number", "same", "reason"),
    [
        ("清政发〔2026〕1号", True, "the same"),
        ("清政发[2026]1号", True, "other brackets"),
        ("清政发（２０２６）１号", True, "full width"),
        ("清政发 〔2026〕 1 号", True, "blanks"),
        ("清政发〔2025〕1号", False, "another year"),
        ("清政发〔2026〕11号", False, "another number"),
    ],
)
async def test_a_policy_is_known_by_its_number(
    desk: EditingDesk, number: str, same: bool, reason: str
) -> None:
    await take(desk, planned(1))
    outcome = await take(desk, planned(1, document_number=number, title="换了个标题"))
    assert outcome == NOTHING | ({"updated": 1} if same else {"new": 1}), reason


async def test_what_people_corrected_since_stays_when_the_file_comes_again(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    await take(desk, planned(1))
    name = id_of(planned(1))
    corrected = planned(1, owner_unit_id="qh.housing", document_number="清政发〔2026〕9号")
    await desk.save(name, corrected, by=SECOND_EDITOR, now=NOW, version=1)
    assert await take(desk, planned(1)) == NOTHING | {"unchanged": 1}
    assert await take(desk, planned(1, body="第一条 改。")) == NOTHING | {"updated": 1}
    draft = (await store.entry(name)).draft
    assert draft is not None
    assert (draft.article.owner_unit_id, draft.article.document_number, draft.article.body) == (
        "qh.housing",
        "清政发〔2026〕9号",
        "第一条 改。",
    )
    assert draft.authors == ("writer", "second")


async def test_an_import_of_a_live_entry_is_a_draft_beside_it(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    entry = await published(desk, planned(1, id=id_of(planned(1))), now=NOW)
    assert await take(desk, planned(1)) == NOTHING | {"unchanged": 1}
    assert await take(desk, planned(1, body="第一条 改。")) == NOTHING | {"updated": 1}
    after = await store.entry(entry.id)
    assert after.live == entry.live
    assert after.draft is not None
    assert after.draft.article.body == "第一条 改。"


async def test_an_import_into_a_draft_under_review_begins_its_reviews_again(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    await take(desk, planned(1))
    name = id_of(planned(1))
    await desk.submit(name, by=WRITER, now=NOW, version=1)
    await desk.approve(name, by=LIAISON, now=NOW, version=2)
    await take(desk, planned(1))
    assert (await store.entry(name)).stage is ArticleStatus.SECRECY_REVIEW
    await take(desk, planned(1, body="第一条 改。"))
    assert (await store.entry(name)).stage is ArticleStatus.DRAFT


async def test_a_discarded_draft_comes_back_with_the_next_import(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    await take(desk, planned(1))
    name = id_of(planned(1))
    await desk.discard(name, by=WRITER, now=NOW, version=1)
    assert await take(desk, planned(1)) == NOTHING | {"updated": 1}
    assert (await store.entry(name)).stage is ArticleStatus.DRAFT


async def test_twice_in_one_import_is_refused_by_name(desk: EditingDesk) -> None:
    outcome = await desk.import_articles([planned(1), planned(2), planned(1)], by=WRITER, now=NOW)
    assert len(outcome.new) == 2
    (refused,) = outcome.refused
    assert isinstance(refused.why, TwiceInImport)
    assert refused.title == "第1号办法"


async def test_an_article_with_an_id_is_that_entry(desk: EditingDesk, store: MongoArticleStore) -> None:
    entry = await published(desk, TEXT, now=NOW)
    assert await take(desk, planned(5, id=entry.id)) == NOTHING | {"updated": 1}
    after = await store.entry(entry.id)
    assert after.draft is not None
    assert after.draft.article.document_number == "清政发〔2026〕5号"


async def test_a_dry_run_says_the_same_and_writes_nothing(
    desk: EditingDesk, store: MongoArticleStore
) -> None:
    await take(desk, planned(1), planned(2))
    plan = [planned(1), planned(2, body="第一条 改。"), planned(3)]
    before = [await store.entry(id_of(one)) for one in plan[:2]]
    done: list[int] = []
    dry = await desk.import_articles(plan, by=WRITER, now=NOW, dry_run=True, progress=done.append)
    assert sum(done) == 3
    assert [await store.entry(id_of(one)) for one in plan[:2]] == before
    with pytest.raises(UnknownArticle):
        await store.entry(id_of(plan[2]))
    assert await desk.import_articles(plan, by=WRITER, now=NOW) == dry


async def test_who_may_not_write_imports_nothing(desk: EditingDesk, store: MongoArticleStore) -> None:
    outcome = await desk.import_articles([planned(1)], by=CHECKER, now=NOW)
    assert [type(one.why) for one in outcome.refused] == [NotYourRight]
    with pytest.raises(UnknownArticle):
        await store.entry(id_of(planned(1)))


async def test_a_thousand_new_ones_are_taken_in_batches(desk: EditingDesk, store: MongoArticleStore) -> None:
    many = [planned(number) for number in range(1, 1201)]
    assert await take(desk, *many) == NOTHING | {"new": 1200}
    assert await take(desk, *many) == NOTHING | {"unchanged": 1200}
    found: Mapping[str, Entry] = await store.by_identity(identity(one) for one in many)
    assert len(found) == 1200
