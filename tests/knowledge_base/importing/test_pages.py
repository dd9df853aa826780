"""Pages of sites of several makes: the article, without what stands around it."""

from __future__ import annotations

import pytest

from knowledge_base.importing.pages import read_html
from tests.knowledge_base.importing.files import LETTER

TITLE = LETTER[2]
BODY = "".join(f"<p>{line}</p>" for line in LETTER[3:])
MENU = "".join(f'<li><a href="/{at}">栏目{at}</a></li>' for at in range(12))
LINKS = "".join(f'<li><a href="/{at}">关于做好第{at}项重点工作的通知</a></li>' for at in range(10))
FURNITURE = ("栏目3", "第5项重点工作", "版权所有", "当前位置", "浏览次数", "上一篇")

LAYOUTS = {
    "divs with a known content mark": f"""<div class="nav"><ul>{MENU}</ul></div><div>当前位置：首页 &gt; 政策</div>
        <h1>{TITLE}</h1><div>浏览次数：12</div><div class="TRS_Editor"><div>{BODY}</div></div>
        <ul>{LINKS}</ul><div>版权所有：某单位</div>""",
    "tables within tables": f"""<table><tr><td><table><tr>{MENU.replace("li>", "td>")}</tr></table></td></tr><tr>
        <td width="200"><ul>{LINKS}</ul></td><td><table><tr><td align="center"><b>{TITLE}</b></td></tr>
        <tr><td>浏览次数：12</td></tr><tr><td>{BODY}</td></tr></table></td></tr><tr><td>版权所有</td></tr></table>""",
    "plain divs of no known make": f"""<div id="a"><ul>{MENU}</ul></div>
        <div id="b"><div id="c"><div>{TITLE}</div><div>{BODY}</div>
        <div>上一篇：<a href="/x">关于做好第99项重点工作的通知</a></div></div><div id="d"><ul>{LINKS}</ul></div></div>
        <div id="e">版权所有：某单位 ICP备1号</div>""",
    "line breaks instead of paragraphs": f"""<ul>{MENU}</ul><center>{TITLE}</center><font>{"<br><br>　　".join(LETTER[3:])}</font>
        <div>版权所有：某单位</div>""",
    "an article element": f"""<header><nav><ul>{MENU}</ul></nav></header><article><h1>{TITLE}</h1>{BODY}</article>
        <aside><ul>{LINKS}</ul></aside><footer>版权所有：某单位</footer>""",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_article_is_found_and_the_site_is_not(layout: str) -> None:
    page = f"<html><head><title>{TITLE}-清和县政府网</title></head><body>{LAYOUTS[layout]}</body></html>"
    raw = read_html(page.encode())
    text = "\n".join(raw.lines)
    for line in LETTER[3:]:
        assert line in raw.lines, line
    for furniture in FURNITURE:
        assert furniture not in text
    assert raw.title in ("", TITLE)


def test_a_table_in_the_article_keeps_its_rows() -> None:
    rows = "".join(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in (("年龄", "标准"), ("80周岁", "60元")))
    page = f"<html><body><div class='content'>{BODY}<table>{rows}</table></div></body></html>"
    assert read_html(page.encode()).lines[-2:] == ("年龄 | 标准", "80周岁 | 60元")


def test_fields_a_page_names_in_its_head_are_taken() -> None:
    page = f"""<html><head><meta name="ArticleTitle" content="{TITLE}"><meta name="PubDate" content="2024-04-22 10:00">
        </head><body><table><tr><td>发文字号：</td><td>清政发〔2024〕5号</td><td>成文日期：</td><td>2024年4月20日</td></tr></table>
        <div id="zoom">{BODY}</div></body></html>"""
    fields = read_html(page.encode()).fields
    assert fields["title"] == TITLE
    assert fields["document_number"] == "清政发〔2024〕5号"
    assert fields["written_on"] == "2024年4月20日"
    assert fields["published_on"] == "2024-04-22 10:00"


def test_a_page_that_declares_gb2312_may_hold_more() -> None:
    line = "经办人：朱镕、陈喆，住址：邨前街，" + LETTER[9]
    page = f"<html><head><meta charset='gb2312'></head><body><p>{line}</p></body></html>"
    assert read_html(page.encode("gb18030")).lines == (line,)


def test_a_page_nested_beyond_reason_is_read_all_the_same() -> None:
    page = "<div>" * 3000 + BODY + "</div>" * 3000
    assert LETTER[9] in read_html(page.encode()).lines[0] or LETTER[9] in "".join(
        read_html(page.encode()).lines
    )
