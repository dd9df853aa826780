"""Word files as offices really make them: numbers counted by Word, text boxes, tracked changes, merged tables."""

from __future__ import annotations

import io

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from knowledge_base.importing.numbering import written
from knowledge_base.importing.word import read_docx

_NUMBERING = """
<w:abstractNum {ns} w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
<w:lvlText w:val="第%1条"/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/>
<w:lvlText w:val="（%2）"/></w:lvl></w:abstractNum>
"""


def saved(document: Document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_articles_numbered_by_word_carry_their_numbers() -> None:
    document = Document()
    numbering = document.part.numbering_part.element
    numbering.insert(0, parse_xml(_NUMBERING.format(ns=nsdecls("w"))))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for text, depth in (
        ("为了规范管理，制定本办法。", 0),
        ("适用下列情形：", 0),
        ("在本县居住的；", 1),
        ("在本县就业的。", 1),
        ("自发布之日起施行。", 0),
    ):
        paragraph = document.add_paragraph(text)
        paragraph._p.get_or_add_pPr().append(
            parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>')
        )
    assert [line for line in read_docx(saved(document)).lines if line] == [
        "第一条 为了规范管理，制定本办法。",
        "第二条 适用下列情形：",
        "（一） 在本县居住的；",
        "（二） 在本县就业的。",
        "第三条 自发布之日起施行。",
    ]


COUNTED = [
    (1, "一"),
    (10, "十"),
    (11, "十一"),
    (20, "二十"),
    (99, "九十九"),
    (100, "一百"),
    (101, "一百零一"),
    (110, "一百一十"),
    (123, "一百二十三"),
]


@pytest.mark.parametrize(("value", "words"), COUNTED)
def test_a_counter_in_words(value: int, words: str) -> None:
    assert written(value, "chineseCounting") == words


def test_what_was_deleted_is_gone_and_what_was_inserted_is_there() -> None:
    document = Document()
    paragraph = document.add_paragraph("每月")
    for xml in (
        '<w:del {ns} w:id="1" w:author="a"><w:r><w:delText>60</w:delText></w:r></w:del>',
        '<w:ins {ns} w:id="2" w:author="a"><w:r><w:t>80</w:t></w:r></w:ins>',
        "<w:r {ns}><w:t>元。</w:t></w:r>",
    ):
        paragraph._p.append(parse_xml(xml.format(ns=nsdecls("w"))))
    assert [line for line in read_docx(saved(document)).lines if line] == ["每月80元。"]


def test_the_red_head_in_a_text_box_is_read_once() -> None:
    document = Document()
    box = "<w:txbxContent><w:p><w:r><w:t>清和县人民政府文件</w:t></w:r></w:p></w:txbxContent>"
    run = (
        f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f'<mc:AlternateContent><mc:Choice Requires="wps">{box}</mc:Choice>'
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r>"
    )
    document.add_paragraph("关于放假的通知")._p.insert(0, parse_xml(run))
    assert [line for line in read_docx(saved(document)).lines if line] == [
        "清和县人民政府文件",
        "关于放假的通知",
    ]


def test_a_merged_cell_is_written_once() -> None:
    document = Document()
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "津贴标准"
    for at, text in enumerate(("80周岁", "60元", "按月")):
        table.cell(1, at).text = text
    lines = [line for line in read_docx(saved(document)).lines if line]
    assert lines == ["津贴标准", "80周岁 | 60元 | 按月"]
