"""Text of a saved web page: the article without the site around it, its tables, and the fields the page names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from knowledge_base.importing.document import Raw
from knowledge_base.importing.fields import FIELD_NAMES, fields_in
from knowledge_base.importing.lines import clean, cleaned, hanzi
from knowledge_base.importing.numbers import numbers_in
from knowledge_base.importing.plain import decoded

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_GONE = (
    "script, style, noscript, iframe, nav, header nav, footer, form, select, button, template, svg, head link, .share,"
    " .bdsharebuttonbox, .breadcrumb, .position, .dqwz"
)
_CONTENT = (
    "#UCAP-CONTENT",
    ".TRS_Editor",
    "#zoom",
    "#Zoom",
    ".TRS_UEDITOR",
    ".trs_editor_view",
    ".pages_content",
    "#zoomcon",
    ".article-content",
    ".article_content",
    "#article_content",
    "#js_content",
    ".content_txt",
    ".news_content",
    ".xxgk_content",
    ".zwxl-article",
    "#content_detail",
    ".wp_articlecontent",
    ".v_news_content",
    ".detail-content",
    ".view-content",
    "#vsb_content",
    "article",
    ".article",
    "#article",
    "#content",
    ".content",
    "main",
)
_META = {
    "articletitle": "title",
    "pubdate": "published_on",
    "contentsource": "source",
}
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ul",
    "ol",
    "table",
    "blockquote",
    "pre",
    "center",
    "dd",
    "dt",
    "dl",
    "main",
    "body",
    "header",
    "footer",
    "fieldset",
    "figure",
    "figcaption",
    "address",
    "hr",
}
_CONTAINERS = {"div", "section", "article", "main", "center", "td", "table", "tbody", "tr", "form"}
_HIDDEN = (
    "[hidden], [style*='display:none' i], [style*='display: none' i],"
    " [style*='visibility:hidden' i], [style*='visibility: hidden' i]"
)
_MOST_REMOVED = 3000
_SITE_TAIL = re.compile(
    r"\s*[-_|—–]+\s*(?!.*关于)[^-_|—–]{0,30}(?:网|门户|平台|政府|首页|政务公开|信息公开)[^-_|—–]{0,20}$"
)
_FURNITURE = re.compile(
    r"^(?:当前位置|您现在的位置|您的位置|首页\s*[>》]|字号|字体|【?(?:打印|关闭|分享)|分享到|扫一扫|责任编辑|来源[:：]\s*$|浏览次数|上一篇|下一篇|相关(?:链接|稿件|文档)|版权所有|主办单位|网站标识码|.{0,6}ICP备|.{0,6}公网安备|点击数)"
)
_LEAST = 60


def read_html(data: bytes) -> Raw:
    """Raises ``plain.NoText`` for bytes that are no text."""
    text, damaged = _decoded(data)
    tree = LexborHTMLParser(text)
    fields = _meta(tree)
    _without_the_site(tree)
    body = tree.body
    if body is None:
        return Raw(())
    everything = [line for line in cleaned(list(_lines(body))) if not _FURNITURE.match(line)]
    fields = {**fields_in(everything[:60]), **fields}
    content = _content(tree)
    lines = [line for line in cleaned(list(_lines(content))) if not _FURNITURE.match(line)] if content else []
    if hanzi("".join(lines)) < max(_LEAST, hanzi("".join(everything)) // 12):
        lines = [line for line in cleaned(list(_lines(_densest(body)))) if not _FURNITURE.match(line)]
    fields.pop("source", None)
    title = fields.get("title") or _title(tree)
    checks = (("有几处文字读不出来，已略过", "请对照原文核对"),) if damaged else ()
    return Raw(tuple(lines), title=title, fields=fields, checks=checks)


def _without_the_site(tree: LexborHTMLParser) -> None:
    """Scripts, navigation, hidden text and lists of links go; each is looked up anew, for removing one may free others."""
    for _ in range(_MOST_REMOVED):
        node = tree.css_first(f"{_GONE}, {_HIDDEN}")
        if node is None or node.parent is None:
            break
        node.decompose()
    for _ in range(_MOST_REMOVED):
        links = next((node for node in tree.css("ul, ol, dl") if _is_list_of_links(node)), None)
        if links is None:
            break
        links.decompose()


def _is_list_of_links(node: LexborNode) -> bool:
    links = node.css("a")
    return len(links) >= 3 and _unlinked(node) <= 0.2 * hanzi(node.text())


def _decoded(data: bytes) -> tuple[str, bool]:
    """By its mark, else by what it declares (gb2312 pages hold gb18030), else by what fits."""
    if not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (
        match := _CHARSET.search(data[:4096])
    ):
        name = match[1].decode("ascii").lower()
        encoding = "gb18030" if name in ("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk") else name
        try:
            return data.decode(encoding), False
        except (UnicodeDecodeError, LookupError):
            pass
    return decoded(data)


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found = {}
    for node in tree.css("meta[name][content]"):
        ours = _META.get((node.attributes.get("name") or "").lower())
        value = clean(node.attributes.get("content") or "")
        if ours in {*FIELD_NAMES, "source"} and value:
            found[ours] = value
    return found


def _title(tree: LexborHTMLParser) -> str:
    """The page's own heading; else its <title> without the site's name."""
    headings = [clean(node.text(separator="")) for node in tree.css("h1")]
    for heading in headings:
        if len(heading) > 7 and hanzi(heading) > 5:
            return heading
    node = tree.css_first("title")
    if node is None:
        return ""
    title = _SITE_TAIL.sub("", _SITE_TAIL.sub("", clean(node.text())[:300]))
    return title if hanzi(title) > 6 or numbers_in(title) else ""


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in _CONTENT:
        nodes = [node for node in tree.css(selector) if hanzi(node.text()) >= _LEAST]
        if nodes:
            return max(nodes, key=lambda node: hanzi(node.text()))
    return None


def _densest(body: LexborNode) -> LexborNode:
    """For a page of no known make: the innermost block that still holds most of the text that is no link.

    trafilatura is left out: it brings a dozen packages and takes longer to load than a hundred pages to read.
    """
    node = body
    while True:
        wanted = 0.75 * _unlinked(node)
        inner = next(
            (child for child in node.iter() if child.tag in _CONTAINERS and _unlinked(child) >= wanted), None
        )
        if inner is None:
            return node
        node = inner


def _unlinked(node: LexborNode) -> int:
    return hanzi(node.text()) - sum(hanzi(link.text()) for link in node.css("a"))


def _lines(node: LexborNode) -> Iterator[str]:
    """Blocks as lines, table rows as 「a | b」; what is inline stays in its line."""
    buffer: list[str] = []
    yield from _walk(node, buffer, 0)
    if buffer:
        yield "".join(buffer)


def _walk(node: LexborNode, buffer: list[str], depth: int) -> Iterator[str]:
    if depth > 150:
        buffer.append(node.text())
        return
    child = node.first_child
    while child is not None:
        tag = child.tag
        if tag == "-text":
            buffer.append(re.sub(r"\s+", " ", child.text_content or ""))
        elif tag == "br":
            yield _emptied(buffer)
        elif tag == "tr":
            yield _emptied(buffer)
            yield _row(child)
        elif tag in _BLOCKS:
            yield _emptied(buffer)
            yield from _walk(child, buffer, depth + 1)
            yield _emptied(buffer)
        elif tag is not None and not tag.startswith("-"):
            yield from _walk(child, buffer, depth + 1)
        child = child.next


def _emptied(buffer: list[str]) -> str:
    line = "".join(buffer)
    buffer.clear()
    return line


def _row(row: LexborNode) -> str:
    """A row of a data table; a layout table's cell (long, or with tables of its own) keeps its lines."""
    cells = [child for child in row.iter() if child.tag in ("td", "th")]
    if any(cell.css_first("table, p + p + p") is not None for cell in cells) or len(cells) == 1:
        return "\n".join(line for cell in cells for line in _lines(cell))
    return " | ".join(re.sub(r"\s+", " ", clean(cell.text(separator=" "))) for cell in cells)
