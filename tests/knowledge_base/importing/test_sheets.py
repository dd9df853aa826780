"""Lists of questions, guides, policies and catalogue entries, row by row."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge_base.article import ArticleKind
from knowledge_base.importing.columns import meaning
from knowledge_base.importing.document import Reading, Reference, Severity
from knowledge_base.importing.limits import MAX_TEXT
from knowledge_base.importing.reading import read_here
from knowledge_base.importing.rows import listed
from tests.knowledge_base.importing.files import workbook

GUIDE_HEADER = (
    "事项名称",
    "审批内容",
    "法律依据",
    "办理程序",
    "办理条件",
    "承诺时限",
    "收费标准",
    "数量限制",
    "申请材料目录及示范文本",
    "一次性告知",
    "办理地点",
    "咨询电话",
    "实施主体",
)
GUIDE = (
    "老年人优待证办理", "老年人优待证", "《老年人权益保障法》", "申请、受理、发证", "年满60周岁", "当场", "不收费", "无",
    "1.身份证原件\n2.一寸照片2张", "请带齐材料", "政务大厅3号窗口", "88210001", "清和县民政局",
)  # fmt: skip


def said(reading: Reading) -> list[tuple[int, str]]:
    return [(each.row, each.why) for each in reading.problems if each.severity is Severity.ERROR]


def test_a_list_of_questions_is_read_and_every_bad_row_is_named() -> None:
    rows = [
        ("清和县民政局常见问题",),
        ("序号", "问题", "答案", "相似问", "依据", "责任单位", "更新时间", "有效期至"),
        (1, "高龄津贴多少钱？", "80周岁以上每人每月60元。", "老年补贴有多少；高龄补贴标准",
         "《高龄津贴办法》（清政发〔2024〕5号）", "清和县民政局", "2026-01-05", "长期"),
        (2, "", "没有问题的答案", "", "", "", "", ""),
        (3, "怎么申请？", "", "", "", "", "", ""),
        (4, "哪天发放？", "每月15日。", "", "", "", "2026年13月1日", ""),
        (5, "高龄津贴多少钱？", "重复的一行", "", "", "", "", ""),
    ]  # fmt: skip
    reading = read_here("问答.xlsx", workbook({"问答": rows, "说明": [("填表说明",), ("请按要求填写",)]}))
    (found,) = reading.documents
    assert (found.kind, found.title) == (ArticleKind.QUESTION, "高龄津贴多少钱？")
    assert found.source == "问答.xlsx#问答!3"
    assert found.questions == ("高龄津贴多少钱？", "老年补贴有多少", "高龄补贴标准")
    assert found.basis == (Reference("高龄津贴办法", "清政发〔2024〕5号"),)
    assert (found.published_on, found.expires_on, found.unit) == (date(2026, 1, 5), None, "清和县民政局")
    assert said(reading) == [
        (4, "“问题”一格是空的"),
        (5, "“答案”一格是空的"),
        (6, "“更新时间”一格不是日期：2026年13月1日"),
        (7, "与第 3 行重复，没有重复导入"),
    ]


def test_a_list_of_guides_fills_the_eight_public_fields() -> None:
    (found,) = read_here("指南.xlsx", workbook({"指南": [GUIDE_HEADER, GUIDE]})).documents
    assert found.kind is ArticleKind.GUIDE
    assert found.guide is not None
    assert (found.guide.matter, found.guide.promised_time, found.guide.fees) == (
        "老年人优待证",
        "当场",
        "不收费",
    )
    assert found.guide.materials == ("身份证原件", "一寸照片2张")
    assert (found.guide.window, found.guide.phone, found.unit) == (
        "政务大厅3号窗口",
        "88210001",
        "清和县民政局",
    )
    assert found.basis == (Reference("老年人权益保障法"),)


def test_one_guide_written_downwards_on_a_sheet() -> None:
    rows = [
        ("办事指南",),
        ("事项名称", "养犬登记"),
        ("办理条件", "有固定住所"),
        ("申请材料", "1、身份证\n2、免疫证"),
        ("收费标准", "不收费", "咨询电话", "88210002"),
    ]
    (found,) = read_here("养犬.xlsx", workbook({"养犬": rows})).documents
    assert found.title == "养犬登记"
    assert found.guide is not None
    assert (found.guide.materials, found.guide.phone) == (("身份证", "免疫证"), "88210002")


def test_lists_of_policies_and_of_the_catalogue() -> None:
    policy = [
        ("文件名称", "文号", "正文"),
        ("养犬管理办法", "清政发[2024]7号", "第九条 本办法自2024年5月1日起施行，有效期5年。"),
    ]
    entry = [("索引号", "标题", "信息类别", "公开方式"), ("QH-001", "年度预算", "财政", "依申请公开")]
    first, second = read_here("清单.xlsx", workbook({"政策": policy, "目录": entry})).documents
    assert (first.document_number, first.effective_on) == ("清政发〔2024〕7号", date(2024, 5, 1))
    assert first.expires_on == date(2029, 4, 30)
    assert (second.kind, second.catalogue["index_number"]) == (ArticleKind.CATALOGUE, "QH-001")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_as_excel_saves_it(encoding: str) -> None:
    data = '问题,答案\n怎么办？,"先申请，\n再领取。"\n'.encode(encoding)
    (found,) = read_here("问答.csv", data).documents
    assert (found.title, found.body) == ("怎么办？", "先申请，\n再领取。")


def test_a_sheet_that_is_no_list_of_ours_says_which_columns_it_would_need() -> None:
    (problem,) = read_here("名单.xlsx", workbook({"名单": [("姓名", "年龄"), ("张某", 3)]})).problems
    assert problem.why == "没有认出表头"
    assert "“问题”“答案”" in problem.what_to_do


HEADERS = [
    ("问题*（必填）", "question", "a star and a remark"),
    ("承诺办结时限（工作日）", "promised_time", "a unit in brackets"),
    ("申请材料目录及示范文本", "materials", "the official wording"),
    ("标准答复口径", "answer", "a longer wording"),
    ("咨询 电话", "phone", "a space within"),
    ("姓名", None, "none of ours"),
    ("这是一个非常长的表头它其实是填表说明而不是列名", None, "a sentence"),
]


@pytest.mark.parametrize(("header", "ours"), [row[:2] for row in HEADERS], ids=[row[2] for row in HEADERS])
def test_columns_are_known_by_the_names_offices_give_them(header: str, ours: str | None) -> None:
    assert meaning(header) == ours


LISTS = [
    ("1.身份证原件\n2.照片", ("身份证原件", "照片"), "numbered lines"),
    ("身份证；户口本；照片", ("身份证", "户口本", "照片"), "semicolons"),
    ("1.身份证 2.户口本 3.照片", ("身份证", "户口本", "照片"), "numbers on one line"),
    ("①身份证\n②照片", ("身份证", "照片"), "circled numbers"),
    ("身份证原件", ("身份证原件",), "one"),
    ("", (), "nothing"),
]


@pytest.mark.parametrize(("cell", "items"), [row[:2] for row in LISTS], ids=[row[2] for row in LISTS])
def test_the_items_of_a_cell(cell: str, items: tuple[str, ...]) -> None:
    assert listed(cell) == items


def test_a_text_longer_than_can_be_edited_is_refused_in_words_in_a_list_and_in_a_file() -> None:
    long = "老年人乘车的规定。\n" * (MAX_TEXT // 9)
    listed_text = f'问题,答案\n怎么办？,这样办。\n很长吗？,"{long}"\n'.encode()
    reading = read_here("问答.csv", listed_text)
    assert [found.title for found in reading.documents] == ["怎么办？"]
    assert [why for _, why in said(reading)] == ["“答案”一格超过 20 万字"]
    assert said(read_here("规定.txt", long.encode())) == [(0, "文字超过 20 万字")]
