"""第N条: found where they begin, not where they are spoken of, and cited by number."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from knowledge_base.article import Article, ArticleKind
from knowledge_base.provisions import Provision, items, paragraphs, provision, provisions

BODY = """第一章 总则
第一条 为了规范高龄津贴发放，制定本办法。
第二条 本办法所称高龄津贴，依照本办法
第三条第二款的标准发放。
第二章　申领
第一节 条件
第三条 申领人应当符合下列条件：
（一）年满80周岁；
（二）具有本县户籍。
前款第（二）项所称户籍，以户口簿为准。
第三条之一 百岁老人由乡镇上门办理。
第二节 程序
第四条 向村（居）民委员会申请。
"""


def test_articles_are_found_with_their_chapters() -> None:
    found = provisions(BODY)
    assert [(one.number, one.chapter) for one in found] == [
        ("第一条", "第一章 总则"),
        ("第二条", "第一章 总则"),
        ("第三条", "第二章 申领 第一节 条件"),
        ("第三条之一", "第二章 申领 第一节 条件"),
        ("第四条", "第二章 申领 第二节 程序"),
    ]
    assert found[1].text == "本办法所称高龄津贴，依照本办法\n第三条第二款的标准发放。"
    assert found[4].text == "向村（居）民委员会申请。"


@pytest.mark.parametrize(
    ("reference", "text", "reason"),
    [
        ("第一条", "为了规范高龄津贴发放，制定本办法。", "by its number"),
        ("第1条", "为了规范高龄津贴发放，制定本办法。", "in digits"),
        (" 第 一 条 ", "为了规范高龄津贴发放，制定本办法。", "blanks do not count"),
        ("第三条之一", "百岁老人由乡镇上门办理。", "an added article"),
        ("第三条第二款", "前款第（二）项所称户籍，以户口簿为准。", "the items belong to the first paragraph"),
        ("第三条第一款第（二）项", "具有本县户籍。", "an item of a paragraph"),
        ("第三条第（一）项", "年满80周岁；", "an item without its paragraph"),
        ("第三条第一项", "年满80周岁；", "an item without brackets"),
        ("第三条第三款", None, "no such paragraph"),
        ("第三条第（九）项", None, "no such item"),
        ("第九条", None, "no such article"),
        ("第三章", None, "a chapter is no provision"),
        ("收费", None, "no reference at all"),
    ],
)
def test_a_reference_finds_its_part(reference: str, text: str | None, reason: str) -> None:
    found = provision(BODY, reference)
    if text is None:
        assert found is None, reason
    else:
        assert found is not None, reason
        assert found.text.strip() == text, reason


def test_a_part_is_cited_by_its_full_number() -> None:
    found = provision(BODY, "第三条第一款第（二）项")
    assert found == Provision("第三条第一款第（二）项", "具有本县户籍。", "第二章 申领 第一节 条件")


@pytest.mark.parametrize(
    ("body", "numbers", "reason"),
    [
        ("没有条文的通告。\n请大家注意。", [], "no articles at all"),
        ("", [], "nothing"),
        (
            "第一条　甲。第二条　乙。依照第三条处理。第三条　丙。",
            ["第一条", "第二条", "第三条"],
            "on one line",
        ),
        ("第1条 甲。\n第2条 乙。", ["第1条", "第2条"], "digits"),
        ("第 一 条 甲。\n第 二 条 乙。", ["第一条", "第二条"], "blanks within the number"),
        ("第九条 甲。\n第十条 乙。\n第十一条 丙。", ["第九条", "第十条", "第十一条"], "an excerpt"),
        ("第一条 甲。\n第五条 乙。", ["第一条", "第五条"], "some left out"),
        ("第一条甲。\n第二条乙。", ["第一条", "第二条"], "no blank after the number"),
        ("第一条 甲。\n第一条 又一次。", ["第一条"], "numbers only go up: an annex is not the document"),
        (
            "第一条 违反\n第二条规定的，罚款。\n第二条 禁放。",
            ["第一条", "第二条"],
            "a line broken before a mention",
        ),
        (
            "第九十九条 甲。\n第一百条 乙。\n第一百零一条 丙。",
            ["第九十九条", "第一百条", "第一百零一条"],
            "hundreds",
        ),
    ],
)
def test_only_beginnings_count(body: str, numbers: list[str], reason: str) -> None:
    assert [one.number for one in provisions(body)] == numbers, reason


def test_paragraphs_and_items() -> None:
    assert items("没有分项。") == ()
    text = "符合下列条件：（一）甲；（二）乙。\n另一款（见附件）。"
    assert paragraphs(text) == ("符合下列条件：（一）甲；（二）乙。", "另一款（见附件）。")
    assert items(paragraphs(text)[0]) == ((1, "甲；"), (2, "乙。"))


def test_every_policy_of_the_demo_library_is_addressable(articles: tuple[Article, ...]) -> None:
    for article in articles:
        if article.kind is ArticleKind.POLICY:
            found = provisions(article.body)
            assert len(found) == sum(line.startswith("第") for line in article.body.splitlines()), article.id
            assert all(provision(article.body, one.number) == one for one in found)


def test_the_articles_of_real_laws_are_found(shared_data: Path) -> None:
    """Each law put together from its articles, as a text of lines and without blanks after the numbers."""
    laws: dict[tuple[str, str], dict[str, str]] = {}
    with gzip.open(shared_data / "laws.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            laws.setdefault((row["law"], row["date"]), {})[row["article"]] = row["text"].strip()
    wanted = right = 0
    for gap in ("　", ""):
        for law in laws.values():
            body = "\n".join(f"{number}{gap}{text}" for number, text in law.items())
            found = {one.number: one.text for one in provisions(body)}
            wanted += len(law)
            right += sum(found.get(number) == text for number, text in law.items())
    assert wanted > 100_000
    assert right / wanted >= 0.998


@pytest.mark.parametrize(
    "body",
    [
        "第一条 甲。\n" + "第一章 " * 250_000,
        "第一条 甲。\n" + "\n" * 1_000_000 + "第二条 乙。",
        "第一条 甲。\n" + " " * 1_000_000,
        "第一条 甲：" + "\n \t" * 300_000 + "（一）乙",
        "第一条" * 300_000,
        "第一条 甲：\n" + "（一）乙\n" * 200_000,
    ],
    ids=["headings", "empty lines", "blanks", "blank lines before an item", "numbers", "items"],
)
def test_no_text_however_odd_takes_long(body: str) -> None:
    began = time.process_time()
    found = provisions(body)
    for one in found[:2]:
        paragraphs(one.text)
        items(one.text)
    assert time.process_time() - began < 5
    assert found[0].number == "第一条"


def test_the_headings_at_the_end_of_an_article_are_all_read() -> None:
    body = "第一条 甲。\n第一编 总编\n第一章 总则\n第一节 目的　\n\n第二条 乙。"
    assert provisions(body)[0].text == "甲。"
    assert provisions(body)[1].chapter == "第一编 总编 第一章 总则 第一节 目的"
