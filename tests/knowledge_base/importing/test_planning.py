"""What an import would do, and drafts in a real store: new, changed, unchanged, never twice, never live."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from knowledge_base.article import NATIONWIDE, UNDATED, ArticleKind, ArticleStatus, IssuerLevel
from knowledge_base.editing.desk import EditingDesk
from knowledge_base.editing.entries import Person, Right
from knowledge_base.editing.mongo_store import MongoArticleStore
from knowledge_base.editing.reimport import id_of
from knowledge_base.importing import desk as desk_of_imports
from knowledge_base.importing.desk import prepare_import, run_import
from knowledge_base.importing.document import ImportedDocument, Problem, Reading, Reference, Severity
from knowledge_base.importing.issuers import level_of, place_of
from knowledge_base.importing.matching import Change
from knowledge_base.importing.plan import Ending, ImportPlan
from knowledge_base.importing.planning import Defaults, plan_import
from knowledge_base.importing.reading import read_here
from tests.knowledge_base.importing.files import LETTER, docx, workbook

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DEFAULTS = Defaults(
    owner_unit_id="qh.government",
    region="清和县",
    today=date(2026, 11, 23),
    units={"清和县民政局": "qh.civil-affairs", "清和县人民政府": "qh.government"},
    regions={"清和县": "清和县", "柳林镇": "柳林镇"},
)
EDITOR = Person(id="zhou", rights=frozenset({Right.WRITE}))
POLICY = ImportedDocument(
    source="通知.docx",
    kind=ArticleKind.POLICY,
    title="清和县高龄津贴发放办法",
    body="第一条 略。",
    issuer="清和县人民政府",
    document_number="清政发〔2024〕5号",
    published_on=date(2024, 4, 20),
)
QUESTION = ImportedDocument(
    source="问答.xlsx#问答!2",
    kind=ArticleKind.QUESTION,
    title="高龄津贴多少钱？",
    body="每月60元。",
    unit="清和县民政局",
    basis=(Reference("清和县高龄津贴发放办法", "清政发〔2024〕5号"),),
)


def plan(*documents: ImportedDocument, **others: Any) -> ImportPlan:
    return plan_import([Reading(documents)], **{"defaults": DEFAULTS, **others})


def test_what_a_file_does_not_say_comes_from_the_defaults_and_a_policys_day_is_never_made_up() -> None:
    policy, question = plan(replace(POLICY, published_on=None), QUESTION).articles
    assert (policy.published_on, policy.effective_on) == (UNDATED, UNDATED)
    assert (question.published_on, question.effective_on) == (date(2026, 11, 23), date(2026, 11, 23))
    assert (policy.owner_unit_id, question.owner_unit_id) == ("qh.government", "qh.civil-affairs")
    assert {policy.status, question.status} == {ArticleStatus.DRAFT}


REGIONS = [
    ("清和县人民政府", "清和县", IssuerLevel.COUNTY, "its own county"),
    ("清和县柳林镇人民政府", "柳林镇", IssuerLevel.TOWNSHIP, "a town of it"),
    ("国务院办公厅", NATIONWIDE, IssuerLevel.NATIONAL, "the nation"),
    ("人力资源社会保障部、财政部", NATIONWIDE, IssuerLevel.NATIONAL, "two ministries"),
    ("云川市人民政府", "清和县", IssuerLevel.CITY, "a city the table does not know: where it is used"),
    ("", "清和县", IssuerLevel.COUNTY, "nobody"),
]


@pytest.mark.parametrize(("issuer", "region", "level"), [r[:3] for r in REGIONS], ids=[r[3] for r in REGIONS])
def test_whose_word_it_is_and_where_it_holds(issuer: str, region: str, level: IssuerLevel) -> None:
    (article,) = plan(replace(POLICY, issuer=issuer)).articles
    assert (article.region, article.level) == (region, level)


def test_places_and_levels_read_off_an_issuers_name() -> None:
    assert place_of("云川市清和县民政局") == "清和县"
    for office in ("清和县住房和城乡建设局", "清和县城市管理局", "清和县市场监督管理局", "清和县乡村振兴局"):
        assert (place_of(office), level_of(office)) == ("清和县", IssuerLevel.COUNTY), office
    assert place_of("财政部") == ""
    assert level_of("国家税务总局云川市税务局") is IssuerLevel.CITY
    assert level_of("国家税务总局") is IssuerLevel.NATIONAL
    assert level_of("北京市人民政府") is IssuerLevel.PROVINCE
    assert level_of("县财政局") is IssuerLevel.COUNTY


def test_the_same_number_or_title_again_is_the_same_entry() -> None:
    (first,) = plan(POLICY).articles
    stored = replace(first, id=id_of(first))
    assert plan(POLICY, known=[stored]).entries[0].change is Change.UNCHANGED
    retyped = replace(
        POLICY, document_number="清政发[2024]第5号".replace("[", "〔").replace("]", "〕").replace("第", "")
    )
    again = plan(replace(retyped, body="第一条 改了。", source="重命名.pdf"), known=[stored]).entries[0]
    assert (again.change, again.fields, again.article.id) == (Change.CHANGED, ("body",), stored.id)


def test_a_number_found_only_in_the_second_edition_makes_no_second_entry() -> None:
    (first,) = plan(replace(POLICY, document_number=None)).articles
    stored = replace(first, id=id_of(first))
    (entry,) = plan(POLICY, known=[stored]).entries
    assert (entry.change, entry.article.id) == (Change.CHANGED, stored.id)
    assert entry.fields == ("document_number",)


def test_two_editions_with_numbers_of_their_own_are_two_entries() -> None:
    (first,) = plan(POLICY).articles
    stored = replace(first, id=id_of(first))
    later = replace(POLICY, document_number="清政发〔2025〕9号")
    assert plan(later, known=[stored]).entries[0].change is Change.NEW


def test_twice_in_one_import_is_refused_and_said() -> None:
    entries = plan(POLICY, replace(POLICY, source="副本.pdf")).entries
    assert [entry.change for entry in entries] == [Change.NEW, Change.REFUSED]
    assert entries[1].checks[0].why == "与 通知.docx 是同一份，没有重复导入"
    assert plan(POLICY, replace(POLICY, source="副本.pdf")).notes.keys() == plan(POLICY).notes.keys()
    assert "副本.pdf" not in "".join(plan(POLICY, replace(POLICY, source="副本.pdf")).notes.values())


def test_a_unit_nobody_knows_is_said_even_where_a_default_answers_for_it() -> None:
    (entry,) = plan(replace(QUESTION, unit="不存在的单位")).entries
    assert entry.article.owner_unit_id == "qh.government"
    assert [check.why for check in entry.checks] == ["单位表里没有“不存在的单位”"]
    (silent,) = plan(replace(QUESTION, unit="")).entries
    assert [check.why for check in silent.checks] == ["没有写明负责单位"]


def test_relations_become_ids_where_the_document_is_known_and_remarks_where_not() -> None:
    (old,) = plan(replace(POLICY, document_number="清政发〔2019〕3号", title="清和县老年补贴办法")).articles
    stored = replace(old, id=id_of(old))
    repealing = replace(
        POLICY,
        repeals=(
            Reference("清和县老年补贴办法", "清政发〔2019〕3号"),
            Reference("丢失的办法", "清政发〔2001〕1号"),
        ),
    )
    (entry,) = plan(repealing, known=[stored]).entries
    assert entry.article.repeals == (stored.id,)
    assert [check.why for check in entry.checks] == [
        "文中说废止《丢失的办法》（清政发〔2001〕1号），库里没有这份文件"
    ]


def test_a_document_of_the_same_import_is_known_too() -> None:
    old = replace(POLICY, document_number="清政发〔2019〕3号", title="清和县老年补贴办法", source="旧.docx")
    new = replace(POLICY, repeals=(Reference("清和县老年补贴办法", "清政发〔2019〕3号"),))
    first, second = plan(new, old).articles
    assert first.repeals == (id_of(second),)


def test_an_answer_rests_on_the_policy_it_names_and_a_policy_on_a_law_in_words() -> None:
    (policy,) = plan(POLICY).articles
    stored = replace(policy, id=id_of(policy))
    (answer,) = plan(QUESTION, known=[stored]).articles
    assert answer.basis == (stored.id,)
    (unknown,) = plan(QUESTION).articles
    assert unknown.basis == ("《清和县高龄津贴发放办法》（清政发〔2024〕5号）",)
    under = replace(POLICY, title="实施细则", document_number="清民发〔2024〕1号", basis=QUESTION.basis)
    (rule,) = plan(under, known=[stored]).articles
    assert rule.basis == ("《清和县高龄津贴发放办法》（清政发〔2024〕5号）",)


def test_a_plan_can_be_shown_as_data() -> None:
    record = plan(POLICY, QUESTION).record()
    assert (record["new"], record["changed"], record["unchanged"], record["refused"]) == (2, 0, 0, 0)
    assert record["entries"][0]["document_number"] == "清政发〔2024〕5号"
    assert record["entries"][0]["effective_on"] == "2024-04-20"


async def test_imported_entries_are_drafts_and_importing_again_changes_nothing(
    database: AsyncIOMotorDatabase[dict[str, Any]],
) -> None:
    store = MongoArticleStore(database)
    await store.prepare()
    desk = EditingDesk(store)
    rows = [("问题", "答案", "依据"), ("高龄津贴多少钱？", "每月60元。", "清政发〔2024〕5号")]
    readings = [read_here("通知.docx", docx()), read_here("问答.xlsx", workbook({"问答": rows}))]

    async def taken_in(dry_run: bool = False) -> ImportPlan:
        prepared = await prepare_import(readings, store=store, defaults=DEFAULTS)
        return (await run_import(prepared, desk=desk, by=EDITOR, now=NOW, dry_run=dry_run)).plan

    assert (await taken_in(dry_run=True)).count(Change.NEW) == 2
    assert await database["articles"].count_documents({}) == 0
    first = await taken_in()
    assert first.count(Change.NEW) == 2
    entry = await store.entry(id_of(first.articles[0]))
    assert entry.live is None
    assert entry.draft is not None
    assert entry.draft.stage is ArticleStatus.DRAFT
    assert "导入自 通知.docx" in entry.draft.note
    assert await store.all_published() == ()
    assert (await taken_in()).count(Change.UNCHANGED) == 2
    readings[0] = read_here("改名.docx", docx([*LETTER[:-1], LETTER[-1].replace("有效期5年", "有效期3年")]))
    changed = await taken_in()
    assert (changed.count(Change.CHANGED), changed.count(Change.UNCHANGED)) == (1, 1)
    assert await database["articles"].count_documents({}) == 2
    entry = await store.entry(id_of(first.articles[0]))
    assert entry.draft is not None
    assert entry.draft.article.expires_on == date(2027, 4, 30)


def test_thousands_of_good_rows_and_thousands_of_bad_ones_are_parted_in_one_pass() -> None:
    """Each good row against each bad one would be 800 million looks."""
    rows = 20_000
    good = tuple(replace(QUESTION, source=f"问答.xlsx!{at}", title=f"第{at}问") for at in range(rows))
    bad = tuple(Problem("问答.xlsx", "“答案”一格是空的", row=rows + at) for at in range(rows))
    mine = Problem("问答.xlsx", "没有写明日期", row=7, severity=Severity.CHECK)
    began = time.process_time()
    planned = plan_import([Reading(good, (*bad, mine))], defaults=DEFAULTS)
    assert time.process_time() - began < 15
    assert planned.problems == bad
    assert mine in planned.entries[7].checks
    assert sum(mine in entry.checks for entry in planned.entries) == 1


async def test_a_long_list_is_planned_beside_the_loop(
    database: AsyncIOMotorDatabase[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MongoArticleStore(database)
    at_work: set[str] = set()

    def noted(*args: Any, **kwargs: Any) -> ImportPlan:
        at_work.add(threading.current_thread().name)
        return plan_import(*args, **kwargs)

    monkeypatch.setattr(desk_of_imports, "plan_import", noted)
    prepared = await prepare_import([Reading((QUESTION,))], store=store, defaults=DEFAULTS)
    assert prepared.count(Change.NEW) == 1
    assert at_work
    assert threading.main_thread().name not in at_work


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("清河县", "适用区域“清河县”不在地名表里"),
        ("城关镇", "叫“城关镇”的地方有2个：云川市/清和县/城关镇，云川市/云岭县/城关镇"),
    ],
)
def test_a_row_for_no_place_or_for_several_is_refused_with_words(region: str, said: str) -> None:
    shared = {"城关镇": ("云川市/清和县/城关镇", "云川市/云岭县/城关镇")}
    wrong, right = replace(QUESTION, region=region), replace(QUESTION, title="别的？", region="柳林镇")
    planned = plan(wrong, right, defaults=replace(DEFAULTS, shared=shared))
    assert [entry.change for entry in planned.entries] == [Change.REFUSED, Change.NEW]
    (check,) = planned.entries[0].checks
    assert (check.why, check.severity) == (said, Severity.ERROR)
    assert "再导入" in check.what_to_do
    assert planned.failed


def test_a_place_read_off_an_issuers_name_that_nobody_knows_is_a_remark() -> None:
    planned = plan(replace(POLICY, issuer="江原省人民政府"), defaults=replace(DEFAULTS, region=""))
    (entry,) = planned.entries
    assert entry.change is Change.NEW
    assert "适用区域“江原省”不在地名表里" in [check.why for check in entry.checks]


async def test_a_preview_says_what_a_document_ends_and_how_much_rests_on_that(
    database: AsyncIOMotorDatabase[dict[str, Any]],
) -> None:
    store = MongoArticleStore(database)
    await store.prepare()
    old = replace(plan(POLICY).articles[0], id="policy.old", status=ArticleStatus.PUBLISHED)
    gone = replace(old, id="policy.gone", title="旧办法", document_number="清政发〔2001〕1号")
    gone = replace(gone, status=ArticleStatus.REPEALED)
    leaf = replace(old, id="question.leaf", title="问", document_number=None, basis=("policy.old",))
    await store.add_first([old, gone, leaf, replace(leaf, id="question.leaf2")], now=NOW)
    newer = replace(
        POLICY,
        title="清和县高龄津贴新办法",
        document_number="清政发〔2026〕9号",
        repeals=(Reference("清和县高龄津贴发放办法", "清政发﹝2024﹞5号"), Reference("旧办法")),
    )
    planned = await prepare_import([Reading((newer,))], store=store, defaults=DEFAULTS)
    (entry,) = planned.entries
    assert entry.article.repeals == ("policy.old", "policy.gone")
    assert entry.ends == (Ending("policy.old", "清和县高龄津贴发放办法", 2),), "what had ended ends no more"
    (record,) = planned.record()["entries"]
    assert record["ends"] == [{"article_id": "policy.old", "title": "清和县高龄津贴发放办法", "resting": 2}]
