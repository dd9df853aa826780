"""Title, number, issuer, days and body out of bare lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from knowledge_base.importing.document import ImportedDocument, Raw, Severity
from knowledge_base.importing.structure import document_of
from tests.knowledge_base.importing.files import LETTER

BODY = "为进一步规范全县养犬管理，保障居民人身安全和环境卫生，现就有关事项通知如下，请认真抓好落实。"


def read(*lines: str, title: str = "") -> ImportedDocument:
    found = document_of(Raw(lines, title=title), "文件.docx")
    assert len(found.documents) == 1, found.problems
    return found.documents[0]


def test_a_letter_with_a_red_head_is_read_whole() -> None:
    found = read(*LETTER)
    assert found.title == "清和县人民政府关于印发清和县高龄津贴发放办法的通知"
    assert found.document_number == "清政发〔2024〕5号"
    assert found.issuer == "清和县人民政府"
    assert (found.written_on, found.published_on) == (date(2024, 4, 20), date(2024, 4, 20))
    assert (found.effective_on, found.expires_on) == (date(2024, 5, 1), date(2029, 4, 30))
    assert [each.number for each in found.repeals] == ["清政发〔2019〕3号"]
    assert found.body.startswith("各乡镇人民政府")
    assert "第三条 津贴标准为" in found.body


TITLES: list[tuple[Sequence[str], str, str]] = [
    (["关于规范养犬管理的通知", "各乡镇：", BODY], "关于规范养犬管理的通知", "on one line"),
    (
        ["清和县公安局", "关于规范养犬管理的通知", "各乡镇：", BODY],
        "清和县公安局 关于规范养犬管理的通知",
        "issuer above it",
    ),
    (
        ["清和县公安局关于进一步规范", "全县养犬管理工作的通知", "各乡镇：", BODY],
        "清和县公安局关于进一步规范全县养犬管理工作的通知",
        "broken over two lines",
    ),
    (
        ["关于采取阶段性优惠政策", "降低用电成本的通知", "各乡镇：", BODY],
        "关于采取阶段性优惠政策降低用电成本的通知",
        "first half could stand alone",
    ),
    (["关 于 放 假 的 通 知", "各单位：", BODY], "关于放假的通知", "letters spread out"),
    (
        ["清公发〔2024〕2号 关于规范养犬管理的通知", "各乡镇：", BODY],
        "关于规范养犬管理的通知",
        "number before it",
    ),
    (
        ["通知公告", "关于规范养犬管理的通知", "各乡镇：", BODY],
        "关于规范养犬管理的通知",
        "the site's section above it",
    ),
    (
        ["特急", "签发人：王某", "关于规范养犬管理的通知", "各乡镇：", BODY],
        "关于规范养犬管理的通知",
        "urgency and signer above it",
    ),
    (
        ["清和县养犬管理办法", "第一条 为了规范养犬行为，保障居民人身安全，制定本办法。"],
        "清和县养犬管理办法",
        "rules without a letter",
    ),
]


@pytest.mark.parametrize(("lines", "title"), [row[:2] for row in TITLES], ids=[row[2] for row in TITLES])
def test_the_title_is_found(lines: Sequence[str], title: str) -> None:
    assert read(*lines).title == title


ISSUERS: list[tuple[Sequence[str], str, str]] = [
    (["清和县公安局关于规范养犬管理的通知", "各乡镇：", BODY], "清和县公安局", "before 关于"),
    (["关于规范养犬管理的通知", BODY, "清和县公安局", "2024年5月1日"], "清和县公安局", "in the signature"),
    (
        ["市财政局关于补贴的通知", BODY, "云川市财政局", "2024年5月1日"],
        "云川市财政局",
        "the signature has the full name",
    ),
    (
        ["关于补贴的通知", BODY, "清和县财政局 清和县民政局", "2024年5月1日"],
        "清和县财政局、清和县民政局",
        "two on one line",
    ),
    (
        ["关于补贴的通知", BODY, "清和县财政局", "清和县民政局", "2024年5月1日"],
        "清和县财政局、清和县民政局",
        "two lines",
    ),
    (
        ["关于补贴的通知", BODY + "特此通知。 清和县民政局", "2024年5月1日"],
        "清和县民政局",
        "behind the last sentence",
    ),
    (["清和县人民政府令", "第12号", "清和县烟花爆竹管理办法", BODY], "清和县人民政府", "an order's head"),
    (["转发云川市财政局关于补贴的通知", "各乡镇：", BODY], "", "who is passed on is not who issues"),
]


@pytest.mark.parametrize(("lines", "issuer"), [row[:2] for row in ISSUERS], ids=[row[2] for row in ISSUERS])
def test_the_issuer_is_found(lines: Sequence[str], issuer: str) -> None:
    assert read(*lines).issuer == issuer


def test_a_head_table_says_outright_what_it_names() -> None:
    found = read(
        "索 引 号 | 11370000/2024-001 | 主题分类 | 民政、扶贫、救灾",
        "发文机关 | 清和县民政局 | 成文日期 | 2024年4月18日",
        "标　　题 | 清和县高龄津贴发放办法",
        "发文字号 | 清民发[2024]8号 | 发布日期 | 2024年4月20日",
        "清和县高龄津贴发放办法",
        "第一条 为了弘扬敬老传统，提高老年人生活水平，制定本办法。",
        "第二条 本办法自发布之日起施行。",
    )
    assert (found.issuer, found.document_number) == ("清和县民政局", "清民发〔2024〕8号")
    assert (found.written_on, found.published_on) == (date(2024, 4, 18), date(2024, 4, 20))
    assert found.effective_on == date(2024, 4, 20)
    assert found.topic == "民政、扶贫、救灾"
    assert found.catalogue == {"index_number": "11370000/2024-001"}
    assert found.body.startswith("第一条")


def test_the_bracket_under_a_title_names_its_days() -> None:
    found = read(
        "清和县养犬管理办法",
        "（2024年3月1日县人民政府第5次常务会议通过 2024年3月10日公布 自2024年5月1日起施行）",
        "第一条 为了规范养犬行为，保障居民人身安全，制定本办法。",
    )
    assert (found.published_on, found.effective_on) == (date(2024, 3, 10), date(2024, 5, 1))


def test_what_closes_a_letter_is_no_part_of_its_body() -> None:
    found = read(
        "关于放假的通知",
        "各单位：",
        BODY,
        "清和县人民政府办公室",
        "2024年5月1日",
        "（此件公开发布）",
        "抄送：县委各部门。",
    )
    assert found.body == f"各单位：\n{BODY}"
    assert (found.issuer, found.published_on) == ("清和县人民政府办公室", date(2024, 5, 1))
    undated = read("关于放假的通知", "各单位：", BODY, "清和县人民政府办公室")
    assert undated.body.endswith("清和县人民政府办公室")


def test_the_day_a_page_went_up_is_not_the_day_of_the_letter() -> None:
    found = read(
        "关于放假的通知",
        "发布时间：2026-11-20 来源：县政府办",
        "各单位：",
        BODY,
        "清和县人民政府办公室",
        "2024年5月1日",
    )
    assert found.published_on == date(2024, 5, 1)
    alone = read("关于放假的通知", "发布时间：2026-11-20 来源：县政府办", "各单位：", BODY)
    assert alone.published_on == date(2026, 11, 20)


def test_what_is_missing_is_said_and_never_made_up() -> None:
    found = document_of(Raw((BODY, BODY)), "养犬.docx")
    document = found.documents[0]
    assert document.title == "养犬"
    assert (document.document_number, document.published_on, document.issuer) == (None, None, "")
    assert {problem.severity for problem in found.problems} == {Severity.CHECK}
    assert {problem.why for problem in found.problems} == {
        "没有找到标题，暂用文件名",
        "文中没有成文或发布日期",
        "没有找到发文机关",
    }


REFUSED = [
    ((), "里面没有文字", "nothing"),
    (("hello world",), "里面几乎没有中文文字", "no Chinese"),
    (("\x00\x01",), "里面没有文字", "invisible characters only"),
    (
        ("锛堝競锛夊叧浜庡紑灞曞宸ヤ綔鐨勯€氱煡锛屽悇鍗曚綅璇疯鐪熻惤瀹炪€傝寰╂枃瀛楃鐢" * 3,),
        "读出来是乱码",
        "the wrong table",
    ),
]


@pytest.mark.parametrize(("lines", "why"), [row[:2] for row in REFUSED], ids=[row[2] for row in REFUSED])
def test_what_is_no_document_is_refused_with_the_reason(lines: tuple[str, ...], why: str) -> None:
    found = document_of(Raw(lines), "文件.txt")
    assert found.documents == ()
    assert [problem.why for problem in found.problems] == [why]
    assert found.problems[0].what_to_do
